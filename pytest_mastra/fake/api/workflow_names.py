"""Names of a fake's workflows: which there are, which may be meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.workflows.definition import Workflow

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.state import ServerState


def explain_unknown_workflow(name: str, known: Iterable[str]) -> str:
    """Return what workflows there are, and which is the nearest to this one."""
    names = list(dict.fromkeys(known))
    hint = did_you_mean(nearest_name(name, names), before=" ", capital=True)
    return f"There is no workflow {name!r}.{hint} Declared: {', '.join(map(repr, names)) or 'none'}."


def names_in_requests(state: ServerState) -> list[str]:
    """Return the keys and ids of the workflows that requests can name."""
    return [*state.workflows, *(workflow.id for workflow in state.workflows.values())]


def id_of_workflow(name: str, state: ServerState) -> str:
    """Return the id of a workflow, which may be nested only, by its id or key.

    Raises:
        TypeError: No text.
        ValueError: There is no such workflow; says which there are, and which may be meant.
    """
    if not isinstance(name, str):
        raise TypeError(f"a workflow is named by its id, a text, not {name!r}")
    listed = state.workflow(name)
    if listed is not None:
        return listed.id
    nested = [inner.id for workflow in state.workflows.values() for inner in _nested_in(workflow)]
    if name not in nested:
        raise ValueError(explain_unknown_workflow(name, [*names_in_requests(state), *nested]))
    return name


def _nested_in(workflow: Workflow) -> Iterator[Workflow]:
    for step in workflow.steps.values():
        if isinstance(step, Workflow):
            yield step
            yield from _nested_in(step)
