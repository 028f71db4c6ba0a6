"""What comes of a step that has ended, or waits for an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mastra_sync.step_paths import NESTED_META
from pytest_mastra.fake.engine.evented.blocks import gather, store_suspension
from pytest_mastra.fake.engine.evented.bus import Bus
from pytest_mastra.fake.engine.evented.lifecycle import end_workflow
from pytest_mastra.fake.engine.evented.messages import (
    STATE,
    Block,
    Message,
    entry_at,
    leaf_of,
    length_of,
    output_of,
    report_of,
    step_id_at,
)
from pytest_mastra.fake.engine.evented.run_items import is_waiting, run_items
from pytest_mastra.fake.engine.position import PRIOR_COMPLETION
from pytest_mastra.fake.engine.result import STATE_DELTA
from pytest_mastra.fake.engine.suspend_payloads import meta_of
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.graph import ConditionalEntry, ForeachEntry, MappingEntry, ParallelEntry, StepEntry
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present, spread, without

_INTERNAL = frozenset({STATE, STATE_DELTA})


def end_step(bus: Bus, message: Message) -> Coroutine:
    """Store a step's result, and do what follows from it."""
    told = message.prev or {}
    message = replace(message, state=_state_after(message, told), prev=without(told, _INTERNAL))
    outer = message.workflow.entries[message.place[0]] if message.place else None
    block = outer if isinstance(outer, (ParallelEntry, ConditionalEntry)) and len(message.place) > 1 else None
    entry = outer if block is None else entry_at(message.workflow, message.place)
    if entry is None:
        bus.fail_as(message, f"Step not found: {message.place}")
        return
    leaf = leaf_of(entry)
    if isinstance(entry, ForeachEntry):
        message = yield from _store_items(bus, message, entry)
        if len(message.place) > 1:
            yield from _after_item(bus, message, entry)
            return
    elif leaf is not None:
        message = yield from _store(bus, message, leaf.id, told if block is not None else {})
    message = replace(message, step_results={**message.results, STATE: message.state})
    prev = message.prev or {}
    if prev.get("status") in (None, "failed"):
        bus.publish("workflow.fail", message.at(message.place, per_step=False, resume_data=UNDEFINED))
        return
    if prev["status"] == "suspended":
        yield from _suspend(bus, message, prev, block)
        return
    if isinstance(entry, (StepEntry, MappingEntry)):
        _emit_result(bus, message, entry.id, prev)
    yield from _go_on(bus, message, prev, block, entry)


def _state_after(message: Message, told: dict[str, Any]) -> Any:
    own = (told.get(STATE), message.results.get(STATE))
    order = (message.state, *own) if message.nested is not None else (*own, message.state)
    return next((state for state in order if state is not None), {})


def _store(bus: Bus, message: Message, step_id: str, told: dict[str, Any]) -> Coroutine:
    """Store a step's result; return the message with the results of all."""
    message.active.pop(step_id, None)
    prev = message.prev or {}
    if message.nested is not None:
        payload = output_of(message.nested.input)
        metadata = {**spread(prev.get("metadata")), "nestedRunId": message.nested_run_id}
        given = {} if payload is None or payload is UNDEFINED else payload
        prev = {**prev, "payload": given, **({"metadata": metadata} if message.nested_run_id else {})}
        message.results[step_id] = prev
    stored = {**prev, STATE_DELTA: told[STATE_DELTA]} if told.get(STATE_DELTA) else prev
    results = yield from bus.snapshots.update_result(message.workflow, message.run_id, step_id, stored)
    return replace(message, prev=prev, step_results=results)


def _suspend(bus: Bus, message: Message, prev: dict[str, Any], block: Block | None) -> Coroutine:
    step_id = step_id_at(message.workflow, message.place) or ""
    payload = prev.get("suspendPayload", UNDEFINED)
    event = {"id": step_id, **without(prev, PRIOR_COMPLETION), "suspendedAt": bus.now(), "suspendPayload": payload}
    gave = {"suspendOutput": prev["suspendOutput"]} if "suspendOutput" in prev else {}
    bus.emit(message.run_id, "workflow-step-suspended", {**event, **gave})
    if block is not None:
        yield from gather(bus, message, block, prev, message.state)
        return
    yield from store_suspension(
        bus,
        message,
        result=prev,
        suspendedPaths={step_id: message.place},
        resumeLabels=spread(meta_of(payload).get("resumeLabels")),
        activePaths=message.place,
        activeStepsPath=message.active,
    )
    bus.publish("workflow.suspend", message.at(message.place, per_step=False, resume_data=UNDEFINED))


def _emit_result(bus: Bus, message: Message, step_id: str, prev: dict[str, Any]) -> None:
    event = {"id": step_id, **without(prev, PRIOR_COMPLETION)}
    for key in ("output", "endedAt"):
        if key in prev:
            event[key] = prev[key]
    bus.emit(message.run_id, "workflow-step-result", event)
    if prev["status"] == "success":
        bus.emit(message.run_id, "workflow-step-finish", {"id": step_id, "metadata": {}})


def _go_on(bus: Bus, message: Message, prev: dict[str, Any], block: Block | None, entry: Any) -> Coroutine:
    last = len(message.workflow.entries) - 1
    here = message.place[0]
    plain = message.at(message.place, resume_data=UNDEFINED)
    if message.per_step:
        if message.parent is not None and here < last:
            rest = without(prev, frozenset({"endedAt", "output", "status"}))
            plain = replace(plain, prev={**rest, "status": "paused"})
        yield from end_workflow(bus, replace(plain, time_travel=None, restart=None))
    elif block is not None:
        yield from gather(bus, plain, block, prev, message.state)
    elif isinstance(entry, ForeachEntry):
        payload = report_of(message.results, entry.step.id).get("payload", UNDEFINED)
        again = replace(plain, path=message.place[:-1], prev={**prev, "output": payload}, item=message.item)
        bus.publish("workflow.step.run", again)
    elif here >= last:
        yield from end_workflow(bus, replace(plain, time_travel=None, restart=None))
    else:
        bus.publish("workflow.step.run", replace(plain, path=[*message.place[:-1], message.place[-1] + 1]))


def _store_items(bus: Bus, message: Message, entry: ForeachEntry) -> Coroutine:
    """Store what an item gave; return the message with the results of all steps."""
    workflow, run_id, step_id = message.workflow, message.run_id, entry.step.id
    snapshot = yield from bus.snapshots.load(workflow, run_id)
    prev = message.prev or {}
    report = prev
    if len(message.place) > 1:
        known = report_of((snapshot or {}).get("context", {}), step_id)
        report = _report_with_item(known, prev, message.place[1])
    results = yield from bus.snapshots.update_result(workflow, run_id, step_id, report)
    yield from bus.snapshots.update_result(workflow, run_id, STATE, message.state)
    return replace(message, step_results={**results, STATE: message.state})


def _report_with_item(known: dict[str, Any], prev: dict[str, Any], index: int) -> dict[str, Any]:
    item = prev if prev.get("status") == "suspended" else prev.get("output", UNDEFINED)
    asked, own = known.get("suspendPayload"), prev.get("suspendPayload")
    told = [*(meta_of(asked).get("foreachOutput") or [])]
    _put(told, index, prev if prev.get("status") == "suspended" else {**prev, "suspendPayload": {}})
    base = own if asked is None else asked
    meta = spread(base).get(NESTED_META)
    payload = {**spread(base), NESTED_META: {**spread(meta), "foreachOutput": told}}
    original = {"payload": known.get("payload", UNDEFINED)}
    outputs = known.get("output")
    if outputs is None:
        return present({**prev, "output": [item], **original, "suspendPayload": payload})
    if isinstance(outputs, list):
        _put(outputs, index, item)
    report = {**known, **prev, "output": outputs, **original, "suspendPayload": payload}
    report["suspendedAt"] = known.get("suspendedAt", prev.get("suspendedAt", UNDEFINED))
    for key in ("resumePayload", "resumedAt"):
        report[key] = prev.get(key, known.get(key, UNDEFINED))
    return present(report)


def _put(items: list[Any], index: int, item: Any) -> None:
    items.extend([UNDEFINED] * (index + 1 - len(items)))
    items[index] = item


def _after_item(bus: Bus, message: Message, entry: ForeachEntry) -> Coroutine:
    """Tell of an item, and have the next ones run, or wait for answers."""
    prev, step_id, index = message.prev or {}, entry.step.id, message.place[1]
    report = report_of(message.results, step_id)
    outputs = report.get("output") or []
    most = length_of(report.get("payload")) or 0
    waiting = [each for each in outputs if is_waiting(each)]
    status = prev.get("status") if prev.get("status") in ("suspended", "success") else "failed"
    event = {
        "id": step_id,
        "completedCount": sum(each is not None and not is_waiting(each) for each in outputs),
        "totalCount": most,
        "currentIndex": index,
        "iterationStatus": status,
        **({"iterationOutput": output_of(prev)} if status == "success" else {}),
    }
    bus.emit(message.run_id, "workflow-step-progress", event)
    if any(each is None for each in outputs):
        return
    if len(outputs) < most or not waiting:
        items = {"status": "success", "output": report.get("payload", UNDEFINED)}
        again = message.at([message.place[0]], prev=items, resume_data=UNDEFINED)
        yield from run_items(bus, again, entry)
        return
    yield from _suspend_items(bus, message, entry, report, waiting)


def _suspend_items(
    bus: Bus, message: Message, entry: ForeachEntry, report: dict[str, Any], waiting: list[Any]
) -> Coroutine:
    step_id = entry.step.id
    labels: dict[str, Any] = {}
    for each in waiting:
        labels |= spread(meta_of(each.get("suspendPayload")).get("resumeLabels"))
    meta = {"path": message.place, "resumeLabels": labels}
    suspended = {
        "status": "suspended",
        "output": report.get("output"),
        "payload": report.get("payload", UNDEFINED),
        "suspendedAt": bus.now(),
        "startedAt": report.get("startedAt", bus.now()),
        "suspendPayload": {**spread(waiting[0].get("suspendPayload")), NESTED_META: meta},
    }
    yield from bus.snapshots.update_result(message.workflow, message.run_id, step_id, suspended)
    yield from store_suspension(
        bus,
        message,
        result=suspended,
        suspendedPaths={step_id: [message.place[0]]},
        resumeLabels=labels,
        activePaths=message.place,
        activeStepsPath=message.active,
    )
    results = {**message.results, step_id: suspended}
    waits = message.at([message.place[0]], step_results=results, prev=suspended, per_step=False)
    bus.publish("workflow.suspend", replace(waits, resume_data=UNDEFINED))
