"""Executing a foreach as servers before the current ones do: in batches, each of which ends before the next begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mastra_sync.normalise import NESTED_META
from pytest_mastra.fake.engine.execute_foreach import as_list, concurrency_of, step_info
from pytest_mastra.fake.engine.execute_step import execute_step
from pytest_mastra.fake.engine.position import Frame, Moves
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Join
from pytest_mastra.fake.workflows.graph import ForeachEntry
from pytest_mastra.fake.workflows.javascript import UNDEFINED, truthy

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.execution import Execution

_TOLD = ("status", "error", "suspendPayload", "suspendedAt", "endedAt", "output")


def execute_foreach_batches(
    execution: Execution, frame: Frame, entry: ForeachEntry, items: Any, moves: Moves
) -> Coroutine:
    """Execute a step once per item."""
    step_id = entry.step.id
    recorded = execution.step_results.get(step_id) or {}
    meta = (recorded.get("suspendPayload") or {}).get(NESTED_META, {})
    info, shared = _with_own_items(step_info(execution, step_id, items, moves))
    execution.emit("workflow-step-start", {"id": step_id, **info, "status": "running"})
    labels = {name: label for name, label in meta.get("resumeLabels", {}).items() if label["stepId"] == step_id}
    known = {index: item for index, item in enumerate(meta.get("foreachOutput", [])) if item is not None}
    first = meta.get("foreachIndex", 0) if recorded.get("status") == "suspended" else 0
    outputs: dict[int, Any] = {}
    size = concurrency_of(execution, frame, entry, items)
    for begin in range(0, len(items), size):
        batch = range(begin, min(begin + size, len(items)))
        tasks = tuple(
            execution.scheduler.spawn(_execute_item(execution, frame, entry, items, moves, known, index, first))
            for index in batch
        )
        yield Join(tasks)
        suspended: dict[int, dict[str, Any]] = {}
        for index, task in zip(batch, tasks, strict=True):
            result = task.value()
            told = {key: result[key] for key in _TOLD if key in result}
            if result["status"] == "suspended":
                suspended[index] = told
            elif result["status"] != "success":
                execution.emit("workflow-step-result", {"id": step_id, **told})
                execution.emit("workflow-step-finish", {"id": step_id, "metadata": {}})
                return result
            else:
                _forget_label(labels, index)
            output = result.get("output", UNDEFINED)
            if output is not UNDEFINED and truthy(output):
                outputs[index] = output
            known[index] = {**result, "suspendPayload": {}}
            shared[:] = as_list(known)
        if suspended:
            return _suspended(execution, frame, step_id, info, suspended, known, labels)
    ended = {"status": "success", "output": as_list(outputs), "endedAt": execution.now()}
    execution.emit("workflow-step-result", {"id": step_id, **ended})
    execution.emit("workflow-step-finish", {"id": step_id, "metadata": {}})
    return {**info, **ended}


def _with_own_items(info: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """Return what is known of the foreach, with a list of its own for the items: as they end they show there."""
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
    moves: Moves,
    known: dict[int, dict[str, Any]],
    index: int,
    first: int,
) -> Coroutine:
    before = known.get(index, {})
    if before.get("status") == "success":
        return before
    answer = moves.resume if before.get("status") == "suspended" or first == index else None
    inner = Moves(answer, moves.restart, moves.time_travel)
    return (yield from execute_step(execution, frame.for_item(index), entry.step.step, items[index], inner, quiet=True))


def _forget_label(labels: dict[str, Any], index: int) -> None:
    name = next((name for name, label in labels.items() if label.get("foreachIndex") == index), None)
    if name is not None:
        del labels[name]


def _suspended(
    execution: Execution,
    frame: Frame,
    step_id: str,
    info: dict[str, Any],
    suspended: dict[int, dict[str, Any]],
    known: dict[int, dict[str, Any]],
    labels: dict[str, Any],
) -> dict[str, Any]:
    first = min(suspended)
    asked = suspended[first]
    execution.emit("workflow-step-suspended", {"id": step_id, **asked})
    frame.suspended[step_id] = frame.path
    frame.labels = {**labels, **frame.labels}
    payload = asked.get("suspendPayload") or {}
    meta = {
        **payload.get(NESTED_META, {}),
        "foreachIndex": first,
        "foreachOutput": as_list(known),
        "resumeLabels": dict(frame.labels),
    }
    return {
        **info,
        "suspendedAt": execution.now(),
        "status": "suspended",
        "suspendPayload": {**payload, NESTED_META: meta},
    }
