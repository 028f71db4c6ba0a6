"""The items of a foreach: which of them run next."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from mastra_sync.step_paths import NESTED_META
from pytest_mastra.fake.engine.evented.bus import Bus
from pytest_mastra.fake.engine.evented.callbacks import call_back
from pytest_mastra.fake.engine.evented.messages import (
    Message,
    element_of,
    length_of,
    nested_workflow,
    output_of,
    report_of,
)
from pytest_mastra.fake.engine.evented.snapshots import PENDING
from pytest_mastra.fake.engine.suspend_payloads import meta_of
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.graph import ForeachEntry
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present, spread

QUEUED = "__mastra_foreach_queued__"
"""Marks an item that a time travel has run again."""


def run_items(bus: Bus, message: Message, entry: ForeachEntry) -> Coroutine:
    """Have the next items run, or go on after the last."""
    items = output_of(message.prev)
    known = report_of(message.results, entry.step.id)
    outputs = known.get("output")
    begun, most = _count(outputs), _count(items)
    if message.item is not None and message.resume_steps and begun > 0:
        _resume_item(bus, message, entry, known)
        return
    waiting = [index for index, each in enumerate(outputs or []) if is_waiting(each)] if begun else []
    if message.resume_data is not UNDEFINED and message.item is None and waiting:
        yield from _run_marked(bus, message, entry, waiting[: _concurrency(bus, message, entry)])
        return
    queued = yield from _queued(bus, message, entry)
    if queued:
        running = sum(each is None for each in report_of(message.results, entry.step.id)["output"])
        yield from _run_marked(bus, message, entry, queued[: max(0, _concurrency(bus, message, entry) - running)])
        return
    has_all = begun >= most and isinstance(outputs, list) and sum(each is not None for each in outputs) >= most
    if has_all or length_of(items) == 0:
        yield from _go_on(bus, message, entry, items)
        return
    if begun >= most:
        # the engine waits for ever
        return
    fresh = min(_concurrency(bus, message, entry), most) if begun == 0 else 1
    # steps see the list of what the items before them gave, this one's place included
    outputs = outputs if isinstance(outputs, list) and begun else []
    outputs.extend([None] * fresh)
    report = {
        "status": "success",
        "output": outputs,
        "startedAt": bus.now(),
        "payload": items,
    }
    yield from bus.snapshots.update_result(message.workflow, message.run_id, entry.step.id, report)
    for index in range(begun, begun + fresh):
        _run_item(bus, message, entry, index)


def is_waiting(item: Any) -> bool:
    """Return whether an item waits for an answer."""
    return isinstance(item, dict) and item.get("status") == "suspended"


def _count(value: Any) -> Any:
    length = length_of(value)
    return length if isinstance(length, (int, float)) and not isinstance(length, bool) else 0


def _run_item(bus: Bus, message: Message, entry: ForeachEntry, index: int) -> None:
    prev = message.prev or {}
    items = output_of(prev)
    if nested_workflow(entry.step) is not None and prev.get("status") == "success" and isinstance(items, list):
        prev = {"status": "success", "output": element_of(items, index)}
    bus.publish("workflow.step.run", message.at([message.place[0], index], prev=prev))


def _run_marked(bus: Bus, message: Message, entry: ForeachEntry, indices: list[int]) -> Coroutine:
    """Note which items are about to run, and run them."""
    if not indices:
        return
    known = report_of(message.results, entry.step.id)
    outputs = [PENDING if index in indices else each for index, each in enumerate(known["output"])]
    report = {**known, "output": outputs}
    yield from bus.snapshots.update_result(message.workflow, message.run_id, entry.step.id, report)
    for index in indices:
        _run_item(bus, message, entry, index)


def _resume_item(bus: Bus, message: Message, entry: ForeachEntry, known: dict[str, Any]) -> None:
    """Have one item run that waits, or say again what the others ask."""
    index, outputs = message.item, known.get("output")
    assert index is not None  # noqa: S101 -- for the type checker
    if not isinstance(outputs, list) or not 0 <= index < len(outputs):
        bus.publish("workflow.fail", message.at(message.place, prev={"status": "failed", "error": {}}))
        return
    if outputs[index] is None or is_waiting(outputs[index]):
        _run_item(bus, message, entry, index)
        return
    waiting = [each for each in outputs if is_waiting(each)]
    if not waiting and None not in outputs:
        return
    labels: dict[str, Any] = {}
    for each in waiting:
        labels |= spread(meta_of(each.get("suspendPayload")).get("resumeLabels"))
    meta = {"foreachIndex": index, **({"resumeLabels": labels} if labels else {})}
    payload = {**spread(waiting[0].get("suspendPayload") if waiting else None), NESTED_META: meta}
    asked = {"suspendedAt": bus.now(), "suspendPayload": payload}
    report = {**known, "status": "suspended", **asked}
    prev = {
        "status": "suspended",
        "output": outputs,
        "suspendPayload": payload,
        "payload": known.get("payload", UNDEFINED),
        "startedAt": known.get("startedAt", UNDEFINED),
        "suspendedAt": asked["suspendedAt"],
    }
    results = {**message.results, entry.step.id: report}
    again = message.at(message.place, step_results=results, prev=present(prev), per_step=False)
    bus.publish("workflow.step.end", replace(again, time_travel=None, restart=None, resume_data=UNDEFINED))


def _queued(bus: Bus, message: Message, entry: ForeachEntry) -> Coroutine:
    """Return the items that are to run again, after a time travel to this foreach."""
    known = report_of(message.results, entry.step.id)
    kept = meta_of(known.get("suspendPayload")).get("foreachOutput")
    if message.time_travel is not None and not known.get("output") and isinstance(kept, list) and kept:
        known["output"] = [
            spread(each).get("output", UNDEFINED) if spread(each).get("status") == "success" else {QUEUED: True}
            for each in kept
        ]
        yield from bus.snapshots.update_result(message.workflow, message.run_id, entry.step.id, known)
    outputs = known.get("output")
    return [index for index, each in enumerate(outputs) if _is_queued(each)] if isinstance(outputs, list) else []


def _is_queued(item: Any) -> bool:
    return isinstance(item, dict) and QUEUED in item


def _go_on(bus: Bus, message: Message, entry: ForeachEntry, items: Any) -> Coroutine:
    report = report_of(message.results, entry.step.id)
    if length_of(items) == 0:
        now = bus.now()
        report = {"status": "success", "output": [], "startedAt": now, "endedAt": now, "payload": items}
        yield from bus.snapshots.update_result(message.workflow, message.run_id, entry.step.id, report)
        message.results[entry.step.id] = report
    after = [*message.place[:-1], message.place[-1] + 1]
    bus.publish("workflow.step.run", message.at(after, prev=report, resume_data=UNDEFINED))


def _concurrency(bus: Bus, message: Message, entry: ForeachEntry) -> int:
    wish: Any = entry.concurrency
    if callable(wish):
        wish = call_back(bus, message, wish, f"{entry.step.id}-concurrency", state=message.state)
    if isinstance(wish, bool) or not isinstance(wish, (int, float)) or not math.isfinite(wish) or wish < 1:
        return 1
    return math.floor(wish)
