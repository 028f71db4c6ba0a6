"""Executing a foreach: items side by side up to a limit, each suspending on its own."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from pytest_mastra.fake.engine.callbacks import call_back, callback_context
from pytest_mastra.fake.engine.execute_step import execute_step
from pytest_mastra.fake.engine.execution import Execution, recorded_meta, recorded_report
from pytest_mastra.fake.engine.foreach_items import items_by_index, length_of
from pytest_mastra.fake.engine.position import Continuation, Frame, Resume
from pytest_mastra.fake.engine.suspend_payloads import meta_of, with_meta
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Gate
from pytest_mastra.fake.workflows.errors import error_object
from pytest_mastra.fake.workflows.graph import ForeachEntry
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present


@dataclass
class ForeachState:
    """What is known of the items while they run.

    Attributes:
        execution: The execution around them.
        frame: Where the foreach is.
        entry: The foreach.
        items: What the step is executed with, item by item.
        total: How many items there are, as events say it.
        continuation: What the foreach goes on from.
        info: What is known of the foreach itself.
        known: Results of the items, by index.
        labels: Resume labels of an earlier execution.
        outputs: What items gave, by index.
        run_ids: Runs of a nested workflow, by index.
        suspended: What suspended items suspended with, by index.
        waiting: Items that have not begun, with the answer for each.
        running: How many items run.
        completed: How many items have ended, well or not.
        failed: The result of the first item that failed.
        thrown: Results of items whose execution threw; streams do not say what, but those who observe later learn it.
        told: The error that was told of the first of these.
        unsuccessful: The result of the first item that ended in another way: bailed, paused.
        canceled: Whether an item found the run cancelled.
        all_done: Opens when no item runs.
    """

    execution: Execution
    frame: Frame
    entry: ForeachEntry
    items: list[Any]
    total: Any
    continuation: Continuation
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
    thrown: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    unsuccessful: dict[str, Any] | None = None
    canceled: bool = False
    all_done: Gate = field(default_factory=Gate)


def execute_foreach(
    execution: Execution, frame: Frame, entry: ForeachEntry, items: Any, continuation: Continuation
) -> Coroutine:
    """Execute a step once per item."""
    step_id = entry.step.id
    recorded = recorded_report(execution.step_results, step_id)
    meta = recorded_meta(recorded)
    info = foreach_info(execution, step_id, items, continuation)
    event = {"id": step_id, **execution.server_state.without_prior_completion(info), "status": "running"}
    execution.emit("workflow-step-start", event)
    known = {index: item for index, item in enumerate(meta.get("foreachOutput", [])) if item is not None}
    labels = labels_of_step(meta, step_id)
    total, each = length_of(items), items_by_index(items)
    foreach = ForeachState(execution, frame, entry, each, total, continuation, info, known, labels)
    _queue_items(foreach, meta.get("foreachIndex", 0) if recorded.get("status") == "suspended" else 0)
    for _ in range(concurrency_of(execution, frame, entry, items)):
        _begin_next(foreach)
    if foreach.running:
        yield foreach.all_done
    result = _foreach_result(foreach)
    if foreach.thrown and result["status"] == "failed":
        yield None
        foreach.told.update(result["error"])
    return result


def foreach_info(execution: Execution, step_id: str, items: Any, continuation: Continuation) -> dict[str, Any]:
    """Return what is known of a foreach that begins."""
    known = execution.server_state.without_prior_completion(recorded_report(execution.step_results, step_id))
    resume = continuation.resume
    if resume is not None and resume.steps[:1] == [step_id]:
        return present({**known, "resumePayload": resume.payload, "resumedAt": execution.now()})
    return present({**known, "payload": items, "startedAt": execution.now()})


def labels_of_step(meta: dict[str, Any], step_id: str) -> dict[str, Any]:
    """Return the resume labels of a suspended foreach."""
    return {name: label for name, label in meta.get("resumeLabels", {}).items() if label["stepId"] == step_id}


def concurrency_of(execution: Execution, frame: Frame, entry: ForeachEntry, items: Any) -> int:
    """Return how many items may run at once."""
    wish = entry.concurrency
    if callable(wish):
        wish = call_back(execution, wish, callback_context(execution, frame, items, "foreach"), entry.step.id)
    return max(1, int(wish))


def _queue_items(foreach: ForeachState, first_suspended: int) -> None:
    resume = foreach.continuation.resume
    only = resume.item if resume is not None else None
    for index in range(len(foreach.items)):
        known = foreach.known.get(index, {})
        status = known.get("status")
        if status == "success" or (status == "suspended" and only is not None and only != index):
            _take_over_item(foreach, index, known)
            continue
        if only is not None:
            answer = resume if only == index else None
        else:
            answer = resume if status == "suspended" or first_suspended == index else None
        foreach.waiting.append((index, answer))


def _take_over_item(foreach: ForeachState, index: int, known: dict[str, Any]) -> None:
    """Keep what an item gave, or suspended with, in an earlier execution."""
    run_id = known.get("metadata", {}).get("nestedRunId")
    if isinstance(run_id, str):
        foreach.run_ids[index] = run_id
    if known["status"] == "suspended":
        foreach.suspended[index] = _suspension(known)
        return
    forget_label(foreach.labels, index)
    if "output" in known:
        foreach.outputs[index] = known["output"]
    foreach.known[index] = without_suspend_payload(known)


def without_suspend_payload(result: dict[str, Any]) -> dict[str, Any]:
    """Return an item's result with nothing in the place of what it suspended with."""
    if "suspendPayload" in result or "suspendedAt" not in result:
        return {**result, "suspendPayload": {}}
    before = {key: result[key] for key in result if key != "suspendedAt"}
    return {**before, "suspendPayload": {}, "suspendedAt": result["suspendedAt"]}


def _suspension(result: dict[str, Any]) -> dict[str, Any]:
    return {key: result[key] for key in ("status", "suspendPayload", "suspendedAt") if key in result}


def forget_label(labels: dict[str, Any], index: int) -> None:
    """Drop the resume label of an item, if it has one."""
    name = next((name for name, label in labels.items() if label.get("foreachIndex") == index), None)
    if name is not None:
        del labels[name]


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
        continuation = Continuation(answer, foreach.continuation.restart, foreach.continuation.time_travel)
        frame = foreach.frame.for_item(index)
        step, item = foreach.entry.step.step, foreach.items[index]
        try:
            result = yield from execute_step(execution, frame, step, item, continuation, quiet=True)
            _record_item(foreach, index, result)
        except Exception as error:  # noqa: BLE001 -- the foreach waits for all its items, and is to end
            _record_breakdown(foreach, index, error)
    foreach.running -= 1
    _begin_next(foreach)
    if not foreach.running:
        foreach.all_done.open()


def _record_item(foreach: ForeachState, index: int, result: dict[str, Any]) -> None:
    status = result["status"]
    if status == "success":
        foreach.completed += 1
        _emit_progress(foreach, index, "success", result.get("output", UNDEFINED))
        forget_label(foreach.labels, index)
        if "output" in result:
            foreach.outputs[index] = result["output"]
    elif status == "suspended":
        foreach.suspended.setdefault(index, _suspension(result))
        _emit_progress(foreach, index, "suspended")
    else:
        foreach.completed += 1
        _emit_progress(foreach, index, "failed")
        if status == "failed":
            foreach.failed = foreach.failed or result
        else:
            foreach.unsuccessful = foreach.unsuccessful or result
    if status != "success":
        foreach.waiting.clear()
    run_id = result.get("metadata", {}).get("nestedRunId")
    if isinstance(run_id, str):
        foreach.run_ids[index] = run_id
    foreach.known[index] = result if status == "suspended" else without_suspend_payload(result)


def _record_breakdown(foreach: ForeachState, index: int, error: Exception) -> None:
    """Let the foreach fail with an exception that is not the step's, as Mastra does."""
    execution = foreach.execution
    execution.server_state.note_failure(execution.run, foreach.entry.step.id, error)
    now = execution.now()
    thrown = {"status": "failed", "error": error_object(error), "startedAt": now, "endedAt": now}
    foreach.thrown.append(thrown)
    foreach.failed = foreach.failed or thrown
    foreach.known[index] = thrown
    foreach.waiting.clear()


def _emit_progress(foreach: ForeachState, index: int, status: str, output: Any = UNDEFINED) -> None:
    payload = {
        "id": foreach.entry.step.id,
        "completedCount": foreach.completed,
        "totalCount": foreach.total,
        "currentIndex": index,
        "iterationStatus": status,
        "iterationOutput": output,
    }
    foreach.execution.emit("workflow-step-progress", present(payload))


def as_list(values: dict[int, Any]) -> list[Any]:
    """Return a list with null where JavaScript's has a hole."""
    return [values.get(index) for index in range(max(values, default=-1) + 1)]


def _foreach_result(foreach: ForeachState) -> dict[str, Any]:
    execution, step_id = foreach.execution, foreach.entry.step.id
    outputs = as_list(foreach.outputs)
    if foreach.canceled or execution.signal.aborted:
        return {**foreach.info, "status": "canceled", "output": outputs, "endedAt": execution.now()}
    if foreach.failed is not None:
        return _failed_result(foreach, foreach.failed)
    if foreach.unsuccessful is not None:
        emit_foreach_end(execution, step_id, foreach.unsuccessful)
        return foreach.unsuccessful
    if foreach.suspended:
        return suspend_foreach(
            execution,
            foreach.frame,
            step_id,
            info=foreach.info,
            suspended=foreach.suspended,
            known=foreach.known,
            labels=foreach.labels,
        )
    ended = execution.now()
    emit_foreach_end(execution, step_id, {"status": "success", "output": outputs, "endedAt": ended})
    result = {**foreach.info, "status": "success", "output": outputs}
    if foreach.run_ids:
        result["metadata"] = {"nestedRunId": as_list(foreach.run_ids)}
    return {**result, "endedAt": ended}


def emit_foreach_end(execution: Execution, step_id: str, result: dict[str, Any]) -> None:
    """Tell the watchers what a foreach gave."""
    execution.emit("workflow-step-result", {"id": step_id, **result})
    execution.emit("workflow-step-finish", {"id": step_id, "metadata": {}})


def _failed_result(foreach: ForeachState, failed: dict[str, Any]) -> dict[str, Any]:
    shown = ("status", "error", "suspendPayload", "suspendedAt", "endedAt")
    told = {key: failed[key] for key in shown if key in failed}
    if failed in foreach.thrown:
        told["error"] = foreach.told
    emit_foreach_end(foreach.execution, foreach.entry.step.id, told)
    payload = failed.get("suspendPayload")
    labels = dict(foreach.frame.labels)
    meta = {**meta_of(payload), "foreachOutput": as_list(foreach.known), "resumeLabels": labels}
    return {**failed, "suspendPayload": with_meta(payload, meta)}


def suspend_foreach(
    execution: Execution,
    frame: Frame,
    step_id: str,
    *,
    info: dict[str, Any],
    suspended: dict[int, dict[str, Any]],
    known: dict[int, dict[str, Any]],
    labels: dict[str, Any],
) -> dict[str, Any]:
    """Suspend with what the first of the suspended items suspended with.

    Args:
        execution: The execution.
        frame: Where the foreach is.
        step_id: Its id.
        info: What is known of the foreach itself.
        suspended: What the items suspended with, by index.
        known: Results of all items, by index.
        labels: Resume labels of an earlier execution.
    """
    first = min(suspended)
    suspension = suspended[first]
    execution.emit("workflow-step-suspended", {"id": step_id, **suspension})
    frame.suspended[step_id] = frame.path
    frame.labels = {**labels, **frame.labels}
    payload = suspension.get("suspendPayload")
    meta = {
        **meta_of(payload),
        "foreachIndex": first,
        "foreachOutput": as_list(known),
        "resumeLabels": dict(frame.labels),
    }
    return {
        **info,
        "suspendedAt": execution.now(),
        "status": "suspended",
        "suspendPayload": with_meta(payload, meta),
    }
