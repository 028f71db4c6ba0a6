"""A value that fits a JSON Schema, to stand in a test to write. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OF_TYPES: Mapping[str, Any] = {"string": "...", "boolean": True, "null": None, "array": []}
_DEEPEST = 5


def example_of(schema: Any, depth: int = 0) -> Any:
    """Return a value of a schema's types; an empty object where it says nothing."""
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return {}
    given = next((schema[name] for name in ("const", "default") if name in schema), None)
    if given is not None:
        return given
    for name in ("examples", "enum"):
        if isinstance(schema.get(name), list) and schema[name]:
            return schema[name][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(name), list) and schema[name]:
            return example_of(schema[name][0], depth + 1)
    return _of_type(schema, depth)


def _of_type(schema: Mapping[str, Any], depth: int) -> Any:
    wanted = schema.get("type")
    if isinstance(wanted, list) and wanted:
        wanted = wanted[0]
    if wanted in ("number", "integer"):
        return _number(schema, is_whole=wanted == "integer")
    if wanted == "object" or "properties" in schema:
        return _object(schema, depth)
    return _OF_TYPES.get(str(wanted), {})


def _object(schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    properties, required = schema.get("properties"), schema.get("required")
    names = required if isinstance(required, list) else ()
    known = properties if isinstance(properties, Mapping) else {}
    return {name: example_of(known.get(name), depth + 1) for name in names if isinstance(name, str)}


def _number(schema: Mapping[str, Any], *, is_whole: bool) -> float:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if isinstance(low, (int, float)) and low >= 1:
        return low if "minimum" in schema else low + 1
    if isinstance(high, (int, float)) and high <= 1:
        return int(high) - 1 if is_whole else high - 1
    return 1
