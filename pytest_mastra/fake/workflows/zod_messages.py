"""What zod 4 says of values that do not fit, from the keywords of JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jsonschema.exceptions import ValidationError as SchemaError

from pytest_mastra.fake.workflows.javascript import UNDEFINED, dumps

_FORMATS = {
    "email": "email address",
    "uri": "URL",
    "uuid": "UUID",
    "date-time": "ISO datetime",
    "date": "ISO date",
    "time": "ISO time",
    "ipv4": "IPv4 address",
    "ipv6": "IPv6 address",
}


def type_name(value: Any) -> str:
    """Return what zod calls the type of a JSON value."""
    if value is UNDEFINED:
        return "undefined"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def expected_type(schema: Mapping[str, Any]) -> str | None:  # noqa: PLR0911 -- one per keyword
    """Return how zod begins to refuse a value of another type; None if anything fits."""
    if "const" in schema:
        return f"Invalid input: expected {_as_json(schema['const'])}"
    if "enum" in schema:
        return f"Invalid option: expected one of {'|'.join(map(_as_json, schema['enum']))}"
    nullable = not_null(schema.get("anyOf", []))
    if nullable is not None:
        return expected_type(nullable)
    if any(key in schema for key in ("anyOf", "oneOf", "allOf")):
        return "Invalid input"
    declared = schema.get("type")
    if isinstance(declared, list):
        return "Invalid input"
    if declared == "object" and "properties" not in schema and "propertyNames" in schema:
        return "Invalid input: expected record"
    names = {"integer": "number"}
    return f"Invalid input: expected {names.get(declared, declared)}" if isinstance(declared, str) else None


def not_null(options: list[Any]) -> Any:
    """Return the other option where null is one of two, else None."""
    others = [option for option in options if option != {"type": "null"}]
    return others[0] if len(others) == 1 and len(options) > 1 else None


def wrong_type(expected: str, value: Any) -> str:
    """Return what zod says to a value of another type."""
    if not expected.startswith("Invalid input: expected ") or expected.endswith('"'):
        return expected
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if expected.endswith(" number") and is_number:
        return "Invalid input: expected int, received number"
    return f"{expected}, received {type_name(value)}"


def zod_message(error: SchemaError) -> str:
    """Return what zod says where a keyword other than a type is violated."""
    say = _MESSAGES.get(str(error.validator))
    return say(error.validator_value, error) if say else "Invalid input"


def unrecognized_keys(keys: list[str]) -> str:
    """Return what zod says to keys that a strict object does not have."""
    return f"Unrecognized key{'s' if len(keys) > 1 else ''}: {', '.join(map(_as_json, keys))}"


def _as_json(value: Any) -> str:
    return dumps(value).decode()


def _additional(_limit: Any, error: Any) -> str:
    declared = error.schema.get("properties", {})
    return unrecognized_keys([key for key in error.instance if key not in declared])


def _format(name: Any, _error: SchemaError) -> str:
    return f"Invalid {_FORMATS.get(name, name)}"


def _pattern(pattern: Any, error: Any) -> str:
    """A pattern beside a format is how zod describes that format."""
    name = error.schema.get("format")
    return _format(name, error) if name else f"Invalid string: must match pattern /{pattern}/"


_MESSAGES: dict[str, Callable[[Any, SchemaError], str]] = {
    "minLength": lambda limit, _: f"Too small: expected string to have >={limit} characters",
    "maxLength": lambda limit, _: f"Too big: expected string to have <={limit} characters",
    "minItems": lambda limit, _: f"Too small: expected array to have >={limit} items",
    "maxItems": lambda limit, _: f"Too big: expected array to have <={limit} items",
    "minimum": lambda limit, _: f"Too small: expected number to be >={limit}",
    "maximum": lambda limit, _: f"Too big: expected number to be <={limit}",
    "exclusiveMinimum": lambda limit, _: f"Too small: expected number to be >{limit}",
    "exclusiveMaximum": lambda limit, _: f"Too big: expected number to be <{limit}",
    "multipleOf": lambda limit, _: f"Invalid number: must be a multiple of {limit}",
    "pattern": _pattern,
    "format": _format,
    "additionalProperties": _additional,
}
