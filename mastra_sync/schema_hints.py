"""Why a workflow may have rejected its input, from the top of its JSON Schema.

This is good enough for a hint, no more: a server's schema may convert and fill in what it finds wrong, so nothing is
ever refused for it. Values are not shown, for they may be secrets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
_MENTIONED = 3


def likely_mismatch(schema: Mapping[str, Any] | None, value: Any) -> str:
    """Return what a schema probably rejects in a value, empty if nothing is seen.

    Args:
        schema: JSON Schema of the workflow's input.
        value: Plain JSON.
    """
    found = list(_mismatches(schema or {}, value))
    more = f" and {len(found) - _MENTIONED} more" if len(found) > _MENTIONED else ""
    return "; ".join(found[:_MENTIONED]) + more


def _mismatches(schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    if not fits(schema, value):
        yield f"the input must be {' or '.join(_allowed_types(schema))}, not {_json_type(value)}"
        return
    if not isinstance(value, Mapping):
        return
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if isinstance(name, str) and name not in value:
            yield f'"{name}" is missing'
    for name, item in value.items():
        known = properties.get(name)
        if isinstance(known, Mapping) and not fits(known, item):
            yield f'"{name}" must be {" or ".join(_allowed_types(known))}, not {_json_type(item)}'
        elif known is None and schema.get("additionalProperties") is False:
            yield f'"{name}" is not a property that it knows'


def fits(schema: Mapping[str, Any], value: Any) -> bool:
    """True if a value is of one of the types that a schema names, if any."""
    allowed = _allowed_types(schema)
    return not allowed or any(_is_of_type(value, wanted) for wanted in allowed)


def _allowed_types(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that a schema names; none if it names none, or unknown ones.

    Zod writes a nullable text as `{"type": ["string", "null"]}` since 4.6, before as `anyOf`.
    """
    choices = schema.get("anyOf")
    of_each = [_named_types(choice) for choice in (choices if isinstance(choices, list) else ())]
    allowed = _named_types(schema) or ([name for names in of_each for name in names] if all(of_each) else [])
    return list(dict.fromkeys(allowed)) if all(name in _TYPES for name in allowed) else []


def _named_types(schema: Any) -> list[str]:
    named = schema.get("type") if isinstance(schema, Mapping) else None
    return [name for name in (named if isinstance(named, list) else [named]) if isinstance(name, str)]


def _is_of_type(value: Any, wanted: str) -> bool:
    if isinstance(value, bool) and wanted != "boolean":
        return False
    return isinstance(value, _TYPES[wanted]) or (
        wanted == "integer" and isinstance(value, float) and value.is_integer()
    )


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return next(name for name, types in _TYPES.items() if isinstance(value, types))
