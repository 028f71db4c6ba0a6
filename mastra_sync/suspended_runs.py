"""Runs that wait for an answer, whichever workflow they are of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mastra_sync.step_graph import step_tree
from mastra_sync.step_paths import NESTED_META

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult
    from mastra_sync.workflow_models import WorkflowDetails

_Asked = tuple[str, str, tuple[str, ...]]
"""A run, its workflow, and the step that asks in it."""


def ids_outermost_first(workflows: Mapping[str, WorkflowDetails]) -> list[str]:
    """Return workflows' ids, each before those of the workflows that are nested in it.

    Args:
        workflows: By registered key.
    """
    heights = {details.name or key: _height(step_tree(details.step_graph)) for key, details in workflows.items()}
    return sorted(heights, key=lambda workflow_id: -heights[workflow_id])


def each_once(workflow_ids: Iterable[str], runs_of: Callable[[str], Iterator[RunResult]]) -> Iterator[RunResult]:
    """Give suspended runs without those of nested workflows.

    Servers store those as runs of their own too; to answer such a record moves the nested run on, and not the run
    that waits for it.

    Args:
        workflow_ids: The workflows, each before those that are nested in it.
        runs_of: Gives a workflow's suspended runs.
    """
    inside: set[_Asked] = set()
    for workflow_id in workflow_ids:
        for run in runs_of(workflow_id):
            asked = {(run.run_id or "", workflow_id, tuple(path)) for path in run.suspended}
            inside |= set(_nested_in(run))
            if not asked or not asked <= inside:
                yield run


def _nested_in(run: RunResult) -> Iterator[_Asked]:
    """Give what asks in the runs of nested workflows."""
    run_ids = {run.run_id or "", *(found for step in run.steps.values() for found in _run_ids(step.suspend_payload))}
    for path in run.suspended:
        for depth in range(1, len(path)):
            for run_id in run_ids:
                yield run_id, path[depth - 1], tuple(path[depth:])


def _run_ids(payload: Any) -> Iterator[str]:
    """Give the ids of nested runs, as the engine has noted them beside what was asked."""
    meta = payload.get(NESTED_META) if isinstance(payload, Mapping) else None
    if not isinstance(meta, Mapping):
        return
    if isinstance(meta.get("runId"), str):
        yield meta["runId"]
    items = meta.get("foreachOutput")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, Mapping):
            yield from _run_ids(item.get("suspendPayload"))


def _height(tree: Mapping[str, Any]) -> int:
    return 1 + max(map(_height, tree.values()), default=0) if tree else 0
