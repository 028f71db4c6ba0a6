"""What an answer to a step's question says that another might say otherwise. No I/O.

Answers are told apart where there are few: by the properties that are true or false, by those whose schema lists their
values, and by the labels that a step has given to its suspensions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Part = tuple[str, str]
"""One thing that an answer says: a property's name, empty for the answer itself, and its value as JSON."""

Given = tuple[str, str, str]
"""A part of an answer that was given: the step's path, and the part."""

LABEL = "label"
"""What stands for a name where a suspension was answered by its label."""

BOOLEANS = ("true", "false")

MOST_VALUES = 12
"""Values of a property that are told apart."""

_LONGEST = 60


def parts_of_answer(data: Any) -> Iterator[Part]:
    """Give what an answer says that others may say otherwise; nothing of long or nested values."""
    items = data.items() if isinstance(data, Mapping) else [("", data)]
    for name, value in items:
        if isinstance(value, (bool, int, str)) or value is None:
            text = json.dumps(value, ensure_ascii=False)
            if len(text) <= _LONGEST:
                yield str(name), text


def parts_of_schema(schema: Any) -> dict[str, list[str]]:
    """Return for each property of an answer's schema the values that it lists, as JSON."""
    found: dict[str, list[str]] = {}
    for name, own in _properties(schema):
        values = _values(own)
        known = found.setdefault(name, [])
        known += [value for value in values if value not in known]
    return {name: values for name, values in found.items() if 0 < len(values) <= MOST_VALUES}


def _properties(schema: Any) -> Iterator[tuple[str, Any]]:
    """Give the properties of a schema, of each of its alternatives; without any, the schema itself."""
    if not isinstance(schema, Mapping):
        return
    arms = [arm for name in ("anyOf", "oneOf", "allOf") for arm in _listed(schema.get(name))]
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        yield from properties.items()
    elif not arms:
        yield "", schema
    for arm in arms:
        yield from _properties(arm)


def _values(schema: Any) -> list[str]:
    if not isinstance(schema, Mapping):
        return []
    if "const" in schema:
        return [json.dumps(schema["const"], ensure_ascii=False)]
    if isinstance(schema.get("enum"), list):
        return [json.dumps(value, ensure_ascii=False) for value in schema["enum"]]
    inner = [value for name in ("anyOf", "oneOf") for arm in _listed(schema.get(name)) for value in _values(arm)]
    return list(BOOLEANS) if schema.get("type") == "boolean" else inner


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()
