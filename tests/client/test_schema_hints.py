"""A hint why a workflow may have rejected its input; never the input itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastra_sync.schema_hints import likely_mismatch

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "n": {"type": "integer"}, "free": {}},
    "required": ["city"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "value", "hint"),
    [
        (CITY, {"city": "NY"}, ""),
        (CITY, {"city": "NY", "n": 1, "free": [None]}, ""),
        (CITY, {"city": "NY", "n": 2.0}, ""),
        (CITY, {"city": 3}, '"city" must be string, not number'),
        (CITY, {"city": "NY", "n": 1.5}, '"n" must be integer, not number'),
        (CITY, {"city": "NY", "n": True}, '"n" must be integer, not boolean'),
        (CITY, {"city": None}, '"city" must be string, not null'),
        (CITY, {}, '"city" is missing'),
        (CITY, {"city": "NY", "x": 1}, '"x" is not a property that it knows'),
        (CITY, [], "the input must be object, not array"),
        (CITY, None, "the input must be object, not null"),
        (CITY, "secret", "the input must be object, not string"),
        (CITY, {"n": "", "a": 1, "b": 2, "c": 3},
         '"city" is missing; "n" must be integer, not string; "a" is not a property that it knows and 2 more'),
        ({"type": "array"}, [1], ""),
        ({"type": "boolean"}, 1, "the input must be boolean, not number"),
        ({"type": ["string", "null"]}, 5, "the input must be string or null, not number"),
        ({"type": ["string", "null"]}, None, ""),
        ({"type": ["string", "odd"]}, 5, ""),
        ({"anyOf": [{"type": "string", "minLength": 2}, {"type": "null"}]}, [],
         "the input must be string or null, not array"),
        ({"anyOf": [{"type": "string"}, {}]}, 5, ""),
        ({"type": "object", "properties": {"a": {"type": ["integer", "null"]}}}, {"a": "secret"},
         '"a" must be integer or null, not string'),
        ({"type": "object", "properties": {"a": True}}, {"a": 1}, ""),
        ({}, 5, ""),
        (None, 5, ""),
    ],
)  # fmt: skip
def test_what_is_probably_wrong(schema: Any, value: Any, hint: str) -> None:
    """What the top of the schema says of the value; nothing where it says nothing."""
    assert likely_mismatch(schema, value) == hint


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
TYPES = st.sampled_from(["object", "array", "string", "number", "integer", "boolean", "null", "odd"])
SCHEMAS = st.fixed_dictionaries(
    {},
    optional={
        "type": TYPES | JSON,
        "properties": st.dictionaries(st.text(max_size=2), st.fixed_dictionaries({"type": TYPES | JSON}) | JSON) | JSON,
        "required": st.lists(st.text(max_size=2), max_size=3) | JSON,
        "additionalProperties": JSON,
    },
)


@given(SCHEMAS, JSON)
def test_no_schema_breaks_the_hint(schema: Any, value: Any) -> None:
    """Whatever a server declares, looking for a hint raises nothing: the run's own trouble must be told."""
    assert isinstance(likely_mismatch(schema, value), str)
