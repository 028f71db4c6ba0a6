"""Runs that go step by step, are sent back in time, or are restarted."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import CURRENT, scenario


@scenario("current", "1.2")
def one_step_at_a_time(conversation: Conversation) -> None:
    """`perStep` pauses; a time travel goes on."""
    waited, streamed = conversation.run_id(), conversation.run_id()
    conversation.post("three", "start-async", waited, {"inputData": {"i": 0}, "perStep": True})
    conversation.read_run("three", waited)
    conversation.post("three", "resume-async", waited, {"resumeData": {}})
    conversation.post("three", "time-travel-async", waited, {"step": "t2", "perStep": True})
    conversation.read_run("three", waited)
    conversation.post("three", "time-travel-async", waited, {"step": "t3"})
    conversation.read_run("three", waited)
    conversation.post("three", "stream", streamed, {"inputData": {"i": 0}, "perStep": True})
    conversation.post("three", "time-travel-stream", streamed, {"step": "t2", "perStep": True})


@scenario("current", "1.2")
def one_step_of_a_block(conversation: Conversation) -> None:
    """`perStep` executes one child of a block, and pauses nested workflows."""
    parallel, branch, nested, loop, each = (conversation.run_id() for _ in range(5))
    conversation.post("parallel", "start-async", parallel, {"inputData": {"n": 1}, "perStep": True})
    conversation.read_run("parallel", parallel)
    conversation.post("branch", "start-async", branch, {"inputData": {"n": 100}, "perStep": True})
    conversation.read_run("branch", branch)
    conversation.post("nested", "start-async", nested, {"inputData": {"n": 1}, "perStep": True})
    conversation.read_run("nested", nested)
    conversation.post("nested", "stream", conversation.run_id(), {"inputData": {"n": 1}, "perStep": True})
    conversation.post("dowhile", "start-async", loop, {"inputData": {"n": 0}, "perStep": True})
    conversation.post("foreach", "start-async", each, {"inputData": [1, 2], "perStep": True})


def _travels(conversation: Conversation, workflow: str, start: Any, *bodies: dict[str, Any]) -> None:
    run_id = conversation.run_id()
    conversation.post(workflow, "start-async", run_id, start)
    for body in bodies:
        conversation.post(workflow, "time-travel-async", run_id, body)
        conversation.read_run(workflow, run_id)


@scenario()
def time_travel(conversation: Conversation) -> None:
    """A time travel executes again from a step, with another past if one is given."""
    _travels(
        conversation,
        "three",
        {"inputData": {"i": 0}},
        {"step": "t2"},
        {"step": "t2", "inputData": {"a": 10}},
        {"step": ["t3"], "context": {"t2": {"status": "success", "payload": {"a": 7}, "output": {"b": 70}}}},
        {"step": "t1", "inputData": {"i": 5}},
    )


@scenario()
def time_travel_in_a_stream(conversation: Conversation) -> None:
    """The same in a stream, and what is kept of it."""
    run_id = conversation.run_id()
    conversation.post("three", "stream", run_id, {"inputData": {"i": 0}})
    conversation.post("three", "time-travel-stream", run_id, {"step": "t2", "inputData": {"a": 10}})
    conversation.read_run("three", run_id)
    conversation.post("three", "observe", run_id)


@scenario()
def time_travel_at_once(conversation: Conversation) -> None:
    """`time-travel` tells nothing of the outcome."""
    run_id = conversation.run_id()
    conversation.post("failing", "start-async", run_id, {"inputData": {"kind": "string"}})
    conversation.post("failing", "time-travel", run_id, {"step": "never", "inputData": {}})
    conversation.wait_for_status("failing", run_id, "success")
    conversation.read_run("failing", run_id)


@scenario()
def time_travel_from_a_suspension(conversation: Conversation) -> None:
    """A time travel can answer a suspension."""
    _travels(conversation, "asker", {"inputData": {"n": 1}}, {"step": "q", "resumeData": {"answer": "a"}})


@scenario()
def time_travel_without_a_past(conversation: Conversation) -> None:
    """A run that never began can be sent anywhere."""
    run_id = conversation.run_id()
    conversation.post("three", "create-run", run_id)
    conversation.post("three", "time-travel-async", run_id, {"step": "t3", "inputData": {"b": 4}})
    conversation.read_run("three", run_id)


@scenario()
def time_travel_into_a_nested_workflow(conversation: Conversation) -> None:
    """Dots lead into nested workflows."""
    _travels(
        conversation,
        "nested",
        {"inputData": {"n": 1}},
        {"step": "inner.double", "inputData": {"n": 50}},
        {"step": "inner"},
    )


@scenario()
def time_travel_into_blocks(conversation: Conversation) -> None:
    """A child of a block can be executed again."""
    _travels(conversation, "parallel", {"inputData": {"n": 1}}, {"step": "right"}, {"step": "join"})
    _travels(conversation, "branch", {"inputData": {"n": 100}}, {"step": "large"}, {"step": "negative"})
    _travels(conversation, "dowhile", {"inputData": {"n": 0}}, {"step": "increment"})
    _travels(
        conversation, "foreach", {"inputData": [1, 2]}, {"step": "times-ten"}, {"step": "times-ten", "inputData": [5]}
    )


@scenario()
def time_travel_refused(conversation: Conversation) -> None:
    """A time travel to nowhere, or with input that does not fit, leaves the run as it is."""
    run_id, suspended, running = conversation.run_id(), conversation.run_id(), conversation.run_id()
    conversation.post("three", "start-async", run_id, {"inputData": {}})
    bodies: list[Any] = [{"step": "nope"}, {"step": []}, {"step": ""}, {"step": "t2", "inputData": {"a": "x"}}]
    for body in bodies:
        conversation.post("three", "time-travel-async", run_id, body)
        conversation.post("three", "time-travel-stream", run_id, body)
    conversation.read_run("three", run_id)
    conversation.post("asker", "start-async", suspended, {"inputData": {}})
    conversation.post("asker", "time-travel-async", suspended, {"step": "first"})
    finish = conversation.begin("slow", "start-async", running, {"inputData": {"gate": running}})
    conversation.wait_for_gate(running)
    conversation.post("slow", "time-travel-async", running, {"step": "end"})
    conversation.open_gate(running)
    finish()


@scenario()
def restart_what_does_not_run(conversation: Conversation) -> None:
    """A finished run is told again by current servers; others cannot be restarted."""
    ended, failed, suspended, pending, canceled = (conversation.run_id() for _ in range(5))
    conversation.post("three", "start-async", ended, {"inputData": {"i": 1}})
    conversation.post("three", "restart-async", ended)
    conversation.post("failing", "start-async", failed, {"inputData": {"kind": "error"}})
    conversation.post("failing", "restart-async", failed)
    conversation.post("tripwire", "start-async", canceled, {"inputData": {}})
    conversation.post("tripwire", "restart-async", canceled)
    conversation.post("asker", "start-async", suspended, {"inputData": {}})
    conversation.post("asker", "restart-async", suspended)
    conversation.post("three", "create-run", pending)
    conversation.post("three", "restart-async", pending)
    conversation.cancel("three", pending)
    conversation.post("three", "restart-async", pending)


@scenario(*CURRENT)
def restart_unseen(conversation: Conversation) -> None:
    """`restart` does not tell of a refusal (older servers may die of it)."""
    run_id = conversation.run_id()
    conversation.post("asker", "start-async", run_id, {"inputData": {}})
    conversation.post("asker", "restart", run_id)
    conversation.read_run("asker", run_id)


@scenario()
def restart_a_running_run(conversation: Conversation) -> None:
    """A restart executes the step that runs a second time."""
    run_id = conversation.run_id()
    conversation.post("slow", "create-run", run_id)
    conversation.post("slow", "start", run_id, {"inputData": {"gate": run_id}})
    conversation.wait_for_gate(run_id)
    finish = conversation.begin("slow", "restart-async", run_id)
    conversation.wait_for_gate(run_id, 2)
    conversation.read_run("slow", run_id)
    conversation.open_gate(run_id)
    finish()
    conversation.read_run("slow", run_id)


@scenario()
def restart_all(conversation: Conversation) -> None:
    """Answers whether or not there is something to restart."""
    conversation.call("POST", "/workflows/tripwire/restart-all-active-workflow-runs", {})
    conversation.call("POST", "/workflows/tripwire/restart-all-active-workflow-runs-async", {})
