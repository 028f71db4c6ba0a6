"""The words of another zod: what it says of values that do not fit, and how it describes schemas."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from mastra_sync import MastraClient
from pytest_mastra import FakeMastra, InProcess
from pytest_mastra.fake.workflows.schemas import Schema
from pytest_mastra.fake.workflows.zod_releases import zod_named

CASES: list[tuple[Any, Any, list[str], list[str]]] = [
    (
        {"properties": {"a": {}}, "required": ["a"]},
        {},
        ["- a: Invalid input: expected nonoptional, received undefined"],
        ["- a: Invalid input: expected nonoptional, received undefined"],
    ),
    ({"type": "string", "maxLength": 1}, "😀", [], ["- : Too big: expected string to have <=1 characters"]),
    (
        {"type": "string", "minLength": 3, "maxLength": 3},
        "a",
        ["- : Too small: expected string to have exactly 3 characters"],
        ["- : Too small: expected string to have >=3 characters"],
    ),
    (
        {"type": "object", "propertyNames": {"enum": ["a", "b"]}, "additionalProperties": {"type": "string"}},
        {"x": "1"},
        ['- : Unrecognized key: "x"'],
        ["- x: Invalid key in record"],
    ),
    (
        {"oneOf": [{"type": "object", "properties": {"kind": {"const": kind}}} for kind in ("one", "two")]},
        {"kind": "three"},
        ["- kind: Invalid discriminator value. Expected 'one' | 'two'"],
        ["- kind: Invalid input"],
    ),
    (
        {"oneOf": [{"type": "string"}, {"maxLength": 3}]},
        "ab",
        ["- : Invalid input: more than one option matched"],
        ["- : Invalid input"],
    ),
    (
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]},
        [1],
        ["- : Too small: expected array to have >=2 items"],
        [
            "- 0: Invalid input: expected string, received number",
            "- 1: Invalid input: expected number, received undefined",
        ],
    ),
    (
        {"type": "array", "items": {"type": "string"}, "maxItems": 1},
        [1, 2],
        ["- : Too big: expected array to have <=1 items"],
        [
            "- 0: Invalid input: expected string, received number",
            "- 1: Invalid input: expected string, received number",
            "- : Too big: expected array to have <=1 items",
        ],
    ),
    ({"type": "number", "multipleOf": 2}, 1e300, [], ["- : Invalid number: must be a multiple of 2"]),
    ({"type": "string", "format": "date-time"}, "2026-01-01T10:00Z", ["- : Invalid ISO datetime"], []),
]


@pytest.mark.parametrize(("schema", "value", "newer", "older"), CASES, ids=lambda part: str(part)[:40])
def test_each_release_has_its_words(schema: Any, value: Any, newer: list[str], older: list[str]) -> None:
    """The same value by the same schema, as zod 4.6 and as 4.3 judge it."""
    for release, words in (("4.6", newer), ("4.3", older)):
        _, issues = Schema(schema).check(value, zod_named(release))
        assert [issue.line() for issue in issues] == words


def test_a_required_key_may_be_missing_where_anything_fits_an_older_zod() -> None:
    """Servers show `z.any()` as required: only the newer zod takes it at its word."""
    schema = Schema({"type": "object", "properties": {"a": {}}, "required": ["a"]}, strips=True)
    assert schema.check({}, zod_named("4.3")) == ({}, [])
    (issue,) = schema.check({}, zod_named("4.6"))[1]
    assert issue.message == "Invalid input: expected nonoptional, received undefined"


class Order(BaseModel):
    note: str | None
    size: int | str | None = "s"
    spot: tuple[int, int]


def described(server: FakeMastra) -> dict[str, Any]:
    """Return the properties of a workflow's input, as details show them."""
    server.workflow("order", input_schema=Order).returns(None)
    with InProcess(server) as front, MastraClient(front.url) as client:
        schema = client.get_workflow("order").details().input_schema
    assert schema is not None
    properties: dict[str, Any] = schema["properties"]
    return properties


def test_a_model_is_described_as_the_project_of_today_describes_it() -> None:
    """Plain types stand in a list, and a tuple has no further items."""
    newer, older = described(FakeMastra()), described(FakeMastra(zod="4.3"))
    assert newer["note"] == {"type": ["string", "null"]}
    assert older["note"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert "anyOf" in newer["size"], "a whole number has limits"
    assert newer["spot"]["items"] is False
    assert "items" not in older["spot"]


def test_generations_have_the_zod_of_their_day() -> None:
    """Unless another is named."""
    assert FakeMastra().generation.zod.name == "4.6"
    assert FakeMastra(generation="1.2").generation.zod.name == "4.3"
    assert FakeMastra(generation="1.2", zod="4.6").generation.zod.name == "4.6"


def test_a_server_keeps_its_zod() -> None:
    """It is said when a server is made: later it would do nothing."""
    server: Any = FakeMastra()
    with pytest.raises(AttributeError, match=r"FakeMastra\(zod=\.\.\.\), or the option --mastra-zod"):
        server.zod = "4.3"


def test_an_unknown_release_is_refused() -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match=r"no zod '4\.5': did you mean '4\.6'\? there are '4\.6', '4\.3'"):
        FakeMastra(zod="4.5")
