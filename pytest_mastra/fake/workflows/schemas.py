"""Schemas at the borders of workflows and steps, with zod's word on what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pytest_mastra.fake.workflows.javascript import dumps
from pytest_mastra.fake.workflows.model_schemas import as_written, close_objects, describe_model
from pytest_mastra.fake.workflows.schema_keywords import check_keywords
from pytest_mastra.fake.workflows.zod_formats import compiled, format_fault, pattern_fault
from pytest_mastra.fake.workflows.zod_parser import Issue, Parsed, UnknownKeys, ZodParser
from pytest_mastra.fake.workflows.zod_releases import Zod

SchemaLike = type[BaseModel] | Mapping[str, Any] | None
"""What users may give for a schema: a pydantic model, a JSON Schema, or None for anything."""


class Schema:
    """Checks values and fills in defaults.

    Args:
        declared: What the user gave.
        strips: Whether keys that an object does not declare are dropped without a word, as `z.object` does; otherwise
            `additionalProperties: false` refuses them, as `z.strictObject` does.
    """

    def __init__(self, declared: type[BaseModel] | Mapping[str, Any], *, strips: bool = False) -> None:
        self._model = declared if isinstance(declared, type) else None
        self._declared = declared
        self._strips = strips

    @classmethod
    def of(cls, declared: SchemaLike | Schema) -> Schema | None:
        """Return a schema for what a user gave, None for anything.

        Raises:
            TypeError: It is nothing that describes values.
            ValueError: It has a pattern that JavaScript does not read, a keyword misspelt or not checked, or none.
        """
        if declared is None or isinstance(declared, Schema):
            return declared
        if isinstance(declared, Mapping):
            _refuse_unreadable(declared)
            return cls(declared)
        if isinstance(declared, type) and issubclass(declared, BaseModel):
            return cls(declared)
        raise TypeError(f"a schema is a pydantic model or a JSON Schema, not {declared!r}")

    @cached_property
    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema, without what pydantic adds for its own documentation."""
        if self._model is None:
            return dict(self._declared)  # type: ignore[arg-type]
        return close_objects(self._of_model)  # type: ignore[no-any-return]

    @cached_property
    def _of_model(self) -> Any:
        model: Any = self._model
        return describe_model(model)

    def as_superjson(self, dialect: str, zod: Zod) -> str:
        """Return the string in which servers describe a schema, as a release of zod writes it."""
        described = self.json_schema if self._model is None else as_written(self.json_schema, zod)
        declared = {"$schema": dialect, **{key: v for key, v in described.items() if key != "$schema"}}
        return dumps({"json": declared}).decode()

    def check(self, value: Any, zod: Zod) -> Parsed:
        """Return a value as the schema leaves it, and what does not fit, in zod's words."""
        if self._model is not None:
            return self._check_by_model(value, zod)
        unknown_keys = UnknownKeys.DROPPED if self._strips else UnknownKeys.DECLARED
        fitted, issues = ZodParser(self.json_schema, zod, unknown_keys).parse(value)
        return (value, issues) if issues else (fitted, [])

    def _check_by_model(self, value: Any, zod: Zod) -> Parsed:
        """Ask pydantic too, for formats, and for the validators that JSON Schema cannot express."""
        misformatted = [tuple(fault["loc"]) for fault in self._faults(value) if _format_of(fault) is not None]
        fitted, issues = ZodParser(self._of_model, zod, UnknownKeys.DROPPED_OR_REFUSED, misformatted).parse(value)
        if issues:
            return value, issues
        return fitted, [Issue(tuple(fault["loc"]), _in_words(fault)) for fault in self._faults(fitted)]

    def _faults(self, value: Any) -> list[ErrorDetails]:
        model: Any = self._model
        try:
            model.model_validate(value)
        except ValidationError as error:
            return error.errors()
        return []


_FORMATS = {
    "url_": "uri",
    "datetime_": "date-time",
    "date_": "date",
    "time_delta_": "duration",
    "time_": "time",
    "uuid_": "uuid",
    "ip_v4_": "ipv4",
    "ip_v6_": "ipv6",
}
"""Formats of JSON Schema, by how the types of pydantic's faults begin."""

_NOT_OF_FORMAT = ("_past", "_future", "_type", "_too_long")
_NOT_AN_EMAIL = "value is not a valid email address"


def _format_of(fault: ErrorDetails) -> str | None:
    """Return the format that a fault of pydantic's is about."""
    if fault["msg"].startswith(_NOT_AN_EMAIL):
        return "email"
    kind = fault["type"]
    if kind.endswith(_NOT_OF_FORMAT):
        return None
    return next((name for begin, name in _FORMATS.items() if kind.startswith(begin)), None)


def _in_words(fault: ErrorDetails) -> str:
    """Return zod's words for a fault of pydantic's, its own where zod has none."""
    if fault["type"] == "string_pattern_mismatch":
        return pattern_fault(fault["ctx"]["pattern"])
    name = _format_of(fault)
    return fault["msg"] if name is None else format_fault(name)


_NOT_CHECKED = ("unevaluatedProperties", "unevaluatedItems", "$dynamicRef")
_OF_NAMES = ("properties", "patternProperties", "$defs", "definitions", "dependencies", "dependentSchemas")
"""Keywords that have schemas by names."""

_SCHEMA_WORDS = """
additionalItems additionalProperties allOf anyOf contains contentSchema else if items not oneOf prefixItems
propertyNames then
"""
_OF_SCHEMAS = frozenset(_SCHEMA_WORDS.split())
"""Keywords that have a schema, or several."""


def _refuse_unreadable(schema: Any) -> None:
    """Refuse what would be found out only when a value is checked."""
    if isinstance(schema, list):
        for item in schema:
            _refuse_unreadable(item)
    elif isinstance(schema, Mapping):
        check_keywords(schema)
        for keyword, rule in schema.items():
            _refuse_unreadable_rule(keyword, rule)


def _refuse_unreadable_rule(keyword: str, rule: Any) -> None:
    if keyword in _NOT_CHECKED:
        raise ValueError(f"the fake server does not check {keyword!r} of a JSON Schema; leave it out")
    if keyword == "pattern":
        compiled(rule)
    elif keyword == "patternProperties":
        for pattern in rule:
            compiled(pattern)
    if keyword in _OF_NAMES and isinstance(rule, Mapping):
        _refuse_unreadable(list(rule.values()))
    elif keyword in _OF_SCHEMAS:
        _refuse_unreadable(rule)
