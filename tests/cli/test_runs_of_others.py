"""`mastra-sync watch`, `time-travel`, `restart` and `delete`: runs that others have started."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mastra_sync import MastraClient
from mastra_sync.cli.exits import Exit
from mastra_sync.cli.polled_steps import PolledSteps
from mastra_sync.events import StreamEvent
from mastra_sync.models import RunResult
from pytest_mastra import AT_ONCE, BY_HAND, FakeMastra
from tests.cli.fake_server import served
from tests.cli.processes import COMMAND, PROCESS_TIMEOUT, Ended, Terminal, started

Command = Callable[..., Ended]


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeMastra, MastraClient]]:
    """A fake server at `MASTRA_BASE_URL`, and a client of it."""
    with served() as (server, client):
        monkeypatch.setenv("MASTRA_BASE_URL", client.base_url.removesuffix("/api"))
        yield server, client


@pytest.fixture
def client(both: tuple[FakeMastra, MastraClient]) -> MastraClient:
    return both[1]


def said(line: str) -> str:
    """Return what a line of a log says, without its time."""
    return line.partition(" s  ")[2].partition(" after ")[0] or line


# -- watch


def test_watching_a_run_without_events(client: MastraClient) -> None:
    """Polls show the steps of a run that was begun without a stream, on to its end after somebody has answered."""
    run = client.get_workflow("trip").get_run(str(client.get_workflow("trip").execute({}, run_id="t1").run_id))
    with started(*COMMAND, "watch", "trip", "t1", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        lines = []
        while "approve suspended" not in (line := process.stderr.readline()):
            lines.append(line)
        run.resume({"ok": True, "seats": 1, "class": "first"})
        out, rest = process.communicate(timeout=PROCESS_TIMEOUT)
    assert (process.returncode, json.loads(out)) == (0, {"ok": True, "seats": 1, "class": "first"})
    assert said(rest.splitlines()[-1].strip()) == "✓ trip succeeded"
    assert lines[0].startswith("trip, run t1 on http://127.0.0.1")
    assert any("booking.approve succeeded" in line for line in rest.splitlines())


def test_watching_a_run_with_events(client: MastraClient, mastra_sync_process: Command) -> None:
    """What a server holds of a run's streams is shown, as it was sent, and last the run."""
    with client.get_workflow("city").create_run("c1").stream({}) as stream:
        sent = [event.type for event in stream]
    ended = mastra_sync_process("watch", "city", "c1", "--json-events")
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert (ended.status, ended.err) == (0, "")
    assert [line["type"] for line in lines] == [*sent, "watch"]


def test_watching_on_a_terminal(client: MastraClient, terminal: Terminal) -> None:
    """A terminal gets the live view, and stdout the result."""
    client.get_workflow("city").execute({}, run_id="c1")
    settings = {**os.environ, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"}
    command = [*COMMAND, "watch", "city", "c1"]
    with started(*command, stdout=subprocess.PIPE, stderr=terminal.stderr, env=settings) as process:
        terminal.read_until("✓ city succeeded")
        out, _ = process.communicate(timeout=PROCESS_TIMEOUT)
    assert (process.returncode, out) == (0, '"Hello, Oslo"\n')
    assert "find" in terminal.plain


def test_watching_no_longer_than_wanted(client: MastraClient, mastra_sync: Command) -> None:
    """A run that nobody answers does not go on: it says what it waits for. One that is not there is an error."""
    client.get_workflow("free").execute({}, run_id="f1")
    ended = mastra_sync("watch", "free", "f1", "--timeout", "0.5")
    assert (ended.status, ended.out) == (Exit.SUSPENDED, "")
    assert [said(line.strip()) for line in ended.err.splitlines()[-4:]] == [
        "? free is suspended",
        "mastra-sync: run f1 of 'free' is suspended; it goes on with",
        'say asks {"ask": "book?"}',
        "mastra-sync resume free f1 --step say --input JSON",
    ]
    told = mastra_sync("watch", "free", "f1", "--timeout", "0.5", "--json-events")
    assert (told.status, json.loads(told.out.splitlines()[-1])["type"]) == (Exit.SUSPENDED, "watch")
    assert mastra_sync("watch", "free", "none").status == Exit.USAGE


def test_watching_a_run_that_goes_on(both: tuple[FakeMastra, MastraClient], mastra_sync: Command) -> None:
    """A run that is at work when the time is up says how it can be waited for."""
    left_running(both, "c1")
    ended = mastra_sync("watch", "city", "c1", "--timeout", "0.5")
    assert ended.status == Exit.TIMEOUT
    assert ended.err.splitlines()[-2:] == [
        "    mastra-sync result city c1 --wait",
        "See https://mastra-sync.readthedocs.io/errors/#run-timeout",
    ]


def test_polls_tell_only_what_is_new() -> None:
    """A step is told once for each status; what events have told is not told again."""
    polled = PolledSteps()
    polled.note(StreamEvent({"type": "workflow-step-start", "payload": {"id": "a"}}))
    polled.note(StreamEvent({"type": "workflow-step-suspended", "payload": {"id": "b"}}))
    polled.note(StreamEvent({"type": "workflow-step-result", "payload": {"id": "c", "status": "bailed"}}))
    steps: dict[str, dict[str, Any]] = {
        "a": {"status": "running"},
        "b": {"status": "running"},
        "c": {"status": "success"},
        "d": {"status": "x"},
    }
    reading = RunResult.model_validate({"status": "running", "steps": steps})
    told = [(event.type, event.step_id) for event in polled.changes(reading)]
    assert told == [("workflow-step-start", "d"), ("workflow-step-result", "d")]
    steps["a"] |= {"status": "failed", "error": {"name": "Error", "message": "boom"}, "startedAt": 1, "endedAt": 2}
    (event,) = polled.changes(RunResult.model_validate({"status": "failed", "steps": steps}))
    assert event.payload["error"] == {"name": "Error", "message": "boom"}
    assert (event.payload["startedAt"], event.payload["endedAt"]) == (1, 2)


# -- time travel


def test_events_that_polls_were_ahead_of() -> None:
    """Of what polls have shown, events tell nothing again; what comes after it they do."""
    polled = PolledSteps()
    steps = {"ask": {"status": "success", "output": 1}, "nap": {"status": "waiting"}}
    list(polled.changes(RunResult.model_validate({"status": "waiting", "steps": steps})))

    def event(what: str, step: str, **payload: str) -> StreamEvent:
        return StreamEvent({"type": f"workflow-step-{what}", "payload": {"id": step, **payload}})

    told = [
        *(event("start", "ask"), event("result", "ask", status="success")),
        *(event("waiting", "nap"), event("result", "nap", status="success")),
        *(event("start", "pay"), event("start", "ask")),
    ]
    assert [polled.is_told(one) for one in told] == [True, True, True, False, False, False]


def test_time_travel(client: MastraClient, mastra_sync_process: Command) -> None:
    """A run is executed again from a step, with another input, and followed to its result."""
    client.get_workflow("city").execute({}, run_id="c1")
    ended = mastra_sync_process("time-travel", "city", "c1", "greet", "city=Rome")
    assert (ended.status, ended.out) == (0, '"Hello, Rome"\n')
    assert [said(line.strip()) for line in ended.err.splitlines()[1:]] == [
        "▸ greet started",
        "✓ greet succeeded",
        "✓ city succeeded",
    ]


def test_time_travel_to_no_step(client: MastraClient, mastra_sync: Command) -> None:
    """A step that is not there is refused with the nearest one, and nothing is executed."""
    client.get_workflow("city").execute({}, run_id="c1")
    ended = mastra_sync("time-travel", "city", "c1", "gret")
    assert (ended.status, ended.out) == (Exit.USAGE, "")
    assert "did you mean 'greet'?" in ended.err


def test_time_travel_with_another_past(client: MastraClient, mastra_sync: Command) -> None:
    """A step goes on with the result that is given for the one before it."""
    client.get_workflow("city").execute({}, run_id="c1")
    ended = mastra_sync("time-travel", "city", "c1", "greet", "--context", '{"find": {"output": {"city": "Rome"}}}')
    assert (ended.status, ended.out) == (0, '"Hello, Rome"\n')


@pytest.mark.parametrize(
    ("past", "said"),
    [
        ('{"fnd": {"output": {}}}', "no step 'fnd'; did you mean 'find'?"),
        ('{"x": {"output": {}}}', "no step 'x'; steps: find, greet"),
        ('{"find": {"city": "Rome"}}', "the result of 'find' has none of status, payload, output"),
        ('{"find": "Rome"}', "the result of 'find' has none of status, payload, output"),
        ("[]", 'must be a JSON object, {"STEP": {"output": ...}}'),
    ],
)
def test_a_past_that_servers_pass_over(client: MastraClient, mastra_sync: Command, past: str, said: str) -> None:
    """A result of which nothing would be read is refused, for the run would go on as it was; nothing is executed."""
    before = client.get_workflow("city").execute({}, run_id="c1")
    ended = mastra_sync("time-travel", "city", "c1", "greet", "--context", past)
    assert (ended.status, ended.out) == (Exit.USAGE, "")
    assert ended.err.startswith(f"mastra-sync: --context: {said}")
    assert client.get_workflow("city").run_by_id("c1").updated_at == before.updated_at


def test_time_travel_step_by_step(client: MastraClient, mastra_sync: Command) -> None:
    """A paused run says the command line that goes on with it."""
    ended = mastra_sync("run", "city", "--run-id", "c1", "--per-step")
    assert ended.status == Exit.SUSPENDED
    assert ended.err.splitlines()[-1] == "    mastra-sync time-travel city c1 STEP --per-step"
    assert mastra_sync("time-travel", "city", "c1", "greet", "--per-step").status in (Exit.SUCCESS, Exit.SUSPENDED)


# -- restart


def left_running(both: tuple[FakeMastra, MastraClient], run_id: str) -> None:
    """Have the server die in a run's first step, and come back."""
    server, client = both
    server.pace = BY_HAND
    client.get_workflow("city").create_run(run_id).start({})
    server.die()
    server.revive()
    server.pace = AT_ONCE


def test_restart(both: tuple[FakeMastra, MastraClient], mastra_sync_process: Command) -> None:
    """A run that its server has left running is executed from its active step, and followed."""
    left_running(both, "c1")
    ended = mastra_sync_process("restart", "city", "c1")
    assert (ended.status, ended.out) == (0, '"Hello, Oslo"\n')
    assert said(ended.err.splitlines()[-1].strip()) == "✓ city succeeded"


def test_restart_all(both: tuple[FakeMastra, MastraClient], mastra_sync: Command) -> None:
    """`--all` has all of them executed, says which, and waits for none."""
    for run_id in ("c1", "c2"):
        left_running(both, run_id)
    ended = mastra_sync("restart", "city", "--all")
    assert (ended.status, ended.out) == (0, "")
    assert (ended.err.splitlines()[0], sorted(ended.err.splitlines()[1:])) == (
        "restarted 2 of 'city':",
        ["    c1", "    c2"],
    )
    assert [both[1].get_workflow("city").get_run(run_id).wait(5).status for run_id in ("c1", "c2")] == ["success"] * 2


def test_restarting_none(client: MastraClient, mastra_sync: Command) -> None:
    """Where no run is at work it is said that nothing was restarted, whatever the server answers."""
    client.get_workflow("city").execute({}, run_id="c1")
    ended = mastra_sync("restart", "city", "--all")
    assert (ended.status, ended.out, ended.err) == (
        0,
        "",
        "mastra-sync: no run of 'city' is running or waiting; nothing was restarted\n",
    )
    told = json.loads(mastra_sync("restart", "city", "--all", "--json").out)
    assert (told["workflow"], told["runs"]) == ("city", [])


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("option", ["--json-events", "--output=full", "--request-context={}"])
def test_restarting_all_takes_nothing_of_one_run(mastra_sync: Command, option: str) -> None:
    """What shows one run, or is given to one, is refused with `--all`, not passed over."""
    ended = mastra_sync("restart", "city", "--all", option)
    assert (ended.status, ended.out) == (Exit.USAGE, "")
    assert f"{option.replace('=full', ' full').removesuffix('={}')} is for one run" in ended.err


def test_restarting_what_is_over(client: MastraClient, mastra_sync: Command) -> None:
    """A run that has ended is not restarted; and one run or all must be meant."""
    client.get_workflow("city").execute({}, run_id="c1")
    ended = mastra_sync("restart", "city", "c1")
    assert (ended.status, "not running or waiting" in ended.err) == (Exit.USAGE, True)
    assert "give either a RUN_ID or --all" in mastra_sync("restart", "city").err
    assert "give either a RUN_ID or --all" in mastra_sync("restart", "city", "c1", "--all").err


# -- delete


def test_delete(client: MastraClient, mastra_sync_process: Command) -> None:
    """The record is gone, and deleting it once more is an error."""
    client.get_workflow("city").execute({}, run_id="c1")
    ended = [mastra_sync_process("delete", "city", "c1") for _ in range(2)]
    assert [(each.status, each.out) for each in ended] == [(0, ""), (Exit.USAGE, "")]
    assert "'city' has no run 'c1'" in ended[1].err


def test_deleting_a_run_that_is_running(both: tuple[FakeMastra, MastraClient], mastra_sync: Command) -> None:
    """Its record is left, unless by force, for the run would go on."""
    left_running(both, "c1")
    ended = mastra_sync("delete", "city", "c1")
    assert (ended.status, ended.err) == (
        Exit.USAGE,
        "mastra-sync: run c1 of 'city' is running: it would go on, and be stored anew; give --force, or cancel it "
        "first:\n    mastra-sync cancel city c1\n",
    )
    assert mastra_sync("delete", "city", "c1", "--force").status == 0
