"""Executing a foreach as older servers do: in batches that end before the next begins."""

from __future__ import annotations

from typing import Any

from mastra_sync.step_paths import NESTED_META
from pytest_mastra.fake.engine.execute_foreach import (
    as_list,
    concurrency_of,
    emit_foreach_end,
    foreach_info,
    forget_label,
    labels_of_step,
    suspend_foreach,
    without_suspend_payload,
)
from pytest_mastra.fake.engine.execute_step import execute_step
from pytest_mastra.fake.engine.execution import Execution, recorded_meta, recorded_report
from pytest_mastra.fake.engine.foreach_items import items_by_slice
from pytest_mastra.fake.engine.position import Continuation, Frame
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Join
from pytest_mastra.fake.workflows.graph import ForeachEntry
from pytest_mastra.fake.workflows.javascript import UNDEFINED, truthy

_SHOWN = ("status", "error", "suspendPayload", "suspendedAt", "endedAt", "output")


def execute_foreach_batches(
    execution: Execution, frame: Frame, entry: ForeachEntry, items: Any, continuation: Continuation
) -> Coroutine:
    """Execute a step once per item."""
    step_id = entry.step.id
    recorded = recorded_report(execution.step_results, step_id)
    meta = recorded_meta(recorded)
    info, shared = _with_own_items(foreach_info(execution, step_id, items, continuation))
    execution.emit("workflow-step-start", {"id": step_id, **info, "status": "running"})
    labels = labels_of_step(meta, step_id)
    known = {index: item for index, item in enumerate(meta.get("foreachOutput", [])) if item is not None}
    first = meta.get("foreachIndex", 0) if recorded.get("status") == "suspended" else 0
    outputs: dict[int, Any] = {}
    size = concurrency_of(execution, frame, entry, items)
    each = items_by_slice(items)
    for begin in range(0, len(each), size):
        batch = range(begin, min(begin + size, len(each)))
        tasks = tuple(
            execution.scheduler.spawn(_execute_item(execution, frame, entry, each, index, known, first, continuation))
            for index in batch
        )
        yield Join(tasks)
        suspended: dict[int, dict[str, Any]] = {}
        for index, task in zip(batch, tasks, strict=True):
            result = task.value()
            shown = {key: result[key] for key in _SHOWN if key in result}
            if result["status"] == "suspended":
                suspended[index] = shown
            elif result["status"] != "success":
                emit_foreach_end(execution, step_id, shown)
                return result
            else:
                forget_label(labels, index)
            output = result.get("output", UNDEFINED)
            if output is not UNDEFINED and truthy(output):
                outputs[index] = output
            known[index] = without_suspend_payload(result)
            shared[:] = as_list(known)
        if suspended:
            return suspend_foreach(
                execution, frame, step_id, info=info, suspended=suspended, known=known, labels=labels
            )
    ended = {"status": "success", "output": as_list(outputs), "endedAt": execution.now()}
    emit_foreach_end(execution, step_id, ended)
    return {**info, **ended}


def _with_own_items(info: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """Return what is known of the foreach, and the list in it of its items' results.

    The items show there as they end.
    """
    payload = info.get("suspendPayload")
    if not isinstance(payload, dict) or NESTED_META not in payload:
        return info, []
    shared = list(payload[NESTED_META].get("foreachOutput", []))
    return {
        **info,
        "suspendPayload": {**payload, NESTED_META: {**payload[NESTED_META], "foreachOutput": shared}},
    }, shared


def _execute_item(
    execution: Execution,
    frame: Frame,
    entry: ForeachEntry,
    items: list[Any],
    index: int,
    known: dict[int, dict[str, Any]],
    first_suspended: int,
    continuation: Continuation,
) -> Coroutine:
    before = known.get(index, {})
    if before.get("status") == "success":
        return before
    # the answer is for items that suspended
    answer = continuation.resume if before.get("status") == "suspended" or index == first_suspended else None
    inner = Continuation(answer, continuation.restart, continuation.time_travel)
    return (yield from execute_step(execution, frame.for_item(index), entry.step.step, items[index], inner, quiet=True))
