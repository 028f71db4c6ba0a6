"""What zod 4 makes of a value, by the JSON Schema that stands for its schema."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain
from typing import Any

from pytest_mastra.fake.workflows import zod_messages
from pytest_mastra.fake.workflows.javascript import PROTOTYPE, UNDEFINED, copied
from pytest_mastra.fake.workflows.zod_formats import as_address, format_fault, is_of_format, matches, pattern_fault
from pytest_mastra.fake.workflows.zod_lengths import LIMITS, length_fault
from pytest_mastra.fake.workflows.zod_messages import INVALID, type_name, wrong_type
from pytest_mastra.fake.workflows.zod_numbers import is_multiple
from pytest_mastra.fake.workflows.zod_releases import Zod
from pytest_mastra.fake.workflows.zod_rules import beyond_zod

SAFE = 2**53 - 1
"""Zod's whole numbers are safe ones."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that does not fit.

    Attributes:
        path: Where, from the outside in.
        message: What zod says of it.
        aborts: Whether zod's later checks of the same value are left out.
        stops: Whether zod 4.6 leaves out its checks of how long the lists around it are.
    """

    path: Path
    message: str
    aborts: bool = field(default=True, compare=False)
    stops: bool = field(default=False, compare=False)

    def line(self) -> str:
        """Return the issue as Mastra lists it."""
        return f"- {'.'.join(map(str, self.path))}: {self.message}"


Parsed = tuple[Any, list[Issue]]
"""A value as zod leaves it, and what does not fit."""


class UnknownKeys(Enum):
    """What becomes of keys that an object does not declare."""

    DECLARED = "kept, or refused where `additionalProperties` is false: a JSON Schema as it stands"
    DROPPED = "dropped, also where `additionalProperties` is false: what a server shows of `z.object`"
    DROPPED_OR_REFUSED = "dropped, or refused where `additionalProperties` is false: a pydantic model"


class ZodParser:
    """Parses values as zod would.

    Args:
        root: The JSON Schema.
        zod: The release of zod.
        unknown_keys: What becomes of keys that an object does not declare.
        misformatted: Where another judge found text that is not of its format, instead of our own checks of formats
            that have no pattern.
    """

    def __init__(
        self,
        root: Mapping[str, Any],
        zod: Zod,
        unknown_keys: UnknownKeys = UnknownKeys.DECLARED,
        misformatted: Iterable[Path] | None = None,
    ) -> None:
        self._root = root
        self._zod = zod
        self._unknown_keys = unknown_keys
        self._misformatted = None if misformatted is None else frozenset(misformatted)

    def parse(self, value: Any) -> Parsed:
        """Return a value as zod leaves it, and what does not fit.

        A schema of anything leaves the value itself, not a copy.
        """
        return self._parse(self._root, value, ()) if self._root != {} else (value, [])

    def _parse(self, schema: Any, value: Any, path: Path) -> Parsed:
        if schema is False or (isinstance(schema, Mapping) and schema.get("not") in ({}, True)):
            return value, [Issue(path, wrong_type("never", value))]
        if not isinstance(schema, Mapping):
            return copied(value), []
        if "$ref" in schema:
            schema = {**resolved(schema["$ref"], self._root), **{k: v for k, v in schema.items() if k != "$ref"}}
            return self._parse(schema, value, path)
        if value is UNDEFINED and "default" in schema:
            return copied(schema["default"]), []
        fitted, issues = self._intersection(schema, value, path)
        if fitted is UNDEFINED and not issues and path and self._unknown_keys is not UnknownKeys.DROPPED:
            return UNDEFINED, [Issue(path, wrong_type("nonoptional", UNDEFINED))]
        return fitted, issues  # servers show `z.any()` as required too

    def _intersection(self, schema: Mapping[str, Any], value: Any, path: Path) -> Parsed:
        """Parse by each part of a schema, and merge what they leave of the value."""
        own = {key: rule for key, rule in schema.items() if key not in _COMPOSED and key not in _ANNOTATIONS}
        merged, issues = self._typed(own, value, path) if own else (UNDEFINED, [])
        if any(issue.aborts and issue.path == path for issue in issues):
            return value, issues
        for made, faults in self._composed(schema, value, path):
            merged = {**made, **merged} if isinstance(merged, dict) and isinstance(made, dict) else made
            issues = issues + faults
        if not own and not any(key in schema for key in _COMPOSED):
            return copied(value), []
        return merged, issues

    def _composed(self, schema: Mapping[str, Any], value: Any, path: Path) -> Iterator[Parsed]:
        if "anyOf" in schema:
            yield self._union(schema["anyOf"], value, path)
        if "oneOf" in schema:
            yield self._one_of(schema["oneOf"], value, path)
        for part in schema.get("allOf", ()):
            yield self._parse(part, value, path)

    def _union(self, options: list[Any], value: Any, path: Path) -> Parsed:
        if len(options) == 1:
            return self._parse(options[0], value, path)
        if len(options) == 2 and options[1] == _NULL:  # noqa: PLR2004 -- what zod calls nullable
            return (None, []) if value is None else self._parse(options[0], value, path)
        results = [self._parse(option, value, path) for option in options]
        for result in results:
            if not result[1]:
                return result
        # an option that only fails a check beyond the type is the one that was meant
        meant = [result for result in results if not any(issue.aborts for issue in result[1])]
        return meant[0] if len(meant) == 1 else (value, [Issue(path, INVALID)])

    def _one_of(self, options: list[Any], value: Any, path: Path) -> Parsed:
        discriminator = self._discriminator(options)
        if discriminator is None:
            fitting = [result for result in (self._parse(option, value, path) for option in options) if not result[1]]
            if len(fitting) == 1:
                return fitting[0]
            several = len(fitting) > 1 and self._zod.names_options
            return value, [Issue(path, zod_messages.SEVERAL_OPTIONS if several else INVALID)]
        if not isinstance(value, dict):
            return value, [Issue(path, wrong_type("object", value))]
        name, values = discriminator
        for option, of_option in zip(options, values, strict=True):
            if any(are_equal(value.get(name, UNDEFINED), wanted) for wanted in of_option):
                return self._parse(option, value, path)
        message = zod_messages.no_such_tag(chain(*values)) if self._zod.names_options else INVALID
        return value, [Issue((*path, name), message)]

    def _discriminator(self, options: list[Any]) -> tuple[str, list[list[Any]]] | None:
        """Return the property by which objects are told apart, and its values in each."""
        plain = [self._dereferenced(option) for option in options]
        first = plain[0].get("properties", {}) if plain else {}
        for name in first:
            values = [_constants(self._dereferenced(option.get("properties", {}).get(name))) for option in plain]
            flat = [repr(value) for of_option in values for value in of_option]
            if all(values) and len(flat) == len(set(flat)):
                return name, values
        return None

    def _dereferenced(self, schema: Any) -> Mapping[str, Any]:
        while isinstance(schema, Mapping) and "$ref" in schema:
            schema = resolved(schema["$ref"], self._root)
        return schema if isinstance(schema, Mapping) else {}

    def _typed(self, schema: Mapping[str, Any], value: Any, path: Path) -> Parsed:
        options = _constants(schema)
        if options:
            fits = any(are_equal(value, option) for option in options)
            return (value, []) if fits else (value, [Issue(path, zod_messages.not_an_option(options))])
        declared = schema.get("type")
        if isinstance(declared, list):
            options = [
                {"type": "null"} if name == "null" else {**schema, "type": name}
                for name in sorted(declared, key="null".__eq__)
            ]
            return self._union(options, value, path)
        kind = type_name(value)
        if declared is not None and kind != _KINDS.get(declared, declared):
            issues = [Issue(path, wrong_type(_expected(schema), value))]
            if isinstance(value, (str, list)) and not is_tuple(schema):
                # zod compares the length of whatever has one, also of a list where text is expected
                issues += self._lengths(schema, declared, value, path)
            return value, issues
        by_kind: dict[str, Callable[[Mapping[str, Any], Any, Path], Parsed]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "number": self._number,
        }
        fitted, issues = by_kind[kind](schema, value, path) if kind in by_kind else (value, [])
        if any(not rule(self._fits, schema, value) for rule in beyond_zod(schema)):
            issues = [*issues, Issue(path, INVALID, aborts=False)]
        return fitted, issues

    def _fits(self, schema: Any, value: Any) -> bool:
        return not self._parse(schema, value, ())[1]

    def _object(self, schema: Mapping[str, Any], value: dict[str, Any], path: Path) -> Parsed:
        if is_record(schema) and (keys := _constants(schema.get("propertyNames"))) and "required" in schema:
            return self._full_record(schema, keys, value, path)
        declared = schema.get("properties", {})
        required = schema.get("required", ())
        fitted: dict[str, Any] = {}
        issues: list[Issue] = []
        for name in [*declared, *(name for name in required if name not in declared)]:
            if name == PROTOTYPE and not self._zod.checks_prototype:
                continue
            item = value.get(name, UNDEFINED)
            rule = declared.get(name, {})
            if item is UNDEFINED and name not in required and "default" not in self._with_siblings(rule):
                continue
            made, faults = self._parse(rule, item, (*path, name))
            if made is not UNDEFINED:
                fitted[name] = made
            elif item is UNDEFINED and not faults and self._zod.requires_anything:
                faults = [Issue((*path, name), wrong_type("nonoptional", UNDEFINED))]
            issues += faults
        issues += self._others(schema, value, fitted, path)
        # in JavaScript, setting this sets the prototype, and no key
        fitted.pop(PROTOTYPE, None)
        return fitted, issues

    def _with_siblings(self, schema: Any) -> Mapping[str, Any]:
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            return schema if isinstance(schema, Mapping) else {}
        return {**self._dereferenced(schema), **schema}

    def _others(
        self, schema: Mapping[str, Any], value: dict[str, Any], fitted: dict[str, Any], path: Path
    ) -> Iterator[Issue]:
        """Parse the keys that an object does not declare."""
        declared = {*schema.get("properties", {}), *fitted}
        patterns: Mapping[str, Any] = schema.get("patternProperties", {})
        more = schema.get("additionalProperties", UNDEFINED)
        unrecognized = []
        for name in [name for name in value if name not in declared]:
            if name == PROTOTYPE and (is_record(schema) or (not self._zod.checks_prototype and more is not False)):
                continue
            rules = [rule for pattern, rule in patterns.items() if matches(pattern, name)] or [more]
            if "propertyNames" in schema and not self._fits(schema["propertyNames"], name):
                if self._zod.knows_keys and _constants(schema["propertyNames"]):
                    unrecognized.append(name)
                else:
                    yield Issue((*path, name), "Invalid key in record")
            elif rules in ([False], [UNDEFINED]):
                if rules == [False] and self._unknown_keys is not UnknownKeys.DROPPED:
                    unrecognized.append(name)
                elif self._unknown_keys is UnknownKeys.DECLARED or "properties" not in schema:
                    fitted[name] = copied(value[name])
            else:
                for rule in rules:
                    fitted[name], faults = self._parse(rule, value[name], (*path, name))
                    yield from faults
        if unrecognized:
            yield self._unrecognized(unrecognized, path)

    def _unrecognized(self, names: list[str], path: Path) -> Issue:
        return Issue(path, zod_messages.unrecognized_keys(names), aborts=self._zod.unknown_keys_abort)

    def _full_record(self, schema: Mapping[str, Any], keys: list[Any], value: dict[str, Any], path: Path) -> Parsed:
        """Parse a record that has each of its keys."""
        fitted: dict[str, Any] = {}
        issues: list[Issue] = []
        for key in keys:
            made, faults = self._parse(schema.get("additionalProperties"), value.get(key, UNDEFINED), (*path, key))
            fitted |= {key: made} if made is not UNDEFINED else {}
            issues += faults
        unrecognized = [name for name in value if name not in keys]
        if unrecognized:
            issues.append(self._unrecognized(unrecognized, path))
        return fitted, issues

    def _array(self, schema: Mapping[str, Any], value: list[Any], path: Path) -> Parsed:
        if is_tuple(schema):
            return self._tuple(schema, value, path)
        if not self._zod.looks_into_long_lists and len(value) > schema.get("maxItems", len(value)):
            message = length_fault("maxItems", schema, value, self._zod)
            return value, [Issue(path, message, stops=True)] if message is not None else []
        results = [self._parse(schema.get("items"), item, (*path, index)) for index, item in enumerate(value)]
        issues = [issue for result in results for issue in result[1]]
        if not any(issue.stops for issue in issues):
            issues += self._lengths(schema, "array", value, path)
        return [result[0] for result in results], issues

    def _lengths(self, schema: Mapping[str, Any], kind: str, value: str | list[Any], path: Path) -> list[Issue]:
        faults = (length_fault(limit, schema, value, self._zod) for limit in LIMITS.get(kind, ()) if limit in schema)
        return [Issue(path, fault, aborts=False) for fault in faults if fault is not None]

    def _tuple(self, schema: Mapping[str, Any], value: list[Any], path: Path) -> Parsed:
        items: list[Any] = schema.get("prefixItems", schema.get("items"))
        rest = schema.get("items" if "prefixItems" in schema else "additionalItems", False)
        needed = self._needed_items(schema, items)
        issues = []
        if rest is False and len(value) > len(items):
            issues = [Issue(path, zod_messages.too_big("array", len(items)))]
            if not self._zod.looks_into_long_tuples:
                return value, issues
            value = value[: len(items)]
        if rest is False and len(value) < needed - self._zod.looks_into_short_tuples:
            limits = {"limit": len(items), "sign": ">"} if self._zod.looks_into_short_tuples else {"limit": needed}
            return value, [Issue(path, zod_messages.too_small("array", **limits))]
        length = len(items) if self._zod.fills_tuples else needed
        given = [*value, *[UNDEFINED] * (length - len(value))]
        rules = [*items, *[rest] * (len(given) - len(items))]
        results = [
            self._parse(rule, item, (*path, index))
            for index, (rule, item) in enumerate(zip(rules, given, strict=False))
        ]
        told = results[len(items) :] + results[: len(items)] if self._zod.tells_rest_first else results
        fitted = [None if item is UNDEFINED else item for item, _ in results]
        return fitted, issues + [issue for _, faults in told for issue in faults]

    def _needed_items(self, schema: Mapping[str, Any], items: list[Any]) -> int:
        needed = len(items)
        while needed and "default" in self._with_siblings(items[needed - 1]):
            needed -= 1
        least: int = schema.get("minItems", needed)
        return min(least, needed)

    def _string(self, schema: Mapping[str, Any], value: str, path: Path) -> Parsed:
        issues = []
        for keyword, rule in schema.items():
            message = None
            if keyword in LIMITS["string"]:
                message = length_fault(keyword, schema, value, self._zod)
            elif keyword == "pattern" and not matches(rule, value):
                name = schema.get("format")
                message = format_fault(name, rule) if name else pattern_fault(rule)
            elif keyword == "format" and "pattern" not in schema and not self._is_of_format(rule, value, path):
                message = format_fault(rule)
            if message is not None:
                issues.append(Issue(path, message, aborts=False))
        is_address = schema.get("format") == "uri" and self._misformatted is None
        return as_address(value, self._zod) if is_address else value, issues

    def _is_of_format(self, name: str, value: str, path: Path) -> bool:
        return is_of_format(name, value, self._zod) if self._misformatted is None else path not in self._misformatted

    def _number(self, schema: Mapping[str, Any], value: float, path: Path) -> Parsed:
        issues = []
        whole = schema.get("type") == "integer"
        if whole and value != math.floor(value):
            return value, [Issue(path, wrong_type("int", value), stops=self._zod.stops_at_fractions)]
        if whole and abs(value) > SAFE:
            message = zod_messages.too_big("int", SAFE) if value > 0 else zod_messages.too_small("int", -SAFE)
            issues.append(Issue(path, message, aborts=False))
        for keyword, limit in schema.items():
            if whole and keyword in ("minimum", "maximum") and abs(limit) == SAFE:
                continue  # that is what zod says of any whole number
            fault = _NUMBERS[keyword](limit, value) if keyword in _NUMBERS else None
            if keyword == "multipleOf" and not is_multiple(value, limit, self._zod):
                fault = zod_messages.not_a_multiple(limit)
            if fault is not None:
                issues.append(Issue(path, fault, aborts=False))
        return value, issues


_COMPOSED = ("anyOf", "oneOf", "allOf")

_ANNOTATIONS = (
    "$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "readOnly",
    "writeOnly", "deprecated", "contentEncoding", "contentMediaType",
)  # fmt: skip

_NULL = {"type": "null"}
_KINDS = {"integer": "number"}

_NUMBERS: dict[str, Callable[[Any, Any], str | None]] = {
    "minimum": lambda limit, value: zod_messages.too_small("number", limit) if value < limit else None,
    "maximum": lambda limit, value: zod_messages.too_big("number", limit) if value > limit else None,
    "exclusiveMinimum": lambda limit, value: zod_messages.too_small("number", limit, ">") if value <= limit else None,
    "exclusiveMaximum": lambda limit, value: zod_messages.too_big("number", limit, "<") if value >= limit else None,
}


def resolved(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema that a `$ref` means; anything if there is none."""
    schema: Any = root
    for part in reference.partition("#")[2].split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        schema = schema.get(name) if isinstance(schema, Mapping) else None
    return schema if isinstance(schema, Mapping) else {}


def is_record(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema is what zod writes of a record."""
    has_rule = "propertyNames" in schema or "patternProperties" in schema
    return "properties" not in schema and (has_rule or isinstance(schema.get("additionalProperties"), Mapping))


def is_tuple(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema is what zod writes of a tuple."""
    return "prefixItems" in schema or isinstance(schema.get("items"), list)


def are_equal(value: Any, option: Any) -> bool:
    """Return whether two JSON values are the same; a boolean is no number."""
    return type_name(value) == type_name(option) and bool(value == option)


def _constants(schema: Any) -> list[Any]:
    """Return the values that a schema lists, none if it lists none."""
    if not isinstance(schema, Mapping):
        return []
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def _expected(schema: Mapping[str, Any]) -> str:
    declared = str(schema["type"])
    if declared == "object" and is_record(schema):
        return "record"
    return "tuple" if declared == "array" and is_tuple(schema) else _KINDS.get(declared, declared)
