"""JSON Schemas in a few words: a workflow's fields and their types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def fields_of(schema: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the fields of a schema's object with their types, `name?` for optional ones."""
    properties = (schema or {}).get("properties")
    if not isinstance(properties, Mapping):
        return {}
    required = (schema or {}).get("required") or ()
    fields = {}
    for name, known in properties.items():
        field = known if isinstance(known, Mapping) else {}
        may_be_left_out = name not in required or "default" in field
        fields[f"{name}?" if may_be_left_out else name] = type_of(field)
    return fields


def in_words(schema: Mapping[str, Any] | None) -> str:
    """Return what a schema wants in one line: `city: string, age?: integer`.

    For a schema that is no object's it is the type.
    """
    fields = fields_of(schema)
    if not fields:
        return type_of(schema)
    return ", ".join(f"{name}: {wanted}" for name, wanted in fields.items())


def type_of(schema: Mapping[str, Any] | None) -> str:
    """Return a schema's type: `string`, `integer[]`, `"low"|"high"`, `any`."""
    schema = schema or {}
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if isinstance(schema.get("enum"), list):
        return "|".join(json.dumps(choice, ensure_ascii=False) for choice in schema["enum"])
    for alternatives in (schema.get("anyOf"), schema.get("oneOf"), schema.get("type")):
        if isinstance(alternatives, list):
            shapes = [type_of(each if isinstance(each, Mapping) else {"type": each}) for each in alternatives]
            return "|".join(dict.fromkeys(shapes))
    if schema.get("type") == "array":
        item = type_of(schema.get("items") if isinstance(schema.get("items"), Mapping) else None)
        return f"({item})[]" if "|" in item else f"{item}[]"
    return str(schema.get("type", "any"))


def placeholders(schema: Mapping[str, Any] | None) -> list[str]:
    """Return arguments for a command line that answer to a schema, types for values."""
    fields = fields_of(schema)
    required = [(name, wanted) for name, wanted in fields.items() if not name.endswith("?")]
    pairs = required or [(name.removesuffix("?"), wanted) for name, wanted in fields.items()]
    return [f"{name}={wanted.upper()}" for name, wanted in pairs] or ["--input", "JSON"]
