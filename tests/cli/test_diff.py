"""`mastra-sync diff`: what two runs did otherwise."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mastra_sync import MastraClient
from mastra_sync.cli.exits import Exit
from pytest_mastra import BY_HAND, FakeMastra, StepContext
from pytest_mastra.fake.fronts.socket import OnSocket
from tests.cli.processes import COMMAND, PROCESS_TIMEOUT, Ended, Terminal, started

Command = Callable[..., Ended]


def pay(context: StepContext) -> object:
    if context.input_data["amount"] > 100:
        raise ValueError("too much")
    return {"paid": context.input_data["amount"], "token": f"secret-{context.input_data['amount']}"}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fake server at `MASTRA_BASE_URL`, with three runs that did the same, and two that did not."""
    server = FakeMastra()
    server.workflow("order").then(server.step("check", lambda ctx: ctx.input_data)).then(server.step("pay", pay)).then(
        server.step("mail", lambda _: "sent")
    ).commit()
    with OnSocket(server) as front:
        monkeypatch.setenv("MASTRA_BASE_URL", front.url)
        with MastraClient(front.url, clock=server.clock) as client:
            for run_id, amount in (("a", 3), ("b", 3), ("c", 4), ("d", 400)):
                client.get_workflow("order").execute({"amount": amount}, run_id=run_id)
        yield


@pytest.mark.usefixtures("runs")
def test_runs_that_did_the_same(mastra_sync_process: Command) -> None:
    """Exit status 0, in a line; ids and times do not count."""
    ended = mastra_sync_process("diff", "order", "a", "b")
    assert ended == Ended(0, "runs a and b of 'order' did the same: 3 steps\n", "")


@pytest.mark.usefixtures("runs")
def test_runs_that_did_not(mastra_sync_process: Command) -> None:
    """Exit status 1; each step says what it got and gave in either run, and no secret."""
    ended = mastra_sync_process("diff", "order", "a", "d")
    assert (ended.status, ended.err) == (1, "")
    assert ended.out.splitlines() == [
        "--- run a of 'order'",
        "+++ run d of 'order'",
        "the run",
        "  $.status",
        "  - 'success'",
        "  + 'failed'",
        "  $.input.amount",
        "  - 3",
        "  + 400",
        "  $.path[2]",
        "  - 'mail'",
        "  + (nothing)",
        "  $.result",
        "  - 'sent'",
        "  + (nothing)",
        "  $.error",
        "  - (nothing)",
        "  + {'name': 'ValueError', 'message': 'too much'}",
        "step check",
        "  $.output.amount",
        "  - 3",
        "  + 400",
        "step pay",
        "  $.status",
        "  - 'success'",
        "  + 'failed'",
        "  $.output",
        "  - {'paid': 3, 'token': '***'}",
        "  + (nothing)",
        "  $.error",
        "  - (nothing)",
        "  + {'name': 'ValueError', 'message': 'too much'}",
        "step mail",
        "  $",
        "  - {'status': 'success', 'output': 'sent'}",
        "  + (nothing)",
    ]


@pytest.mark.usefixtures("runs")
def test_as_json(mastra_sync: Command) -> None:
    """Programs get each difference with its step and path; what a run does not have is left out."""
    ended = mastra_sync("diff", "order", "a", "c", "--json")
    assert (ended.status, ended.err) == (1, "")
    told: dict[str, Any] = json.loads(ended.out)
    found = told.pop("differences")
    assert told == {"workflow": "order", "runs": ["a", "c"], "alike": False}
    assert found[0] == {"step": None, "path": "$.input.amount", "first": 3, "second": 4}
    assert found[-1] == {"step": "pay", "path": "$.output.token", "first": "***", "second": "***"}
    failed = json.loads(mastra_sync("diff", "order", "a", "d", "--json").out)["differences"]
    assert failed[-1] == {"step": "mail", "path": "$", "first": {"status": "success", "output": "sent"}}
    alike = mastra_sync("diff", "order", "a", "b", "--json")
    assert (alike.status, json.loads(alike.out)["alike"]) == (0, True)


@pytest.mark.usefixtures("runs")
def test_one_run_twice(mastra_sync: Command) -> None:
    """A run is not held against itself, which would find nothing."""
    ended = mastra_sync("diff", "order", "a", "a")
    assert (ended.status, ended.out) == (Exit.USAGE, "")
    assert ended.err == "mastra-sync: give two runs: RUN_ID and OTHER_RUN_ID are both 'a'\n"


def test_runs_that_go_on(monkeypatch: pytest.MonkeyPatch, mastra_sync: Command) -> None:
    """Of a run that has not ended it is said that this is not all."""
    server = FakeMastra(pace=BY_HAND)
    server.workflow("order").then(server.step("check", lambda ctx: ctx.input_data)).commit()
    with OnSocket(server) as front, MastraClient(front.url, clock=server.clock) as client:
        monkeypatch.setenv("MASTRA_BASE_URL", front.url)
        for run_id in ("a", "b"):
            client.get_workflow("order").create_run(run_id).start({})
        ended = mastra_sync("diff", "order", "a", "b")
    assert (ended.status, "did the same" in ended.out) == (0, True)
    assert ended.err.splitlines() == [
        f"mastra-sync: run {run_id} is running: compared is what it has done so far" for run_id in ("a", "b")
    ]


@pytest.mark.usefixtures("runs")
def test_on_a_terminal(terminal: Terminal) -> None:
    """Lines are as long as the terminal is wide."""
    settings = {**os.environ, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", "COLUMNS": "40"}
    command = [*COMMAND, "diff", "order", "a", "d"]
    with started(*command, stdout=terminal.stderr, stderr=subprocess.PIPE, env=settings) as process:
        terminal.read_until("step mail")
        assert process.wait(PROCESS_TIMEOUT) == 1
    assert max(len(line.rstrip()) for line in terminal.plain.splitlines()) <= 40


@pytest.mark.usefixtures("runs")
def test_a_run_that_is_not_there(mastra_sync: Command) -> None:
    """Whichever of the two it is, it is named."""
    for runs in (("a", "none"), ("none", "a")):
        ended = mastra_sync("diff", "order", *runs)
        assert (ended.status, ended.out) == (Exit.USAGE, "")
        assert "'order' has no run 'none'" in ended.err
