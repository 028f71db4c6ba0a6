"""Keywords of JSON Schema that zod never writes, but people may."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pytest_mastra.fake.workflows.javascript import dumps

Fits = Callable[[Any, Any], bool]
"""Says whether a value fits a schema, given the schema first."""

Rule = Callable[[Fits, Mapping[str, Any], Any], bool]
"""Says whether a value keeps a rule of a schema."""


def beyond_zod(schema: Mapping[str, Any]) -> Iterator[Rule]:
    """Give the rules of a schema that zod has not."""
    return (rule for keyword, rule in _RULES.items() if keyword in schema)


def _conditional(fits: Fits, schema: Mapping[str, Any], value: Any) -> bool:
    return fits(schema.get("then" if fits(schema["if"], value) else "else", True), value)


def _contains(fits: Fits, schema: Mapping[str, Any], value: Any) -> bool:
    if not isinstance(value, list):
        return True
    found = sum(fits(schema["contains"], item) for item in value)
    return bool(schema.get("minContains", 1) <= found <= schema.get("maxContains", found))


def _unique(_fits: Fits, schema: Mapping[str, Any], value: Any) -> bool:
    if not isinstance(value, list) or not schema["uniqueItems"]:
        return True
    return len({dumps(_sorted(item)) for item in value}) == len(value)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _dependent(fits: Fits, schema: Mapping[str, Any], value: Any) -> bool:
    if not isinstance(value, dict):
        return True
    needed = {
        **schema.get("dependencies", {}),
        **schema.get("dependentRequired", {}),
        **schema.get("dependentSchemas", {}),
    }
    return all(
        all(other in value for other in rule) if isinstance(rule, list) else fits(rule, value)
        for name, rule in needed.items()
        if name in value
    )


_RULES: dict[str, Rule] = {
    "not": lambda fits, schema, value: not fits(schema["not"], value),
    "if": _conditional,
    "contains": _contains,
    "uniqueItems": _unique,
    "minProperties": lambda _, schema, value: not isinstance(value, dict) or len(value) >= schema["minProperties"],
    "maxProperties": lambda _, schema, value: not isinstance(value, dict) or len(value) <= schema["maxProperties"],
    "dependencies": _dependent,
    "dependentRequired": _dependent,
    "dependentSchemas": _dependent,
}
