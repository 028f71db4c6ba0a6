"""Executing a workflow that is a step of another workflow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pytest_mastra.fake.engine.execution import StepExecution, recorded_meta, recorded_report
from pytest_mastra.fake.engine.position import TimeTravel
from pytest_mastra.fake.engine.runs import Run
from pytest_mastra.fake.engine.suspend_payloads import meta_of, path_of, with_meta
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.errors import Refusal, Thrown, TripWire
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present, spread, truthy
from pytest_mastra.fake.workflows.step_context import StepContext


def execute_nested(attempt: StepExecution, context: StepContext, workflow: Workflow) -> Coroutine:
    """Execute a nested workflow in a run of its own; return its result."""
    execution, server_state = attempt.execution, attempt.execution.server_state
    travel = attempt.continuation.time_travel
    recorded = recorded_report(execution.step_results, workflow.id)
    inner = attempt.continuation.resume.steps[1:] if attempt.continuation.resume is not None else []
    is_resumed = recorded.get("status") == "suspended" and bool(inner or not context.retry_count)
    travels_to = travel.steps[1:] if travel is not None and travel.steps[0] == workflow.id else []
    if not is_resumed and not _is_restarted(attempt):
        server_state.note_nested_input(workflow, attempt.input_data)
    run_id = _recorded_run_id(recorded) if is_resumed else None
    resource_id = execution.run.resource_id if execution.generation.nested_resource_ids else None
    yield None  # the run is looked for, and those that begin side by side all begin with the input of the last
    run = server_state.create_run(workflow, run_id or context.run_id, resource_id)
    # it is stored; runs that begin side by side are all watched before the first of them goes on
    if execution.generation.awaits_events:
        yield None
    unwatch = _watch(attempt, run)
    unlink = _link_cancels(attempt, run)
    yield None
    if is_resumed and context.retry_count:
        # it is meant for the resume, which does not take it out again
        context.request_context["__mastraWorflowInputData"] = attempt.input_data
    try:
        result = yield from _execute_run(attempt, run, travels_to=travels_to, resumes=inner if is_resumed else None)
    finally:
        if execution.generation.unlinks_nested_runs:
            for end in (unwatch, *unlink):
                end()
    unwatch()
    if truthy(result.get("state")):
        context.set_state(result["state"])
    _pass_suspensions_on(result, context, run, keeps_items=execution.generation.own_item_runs)
    _raise_failure(result, tripwires=execution.generation.throws_nested_tripwires)
    return result.get("result", UNDEFINED) if result["status"] == "success" else UNDEFINED


def _is_restarted(attempt: StepExecution) -> bool:
    restart = attempt.continuation.restart
    return restart is not None and attempt.step.id in restart.active


def _recorded_run_id(recorded: dict[str, Any]) -> str | None:
    run_id = recorded_meta(recorded).get("runId")
    return run_id if isinstance(run_id, str) else None


def _watch(attempt: StepExecution, run: Run) -> Callable[[], None]:
    """Pass events outward; return what ends that."""
    outer = attempt.execution.run

    def pass_on(event: dict[str, Any]) -> None:
        if run.run_id == outer.run_id:
            payload = event.get("payload")
            if isinstance(payload, dict) and payload.get("id") and not event["type"].startswith("data-"):
                event = {**event, "payload": {**payload, "id": f"{run.workflow.id}.{payload['id']}"}}
            outer.publish_nested(event)

    return run.watch(pass_on)


def _link_cancels(attempt: StepExecution, run: Run) -> list[Callable[[], None]]:
    """Pass cancels both ways; return what ends that."""
    outer, server_state = attempt.execution.run, attempt.execution.server_state
    return [run.signal.listen(outer.signal.abort), outer.signal.listen(lambda: server_state.cancel(run))]


def _execute_run(attempt: StepExecution, run: Run, *, travels_to: list[str], resumes: list[str] | None) -> Coroutine:
    """Start, resume, restart or time travel the run, as the run around it was."""
    execution, continuation = attempt.execution, attempt.continuation
    commands, server_state = execution.nested, execution.server_state
    options = replace(execution.options, include_state=True)
    if continuation.time_travel is not None and travels_to:
        body = _time_travel_body(continuation.time_travel, travels_to, attempt.frame.state, run.workflow.id)
        return (yield from commands.time_travel(server_state, run, body, options))
    if _is_restarted(attempt):
        return (yield from commands.restart(server_state, run, options))
    if resumes is not None:
        return (yield from commands.resume(server_state, run, resumes or None, attempt.resume_data, options))
    return (yield from commands.start(server_state, run, attempt.input_data, attempt.frame.state, options))


def _time_travel_body(
    travel: TimeTravel, travels_to: list[str], state: dict[str, Any], workflow_id: str
) -> dict[str, Any]:
    nested = travel.nested_results if isinstance(travel.nested_results, dict) else {}
    body = {
        "inputData": travel.input_data,
        "resumeData": travel.resume_data,
        "initialState": state,
        "step": travels_to,
        "context": nested.get(workflow_id, {}),
        "nestedStepsContext": travel.nested_results,
    }
    return present(body)


def _pass_suspensions_on(result: dict[str, Any], context: StepContext, run: Run, *, keeps_items: bool) -> None:
    for step_id, step in result["steps"].items():
        if not isinstance(step, dict) or step.get("status") != "suspended":
            continue
        payload = step.get("suspendPayload")
        known = meta_of(payload) if keeps_items else {}
        inner = {**known, "runId": run.run_id, "path": [step_id, *path_of(payload)]}
        context.suspend(with_meta(payload, inner), resume_label=list(result.get("resumeLabels", {})))


def _is_final(steps: dict[str, Any]) -> bool:
    """Return whether a step failed for good; Mastra takes the run's input for a step too.

    Raises:
        Refusal: There is no input.
    """
    if steps.get("input", UNDEFINED) in (None, UNDEFINED):
        nothing = "null" if "input" in steps else "undefined"
        raise Refusal(f"Cannot read properties of {nothing} (reading 'status')", name="TypeError")
    reports = [spread(step) for step in steps.values()]
    return any(report.get("status") == "failed" and bool(report.get("nonRetryable")) for report in reports)


def _raise_failure(result: dict[str, Any], *, tripwires: bool) -> None:
    if result["status"] == "failed":
        raise Thrown(result.get("error"), non_retryable=tripwires and _is_final(result["steps"]))
    if result["status"] == "tripwire" and tripwires:
        tripwire = result.get("tripwire") or {}
        raise TripWire(
            tripwire.get("reason") or "Processor tripwire triggered",
            retry=tripwire.get("retry"),
            metadata=tripwire.get("metadata"),
            processor_id=tripwire.get("processorId"),
        )
