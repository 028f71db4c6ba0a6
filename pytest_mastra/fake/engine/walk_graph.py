"""Walking a workflow's graph from entry to entry, and how such a walk ends."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from pytest_mastra.fake.engine.execute_entry import execute_entry, takes_child_from_path
from pytest_mastra.fake.engine.execution import Execution
from pytest_mastra.fake.engine.position import Continuation, Frame, Resume
from pytest_mastra.fake.engine.result import format_result
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.graph import Entry
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present


def walk_graph(execution: Execution, input_data: Any, initial_state: Any) -> Coroutine:
    """Execute a graph; return what the `-async` verbs answer."""
    walk = execution.options.walk
    with nullcontext() if walk is None else walk.under_way(execution.run.workflow.id):
        return (yield from _walk_entries(execution, input_data, initial_state))


def _walk_entries(execution: Execution, input_data: Any, initial_state: Any) -> Coroutine:
    entries = execution.run.workflow.entries
    execution.server_state.forget_executions(execution.run.workflow)
    first, continuation = _first_entry(execution.continuation)
    _take_over_results(execution, input_data)
    state = _first_state(execution.continuation, initial_state)
    frame = Frame([first], execution.step_execution_path, state)
    outcome: dict[str, Any] = {}
    for index in range(first, len(entries)):
        if execution.signal.aborted and execution.generation.checks_abort_first:
            here = frame if outcome else Frame([index], execution.step_execution_path, state)
            return (yield from _end_canceled(execution, here))
        frame = Frame([index], execution.step_execution_path, state)
        before = entries[index - 1] if index else None
        outcome = yield from execute_entry(execution, frame, entries[index], before, continuation)
        continuation = _without_child(execution, entries[index], continuation)
        state = frame.state
        if outcome["status"] != "success":
            return (yield from _end_stopped(execution, frame, outcome))
        if execution.options.per_step:
            return (yield from _end_paused(execution, frame, outcome))
    result = format_result(execution, outcome)
    yield from execution.persist(frame, result["status"], result=result.get("result", UNDEFINED), error=UNDEFINED)
    if result["status"] != "suspended":
        execution.server_state.forget_status(execution.run)
    return _answer(execution, result, frame)


def _first_entry(continuation: Continuation) -> tuple[int, Continuation]:
    """Return the index of the entry to begin with, and the way on from there."""
    if not continuation.path:
        return 0, continuation
    return continuation.path[0], replace(continuation, path=continuation.path[1:])


def _without_child(execution: Execution, entry: Entry, continuation: Continuation) -> Continuation:
    """Return the way on from an entry; a block has used its child's index."""
    if continuation.path and takes_child_from_path(entry, continuation, execution.generation):
        return replace(continuation, path=continuation.path[1:])
    return continuation


def _take_over_results(execution: Execution, input_data: Any) -> None:
    past = execution.continuation.past
    if past is None:
        execution.step_results = present({"input": input_data})
    else:
        execution.step_results = past.step_results
        execution.step_execution_path = list(past.step_execution_path or [])


def _first_state(continuation: Continuation, initial_state: Any) -> Any:
    past = continuation.past
    state = initial_state if past is None or isinstance(past, Resume) else past.state
    # not a copy: what a nested workflow sets is seen outside at once
    return {} if state is UNDEFINED or state is None else state


def _end_canceled(execution: Execution, frame: Frame) -> Coroutine:
    yield from execution.persist(frame, "canceled")
    return _answer(execution, format_result(execution, {"status": "canceled"}), frame)


def _end_stopped(execution: Execution, frame: Frame, outcome: dict[str, Any]) -> Coroutine:
    if outcome["status"] == "bailed":
        outcome["status"] = "success"
    result = format_result(execution, outcome)
    yield from execution.persist(
        frame,
        result["status"],
        result=result.get("result", UNDEFINED),
        error=result.get("error", UNDEFINED),
        tracing={} if execution.generation.notes_tracing else UNDEFINED,
    )
    if outcome["status"] == "paused":
        execution.emit("workflow-paused", {})
    if outcome["status"] not in ("suspended", "paused"):
        execution.server_state.forget_status(execution.run)
    return _answer(execution, result, frame)


def _end_paused(execution: Execution, frame: Frame, outcome: dict[str, Any]) -> Coroutine:
    result = format_result(execution, outcome)
    yield from execution.persist(frame, "paused")
    execution.emit("workflow-paused", {})
    result.pop("result", None)
    return _answer(execution, {**result, "status": "paused"}, frame)


def _answer(execution: Execution, result: dict[str, Any], frame: Frame) -> dict[str, Any]:
    answer = dict(result)
    if execution.generation.run_id_in_results:
        answer["runId"] = execution.run.run_id
    if execution.options.include_state:
        answer["state"] = frame.state
        if result["status"] == "suspended":
            answer["resumeLabels"] = frame.labels
    return answer
