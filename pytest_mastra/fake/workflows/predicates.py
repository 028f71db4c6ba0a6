"""Conditions of stored workflows, which are data: `{"op": "gt", "left": {"path": ...}, "right": {"literal": 1}}`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from pytest_mastra.fake.workflows.javascript import UNDEFINED, deep_equal, truthy
from pytest_mastra.fake.workflows.step_context import StepContext

Predicate = Mapping[str, Any]
"""A condition as it is stored."""

_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")

_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


_NEGATED = {"notExists": "exists", "falsy": "truthy", "notIn": "in"}
"""What holds where its opposite does not; a comparison of what is not there never holds."""


class _Missing:
    """Stands for what a path does not lead to."""


_MISSING = _Missing()


def condition_of(predicate: Predicate) -> Callable[[StepContext], bool]:
    """Return a condition as a function of the context, as branches and loops take it."""

    def holds(ctx: StepContext) -> bool:
        return _holds(predicate, ctx)

    return holds


def _holds(predicate: Predicate, ctx: StepContext) -> bool:
    kind: str = predicate["op"]
    if kind in ("and", "or"):
        inner = (_holds(one, ctx) for one in predicate["args"])
        return all(inner) if kind == "and" else any(inner)
    if kind == "not":
        return not _holds(predicate["arg"], ctx)
    if kind in _NEGATED:
        return not _holds({**predicate, "op": _NEGATED[kind]}, ctx)
    if kind in ("exists", "truthy", "in"):
        return _fits(predicate, _at(predicate["path"], ctx) if kind == "exists" else _value(predicate["value"], ctx))
    return _compares(kind, _value(predicate["left"], ctx), _value(predicate["right"], ctx))


def _fits(predicate: Predicate, value: Any) -> bool:
    if value is _MISSING:
        return False
    if predicate["op"] == "truthy":
        return truthy(value)
    return predicate["op"] == "exists" or any(_equal(member, value) for member in predicate["set"])


def _compares(kind: str, left: Any, right: Any) -> bool:
    if left is _MISSING or right is _MISSING:
        return False
    if kind in ("eq", "ne"):
        return _equal(left, right) == (kind == "eq")
    for types in ((int, float), (str,)):
        if all(isinstance(side, types) and not isinstance(side, bool) for side in (left, right)):
            return _ORDERED[kind](left, right)
    return False


def _equal(left: Any, right: Any) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and deep_equal(left, right)


def _value(given: Mapping[str, Any], ctx: StepContext) -> Any:
    return given["literal"] if "literal" in given else _at(given["path"], ctx)


def _at(raw: str, ctx: StepContext) -> Any:
    """Return what lies at a path that begins with `initData`, `inputData`, `state` or `stepResults`."""
    text = raw.strip()
    placeholder = _PLACEHOLDER.fullmatch(text)
    root, *path = (placeholder[1].strip() if placeholder else text).split(".")
    if root == "initData":
        return _walk(ctx.get_init_data(), path)
    if root == "inputData":
        return _walk(ctx.input_data, path)
    if root == "state":
        return _walk(ctx.state, path)
    if root == "stepResults" and path:
        result = ctx.get_step_result(path[0])
        return _MISSING if result is None else _walk(result, path[1:])
    return _MISSING


def _walk(value: Any, path: list[str]) -> Any:
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return _MISSING
    return _MISSING if value is UNDEFINED else value
