"""What callers hand in goes over the wire as it is, or is refused by name before anything is sent."""

from __future__ import annotations

import dataclasses
import json
import math
from collections import UserDict
from datetime import datetime, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass as pydantic_dataclass

from mastra_sync import InvalidArgument
from mastra_sync.arguments import (
    OMIT,
    camel_case,
    checked_count,
    checked_id,
    path_segment,
    plain_json,
    request_body,
    resume_answer,
    step_path,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    # lone surrogates too: JavaScript has them
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=10,
)


class Level(str, Enum):
    LOW = "low"


class Rank(IntEnum):
    FIRST = 1


class Address(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    street_name: str
    secret: str = Field("s", exclude=True)


@dataclasses.dataclass
class Visit:
    address: Any
    at: Any = None


@pydantic_dataclass
class Guest:
    name: str = Field(alias="fullName")


@dataclasses.dataclass
class Annotated:
    """A dataclass whose annotations mean nothing to pydantic."""

    value: NotDefinedAnywhere  # type: ignore[name-defined]  # noqa: F821


def refused(value: Any) -> str:
    with pytest.raises(InvalidArgument) as caught:
        request_body(input_data=value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# -- values


@given(JSON)
def test_json_goes_out_as_it_is(value: Any) -> None:
    """Any JSON value is plain already, and its body gives it back."""
    assert plain_json(value, "input_data") == value
    assert json.loads(request_body(input_data=value)) == {"inputData": value}


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ((1, (2,)), [1, [2]]),
        (MappingProxyType({"a": UserDict({"b": 1})}), {"a": {"b": 1}}),
        (Level.LOW, "low"),
        (Rank.FIRST, 1),
        (Address(street_name="x"), {"streetName": "x"}),
        ([Address(street_name="x")], [{"streetName": "x"}]),
        (Visit(Address(street_name="x")), {"address": {"streetName": "x"}, "at": None}),
        (Visit(Visit({"a": (1,)})), {"address": {"address": {"a": [1]}, "at": None}, "at": None}),
        (Visit(1, datetime(2026, 1, 2, tzinfo=timezone.utc)), {"address": 1, "at": "2026-01-02T00:00:00Z"}),
        (Visit(Decimal("1.5"), {1}), {"address": "1.5", "at": [1]}),
        (Guest(fullName="x"), {"fullName": "x"}),
        (Annotated(1), {"value": 1}),
        (RootModel[list[int]]([1]), [1]),
        (2**53, 2**53),
        (10**18, 10**18),
        (1.5, 1.5),
    ],
)
def test_models_and_dataclasses_become_plain(value: Any, plain: Any) -> None:
    """Models keep their aliases and exclusions; dataclasses nest, whatever their annotations are."""
    body = request_body(input_data=value)
    assert json.loads(body) == {"inputData": plain}


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("wrap", "place"),
    [
        (lambda number: number, "input_data"),
        (lambda number: {"a": [0, {"b": number}]}, "input_data.a[1].b"),
        (Visit, "input_data.address"),
        (lambda number: Visit([Visit(number)]), "input_data.address[0].address"),
        (lambda number: [RootModel[list[float]]([number])], "input_data[0][0]"),
        (lambda number: Visit({number}), "input_data.address[0]"),
        (lambda number: Visit({number: 1}), "input_data.address"),
    ],
    ids=["bare", "nested", "dataclass", "dataclasses", "model", "set", "key"],
)
def test_numbers_that_json_lacks_are_refused_wherever_they_are(number: float, wrap: Any, place: str) -> None:
    """NaN and infinities would arrive as null; the exception says where they stand."""
    assert refused(wrap(number)) == f"{place}: {number} is not JSON"


@pytest.mark.parametrize(
    "number",
    [2**53 + 1, -(2**53) - 1, 2**60, 12345678901234567890, 10**400, -(10**5000)],
    ids=lambda n: f"{n.bit_length()} bits",
)
@pytest.mark.parametrize("wrap", [lambda number: number, Visit], ids=["bare", "dataclass"])
def test_numbers_that_javascript_would_round_are_refused(number: int, wrap: Any) -> None:
    """An order number of 20 digits is not changed behind one's back."""
    assert "JavaScript would round" in refused(wrap(number))


class Thing:
    """Nothing that JSON knows."""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"x", "input_data: bytes is not JSON"),
        (bytearray(b"x"), "input_data: bytearray is not JSON"),
        ({1}, "input_data: set is not JSON"),
        (range(3), "input_data: range is not JSON"),
        (Thing(), "input_data: Thing is not JSON"),
        (Thing, "input_data: type is not JSON"),
        (Visit, "input_data: type is not JSON"),
        (datetime(2026, 1, 1, tzinfo=timezone.utc), "input_data: datetime is not JSON"),
        ({"a": [b""]}, "input_data.a[0]: bytes is not JSON"),
        ({1: 2}, "input_data: keys must be strings, got 1"),
        ({"a": {None: 1}}, "input_data.a: keys must be strings, got None"),
        ({b"a": 1}, "input_data: keys must be strings, got b'a'"),
        (Visit(Thing()), "input_data: Visit cannot be made JSON: Unable to serialize unknown type"),
        ({"a": Visit(b"\xff")}, "input_data.a: Visit cannot be made JSON: 'utf-8' codec"),
    ],
)
def test_what_is_not_json_is_refused_by_name(value: Any, message: str) -> None:
    """The exception names the argument, the place inside it and the type."""
    assert refused(value).startswith(message)


def a_list_in_itself() -> Any:
    endless: list[Any] = []
    endless.append(endless)
    return endless


def a_dataclass_in_itself() -> Any:
    endless = Visit(None)
    endless.address = [endless]
    return endless


def a_deep_list() -> Any:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return deep


@pytest.mark.parametrize("make", [a_list_in_itself, a_dataclass_in_itself, a_deep_list])
@pytest.mark.parametrize("check", [plain_json, lambda value, _: resume_answer(value)], ids=["plain", "resume"])
def test_what_never_ends_is_refused(make: Any, check: Any) -> None:
    """A value that contains itself, or nests without end, is an `InvalidArgument` and no `RecursionError`."""
    with pytest.raises(InvalidArgument, match=r"contains itself|Circular"):
        check(make(), "x")


# -- bodies


def test_fields_that_were_not_given_are_left_out() -> None:
    """Mastra refuses null for an optional field, so None is left out; input and resume data may be null."""
    assert request_body(initial_state=None, resource_id=None, per_step=None, again=OMIT) == b"{}"
    assert request_body(input_data=OMIT, resume_data=OMIT) == b"{}"
    assert json.loads(request_body(input_data=None, resume_data=None)) == {"inputData": None, "resumeData": None}
    assert json.loads(request_body(per_step=False, step=[])) == {"perStep": False, "step": []}


def test_the_body_is_ascii() -> None:
    """Lone surrogates cannot be UTF-8, so a body is written with escapes only."""
    body = request_body(input_data={"é": "\ud800🎈"})
    assert body == rb'{"inputData":{"\u00e9":"\ud800\ud83c\udf88"}}'


def test_the_exception_names_the_argument() -> None:
    """A wrong value deep in an option is found by its name and place."""
    with pytest.raises(InvalidArgument) as caught:
        request_body(input_data={}, request_context={"user": {"id": object()}})
    assert caught.value.argument == "request_context.user.id"
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("name", "wire"), [("step", "step"), ("input_data", "inputData"), ("for_each_index", "forEachIndex")]
)
def test_names_are_spelt_as_mastra_does(name: str, wire: str) -> None:
    """snake_case becomes camelCase."""
    assert camel_case(name) == wire


# -- resume data


@pytest.mark.parametrize("value", [None, False, 0, 0.0, -0.0, "", RootModel[int](0)], ids=repr)
def test_answers_that_mastra_takes_for_none_are_refused(value: Any) -> None:
    """What JavaScript takes for false would suspend the run again."""
    with pytest.raises(InvalidArgument, match=r"resume_data: Mastra takes .* for no answer"):
        resume_answer(value)


@pytest.mark.parametrize("value", [{}, [], "0", " ", 1, True, [None], {"a": None}])
def test_other_answers_go_out_as_they_are(value: Any) -> None:
    """`{}` and `[]` are true in JavaScript."""
    assert resume_answer(value) == value


def test_no_answer_at_all_is_left_out() -> None:
    """A step without a resume schema can be resumed without data."""
    assert resume_answer(OMIT) is OMIT


# -- ids, steps, numbers


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("a", "a"),
        ("odd id/é", "odd%20id%2F%C3%A9"),
        ("..a", "..a"),
        ("...", "..."),
        ("a?b#c%2F;,:@&=+$", "a%3Fb%23c%252F%3B%2C%3A%40%26%3D%2B%24"),
        ("🎈", "%F0%9F%8E%88"),
        (" ", "%20"),
        ("null", "null"),
    ],
)
def test_an_id_is_one_segment_of_the_path(value: str, segment: str) -> None:
    """Whatever an id is made of, it cannot lead to another route."""
    assert path_segment(value, "run_id") == segment


@pytest.mark.parametrize("value", ["", ".", "..", None, 5, b"a", "\ud800", ["a"]])
def test_ids_that_could_not_be_fetched_again_are_refused(value: Any) -> None:
    """Empty ones, those that URLs take for a place, and what is no text."""
    for check in (checked_id, path_segment):
        with pytest.raises(InvalidArgument, match=r"^run_id: ") as caught:
            check(value, "run_id")
        assert caught.value.argument == "run_id"


@pytest.mark.parametrize(
    ("step", "path"),
    [
        (None, None),
        ("a", ["a"]),
        ("nested.a", ["nested", "a"]),
        (["nested", "a"], ["nested", "a"]),
        (("a.b",), ["a.b"]),
        ("schritt-é", ["schritt-é"]),
    ],
)
def test_steps_become_paths(step: Any, path: Any) -> None:
    """A string is split at its dots, a list is taken as it is."""
    assert step_path(step) == path


@pytest.mark.parametrize(
    "step", ["", ".", "a.", "a..b", [], [""], ["a", 1], [None], b"ab", 5, {"a"}, {"a": 1}, object()]
)
def test_steps_that_name_nothing_are_refused(step: Any) -> None:
    """Only strings and lists of strings name steps, and no part of them is empty."""
    with pytest.raises(InvalidArgument, match=r"^step: "):
        step_path(step)


@pytest.mark.parametrize("value", [True, 1.0, "1", [1]])
def test_counts_are_whole_numbers(value: Any) -> None:
    """No text, no fraction, no truth value is a number."""
    with pytest.raises(InvalidArgument, match=r"^page: must be a whole number"):
        checked_count(value, "page", least=0)


def test_counts_have_a_least_value() -> None:
    """The least value itself is allowed; None stands for a number that was not given."""
    assert checked_count(1, "page", least=1) == 1
    assert checked_count(None, "page", least=1) is None
    with pytest.raises(InvalidArgument, match=r"^page: must be at least 1, got 0$"):
        checked_count(0, "page", least=1)
