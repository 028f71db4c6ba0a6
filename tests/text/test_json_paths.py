"""JSON paths of users: which places they cover."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mastra.text.differences import child_path, differences
from pytest_mastra.text.json_paths import PathPattern

KEYS = st.text(min_size=1) | st.sampled_from(["a", "sleep 1", 'with "quotes"', "[0]", "*", "a.b"]) | st.integers(0, 9)


def path_of(parts: list[Any]) -> str:
    path = "$"
    for part in parts:
        path = child_path(path, part)
    return path


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("$.steps.a.output", "$.steps.a.output", True),
        ("$.steps.a.output", "$.steps.a.output.x[2]", True),
        ("steps.a.output", "$.steps.a.output", True),
        ("$.steps.a.output", "$.steps.a", False),
        ("$.steps.a.output", "$.steps.ab.output", False),
        ("$.steps.*.input", '$.steps["sleep 1"].input.x', True),
        ("$.steps.*.input", "$.steps.a.output", False),
        ('$.steps["sleep 1"]', '$.steps["sleep 1"].output', True),
        ("$.path[*]", "$.path[3]", True),
        ("[0].x", "$[0].x", True),
        ("$.path[1]", "$.path[10]", False),
    ],
)
def test_what_a_pattern_covers(pattern: str, path: str, *, covered: bool) -> None:
    """A place and all below it; a star is any one key or index."""
    assert PathPattern(pattern).covers(path) is covered


@given(st.lists(KEYS, min_size=1, max_size=5))
def test_each_path_covers_itself_and_what_is_below(parts: list[Any]) -> None:
    """Whatever the keys are, a path that was told can be given back."""
    pattern = PathPattern(path_of(parts))
    assert pattern.covers(path_of(parts))
    assert pattern.covers(path_of([*parts, "below"]))
    assert not pattern.covers(path_of(parts[:-1]))


def test_the_paths_are_those_of_differences() -> None:
    """A difference's own path is understood."""
    (found,) = differences({"a b": [{"c": 1}]}, {"a b": [{"c": 2}]})
    assert PathPattern(found.path).covers(found.path)


@pytest.mark.parametrize("pattern", ["", "$", "$.", "a..b", "$.a[", "$.a[x]", '$.a["x]', "."])
def test_what_is_no_path_is_refused(pattern: str) -> None:
    """The error shows what is allowed."""
    with pytest.raises(ValueError, match=r"is not a JSON path like \$\.steps\.lookup\.output"):
        PathPattern(pattern)
