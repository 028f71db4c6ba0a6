"""What tells values of one kind apart, in few words."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from pytest_mastra.text.differences import MISSING, child_path, differences
from pytest_mastra.text.values import shown
from pytest_mastra.text.width import clipped

_PLACES = 2
_DEEPEST = 6
_LONGEST = 24
"""Cells of a value."""


def distinctions(values: Sequence[Any]) -> list[str]:
    """Return of each value what tells it from the others: `city='Oslo'`, `order.lines[0].n=2`.

    Two places at the most, then `...`; values that are no mappings and no lists are told as they are. Empty where all
    are equal.

    Args:
        values: JSON values, such as the inputs of the runs of one workflow.
    """
    places = list(_places(values, "$", _DEEPEST))
    more = ["..."] if len(places) > _PLACES else []
    of_each = zip(*(_tell(path, column) for path, column in places[:_PLACES]), strict=True)
    return [", ".join([*told, *more]) for told in of_each] or [""] * len(values)


def distinctions_within(groups: Sequence[Hashable], values: Sequence[Any]) -> list[str]:
    """Return of each value what tells it from the others of its group."""
    told = [""] * len(values)
    for group in dict.fromkeys(groups):
        members = [index for index, other in enumerate(groups) if other == group]
        for index, words in zip(members, distinctions([values[index] for index in members]), strict=True):
            told[index] = words
    return told


def _places(values: Sequence[Any], path: str, depth: int) -> Iterator[tuple[str, Sequence[Any]]]:
    """Give the innermost places at which not all values are equal, with what each has there."""
    if all(not differences(value, values[0]) for value in values[1:]):
        return
    keys: Sequence[Any] = ()
    if depth and all(isinstance(value, Mapping) for value in values):
        keys = list(dict.fromkeys(key for value in values for key in value))
        columns = [[value.get(key, MISSING) for value in values] for key in keys]
    elif depth and all(type(value) is list and len(value) == len(values[0]) for value in values):
        keys = range(len(values[0]))
        columns = [[value[index] for value in values] for index in keys]
    if not keys:
        yield path, values
        return
    for key, column in zip(keys, columns, strict=True):
        yield from _places(column, child_path(path, key), depth - 1)


def _tell(path: str, column: Sequence[Any]) -> list[str]:
    name = path.removeprefix("$").removeprefix(".")
    return [
        f"no {name}" if value is MISSING else f"{name}{'=' if name else ''}{clipped(shown(value, _LONGEST), _LONGEST)}"
        for value in column
    ]
