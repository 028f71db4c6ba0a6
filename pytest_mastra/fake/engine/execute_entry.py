"""Executing one entry of a graph: a step, block, loop, foreach or pause."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, TypeGuard

from pytest_mastra.fake.engine.callbacks import call_back, callback_context
from pytest_mastra.fake.engine.execute_foreach import execute_foreach
from pytest_mastra.fake.engine.execute_foreach_batches import execute_foreach_batches
from pytest_mastra.fake.engine.execute_step import execute_step
from pytest_mastra.fake.engine.execution import Execution, output_before, recorded_report
from pytest_mastra.fake.engine.position import Continuation, Frame
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Join, Signal, Until
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.fake.workflows.graph import (
    ConditionalEntry,
    Entry,
    ForeachEntry,
    LoopEntry,
    MappingEntry,
    ParallelEntry,
    SleepEntry,
    StepEntry,
)
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present, returned_value, to_number


def execute_entry(
    execution: Execution, frame: Frame, entry: Entry, before: Entry | None, continuation: Continuation
) -> Coroutine:
    """Execute an entry; return its result."""
    previous = output_before(execution.step_results, before)
    is_resumed = continuation.resume is not None and bool(continuation.path)
    if is_resumed and takes_child_from_path(entry, continuation, execution.generation):
        # Mastra returns from here without storing anything, until the end of the execution
        return (yield from _resume_block(execution, frame, entry, before, continuation))
    if isinstance(entry, (StepEntry, MappingEntry)):
        result = yield from _execute_single(execution, frame, entry, previous, continuation)
    elif isinstance(entry, ParallelEntry):
        result = yield from _execute_parallel(execution, frame, entry, previous, continuation)
    elif isinstance(entry, ConditionalEntry):
        result = yield from _execute_conditional(execution, frame, entry, previous, continuation)
    elif isinstance(entry, LoopEntry):
        result = yield from _execute_loop(execution, frame, entry, previous, continuation)
    elif isinstance(entry, ForeachEntry):
        items = _step_input(execution, continuation, entry.step.id, previous)
        execute_items = execute_foreach if execution.generation.item_queue else execute_foreach_batches
        result = yield from execute_items(execution, frame, entry, items, continuation)
    else:
        result = yield from _execute_sleep(execution, frame, entry, previous)
    return (yield from _end_entry(execution, frame, entry, result))


def takes_child_from_path(
    entry: Entry, continuation: Continuation, generation: Generation
) -> TypeGuard[ParallelEntry | ConditionalEntry]:
    """Return whether an entry is a block whose child's index stands in the path.

    Older servers resume a branch without using up its path, and take what is left of it for the next block's.
    """
    if continuation.resume is not None and generation.resumes_one_branch:
        return isinstance(entry, (ParallelEntry, ConditionalEntry))
    return isinstance(entry, ParallelEntry)


def _end_entry(execution: Execution, frame: Frame, entry: Entry, result: dict[str, Any]) -> Coroutine:
    if isinstance(entry, (StepEntry, MappingEntry)):
        execution.step_results[entry.id] = result
    elif isinstance(entry, (LoopEntry, ForeachEntry)):
        execution.step_results[entry.step.id] = result
    if execution.signal.aborted:
        result = {**result, "status": "canceled"}
    yield from execution.persist(frame, "running" if result["status"] == "success" else result["status"])
    if result["status"] == "canceled":
        execution.emit("workflow-canceled", {})
    return result


def _execute_single(
    execution: Execution, frame: Frame, entry: StepEntry | MappingEntry, previous: Any, continuation: Continuation
) -> Coroutine:
    is_resumed = continuation.resume is not None and entry.id in continuation.resume.steps
    if not is_resumed:
        frame.execution_path.append(entry.id)
    prev_output = _step_input(execution, continuation, entry.id, previous)
    result = yield from execute_step(execution, frame, entry.step, prev_output, continuation)
    execution.step_results[entry.id] = result
    return result


def _step_input(execution: Execution, continuation: Continuation, step_id: str, previous: Any) -> Any:
    """Return the input of a step; current servers recall it when the step is resumed."""
    recorded = execution.step_results.get(step_id)
    is_resumed = continuation.resume is not None and step_id in continuation.resume.steps
    if execution.generation.recalls_inputs and is_resumed and isinstance(recorded, dict) and "payload" in recorded:
        return recorded["payload"]
    return previous


def _execute_parallel(
    execution: Execution, frame: Frame, entry: ParallelEntry, previous: Any, continuation: Continuation
) -> Coroutine:
    """Execute the children side by side; all of them end before the block does."""
    _mark_running(execution, frame, entry, previous, continuation)

    def execute_child(index: int, child: StepEntry) -> Coroutine:
        known = recorded_report(execution.step_results, child.id)
        if known and known.get("status") != "running":
            return known
        travels = continuation.time_travel is not None and execution.generation.travels_to_one_child
        if not known and (execution.options.per_step or travels):
            return {}
        return (yield from execute_step(execution, frame.child(index), child.step, previous, continuation))

    tasks = tuple(execution.scheduler.spawn(execute_child(index, child)) for index, child in enumerate(entry.steps))
    yield Join(tasks)
    return _gather_results(
        execution, [(child.id, task.value()) for child, task in zip(entry.steps, tasks, strict=True)]
    )


def _mark_running(
    execution: Execution, frame: Frame, entry: ParallelEntry, previous: Any, continuation: Continuation
) -> None:
    resume = continuation.resume
    for index, child in enumerate(entry.steps):
        begins = True
        if continuation.restart is not None:
            begins = child.id in continuation.restart.active
        if continuation.time_travel is not None and continuation.path:
            begins = continuation.time_travel.steps[0] == child.id
        if not begins and execution.generation.marks_every_target:
            continue
        if not begins:
            break
        is_resumed = resume is not None and resume.steps[:1] == [child.id]
        moment = {"resumedAt": execution.now()} if is_resumed else {"startedAt": execution.now()}
        data = {"resumePayload": resume.payload} if is_resumed and resume else {"payload": previous}
        known = recorded_report(execution.step_results, child.id)
        execution.step_results[child.id] = present({**known, "status": "running", **data, **moment})
        frame.active[child.id] = [*frame.path, index]
        if execution.options.per_step:
            break


def _execute_conditional(
    execution: Execution, frame: Frame, entry: ConditionalEntry, previous: Any, continuation: Continuation
) -> Coroutine:
    """Execute the children whose condition holds."""
    holding = _evaluate_conditions(execution, frame, entry, previous)
    chosen = [(index, child) for index, child in enumerate(entry.steps) if index in holding]
    travel = continuation.time_travel if continuation.path else None
    if execution.options.per_step or (travel is not None and execution.generation.travels_to_one_child):
        target = None if travel is None else travel.steps[0]
        chosen = _next_child(execution, chosen, target)
    if travel is not None and execution.generation.guards_time_travel:
        _skip_unselected(execution, entry, holding)

    def execute_child(index: int, child: StepEntry) -> Coroutine:
        known = recorded_report(execution.step_results, child.id)
        if known and travel is not None and travel.steps[0] != child.id:
            return known
        if known and known.get("status") in ("success", "failed") and continuation.restart is None:
            return known
        return (yield from execute_step(execution, frame.child(index), child.step, previous, continuation))

    if not execution.generation.numbers_all_branches:
        chosen = [(number, child) for number, (_, child) in enumerate(chosen)]
    tasks = tuple(execution.scheduler.spawn(execute_child(index, child)) for index, child in chosen)
    yield Join(tasks)
    return _gather_results(
        execution, [(child.id, task.value()) for (_, child), task in zip(chosen, tasks, strict=True)]
    )


def _evaluate_conditions(execution: Execution, frame: Frame, entry: ConditionalEntry, previous: Any) -> set[int]:
    """Return the indexes of the children whose condition holds."""
    holding = set()
    for index, condition in enumerate(entry.conditions):
        context = callback_context(execution, frame, previous, "conditional")
        try:
            holds = bool(condition(context))
        except Exception as error:  # noqa: BLE001 -- a condition that throws does not hold
            execution.server_state.note_failure(execution.run, f"{entry.steps[index].id}-condition", error)
            holds = False
        if holds:
            holding.add(index)
    return holding


def _next_child(
    execution: Execution, chosen: list[tuple[int, StepEntry]], target: str | None
) -> list[tuple[int, StepEntry]]:
    """Return only the child that is travelled to, or the first that has not run.

    All are returned if there is no such child.
    """
    for index, child in chosen:
        is_next = child.id not in execution.step_results if target is None else child.id == target
        if is_next:
            return [(index, child)]
    return chosen


def _skip_unselected(execution: Execution, entry: ConditionalEntry, holding: set[int]) -> None:
    for index, child in enumerate(entry.steps):
        known = recorded_report(execution.step_results, child.id)
        if index in holding or known.get("status") != "running":
            continue
        now = execution.now()
        execution.step_results[child.id] = {
            "status": "skipped",
            "payload": known.get("payload", {}),
            "startedAt": known.get("startedAt", now),
            "endedAt": now,
        }


def _gather_results(execution: Execution, results: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    failed = next((result for _, result in results if result.get("status") == "failed"), None)
    if failed is not None:
        return _failed_result(failed)
    suspended = next((result for _, result in results if result.get("status") == "suspended"), None)
    if suspended is not None:
        kept = ("suspendPayload", "suspendOutput", "suspendedAt")
        return {"status": "suspended", **{key: suspended[key] for key in kept if key in suspended}}
    if execution.signal.aborted:
        return {"status": "canceled"}
    outputs = {id_: result.get("output", UNDEFINED) for id_, result in results if result.get("status") == "success"}
    return {"status": "success", "output": present(outputs)}


def _failed_result(failed: dict[str, Any]) -> dict[str, Any]:
    return {"status": "failed", **{key: failed[key] for key in ("error", "tripwire") if key in failed}}


def _resume_block(
    execution: Execution,
    frame: Frame,
    entry: ParallelEntry | ConditionalEntry,
    before: Entry | None,
    continuation: Continuation,
) -> Coroutine:
    """Resume one child of a block; the block ends when all its children have."""
    index = continuation.path[0]
    if index >= len(entry.steps):
        raise Refusal("Cannot read properties of undefined (reading 'type')")
    child = entry.steps[index]
    child_frame = frame.resumed_child(index)
    if isinstance(entry, ParallelEntry):
        yield from execute_entry(execution, child_frame, child, before, continuation)
    else:
        recorded = recorded_report(execution.step_results, child.id)
        payload = recorded.get("payload", output_before(execution.step_results, before))
        yield from execute_step(execution, child_frame, child.step, payload, continuation)
    return _block_result(execution, frame, entry)


def _block_result(execution: Execution, frame: Frame, entry: ParallelEntry | ConditionalEntry) -> dict[str, Any]:
    known = execution.step_results
    children = [child.id for child in entry.steps]
    looked_at = children if isinstance(entry, ParallelEntry) else [id_ for id_ in children if id_ in known]
    statuses = {id_: (known.get(id_) or {}).get("status") for id_ in children}
    if all(statuses[id_] == "success" for id_ in looked_at):
        outputs = {id_: known[id_].get("output", UNDEFINED) for id_ in children if statuses[id_] == "success"}
        return {"status": "success", "output": present(outputs)}
    failed = next((known[id_] for id_ in looked_at if statuses[id_] == "failed"), None)
    if failed is not None and execution.generation.fails_resumed_blocks:
        return _failed_result(failed)
    suspended = [(index, id_) for index, id_ in enumerate(children) if statuses[id_] == "suspended"]
    for index, id_ in suspended:
        frame.suspended[id_] = [*frame.path, index]
    payload = known[suspended[0][1]].get("suspendPayload", UNDEFINED) if suspended else {}
    suspension = {"payload": payload, "suspendPayload": payload, "suspendedAt": execution.now()}
    return present({"status": "suspended", **suspension})


def _execute_loop(
    execution: Execution, frame: Frame, entry: LoopEntry, previous: Any, continuation: Continuation
) -> Coroutine:
    """Execute a step while, or until, its condition holds."""
    known = recorded_report(execution.step_results, entry.step.id)
    metadata = known.get("metadata")
    iteration = (metadata.get("iterationCount") if isinstance(metadata, dict) else None) or 1
    result: dict[str, Any] = present({"status": "success", "output": known.get("payload", previous)})
    signal = execution.signal if execution.generation.cancels_loops else Signal()
    while not signal.aborted:
        data = result.get("output", UNDEFINED)
        result = yield from execute_step(execution, frame, entry.step.step, data, continuation, iteration=iteration)
        continuation = Continuation(resume=continuation.resume if result["status"] == "suspended" else None)
        if result["status"] != "success":
            return result
        if signal.aborted:
            break
        output = result.get("output", UNDEFINED)
        context = callback_context(execution, frame, output, "loop", iteration_count=iteration)
        holds = bool(call_back(execution, entry.condition, context, f"{entry.step.id}-condition"))
        iteration += 1
        if not signal.aborted and holds != (entry.kind == "dowhile"):
            return result
    return {"status": "canceled"}


def _execute_sleep(execution: Execution, frame: Frame, entry: SleepEntry, previous: Any) -> Coroutine:
    frame.execution_path.append(entry.id)
    started = execution.now()
    about = present({"payload": previous, "startedAt": started})
    execution.emit("workflow-step-waiting", {"id": entry.id, **about, "status": "waiting"})
    execution.step_results[entry.id] = {"status": "waiting", **about}
    frame.active[entry.id] = frame.path
    yield from execution.persist(frame, "waiting")
    moment = _wake_up_time(execution, frame, entry, previous)
    cancels = execution.generation.cancels_sleeps
    if moment > execution.scheduler.now():
        yield Until(moment, execution.signal if cancels else None)
    frame.active.pop(entry.id, None)
    if execution.signal.aborted and cancels:
        return {"status": "canceled"}
    yield from execution.persist(frame, "running")
    ended = execution.now()
    result = present({**about, "endedAt": ended, "status": "success", "output": previous})
    execution.step_results[entry.id] = result
    event = present({"id": entry.id, "endedAt": ended, "status": "success", "output": previous})
    execution.emit("workflow-step-result", event)
    execution.emit("workflow-step-finish", {"id": entry.id, "metadata": {}})
    return result


def _wake_up_time(execution: Execution, frame: Frame, entry: SleepEntry, previous: Any) -> float:
    now = execution.scheduler.now()
    wish: Any = entry.until if entry.seconds is None else entry.seconds
    if callable(wish):
        wish_of = wish
        name = "sleep" if entry.until is None else "sleepUntil"
        context = callback_context(execution, frame, previous, name)
        wish = call_back(execution, lambda ctx: _moment_or_json(wish_of(ctx)), context, entry.id)
    if entry.until is None:
        return now + finite_seconds(to_number(wish))
    return wish.timestamp() if isinstance(wish, datetime) else finite_seconds(to_number(wish))


def _moment_or_json(value: Any) -> Any:
    return value if isinstance(value, datetime) else returned_value(value)


def finite_seconds(seconds: float) -> float:
    """Return how long JavaScript waits: what is no number is no time."""
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0
