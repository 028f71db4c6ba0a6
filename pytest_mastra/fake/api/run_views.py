"""What run-by-id and execution-result answer about a stored run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mastra_sync.evented import STORED_STATE
from pytest_mastra.fake.api.call import split_fields
from pytest_mastra.fake.engine.result import clean_stored_step
from pytest_mastra.fake.engine.store import StoredRun
from pytest_mastra.fake.workflows.javascript import UNDEFINED, iso, present, spread

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.state import ServerState


def run_state(state: ServerState, row: StoredRun, *, fields: str = "", nested: bool = True) -> dict[str, Any]:
    """Return a run as run-by-id answers on current and 1.2 servers.

    Args:
        state: What the server knows.
        row: The stored run.
        fields: What is wanted, separated by commas; empty for everything.
        nested: Whether the steps of nested workflows are among its steps.
    """
    wanted = set(split_fields(fields)) if fields else None
    snapshot = row.snapshot

    def of(name: str, value: Any) -> Any:
        return value if wanted is None or name in wanted else UNDEFINED

    wants_steps = wanted is None or "steps" in wanted
    view = {
        "runId": row.run_id,
        "workflowName": row.workflow_id,
        "resourceId": row.resource_id,
        "createdAt": iso(row.created),
        "updatedAt": iso(row.updated),
        "status": snapshot["status"],
        "initialState": snapshot["value"] if spread(snapshot["value"]) else UNDEFINED,
        "result": of("result", snapshot.get("result", UNDEFINED)),
        "error": of("error", snapshot.get("error", UNDEFINED)),
        "payload": of("payload", snapshot["context"].get("input", UNDEFINED)),
        "steps": _steps(state, row, nested=nested) if wants_steps else UNDEFINED,
        "activeStepsPath": of("activeStepsPath", snapshot.get("activeStepsPath", UNDEFINED)),
        "serializedStepGraph": of("serializedStepGraph", snapshot["serializedStepGraph"]),
    }
    if wanted is None and state.generation.suspended_paths:
        view |= {name: snapshot[name] for name in ("suspendedPaths", "resumeLabels", "waitingPaths")}
    return present(view)


def execution_result_of(state: ServerState, row: StoredRun) -> dict[str, Any]:
    """Return a run as execution-result answers (1.0 beta)."""
    snapshot = row.snapshot
    return present(
        {
            "status": snapshot["status"],
            "result": snapshot.get("result", UNDEFINED),
            "error": snapshot.get("error", UNDEFINED),
            "payload": snapshot["context"].get("input", UNDEFINED),
            "steps": _steps(state, row, nested=True),
            "activeStepsPath": snapshot["activeStepsPath"],
            "serializedStepGraph": snapshot["serializedStepGraph"],
        }
    )


def _steps(state: ServerState, row: StoredRun, *, nested: bool) -> dict[str, Any]:
    if nested:
        steps = _nested_steps(state, row.workflow_id, row.run_id)
    else:
        steps = {id_: step for id_, step in row.snapshot["context"].items() if id_ != "input"}
    if not state.generation.moves_metadata:
        return steps
    return {id_: clean_stored_step(step) for id_, step in steps.items() if id_ != STORED_STATE}


def _nested_steps(state: ServerState, workflow_id: str, run_id: str) -> dict[str, Any]:
    """Return a run's steps, and behind each nested workflow that workflow's own."""
    row = state.store.find(workflow_id, run_id)
    if row is None:
        return {}
    steps: dict[str, Any] = {}
    for id_, step in row.snapshot["context"].items():
        if id_ == "input":
            continue
        steps[id_] = step
        if not _is_nested(row.snapshot["serializedStepGraph"], id_, deep=state.generation.finds_nested_in_blocks):
            continue
        inner = {
            f"{prefix}.{name}": value
            for prefix, inner_run in _nested_runs(state, id_, step, run_id)
            for name, value in _nested_steps(state, id_, inner_run).items()
        }
        steps |= inner
        asks = any(isinstance(value, dict) and value.get("status") == "suspended" for value in inner.values())
        if state.generation.shows_running_parents and step.get("status") == "suspended" and asks:
            steps[id_] = {**step, "status": "running"}
    return steps


def _nested_runs(state: ServerState, id_: str, step: dict[str, Any], run_id: str) -> Iterator[tuple[str, str]]:
    own = (step.get("metadata") or {}).get("nestedRunId")
    if not state.generation.own_item_runs or own is None:
        yield id_, run_id
    elif isinstance(own, list):
        yield from ((f"{id_}[{index}]", inner) for index, inner in enumerate(own) if isinstance(inner, str))
    else:
        yield id_, own


def _is_nested(graph: list[dict[str, Any]], step_id: str, *, deep: bool) -> bool:
    for entry in graph:
        inner = entry.get("step", {})
        if entry["type"] in ("loop", "foreach") and "type" in inner:
            entry, inner = inner, inner.get("step", {})  # noqa: PLW2901 -- the entry inside
        if entry["type"] == "workflow" and entry["id"] == step_id:
            return True
        if inner.get("id") == step_id and inner.get("component") == "WORKFLOW":
            return True
        if deep and entry["type"] in ("parallel", "conditional") and _is_nested(entry["steps"], step_id, deep=True):
            return True
    return False
