"""Executing a foreach: items side by side up to a limit, each of which may suspend on its own."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.engine.execute_step import META, step_steps
from pytest_mastra.fake.engine.position import Frame, Moves, Resume
from pytest_mastra.fake.virtual_time.scheduler import Gate, Steps
from pytest_mastra.fake.workflows.graph import ForeachEntry
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present, without
from pytest_mastra.fake.workflows.step_context import block_context, called

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.execution import Execution


@dataclass
class _Round:
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


def foreach_steps(execution: Execution, frame: Frame, entry: ForeachEntry, items: Any, moves: Moves) -> Steps:
    """Execute a step once per item."""
    step_id = entry.step.id
    recorded = execution.step_results.get(step_id) or {}
    meta = (recorded.get("suspendPayload") or {}).get(META, {})
    info = step_info(execution, step_id, items, moves)
    execution.emit("workflow-step-start", {"id": step_id, **execution.world.tidy(info), "status": "running"})
    labels = {name: label for name, label in meta.get("resumeLabels", {}).items() if label["stepId"] == step_id}
    known = {index: item for index, item in enumerate(meta.get("foreachOutput", [])) if item is not None}
    round_ = _Round(execution, frame, entry, items, moves, info, known, labels)
    _queue_items(round_, meta.get("foreachIndex", 0) if recorded.get("status") == "suspended" else 0)
    for _ in range(concurrency_of(execution, frame, entry, items)):
        _begin_next(round_)
    if round_.running:
        yield round_.all_done
    return _result(round_)


def step_info(execution: Execution, step_id: str, items: Any, moves: Moves) -> dict[str, Any]:
    """Return what is known of a foreach that begins."""
    known = execution.world.tidy(execution.step_results.get(step_id) or {})
    if moves.resume is not None and moves.resume.steps[:1] == [step_id]:
        return present({**known, "resumePayload": moves.resume.payload, "resumedAt": execution.now()})
    return present({**known, "payload": items, "startedAt": execution.now()})


def concurrency_of(execution: Execution, frame: Frame, entry: ForeachEntry, items: Any) -> int:
    """Return how many items may run at once."""
    wish = entry.concurrency
    if callable(wish):
        wish = called(execution, wish, block_context(execution, frame, items, "foreach"), entry.step.id)
    return max(1, int(wish))


def _queue_items(round_: _Round, first_suspended: int) -> None:
    resume = round_.moves.resume
    only = resume.item if resume is not None else None
    for index in range(len(round_.items)):
        known = round_.known.get(index, {})
        status = known.get("status")
        if status == "success" or (status == "suspended" and only is not None and only != index):
            _keep(round_, index, known)
            continue
        if only is not None:
            answer = resume if only == index else None
        else:
            answer = resume if status == "suspended" or first_suspended == index else None
        round_.waiting.append((index, answer))


def _keep(round_: _Round, index: int, known: dict[str, Any]) -> None:
    """Keep what an item gave, or asked, before."""
    run_id = known.get("metadata", {}).get("nestedRunId")
    if isinstance(run_id, str):
        round_.run_ids[index] = run_id
    if known["status"] == "suspended":
        round_.suspended[index] = {
            key: known[key] for key in ("status", "suspendPayload", "suspendedAt") if key in known
        }
        return
    _forget_label(round_, index)
    if "output" in known:
        round_.outputs[index] = known["output"]
    round_.known[index] = {**known, "suspendPayload": {}}


def _forget_label(round_: _Round, index: int) -> None:
    name = next((name for name, label in round_.labels.items() if label.get("foreachIndex") == index), None)
    if name is not None:
        del round_.labels[name]


def _begin_next(round_: _Round) -> None:
    if round_.waiting:
        index, answer = round_.waiting.popleft()
        round_.running += 1
        round_.execution.lane.spawn(_item_steps(round_, index, answer))


def _item_steps(round_: _Round, index: int, answer: Resume | None) -> Steps:
    execution = round_.execution
    if execution.signal.aborted:
        round_.canceled = True
        round_.waiting.clear()
    else:
        moves = Moves(answer, round_.moves.restart, round_.moves.time_travel)
        frame = round_.frame.for_item(index)
        result = yield from step_steps(execution, frame, round_.entry.step.step, round_.items[index], moves, quiet=True)
        _note(round_, index, result)
    round_.running -= 1
    _begin_next(round_)
    if not round_.running:
        round_.all_done.open()


def _note(round_: _Round, index: int, result: dict[str, Any]) -> None:
    status = result["status"]
    if status == "success":
        round_.completed += 1
        _tell_progress(round_, index, "success", result.get("output", UNDEFINED))
        _forget_label(round_, index)
        if "output" in result:
            round_.outputs[index] = result["output"]
    elif status == "suspended":
        kept = ("status", "suspendPayload", "suspendedAt")
        round_.suspended.setdefault(index, {key: result[key] for key in kept if key in result})
        _tell_progress(round_, index, "suspended")
    else:
        round_.completed += 1
        _tell_progress(round_, index, "failed")
        if status == "failed":
            round_.failed = round_.failed or result
        else:
            round_.left = round_.left or result
    if status != "success":
        round_.waiting.clear()
    run_id = result.get("metadata", {}).get("nestedRunId")
    if isinstance(run_id, str):
        round_.run_ids[index] = run_id
    round_.known[index] = result if status == "suspended" else {**result, "suspendPayload": {}}


def _tell_progress(round_: _Round, index: int, status: str, output: Any = UNDEFINED) -> None:
    payload = {
        "id": round_.entry.step.id,
        "completedCount": round_.completed,
        "totalCount": len(round_.items),
        "currentIndex": index,
        "iterationStatus": status,
        "iterationOutput": output,
    }
    round_.execution.emit("workflow-step-progress", present(payload))


def as_list(values: dict[int, Any]) -> list[Any]:
    """Return a list with null where JavaScript's has a hole."""
    return [values.get(index) for index in range(max(values, default=-1) + 1)]


def _result(round_: _Round) -> dict[str, Any]:
    execution, step_id = round_.execution, round_.entry.step.id
    outputs = as_list(round_.outputs)
    if round_.canceled or execution.signal.aborted:
        return {**round_.info, "status": "canceled", "output": outputs, "endedAt": execution.now()}
    if round_.failed is not None:
        return _failed(round_, round_.failed)
    if round_.left is not None:
        _tell_result(execution, step_id, round_.left)
        return round_.left
    if round_.suspended:
        return _suspended(round_)
    ended = execution.now()
    _tell_result(execution, step_id, {"status": "success", "output": outputs, "endedAt": ended})
    result = {**round_.info, "status": "success", "output": outputs}
    if round_.run_ids:
        result["metadata"] = {"nestedRunId": as_list(round_.run_ids)}
    return {**result, "endedAt": ended}


def _tell_result(execution: Execution, step_id: str, result: dict[str, Any]) -> None:
    execution.emit("workflow-step-result", {"id": step_id, **result})
    execution.emit("workflow-step-finish", {"id": step_id, "metadata": {}})


def _failed(round_: _Round, failed: dict[str, Any]) -> dict[str, Any]:
    told = ("status", "error", "suspendPayload", "suspendedAt", "endedAt")
    _tell_result(round_.execution, round_.entry.step.id, {key: failed[key] for key in told if key in failed})
    asked = failed.get("suspendPayload") or {}
    meta = {**asked.get(META, {}), "foreachOutput": as_list(round_.known), "resumeLabels": dict(round_.frame.labels)}
    return {**failed, "suspendPayload": {**asked, META: meta}}


def _suspended(round_: _Round) -> dict[str, Any]:
    execution, frame, step_id = round_.execution, round_.frame, round_.entry.step.id
    first = min(round_.suspended)
    asked = round_.suspended[first]
    execution.emit("workflow-step-suspended", {"id": step_id, **asked})
    frame.suspended[step_id] = frame.path
    frame.labels = {**round_.labels, **frame.labels}
    payload = asked.get("suspendPayload") or {}
    meta = {
        **payload.get(META, {}),
        "foreachIndex": first,
        "foreachOutput": as_list(round_.known),
        "resumeLabels": dict(frame.labels),
    }
    return {
        **round_.info,
        "suspendedAt": execution.now(),
        "status": "suspended",
        "suspendPayload": {**without(payload, frozenset({META})), META: meta},
    }
