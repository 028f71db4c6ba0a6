"""What `map` does: a function, or named sources of values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.workflows.errors import StepError
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.fake.workflows.graph import Step, StepFunction
from pytest_mastra.fake.workflows.javascript import NULL, UNDEFINED, dumps

if TYPE_CHECKING:
    from pytest_mastra.fake.workflows.step_context import StepContext

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


def mapping_step(id: str, mapping: StepFunction | Mapping[str, Any], generation: Generation) -> Step:  # noqa: A002
    """Return the step that does a mapping."""
    schema = None if generation.mappings_take_anything else {"type": "object"}
    if callable(mapping):
        return Step(id, mapping, input_schema=schema)
    sources = dict(mapping)
    name = generation.init_data_name
    return Step(
        id, lambda ctx: {key: _value(source, ctx, name) for key, source in sources.items()}, input_schema=schema
    )


def _value(source: Any, ctx: StepContext, init_data: str) -> Any:  # noqa: PLR0911 -- one per kind of source
    if "value" in source:
        return source["value"]
    if "fn" in source:
        return source["fn"](ctx)
    if "template" in source:
        return _PLACEHOLDER.sub(lambda match: _fill_placeholder(match[1], ctx), source["template"])
    if "request_context_path" in source:
        return ctx.request_context.get(source["request_context_path"], UNDEFINED)
    if "init_data" in source:
        return _walk_path(ctx.get_init_data(), source.get("path", "."), init_data)
    step = source["step"]
    if isinstance(step, (list, tuple)):
        label = "|".join(map(_id_of, step))
        chosen = next((option for option in step if ctx.get_step_result(option) is not None), step[-1])
        return _walk_path(ctx.get_step_result(chosen), source.get("path", "."), f"step {label}")
    return _walk_path(ctx.get_step_result(step), source.get("path", "."), f"step {_id_of(step)}")


def _id_of(step: Any) -> str:
    return step if isinstance(step, str) else str(step.id)


def _walk_path(root: Any, path: str, label: str) -> Any:
    if path in ("", "."):
        return NULL if root is None else root
    value = root
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part, UNDEFINED)
        elif isinstance(value, list):
            value = value[int(part)] if part.isdecimal() and int(part) < len(value) else UNDEFINED
        else:
            raise StepError(f"Invalid path {path} in {label}")
    return value


def _fill_placeholder(placeholder: str, ctx: StepContext) -> str:
    scope, _, rest = placeholder.partition(".")
    label = f"template placeholder ${{{placeholder}}}"
    if scope in ("inputData", "initData", "state"):
        roots = {"inputData": ctx.input_data, "initData": ctx.get_init_data(), "state": ctx.state}
        value = _walk_path(roots[scope], rest, label)
    elif scope == "requestContext":
        value = ctx.request_context.get(rest)
    else:
        step, _, inner = rest.partition(".")
        value = _walk_path(ctx.get_step_result(step), inner, label)
    return value if isinstance(value, str) else dumps(value).decode()
