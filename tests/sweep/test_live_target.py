"""Sweeps on a live server: only when asked for, by killed scripts and connections that are cut on this side."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_mastra import FakeMastra, OnSocket
from pytest_mastra.fake.virtual_time.clock import RealClock
from tests.suites_in_folders import RunSuite
from tests.sweep.scripts import NAIVE
from tests.sweep.test_several_questions import failed_points

SUITE = (
    NAIVE
    + """
import uuid

from mastra_sync import MastraClient

cut = pytest.mark.mastra_sweep(faults=["lost", "cut", "killed_before", "killed_after"])

@pytest.fixture
def number():
    return f"e-{uuid.uuid4()}"

@cut
def test_careful(mastra_client, number):
    run = mastra_client.get_workflow("expense").create_run(number)
    result = run.start_async({}, if_started="join")
    if result.suspensions:
        result = run.resume_async({"by": "Ines"}, step=result.suspensions[0], if_answered="join")
    assert result.result == {"by": "Ines"}

@cut
def test_streamed(mastra_client, number):
    with mastra_client.get_workflow("tea").create_run(number).stream({}, if_started="join", on_gap="follow") as events:
        assert events.result().result == {"cups": 1}

@cut
def test_naive(mastra_target, number):
    assert post("tea/start-async", runId=number)["status"] == "success"

@pytest.mark.mastra_sweep(faults="lost")
def test_other_ids(mastra_target, number):
    for nth in range(2):
        try:
            url = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/tea/start-async?runId={number}-{nth}"
            requests.post(url, json={}, timeout=60).raise_for_status()
            break
        except requests.ConnectionError:
            pass

@pytest.mark.mastra_sweep(faults="killed")
def test_orphan(mastra_client):
    assert mastra_client.get_workflow("tea").execute({}).ok

@pytest.mark.mastra_sweep
def test_same_id(mastra_client):
    assert mastra_client.get_workflow("tea").execute({}, run_id="fixed", if_started="join").ok
"""
)


@pytest.fixture
def live() -> Iterator[tuple[FakeMastra, str]]:
    """A server on a socket that remembers, as live ones do, and its address."""
    server = FakeMastra()

    def ask(ctx: object) -> object:
        data = getattr(ctx, "resume_data", None)
        return ctx.suspend({"pay": 900}) if data is None else {"by": data["by"]}  # type: ignore[attr-defined]

    server.workflow("expense").then(server.step("ask", ask)).commit()
    server.workflow("tea").then(server.step("brew", lambda ctx: {"cups": 1})).commit()
    with OnSocket(server) as front:
        yield server, front.url


def test_each_point_on_a_live_server(run_suite: RunSuite, live: tuple[FakeMastra, str]) -> None:
    """What survives passes, with ids of its own for each point; what is accepted twice, left, or shared is told."""
    server, url = live
    target = ("--mastra-target=live", f"--mastra-url={url}")
    run_suite(SUITE, *target).assert_outcomes(passed=6)
    assert len(server.runs("expense")) == 1

    result = run_suite(SUITE, *target, "--mastra-sweep=full", "-v")
    result.assert_outcomes(passed=2, failed=4)
    result.stdout.fnmatch_lines(
        [
            "*_ test_naive _*",
            "mastra sweep of 1 request, 4 points: 1 passed when run again, 3 failed",
            "start_async#1: its answer was lost, after it took effect",
            "  ? start_async  no answer: *",
            "    start_async  200",
            "  'tea' was started 2 times (run e-*",
            "  start_async#1:cut *",
            "  start_async#1:killed_after *",
            "  pytest test_suite.py::test_naive --mastra-point='start_async#1:lost' *=live --mastra-url=URL",
            "*_ test_other_ids _*",
            "  'tea' was started in 2 runs, not 1: e-*-0,*",
            "  sent by test_suite.py:*",
            "*_ test_orphan _*",
            "*  'tea' was left, and nobody names it (run *",
            "*_ test_same_id _*",
            "mastra sweep: each run of the test uses run 'fixed', and a live server remembers it: *",
            "test_suite.py::test_careful * points: *",
            "  lost * passed*",
            "  cut * passed*",
            "  killed_before * passed when run again",
            "  killed_after * passed when run again",
            "test_suite.py::test_streamed  24 points: *",
            "  lost           8 points: 8 passed",
        ]
    )
    careful = [run for run in server.runs("expense") if run.status != "pending"]
    assert len(careful) > 10
    assert all((len(run.starts), len(run.resumes)) == (1, 1) for run in careful)

    alone = run_suite(SUITE, *target, "--mastra-point=start_async#1:lost", "-k", "naive")
    alone.assert_outcomes(failed=1, deselected=5)
    alone.stdout.fnmatch_lines(["'tea' was started 2 times (run e-*"])

    alone = run_suite(SUITE, *target, "--mastra-point=stream#1:killed_after@2", "-k", "streamed", "-rA")
    alone.assert_outcomes(passed=1, deselected=5)


@pytest.mark.parametrize(
    ("faults", "arguments", "said"),
    [
        (
            "all",
            ["--mastra-point=start#1:silence"],
            "--mastra-point=start#1:silence: silence cannot come about on a live server: a script would wait in real ",
        ),
        (
            "all",
            ["--mastra-point=stream#1:server_died@2"],
            "server_died cannot come about on a live server: the server is not the sweep's to kill. There are lost, ",
        ),
        (
            ["silence", "server_died"],
            ["--mastra-sweep=full"],
            "to the server it is what lost is. There are lost, refused, nonsense, timed_out, cut, killed_before, ",
        ),
        (
            "all",
            ["--mastra-sweep=quick", "--mastra-record=rewrite"],
            "cannot be swept and recorded at once: leave out ",
        ),
    ],
)
def test_what_cannot_be_meant(
    run_suite: RunSuite, live: tuple[FakeMastra, str], faults: str, arguments: list[str], said: str
) -> None:
    """It ends the run before any test."""
    code = f"""
    import pytest

    @pytest.mark.mastra_sweep(faults={faults!r})
    def test_it(mastra_client): pass
    """
    result = run_suite(code, "--mastra-target=live", f"--mastra-url={live[1]}", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()


AT_WORK = """
import os
import uuid

import pytest
import requests

from mastra_sync import RunAlreadyStarted

patient = pytest.mark.mastra_sweep(faults=["timed_out", "killed_at_work"])
# a client looks ten seconds for a server that is out of reach, in real time
FAULTS = ["timed_out", "killed_at_work", "unreachable"]
hasty = pytest.mark.mastra_sweep(faults=FAULTS, accept=requests.RequestException)

@pytest.fixture
def number():
    return f"w-{uuid.uuid4()}"

@patient
def test_joins(mastra_client, number):
    assert mastra_client.get_workflow("tea").execute({}, run_id=number, if_started="join").ok

@patient
def test_restarts(mastra_client, number):
    run = mastra_client.get_workflow("tea").create_run(number)
    try:
        assert run.start_async({}).ok
    except RunAlreadyStarted:
        assert run.restart_async().ok

@hasty
@pytest.mark.parametrize("ids", [1, 2])
def test_sends_again(mastra_target, number, ids):
    url = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/tea"
    for attempt in range(2):
        try:
            return requests.post(f"{url}/start-async?runId={number}-{attempt % ids}", json={}).raise_for_status()
        except requests.RequestException:
            pass

@hasty
def test_looks_first(mastra_target, number):
    url = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/tea"
    def status():
        reply = requests.get(f"{url}/runs/{number}")
        return reply.json()["status"] if reply.status_code < 300 else None
    if status() is None:
        requests.post(f"{url}/start-async?runId={number}", json={}).raise_for_status()
    while status() != "success":
        pass
"""

EACH = {f"start_async#1:{fault}" for fault in ("timed_out", "killed_at_work", "unreachable")}


def test_runs_at_work_on_a_live_server(run_suite: RunSuite) -> None:
    """They are met there while their steps take time; of those that do not it is said that they were not."""
    server = FakeMastra(clock=RealClock())

    def brew(ctx: object) -> Iterator[float]:
        yield from seconds

    server.workflow("tea").then(server.step("brew", brew)).commit()
    with OnSocket(server) as front:
        target = ("--mastra-target=live", f"--mastra-url={front.url}", "--mastra-sweep=full", "-v")
        seconds = [0.2]
        result = run_suite(AT_WORK, *target)
        assert failed_points(result) == {
            "test_restarts": {"start_async#1:killed_at_work"},
            "test_sends_again[1]": EACH,
            "test_sends_again[2]": EACH,
        }
        result.assert_outcomes(passed=2, failed=3)
        assert "had ended" not in result.stdout.str()

        seconds = []
        result = run_suite(AT_WORK, *target, "-k", "test_joins")
        result.assert_outcomes(passed=1, deselected=4)
        result.stdout.fnmatch_lines(
            ["*(runs had ended before they could be met at work: start#1:timed_out, start#1:ki*"]
        )
