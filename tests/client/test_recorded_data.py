"""Whether what is given now is what was given before, as far as a server's record and schema tell."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync.recorded_data import differing_paths, listed_paths

# as real servers describe the workflow `changing` of tests/live/servers/workflows/joining.mjs
CHANGING: dict[str, Any] = {
    "type": "object",
    "properties": {
        "amount": {"type": "number"},
        "name": {"type": "string"},
        "tag": {},
        "size": {"default": 3, "type": "number"},
        "options": {
            "type": "object",
            "properties": {
                "fast": {"default": True, "type": "boolean"},
                "notes": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["fast"],
            "additionalProperties": False,
        },
        "either": {"anyOf": [{"type": "string"}, {"type": "number"}]},
        "items": {"type": "array", "items": {"$ref": "#/definitions/item"}},
    },
    "required": ["amount", "name", "size"],
    "additionalProperties": False,
    "definitions": {"item": {"type": "object", "properties": {"price": {"type": "number"}}}},
}
RECORDED = {"amount": 12, "name": "ann", "size": 3}


@pytest.mark.parametrize(
    ("given", "recorded"),
    [
        ({"amount": 12, "name": "ann", "size": 3}, RECORDED),
        ({"amount": 12.0, "name": "ann"}, RECORDED),
        ({"amount": "12", "name": "ann"}, RECORDED),
        ({"amount": 12, "name": "  Ann "}, RECORDED),
        ({"amount": 12, "name": "ann", "extra": 1}, RECORDED),
        ({"amount": 12, "name": "ann", "tag": "x"}, {**RECORDED, "tag": "#x"}),
        ({"amount": 12, "name": "ann"}, {**RECORDED, "tag": "made by the server"}),
        ({"amount": 12, "name": "ann", "options": {}}, {**RECORDED, "options": {"fast": True}}),
        ({"amount": 12, "name": "ann", "options": "{}"}, {**RECORDED, "options": {"fast": True}}),
    ],
    ids=["same", "float", "converted", "trimmed", "dropped", "transformed", "computed", "nested default", "parsed"],
)
def test_what_a_schema_can_have_changed_is_forgiven(given: Any, recorded: Any) -> None:
    """It is as likely the same input as another, and nothing tells."""
    assert differing_paths(given, recorded, CHANGING) == []


@pytest.mark.parametrize(
    ("given", "recorded", "paths"),
    [
        ({"amount": 13, "name": "ann"}, RECORDED, ["amount"]),
        ({"amount": 13, "name": "bob"}, RECORDED, ["amount", "name"]),
        ({"amount": 12, "name": "ann", "size": 4}, RECORDED, ["size"]),
        ({"amount": 12, "name": "ann"}, {**RECORDED, "size": 4}, ["size"]),
        ({"amount": 12, "name": "ann"}, {**RECORDED, "options": {"fast": True}}, ["options"]),
        ({"amount": 12, "name": "ann", "either": "x"}, RECORDED, ["either"]),
        ({**RECORDED, "either": "x"}, {**RECORDED, "either": "y"}, ["either"]),
        ({**RECORDED, "options": {"notes": ["a"]}}, {**RECORDED, "options": {"fast": True}}, ["options.notes"]),
        ({**RECORDED, "items": [{"price": 1}, {"price": 2}]}, {**RECORDED, "items": [{"price": 1}]}, ["items"]),
        (
            {**RECORDED, "items": [{"price": 1}, {"price": 2}]},
            {**RECORDED, "items": [{"price": 1}, {"price": 3}]},
            ["items[1].price"],
        ),
        ("text", RECORDED, []),
    ],
)
def test_another_value_is_named_by_its_place(given: Any, recorded: Any, paths: list[str]) -> None:
    """What no schema changes must be the same."""
    assert differing_paths(given, recorded, CHANGING) == paths


@pytest.mark.parametrize("schema", [None, {}, {"$schema": "http://json-schema.org/draft-07/schema#"}])
@pytest.mark.parametrize(
    ("given", "recorded", "paths"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": True}, ["a"]),
        ({"a": 1}, {"b": 1}, ["a", "b"]),
        ({"a": {"b c": [1, 2]}}, {"a": {"b c": [1, 3]}}, ["a['b c'][1]"]),
        ("x", " X ", [""]),
        ([1], [1, 2], [""]),
        (None, 0, [""]),
    ],
)
def test_without_a_schema_every_difference_counts(schema: Any, given: Any, recorded: Any, paths: list[str]) -> None:
    """Nothing was parsed, so nothing was changed."""
    assert differing_paths(given, recorded, schema) == paths


DAY = "2026-11-27T00:00:00.000Z"
"""How servers write a date that they made of a text."""


@pytest.mark.parametrize(
    ("given", "recorded"),
    [
        ("2026-11-27", DAY),
        ("2026-11-27T01:00:00+01:00", DAY),
        ("2026-11-27T00:00:00.000123Z", DAY),
        ("2026-11-27 00:00:00+00:00", DAY),
        ("2026-11-27T05:45:00", DAY),
        ("27 Nov 2026 UTC", DAY),
        (1795737600000, DAY),
        ("2026-11-27T10:00:00+01:00", "2026-11-27T09:00:00Z"),
    ],
)
def test_a_date_is_the_same_however_it_is_written(given: Any, recorded: str) -> None:
    """Servers that make dates of texts keep the moment; without a time zone it is of their own."""
    dated = {"type": "object", "properties": {"day": {"type": "string", "format": "date-time"}}}
    assert differing_paths({"day": given}, {"day": recorded}, dated) == []


@pytest.mark.parametrize(
    ("given", "recorded"),
    [
        ("2026-11-28", DAY),
        ("2026-11-27T00:00:00.001Z", DAY),
        ("2026-11-27T00:20:00", DAY),
        ("2026-11-28T00:00:00", DAY),
        ("tomorrow", "today"),
        ("2026-11-27T00:00:00", "2026-11-27T00:00:01"),
    ],
)
def test_another_date_is_told(given: Any, recorded: str) -> None:
    """Another moment is another input; what the server kept as text is compared as text."""
    dated = {"type": "object", "properties": {"day": {"type": "string", "format": "date-time"}}}
    assert differing_paths({"day": given}, {"day": recorded}, dated) == ["day"]


def test_what_a_schema_caught_is_forgiven() -> None:
    """A value that is not allowed became the default; one that is allowed is compared."""
    grade = {"type": "object", "properties": {"grade": {"default": "a", "type": "string", "enum": ["a", "b"]}}}
    assert differing_paths({"grade": "c"}, {"grade": "a"}, grade) == []
    assert differing_paths({"grade": "c"}, {"grade": "b"}, grade) == ["grade"]
    assert differing_paths({"grade": "b"}, {"grade": "a"}, grade) == ["grade"]


ODD: dict[str, Any] = {
    "allOf": [
        {"type": "object", "properties": {"a": {"type": "number"}}, "additionalProperties": False},
        {"type": "object", "properties": {"b": {"type": ["string", "number", "boolean", "null"]}}},
    ]
}


def test_schemas_that_are_put_together() -> None:
    """What 1.2 says of a transformation is any type; parts of `allOf` do not drop each other's."""
    assert differing_paths({"a": 1, "b": "x"}, {"a": 1, "b": "#x"}, ODD) == []
    assert differing_paths({"a": 1, "b": "x"}, {"a": 2, "b": "x"}, ODD) == ["a"]
    assert differing_paths([1, "x"], [2, "x"], {"type": "array", "prefixItems": [{"type": "number"}]}) == ["[0]"]
    assert differing_paths({"n": {"n": 1}}, {"n": {"n": 2}}, {"$ref": "#"}) == ["n.n"]
    nullable = {"type": "object", "properties": {"a": {"anyOf": [{}, {"type": "null"}]}}}
    assert differing_paths({"a": 1}, {"a": 2}, nullable) == []
    record = {"type": "object", "additionalProperties": {"type": "number"}}
    assert differing_paths({"a": 1, "b": 1}, {"a": 2}, record) == ["a", "b"]


def test_places_in_words() -> None:
    """Many are cut short; the whole value is said in words."""
    assert listed_paths([""]) == "the whole of it differs"
    assert listed_paths(["a", "b[0]"]) == "a, b[0] differ"
    assert listed_paths([f"p{number}" for number in range(10)]).endswith("p7 and 2 more differ")
