"""In what two values differ: which places are named, and how it is told."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections import UserDict
from collections.abc import Mapping
from enum import Enum
from typing import Any

import pytest
from dirty_equals import AnyThing, Contains, IsDict, IsInt, IsList, IsPartialDict, IsPositive, IsStr
from pydantic import BaseModel

from mastra_sync import RunResult
from pytest_mastra.text.differences import MISSING, Difference, describe, differences

Place = tuple[str, Any, Any]


class City(BaseModel):
    name: str
    size: int = 0


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Colour(str, Enum):
    RED = "red"


class Strange:
    """Nothing can be asked of it."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("do not ask")

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise RuntimeError("do not ask")


class Several:
    """What `==` gives is not true nor false, as with arrays."""

    def __eq__(self, other: object) -> Any:
        return self

    def __bool__(self) -> bool:
        raise ValueError("the truth value of several is ambiguous")

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "several([1,\n 2])"


CASES: dict[str, tuple[Any, Any, list[Place]]] = {
    "equal": ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, []),
    "a leaf": (1, 2, [("$", 2, 1)]),
    "nested": ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, [("$.a[1].b", 3, 2)]),
    "several, in the expected order": (
        {"b": 1, "a": 1, "z": 1},
        {"a": 2, "b": 2, "y": 2},
        [("$.a", 2, 1), ("$.b", 2, 1), ("$.y", 2, MISSING), ("$.z", MISSING, 1)],
    ),
    "keys that are no identifiers": (
        {"a b": 1, "get-it": 1, 'q"': 1, "": 1, "ä": 1},
        {"a b": 2, "get-it": 2, 'q"': 2, "": 2, "ä": 2},
        [
            ('$["a b"]', 2, 1),
            ('$["get-it"]', 2, 1),
            ('$["q\\""]', 2, 1),
            ('$[""]', 2, 1),
            ("$.ä", 2, 1),
        ],
    ),
    "keys that are no text": ({1: "a", None: "b"}, {1: "c", None: "d"}, [("$[1]", "c", "a"), ("$[None]", "d", "b")]),
    "another kind": ({"a": {"b": 1}}, {"a": [1]}, [("$.a", [1], {"b": 1})]),
    "text is no list": ("ab", ["a", "b"], [("$", ["a", "b"], "ab")]),
    "null is not nothing": ({"a": None}, {}, [("$.a", MISSING, None)]),
    "true is not 1": ([True, 0], [1, False], [("$[0]", 1, True), ("$[1]", False, 0)]),
    "one number": ([1, 2.0], [1.0, 2], []),
    "no number is no number": ([float("nan")], [float("nan")], []),
    "no number is not another": ([float("nan")], [1.0], None),  # type: ignore[dict-item]
    "a tuple is a list": ({"a": (1, 2)}, {"a": [1, 2]}, []),
    "one item more at the end": ([1, 2, 3], [1, 2], [("$[2]", MISSING, 3)]),
    "one item more at the beginning": ([0, 1, 2], [1, 2], [("$[0]", MISSING, 0)]),
    "one item more in the middle": ([1, 9, 2, 3], [1, 2, 3], [("$[1]", MISSING, 9)]),
    "one item missing in the middle": ([1, 3], [1, 2, 3], [("$[1]", 2, MISSING)]),
    "nothing left": ([], [1], [("$[0]", 1, MISSING)]),
    "more items of one kind": ([1, 1, 1], [1], [("$[1]", MISSING, 1), ("$[2]", MISSING, 1)]),
    "an item more and one changed": ([1, 5, 9, 3], [1, 2, 3], [("$[1]", 2, 5), ("$[2]", MISSING, 9)]),
    "other mappings": (UserDict(a=1), {"a": 2}, [("$.a", 2, 1)]),
    "a model and JSON": (City(name="Oslo"), {"name": "Oslo", "size": 1}, [("$.size", 1, 0)]),
    "two models": ([City(name="Oslo")], [City(name="Rome")], [("$[0].name", "Rome", "Oslo")]),
    "a dataclass": ({"at": {"x": 1, "y": 2}}, {"at": Point(1)}, [("$.at.y", 0, 2)]),
    "a class is a leaf": (Point, City, [("$", City, Point)]),
    "an enum": ("red", Colour.RED, []),
    "what cannot be asked": ({"a": 1}, {"a": Strange()}, None),  # type: ignore[dict-item]
    "what is not sure": ([1], [Several()], None),  # type: ignore[dict-item]
}


def found(actual: Any, expected: Any) -> list[Place]:
    return [(one.path, one.expected, one.actual) for one in differences(actual, expected)]


@pytest.mark.parametrize("name", CASES)
def test_each_place_is_named(name: str) -> None:
    """A path for each place, what should be there, what is; None here stands for: one difference, not compared."""
    actual, expected, places = CASES[name]
    if places is None:
        assert len(differences(actual, expected)) == 1
    else:
        assert found(actual, expected) == places


def test_runs_can_be_compared() -> None:
    """Two results differ where what they dump differs."""
    one, other = (
        RunResult.model_validate({"runId": "r", "status": "success", "steps": {"a": {"output": {"x": [number]}}}})
        for number in (1, 2)
    )
    assert found(one, other) == [
        ("$.steps.a.output.x[0]", 2, 1),
        ("$.current_step.output.x[0]", 2, 1),
    ]


DIRTY: dict[str, tuple[Any, Any, list[str]]] = {
    "a leaf that fits": ({"a": 1}, {"a": IsInt()}, []),
    "a leaf that does not": ({"a": "1"}, {"a": IsInt()}, ["$.a"]),
    "a class": ({"a": "1", "b": 2}, {"a": IsInt, "b": IsInt}, ["$.a"]),
    "anything": ({"a": [1]}, {"a": AnyThing()}, []),
    "anything must be there": ({}, {"a": AnyThing()}, ["$.a"]),
    "both conditions": ([-1], [IsInt() & IsPositive()], ["$[0]"]),
    "part of a dict": ({"a": 1, "b": {"c": 2}}, IsPartialDict(b={"c": IsStr()}), ["$.b.c"]),
    "part of a dict, missing": ({"a": 1}, IsPartialDict(b=1), ["$.b"]),
    "a dict": ({"a": 1, "b": 2}, IsDict(a=1), ["$.b"]),
    "a dict with ignored values": ({"a": 1}, IsDict(a=2).settings(ignore={None}), ["$"]),
    "a dict in another order": ({"b": 1, "a": 1}, IsDict(a=1, b=1).settings(strict=True), ["$"]),
    "a dict that is none": ([1], IsPartialDict(a=1), ["$"]),
    "a list": ([1, "b"], IsList(1, IsInt()), ["$[1]"]),
    "a list that is longer": ([1, 2], IsList(1), ["$[1]"]),
    "a list that is shorter": ([1], IsList(1, 2), ["$[1]"]),
    "the beginning of a list": ([1, 2, 3], IsList(1, 3, length=...), ["$[1]"]),
    "positions": ([1, 2, 3], IsList(positions={2: 4}), ["$[2]"]),
    "positions from the end": ([1, 2, 3], IsList(positions={-1: 4}), ["$[-1]"]),
    "a list in any order": ([1, 2], IsList(3, 1, check_order=False), ["$"]),
    "a list of a length": ([1, 2], IsList(length=3), ["$"]),
    "contains": ({"a": [1]}, {"a": Contains(2)}, ["$.a"]),
    "nested in each other": ({"a": [{"b": 1}]}, IsPartialDict(a=IsList(IsPartialDict(b=2))), ["$.a[0].b"]),
}


@pytest.mark.parametrize("name", DIRTY)
def test_the_leaf_that_fails_is_named(name: str) -> None:
    """Objects of dirty-equals work as expected values, and what fails inside their dicts and lists is named."""
    actual, expected, places = DIRTY[name]
    assert [one.path for one in differences(actual, expected)] == places
    assert (actual == expected) is (places == [])


def test_an_object_that_fits_elsewhere_shows_itself() -> None:
    """An object of dirty-equals shows what it last was equal to; where it fails, it is to show what it wants."""
    text = IsStr()
    assert describe(differences({"a": 1, "b": "x"}, {"a": text, "b": text})) == ["$.a: expected IsStr(), actual 1"]


def test_values_too_deep_to_look_into() -> None:
    """What lies very deep is compared as a whole; what holds itself ends somewhere. Nothing raises."""
    deep: Any = 1
    other: Any = 2
    for _ in range(5000):
        deep, other = [deep], [other]
    ring: list[Any] = []
    ring.append(ring)
    circle: list[Any] = []
    circle.append(circle)
    assert len(differences(deep, other)) == 1
    assert len(differences(ring, circle)) == 1
    assert all(describe(differences(*pair)) for pair in [(deep, other), (ring, circle)])


def test_lists_in_lists_are_aligned_in_little_time() -> None:
    """Aligning takes no time that grows with each level."""
    actual: Any = 1
    expected: Any = 2
    for _ in range(60):
        actual, expected = [actual, 0], [expected, 0, 0]
    assert len(differences(actual, expected)) == 61


def test_missing_is_one_thing() -> None:
    """It is itself after copying and pickling, and says what it is."""
    assert copy.deepcopy(MISSING) is pickle.loads(pickle.dumps(MISSING)) is MISSING
    assert repr(MISSING) == "MISSING"
    difference = Difference("$", MISSING, 1)
    assert pickle.loads(pickle.dumps(difference)) == difference


# -- telling

LONG = "x" * 300
TOLD: dict[str, tuple[Any, Any, list[str]]] = {
    "short": ({"a": 1}, {"a": "1"}, ["$.a: expected '1', actual 1"]),
    "missing": ({}, {"a": 1}, ["$.a: expected 1, but nothing is there"]),
    "not expected": ({"a": [1]}, {}, ["$.a: not expected, actual [1]"]),
    "long": (
        LONG + "a" + LONG,
        LONG + "bc" + LONG,
        [
            "$:",
            f"  expected ...{'x' * 20}bc{'x' * 41}...",
            f"  actual   ...{'x' * 20}a{'x' * 42}...",
        ],
    ),
    "longer at the end": (
        LONG,
        LONG + "!",
        [
            "$:",
            f"  expected ...{'x' * 64}!'",
            f"  actual   ...{'x' * 64}'",
        ],
    ),
    "long from the beginning": (
        "a" + LONG,
        "b" + LONG,
        [
            "$:",
            f"  expected 'b{'x' * 64}...",
            f"  actual   'a{'x' * 64}...",
        ],
    ),
    "quotes do not hide what differs": (
        LONG + "it's",
        LONG + "it is",
        [
            "$:",
            f"  expected ...{'x' * 60}it is'",
            f"  actual   ...{'x' * 60}it\\'s'",
        ],
    ),
    "long and not there": (
        {},
        {"text": LONG},
        ["$.text:", f"  expected '{'x' * 65}...", "  actual   (nothing)"],
    ),
    "a long path": (
        {"k" * 200: 1},
        {"k" * 200: 2},
        [f"$.{'k' * 36}...{'k' * 38}:", "  expected 2", "  actual   1"],
    ),
    "what would steer a terminal": (
        "a\x1b[31m\nb\u202e",
        "c",
        ["$: expected 'c', actual 'a\\x1b[31m\\nb\\u202e'"],
    ),
    "half a character": ("\ud800", "x", ["$: expected 'x', actual '\\ud800'"]),
    "what has no repr": (1, Strange(), ["$: expected <Strange whose repr raised RuntimeError>, actual 1"]),
    "what has several lines": (1, Several(), ["$: expected several([1,\\n 2]), actual 1"]),
    "a number of many digits": (
        10**5000,
        1,
        ["$: expected 1, actual <int whose repr raised ValueError>"],
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_how_it_is_told(name: str) -> None:
    """On one line where that is long enough, else on three, clipped around what differs."""
    actual, expected, lines = TOLD[name]
    assert describe(differences(actual, expected)) == lines


def test_of_many_the_rest_is_counted() -> None:
    """Five are shown, or as many as one asks for."""
    many = differences({}, {f"k{number}": number for number in range(8)})
    assert describe(many)[4:] == ["$.k4: expected 4, but nothing is there", "... and 3 more differences"]
    assert describe(many, limit=7)[-1] == "... and 1 more difference"
    assert describe(many, limit=8)[-1].startswith("$.k7: ")
    assert describe(many, limit=0) == ["... and 8 more differences"]
    assert describe([]) == []


def test_wide_characters_count_twice() -> None:
    """Lines keep to cells, not to characters."""
    lines = describe(differences("日" * 100 + "本", "日" * 100 + "木"), width=40)
    assert lines == [
        "$:",
        "  expected ...日日日日日日日日日日日木'",
        "  actual   ...日日日日日日日日日日日本'",
    ]


def test_what_is_huge_takes_little() -> None:
    """Values of millions of characters are cut before they are written out."""
    huge = {"text": "x" * 3_000_000 + "y", "list": list(range(300_000))}
    other: Mapping[str, Any] = {"text": "x" * 3_000_000 + "z", "list": None}
    lines = describe(differences(huge, other))
    assert [len(line) <= 80 for line in lines] == [True] * 6
    assert lines[1].endswith("z'")
