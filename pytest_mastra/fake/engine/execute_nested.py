"""Executing a workflow that is a step of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mastra_sync.normalise import NESTED_META
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.errors import Thrown, TripWire
from pytest_mastra.fake.workflows.javascript import UNDEFINED, truthy

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.execute_step import Attempt
    from pytest_mastra.fake.engine.runs import Run
    from pytest_mastra.fake.workflows.definition import Workflow
    from pytest_mastra.fake.workflows.step_context import StepContext


def execute_nested(attempt: Attempt, context: StepContext, workflow: Workflow) -> Coroutine:
    """Execute a nested workflow in a run of its own; return its result."""
    execution, server_state = attempt.execution, attempt.execution.server_state
    moves = attempt.moves
    recorded = execution.step_results.get(workflow.id) or {}
    is_resumed = recorded.get("status") == "suspended"
    travels_to = moves.time_travel.steps[1:] if moves.time_travel and moves.time_travel.steps[0] == workflow.id else []
    if not is_resumed and not _restarts(attempt):
        server_state.note_nested_input(workflow, attempt.input_data)
    run_id = _recorded_run_id(recorded) if is_resumed else None
    run = server_state.create_run(workflow, run_id or context.run_id, execution.run.resource_id)
    # the run is looked for, and stored
    for _ in range(3 if server_state.generation.awaits_events else 2):
        yield None
    forget = _connect(attempt, run)
    try:
        result = yield from _moved(attempt, run, travels_to=travels_to, is_resumed=is_resumed)
    finally:
        for end in forget:
            end()
    if truthy(result.get("state")):
        context.set_state(result["state"])
    _suspend(result, context, run)
    _raise_failure(result, tripwires=server_state.generation.throws_nested_tripwires)
    return result.get("result", UNDEFINED) if result["status"] == "success" else UNDEFINED


def _restarts(attempt: Attempt) -> bool:
    return attempt.moves.restart is not None and attempt.step.id in attempt.moves.restart.active


def _recorded_run_id(recorded: dict[str, Any]) -> str | None:
    payload = recorded.get("suspendPayload")
    run_id = payload.get(NESTED_META, {}).get("runId") if isinstance(payload, dict) else None
    return run_id if isinstance(run_id, str) else None


def _connect(attempt: Attempt, run: Run) -> list[Any]:
    """Pass events outward, and cancels both ways."""
    outer = attempt.execution.run

    def pass_on(event: dict[str, Any]) -> None:
        if run.run_id == outer.run_id:
            payload = event.get("payload")
            if isinstance(payload, dict) and payload.get("id") and not event["type"].startswith("data-"):
                event = {**event, "payload": {**payload, "id": f"{run.workflow.id}.{payload['id']}"}}
            outer.publish_nested(event)

    return [
        run.watch(pass_on),
        run.signal.listen(outer.signal.abort),
        outer.signal.listen(lambda: attempt.execution.server_state.cancel(run)),
    ]


def _moved(attempt: Attempt, run: Run, *, travels_to: list[str], is_resumed: bool) -> Coroutine:
    execution, moves = attempt.execution, attempt.moves
    shared: dict[str, Any] = {
        "scheduler": execution.scheduler,
        "request_context": execution.request_context,
        "write": execution.write,
        "per_step": execution.per_step,
        "include_state": True,
        "held": execution.held,
    }
    travel = moves.time_travel
    if travel is not None and travels_to:
        nested = travel.nested_results if isinstance(travel.nested_results, dict) else {}
        body = {
            "inputData": travel.input_data,
            "resumeData": travel.resume_data,
            "initialState": dict(attempt.frame.state),
            "step": travels_to,
            "context": nested.get(run.workflow.id, {}),
            "nestedStepsContext": travel.nested_results,
        }
        known = {key: value for key, value in body.items() if value is not UNDEFINED}
        return (yield from run.time_travel(known, **shared))
    if _restarts(attempt):
        return (yield from run.restart(**shared))
    if is_resumed:
        resume = moves.resume
        steps = resume.steps[1:] if resume is not None else []
        payload = attempt.resume_data
        return (yield from run.resume(steps or None, payload, item=None, **shared))
    return (yield from run.start(attempt.input_data, dict(attempt.frame.state), **shared))


def _suspend(result: dict[str, Any], context: StepContext, run: Run) -> None:
    for step_id, step in result["steps"].items():
        if not isinstance(step, dict) or step.get("status") != "suspended":
            continue
        payload = step.get("suspendPayload") or {}
        meta = payload.get(NESTED_META, {})
        inner = {**meta, "runId": run.run_id, "path": [step_id, *(meta.get("path") or [])]}
        context.suspend({**payload, NESTED_META: inner}, resume_label=list(result.get("resumeLabels", {})))


def _raise_failure(result: dict[str, Any], *, tripwires: bool) -> None:
    if result["status"] == "failed":
        steps = result["steps"].values()
        is_final = any(isinstance(step, dict) and step.get("nonRetryable") for step in steps)
        raise Thrown(result.get("error"), non_retryable=is_final)
    if result["status"] == "tripwire" and tripwires:
        stopped = result.get("tripwire") or {}
        raise TripWire(
            stopped.get("reason") or "Processor tripwire triggered",
            retry=stopped.get("retry"),
            metadata=stopped.get("metadata"),
            processor_id=stopped.get("processorId"),
        )
