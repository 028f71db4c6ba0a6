"""What `map` does: a function, or named sources of values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.workflows.arguments import A_FUNCTION, check_call, check_function, check_json, check_names
from pytest_mastra.fake.workflows.errors import StepError
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.fake.workflows.graph import Step, StepFunction
from pytest_mastra.fake.workflows.javascript import NULL, UNDEFINED, truthy
from pytest_mastra.fake.workflows.mapping_template import check_template, fill_template
from pytest_mastra.fake.workflows.step_context import StepContext, init_data, step_output
from pytest_mastra.fake.workflows.value_path import walk_path
from pytest_mastra.text.values import shown

SOURCES = ("step", "init_data", "value", "request_context_path", "template", "fn")
"""Where a value of a mapping may come from."""


def check_mapping(mapping: object, what: str, steps: Collection[str]) -> None:
    """Refuse what is no mapping.

    Args:
        mapping: What was given.
        what: What it was given for.
        steps: The ids of the steps before it.

    Raises:
        TypeError: It is neither a function nor sources by the names of values; says which there are.
        ValueError: A source has the id of a step misspelt; says which may be meant.
    """
    if callable(mapping):
        check_call(mapping, what)
        return
    if not isinstance(mapping, Mapping):
        raise TypeError(f"{what} takes {A_FUNCTION}, or a source for each key, not {shown(mapping)}")
    for key, source in mapping.items():
        place = f"the source of {key!r} in {what}"
        if not isinstance(source, Mapping):
            raise TypeError(f"{place} is a mapping, such as {{'value': {shown(source)}}}, not {shown(source)}")
        check_names(source, (*SOURCES, "path"), place)
        if not any(name in source for name in SOURCES):
            raise TypeError(f"{place} names none of {', '.join(SOURCES)}: {shown(source)}")
        _check_steps(source.get("step", ()), steps, place)
        if "value" in source:
            check_json(source["value"], place)
        if "fn" in source:
            check_function(source["fn"], place, "lambda ctx: ... is one")


def _check_steps(given: object, steps: Collection[str], place: str) -> None:
    for step in given if isinstance(given, (list, tuple)) else [given]:
        near = nearest_name(step, steps) if isinstance(step, str) and step not in steps else None
        # of one that is like none a server takes it that it has given nothing
        if near is not None:
            raise ValueError(f"{place} is step {step!r}, and none before it has this id{did_you_mean(near)}")


def mapping_step(id: str, mapping: StepFunction | Mapping[str, Any], generation: Generation) -> Step:  # noqa: A002
    """Return the step that does a mapping."""
    if callable(mapping):
        return Step(id, mapping, input_schema=None if generation.mappings_take_anything else {"type": "object"})
    sources = dict(mapping)
    for source in sources.values():
        if "template" in source:
            check_template(source["template"])
    return Step(id, lambda ctx: {key: _value(source, ctx, generation) for key, source in sources.items()})


def _value(source: Any, ctx: StepContext, generation: Generation) -> Any:
    if "value" in source:
        return source["value"]
    if "fn" in source:
        return source["fn"](ctx)
    if "template" in source:
        if not generation.fills_templates:  # they take it for the path of a step's result
            raise StepError("Cannot read properties of undefined (reading 'split')", name="TypeError")
        return fill_template(source["template"], ctx)
    if "request_context_path" in source:
        return ctx.request_context.get(source["request_context_path"], UNDEFINED)
    root, label = _root(source, ctx, generation)
    found = walk_path(root, source.get("path", "."), label)
    return NULL if found is None else found


def _root(source: Any, ctx: StepContext, generation: Generation) -> tuple[Any, str]:
    """Return where a source's path begins, and what errors call it."""
    if "init_data" in source:
        return init_data(ctx), generation.init_data_name
    step = source["step"]
    if not isinstance(step, (list, tuple)):
        return step_output(ctx, step), f"step {_id_of(step)}"
    outputs = (step_output(ctx, option) for option in step)
    names = "|".join(map(_id_of, step))
    label = f"step {names}" if generation.names_source_lists else generation.init_data_name
    return next(filter(_CHOSEN_BY[generation.chosen_source], outputs), None), label


def _id_of(step: Any) -> str:
    return step if isinstance(step, str) else str(step.id)


_CHOSEN_BY: dict[str, Callable[[Any], bool]] = {
    "known": lambda output: output is not None,
    "filled": bool,
    "truthy": truthy,
}
"""Which of several steps a map takes what it gave from: the first."""
