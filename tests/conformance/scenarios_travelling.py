"""Runs that go step by step, are sent back in time, or are restarted."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Talk
from tests.conformance.corpus import CURRENT, scenario


@scenario("current", "1.2")
def one_step_at_a_time(talk: Talk) -> None:
    """`perStep` pauses; a time travel goes on."""
    waited, streamed = talk.run_id(), talk.run_id()
    talk.post("three", "start-async", waited, {"inputData": {"i": 0}, "perStep": True})
    talk.by_id("three", waited)
    talk.post("three", "resume-async", waited, {"resumeData": {}})
    talk.post("three", "time-travel-async", waited, {"step": "t2", "perStep": True})
    talk.by_id("three", waited)
    talk.post("three", "time-travel-async", waited, {"step": "t3"})
    talk.by_id("three", waited)
    talk.post("three", "stream", streamed, {"inputData": {"i": 0}, "perStep": True})
    talk.post("three", "time-travel-stream", streamed, {"step": "t2", "perStep": True})


@scenario("current", "1.2")
def one_step_of_a_block(talk: Talk) -> None:
    """`perStep` executes one child of a block, and pauses nested workflows."""
    parallel, branch, nested, loop, each = (talk.run_id() for _ in range(5))
    talk.post("parallel", "start-async", parallel, {"inputData": {"n": 1}, "perStep": True})
    talk.by_id("parallel", parallel)
    talk.post("branch", "start-async", branch, {"inputData": {"n": 100}, "perStep": True})
    talk.by_id("branch", branch)
    talk.post("nested", "start-async", nested, {"inputData": {"n": 1}, "perStep": True})
    talk.by_id("nested", nested)
    talk.post("nested", "stream", talk.run_id(), {"inputData": {"n": 1}, "perStep": True})
    talk.post("dowhile", "start-async", loop, {"inputData": {"n": 0}, "perStep": True})
    talk.post("foreach", "start-async", each, {"inputData": [1, 2], "perStep": True})


def _travels(talk: Talk, workflow: str, start: Any, *bodies: dict[str, Any]) -> None:
    run_id = talk.run_id()
    talk.post(workflow, "start-async", run_id, start)
    for body in bodies:
        talk.post(workflow, "time-travel-async", run_id, body)
        talk.by_id(workflow, run_id)


@scenario()
def time_travel(talk: Talk) -> None:
    """A time travel executes again from a step, with another past if one is given."""
    _travels(
        talk,
        "three",
        {"inputData": {"i": 0}},
        {"step": "t2"},
        {"step": "t2", "inputData": {"a": 10}},
        {"step": ["t3"], "context": {"t2": {"status": "success", "payload": {"a": 7}, "output": {"b": 70}}}},
        {"step": "t1", "inputData": {"i": 5}},
    )


@scenario()
def time_travel_in_a_stream(talk: Talk) -> None:
    """The same in a stream, and what is kept of it."""
    run_id = talk.run_id()
    talk.post("three", "stream", run_id, {"inputData": {"i": 0}})
    talk.post("three", "time-travel-stream", run_id, {"step": "t2", "inputData": {"a": 10}})
    talk.by_id("three", run_id)
    talk.post("three", "observe", run_id)


@scenario()
def time_travel_at_once(talk: Talk) -> None:
    """`time-travel` tells nothing of the outcome."""
    run_id = talk.run_id()
    talk.post("failing", "start-async", run_id, {"inputData": {"kind": "string"}})
    talk.post("failing", "time-travel", run_id, {"step": "never", "inputData": {}})
    talk.until("failing", run_id, "success")
    talk.by_id("failing", run_id)


@scenario()
def time_travel_from_a_suspension(talk: Talk) -> None:
    """A time travel can answer a suspension."""
    _travels(talk, "asker", {"inputData": {"n": 1}}, {"step": "q", "resumeData": {"answer": "a"}})


@scenario()
def time_travel_without_a_past(talk: Talk) -> None:
    """A run that never began can be sent anywhere."""
    run_id = talk.run_id()
    talk.post("three", "create-run", run_id)
    talk.post("three", "time-travel-async", run_id, {"step": "t3", "inputData": {"b": 4}})
    talk.by_id("three", run_id)


@scenario()
def time_travel_into_a_nested_workflow(talk: Talk) -> None:
    """Dots lead into nested workflows."""
    _travels(
        talk, "nested", {"inputData": {"n": 1}}, {"step": "inner.double", "inputData": {"n": 50}}, {"step": "inner"}
    )


@scenario()
def time_travel_into_blocks(talk: Talk) -> None:
    """A child of a block can be executed again."""
    _travels(talk, "parallel", {"inputData": {"n": 1}}, {"step": "right"}, {"step": "join"})
    _travels(talk, "branch", {"inputData": {"n": 100}}, {"step": "large"}, {"step": "negative"})
    _travels(talk, "dowhile", {"inputData": {"n": 0}}, {"step": "increment"})
    _travels(talk, "foreach", {"inputData": [1, 2]}, {"step": "times-ten"}, {"step": "times-ten", "inputData": [5]})


@scenario()
def time_travel_refused(talk: Talk) -> None:
    """A time travel to nowhere, or with input that does not fit, leaves the run as it is."""
    run_id, suspended, running = talk.run_id(), talk.run_id(), talk.run_id()
    talk.post("three", "start-async", run_id, {"inputData": {}})
    bodies: list[Any] = [{"step": "nope"}, {"step": []}, {"step": ""}, {"step": "t2", "inputData": {"a": "x"}}]
    for body in bodies:
        talk.post("three", "time-travel-async", run_id, body)
        talk.post("three", "time-travel-stream", run_id, body)
    talk.by_id("three", run_id)
    talk.post("asker", "start-async", suspended, {"inputData": {}})
    talk.post("asker", "time-travel-async", suspended, {"step": "first"})
    finish = talk.begin("slow", "start-async", running, {"inputData": {"gate": running}})
    talk.wait_for_gate(running)
    talk.post("slow", "time-travel-async", running, {"step": "end"})
    talk.open_gate(running)
    finish()


@scenario()
def restart_what_does_not_run(talk: Talk) -> None:
    """A finished run is told again by current servers; others cannot be restarted."""
    ended, failed, suspended, pending, canceled = (talk.run_id() for _ in range(5))
    talk.post("three", "start-async", ended, {"inputData": {"i": 1}})
    talk.post("three", "restart-async", ended)
    talk.post("failing", "start-async", failed, {"inputData": {"kind": "error"}})
    talk.post("failing", "restart-async", failed)
    talk.post("tripwire", "start-async", canceled, {"inputData": {}})
    talk.post("tripwire", "restart-async", canceled)
    talk.post("asker", "start-async", suspended, {"inputData": {}})
    talk.post("asker", "restart-async", suspended)
    talk.post("three", "create-run", pending)
    talk.post("three", "restart-async", pending)
    talk.cancel("three", pending)
    talk.post("three", "restart-async", pending)


@scenario(*CURRENT)
def restart_unseen(talk: Talk) -> None:
    """`restart` does not tell of a refusal (older servers may die of it)."""
    run_id = talk.run_id()
    talk.post("asker", "start-async", run_id, {"inputData": {}})
    talk.post("asker", "restart", run_id)
    talk.by_id("asker", run_id)


@scenario()
def restart_a_running_run(talk: Talk) -> None:
    """A restart executes the step that runs a second time."""
    run_id = talk.run_id()
    talk.post("slow", "create-run", run_id)
    talk.post("slow", "start", run_id, {"inputData": {"gate": run_id}})
    talk.wait_for_gate(run_id)
    finish = talk.begin("slow", "restart-async", run_id)
    talk.wait_for_gate(run_id, 2)
    talk.by_id("slow", run_id)
    talk.open_gate(run_id)
    finish()
    talk.by_id("slow", run_id)


@scenario()
def restart_all(talk: Talk) -> None:
    """Answers whether or not there is something to restart."""
    talk.call("POST", "/workflows/tripwire/restart-all-active-workflow-runs", {})
    talk.call("POST", "/workflows/tripwire/restart-all-active-workflow-runs-async", {})
