"""Executing blocks: parallel, branch and loop, and blocks of which one child is resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.engine.execute_step import execute_step
from pytest_mastra.fake.engine.position import Frame, Moves, Resume
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Join
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.graph import ConditionalEntry, Entry, LoopEntry, ParallelEntry, StepEntry
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present
from pytest_mastra.fake.workflows.step_context import block_context, called

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.execution import Execution


def execute_parallel(
    execution: Execution, frame: Frame, entry: ParallelEntry, previous: Any, moves: Moves
) -> Coroutine:
    """Execute the children side by side; all of them end before the block does."""
    _mark_running(execution, frame, entry, previous, moves)
    if moves.time_travel is not None and moves.time_travel.path:
        moves.time_travel.path.pop(0)

    def execute_child(index: int, child: StepEntry) -> Coroutine:
        known = execution.step_results.get(child.id)
        if known and known["status"] != "running":
            return known
        if not known and (execution.per_step or moves.time_travel is not None):
            return {}
        return (yield from execute_step(execution, frame.child(index), child.step, previous, moves))

    tasks = tuple(execution.scheduler.spawn(execute_child(index, child)) for index, child in enumerate(entry.steps))
    yield Join(tasks)
    return _gathered(execution, [(child.id, task.value()) for child, task in zip(entry.steps, tasks, strict=True)])


def _mark_running(execution: Execution, frame: Frame, entry: ParallelEntry, previous: Any, moves: Moves) -> None:
    for index, child in enumerate(entry.steps):
        begins = True
        if moves.restart is not None:
            begins = child.id in moves.restart.active
        if moves.time_travel is not None and moves.time_travel.path:
            begins = moves.time_travel.steps[0] == child.id
        if not begins:
            break
        is_resumed = moves.resume is not None and moves.resume.steps[:1] == [child.id]
        moment = {"resumedAt": execution.now()} if is_resumed else {"startedAt": execution.now()}
        data = {"resumePayload": moves.resume.payload} if is_resumed and moves.resume else {"payload": previous}
        known = execution.step_results.get(child.id) or {}
        execution.step_results[child.id] = present({**known, "status": "running", **data, **moment})
        frame.active[child.id] = [*frame.path, index]
        if execution.per_step:
            break


def execute_conditional(
    execution: Execution, frame: Frame, entry: ConditionalEntry, previous: Any, moves: Moves
) -> Coroutine:
    """Execute the children whose condition holds."""
    holding = _holding(execution, frame, entry, previous)
    chosen = [(index, child) for index, child in enumerate(entry.steps) if index in holding]
    travels = moves.time_travel is not None and bool(moves.time_travel.path)
    if execution.per_step or (travels and execution.server_state.generation.travels_to_one_branch):
        chosen = _only_next(execution, chosen, moves, travels=travels)
    if travels and execution.server_state.generation.guards_time_travel:
        _skip_unselected(execution, entry, holding)

    def execute_child(index: int, child: StepEntry) -> Coroutine:
        known = execution.step_results.get(child.id)
        if known and travels and moves.time_travel and moves.time_travel.steps[0] != child.id:
            return known
        if known and known["status"] in ("success", "failed") and moves.restart is None:
            return known
        return (yield from execute_step(execution, frame.child(index), child.step, previous, moves))

    if not execution.server_state.generation.numbers_all_branches:
        chosen = [(place, child) for place, (_, child) in enumerate(chosen)]
    tasks = tuple(execution.scheduler.spawn(execute_child(index, child)) for index, child in chosen)
    yield Join(tasks)
    return _gathered(execution, [(child.id, task.value()) for (_, child), task in zip(chosen, tasks, strict=True)])


def _holding(execution: Execution, frame: Frame, entry: ConditionalEntry, previous: Any) -> set[int]:
    holding = set()
    for index, condition in enumerate(entry.conditions):
        context = block_context(execution, frame, previous, "conditional")
        try:
            holds = bool(condition(context))
        except Exception as error:  # noqa: BLE001 -- a condition that throws does not hold
            execution.server_state.note_failure(execution.run, f"{entry.steps[index].id}-condition", error)
            holds = False
        if holds:
            holding.add(index)
    return holding


def _only_next(
    execution: Execution, chosen: list[tuple[int, StepEntry]], moves: Moves, *, travels: bool
) -> list[tuple[int, StepEntry]]:
    for index, child in chosen:
        if travels and moves.time_travel:
            is_next = moves.time_travel.steps[0] == child.id
        else:
            is_next = child.id not in execution.step_results
        if is_next:
            return [(index, child)]
    return chosen


def _skip_unselected(execution: Execution, entry: ConditionalEntry, holding: set[int]) -> None:
    for index, child in enumerate(entry.steps):
        known = execution.step_results.get(child.id)
        if index in holding or not known or known["status"] != "running":
            continue
        now = execution.now()
        execution.step_results[child.id] = {
            "status": "skipped",
            "payload": known.get("payload", {}),
            "startedAt": known.get("startedAt", now),
            "endedAt": now,
        }


def _gathered(execution: Execution, outcomes: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    failed = next((result for _, result in outcomes if result.get("status") == "failed"), None)
    if failed is not None:
        return {"status": "failed", **{key: failed[key] for key in ("error", "tripwire") if key in failed}}
    suspended = next((result for _, result in outcomes if result.get("status") == "suspended"), None)
    if suspended is not None:
        kept = ("suspendPayload", "suspendOutput", "suspendedAt")
        return {"status": "suspended", **{key: suspended[key] for key in kept if key in suspended}}
    if execution.signal.aborted:
        return {"status": "canceled"}
    outputs = {id_: result.get("output", UNDEFINED) for id_, result in outcomes if result.get("status") == "success"}
    return {"status": "success", "output": present(outputs)}


def execute_loop(execution: Execution, frame: Frame, entry: LoopEntry, previous: Any, moves: Moves) -> Coroutine:
    """Execute a step while, or until, its condition holds."""
    known = execution.step_results.get(entry.step.id) or {}
    rounds = known.get("metadata", {}).get("iterationCount") or 1
    iteration = rounds - 1
    result: dict[str, Any] = present({"status": "success", "output": known.get("payload", previous)})
    while True:
        if execution.signal.aborted:
            return {"status": "canceled"}
        data = result.get("output", UNDEFINED)
        result = yield from execute_step(execution, frame, entry.step.step, data, moves, iteration=iteration + 1)
        moves = Moves(resume=moves.resume if result["status"] == "suspended" else None)
        if result["status"] != "success":
            return result
        if execution.signal.aborted:
            return {"status": "canceled"}
        context = block_context(
            execution, frame, result.get("output", UNDEFINED), "loop", iteration_count=iteration + 1
        )
        holds = bool(called(execution, entry.condition, context, f"{entry.step.id}-condition"))
        iteration += 1
        if execution.signal.aborted:
            return {"status": "canceled"}
        if holds != (entry.kind == "dowhile"):
            return result


def resume_block(
    execution: Execution,
    frame: Frame,
    entry: ParallelEntry | ConditionalEntry,
    before: Entry | None,
    resume: Resume,
) -> Coroutine:
    """Resume one child of a block; the block ends if no other is left."""
    from pytest_mastra.fake.engine.execute_entry import execute_entry  # noqa: PLC0415 -- a block's child is an entry itself

    index = resume.path.pop(0)
    if index >= len(entry.steps):
        # older servers resume a branch without using up its path, and take what is left of it for the next block's
        raise Refusal("Cannot read properties of undefined (reading 'type')")
    child = entry.steps[index]
    inner = frame.resumed_child(index)
    if isinstance(entry, ParallelEntry):
        yield from execute_entry(execution, inner, child, before)
    else:
        recorded = execution.step_results.get(child.id) or {}
        payload = recorded.get("payload", execution.previous_output(before))
        moves = Moves(resume, execution.restart, execution.time_travel)
        yield from execute_step(execution, inner, child.step, payload, moves)
    return _block_result(execution, frame, entry)


def _block_result(execution: Execution, frame: Frame, entry: ParallelEntry | ConditionalEntry) -> dict[str, Any]:
    known = execution.step_results
    children = [child.id for child in entry.steps]
    looked_at = children if isinstance(entry, ParallelEntry) else [id_ for id_ in children if id_ in known]
    if all((known.get(id_) or {}).get("status") == "success" for id_ in looked_at):
        succeeded = [id_ for id_ in children if (known.get(id_) or {}).get("status") == "success"]
        outputs = {id_: known[id_].get("output", UNDEFINED) for id_ in succeeded}
        return {"status": "success", "output": present(outputs)}
    failed = next((known[id_] for id_ in looked_at if (known.get(id_) or {}).get("status") == "failed"), None)
    if failed is not None:
        return {"status": "failed", **{key: failed[key] for key in ("error", "tripwire") if key in failed}}
    left = [(place, id_) for place, id_ in enumerate(children) if (known.get(id_) or {}).get("status") == "suspended"]
    for place, id_ in left:
        frame.suspended[id_] = [*frame.path, place]
    asked = known[left[0][1]].get("suspendPayload", UNDEFINED) if left else {}
    return present({"status": "suspended", "payload": asked, "suspendPayload": asked, "suspendedAt": execution.now()})
