"""Executing a step's function once, as the evented engine does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from mastra_sync.step_paths import NESTED_META
from pytest_mastra.fake.engine.call_function import Turns, run_function
from pytest_mastra.fake.engine.evented.bus import Bus
from pytest_mastra.fake.engine.evented.callbacks import write
from pytest_mastra.fake.engine.evented.messages import (
    STATE,
    Leaf,
    Message,
    element_of,
    output_of,
    report_of,
)
from pytest_mastra.fake.engine.result import STATE_DELTA
from pytest_mastra.fake.engine.suspend_payloads import meta_of
from pytest_mastra.fake.engine.validation import check_step_input, check_suspend_payload
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.errors import NonRetryable, Thrown, TripWire, error_object
from pytest_mastra.fake.workflows.graph import Step
from pytest_mastra.fake.workflows.javascript import UNDEFINED, copied, spread, truthy, without
from pytest_mastra.fake.workflows.step_context import StepContext, StepEffects, Writer, visible

_PRIOR_SUSPENSION = frozenset({"suspendedAt", "suspendPayload", "suspendOutput"})


@dataclass(frozen=True, slots=True)
class LeafExecution:
    """One execution of a step.

    Attributes:
        message: What had it executed.
        step: The step.
        state: The workflow's state before it.
        item: Which item of a foreach it gets.
        resume_data: What it is resumed with.
    """

    message: Message
    step: Step
    state: Any
    item: int | None
    resume_data: Any


def execute_leaf(
    bus: Bus, message: Message, leaf: Leaf, *, state: Any, item: int | None, resume_data: Any
) -> Coroutine:
    """Execute a step; return its report."""
    step = cast("Step", leaf.step)
    attempt = LeafExecution(message, step, state, item, resume_data)
    given = output_of(message.prev)
    input_data, refusal = element_of(given, item) if item is not None else given, None
    if message.workflow.validate_inputs:
        input_data, refusal = check_step_input(step.input_schema, input_data, bus.server_state.generation)
    info = _begun(bus, attempt, given if item is not None else input_data)
    if bus.options.walk is not None:
        bus.options.walk.note_step(message.workflow.id, leaf.id)
    if bus.options.hold_step is not None:
        yield from bus.options.hold_step()
    effects = StepEffects()
    if refusal is not None:
        return _failed(bus, attempt, without(info, _PRIOR_SUSPENSION), refusal)
    try:
        context = _step_context(bus, attempt, effects, input_data)
        turns = Turns(bus.options.scheduler, bus.signal_of(message.run_id), awaits_events=False)
        output = yield from run_function(turns, step, context, effects)
        if effects.suspended:
            yield None  # a suspension is checked, which takes longer than giving a value
        for look in list(bus.server_state.on_executed):
            look(leaf.id)
    except Exception as error:  # noqa: BLE001 -- whatever a step raises is the run's failure
        return _failed(bus, attempt, without(info, _PRIOR_SUSPENSION), error)
    return _ended(bus, attempt, without(info, _PRIOR_SUSPENSION), effects, output)


def _begun(bus: Bus, attempt: LeafExecution, payload: Any) -> dict[str, Any]:
    known = spread(attempt.message.results.get(attempt.step.id))
    info = {**known, "startedAt": bus.now(), "payload": {} if payload is None or payload is UNDEFINED else payload}
    if attempt.resume_data is not UNDEFINED and truthy(attempt.resume_data):
        info |= {"resumePayload": attempt.resume_data, "resumedAt": bus.now()}
    return info


def _ended(bus: Bus, attempt: LeafExecution, info: dict[str, Any], effects: StepEffects, output: Any) -> dict[str, Any]:
    base = spread(attempt.state)
    changed = {} if effects.state is UNDEFINED else spread(effects.state)
    state = {**base, **changed} if changed or effects.state is not UNDEFINED else attempt.state
    now = bus.now()
    if effects.suspended:
        gave = {"suspendOutput": output} if output is not UNDEFINED and truthy(output) else {}
        result = {**info, "status": "suspended", "suspendedAt": now, **gave, STATE: state}
        result["suspendPayload"] = effects.suspend_payload
    elif effects.bailed:
        result = {**info, "status": "bailed", "endedAt": now, "output": effects.bail_value, STATE: state}
    else:
        result = {**info, "status": "success", "endedAt": now, "output": output, STATE: state}
    if effects.state is not UNDEFINED:
        result[STATE_DELTA] = changed
    return result


def _failed(bus: Bus, attempt: LeafExecution, info: dict[str, Any], error: Exception) -> dict[str, Any]:
    bus.server_state.note_failure(bus.run, attempt.step.id, error)
    result = {**info, "status": "failed", "endedAt": bus.now(), "error": error_object(error)}
    if isinstance(error, NonRetryable) or (isinstance(error, Thrown) and error.non_retryable):
        result["nonRetryable"] = True
    if isinstance(error, TripWire):
        result["tripwire"] = error.details()
    return result


def _step_context(bus: Bus, attempt: LeafExecution, effects: StepEffects, input_data: Any) -> StepContext:
    message, step = attempt.message, attempt.step

    def on_suspend(payload: Any, labels: list[str]) -> Any:
        if message.workflow.validate_inputs:
            payload = check_suspend_payload(step.suspend_schema, payload, bus.server_state.generation)
        item = UNDEFINED if attempt.item is None else attempt.item
        targets = {label: {"stepId": step.id, "foreachIndex": item} for label in labels}
        meta = {"runId": message.run_id, "path": [step.id], "foreachIndex": item}
        return {**spread(payload), NESTED_META: {**meta, "resumeLabels": targets or UNDEFINED}}

    return StepContext(
        input_data=visible(copied(input_data)),
        state=copied(spread(attempt.state)),
        request_context=bus.options.request_context,
        run_id=message.run_id,
        workflow_id=message.workflow.id,
        resource_id=bus.run.resource_id,
        resume_data=visible(copied(attempt.resume_data)),
        suspend_data=visible(copied(_suspend_data(attempt))),
        retry_count=message.retry_count,
        writer=Writer(message.run_id, step.id, lambda record: write(bus, message.run_id, record)),
        _signal=bus.signal_of(message.run_id),
        _results=message.results,
        _effects=effects,
        _on_suspend=on_suspend,
        _null_input=input_data is None,
    )


def _suspend_data(attempt: LeafExecution) -> Any:
    known = report_of(attempt.message.results, attempt.step.id)
    if known.get("status") != "suspended":
        return UNDEFINED
    payload = known.get("suspendPayload", UNDEFINED)
    items = meta_of(payload).get("foreachOutput")
    if attempt.item is not None and isinstance(items, list) and attempt.item < len(items):
        item = items[attempt.item]
        if isinstance(item, dict) and item.get("status") == "suspended" and item.get("suspendPayload"):
            payload = item["suspendPayload"]
    return without(payload, frozenset({NESTED_META})) if isinstance(payload, dict) else payload
