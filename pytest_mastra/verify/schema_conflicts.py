"""Where two JSON Schemas for the same values conflict: no value, or not each, satisfies both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_mastra.fake.workflows.zod_messages import type_name
from pytest_mastra.text.differences import child_path
from pytest_mastra.text.values import shown

DEEPEST = 20
"""Levels that are looked into: schemas may describe themselves."""

_ALTERNATIVES = ("anyOf", "oneOf")


def schema_conflicts(fake: Mapping[str, Any] | None, live: Mapping[str, Any] | None) -> list[str]:
    """Return where a fake's schema conflicts with the live server's, one sentence each.

    There is nothing if one of them says nothing. Looked at are types, choices, required and refused properties; the
    finer constraints are not.
    """
    if not fake or not live:
        return []
    return list(_conflicts(_Schema(fake, fake), _Schema(live, live), "$", DEEPEST))


class _Schema:
    """A schema inside of another one, whose definitions it may refer to."""

    def __init__(self, schema: Any, root: Mapping[str, Any]) -> None:
        self.root = root
        self.schema: Mapping[str, Any] = _resolved(schema, root) if isinstance(schema, Mapping) else {}

    def below(self, schema: Any) -> _Schema:
        return _Schema(schema, self.root)

    @property
    def types(self) -> frozenset[str] | None:
        """The JSON types that it allows; None for any."""
        declared = self.schema.get("type")
        if isinstance(declared, str):
            return frozenset({declared})
        if isinstance(declared, list):
            return frozenset(declared)
        return self._types_of_values() or self._types_of_alternatives()

    def _types_of_values(self) -> frozenset[str] | None:
        values = self.values
        return None if values is None else frozenset(map(type_name, values))

    def _types_of_alternatives(self) -> frozenset[str] | None:
        for keyword in _ALTERNATIVES:
            if isinstance(self.schema.get(keyword), list):
                types = [self.below(alternative).types for alternative in self.schema[keyword]]
                known = [allowed for allowed in types if allowed is not None]
                return frozenset().union(*known) if len(known) == len(types) else None
        return None

    @property
    def values(self) -> list[Any] | None:
        """The values that it allows; None if it does not list them."""
        if "const" in self.schema:
            return [self.schema["const"]]
        declared = self.schema.get("enum")
        return declared if isinstance(declared, list) else None

    @property
    def properties(self) -> Mapping[str, Any]:
        declared = self.schema.get("properties")
        return declared if isinstance(declared, Mapping) else {}

    @property
    def required(self) -> list[str]:
        """What must be there; a server says so of what it fills in, too."""
        declared = self.schema.get("required")
        names = declared if isinstance(declared, list) else []
        return [name for name in names if not _has_default(self.properties.get(name))]

    @property
    def is_closed(self) -> bool:
        return self.schema.get("additionalProperties") is False


def _conflicts(fake: _Schema, live: _Schema, path: str, depth: int) -> Iterator[str]:
    here, there = fake.types, live.types
    if depth == 0 or not fake.schema or not live.schema:
        return
    if here is not None and there is not None and not _widened(here) & _widened(there):
        yield f"{path}: the fake says {_listed(here)}, the live server {_listed(there)}"
        return
    if fake.values is not None and live.values is not None:
        for value in fake.values:
            if value not in live.values:
                yield f"{path}: the fake allows {shown(value)}, which is no choice on the live server"
    yield from _of_properties(fake, live, path, depth)
    if isinstance(fake.schema.get("items"), Mapping) and isinstance(live.schema.get("items"), Mapping):
        items = fake.below(fake.schema["items"]), live.below(live.schema["items"])
        yield from _conflicts(*items, f"{path}[*]", depth - 1)


def _of_properties(fake: _Schema, live: _Schema, path: str, depth: int) -> Iterator[str]:
    if not fake.properties or not (live.properties or live.is_closed):
        return
    for name in live.required:
        if name not in fake.required:
            yield f"{child_path(path, name)}: the live server requires it, the fake does not"
    for name, declared in fake.properties.items():
        inner_path = child_path(path, name)
        if name in live.properties:
            yield from _conflicts(fake.below(declared), live.below(live.properties[name]), inner_path, depth - 1)
        elif live.is_closed:
            yield f"{inner_path}: the live server does not know it"


def without_defaults(schema: Any) -> Any:
    """Return a schema that fills nothing in: what servers give out has gone through it already."""
    if isinstance(schema, list):
        return [without_defaults(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: {name: without_defaults(inner) for name, inner in value.items()}
        if key == "properties" and isinstance(value, Mapping)
        else without_defaults(value)
        for key, value in schema.items()
        if key != "default"
    }


def _has_default(schema: Any) -> bool:
    return isinstance(schema, Mapping) and "default" in schema


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference into the schema itself; one that leads elsewhere says nothing."""
    for _ in range(DEEPEST):
        target = schema.get("$ref")
        if not isinstance(target, str):
            return schema
        found: Any = root
        for part in target.removeprefix("#").strip("/").split("/") if target.startswith("#") else ["\0"]:
            found = found.get(part) if isinstance(found, Mapping) and part else found if not part else None
        if not isinstance(found, Mapping):
            return {}
        schema = found
    return {}


def _widened(types: frozenset[str]) -> frozenset[str]:
    """Return types, with `number` for whole numbers too."""
    return types | {"number"} if "integer" in types else types


def _listed(types: frozenset[str]) -> str:
    return " or ".join(sorted(types))
