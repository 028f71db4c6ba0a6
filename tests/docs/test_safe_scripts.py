"""docs/safe-scripts.md: its function and its tasks are killed around each request and called again.

The schedulers are no dependencies: stand-ins of theirs call a task again when it died, as they do.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mastra_sync import MastraClient
from mastra_sync.cli import main
from pytest_mastra import FakeMastra
from pytest_mastra.fake import OnSocket, StepContext
from tests.faults.killed import Kill, Killed

TEXT = (Path(__file__).parents[2] / "docs" / "safe-scripts.md").read_text(encoding="utf-8")
REQUESTS = 5
"""How many requests it takes to pay an invoice: make the run, look, start, look, answer."""

KILLS = [(number, side) for number in range(1, REQUESTS + 1) for side in ("before", "after")]


def block(heading: str, language: str = "python") -> str:
    """Return the first block of code below a heading."""
    found = re.search(rf"```{language}\n(.*?)```", TEXT.partition(f" {heading}\n")[2], re.DOTALL)
    assert found is not None, heading
    return found[1]


@pytest.fixture(autouse=True)
def invoice(mastra_server: FakeMastra) -> None:
    """The workflow `invoice`, which asks before it pays."""

    def act(ctx: StepContext) -> Any:
        return {"paid": ctx.input_data["amount"]} if ctx.resume_data else ctx.suspend({"ask": "pay?"})

    mastra_server.workflow("invoice").then(mastra_server.step("pay", act)).commit()


def called_until_done(body: Callable[..., Any]) -> Callable[..., Any]:
    """Return a task that is called again, with the same arguments, when its worker died."""

    def call(*arguments: Any) -> Any:
        for _ in range(3):
            try:
                return body(*arguments)
            except Killed:  # noqa: PERF203 - this is what a scheduler does
                continue
        raise AssertionError("every attempt died")

    call.delay = call  # type: ignore[attr-defined]
    return call


def decorator(*_: Any, **options: Any) -> Any:
    """Stand for a scheduler's decorator that was given options."""
    assert options
    return called_until_done


def plain(body: Callable[..., Any]) -> Callable[..., Any]:
    """Stand for a decorator without options."""
    return body


STAND_INS: dict[str, dict[str, Any]] = {
    "Airflow": {
        "pendulum": SimpleNamespace(datetime=lambda *_: None),
        "airflow": SimpleNamespace(),
        "airflow.sdk": SimpleNamespace(dag=lambda **_: plain, task=decorator),
    },
    "Prefect": {"prefect": SimpleNamespace(flow=plain, task=decorator)},
    "Celery": {"celery": SimpleNamespace(Celery=lambda *_, **__: SimpleNamespace(task=decorator))},
}


@pytest.fixture(params=list(STAND_INS))
def scheduler(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of each scheduler, whose stand-in can be imported."""
    for name, module in STAND_INS[request.param].items():
        monkeypatch.setitem(sys.modules, name, module)
    return str(request.param)


@pytest.mark.parametrize(("number", "side"), KILLS)
def test_a_task_that_is_killed_and_tried_again_pays_once(
    mastra_server: FakeMastra, scheduler: str, number: int, side: str
) -> None:
    """Whichever request it dies at, the run is started once, answered once, and has succeeded."""
    kills = iter([Kill(number, side == "after")])
    made: list[Kill] = []

    def client() -> MastraClient:
        made.append(next(kills, Kill()))
        return MastraClient(adapter=made[-1])

    # the page imports the client, whose first instance dies
    names: dict[str, Any] = {}
    exec(compile(block("The three rules"), "safe-scripts.md", "exec"), names)
    names["MastraClient"] = client
    exec(compile(block(scheduler), "safe-scripts.md", "exec"), names)
    [run] = mastra_server.runs("invoice")
    assert (run.run_id, run.status, run.result) == ("invoice-117", "success", {"paid": 900.0})
    assert (len(run.starts), len(run.resumes)) == (1, 1)
    assert made[0].sent == number


@pytest.mark.mastra_sweep(faults=["lost", "refused", "killed"], limit=15)
def test_a_batch_goes_on_where_it_was(mastra_client: MastraClient, mastra_server: FakeMastra) -> None:
    """Whatever becomes of one of its requests, each of its runs is started once, and succeeds."""
    mastra_server.workflow("report").returns(lambda ctx: ctx.input_data["day"])
    names: dict[str, Any] = {}
    exec(compile(block("The three rules"), "safe-scripts.md", "exec"), names)
    exec(compile(block("Many runs"), "safe-scripts.md", "exec"), names)
    days = ["monday", "tuesday", "wednesday"]
    assert [result.raise_for_status().result for result in names["print_reports"](mastra_client, days)] == days


def test_these_are_all_its_requests(mastra_server: FakeMastra) -> None:
    """The kills above are before and after each of them."""
    names: dict[str, Any] = {}
    exec(compile(block("The three rules"), "safe-scripts.md", "exec"), names)
    with MastraClient(adapter=(kill := Kill())) as client:
        assert names["pay"](client, "117", 900.0).ok
    assert kill.sent == REQUESTS


def test_the_line_for_cron(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its command is given twice, and starts one run."""
    line = block("cron", "text")
    assert line.startswith("*/5 * * * * flock -n ")
    command = shlex.split(line.partition("mastra-sync ")[2].replace("$(date +\\%F)", "2026-11-26"))
    server = FakeMastra()
    server.workflow("invoice").returns({"paid": 900})
    with OnSocket(server) as front:
        monkeypatch.setenv("MASTRA_BASE_URL", front.url)
        assert [main(command), main(command)] == [0, 0]
    [run] = server.runs("invoice")
    assert (run.run_id, run.input_data, len(run.starts)) == ("invoice-2026-11-26", {"amount": 900}, 1)
    assert capsys.readouterr().out.count("900") == 2
