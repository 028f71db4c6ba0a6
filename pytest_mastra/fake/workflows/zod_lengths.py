"""How long text and lists are, and what zod says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mastra.fake.workflows import zod_messages
from pytest_mastra.fake.workflows.zod_releases import Zod

LIMITS = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")}
"""The keywords of JSON Schema that limit a length, by the type of what has it."""

_OTHER = {one: other for limits in LIMITS.values() for one, other in (limits, limits[::-1])}


def length_fault(keyword: str, schema: Mapping[str, Any], value: str | list[Any], zod: Zod) -> str | None:
    """Return what zod says to a length by a limit; None if it keeps to it."""
    limit, length = schema[keyword], length_of(value, zod)
    is_exact = zod.says_exactly and schema.get(_OTHER[keyword]) == limit
    kind = zod_messages.type_name(value)
    if keyword.startswith("min"):
        return zod_messages.too_small(kind, limit, "exactly " if is_exact else ">=") if length < limit else None
    return zod_messages.too_big(kind, limit, "exactly " if is_exact else "<=") if length > limit else None


def length_of(value: str | list[Any], zod: Zod) -> int:
    """Return how long a release of zod finds text or a list."""
    if isinstance(value, list) or value.isascii():
        return len(value)
    units = value.encode("utf-16-le", "surrogatepass")
    return len(units.decode("utf-16-le", "surrogatepass")) if zod.counts_characters else len(units) // 2
