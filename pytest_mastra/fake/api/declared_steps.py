"""The steps that a fake's workflows are made of, found by their ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.api.workflow_names import id_of_workflow
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.graph import Step

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.state import ServerState


def find_step(state: ServerState, step_id: str, workflow: str | None = None) -> Step:
    """Return the declared step of an id.

    Args:
        state: What the server knows.
        step_id: The step's id.
        workflow: The workflow in which it is declared, by id or key; by default any.

    Raises:
        TypeError: It is a function, not an id.
        ValueError: There is none, or several workflows have one of their own; says which may be meant.
    """
    if callable(step_id):
        name = getattr(step_id, "__name__", "step")
        raise TypeError(f"a step's id comes first, then what it does: server.step({name!r}, {name})")
    own = None if workflow is None else id_of_workflow(workflow, state)
    known = [(where, step) for where, step in _all_steps(state) if own in (None, where)]
    found = {id(step): (where, step) for where, step in known if step.id == step_id}
    if len(found) == 1:
        return next(iter(found.values()))[1]
    if found:
        where = sorted({name for name, _ in found.values()})
        raise ValueError(
            f"there are several steps {step_id!r}, in {', '.join(map(repr, where))}: "
            f"server.step({step_id!r}, workflow={where[0]!r}) is one of them"
        )
    names = list(dict.fromkeys(step.id for _, step in known))
    there = "" if own is None else f" in workflow {own!r}"
    hint = did_you_mean(nearest_name(step_id, names), before=" ", capital=True)
    raise ValueError(
        f"there is no step {step_id!r}{there}.{hint} Declared: {', '.join(map(repr, names)) or 'none'}. "
        f"A new one needs what it does: server.step({step_id!r}, lambda ctx: ...)"
    )


def is_declared(state: ServerState, step_id: str, workflow: str | None = None) -> bool:
    """Return whether any workflow, or the one of this id or key, has a step."""
    listed = None if workflow is None else state.workflow(workflow)
    own = workflow if listed is None else listed.id
    return any(step.id == step_id and own in (None, where) for where, step in _all_steps(state))


def _all_steps(state: ServerState) -> Iterator[tuple[str, Step]]:
    """Give the steps of all workflows, each with the id of its workflow."""
    for workflow in state.workflows.values():
        yield from _steps_in(workflow)


def _steps_in(workflow: Workflow) -> Iterator[tuple[str, Step]]:
    for step in workflow.steps.values():
        if isinstance(step, Workflow):
            yield from _steps_in(step)
        elif isinstance(step, Step):
            yield workflow.id, step
