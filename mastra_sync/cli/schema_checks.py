"""What a JSON Schema finds wrong with an answer, before a server is asked.

Only what is certain: a wrong answer to a step of a nested workflow fails the whole run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mastra_sync.cli.schemas import type_of
from mastra_sync.schema_hints import fits

_NUMBERS = (int, float)


def _matches(value: str, pattern: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:
        # JavaScript's, which the server will know
        return True


# (keyword, kind of value, whether it is right, what is said otherwise)
_LIMITS: tuple[tuple[str, type | tuple[type, ...], Callable[[Any, Any], bool], str], ...] = (
    ("minimum", _NUMBERS, lambda value, limit: value >= limit, "must be at least {}"),
    ("maximum", _NUMBERS, lambda value, limit: value <= limit, "must be at most {}"),
    ("exclusiveMinimum", _NUMBERS, lambda value, limit: value > limit, "must be more than {}"),
    ("exclusiveMaximum", _NUMBERS, lambda value, limit: value < limit, "must be less than {}"),
    ("minLength", str, lambda value, limit: len(value) >= limit, "must have {} characters or more"),
    ("maxLength", str, lambda value, limit: len(value) <= limit, "must have {} characters or fewer"),
    ("pattern", str, _matches, "must match {}"),
    ("minItems", list, lambda value, limit: len(value) >= limit, "must have {} items or more"),
    ("maxItems", list, lambda value, limit: len(value) <= limit, "must have {} items or fewer"),
)


def problem_with(value: Any, schema: Mapping[str, Any]) -> str:
    """Return the first thing that a schema finds wrong with a value, if any.

    Args:
        value: Plain JSON.
        schema: JSON Schema; keywords that are not known here are left to the server.
    """
    return next(_problems(value, schema), "")


def _problems(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    if not fits(schema, value):
        yield f"must be {type_of(schema)}"
        return
    for keyword, kind, is_right, said in _LIMITS:
        limit = schema.get(keyword)
        expected = str if keyword == "pattern" else _NUMBERS
        known = isinstance(limit, expected) and isinstance(value, kind) and not isinstance(value, bool)
        if known and not is_right(value, limit):
            yield said.format(limit)
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for index, item in enumerate(value):
            yield from (f"[{index}] {problem}" for problem in _problems(item, schema["items"]))
    if isinstance(value, Mapping):
        yield from _problems_of_fields(value, schema)


def _problems_of_fields(value: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    properties = schema.get("properties")
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if name not in value:
            yield f"needs {name!r}"
    for name, known in properties.items() if isinstance(properties, Mapping) else ():
        if name in value and isinstance(known, Mapping):
            yield from (f"{name!r} {problem}" for problem in _problems(value[name], known))
