"""Commands to a run of the evented engine: start, resume, restart and time travel."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from pytest_mastra.fake.engine.evented.bus import Bus, Handler
from pytest_mastra.fake.engine.evented.end_step import end_step
from pytest_mastra.fake.engine.evented.lifecycle import begin, cancel, end, fail, suspend
from pytest_mastra.fake.engine.evented.messages import STATE, Message, Results, as_written, step_id_at
from pytest_mastra.fake.engine.evented.run_step import run_step
from pytest_mastra.fake.engine.execution import stored_context
from pytest_mastra.fake.engine.options import ExecutionOptions
from pytest_mastra.fake.engine.position import Continuation
from pytest_mastra.fake.engine.result import clean_stored_step
from pytest_mastra.fake.engine.runs import Run
from pytest_mastra.fake.engine.state import ServerState
from pytest_mastra.fake.engine.suspend_payloads import path_of
from pytest_mastra.fake.engine.validation import check_request_value
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present, spread

HANDLERS: Mapping[str, Handler] = {
    "workflow.start": begin,
    "workflow.resume": begin,
    "workflow.step.run": run_step,
    "workflow.step.end": end_step,
    "workflow.suspend": suspend,
    "workflow.end": end,
    "workflow.fail": fail,
    "workflow.cancel": cancel,
}
"""What is done about a message."""


def start(
    server_state: ServerState, run: Run, input_data: Any, initial_state: Any, options: ExecutionOptions
) -> Coroutine:
    """Execute a run's workflow from its beginning."""
    workflow, generation = run.workflow, server_state.generation
    given, state = ({} if each is UNDEFINED or each is None else each for each in (input_data, initial_state))
    if workflow.validate_inputs:
        given = check_request_value(workflow.input_schema, given, "input data", generation)
        state = check_request_value(workflow.state_schema, state, generation.bad_state, generation)
    bus = Bus(server_state, run, options, HANDLERS)
    begun = bus.snapshots.running(workflow, run.run_id, {"input": given}, {})
    begun["requestContext"] = stored_context(options.request_context)
    yield from bus.snapshots.persist(workflow, run.run_id, run.resource_id, begun)
    prev = {"status": "success", "output": given}
    message = Message(workflow, run.run_id, prev=prev, state=state, per_step=options.per_step)
    return (yield from _execute(bus, "workflow.start", message, cancels=True))


def resume(
    server_state: ServerState,
    run: Run,
    steps: list[str],
    payload: Any,
    snapshot: dict[str, Any],
    options: ExecutionOptions,
    *,
    item: int | None = None,
) -> Coroutine:
    """Answer a suspension.

    Args:
        server_state: The server.
        run: The run.
        steps: The suspended step, from the outside in.
        payload: The answer, checked.
        snapshot: The run as it is stored.
        options: What to execute the run with.
        item: Which item of a foreach is meant.
    """
    results: Results = as_written(snapshot["context"])
    path = list(snapshot["suspendedPaths"].get(steps[0]) or [])
    state = results.get(STATE, snapshot["value"])
    message = Message(
        run.workflow,
        run.run_id,
        path=path,
        prev=_input_at(run, path, results),
        step_results=results,
        resume_steps=steps,
        resume_data=payload,
        per_step=options.per_step,
        state=state,
        item=item,
    )
    bus = Bus(server_state, run, options, HANDLERS)
    return (yield from _execute(bus, "workflow.resume", message, cancels=True))


def go_on(server_state: ServerState, run: Run, plan: Continuation, options: ExecutionOptions) -> Coroutine:
    """Go on where a crash left a run, or with another past."""
    past = plan.time_travel or plan.restart
    assert past is not None  # noqa: S101 -- for the type checker
    path = list(plan.path)
    message = Message(
        run.workflow,
        run.run_id,
        path=path,
        prev=_input_at(run, path, past.step_results),
        step_results=past.step_results,
        time_travel=plan.time_travel,
        restart=plan.restart,
        per_step=options.per_step,
        state=past.state,
    )
    bus = Bus(server_state, run, options, HANDLERS)
    bus.travels = plan.time_travel is not None
    return (yield from _execute(bus, "workflow.start", message, cancels=False))


def _input_at(run: Run, path: list[int], results: Results) -> dict[str, Any]:
    report = results.get(step_id_at(run.workflow, path) or "input")
    return {"status": "success", "output": spread(report).get("payload", UNDEFINED)}


def _execute(bus: Bus, kind: str, message: Message, *, cancels: bool) -> Coroutine:
    """Execute a command; return what the `-async` verbs answer."""
    run, walk = bus.run, bus.options.walk
    forget = run.signal.listen(bus.cancel) if cancels else None
    with nullcontext() if walk is None else walk.under_way(run.workflow.id):
        bus.publish(kind, message)
        last = yield from bus.outcome()
    result = _answer(last, bus.options)
    if forget is not None and result["status"] != "suspended":
        forget()
    return result


def _answer(last: Message, options: ExecutionOptions) -> dict[str, Any]:
    prev = last.prev or {}
    steps = {
        id_: clean_stored_step(report)
        for id_, report in as_written(last.results).items()
        if id_ != STATE and not (isinstance(report, dict) and report.get("status") == "skipped")
    }
    status = prev.get("status")
    result: dict[str, Any] = {"status": status}
    if status == "failed":
        reports = (each for each in steps.values() if isinstance(each, dict) and each.get("status") == "failed")
        tripwire = next((each["tripwire"] for each in reports if each.get("tripwire")), None)
        result |= {"error": prev.get("error", UNDEFINED)} if tripwire is None else {}
        result |= {} if tripwire is None else {"status": "tripwire", "tripwire": tripwire}
        result["steps"] = steps
    elif status == "suspended":
        suspended = {
            id_: report
            for id_, report in last.results.items()
            if isinstance(report, dict) and report.get("status") == "suspended"
        }
        paths = [[id_, *path_of(report.get("suspendPayload"))] for id_, report in suspended.items()]
        result |= {"steps": steps, "suspended": paths}
    elif status == "paused" or options.per_step:
        result |= {"status": "paused", "steps": steps}
    else:
        result |= {"result": prev.get("output", UNDEFINED), "steps": steps}
    if options.include_state:
        result["state"] = last.state
    return present(as_written(result))
