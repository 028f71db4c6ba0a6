"""Runs that are started again, streamed twice, watched, cancelled or deleted."""

from __future__ import annotations

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import CURRENT, scenario


@scenario()
def start_without_input(conversation: Conversation) -> None:
    """A run without input has none, one with null has null."""
    without, with_null = conversation.run_id(), conversation.run_id()
    conversation.post("three", "start-async", without, {"inputData": {}})
    conversation.post("echo", "start-async", without, {})
    conversation.read_run("echo", without)
    conversation.post("echo", "start-async", with_null, {"inputData": None})
    conversation.read_run("echo", with_null)


@scenario()
def start_again(conversation: Conversation) -> None:
    """A start of a finished run executes it again."""
    run_id = conversation.run_id()
    conversation.post("echo", "start-async", run_id, {"inputData": {"n": 1}})
    conversation.post("echo", "start-async", run_id, {"inputData": {"n": 2}})
    conversation.read_run("echo", run_id)


@scenario()
def create_again(conversation: Conversation) -> None:
    """Creating a run that is there changes nothing."""
    run_id = conversation.run_id()
    conversation.post("echo", "create-run", run_id)
    conversation.post("echo", "create-run", run_id)
    conversation.post("echo", "start-async", run_id, {"inputData": 1})
    conversation.post("echo", "create-run", run_id)
    conversation.read_run("echo", run_id)


@scenario()
def resource_of_the_first(conversation: Conversation) -> None:
    """A run keeps the resource that it was created with."""
    owned, unowned, given = conversation.run_id(), conversation.run_id(), conversation.run_id()
    conversation.post("echo", "create-run", owned, {"resourceId": "A"})
    conversation.post("echo", "start-async", owned, {"inputData": 1, "resourceId": "B"})
    conversation.read_run("echo", owned)
    conversation.post("echo", "create-run", unowned)
    conversation.post("echo", "start-async", unowned, {"inputData": 1, "resourceId": "B"})
    conversation.read_run("echo", unowned)
    conversation.post("echo", "start-async", given, {"inputData": 1, "resourceId": "C"})
    conversation.read_run("echo", given)


@scenario()
def request_context(conversation: Conversation) -> None:
    """Steps see the request context, without the server's own keys on current servers."""
    run_id = conversation.run_id()
    context = {"tenant": "é", "n": 1, "deep": {"a": [1]}}
    conversation.post("context", "start-async", run_id, {"inputData": {}, "requestContext": context})
    reserved = {"mastra__resourceId": "x", "organizationId": "o", "user": "u"}
    conversation.post("context", "start-async", run_id, {"inputData": {}, "requestContext": reserved})


@scenario()
def stream_again(conversation: Conversation) -> None:
    """A stream of a finished run is refused by current servers, and executes it again before."""
    run_id = conversation.run_id()
    conversation.post("echo", "stream", run_id, {"inputData": 1})
    conversation.post("echo", "stream", run_id, {"inputData": 2})
    conversation.read_run("echo", run_id)
    conversation.post("echo", "observe", run_id)


@scenario()
def stream_while_it_streams(conversation: Conversation) -> None:
    """A second stream joins the first."""
    run_id = conversation.run_id()
    first = conversation.begin("slow", "stream", run_id, {"inputData": {"gate": run_id}})
    conversation.wait_for_gate(run_id)
    second = conversation.begin("slow", "stream", run_id, {"inputData": {}}, wait_for_first=True)
    conversation.read_run("slow", run_id)
    conversation.open_gate(run_id)
    first()
    second()
    conversation.read_run("slow", run_id)


@scenario()
def observe_without_history(conversation: Conversation) -> None:
    """Only streams leave something to observe."""
    started, pending = conversation.run_id(), conversation.run_id()
    conversation.post("echo", "start-async", started, {"inputData": 1})
    conversation.post("echo", "observe", started)
    conversation.post("echo", "create-run", pending)
    conversation.post("echo", "observe", pending)


@scenario(*CURRENT)
def observe_offsets(conversation: Conversation) -> None:
    """An offset counts records, from the end if negative."""
    run_id = conversation.run_id()
    conversation.post("city-workflow", "stream", run_id, {"inputData": {"city": "NY"}})
    for offset in ("0", "3", "5", "6", "99", "-2", "-99", "1.5", "", "abc", "NaN"):
        conversation.call("POST", f"/workflows/city-workflow/observe?runId={run_id}&offset={offset}", {})


@scenario(*CURRENT)
def observe_a_suspended_run(conversation: Conversation) -> None:
    """A run in memory tells its history twice."""
    run_id = conversation.run_id()
    conversation.post("asker", "stream", run_id, {"inputData": {"n": 1}})
    conversation.post("asker", "observe", run_id)
    conversation.call("POST", f"/workflows/asker/observe?runId={run_id}&offset=2", {})
    conversation.post("asker", "resume-async", run_id, {"resumeData": {"answer": "a"}})
    conversation.post("asker", "observe", run_id)


@scenario(*CURRENT)
def stream_stays_open(conversation: Conversation) -> None:
    """With closeOnSuspend false a stream outlives a suspension, and calls a success suspended."""
    run_id = conversation.run_id()
    finish = conversation.begin("asker", "stream", run_id, {"inputData": {"n": 1}, "closeOnSuspend": False})
    conversation.wait_for_status("asker", run_id, "suspended")
    conversation.post("asker", "resume-async", run_id, {"resumeData": {"answer": "a"}})
    finish()
    conversation.read_run("asker", run_id)


@scenario()
def running_run(conversation: Conversation) -> None:
    """A run in the middle of a step."""
    run_id = conversation.run_id()
    conversation.post("slow", "create-run", run_id)
    conversation.post("slow", "start", run_id, {"inputData": {"gate": run_id}})
    conversation.wait_for_gate(run_id)
    conversation.read_run("slow", run_id)
    conversation.open_gate(run_id)
    conversation.wait_for_status("slow", run_id, "success")
    conversation.read_run("slow", run_id)


@scenario()
def running_parallel_run(conversation: Conversation) -> None:
    """A run in the middle of two steps."""
    run_id, other = conversation.run_id(), conversation.run_id()
    conversation.post("parallel-gated", "create-run", run_id)
    conversation.post("parallel-gated", "start", run_id, {"inputData": {"leftGate": run_id, "rightGate": other}})
    conversation.wait_for_gate(run_id)
    conversation.wait_for_gate(other)
    conversation.read_run("parallel-gated", run_id)
    conversation.open_gate(other)
    conversation.open_gate(run_id)
    conversation.wait_for_status("parallel-gated", run_id, "success")
    conversation.read_run("parallel-gated", run_id)


@scenario()
def sleeping_run(conversation: Conversation) -> None:
    """A run that sleeps is waiting."""
    run_id = conversation.run_id()
    conversation.post("sleep", "create-run", run_id)
    conversation.post("sleep", "start-async", run_id, {"inputData": {"ms": 20}})
    conversation.read_run("sleep", run_id)


@scenario()
def cancel_a_step_that_watches(conversation: Conversation) -> None:
    """A step that watches its signal ends at once."""
    run_id = conversation.run_id()
    finish = conversation.begin("cancellable", "start-async", run_id, {"inputData": {"gate": run_id}})
    conversation.wait_for_gate(run_id)
    conversation.cancel("cancellable", run_id)
    finish()
    conversation.read_run("cancellable", run_id)


@scenario()
def cancel_a_streamed_step(conversation: Conversation) -> None:
    """The stream tells of the step and then of the cancel."""
    run_id = conversation.run_id()
    finish = conversation.begin("cancellable", "stream", run_id, {"inputData": {"gate": run_id}})
    conversation.wait_for_gate(run_id)
    conversation.cancel("cancellable", run_id)
    finish()
    conversation.read_run("cancellable", run_id)
    conversation.post("cancellable", "observe", run_id)


@scenario()
def cancel_a_step_that_is_deaf(conversation: Conversation) -> None:
    """A step that does not watch its signal goes on, and nothing after it begins."""
    run_id = conversation.run_id()
    finish = conversation.begin("stubborn", "start-async", run_id, {"inputData": {"gate": run_id}})
    conversation.wait_for_gate(run_id)
    conversation.cancel("stubborn", run_id)
    conversation.read_run("stubborn", run_id)
    conversation.open_gate(run_id)
    finish()
    conversation.read_run("stubborn", run_id)


@scenario()
def cancel_two_steps(conversation: Conversation) -> None:
    """A cancel beside a step that has ended."""
    run_id, other = conversation.run_id(), conversation.run_id()
    finish = conversation.begin(
        "parallel-gated", "start-async", run_id, {"inputData": {"leftGate": run_id, "rightGate": other}}
    )
    conversation.wait_for_gate(run_id)
    conversation.wait_for_gate(other)
    conversation.cancel("parallel-gated", run_id)
    conversation.open_gate(run_id)
    conversation.open_gate(other)
    finish()
    conversation.read_run("parallel-gated", run_id)


@scenario()
def cancel_what_does_not_run(conversation: Conversation) -> None:
    """A cancel overwrites whatever status there is; the next start of that run ends at once."""
    ended, suspended, pending = conversation.run_id(), conversation.run_id(), conversation.run_id()
    conversation.post("echo", "start-async", ended, {"inputData": 1})
    conversation.cancel("echo", ended)
    conversation.read_run("echo", ended)
    conversation.post("echo", "start-async", ended, {"inputData": 2})
    conversation.read_run("echo", ended)
    conversation.post("echo", "start-async", ended, {"inputData": 3})
    conversation.post("asker", "start-async", suspended, {"inputData": {}})
    conversation.cancel("asker", suspended)
    conversation.read_run("asker", suspended)
    conversation.post("asker", "resume-async", suspended, {"resumeData": {"answer": "a"}})
    conversation.read_run("asker", suspended)
    conversation.post("echo", "create-run", pending)
    conversation.cancel("echo", pending)
    conversation.read_run("echo", pending)


@scenario()
def delete_a_run(conversation: Conversation) -> None:
    """A deleted run is gone; a running one comes back."""
    run_id, running = conversation.run_id(), conversation.run_id()
    conversation.post("echo", "start-async", run_id, {"inputData": 1})
    conversation.call("DELETE", f"/workflows/echo/runs/{run_id}")
    conversation.read_run("echo", run_id)
    conversation.call("DELETE", f"/workflows/echo/runs/{run_id}")
    finish = conversation.begin("slow", "start-async", running, {"inputData": {"gate": running}})
    conversation.wait_for_gate(running)
    conversation.call("DELETE", f"/workflows/slow/runs/{running}")
    conversation.read_run("slow", running)
    conversation.open_gate(running)
    finish()
    conversation.read_run("slow", running)
