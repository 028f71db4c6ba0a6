"""Values and texts as JavaScript has them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from pytest_mastra.fake.api.v8_syntax_errors import syntax_error
from pytest_mastra.fake.workflows.javascript import (
    NULL,
    UNDEFINED,
    deep_equal,
    dumps,
    loads,
    packed,
    returned_value,
    to_json_value,
    unpacked,
)


class Colour(Enum):
    RED = "red"


class Model(BaseModel):
    n: int


@dataclass
class Plain:
    n: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.0, 1),
        (0.5, 0.5),
        (float("nan"), None),
        (float("inf"), None),
        (12345678901234567890, 12345678901234567000),
        ((1, 2), [1, 2]),
        ({"a": UNDEFINED, "b": NULL}, {"b": None}),
        ([UNDEFINED, 1], [None, 1]),
        ({1: "a", None: "c", 2.0: "d"}, {"1": "a", "null": "c", "2": "d"}),
        ({True: "b"}, {"true": "b"}),
        (Colour.RED, "red"),
        (Model(n=1), {"n": 1}),
        (Plain(2), {"n": 2}),
        (datetime(2026, 1, 2, 3, 4, 5, 678000, timezone.utc), "2026-01-02T03:04:05.678Z"),
    ],
)
def test_python_values_become_json(value: Any, expected: Any) -> None:
    """What steps give is carried as JSON.stringify would carry its like."""
    assert to_json_value(value) == expected


@pytest.mark.parametrize("value", [{1, 2}, frozenset("a"), b"a", {(1, 2): 3}, {"a": [object()]}, print])
def test_what_json_has_not_is_refused(value: Any) -> None:
    """A set is none of JavaScript's, which would be an empty object in JSON and hide what is in it."""
    with pytest.raises(TypeError, match=r"is not JSON|is no key in JSON"):
        to_json_value(value)


def test_none_is_undefined_and_null_is_null() -> None:
    """A function that returns nothing gives nothing; NULL says null."""
    assert returned_value(None) is UNDEFINED
    assert returned_value(NULL) is None


@pytest.mark.parametrize(("one", "other"), [(1, True), ({"a": 0}, {"a": False}), ([1], [1, 1]), (None, False)])
def test_true_is_not_one(one: Any, other: Any) -> None:
    """Python's idea of equality is not JavaScript's."""
    assert not deep_equal(one, other)
    assert deep_equal(one, json.loads(json.dumps(one)))


def test_a_lone_surrogate_is_escaped() -> None:
    """As well-formed JSON.stringify does; all else is UTF-8."""
    assert dumps({"é": "\ud800"}) == b'{"\xc3\xa9":"\\ud800"}'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=10,
)


@given(json_values)
def test_json_survives(value: Any) -> None:
    """What is written is read back the same."""
    assert loads(dumps(value).decode()) == value


@given(st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \\u', max_size=12))
def test_every_text_that_is_not_json_is_complained_of(text: str) -> None:
    """The reader that knows V8's words finds a fault exactly where the parser does."""
    try:
        json.loads(text)
    except ValueError:
        assert syntax_error(text)
    else:
        assert syntax_error(text) == "Unexpected end of JSON input"  # what is said if there is no fault to be found


def test_half_a_character_is_kept() -> None:
    """A text may hold one of two surrogates, in JavaScript as here, and comes back out of the store."""
    assert unpacked(packed({"é": "\ud800"})) == {"é": "\ud800"}
