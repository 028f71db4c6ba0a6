"""`mastra-sync run`, `resume` and `result`: what is sent, what is on stdout, and the exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync.cli.exits import Exit
from tests.cli.processes import Ended
from tests.cli.stub_server import Script, StubServer, step

Command = Callable[..., Ended]

SUSPENDED = {
    "status": "suspended",
    "steps": {"ask": {"status": "suspended", "suspendPayload": {"ask": "ok?"}}},
    "suspendedPaths": {"ask": [0]},
}
FAILED = {"status": "failed", "steps": {"a": {"status": "failed", "error": {"name": "Error", "message": "boom"}}}}


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ({"status": "success", "result": {"done": True}}, Exit.SUCCESS),
        ({"status": "bailed", "result": {"done": True}}, Exit.SUCCESS),
        (FAILED, Exit.FAILED),
        ({"status": "canceled"}, Exit.FAILED),
        ({"status": "tripwire"}, Exit.FAILED),
        (SUSPENDED, Exit.SUSPENDED),
        ({"status": "paused"}, Exit.SUSPENDED),
    ],
    ids=lambda value: value["status"] if isinstance(value, dict) else None,
)
def test_the_exit_status_is_the_runs(
    stub: StubServer, mastra_sync: Command, state: dict[str, Any], status: Exit
) -> None:
    """The run's own status decides, whatever `workflow-finish` says; only a result is on stdout."""
    stub.script = Script(state=state)
    ended = mastra_sync("run", "scripted")
    assert (ended.status, ended.out) == (status, '{"done": true}\n' if status == Exit.SUCCESS else "")


@pytest.mark.parametrize("result", [{"a": [1, None]}, None, "text", "\ud800é", 5, False])
def test_stdout_is_the_result_as_json(stub: StubServer, mastra_sync: Command, result: Any) -> None:
    """Any JSON value is printed so that it can be read back, null too."""
    stub.script = Script(state={"status": "success", "result": result})
    assert json.loads(mastra_sync("run", "scripted").out) == result


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ([], {"inputData": {}}),
        (["n=3", "city=New York"], {"inputData": {"n": 3, "city": "New York"}}),
        (["--input", "[1]"], {"inputData": [1]}),
        (["--initial-state", '{"a": 1}'], {"inputData": {}, "initialState": {"a": 1}}),
        (["--request-context", '{"a": 1}'], {"inputData": {}, "requestContext": {"a": 1}}),
        (["--resource-id", "user-1"], {"inputData": {}, "resourceId": "user-1"}),
        (["--per-step"], {"inputData": {}, "perStep": True}),
    ],
)
def test_what_a_start_sends(stub: StubServer, mastra_sync: Command, arguments: list[str], sent: dict[str, Any]) -> None:
    """Each option becomes the field that Mastra has for it, and nothing else is sent."""
    mastra_sync("run", "scripted", *arguments)
    assert [request.body for request in stub.starts()] == [sent]


def test_a_resource_id_is_given_when_the_run_is_made(stub: StubServer, mastra_sync: Command) -> None:
    """Mastra keeps the resource id that a run is made with."""
    mastra_sync("run", "scripted", "--resource-id", "user-1")
    assert stub.received[0].body == {"resourceId": "user-1"}


def test_a_run_is_not_started_twice(stub: StubServer, mastra_sync: Command) -> None:
    """The same run id again starts nothing, and says how the run stands and how to look at it."""
    mastra_sync("run", "scripted", "--run-id", "order-17")
    ended = mastra_sync("run", "scripted", "--run-id", "order-17")
    assert (ended.status, ended.out, len(stub.starts())) == (Exit.USAGE, "", 1)
    assert "order-17" in ended.err
    assert "it is success" in ended.err
    assert "mastra-sync result scripted order-17" in ended.err


def test_a_run_that_was_only_made_is_started(stub: StubServer, mastra_sync: Command) -> None:
    """A run that is still pending has not been started."""
    stub.runs["order-17"] = {"runId": "order-17", "status": "pending", "suspendedPaths": {}}
    assert mastra_sync("run", "scripted", "--run-id", "order-17").status == Exit.SUCCESS


def test_input_that_cannot_be_sent_makes_no_run(stub: StubServer, mastra_sync: Command) -> None:
    """A number that JavaScript would round is refused before anything is sent."""
    ended = mastra_sync("run", "scripted", "n=12345678901234567891")
    assert (ended.status, stub.received) == (Exit.USAGE, [])
    assert "the input, at n: JavaScript would round" in ended.err


def test_input_that_the_workflow_rejects(stub: StubServer, mastra_sync: Command) -> None:
    """The server's reason is one line, followed by the fields that the workflow takes."""
    refused = "Invalid input data: \n- city: expected string\n- n: expected number"
    stub.script = Script(
        finish={"workflowStatus": "failed", "metadata": {"errorMessage": refused}},
        state={"status": "pending"},
        details={"inputSchema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
    )
    ended = mastra_sync("run", "scripted", "--quiet")
    assert (ended.status, ended.err) == (
        Exit.USAGE,
        "mastra-sync: Invalid input data: city: expected string; n: expected number "
        "(the workflow takes city: string)\nSee https://mastra-sync.readthedocs.io/errors/#invalid-input\n",
    )


def test_a_cut_stream_is_followed_by_polling(stub: StubServer, mastra_sync: Command) -> None:
    """A stream that ends early and cannot be replayed costs no result, and starts nothing again."""
    stub.script = Script(events=[step("start", "a")], cut=True)
    ended = mastra_sync("run", "scripted")
    assert (ended.status, ended.out, len(stub.starts())) == (Exit.SUCCESS, '{"done": true}\n', 1)
    assert "mastra-sync:" not in ended.err


def test_ctrl_c_while_the_start_is_sent(
    stub: StubServer, mastra_sync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start whose answer was not waited for may have happened: the run is named."""

    def interrupted(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mastra_sync.run.Run.stream", interrupted)
    ended = mastra_sync("run", "scripted", "--run-id", "r1")
    assert ended.status == Exit.INTERRUPTED
    assert "mastra-sync result scripted r1 --wait" in ended.err


def test_a_record_that_is_no_json_costs_no_result(stub: StubServer, mastra_sync: Command) -> None:
    """A stream that cannot be read on is told of, and the run followed without it."""
    stub.script = Script(events=[b"no JSON"])
    ended = mastra_sync("run", "scripted")
    assert (ended.status, ended.out) == (Exit.SUCCESS, '{"done": true}\n')
    assert "going on without its events" in ended.err


def test_a_timeout_leaves_the_run(stub: StubServer, mastra_sync: Command) -> None:
    """A run that takes too long is left as it is, and can be waited for."""
    stub.go_on.clear()
    ended = mastra_sync("run", "scripted", "--run-id", "r1", "--timeout", "0.2")
    assert (ended.status, ended.out) == (Exit.TIMEOUT, "")
    assert "mastra-sync result scripted r1 --wait" in ended.err


def test_events_as_json_lines(stub: StubServer, mastra_sync: Command) -> None:
    """Each event is a line as the server sent it; the last line is the run; stderr is empty."""
    stub.script = Script(events=[step("start", "a"), {"type": "data-odd", "data": "\u2028é"}])
    ended = mastra_sync("run", "scripted", "--run-id", "r1", "--json-events")
    lines = [json.loads(line) for line in ended.out.split("\n")[:-1]]
    assert [line["type"] for line in lines] == [
        "workflow-start",
        "workflow-step-start",
        "data-odd",
        "workflow-finish",
        "watch",
    ]
    assert lines[2] == {"runId": "r1", "from": "WORKFLOW", "type": "data-odd", "data": "\u2028é"}
    assert lines[-1]["payload"]["workflowState"]["result"] == {"done": True}
    assert ended.err == ""


@pytest.mark.parametrize("state", [{"status": "success", "result": None}, FAILED, SUSPENDED])
def test_the_full_output_is_there_however_the_run_ended(
    stub: StubServer, mastra_sync: Command, state: dict[str, Any]
) -> None:
    """`--output full` prints the whole run, its result as null if that is what it is."""
    stub.script = Script(state=state)
    printed = json.loads(mastra_sync("run", "scripted", "--run-id", "r1", "--output", "full").out)
    assert (printed["runId"], printed["status"]) == ("r1", state["status"])
    assert ("result" in printed) == (state["status"] == "success")


def test_quiet_shows_no_steps(stub: StubServer, mastra_sync: Command) -> None:
    """A run that succeeds says nothing on stderr."""
    stub.script = Script(events=[step("start", "a")])
    assert mastra_sync("run", "scripted", "--quiet").err == ""


def test_resume_sends_the_answer_to_the_step(stub: StubServer, mastra_sync: Command) -> None:
    """The answer goes to the step that asks, and the run is followed."""
    stub.runs["r1"] = {"runId": "r1", **SUSPENDED}
    ended = mastra_sync("resume", "scripted", "r1", "ok=true", "--request-context", '{"a": 1}')
    assert (ended.status, ended.out) == (Exit.SUCCESS, '{"done": true}\n')
    assert stub.starts()[0].body == {"step": ["ask"], "resumeData": {"ok": True}, "requestContext": {"a": 1}}


def test_resume_needs_an_answer(stub: StubServer, mastra_sync: Command) -> None:
    """Without an answer nothing is sent: Mastra would run the step once more from its beginning."""
    ended = mastra_sync("resume", "scripted", "r1")
    assert (ended.status, stub.received) == (Exit.USAGE, [])


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ({"status": "success", "result": 5}, Exit.SUCCESS),
        (FAILED, Exit.FAILED),
        (SUSPENDED, Exit.SUSPENDED),
        ({"status": "running"}, Exit.TIMEOUT),
        ({"status": "newer-than-this"}, Exit.UNKNOWN),
    ],
    ids=lambda value: value["status"] if isinstance(value, dict) else None,
)
def test_result_tells_how_a_run_stands(
    stub: StubServer, mastra_sync: Command, state: dict[str, Any], status: Exit
) -> None:
    """The exit status is that of the run, now; nothing is started."""
    stub.runs["r1"] = {"runId": "r1", "suspendedPaths": {}, "steps": {}, **state}
    ended = mastra_sync("result", "scripted", "r1")
    assert (ended.status, ended.out, stub.starts()) == (status, "5\n" if status == Exit.SUCCESS else "", [])


def test_result_as_a_json_line(stub: StubServer, mastra_sync: Command) -> None:
    """Where there are no events to come, the run is the only line."""
    stub.runs["r1"] = {"runId": "r1", "suspendedPaths": {}, "steps": {}, "status": "success", "result": 5}
    (line,) = mastra_sync("result", "scripted", "r1", "--json-events").out.splitlines()
    assert json.loads(line)["payload"]["workflowState"]["result"] == 5


def test_result_can_wait(stub: StubServer, mastra_sync: Command) -> None:
    """A run without events to replay is waited for by polling."""
    polls = iter(["running", "running", "running", "success"])
    stub.runs["r1"] = {"runId": "r1", "suspendedPaths": {}, "steps": {}, "status": "running"}
    original = stub.answer

    def answer(*arguments: Any) -> tuple[int, Any]:
        stub.runs["r1"] |= {"status": next(polls, "success"), "result": 5}
        return original(*arguments)

    stub.answer = answer  # type: ignore[assignment, method-assign]
    assert mastra_sync("result", "scripted", "r1", "--wait").out == "5\n"


def test_cancel(stub: StubServer, mastra_sync: Command) -> None:
    """A cancel is sent once, and a run that has ended is left alone."""
    stub.runs["r1"] = {"runId": "r1", "status": "running"}
    stub.runs["r2"] = {"runId": "r2", "status": "success"}
    assert [mastra_sync("cancel", "scripted", run).status for run in ("r1", "r2")] == [Exit.SUCCESS, Exit.SUCCESS]
    assert [request.route for request in stub.received].count("cancel") == 1
