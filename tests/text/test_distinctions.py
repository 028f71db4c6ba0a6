"""What tells the inputs of two runs apart, in few words."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mastra.text.distinctions import distinctions, distinctions_within

CASES: dict[str, tuple[list[Any], list[str]]] = {
    "one value": ([{"n": 1, "city": "Oslo"}, {"n": 2, "city": "Oslo"}], ["n=1", "n=2"]),
    "two values": ([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], ["a=1, b='x'", "a=2, b='y'"]),
    "many values": ([{"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 2, "c": 2}], ["a=1, b=1, ...", "a=2, b=2, ..."]),
    "inside": (
        [{"order": {"id": 1, "lines": [{"n": 1}]}}, {"order": {"id": 1, "lines": [{"n": 2}]}}],
        ["order.lines[0].n=1", "order.lines[0].n=2"],
    ),
    "lists of other lengths": ([{"x": [1]}, {"x": [1, 2]}], ["x=[1]", "x=[1, 2]"]),
    "what one lacks": ([{"n": 1}, {}, {"n": 1}], ["n=1", "no n", "n=1"]),
    "an odd key": ([{"a b": 1}, {"a b": 2}], ['["a b"]=1', '["a b"]=2']),
    "bare values": ([1, "two", None], ["1", "'two'", "None"]),
    "true and one": ([True, 1], ["True", "1"]),
    "a mapping and none": ([{"n": 1}, None], ["{'n': 1}", "None"]),
    "long ones": ([{"n": "x" * 99}, {"n": "y"}], ["n='xxxxxxxxxxxxxxxxxxxx...", "n='y'"]),
    "equal ones": ([{"n": 1}, {"n": 1}], ["", ""]),
    "one alone": ([{"n": 1}], [""]),
    "none": ([], []),
    "lists": ([[1, 2], [1, 3]], ["[1]=2", "[1]=3"]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_differs_is_told(name: str) -> None:
    """Of each value stands what the others have otherwise, by its path, and nothing else."""
    values, told = CASES[name]
    assert distinctions(values) == told


def test_groups_are_told_apart_by_themselves() -> None:
    """What differs between groups only is not told."""
    values = [{"n": 1, "x": 1}, {"n": 1, "x": 1}, {"n": 2, "x": 1}]
    assert distinctions_within(["city", "pay", "pay"], values) == ["", "n=1", "n=2"]
