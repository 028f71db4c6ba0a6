"""Commands to a run: start, resume, restart, time travel, with a stream or without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pytest_mastra.fake.engine.event_stream import RunOutput
from pytest_mastra.fake.engine.evented import commands as evented
from pytest_mastra.fake.engine.execution import Execution, NestedCommands, recorded_report
from pytest_mastra.fake.engine.guard import guarded
from pytest_mastra.fake.engine.options import Command, ExecutionOptions
from pytest_mastra.fake.engine.position import Continuation, Resume
from pytest_mastra.fake.engine.runs import Run
from pytest_mastra.fake.engine.state import ServerState
from pytest_mastra.fake.engine.suspend_payloads import fields_of, path_of
from pytest_mastra.fake.engine.time_travel import plan_restart, plan_time_travel, stored_outcome
from pytest_mastra.fake.engine.validation import check_request_value, list_issues
from pytest_mastra.fake.engine.walk_graph import walk_graph
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Until
from pytest_mastra.fake.workflows.engines import EVENTED
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.javascript import UNDEFINED

LONGEST_WAIT = 2.0
"""Seconds that a current server waits for a run to suspend before it refuses to resume it."""

SHORT_WAIT = 0.025
"""Seconds between two looks at a run that is to suspend."""


def start(
    server_state: ServerState, run: Run, input_data: Any, initial_state: Any, options: ExecutionOptions
) -> Coroutine:
    """Execute a run's workflow from its beginning."""
    workflow, generation = run.workflow, server_state.generation
    if workflow.engine == EVENTED:
        result = yield from evented.start(server_state, run, input_data, initial_state, options)
        _clean_up(server_state, run, result)
        return result
    if workflow.validate_inputs:
        input_data = check_request_value(workflow.input_schema, input_data, "input data", generation)
        state = {} if initial_state is UNDEFINED or initial_state is None else initial_state
        initial_state = check_request_value(workflow.state_schema, state, generation.bad_state, generation)
    _check_request_context(server_state, run, options.request_context)
    result = yield from walk_graph(Execution(server_state, run, options, NESTED), input_data, initial_state)
    _clean_up(server_state, run, result)
    return result


def _check_request_context(server_state: ServerState, run: Run, request_context: dict[str, Any]) -> None:
    schema = run.workflow.request_context_schema
    if schema is None or not run.workflow.validate_inputs or not server_state.generation.checks_request_context:
        return
    _, issues = schema.check(request_context, server_state.generation.zod)
    if issues:
        raise Refusal(f"Request context validation failed for workflow '{run.workflow.id}': \n{list_issues(issues)}")


def resume(
    server_state: ServerState,
    run: Run,
    step: Any,
    payload: Any,
    options: ExecutionOptions,
    *,
    item: int | None = None,
    is_streamed: bool = False,
) -> Coroutine:
    """Answer a suspension.

    Args:
        server_state: The server.
        run: The run.
        step: The suspended step, from the outside in; nothing if there is only one.
        payload: The answer.
        options: What to execute the run with.
        item: Which item of a foreach is meant.
        is_streamed: Whether the events of this command have a stream of their own.
    """
    snapshot = yield from _suspended_snapshot(server_state, run)
    steps = _resumed_steps(step, snapshot)
    if run.workflow.validate_inputs:
        inner = run.workflow.steps.get(steps[0]) if steps else None
        schema = inner.resume_schema if inner is not None else None
        payload = check_request_value(schema, payload, "resume data", server_state.generation)
    _add_stored_context(options, snapshot)
    is_evented = run.workflow.engine == EVENTED
    if not is_evented:
        _claim_suspension(server_state, run, snapshot)
    if options.walk is not None:
        options.walk.note_question(run.workflow.id, steps, item, _asked_by(steps, snapshot), payload)
    if is_evented:
        # a stream forgets which item is meant
        meant = None if is_streamed else item
        result = yield from evented.resume(server_state, run, steps, payload, snapshot, options, item=meant)
    else:
        result = yield from _walk_on(server_state, run, steps, payload, snapshot, options, item)
    if result["status"] != "suspended" and not is_streamed and run.close_stream is not None:
        run.close_stream()
    if is_evented or not server_state.generation.remembers_resumed_runs:
        _clean_up(server_state, run, result)
    return result


def _walk_on(
    server_state: ServerState,
    run: Run,
    steps: list[str],
    payload: Any,
    snapshot: dict[str, Any],
    options: ExecutionOptions,
    item: int | None,
) -> Coroutine:
    """Walk a run's graph from where it was suspended, with the answer."""
    answer = Resume(
        steps=steps,
        payload=payload,
        step_results=dict(snapshot["context"]),
        step_execution_path=snapshot.get("stepExecutionPath"),
        item=item,
    )
    continuation = Continuation(resume=answer, path=tuple(snapshot["suspendedPaths"].get(steps[0], [])))
    execution = Execution(server_state, run, options, NESTED, continuation)
    try:
        return (yield from walk_graph(execution, UNDEFINED, dict(snapshot["value"])))
    except Exception:
        _release_claim(server_state, run, snapshot, steps[0])
        raise


def _suspended_snapshot(server_state: ServerState, run: Run) -> Coroutine:
    clock = server_state.clock
    deadline = clock.now() + LONGEST_WAIT
    while True:
        row = server_state.store.find(run.workflow.id, run.run_id)
        if row is None:
            raise Refusal(f"No snapshot found for this workflow run: {run.workflow.id} {run.run_id}")
        status = row.status
        waits = server_state.generation.waits_for_suspension and status in ("running", "pending")
        if not waits or clock.now() >= deadline:
            break
        yield Until(clock.now() + SHORT_WAIT)
    snapshot = row.snapshot
    yield None  # to be read takes a while, in which others may read it too
    if status != "suspended":
        raise Refusal("This workflow run was not suspended")
    return snapshot


def _resumed_steps(step: Any, snapshot: dict[str, Any]) -> list[str]:
    """Return the step to resume, from the outside in."""
    suspended = snapshot["suspendedPaths"]
    if isinstance(step, list) or step:
        steps = step.split(".") if isinstance(step, str) else list(step)
    else:
        steps = _only_suspended_step(snapshot)
    first = steps[0] if steps else "undefined"
    if first not in suspended:
        available = ", ".join(suspended)
        raise Refusal(f'This workflow step "{first}" was not suspended. Available suspended steps: [{available}]')
    return steps


def _asked_by(steps: list[str], snapshot: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a step has suspended with; None where another one's is stored."""
    payload = recorded_report(snapshot["context"], steps[0]).get("suspendPayload")
    return fields_of(payload) if path_of(payload) == steps[1:] else None


def _only_suspended_step(snapshot: dict[str, Any]) -> list[str]:
    paths = []
    for step_id in snapshot["suspendedPaths"]:
        result = snapshot["context"].get(step_id)
        if isinstance(result, dict) and result.get("status") == "suspended":
            paths.append([step_id, *path_of(result.get("suspendPayload"))])
    if not paths:
        raise Refusal("No suspended steps found in this workflow run")
    if len(paths) > 1:
        listed = ", ".join(f"[{', '.join(map(str, path))}]" for path in paths)
        raise Refusal(
            f'Multiple suspended steps found: {listed}. Please specify which step to resume using the "step" parameter.'
        )
    return paths[0]


def _claim_suspension(server_state: ServerState, run: Run, snapshot: dict[str, Any]) -> None:
    """Take the suspension, before another resume does."""
    if not server_state.generation.waits_for_suspension:
        return
    row = server_state.store.find(run.workflow.id, run.run_id)
    current = row.status if row else "unknown"
    if row is not None and current == "suspended":
        server_state.store.set_status(row, "running")
        return
    raise Refusal(
        "This suspended workflow run was already resumed by another caller. "
        f'Workflow "{run.workflow.id}" run "{run.run_id}" moved from "{snapshot["status"]}" to "{current}" '
        "before this resume could claim it. Only one resume() call may continue a given suspension; re-read the "
        "run state before resuming again.",
        409,
        code="WORKFLOW_RESUME_ALREADY_CLAIMED",
        details={
            "workflowId": run.workflow.id,
            "runId": run.run_id,
            "expectedStatus": "suspended",
            "actualStatus": current,
        },
    )


def _release_claim(server_state: ServerState, run: Run, claimed: dict[str, Any], step: str) -> None:
    """Leave a run suspended whose resume came to nothing, if nothing has been stored since."""
    row = server_state.store.find(run.workflow.id, run.run_id)
    if row is None or row.status != "running" or not server_state.generation.waits_for_suspension:
        return
    snapshot = row.snapshot
    is_unchanged = all(snapshot[key].keys() == claimed[key].keys() for key in ("suspendedPaths", "context"))
    if is_unchanged and recorded_report(snapshot["context"], step).get("status") == "suspended":
        server_state.store.set_status(row, "suspended")


def restart(server_state: ServerState, run: Run, options: ExecutionOptions) -> Coroutine:
    """Go on where a crash left a run."""
    row = server_state.store.find(run.workflow.id, run.run_id)
    if row is None:
        raise Refusal(f"Snapshot not found for run {run.run_id}")
    if server_state.generation.keeps_finished_runs and row.status in ("success", "failed", "tripwire"):
        server_state.forget_run(run.workflow.id, run.run_id)
        return stored_outcome(row.snapshot)
    continuation = plan_restart(row.snapshot, run.workflow.entries)
    _add_stored_context(options, row.snapshot)
    if run.workflow.engine == EVENTED:
        result = yield from evented.go_on(server_state, run, continuation, options)
    else:
        execution = Execution(server_state, run, replace(options, include_state=False), NESTED, continuation)
        result = yield from walk_graph(execution, UNDEFINED, UNDEFINED)
    _clean_up(server_state, run, result)
    return result


def time_travel(server_state: ServerState, run: Run, body: dict[str, Any], options: ExecutionOptions) -> Coroutine:
    """Execute a run again from a step, with another past."""
    continuation = plan_time_travel(server_state, run, body, per_step=options.per_step)
    yield None  # the run is loaded; items side by side are, before one of them goes on
    row = server_state.store.find(run.workflow.id, run.run_id)
    if row is not None:
        _add_stored_context(options, row.snapshot)
    if run.workflow.engine == EVENTED:
        result = yield from evented.go_on(server_state, run, continuation, options)
    else:
        execution = Execution(server_state, run, options, NESTED, continuation)
        result = yield from walk_graph(execution, UNDEFINED, UNDEFINED)
    _clean_up(server_state, run, result)
    return result


def _add_stored_context(options: ExecutionOptions, snapshot: dict[str, Any]) -> None:
    for key, value in snapshot.get("requestContext", {}).items():
        options.request_context.setdefault(key, value)


def _clean_up(server_state: ServerState, run: Run, result: dict[str, Any]) -> None:
    if result["status"] != "suspended":
        server_state.forget_run(run.workflow.id, run.run_id)


NESTED = NestedCommands(start=start, resume=resume, restart=restart, time_travel=time_travel)
"""What executions are handed for the runs of nested workflows."""


def stream(
    server_state: ServerState,
    run: Run,
    command: Command,
    options: ExecutionOptions,
    *,
    raw: bool,
    closes: bool = True,
) -> Coroutine:
    """Execute a command with the run's events in a stream, which is there at once.

    Args:
        server_state: The server.
        run: The run.
        command: What to execute.
        options: What to execute it with.
        raw: Whether steps' own records go into the stream as they are, as all but `stream` itself do.
        closes: Whether a suspension ends the stream.
    """
    output = RunOutput(run.workflow.id, run.run_id, server_state.generation)
    run.begin_stream(output)
    forget = run.watch(output.write_event)

    def close() -> None:
        forget()
        output.close()

    run.close_stream = close
    writing = replace(options, write=output.write if raw else run.publish)
    return _execute_with_stream(guarded(server_state, run, command(writing)), output, close, closes=closes)


def _execute_with_stream(
    coroutine: Coroutine, output: RunOutput, close: Callable[[], None], *, closes: bool
) -> Coroutine:
    try:
        result = yield from coroutine
    except Refusal as refusal:
        output.reject(refusal)
        close()
        raise
    output.result = result
    if closes or result["status"] != "suspended":
        close()
    return result
