"""Schemas at the borders of workflows and steps, with zod's word on what does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as SchemaError
from pydantic import BaseModel, ValidationError

from pytest_mastra.fake.workflows.javascript import UNDEFINED, copied, dumps
from pytest_mastra.fake.workflows.zod_messages import expected_type, not_null, wrong_type, zod_message

SchemaLike = type[BaseModel] | Mapping[str, Any] | None
"""What users may give for a schema: a pydantic model, a JSON Schema, or None for anything."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that does not fit.

    Attributes:
        path: Where, from the outside in.
        message: What zod says of it.
    """

    path: tuple[str | int, ...]
    message: str

    def line(self) -> str:
        """Return the issue as Mastra lists it."""
        return f"- {'.'.join(map(str, self.path))}: {self.message}"


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
        self._strips = strips or self._model is not None

    @classmethod
    def of(cls, declared: SchemaLike | Schema) -> Schema | None:
        """Return a schema for what a user gave, None for anything.

        Raises:
            TypeError: It is nothing that describes values.
        """
        if declared is None or isinstance(declared, Schema):
            return declared
        if isinstance(declared, Mapping) or (isinstance(declared, type) and issubclass(declared, BaseModel)):
            return cls(declared)
        raise TypeError(f"a schema is a pydantic model or a JSON Schema, not {declared!r}")

    @cached_property
    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema, without what pydantic adds for its own documentation."""
        if self._model is None:
            return dict(self._declared)  # type: ignore[arg-type]
        return _closed(self._of_model)  # type: ignore[no-any-return]

    @cached_property
    def _of_model(self) -> Any:
        model: Any = self._model
        described = model.model_json_schema(mode="validation", by_alias=True)
        return _plain(described, described.get("$defs", {}))

    @cached_property
    def _checked(self) -> Any:
        """The schema that values are checked against: objects are closed only where unknown keys are refused."""
        if self._model is not None:
            return self._of_model
        return _without_closed_objects(self.json_schema) if self._strips else self.json_schema

    def as_superjson(self, dialect: str) -> str:
        """Return the string in which servers describe a schema."""
        declared = {"$schema": dialect, **{key: v for key, v in self.json_schema.items() if key != "$schema"}}
        return dumps({"json": declared}).decode()

    def check(self, value: Any) -> tuple[Any, list[Issue]]:
        """Return a value as the schema leaves it, and what does not fit."""
        if value is UNDEFINED:
            return self._check_undefined()
        errors = list(self._validator.iter_errors(value))
        if errors:
            return value, self._issues(errors)
        fitted = _fitted(copied(value), self._checked, strips=self._strips)
        if self._model is not None:
            return fitted, self._model_issues(fitted)
        return fitted, []

    @cached_property
    def _validator(self) -> Draft202012Validator:
        return Draft202012Validator(self._checked, format_checker=Draft202012Validator.FORMAT_CHECKER)

    def _check_undefined(self) -> tuple[Any, list[Issue]]:
        if "default" in self.json_schema:
            return copied(self.json_schema["default"]), []
        expected = expected_type(self.json_schema)
        return UNDEFINED, [Issue((), wrong_type(expected, UNDEFINED))] if expected else []

    def _issues(self, errors: list[SchemaError]) -> list[Issue]:
        found: dict[tuple[Any, ...], tuple[Any, Issue]] = {}
        for error in errors:
            for issue in _issues_of(error):
                # what is not among the options is not of another type besides
                kind = "type" if error.validator in _ABOUT_TYPE else issue.message
                if error.validator != "type" or (issue.path, kind) not in found:
                    found[issue.path, kind] = (_position(error, self.json_schema), issue)
        return [issue for _, issue in sorted(found.values(), key=lambda entry: entry[0])]

    def _model_issues(self, value: Any) -> list[Issue]:
        """Ask pydantic too, for the validators that JSON Schema cannot express."""
        model: Any = self._model
        try:
            model.model_validate(value)
        except ValidationError as error:
            return [Issue(tuple(fault["loc"]), fault["msg"]) for fault in error.errors()]
        return []


SAFE = 2**53 - 1
"""Zod's whole numbers are safe ones."""

_ABOUT_TYPE = ("type", "enum", "const")


def _issues_of(error: Any) -> Iterator[Issue]:
    path = tuple(error.absolute_path)
    if error.validator == "required":
        declared = error.schema.get("properties", {})
        missing = next(name for name in error.validator_value if repr(name) in error.message)
        expected = expected_type(declared.get(missing, {})) or "Invalid input"
        yield Issue((*path, missing), wrong_type(expected, UNDEFINED))
    elif error.validator == "anyOf" and (inner := not_null(error.validator_value)) is not None:
        yield Issue(path, wrong_type(expected_type(inner) or "Invalid input", error.instance))
    elif error.validator in _ABOUT_TYPE:
        yield Issue(path, wrong_type(expected_type(error.schema) or "Invalid input", error.instance))
    else:
        yield Issue(path, zod_message(error))


def _position(error: Any, schema: Any) -> tuple[tuple[int, ...], bool]:
    """Return where zod would come to a fault.

    It goes through properties in the order of their declaration, and takes unknown keys last.
    """
    positions: list[int] = []
    path = list(error.absolute_path)
    if error.validator == "required":
        path.append(next(name for name in error.validator_value if repr(name) in error.message))
    for part in path:
        if isinstance(part, int):
            positions.append(part)
            schema = schema.get("items", {}) if isinstance(schema, Mapping) else {}
        else:
            declared = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
            names = list(declared)
            positions.append(names.index(part) if part in names else len(names))
            schema = declared.get(part, {})
    return tuple(positions) or (10**6,), error.validator == "additionalProperties"


def _plain(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Return a schema without titles and references, its keys in zod's order."""
    if isinstance(schema, list):
        return [_plain(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _plain(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    plain = {
        key: _properties(value, definitions) if key == "properties" else _plain(value, definitions)
        for key, value in schema.items()
        if key not in ("title", "$defs", "description")
    }
    order = ("default", "type", "properties", "required", "additionalProperties")
    return {key: plain[key] for key in order if key in plain} | plain


def _closed(schema: Any) -> Any:
    """Return a schema as zod describes it: every object closed.

    In truth `z.object` only drops what it does not know.
    """
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
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
    order = ("default", "type", "properties", "required", "additionalProperties")
    return {key: closed[key] for key in order if key in closed} | closed


def _properties(declared: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _without_null_default(_plain(schema, definitions)) for name, schema in declared.items()}


def _without_null_default(schema: Any) -> Any:
    """`x: int | None = None` is what zod calls optional."""
    if isinstance(schema, dict) and schema.get("default", UNDEFINED) is None and "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option != {"type": "null"}]
        return options[0] if len(options) == 1 else {"anyOf": options}
    return schema


def _without_closed_objects(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_closed_objects(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_closed_objects(value)
        for key, value in schema.items()
        if not (key == "additionalProperties" and value is False)
    }


def _fitted(value: Any, schema: Any, *, strips: bool) -> Any:
    """Return a value with the defaults filled in.

    If the schema strips, keys that it does not declare are left out.
    """
    if not isinstance(schema, Mapping):
        return value
    if isinstance(value, list) and "items" in schema:
        return [_fitted(item, schema["items"], strips=strips) for item in value]
    declared = schema.get("properties")
    if not isinstance(value, dict) or declared is None:
        return value
    fitted = {}
    for name, inner in declared.items():
        if name in value:
            fitted[name] = _fitted(value[name], inner, strips=strips)
        elif isinstance(inner, Mapping) and "default" in inner:
            fitted[name] = copied(inner["default"])
    if not strips or "additionalProperties" in schema:
        fitted |= {name: item for name, item in value.items() if name not in declared}
    return fitted
