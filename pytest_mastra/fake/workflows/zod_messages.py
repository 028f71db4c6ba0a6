"""What zod 4 says of values that do not fit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_mastra.fake.workflows.javascript import UNDEFINED, dumps, to_json_value

INVALID = "Invalid input"
SEVERAL_OPTIONS = "Invalid input: more than one option matched"

_UNITS = {"string": "characters", "array": "items"}


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


def wrong_type(expected: str, value: Any) -> str:
    """Return what zod says to a value of another type."""
    return f"Invalid input: expected {expected}, received {type_name(value)}"


def not_an_option(options: list[Any]) -> str:
    """Return what zod says to a value that is none of those that there are."""
    listed = "|".join(map(_as_json, options))
    return f"Invalid input: expected {listed}" if len(options) == 1 else f"Invalid option: expected one of {listed}"


def no_such_tag(tags: Iterable[Any]) -> str:
    """Return what zod 4.6 says to an object whose tag a union does not know."""
    listed = " | ".join(f"'{tag if isinstance(tag, str) else _as_json(tag)}'" for tag in tags)
    return f"Invalid discriminator value. Expected {listed}"


def too_small(kind: str, limit: Any, sign: str = ">=") -> str:
    """Return what zod says to a value of a kind (`string`, `int`) below its limit."""
    return f"Too small: expected {kind} {_bound(kind, sign, limit)}"


def too_big(kind: str, limit: Any, sign: str = "<=") -> str:
    """Return what zod says to a value of a kind (`string`, `int`) above its limit."""
    return f"Too big: expected {kind} {_bound(kind, sign, limit)}"


def not_a_multiple(divisor: Any) -> str:
    """Return what zod says to a number that another does not divide."""
    return f"Invalid number: must be a multiple of {_as_json(divisor)}"


def unrecognized_keys(keys: list[str]) -> str:
    """Return what zod says to keys that a strict object does not have."""
    return f"Unrecognized key{'s' if len(keys) > 1 else ''}: {', '.join(map(_as_json, keys))}"


def _bound(kind: str, sign: str, limit: Any) -> str:
    if kind in _UNITS:
        return f"to have {sign}{_as_json(limit)} {_UNITS[kind]}"
    return f"to be {sign}{_as_json(limit)}"


def _as_json(value: Any) -> str:
    return dumps(to_json_value(value)).decode()
