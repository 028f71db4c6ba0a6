"""Schemas at the borders of workflows: what zod would say of a value, by JSON Schema or pydantic model."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
from pydantic import AnyUrl, BaseModel, Field

from mastra_sync import InvalidInput, MastraClient
from pytest_mastra import FakeMastra, InProcess
from pytest_mastra.fake.workflows.schemas import Schema, SchemaLike
from pytest_mastra.fake.workflows.zod_formats import is_url
from pytest_mastra.fake.workflows.zod_releases import ZOD_4_3


class Comment(BaseModel):
    """A comment and its answers."""

    text: str
    answers: list[Comment] = []


class Thread(BaseModel):
    first: Comment
    title: str = ""


class Moment(BaseModel):
    url: AnyUrl
    when: datetime | None = None
    ids: list[UUID] = []
    code: Annotated[str, Field(pattern="(?i)^a$")] = "a"


def check(schema: SchemaLike, value: Any, *, loaded: bool = False) -> Any:
    """Return what a schema makes of a value: a list of strings if it does not fit."""
    fitted, issues = Schema(schema, strips=loaded).check(value, ZOD_4_3)  # type: ignore[arg-type]
    return [issue.line() for issue in issues] or fitted


def closed(**properties: Any) -> dict[str, Any]:
    """Return an object's schema as zod writes it."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def answer(server: FakeMastra, workflow: str, value: Any) -> Any:
    """Return what a workflow gives for an input."""
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        return client.get_workflow(workflow).create_run().start_async(value).result


def server_with(schema: SchemaLike) -> FakeMastra:
    """Return a server with a workflow `w` that gives back its input."""
    server = FakeMastra()
    server.workflow("w", input_schema=schema).then(server.step("same", lambda ctx: ctx.input_data)).commit()
    return server


def test_a_loaded_workflow_fills_in_defaults() -> None:
    """A server shows fields that have a default as required."""
    schema = closed(unit={"default": "C", "type": "string"}, city={"type": "string"})
    steps = {"look": {"id": "look"}}
    shown = {"inputSchema": json.dumps({"json": schema}), "steps": steps, "allSteps": steps}
    server = FakeMastra()
    server.load({"weather": {"name": "weather", "stepGraph": [{"type": "step", "step": {"id": "look"}}], **shown}})
    server.stub("look", lambda ctx: ctx.input_data)
    assert answer(server, "weather", {"city": "Oslo"}) == {"unit": "C", "city": "Oslo"}


@pytest.mark.parametrize("number", [0.3, 0.7, -0.3, 0, 1e20])
def test_tenths_are_multiples_of_a_tenth(number: float) -> None:
    """Numbers are compared as their decimals are."""
    assert answer(server_with(closed(a={"type": "number", "multipleOf": 0.1})), "w", {"a": number}) == {"a": number}


def test_a_tuple_is_checked_item_by_item() -> None:
    """A pair that fits passes, one that does not is InvalidInput."""
    server = server_with(closed(pair={"type": "array", "items": [{"type": "string"}, {"type": "number"}]}))
    assert answer(server, "w", {"pair": ["x", 1]}) == {"pair": ["x", 1]}
    with pytest.raises(InvalidInput, match=r"pair\.1: Invalid input: expected number, received string"):
        answer(server, "w", {"pair": ["x", "y"]})


def test_a_unicode_property_in_a_pattern() -> None:
    """Patterns are regular expressions of JavaScript."""
    server = server_with(closed(name={"type": "string", "pattern": r"^\p{L}+$"}))
    assert answer(server, "w", {"name": "Zoé"}) == {"name": "Zoé"}
    with pytest.raises(InvalidInput, match=re.escape(r"must match pattern /^\p{L}+$/u")):
        answer(server, "w", {"name": "R2"})


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (closed(a={"type": "string", "pattern": "("}), r"'\(' is no regular expression of JavaScript: Unbalanced"),
        ({"patternProperties": {"[": {}}}, r"'\[' is no regular expression of JavaScript"),
        ({"unevaluatedProperties": False}, "does not check 'unevaluatedProperties' of a JSON Schema"),
    ],
)
def test_what_cannot_be_checked_is_refused_where_it_is_declared(schema: dict[str, Any], said: str) -> None:
    """Not when the first value comes."""
    with pytest.raises(ValueError, match=said):
        FakeMastra().workflow("w", input_schema=schema)


@pytest.mark.parametrize("kinds", [["string", "null"], ["null", "string"]])
def test_a_list_of_types(kinds: list[str]) -> None:
    """Null beside a type is what zod calls nullable."""
    assert check({"type": kinds}, 1) == ["- : Invalid input: expected string, received number"]
    assert check({"type": kinds}, None) is None


def test_names_of_properties_are_no_keywords() -> None:
    """A property may be called `pattern`, `properties` or `type`."""
    schema = closed(pattern={"type": "string"}, properties={"type": "object"}, type={"type": "integer"})
    value = {"pattern": "(", "properties": {"a": 1}, "type": 1}
    assert answer(server_with(schema), "w", value) == value


def test_a_model_that_contains_itself() -> None:
    """It is described with a reference, and checked at every level."""
    server = server_with(Comment)
    given = {"text": "a", "answers": [{"text": "b", "answers": []}]}
    assert answer(server, "w", {"text": "a", "answers": [{"text": "b"}]}) == given
    with pytest.raises(
        InvalidInput, match=r"answers\.0\.answers\.0\.text: Invalid input: expected string, received number"
    ):
        answer(server, "w", {"text": "a", "answers": [{"text": "b", "answers": [{"text": 1}]}]})
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        assert client.list_workflows()["w"].input_schema
    assert check(Thread, {"first": {"text": 1}}) == ["- first.text: Invalid input: expected string, received number"]
    assert check(Schema(Thread).json_schema, {"first": given}) == {"first": given, "title": ""}


def test_formats_of_models_are_judged_by_pydantic_in_zods_words() -> None:
    """Wherever they are, and beside faults of other kinds."""
    assert check(Moment, {"url": "x", "when": "soon", "ids": ["1"]}) == [
        "- url: Invalid URL",
        "- when: Invalid ISO datetime",
        "- ids.0: Invalid UUID",
    ]
    assert check(Moment, {"url": "x", "when": 1.5}) == [
        "- url: Invalid URL",
        "- when: Invalid input: expected string, received number",
    ]
    assert check(Moment, {"url": "http://x", "code": "b"}) == ["- code: Invalid string: must match pattern /(?i)^a$/"]
    assert check(Moment, {"url": "http://x", "when": "2026-01-01"})["when"] == "2026-01-01"


@pytest.mark.parametrize(
    "text",
    [
        "http://x/",
        "x:y",
        " http://x",
        "mailto:a@b",
        "http:x",
        "http:///x",
        "http://[::1]",
        "a://",
        "file:",
        "http://1.2",
    ],
)
def test_urls(text: str) -> None:
    """What JavaScript takes for a URL."""
    assert is_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "",
        "//x",
        "http://",
        "http://a b",
        "a b:c",
        "http://[::1",
        "http://x:99999",
        "http://1.2.3.4.5",
        "http://a^b",
    ],
)
def test_what_is_no_url(text: str) -> None:
    """What JavaScript refuses, whatever packages are installed."""
    assert check({"type": "string", "format": "uri"}, text) == ["- : Invalid URL"]


def test_defaults_that_a_function_makes() -> None:
    """A list that each object gets of its own is a default; what is another one each time is none."""

    class Made(BaseModel):
        rows: list[int] = Field(default_factory=list)
        id: str = Field(default_factory=lambda: str(uuid4()))

    server = FakeMastra()
    server.workflow("w", input_schema=Made).then(server.step("s", lambda ctx: ctx.input_data)).commit()
    with InProcess(server) as front, MastraClient(front.url) as client:
        workflow = client.get_workflow("w")
        assert workflow.execute({}).result == {"rows": []}
        properties = (workflow.details().input_schema or {})["properties"]
        assert [name for name, schema in properties.items() if "default" in schema] == ["rows"]
