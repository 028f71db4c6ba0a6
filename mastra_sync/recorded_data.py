"""Whether a run was given the same before, as far as a server's record can tell.

Servers keep what their schemas made of it, and the JSON Schemas that they show say what that looks like. What such a
schema can have changed is forgiven: defaults that were filled in, properties that were dropped, texts that were trimmed
or had their case changed, dates that were written otherwise, and whatever a schema does not describe, for a
transformation stands there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from mastra_sync.schema_hints import fits

_NAME = re.compile(r"[A-Za-z_$][\w$-]*")
_SHOWN = 8
_TYPES_OF_ANYTHING = 4
"""Of how many types a value may be where servers of 1.2 describe a transformation."""

_FRACTION = re.compile(r"\.(\d+)")
_MILLISECOND = timedelta(milliseconds=1)
_QUARTER = timedelta(minutes=15)
_FARTHEST = timedelta(hours=14)
"""How far a place's time is from UTC at most; it is so many quarters of an hour."""

Schema = Mapping[str, Any]


def differing_paths(given: Any, recorded: Any, schema: Schema | None) -> list[str]:
    """Return where what is given differs from what was recorded: `amount`, `items[2].price`.

    A difference of the whole value is the path `""`.

    Args:
        given: Plain JSON.
        recorded: What the server keeps.
        schema: JSON Schema of what the server keeps. Without one, or with one that allows anything, every difference
            counts.
    """
    return list(_Comparison(schema or {}).differences(given, recorded, schema or None, ""))


def listed_paths(paths: Sequence[str]) -> str:
    """Return places that differ in words; values are not shown, for they may be secrets."""
    shown = [path or "the whole of it" for path in paths[:_SHOWN]]
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return f"{', '.join(shown)}{more} {'differ' if len(paths) > 1 else 'differs'}"


class _Comparison:
    def __init__(self, root: Schema) -> None:
        self._root = root

    def differences(self, given: Any, recorded: Any, schema: Schema | None, path: str) -> Iterator[str]:
        if is_same(given, recorded):
            return
        schema = self._resolved(schema)
        if schema is None or (_is_untyped(schema) and not path):
            yield from self._plain_differences(given, recorded, path)
        elif alternatives := [self._resolved(choice) or {} for choice in _alternatives(schema)]:
            if path and any(map(_is_untyped, alternatives)):
                return
            fitting = [choice for choice in alternatives if fits(choice, given)]
            found = [list(self.differences(given, recorded, choice, path)) for choice in fitting]
            yield from min(found, key=len, default=[])
        elif (path and _is_untyped(schema)) or not fits(schema, given) or _was_caught(schema, given, recorded):
            # what does not fit was converted: nothing tells from what
            return
        elif isinstance(given, str) and isinstance(recorded, str):
            if _folded(given) != _folded(recorded) and not (
                schema.get("format") == "date-time" and _may_be_same_moment(given, recorded)
            ):
                yield path
        elif isinstance(given, Mapping) and isinstance(recorded, Mapping):
            yield from self._in_object(given, recorded, schema, path)
        elif isinstance(given, list) and isinstance(recorded, list) and len(given) == len(recorded):
            yield from self._in_list(given, recorded, schema, path)
        else:
            yield path

    def _plain_differences(self, given: Any, recorded: Any, path: str) -> Iterator[str]:
        if isinstance(given, Mapping) and isinstance(recorded, Mapping):
            for name in dict.fromkeys([*given, *recorded]):
                if name in given and name in recorded:
                    yield from self.differences(given[name], recorded[name], None, _below(path, name))
                else:
                    yield _below(path, name)
        elif isinstance(given, list) and isinstance(recorded, list) and len(given) == len(recorded):
            yield from self._in_list(given, recorded, {}, path)
        else:
            yield path

    def _in_object(
        self, given: Mapping[str, Any], recorded: Mapping[str, Any], schema: Schema, path: str
    ) -> Iterator[str]:
        properties = _mapping(schema.get("properties"))
        others = schema.get("additionalProperties")
        for name in dict.fromkeys([*given, *recorded]):
            place = _below(path, name)
            known = properties.get(name)
            if name in given and name in recorded:
                below = known if isinstance(known, Mapping) else _mapping(others) or None
                yield from self.differences(given[name], recorded[name], below, place)
            elif name in given:
                # where only what is known is kept, all else is dropped
                if name in properties or others is not False:
                    yield place
            elif not self._was_filled_in(known, recorded[name]):
                yield place

    def _in_list(self, given: list[Any], recorded: list[Any], schema: Schema, path: str) -> Iterator[str]:
        first, rest = schema.get("prefixItems"), schema.get("items")
        own = [*first] if isinstance(first, list) else [*rest] if isinstance(rest, list) else []
        for index, (now, then) in enumerate(zip(given, recorded, strict=True)):
            item = own[index] if index < len(own) else rest
            yield from self.differences(now, then, item if isinstance(item, Mapping) else None, f"{path}[{index}]")

    def _was_filled_in(self, schema: Any, recorded: Any) -> bool:
        """True if a server can have added a property that was not given."""
        resolved = self._resolved(schema if isinstance(schema, Mapping) else None)
        if resolved is None:
            return False
        if "default" in resolved:
            return is_same(resolved["default"], recorded)
        return _is_untyped(resolved)

    def _resolved(self, schema: Schema | None) -> Schema | None:
        """Return a schema with what it refers to in its place, and with what `allOf` adds."""
        for _ in range(len(self._root) + 8):
            if schema is None:
                return None
            reference, parts = schema.get("$ref"), schema.get("allOf")
            if isinstance(reference, str) and reference.startswith("#"):
                schema = {**self._at(reference), **{name: value for name, value in schema.items() if name != "$ref"}}
            elif isinstance(parts, list) and parts:
                schema = _merged([schema, *filter(lambda part: isinstance(part, Mapping), parts)])
            else:
                return schema
        return schema

    def _at(self, reference: str) -> Schema:
        place: Any = self._root
        for name in reference.split("/")[1:]:
            place = _mapping(place).get(name.replace("~1", "/").replace("~0", "~"))
        return _mapping(place)


def is_same(one: Any, other: Any) -> bool:
    """True if two values are the same JSON: 1 is 1.0 and not true."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _below(path: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        return f"{path}[{name!r}]"
    return f"{path}.{name}" if path else name


def _folded(text: str) -> str:
    """Return a text without what trimming, changing case and normalising change."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _was_caught(schema: Schema, given: Any, recorded: Any) -> bool:
    """True if a value that is not allowed was replaced, as by zod's `catch`."""
    allowed = schema.get("enum")
    return isinstance(allowed, list) and given not in allowed and is_same(schema.get("default"), recorded)


def _may_be_same_moment(given: str, recorded: str) -> bool:
    """True if a server can have made a date of one text and written the other.

    It writes milliseconds, in UTC. A text without a time zone is of the server's own, unless it is a mere day.
    """
    made, then = _moment(given), _moment(recorded)
    if then is None or then.tzinfo is None or made is None:
        # JavaScript reads many spellings of a date
        return then is not None and then.tzinfo is not None
    if made.tzinfo is not None:
        return abs(made - then) < _MILLISECOND
    apart = abs(made.replace(tzinfo=timezone.utc) - then)
    return apart % _QUARTER < _MILLISECOND and apart <= _FARTHEST


def _moment(text: str) -> datetime | None:
    """Return the moment that a text of ISO 8601 names, None for other texts."""
    whole = _FRACTION.sub(lambda found: f".{found[1][:6]:0<6}", text.strip().upper().replace("Z", "+00:00"))
    try:
        moment = datetime.fromisoformat(whole)
    except ValueError:
        return None
    return moment if "T" in whole or " " in whole else moment.replace(tzinfo=timezone.utc)


def _is_untyped(schema: Schema) -> bool:
    """True where a schema allows anything, as it does where the server transforms what it gets."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return len(kinds) >= _TYPES_OF_ANYTHING
    return kinds is None and not schema.keys() & {"anyOf", "oneOf", "allOf", "enum", "const", "$ref", "properties"}


def _alternatives(schema: Schema) -> list[Schema]:
    choices = schema.get("anyOf", schema.get("oneOf"))
    return [choice for choice in choices if isinstance(choice, Mapping)] if isinstance(choices, list) else []


def _merged(parts: list[Schema]) -> Schema:
    merged: dict[str, Any] = {}
    for part in parts:
        properties = {**_mapping(merged.get("properties")), **_mapping(part.get("properties"))}
        merged |= {name: value for name, value in part.items() if name != "allOf"}
        if properties:
            merged["properties"] = properties
    if any(part.get("additionalProperties") is False for part in parts):
        merged["additionalProperties"] = False
    return merged


def _mapping(value: Any) -> Schema:
    return value if isinstance(value, Mapping) else {}
