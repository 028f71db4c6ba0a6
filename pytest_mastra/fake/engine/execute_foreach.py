"""Executing a foreach: items side by side up to a limit, each of which may suspend on its own."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mastra_sync.normalise import NESTED_META
from pytest_mastra.fake.engine.execute_step import execute_step
from pytest_mastra.fake.engine.position import Frame, Moves, Resume
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Gate
from pytest_mastra.fake.workflows.graph import ForeachEntry
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present, without
from pytest_mastra.fake.workflows.step_context import block_context, called

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.execution import Execution


@dataclass
class ForeachState:
    """What is known of the items while they run."""

    execution: Execution
    frame: Frame
    entry: ForeachEntry
    items: list[Any]
    moves: Moves
    info: dict[str, Any]
    known: dict[int, dict[str, Any]]
    labels: dict[str, Any]
    outputs: dict[int, Any] = field(default_factory=dict)
    run_ids: dict[int, str] = field(default_factory=dict)
    suspended: dict[int, dict[str, Any]] = field(default_factory=dict)
    waiting: deque[tuple[int, Resume | None]] = field(default_factory=deque)
    running: int = 0
    completed: int = 0
    failed: dict[str, Any] | None = None
    left: dict[str, Any] | None = None
    canceled: bool = False
    all_done: Gate = field(default_factory=Gate)


def execute_foreach(execution: Execution, frame: Frame, entry: ForeachEntry, items: Any, moves: Moves) -> Coroutine:
    """Execute a step once per item."""
    step_id = entry.step.id
    recorded = execution.step_results.get(step_id) or {}
    meta = (recorded.get("suspendPayload") or {}).get(NESTED_META, {})
    info = step_info(execution, step_id, items, moves)
    execution.emit("workflow-step-start", {"id": step_id, **execution.server_state.tidy(info), "status": "running"})
    labels = {name: label for name, label in meta.get("resumeLabels", {}).items() if label["stepId"] == step_id}
    known = {index: item for index, item in enumerate(meta.get("foreachOutput", [])) if item is not None}
    foreach = ForeachState(execution, frame, entry, items, moves, info, known, labels)
    _queue_items(foreach, meta.get("foreachIndex", 0) if recorded.get("status") == "suspended" else 0)
    for _ in range(concurrency_of(execution, frame, entry, items)):
        _begin_next(foreach)
    if foreach.running:
        yield foreach.all_done
    return _result(foreach)


def step_info(execution: Execution, step_id: str, items: Any, moves: Moves) -> dict[str, Any]:
    """Return what is known of a foreach that begins."""
    known = execution.server_state.tidy(execution.step_results.get(step_id) or {})
    if moves.resume is not None and moves.resume.steps[:1] == [step_id]:
        return present({**known, "resumePayload": moves.resume.payload, "resumedAt": execution.now()})
    return present({**known, "payload": items, "startedAt": execution.now()})


def concurrency_of(execution: Execution, frame: Frame, entry: ForeachEntry, items: Any) -> int:
    """Return how many items may run at once."""
    wish = entry.concurrency
    if callable(wish):
        wish = called(execution, wish, block_context(execution, frame, items, "foreach"), entry.step.id)
    return max(1, int(wish))


def _queue_items(foreach: ForeachState, first_suspended: int) -> None:
    resume = foreach.moves.resume
    only = resume.item if resume is not None else None
    for index in range(len(foreach.items)):
        known = foreach.known.get(index, {})
        status = known.get("status")
        if status == "success" or (status == "suspended" and only is not None and only != index):
            _keep(foreach, index, known)
            continue
        if only is not None:
            answer = resume if only == index else None
        else:
            answer = resume if status == "suspended" or first_suspended == index else None
        foreach.waiting.append((index, answer))


def _keep(foreach: ForeachState, index: int, known: dict[str, Any]) -> None:
    """Keep what an item gave, or asked, before."""
    run_id = known.get("metadata", {}).get("nestedRunId")
    if isinstance(run_id, str):
        foreach.run_ids[index] = run_id
    if known["status"] == "suspended":
        foreach.suspended[index] = {
            key: known[key] for key in ("status", "suspendPayload", "suspendedAt") if key in known
        }
        return
    _forget_label(foreach, index)
    if "output" in known:
        foreach.outputs[index] = known["output"]
    foreach.known[index] = {**known, "suspendPayload": {}}


def _forget_label(foreach: ForeachState, index: int) -> None:
    name = next((name for name, label in foreach.labels.items() if label.get("foreachIndex") == index), None)
    if name is not None:
        del foreach.labels[name]


def _begin_next(foreach: ForeachState) -> None:
    if foreach.waiting:
        index, answer = foreach.waiting.popleft()
        foreach.running += 1
        foreach.execution.scheduler.spawn(_execute_item(foreach, index, answer))


def _execute_item(foreach: ForeachState, index: int, answer: Resume | None) -> Coroutine:
    execution = foreach.execution
    if execution.signal.aborted:
        foreach.canceled = True
        foreach.waiting.clear()
    else:
        moves = Moves(answer, foreach.moves.restart, foreach.moves.time_travel)
        frame = foreach.frame.for_item(index)
        result = yield from execute_step(
            execution, frame, foreach.entry.step.step, foreach.items[index], moves, quiet=True
        )
        _note(foreach, index, result)
    foreach.running -= 1
    _begin_next(foreach)
    if not foreach.running:
        foreach.all_done.open()


def _note(foreach: ForeachState, index: int, result: dict[str, Any]) -> None:
    status = result["status"]
    if status == "success":
        foreach.completed += 1
        _tell_progress(foreach, index, "success", result.get("output", UNDEFINED))
        _forget_label(foreach, index)
        if "output" in result:
            foreach.outputs[index] = result["output"]
    elif status == "suspended":
        kept = ("status", "suspendPayload", "suspendedAt")
        foreach.suspended.setdefault(index, {key: result[key] for key in kept if key in result})
        _tell_progress(foreach, index, "suspended")
    else:
        foreach.completed += 1
        _tell_progress(foreach, index, "failed")
        if status == "failed":
            foreach.failed = foreach.failed or result
        else:
            foreach.left = foreach.left or result
    if status != "success":
        foreach.waiting.clear()
    run_id = result.get("metadata", {}).get("nestedRunId")
    if isinstance(run_id, str):
        foreach.run_ids[index] = run_id
    foreach.known[index] = result if status == "suspended" else {**result, "suspendPayload": {}}


def _tell_progress(foreach: ForeachState, index: int, status: str, output: Any = UNDEFINED) -> None:
    payload = {
        "id": foreach.entry.step.id,
        "completedCount": foreach.completed,
        "totalCount": len(foreach.items),
        "currentIndex": index,
        "iterationStatus": status,
        "iterationOutput": output,
    }
    foreach.execution.emit("workflow-step-progress", present(payload))


def as_list(values: dict[int, Any]) -> list[Any]:
    """Return a list with null where JavaScript's has a hole."""
    return [values.get(index) for index in range(max(values, default=-1) + 1)]


def _result(foreach: ForeachState) -> dict[str, Any]:
    execution, step_id = foreach.execution, foreach.entry.step.id
    outputs = as_list(foreach.outputs)
    if foreach.canceled or execution.signal.aborted:
        return {**foreach.info, "status": "canceled", "output": outputs, "endedAt": execution.now()}
    if foreach.failed is not None:
        return _failed(foreach, foreach.failed)
    if foreach.left is not None:
        _tell_result(execution, step_id, foreach.left)
        return foreach.left
    if foreach.suspended:
        return _suspended(foreach)
    ended = execution.now()
    _tell_result(execution, step_id, {"status": "success", "output": outputs, "endedAt": ended})
    result = {**foreach.info, "status": "success", "output": outputs}
    if foreach.run_ids:
        result["metadata"] = {"nestedRunId": as_list(foreach.run_ids)}
    return {**result, "endedAt": ended}


def _tell_result(execution: Execution, step_id: str, result: dict[str, Any]) -> None:
    execution.emit("workflow-step-result", {"id": step_id, **result})
    execution.emit("workflow-step-finish", {"id": step_id, "metadata": {}})


def _failed(foreach: ForeachState, failed: dict[str, Any]) -> dict[str, Any]:
    told = ("status", "error", "suspendPayload", "suspendedAt", "endedAt")
    _tell_result(foreach.execution, foreach.entry.step.id, {key: failed[key] for key in told if key in failed})
    asked = failed.get("suspendPayload") or {}
    meta = {
        **asked.get(NESTED_META, {}),
        "foreachOutput": as_list(foreach.known),
        "resumeLabels": dict(foreach.frame.labels),
    }
    return {**failed, "suspendPayload": {**asked, NESTED_META: meta}}


def _suspended(foreach: ForeachState) -> dict[str, Any]:
    execution, frame, step_id = foreach.execution, foreach.frame, foreach.entry.step.id
    first = min(foreach.suspended)
    asked = foreach.suspended[first]
    execution.emit("workflow-step-suspended", {"id": step_id, **asked})
    frame.suspended[step_id] = frame.path
    frame.labels = {**foreach.labels, **frame.labels}
    payload = asked.get("suspendPayload") or {}
    meta = {
        **payload.get(NESTED_META, {}),
        "foreachIndex": first,
        "foreachOutput": as_list(foreach.known),
        "resumeLabels": dict(frame.labels),
    }
    return {
        **foreach.info,
        "suspendedAt": execution.now(),
        "status": "suspended",
        "suspendPayload": {**without(payload, frozenset({NESTED_META})), NESTED_META: meta},
    }
