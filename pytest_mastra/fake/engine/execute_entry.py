"""Executing one entry of a graph, whatever its kind."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.engine.blocks import execute_conditional, execute_loop, execute_parallel, resume_block
from pytest_mastra.fake.engine.execute_foreach import execute_foreach
from pytest_mastra.fake.engine.execute_foreach_batches import execute_foreach_batches
from pytest_mastra.fake.engine.execute_step import execute_step
from pytest_mastra.fake.engine.position import Frame, Moves
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Until
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
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present
from pytest_mastra.fake.workflows.step_context import block_context, called

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.execution import Execution


def output_before(step_results: dict[str, Any], before: Entry | None) -> Any:
    """Return what the entry before gave; of a block, what each of its children gave."""
    if before is None:
        return step_results.get("input", UNDEFINED)
    if isinstance(before, (ParallelEntry, ConditionalEntry)):
        return present({step.id: _output(step_results, step.id) for step in before.steps})
    return _output(step_results, before.step.id if isinstance(before, (LoopEntry, ForeachEntry)) else before.id)


def _output(step_results: dict[str, Any], step_id: str) -> Any:
    result = step_results.get(step_id)
    return result.get("output", UNDEFINED) if isinstance(result, dict) else UNDEFINED


def execute_entry(execution: Execution, frame: Frame, entry: Entry, before: Entry | None) -> Coroutine:
    """Execute an entry; return its result."""
    previous = output_before(execution.step_results, before)
    moves = Moves(execution.resume, execution.restart, execution.time_travel)
    resume = execution.resume
    blocks = (
        (ParallelEntry, ConditionalEntry) if execution.server_state.generation.resumes_one_branch else ParallelEntry
    )
    if resume is not None and resume.path and isinstance(entry, blocks):
        # Mastra returns from here without storing anything, until the end of the execution
        return (yield from resume_block(execution, frame, entry, before, resume))
    if isinstance(entry, (StepEntry, MappingEntry)):
        result = yield from _execute_single(execution, frame, entry, previous, moves)
    elif isinstance(entry, ParallelEntry):
        result = yield from execute_parallel(execution, frame, entry, previous, moves)
    elif isinstance(entry, ConditionalEntry):
        result = yield from execute_conditional(execution, frame, entry, previous, moves)
    elif isinstance(entry, LoopEntry):
        result = yield from execute_loop(execution, frame, entry, previous, moves)
    elif isinstance(entry, ForeachEntry):
        items = _recorded_payload(execution, moves, entry.step.id, previous)
        run_items = execute_foreach if execution.server_state.generation.item_queue else execute_foreach_batches
        result = yield from run_items(execution, frame, entry, items, moves)
    else:
        result = yield from _execute_sleep(execution, frame, entry, previous)
    return (yield from _ended(execution, frame, entry, result))


def _ended(execution: Execution, frame: Frame, entry: Entry, result: dict[str, Any]) -> Coroutine:
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
    execution: Execution, frame: Frame, entry: StepEntry | MappingEntry, previous: Any, moves: Moves
) -> Coroutine:
    is_resumed = moves.resume is not None and entry.id in moves.resume.steps
    if not is_resumed:
        frame.execution_path.append(entry.id)
    prev_output = _recorded_payload(execution, moves, entry.id, previous)
    result = yield from execute_step(execution, frame, entry.step, prev_output, moves)
    execution.step_results[entry.id] = result
    return result


def _recorded_payload(execution: Execution, moves: Moves, step_id: str, previous: Any) -> Any:
    """Return the input of a step: that of its first time, if it is resumed."""
    recorded = execution.step_results.get(step_id)
    is_resumed = moves.resume is not None and step_id in moves.resume.steps
    if is_resumed and isinstance(recorded, dict) and "payload" in recorded:
        return recorded["payload"]
    return previous


def _execute_sleep(execution: Execution, frame: Frame, entry: SleepEntry, previous: Any) -> Coroutine:
    frame.execution_path.append(entry.id)
    started = execution.now()
    about = present({"payload": previous, "startedAt": started})
    execution.emit("workflow-step-waiting", {"id": entry.id, **about, "status": "waiting"})
    execution.step_results[entry.id] = {"status": "waiting", **about}
    frame.active[entry.id] = frame.path
    yield from execution.persist(frame, "waiting")
    moment = _wake_up(execution, frame, entry, previous)
    if moment > execution.scheduler.now():
        yield Until(moment, execution.signal if execution.server_state.generation.cancels_sleeps else None)
    frame.active.pop(entry.id, None)
    if execution.signal.aborted:
        return {"status": "canceled"}
    yield from execution.persist(frame, "running")
    ended = execution.now()
    result = present({**about, "endedAt": ended, "status": "success", "output": previous})
    execution.step_results[entry.id] = result
    event = present({"id": entry.id, "endedAt": ended, "status": "success", "output": previous})
    execution.emit("workflow-step-result", event)
    execution.emit("workflow-step-finish", {"id": entry.id, "metadata": {}})
    return result


def _wake_up(execution: Execution, frame: Frame, entry: SleepEntry, previous: Any) -> float:
    now = execution.scheduler.now()
    wish: Any = entry.until if entry.seconds is None else entry.seconds
    if callable(wish):
        name = "sleep" if entry.until is None else "sleepUntil"
        wish = called(execution, wish, block_context(execution, frame, previous, name), entry.id)
    if entry.until is None:
        return now + max(0.0, float(wish or 0))
    return wish.timestamp() if isinstance(wish, datetime) else float(wish or 0.0)
