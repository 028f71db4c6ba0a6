"""Pydantic models as zod would describe them: JSON Schema without what documents the model."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from pytest_mastra.fake.workflows.javascript import UNDEFINED
from pytest_mastra.fake.workflows.zod_parser import SAFE
from pytest_mastra.fake.workflows.zod_releases import Zod

_ORDER = ("default", "type", "properties", "required", "additionalProperties")
_OF_DOCUMENTATION = ("title", "$defs", "description")


def describe_model(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's JSON Schema without titles, its keys in zod's order.

    A definition stands where it is used; one that contains itself stands among `definitions`.
    """
    described = model.model_json_schema(mode="validation", by_alias=True, schema_generator=_WithMadeDefaults)
    return _Description(described.get("$defs", {})).whole(described)


class _WithMadeDefaults(GenerateJsonSchema):
    """Writes defaults that a function makes too, if it makes the same each time."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the schema of what has a default."""
        make = cast("Callable[[], Any] | None", schema.get("default_factory"))
        if make is not None and not schema.get("default_factory_takes_data"):
            # a function that needs what is not there now makes none that could be written
            with contextlib.suppress(Exception):
                if (made := make()) == make():
                    schema = {**schema, "default": made}
        return super().default_schema(schema)


class _Description:
    """Describes a model.

    Args:
        definitions: What its JSON Schema refers to.
    """

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._around: list[str] = []
        self._recursive: dict[str, Any] = {}

    def whole(self, schema: Any) -> dict[str, Any]:
        plain = self._plain(schema)
        shared: dict[str, Any] = {}
        while missing := [name for name in self._recursive if name not in shared]:
            self._around = [missing[0]]
            shared[missing[0]] = self._plain(self._definitions[missing[0]])
        return {**plain, "definitions": shared} if shared else dict(plain)

    def _plain(self, schema: Any) -> Any:
        if isinstance(schema, list):
            return [self._plain(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return self._referred(schema)
        plain = {
            key: self._properties(value) if key == "properties" else self._plain(value)
            for key, value in schema.items()
            if key not in _OF_DOCUMENTATION
        }
        return _in_order(plain)

    def _referred(self, schema: dict[str, Any]) -> Any:
        name = schema["$ref"].rpartition("/")[2]
        if name in self._around:
            self._recursive[name] = None
            plain = {"$ref": f"#/definitions/{name}"}
        else:
            self._around.append(name)
            plain = self._plain(self._definitions[name])
            self._around.pop()
        return _in_order({**plain, "default": schema["default"]}) if "default" in schema else plain

    def _properties(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        return {name: _without_null_default(self._plain(schema)) for name, schema in declared.items()}


def close_objects(schema: Any) -> Any:
    """Return a schema as zod describes it: every object closed, every whole number bounded.

    In truth `z.object` only drops what it does not know.
    """
    if isinstance(schema, list):
        return [close_objects(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {
        key: {name: close_objects(inner) for name, inner in value.items()}
        if key in ("properties", "definitions")
        else value
        if key in ("default", "const", "enum", "examples")
        else close_objects(value)
        for key, value in schema.items()
    }
    if schema.get("type") == "integer":
        bounds = {"minimum": -SAFE, "maximum": SAFE}
        closed |= {
            name: limit for name, limit in bounds.items() if not closed.keys() & {name, f"exclusive{name.title()}"}
        }
    if "properties" in schema:
        needed = schema.get("required", ())
        always = [name for name, inner in schema["properties"].items() if name in needed or "default" in inner]
        closed |= {"required": always} if always else {}
        if not schema.get("additionalProperties"):
            closed["additionalProperties"] = False
    return _in_order(closed)


def as_written(schema: Any, zod: Zod) -> Any:
    """Return a described model as a release of zod writes unions of plain types, and tuples."""
    if isinstance(schema, list):
        return [as_written(item, zod) for item in schema]
    if not isinstance(schema, dict):
        return schema
    written = {
        key: value if key in ("default", "const", "enum", "examples") else as_written(value, zod)
        for key, value in schema.items()
    }
    if zod.lists_types and _are_plain_types(written.get("anyOf")):
        names = [name for option in written.pop("anyOf") for name in _as_list(option["type"])]
        unique = list(dict.fromkeys(names))
        written["type"] = unique[0] if len(unique) == 1 else unique
    if zod.bounds_tuples and "prefixItems" in written:
        written.setdefault("items", False)
    return _in_order(written)


def _are_plain_types(options: Any) -> bool:
    return isinstance(options, list) and all(isinstance(option, dict) and [*option] == ["type"] for option in options)


def _as_list(types: Any) -> list[Any]:
    return types if isinstance(types, list) else [types]


def _in_order(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: schema[key] for key in _ORDER if key in schema} | schema


def _without_null_default(schema: Any) -> Any:
    """`x: int | None = None` is what zod calls optional."""
    if isinstance(schema, dict) and schema.get("default", UNDEFINED) is None and "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option != {"type": "null"}]
        return options[0] if len(options) == 1 else {"anyOf": options}
    return schema
