"""Schemas that tests declare: misspelt keywords, and dicts that are no schemas, would let everything pass."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mastra import FakeMastra


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "object", "requried": ["city"]}, "JSON Schema has no keyword 'requried'; did you mean 'required'?"),
        ({"type": "string", "max_length": 3}, "did you mean 'maxLength'?"),
        ({"type": "object", "properties": {"n": {"tpye": "number"}}}, "no keyword 'tpye'; did you mean 'type'?"),
        (
            {"type": "objekt"},
            "JSON Schema has no type 'objekt': did you mean 'object'? there are array, boolean, integer, null, number, "
            "object, string",
        ),
        (
            {"properties": {"n": {"type": ["null", "int"]}}},
            "no type 'int': did you mean 'integer'? there are",
        ),
        ({"type": "object", "required": "city"}, "'required' of a JSON Schema is a list of names, such as ['city'],"),
        (
            {"properties": ["city"]},
            "of a JSON Schema is a schema for each name, such as {'city': {'type':",
        ),
        ({"anyOf": [{"items": {"enums": [1]}}]}, "no keyword 'enums'; did you mean 'enum'?"),
        (
            {"city": "string"},
            "{'city': 'string'} is no JSON Schema, and lets everything pass: that of an object is {'t",
        ),
    ],
)
def test_a_schema_that_checks_nothing_is_refused(schema: dict[str, Any], said: str) -> None:
    """Of workflows and of steps, at any depth."""
    server = FakeMastra()
    with pytest.raises((TypeError, ValueError)) as raised:
        server.workflow("pay", input_schema=schema)
    assert said in str(raised.value)
    with pytest.raises((TypeError, ValueError), match="JSON Schema"):
        server.step("pay", lambda _: None, resume_schema=schema)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "number"}}},
        {"type": "string", "label": "Name", "ui": {"widget": "text"}, "x-order": 1, "notes": "any"},
        {"type": "object", "properties": {"requried": {"type": "string"}, "tpye": True}, "required": ["requried"]},
        {"dependentRequired": {"a": ["b"]}, "dependencies": {"a": ["b"], "c": {"minProperties": 2}}},
        {
            "enum": [{"tpye": 1}],
            "default": {"tpye": 1},
            "examples": [{"tpye": 1}],
            "discriminator": {"propertyName": "a"},
        },
    ],
)
def test_other_words_may_stand_there(schema: dict[str, Any]) -> None:
    """Annotations, names of properties, and values are no keywords."""
    FakeMastra().workflow("pay", input_schema=schema)


def test_a_stub_of_a_declared_step_is_refused() -> None:
    """It would not be asked; what has the step do something else is named."""
    server = FakeMastra()
    server.workflow("pay").then(server.step("charge", lambda _: 1)).commit()
    with pytest.raises(ValueError, match=r"step 'charge' is declared with what it does.*\.run = lambda ctx"):
        server.stub("charge", 5)
    server.stub("charge", 5, workflow="loaded-later")
