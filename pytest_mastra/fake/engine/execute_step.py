"""Executing one step: checks at its borders, retries, suspension, its events and result."""

from __future__ import annotations

from typing import Any, cast

from pytest_mastra.fake.engine.call_function import Turns, run_function
from pytest_mastra.fake.engine.execute_nested import execute_nested
from pytest_mastra.fake.engine.execution import Execution, StepExecution, recorded_report
from pytest_mastra.fake.engine.position import Continuation, Frame
from pytest_mastra.fake.engine.suspend_payloads import meta_of, shown_to_step
from pytest_mastra.fake.engine.validation import (
    check_step_input,
    check_suspend_payload,
    check_value,
    later_cause,
    list_issues,
)
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Until
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.errors import NonRetryable, Refusal, Thrown, TripWire, error_object, error_string
from pytest_mastra.fake.workflows.graph import AnyStep, Step
from pytest_mastra.fake.workflows.javascript import UNDEFINED, assign, copied, present, truthy
from pytest_mastra.fake.workflows.step_context import StepContext, StepEffects, Writer, visible
from pytest_mastra.fake.workflows.workflow_options import RetryConfig
from pytest_mastra.fake.workflows.zod_releases import Zod


def execute_step(
    execution: Execution,
    frame: Frame,
    step: AnyStep,
    prev_output: Any,
    continuation: Continuation,
    *,
    quiet: bool = False,
    iteration: int | None = None,
) -> Coroutine:
    """Execute a step; return its result.

    Args:
        execution: The execution around it.
        frame: Where it is.
        step: The step.
        prev_output: Its input, unchecked.
        continuation: What to go on from.
        quiet: Whether it emits no events, as in a foreach.
        iteration: In a loop: the number of the round.
    """
    if execution.options.walk is not None:
        execution.options.walk.note_step(execution.run.workflow.id, step.id)
    attempt = _prepare_attempt(execution, frame, step, prev_output, continuation)
    info = _initial_result(attempt, iteration)
    frame.active[step.id] = frame.path
    if not quiet:
        event = {"id": step.id, "stepCallId": attempt.call_id, **execution.server_state.without_prior_completion(info)}
        execution.emit("workflow-step-start", event)
    yield from execution.persist(frame, "running", step_results={**execution.step_results, step.id: info})
    if execution.options.hold_step is not None:
        yield from execution.options.hold_step()
    outcome = yield from _run_with_retries(attempt)
    result = present({**execution.server_state.without_prior_completion(info), **outcome})
    if not quiet:
        kind = "suspended" if result["status"] == "suspended" else "result"
        execution.emit(f"workflow-step-{kind}", {"id": step.id, "stepCallId": attempt.call_id, **result})
    _set_fields(frame.state)
    frame.active.pop(step.id, None)
    if not quiet and result["status"] != "suspended":
        if execution.awaits_events:
            yield None
        execution.emit("workflow-step-finish", {"id": step.id, "stepCallId": attempt.call_id, "metadata": {}})
    if attempt.item_run_id is not None:
        result["metadata"] = {**result.get("metadata", {}), "nestedRunId": attempt.item_run_id}
    execution.step_results[step.id] = result
    return result


def _set_fields(state: Any) -> None:
    """Set the fields of a state once more, as real servers do after each step.

    Raises:
        Refusal: It is a text, whose fields are its letters.
    """
    if isinstance(state, str) and state:
        raise Refusal("Cannot assign to read only property '0' of object '[object String]'")


def _prepare_attempt(
    execution: Execution, frame: Frame, step: AnyStep, prev_output: Any, continuation: Continuation
) -> StepExecution:
    call_id = execution.server_state.new_id()
    owns_run = step.is_workflow and frame.item is not None and execution.generation.own_item_runs
    item_run_id = execution.server_state.new_id() if owns_run else None
    input_data, refusal = prev_output, None
    if execution.run.workflow.validate_inputs:
        input_data, refusal = check_step_input(step.input_schema, prev_output, execution.generation)
        if refusal is None:
            refusal = _check_request_context(execution, step)
    return StepExecution(
        execution=execution,
        frame=frame,
        step=step,
        continuation=continuation,
        call_id=call_id,
        input_data=input_data,
        refusal=refusal,
        resume_data=_resume_data(step, continuation, execution.generation.zod),
        suspend_data=_suspend_data(execution, frame, step),
        item_run_id=item_run_id,
    )


def _check_request_context(execution: Execution, step: AnyStep) -> Refusal | None:
    checks = execution.generation.checks_request_context and not step.is_workflow
    if not checks or step.request_context_schema is None:
        return None
    _, issues = step.request_context_schema.check(execution.options.request_context, execution.generation.zod)
    if not issues:
        return None
    text = f"Step request context validation failed for step '{step.id}': \n{list_issues(issues)}"
    cause = later_cause(issues, execution.generation)
    return Refusal(text, code="WORKFLOW_STEP_REQUEST_CONTEXT_VALIDATION_FAILED", cause=cause)


def _resume_data(step: AnyStep, continuation: Continuation, zod: Zod) -> Any:
    travel = continuation.time_travel
    if travel is not None and (travel.step_results.get(step.id) or {}).get("status") == "suspended":
        answer = travel.resume_data
        if truthy(answer) and answer is not UNDEFINED:
            fitted, issues = (answer, []) if step.resume_schema is None else step.resume_schema.check(answer, zod)
            return UNDEFINED if issues else fitted
    if continuation.resume is not None and continuation.resume.steps[:1] == [step.id]:
        return continuation.resume.payload
    return UNDEFINED


def _suspend_data(execution: Execution, frame: Frame, step: AnyStep) -> Any:
    recorded = execution.step_results.get(step.id)
    if not isinstance(recorded, dict) or recorded.get("status") != "suspended":
        return UNDEFINED
    payload = recorded.get("suspendPayload", UNDEFINED)
    if frame.item is not None and execution.generation.item_queue:
        items = meta_of(payload).get("foreachOutput", [])
        item = items[frame.item] if frame.item < len(items) else None
        if isinstance(item, dict) and item.get("status") == "suspended" and truthy(item.get("suspendPayload")):
            payload = item["suspendPayload"]
    return shown_to_step(payload)


def _initial_result(attempt: StepExecution, iteration: int | None) -> dict[str, Any]:
    """Return what is known of a step that begins."""
    execution = attempt.execution
    info: dict[str, Any] = execution.server_state.without_prior_completion(
        recorded_report(execution.step_results, attempt.step.id)
    )
    now = execution.now()
    if truthy(attempt.resume_data) and attempt.resume_data is not UNDEFINED:
        info |= {"resumePayload": attempt.resume_data, "resumedAt": now}
    else:
        begun = {"payload": attempt.input_data, "startedAt": now}
        # a payload that was undefined has its place among the keys all the same
        is_stored = execution.continuation.past is not None  # and then without what was undefined
        lacks_payload = "startedAt" in info and "payload" not in info
        gains_payload = lacks_payload and not is_stored and attempt.input_data is not UNDEFINED
        info = {**({"payload": None} if gains_payload else {}), **info, **begun}
    info["status"] = "running"
    if iteration:
        info["metadata"] = {"iterationCount": iteration}
    return present(info)


def _run_with_retries(attempt: StepExecution) -> Coroutine:
    """Run the step, again and again if it has retries; return what came of it.

    What is undefined there takes the place of what an earlier execution left.
    """
    execution = attempt.execution
    is_resumed = execution.continuation.resume is not None
    # Mastra forgets the workflow's retries when a run is resumed
    config = RetryConfig() if is_resumed else execution.run.workflow.retry_config
    retries = attempt.step.retries if attempt.step.retries is not None else config.attempts
    walk, about = execution.options.walk, (execution.run.workflow.id, attempt.step.id)
    for count in range(retries + 1):
        if count and config.delay:
            yield Until(execution.scheduler.now() + config.delay)
        try:
            outcome = yield from _run_once(attempt, count)
        except Exception as error:  # noqa: BLE001 -- whatever a step raises is the run's failure
            is_final = isinstance(error, NonRetryable) or (isinstance(error, Thrown) and error.non_retryable)
            if is_final or count == retries:
                execution.server_state.note_failure(execution.run, attempt.step.id, error)
                return _failure(execution, error, is_final=is_final)
            if walk is not None:
                walk.note_retry(*about, execution.now(), _failure(execution, error, is_final=False)["error"])
        else:
            if count and outcome.get("status") == "success" and walk is not None:
                walk.note_retried(*about)
            return outcome
    raise AssertionError("a step has at least one attempt")


def _failure(execution: Execution, error: Exception, *, is_final: bool) -> dict[str, Any]:
    as_wire = error_object if execution.generation.error_objects else error_string
    outcome = {"status": "failed", "error": as_wire(error), "endedAt": execution.now()}
    if is_final:
        outcome["nonRetryable"] = True
    if isinstance(error, TripWire):
        outcome["tripwire"] = error.details()
    return outcome


def _run_once(attempt: StepExecution, count: int) -> Coroutine:
    if attempt.refusal is not None:
        raise attempt.refusal
    execution = attempt.execution
    effects = StepEffects()
    step = attempt.step
    if execution.generation.counts_executions:
        count = execution.server_state.count_execution(execution.run.workflow, step.id)
    context = _step_context(attempt, effects, count)
    if isinstance(step, Step):
        turns = Turns(execution.scheduler, execution.signal, awaits_events=execution.awaits_events)
        output = yield from run_function(turns, step, context, effects)
        for look in list(execution.server_state.on_executed):
            look(step.id)
    else:
        output = yield from execute_nested(attempt, context, cast("Workflow", step))
    if effects.state is not UNDEFINED and isinstance(attempt.frame.state, dict):
        assign(attempt.frame.state, effects.state)
    if effects.suspended:
        if execution.awaits_events:
            yield None  # a suspension is checked, which takes longer than giving a value
        gave = {"suspendOutput": output} if output is not UNDEFINED and truthy(output) else {}
        suspension = {"status": "suspended", "suspendPayload": effects.suspend_payload, **gave}
        return {**suspension, "suspendedAt": execution.now()}
    if effects.bailed:
        return {"status": "bailed", "output": effects.bail_value, "endedAt": execution.now()}
    if step.is_workflow and execution.options.per_step:
        return {"status": "paused"}
    return {"status": "success", "output": output, "endedAt": execution.now()}


def _step_context(attempt: StepExecution, effects: StepEffects, count: int) -> StepContext:
    execution, frame, step = attempt.execution, attempt.frame, attempt.step
    checks = execution.run.workflow.validate_inputs

    def on_suspend(payload: Any, labels: list[str]) -> Any:
        if checks:
            payload = check_suspend_payload(step.suspend_schema, payload, execution.generation)
        frame.suspended[step.id] = frame.path
        for label in labels:
            item = {} if frame.item is None else {"foreachIndex": frame.item}
            frame.labels[label] = {"stepId": step.id, **item}
        return payload if payload is not UNDEFINED and truthy(payload) else UNDEFINED

    def check_state(state: Any) -> Any:
        if not checks:
            return state
        return check_value(step.state_schema, state, execution.generation, "Step state data validation failed")

    run_id = attempt.item_run_id or execution.run.run_id
    return StepContext(
        input_data=visible(copied(attempt.input_data)),
        state=copied(frame.state),
        request_context=execution.options.request_context,
        run_id=run_id,
        workflow_id=execution.run.workflow.id,
        resource_id=execution.run.resource_id,
        resume_data=visible(copied(attempt.resume_data)),
        suspend_data=visible(copied(attempt.suspend_data)),
        retry_count=count,
        writer=Writer(execution.run.run_id, step.id, execution.options.write),
        _signal=execution.signal,
        _results=execution.step_results,
        _effects=effects,
        _on_suspend=on_suspend,
        _check_state=check_state,
        _null_input=attempt.input_data is None,
    )
