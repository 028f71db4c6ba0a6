"""Runs that are started again, streamed twice, watched, cancelled or deleted."""

from __future__ import annotations

from tests.conformance.conversation import Talk
from tests.conformance.corpus import CURRENT, scenario


@scenario()
def start_without_input(talk: Talk) -> None:
    """A run without input has none, one with null has null."""
    without, with_null = talk.run_id(), talk.run_id()
    talk.post("three", "start-async", without, {"inputData": {}})
    talk.post("echo", "start-async", without, {})
    talk.by_id("echo", without)
    talk.post("echo", "start-async", with_null, {"inputData": None})
    talk.by_id("echo", with_null)


@scenario()
def start_again(talk: Talk) -> None:
    """A start of a finished run executes it again."""
    run_id = talk.run_id()
    talk.post("echo", "start-async", run_id, {"inputData": {"n": 1}})
    talk.post("echo", "start-async", run_id, {"inputData": {"n": 2}})
    talk.by_id("echo", run_id)


@scenario()
def create_again(talk: Talk) -> None:
    """Creating a run that is there changes nothing."""
    run_id = talk.run_id()
    talk.post("echo", "create-run", run_id)
    talk.post("echo", "create-run", run_id)
    talk.post("echo", "start-async", run_id, {"inputData": 1})
    talk.post("echo", "create-run", run_id)
    talk.by_id("echo", run_id)


@scenario()
def resource_of_the_first(talk: Talk) -> None:
    """A run keeps the resource that it was created with."""
    owned, unowned, given = talk.run_id(), talk.run_id(), talk.run_id()
    talk.post("echo", "create-run", owned, {"resourceId": "A"})
    talk.post("echo", "start-async", owned, {"inputData": 1, "resourceId": "B"})
    talk.by_id("echo", owned)
    talk.post("echo", "create-run", unowned)
    talk.post("echo", "start-async", unowned, {"inputData": 1, "resourceId": "B"})
    talk.by_id("echo", unowned)
    talk.post("echo", "start-async", given, {"inputData": 1, "resourceId": "C"})
    talk.by_id("echo", given)


@scenario()
def request_context(talk: Talk) -> None:
    """Steps see the request context, without the server's own keys on current servers."""
    run_id = talk.run_id()
    context = {"tenant": "é", "n": 1, "deep": {"a": [1]}}
    talk.post("context", "start-async", run_id, {"inputData": {}, "requestContext": context})
    reserved = {"mastra__resourceId": "x", "organizationId": "o", "user": "u"}
    talk.post("context", "start-async", run_id, {"inputData": {}, "requestContext": reserved})


@scenario()
def stream_again(talk: Talk) -> None:
    """A stream of a finished run is refused by current servers, and executes it again before."""
    run_id = talk.run_id()
    talk.post("echo", "stream", run_id, {"inputData": 1})
    talk.post("echo", "stream", run_id, {"inputData": 2})
    talk.by_id("echo", run_id)
    talk.post("echo", "observe", run_id)


@scenario()
def stream_while_it_streams(talk: Talk) -> None:
    """A second stream joins the first."""
    run_id = talk.run_id()
    first = talk.begin("slow", "stream", run_id, {"inputData": {"gate": run_id}})
    talk.wait_for_gate(run_id)
    second = talk.begin("slow", "stream", run_id, {"inputData": {}}, and_see=True)
    talk.by_id("slow", run_id)
    talk.open_gate(run_id)
    first()
    second()
    talk.by_id("slow", run_id)


@scenario()
def observe_without_history(talk: Talk) -> None:
    """Only streams leave something to observe."""
    started, pending = talk.run_id(), talk.run_id()
    talk.post("echo", "start-async", started, {"inputData": 1})
    talk.post("echo", "observe", started)
    talk.post("echo", "create-run", pending)
    talk.post("echo", "observe", pending)


@scenario(*CURRENT)
def observe_offsets(talk: Talk) -> None:
    """An offset counts records, from the end if negative."""
    run_id = talk.run_id()
    talk.post("city-workflow", "stream", run_id, {"inputData": {"city": "NY"}})
    for offset in ("0", "3", "5", "6", "99", "-2", "-99", "1.5", "", "abc", "NaN"):
        talk.call("POST", f"/workflows/city-workflow/observe?runId={run_id}&offset={offset}", {})


@scenario(*CURRENT)
def observe_a_suspended_run(talk: Talk) -> None:
    """A run in memory tells its history twice."""
    run_id = talk.run_id()
    talk.post("asker", "stream", run_id, {"inputData": {"n": 1}})
    talk.post("asker", "observe", run_id)
    talk.call("POST", f"/workflows/asker/observe?runId={run_id}&offset=2", {})
    talk.post("asker", "resume-async", run_id, {"resumeData": {"answer": "a"}})
    talk.post("asker", "observe", run_id)


@scenario(*CURRENT)
def stream_stays_open(talk: Talk) -> None:
    """With closeOnSuspend false a stream outlives a suspension, and calls a success suspended."""
    run_id = talk.run_id()
    finish = talk.begin("asker", "stream", run_id, {"inputData": {"n": 1}, "closeOnSuspend": False})
    talk.until("asker", run_id, "suspended")
    talk.post("asker", "resume-async", run_id, {"resumeData": {"answer": "a"}})
    finish()
    talk.by_id("asker", run_id)


@scenario()
def running_run(talk: Talk) -> None:
    """A run in the middle of a step."""
    run_id = talk.run_id()
    talk.post("slow", "create-run", run_id)
    talk.post("slow", "start", run_id, {"inputData": {"gate": run_id}})
    talk.wait_for_gate(run_id)
    talk.by_id("slow", run_id)
    talk.open_gate(run_id)
    talk.until("slow", run_id, "success")
    talk.by_id("slow", run_id)


@scenario()
def running_parallel_run(talk: Talk) -> None:
    """A run in the middle of two steps."""
    run_id, other = talk.run_id(), talk.run_id()
    talk.post("parallel-gated", "create-run", run_id)
    talk.post("parallel-gated", "start", run_id, {"inputData": {"leftGate": run_id, "rightGate": other}})
    talk.wait_for_gate(run_id)
    talk.wait_for_gate(other)
    talk.by_id("parallel-gated", run_id)
    talk.open_gate(other)
    talk.open_gate(run_id)
    talk.until("parallel-gated", run_id, "success")
    talk.by_id("parallel-gated", run_id)


@scenario()
def sleeping_run(talk: Talk) -> None:
    """A run that sleeps is waiting."""
    run_id = talk.run_id()
    talk.post("sleep", "create-run", run_id)
    talk.post("sleep", "start-async", run_id, {"inputData": {"ms": 20}})
    talk.by_id("sleep", run_id)


@scenario()
def cancel_a_step_that_watches(talk: Talk) -> None:
    """A step that watches its signal ends at once."""
    run_id = talk.run_id()
    finish = talk.begin("cancellable", "start-async", run_id, {"inputData": {"gate": run_id}})
    talk.wait_for_gate(run_id)
    talk.cancel("cancellable", run_id)
    finish()
    talk.by_id("cancellable", run_id)


@scenario()
def cancel_a_streamed_step(talk: Talk) -> None:
    """The stream tells of the step and then of the cancel."""
    run_id = talk.run_id()
    finish = talk.begin("cancellable", "stream", run_id, {"inputData": {"gate": run_id}})
    talk.wait_for_gate(run_id)
    talk.cancel("cancellable", run_id)
    finish()
    talk.by_id("cancellable", run_id)
    talk.post("cancellable", "observe", run_id)


@scenario()
def cancel_a_step_that_is_deaf(talk: Talk) -> None:
    """A step that does not watch its signal goes on, and nothing after it begins."""
    run_id = talk.run_id()
    finish = talk.begin("stubborn", "start-async", run_id, {"inputData": {"gate": run_id}})
    talk.wait_for_gate(run_id)
    talk.cancel("stubborn", run_id)
    talk.by_id("stubborn", run_id)
    talk.open_gate(run_id)
    finish()
    talk.by_id("stubborn", run_id)


@scenario()
def cancel_two_steps(talk: Talk) -> None:
    """A cancel beside a step that has ended."""
    run_id, other = talk.run_id(), talk.run_id()
    finish = talk.begin(
        "parallel-gated", "start-async", run_id, {"inputData": {"leftGate": run_id, "rightGate": other}}
    )
    talk.wait_for_gate(run_id)
    talk.wait_for_gate(other)
    talk.cancel("parallel-gated", run_id)
    talk.open_gate(run_id)
    talk.open_gate(other)
    finish()
    talk.by_id("parallel-gated", run_id)


@scenario()
def cancel_what_does_not_run(talk: Talk) -> None:
    """A cancel overwrites whatever status there is; the next start of that run ends at once."""
    ended, suspended, pending = talk.run_id(), talk.run_id(), talk.run_id()
    talk.post("echo", "start-async", ended, {"inputData": 1})
    talk.cancel("echo", ended)
    talk.by_id("echo", ended)
    talk.post("echo", "start-async", ended, {"inputData": 2})
    talk.by_id("echo", ended)
    talk.post("echo", "start-async", ended, {"inputData": 3})
    talk.post("asker", "start-async", suspended, {"inputData": {}})
    talk.cancel("asker", suspended)
    talk.by_id("asker", suspended)
    talk.post("asker", "resume-async", suspended, {"resumeData": {"answer": "a"}})
    talk.by_id("asker", suspended)
    talk.post("echo", "create-run", pending)
    talk.cancel("echo", pending)
    talk.by_id("echo", pending)


@scenario()
def delete_a_run(talk: Talk) -> None:
    """A deleted run is gone; a running one comes back."""
    run_id, running = talk.run_id(), talk.run_id()
    talk.post("echo", "start-async", run_id, {"inputData": 1})
    talk.call("DELETE", f"/workflows/echo/runs/{run_id}")
    talk.by_id("echo", run_id)
    talk.call("DELETE", f"/workflows/echo/runs/{run_id}")
    finish = talk.begin("slow", "start-async", running, {"inputData": {"gate": running}})
    talk.wait_for_gate(running)
    talk.call("DELETE", f"/workflows/slow/runs/{running}")
    talk.by_id("slow", running)
    talk.open_gate(running)
    finish()
    talk.by_id("slow", running)
