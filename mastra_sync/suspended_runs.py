"""Runs that wait for an answer, whichever workflow they are of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mastra_sync.errors import (
    APIStatusError,
    AuthenticationError,
    MastraError,
    RateLimitError,
    ResponseFormatError,
    RouteNotFound,
    RunsNotListed,
)
from mastra_sync.outages import GATEWAY_STATUSES
from mastra_sync.step_graph import step_tree
from mastra_sync.step_paths import NESTED_META

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult
    from mastra_sync.workflow_models import WorkflowDetails

_Asked = tuple[str, str, tuple[str, ...]]
"""A run, its workflow, and the step that asks in it."""


def outermost_first(workflows: Mapping[str, WorkflowDetails]) -> dict[str, set[str]]:
    """Return which workflows are nested in each, by id.

    Each stands before those that are nested in it.

    Args:
        workflows: By registered key.
    """
    trees = {details.name or key: step_tree(details.step_graph) for key, details in workflows.items()}
    by_height = sorted(trees, key=lambda workflow_id: -_height(trees[workflow_id]))
    return {workflow_id: set(_nested_workflows(trees[workflow_id])) for workflow_id in by_height}


def each_once(workflows: Mapping[str, set[str]], runs_of: Callable[[str], Iterator[RunResult]]) -> Iterator[RunResult]:
    """Give suspended runs without those of nested workflows.

    Servers store those as runs of their own too; to answer such a record moves the nested run on, and not the run
    that waits for it.

    Args:
        workflows: As `outermost_first` returns them.
        runs_of: Gives a workflow's suspended runs.

    Raises:
        RunsNotListed: At the end, if those of some workflows could not be had.
        MastraError: Those of none could be had, or something is wrong with the whole server.
    """
    inside: set[_Asked] = set()
    failures: dict[str, MastraError] = {}
    withheld: list[str] = []
    for workflow_id in workflows:
        if any(workflow_id in workflows[failed] for failed in failures):
            # nobody can tell its own runs from parts of those that are missing
            withheld.append(workflow_id)
            continue
        try:
            for run in runs_of(workflow_id):
                asked = {(run.run_id or "", workflow_id, tuple(path)) for path in run.suspended}
                inside |= set(_nested_in(run))
                if not asked or not asked <= inside:
                    yield run
        except MastraError as error:
            if not _is_of_one_workflow(error):
                raise
            failures[workflow_id] = error
    if failures:
        first = next(iter(failures.values()))
        if len(failures) + len(withheld) == len(workflows):
            raise first
        raise RunsNotListed(failures, workflows=len(workflows), withheld=withheld) from first


def _is_of_one_workflow(error: MastraError) -> bool:
    """True if a server that refuses one workflow's runs may list those of another."""
    if isinstance(error, (AuthenticationError, RateLimitError, RouteNotFound)):
        return False
    if isinstance(error, APIStatusError):
        return error.status_code not in GATEWAY_STATUSES
    return isinstance(error, ResponseFormatError)


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


def _nested_workflows(tree: Mapping[str, Any]) -> Iterator[str]:
    for step_id, own in tree.items():
        if own:
            yield step_id
            yield from _nested_workflows(own)


def _height(tree: Mapping[str, Any]) -> int:
    return 1 + max(map(_height, tree.values()), default=0) if tree else 0
