"""What holds for the differences of any two values, and for lines of any text."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mastra_sync.escapes import escaped
from pytest_mastra.text.differences import MISSING, child_path, describe, differences
from pytest_mastra.text.values import bounded, quoted, shown
from pytest_mastra.text.width import cells, clipped, clipped_around, clipped_middle, wrapped

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30)
TEXTS = st.text(st.characters(exclude_categories=()))  # also half characters, marks, and what does not print
WIDE = st.text("a日本한́̈e\x1b\n\u202e\ud800👩 ")
"""Wide characters, marks that combine, and what does not print."""


@st.composite
def one_changed(draw: st.DrawFn) -> tuple[Any, Any, str]:
    """Draw a value, the same with one leaf changed, and the path of that leaf."""
    value = draw(VALUES)
    changed, path = copy.deepcopy(value), "$"
    holder: Any = [changed]
    place: Any = 0
    while holder[place] and isinstance(holder[place], (list, dict)):
        holder = holder[place]
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        place = draw(st.sampled_from(keys))
        path = child_path(path, place)
    old, new = holder[place], draw(LEAVES)
    assume(not isinstance(old, (int, float)) or not isinstance(new, (int, float)) or type(old) is type(new))
    assume(old != new and not (old != old and new != new))  # noqa: PLR0124 - no number is equal to itself but NaN
    holder[place] = new
    return value, changed if path != "$" else new, path


def without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 - only NaN is


@given(VALUES)
def test_equal_values_differ_nowhere(value: Any) -> None:
    """A copy of a value is no different, whatever is in it."""
    assert differences(copy.deepcopy(value), value) == []


@given(one_changed())
def test_one_changed_leaf_is_one_difference(case: tuple[Any, Any, str]) -> None:
    """Its path is named, and nothing else."""
    expected, actual, path = case
    (one,) = differences(actual, expected)
    assert one.path == path


@pytest.mark.parametrize(("longer", "items"), [([0, False], [False]), ([[False], [0]], [[0]]), ([1, True], [True])])
def test_an_item_more_that_python_takes_for_another(longer: list[Any], items: list[Any]) -> None:
    """Lists are aligned by JSON's kinds: 0 is not false."""
    assert [one.expected for one in differences(longer, items)] == [MISSING]


@given(st.lists(VALUES), VALUES, st.data())
def test_one_item_more_is_one_difference(items: list[Any], more: Any, data: st.DataObject) -> None:
    """Wherever in a list it stands."""
    items = without_nan(items)
    place = data.draw(st.integers(0, len(items)))
    longer = [*items[:place], without_nan(more), *items[place:]]
    assert [one.expected for one in differences(longer, items)] == [MISSING]
    assert [one.actual for one in differences(items, longer)] == [MISSING]


@given(VALUES, VALUES)
def test_what_differs_is_found(actual: Any, expected: Any) -> None:
    """Values that are not equal differ somewhere; the other way round as often."""
    found = differences(actual, expected)
    assert found or without_nan(actual) == without_nan(expected)
    assert len(differences(expected, actual)) == len(found)


@given(VALUES, VALUES, st.integers(0, 7), st.integers(20, 100))
@example("日" * 50, "日" * 49 + "本", 5, 20)
def test_telling_keeps_its_limits(actual: Any, expected: Any, limit: int, width: int) -> None:
    """At most three lines for each difference and one for the rest, none wider than asked, all of them printable."""
    found = differences(actual, expected)
    lines = describe(found, limit=limit, width=width)
    assert len(lines) <= 3 * min(limit, len(found)) + (len(found) > limit)
    assert all(cells(line) <= width and line.isprintable() for line in lines)


@given(WIDE | TEXTS, WIDE | TEXTS, st.integers(20, 100))
def test_what_differs_is_shown(one: str, other: str, width: int) -> None:
    """Two texts that differ are never shown as the same."""
    assume(one != other)
    lines = describe(differences(one, other), width=width)
    assert len(lines) in (1, 3)
    if len(lines) == 3 and width >= 60:
        assert lines[1].removeprefix("  expected ") != lines[2].removeprefix("  actual   ")


@given(WIDE | TEXTS, st.integers(0, 40), st.data())
def test_clipping_keeps_to_the_width(text: str, width: int, data: st.DataObject) -> None:
    """However wide characters are; what fits is left as it is."""
    text = escaped(text)
    position = data.draw(st.integers(0, len(text)))
    pieces = [
        clipped(text, width),
        clipped_middle(text, width),
        clipped_around(text, position, width, before=width // 3),
    ]
    assert all(cells(piece) <= width for piece in pieces)
    if cells(text) <= width:
        assert pieces[:2] == [text, text]


@given(WIDE | TEXTS, st.integers(10, 40), st.integers(1, 5))
def test_wrapping_keeps_to_width_and_lines(text: str, width: int, most: int) -> None:
    """However long a text is; a short one loses nothing but spaces where lines are broken."""
    lines = wrapped(text, width, most)
    assert len(lines) <= most
    assert all(cells(line) <= width and line.isprintable() for line in lines)
    everything = wrapped(text, width, 10_000)
    assert "".join("".join(everything).split()) == "".join("".join(map(escaped, text.split("\n"))).split())
    if len(everything) <= most:
        assert lines == everything
    else:
        assert lines[:-1] == everything[: most - 1]
        assert lines[-1].endswith("...")


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("日本", 4), ("한", 2), ("e\u0301", 1), ("ﾊ", 1), ("👩", 2)]
)
def test_cells_are_those_of_a_terminal(text: str, width: int) -> None:
    """Wide characters take two cells, combining ones none."""
    assert cells(text) == width


@given(VALUES, st.integers(1, 50))
def test_what_is_shown_is_python(value: Any, most: int) -> None:
    """Short values are shown as Python writes them; of long ones at least what was asked for."""
    assert shown(value, 10**6) == repr(value)
    text = shown(value, most)
    assert len(text) >= min(most, len(repr(value)))
    # which quotes Python takes depends on all of a text, of which a part is shown
    assert '"' in repr(value) or repr(value).startswith(text[:most])


@given(VALUES)
def test_bounding_leaves_small_values_alone(value: Any) -> None:
    """It is for large ones."""
    assert repr(bounded(value)) == repr(value)


@given(TEXTS)
def test_quoting_is_python_s_own(text: str) -> None:
    """The text can be read back, and always stands between single quotes."""
    assert quoted(text)[0] == quoted(text)[-1] == "'"
    assert eval(quoted(text)) == text


@pytest.mark.parametrize("depth", [1, 10, 5000])
def test_bounding_ends(depth: int) -> None:
    """However deep a value is."""
    deep: Any = 1
    for _ in range(depth):
        deep = [deep]
    assert len(repr(bounded(deep))) < 200
