"""The snapshots that the evented engine merges into, result by result."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.engine.evented.messages import Results, as_written
from pytest_mastra.fake.engine.execution import stored_context
from pytest_mastra.fake.engine.state import ServerState
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.javascript import without

PENDING = {"__mastra_pending__": True}
"""Marks the item of a foreach that is about to be resumed."""


class Snapshots:
    """What is stored of a command's runs; each look and each write takes a turn.

    Args:
        server_state: The server.
        request_context: What steps see; it is stored with their results.
    """

    def __init__(self, server_state: ServerState, request_context: dict[str, Any]) -> None:
        self._server_state = server_state
        self._request_context = request_context
        self._is_writing = False

    def load(self, workflow: Workflow, run_id: str) -> Coroutine:
        """Return a run's snapshot, None if there is none."""
        yield None
        row = self._server_state.store.find(workflow.id, run_id)
        return None if row is None else as_written(row.snapshot)

    def persist(self, workflow: Workflow, run_id: str, resource_id: str | None, snapshot: dict[str, Any]) -> Coroutine:
        """Store a whole snapshot."""
        yield from self._wait_to_write()
        self._server_state.store.persist(workflow.id, run_id, resource_id, as_written(snapshot))

    def _wait_to_write(self) -> Coroutine:
        """Wait until nothing else is written, and as long as writing takes."""
        while self._is_writing:
            yield None
        self._is_writing = True
        yield None
        self._is_writing = False

    def resource_id(self, workflow: Workflow, run_id: str) -> Coroutine:
        """Return whose run it is."""
        yield None
        row = self._server_state.store.find(workflow.id, run_id)
        return None if row is None else row.resource_id

    def pending(self, workflow: Workflow, run_id: str) -> dict[str, Any]:
        """Return the snapshot of a nested workflow's run that has not begun."""
        return {
            "runId": run_id,
            "status": "pending",
            "value": {},
            "context": {},
            "activePaths": [],
            "serializedStepGraph": self._server_state.serialized_graph(workflow),
            "activeStepsPath": {},
            "suspendedPaths": {},
            "resumeLabels": {},
            "waitingPaths": {},
            "timestamp": round(self._server_state.clock.now() * 1000),
        }

    def running(self, workflow: Workflow, run_id: str, context: Results, state: Any) -> dict[str, Any]:
        """Return the snapshot of a run that begins, or goes on."""
        return {
            "activePaths": [],
            "suspendedPaths": {},
            "resumeLabels": {},
            "waitingPaths": {},
            "activeStepsPath": {},
            "serializedStepGraph": self._server_state.serialized_graph(workflow),
            "timestamp": round(self._server_state.clock.now() * 1000),
            "runId": run_id,
            "context": context,
            "status": "running",
            "value": state,
        }

    def update_result(self, workflow: Workflow, run_id: str, step_id: str, result: Any) -> Coroutine:
        """Store a step's result beside the others; return them all."""
        written, store = as_written(result), self._server_state.store
        yield from self._wait_to_write()
        row = store.find(workflow.id, run_id)
        snapshot = dict(row.snapshot) if row is not None else self.pending(workflow, run_id)
        context = dict(snapshot["context"])
        context[step_id] = _merged(context.get(step_id), written)
        snapshot["context"] = context
        snapshot["requestContext"] = {**snapshot.get("requestContext", {}), **stored_context(self._request_context)}
        store.persist(workflow.id, run_id, row.resource_id if row is not None else None, snapshot)
        return as_written(context)

    def update_state(self, workflow: Workflow, run_id: str, **changes: Any) -> Coroutine:
        """Store where a run is; a run that is not stored stays so."""
        written, store = as_written(changes), self._server_state.store
        dropped = frozenset(changes) - frozenset(written)
        yield from self._wait_to_write()
        row = store.find(workflow.id, run_id)
        if row is not None:
            snapshot = {**without(row.snapshot, dropped), **written}
            store.persist(workflow.id, run_id, row.resource_id, snapshot)


def _merged(known: Any, result: Any) -> Any:
    """Return a step's result as it is stored: lists of items are merged one by one."""
    outputs = [each.get("output") if isinstance(each, dict) else None for each in (known, result)]
    old, new = outputs
    if not isinstance(old, list) or not isinstance(new, list):
        return result
    is_marked = PENDING in new
    merged = list(old)
    for index, item in enumerate(new):
        if index >= len(old):
            merged.append(None if item == PENDING or item is None or is_marked else item)
        elif item == PENDING:
            merged[index] = None if _can_be_reset(old[index]) else old[index]
        elif item is not None and not is_marked:
            merged[index] = item
    return {**known, **({} if is_marked else result), "output": merged}


def _can_be_reset(item: Any) -> bool:
    if item is None or item == PENDING:
        return True
    return (
        isinstance(item, dict)
        and item.get("status") == "suspended"
        and bool({"suspendPayload", "suspendedAt"} & item.keys())
    )
