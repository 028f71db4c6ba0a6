"""Differences between two JSON-like values, as paths and as lines of text."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from mastra_sync.escapes import escaped
from pytest_mastra.text.values import counted, quoted, shown
from pytest_mastra.text.width import cells, clipped, clipped_around, clipped_middle

DEEPEST = 100
"""Levels that are looked into; what lies deeper is compared as a whole."""


class Missing(Enum):
    """The kind of `MISSING`."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing.MISSING
"""Stands in a `Difference` on the side that has nothing at its path."""


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """One path at which two values differ.

    Attributes:
        path: Where, as a JSON path: `$.steps.lookup.output[2].x`, keys that are no identifiers as `["a b"]`. An item's
            number is its index in the actual list; that of an item that is missing, its index in the expected one.
        expected: What should be there, `MISSING` if nothing.
        actual: What is there, `MISSING` if nothing.
    """

    path: str
    expected: Any
    actual: Any


def differences(actual: Any, expected: Any) -> list[Difference]:
    """Return where two values differ.

    They are in the order of the expected one, then what it does not have. Mappings and sequences are looked into,
    pydantic models and dataclasses as what they dump. JSON's kinds count, not Python's: a tuple is a list, 1 and 1.0
    are one number, true is not 1. A list that has more or fewer items is aligned at both ends, so that one item more is
    one difference. Never raises.

    Args:
        actual: What there is.
        expected: What should be; its leaves may be anything with an `==` of its own, as the objects of dirty-equals,
            whose dicts and lists are looked into too.
    """
    found: list[Difference] = []
    _compare(actual, expected, "$", found, DEEPEST)
    return found


def describe(found: Sequence[Difference], *, limit: int = 5, width: int = 80) -> list[str]:
    """Return differences as lines of text: path, expected, actual.

    Args:
        found: The differences.
        limit: How many are shown; of the others only the number is told. One takes up to three lines.
        width: Cells that a line may take. Values are clipped around what differs.
    """
    lines = [line for difference in found[:limit] for line in _lines(difference, width)]
    more = len(found) - max(limit, 0)
    if more > 0:
        lines.append(f"... and {counted(more, 'more difference')}")
    return [clipped(line, width) for line in lines]


def both_sides(difference: Difference, width: int) -> tuple[str, str]:
    """Return what is expected and what is there, clipped to a width around what differs.

    Args:
        difference: The difference.
        width: Cells that a side may take.
    """
    expected, actual = _pair(difference, 4 * width)
    position = common_prefix_length(expected, actual)
    after = max(cells(expected[position:]), cells(actual[position:]))
    before = max(width // 3, width - after)
    return (
        clipped_around(expected, position, width, before=before),
        clipped_around(actual, position, width, before=before),
    )


def child_path(path: str, key: Any) -> str:
    """Return the JSON path of a key or index below a path."""
    if isinstance(key, str):
        return f"{path}.{key}" if key.isidentifier() else f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}[{shown(key)}]"


# -- comparing


def _compare(actual: Any, expected: Any, path: str, found: list[Difference], depth: int) -> None:
    if actual is expected:
        return
    if (opened := _opened(actual, expected)) is not None and depth > 0:
        _compare_opened(*opened, path, found, depth)
    elif not _are_equal(actual, expected) and not (depth > 0 and _found_inside(actual, expected, path, found, depth)):
        found.append(Difference(path, expected, actual))


def _opened(actual: Any, expected: Any) -> tuple[Any, Any] | None:
    """Return two values as plain mappings or sequences; None if they are none."""
    plain = (_plain(actual, expected), _plain(expected, actual))
    for kinds in (Mapping, (list, tuple)):
        if all(isinstance(value, kinds) for value in plain):
            return plain
    return None


def _plain(value: Any, other: Any) -> Any:
    """Return a model or dataclass as what it dumps, anything else as it is."""
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and isinstance(value, pydantic.BaseModel):
        # beside another model its own values, beside JSON what they are there
        mode = "python" if isinstance(other, pydantic.BaseModel) else "json"
        try:
            return value.model_dump(mode=mode)
        except Exception:  # noqa: BLE001 - serializers are anyone's code
            return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name, MISSING) for field in dataclasses.fields(value) if field.compare}
    return value


def _compare_opened(actual: Any, expected: Any, path: str, found: list[Difference], depth: int) -> None:
    pairs = _pairs_of_mappings if isinstance(expected, Mapping) else _pairs_of_lists
    for key, actual_value, expected_value in pairs(actual, expected):
        child = child_path(path, key)
        if actual_value is MISSING or expected_value is MISSING:
            found.append(Difference(child, expected_value, actual_value))
        else:
            _compare(actual_value, expected_value, child, found, depth - 1)


def _pairs_of_mappings(actual: Mapping[Any, Any], expected: Mapping[Any, Any]) -> Iterator[tuple[Any, Any, Any]]:
    for key, value in expected.items():
        yield key, actual.get(key, MISSING), value
    for key, value in actual.items():
        if key not in expected:
            yield key, value, MISSING


def _pairs_of_lists(actual: Sequence[Any], expected: Sequence[Any]) -> Iterator[tuple[int, Any, Any]]:
    """Pair items by their index; if one list is longer, what both end with too."""
    shorter, longer = sorted((len(actual), len(expected)))
    head = tail = 0
    if shorter != longer:
        while head < shorter and _are_alike(actual[head], expected[head]):
            head += 1
        while tail < shorter - head and _are_alike(actual[-1 - tail], expected[-1 - tail]):
            tail += 1
    middle = max(len(actual), len(expected)) - tail
    for index in range(middle):
        yield (
            index,
            actual[index] if index < len(actual) - tail else MISSING,
            expected[index] if index < len(expected) - tail else MISSING,
        )
    for back in range(tail, 0, -1):
        yield len(actual) - back, actual[-back], expected[-back]


def _are_alike(actual: Any, expected: Any) -> bool:
    """Whether two values have no difference: Python's `==` takes 1 for true, also deep inside."""
    return _equal(actual, expected) and not differences(actual, expected)


def _are_equal(actual: Any, expected: Any) -> bool:
    """Whether two leaves are one JSON value, or the expected one says that they are equal."""
    if isinstance(actual, bool) is not isinstance(expected, bool) and all(
        type(value) in (bool, int, float) for value in (actual, expected)
    ):
        return False
    if isinstance(actual, float) and isinstance(expected, float) and math.isnan(actual):
        return math.isnan(expected)
    return _equal(actual, expected)


def _equal(actual: Any, expected: Any) -> bool:
    try:
        return bool(actual == expected)
    except Exception:  # noqa: BLE001 - an == is anyone's code, and may be too deep
        return False


# -- what dirty-equals' containers hold


def _found_inside(actual: Any, expected: Any, path: str, found: list[Difference], depth: int) -> bool:
    """Add what differs inside a dict or list of dirty-equals; say whether anything did."""
    if not type(expected).__module__.startswith("dirty_equals"):
        return False
    before = len(found)
    if isinstance(actual, Mapping) and isinstance(values := getattr(expected, "expected_values", None), Mapping):
        considered = _considered(actual, expected, values)
        if considered is not None:
            _compare_opened(*considered, path, found, depth)
    elif isinstance(actual, (list, tuple)):
        _compare_opened(*_items(actual, expected), path, found, depth)
    return len(found) > before


def _considered(
    actual: Mapping[Any, Any], expected: Any, values: Mapping[Any, Any]
) -> tuple[Mapping[Any, Any], Mapping[Any, Any]] | None:
    """Return what a dict of dirty-equals looks at on both sides; None if only it knows."""
    if getattr(expected, "ignore", None):
        return None
    if getattr(expected, "partial", False):
        return {key: value for key, value in actual.items() if key in values}, values
    return actual, values


def _items(actual: Sequence[Any], expected: Any) -> tuple[Mapping[int, Any], Mapping[int, Any]]:
    """Return the items that a list of dirty-equals looks at, by their indexes on both sides."""
    wanted: dict[int, Any] = {}
    is_whole = False
    if isinstance(positions := getattr(expected, "positions", None), Mapping):
        wanted = dict(positions)
    elif getattr(expected, "check_order", False) is True and isinstance(
        items := getattr(expected, "items", None), tuple
    ):
        wanted = dict(enumerate(items))
        is_whole = getattr(expected, "length", None) is None
    have = range(len(actual)) if is_whole else wanted
    return {index: actual[index] for index in have if -len(actual) <= index < len(actual)}, wanted


# -- telling


def _lines(difference: Difference, width: int) -> list[str]:
    path = escaped(difference.path)
    expected, actual = _pair(difference, 4 * width)
    if difference.expected is MISSING:
        words = f"not expected, actual {actual}"
    elif difference.actual is MISSING:
        words = f"expected {expected}, but nothing is there"
    else:
        words = f"expected {expected}, actual {actual}"
    if cells(f"{path}: {words}") <= width:
        return [f"{path}: {words}"]
    expected, actual = both_sides(difference, width - len("  expected "))
    return [
        f"{clipped_middle(path, width - 1)}:",
        f"  expected {expected}",
        f"  actual   {actual}",
    ]


def _pair(difference: Difference, most: int) -> tuple[str, str]:
    """Return both sides as text, of long ones what shows where they differ."""
    expected, actual = difference.expected, difference.actual
    if isinstance(expected, str) and isinstance(actual, str):
        position = common_prefix_length(expected, actual)
        return _excerpt(expected, position, most), _excerpt(actual, position, most)
    if expected is not MISSING and actual is not MISSING:
        # an object of dirty-equals shows itself as what it last was found equal to, which may have been elsewhere
        _equal(actual, expected)
    sides = ("(nothing)" if side is MISSING else shown(side, most) for side in (expected, actual))
    return next(sides), next(sides)


def common_prefix_length(left: str, right: str) -> int:
    """Return how many characters two texts begin with alike."""
    alike, most = 0, min(len(left), len(right))
    while alike < most:
        # halves, for comparing slices is quick even where texts are long
        middle = (alike + most + 1) // 2
        if left[alike:middle] == right[alike:middle]:
            alike = middle
        else:
            most = middle - 1
    return alike


def _excerpt(text: str, position: int, most: int) -> str:
    start = max(position - most, 0)
    return quoted(text[start : position + most])
