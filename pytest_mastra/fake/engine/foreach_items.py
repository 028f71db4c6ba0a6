"""What a foreach takes for its items: whatever has a length in JavaScript, not lists alone."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.javascript import UNDEFINED, code_units, to_number

MOST_ITEMS = 2**20
"""Items that an object may claim to have by its `length`; real servers run out of memory at some point."""


def length_of(items: Any) -> Any:
    """Return what `items.length` is.

    Raises:
        Refusal: There is nothing to read it from.
    """
    if items is None or items is UNDEFINED:
        nothing = "null" if items is None else "undefined"
        raise Refusal(f"Cannot read properties of {nothing} (reading 'length')", name="TypeError")
    if isinstance(items, dict):
        return items.get("length", UNDEFINED)
    if isinstance(items, str):
        return len(code_units(items))
    return len(items) if isinstance(items, list) else UNDEFINED


def items_by_index(items: Any) -> list[Any]:
    """Return the items as current servers find them: `items[0]`, `items[1]`, ... below the length.

    Raises:
        Refusal: There is no length to be read, or it is out of all bounds.
    """
    if isinstance(items, list):
        return items
    length = to_number(length_of(items))
    if not length > 0:
        return []
    if isinstance(items, str):
        return code_units(items)
    if length > MOST_ITEMS:
        raise Refusal("Invalid array length", name="RangeError")
    return [items.get(str(index), UNDEFINED) for index in range(-int(-length // 1))]


def items_by_slice(items: Any) -> list[Any]:
    """Return the items as older servers find them: `items.slice(0, n).map(...)`.

    Raises:
        Refusal: There is no length to be read, or there are no such functions.
    """
    if isinstance(items, list):
        return items
    if not to_number(length_of(items)) > 0:
        return []
    function = "items.map" if isinstance(items, str) else "prevOutput.slice"
    raise Refusal(f"{function} is not a function", name="TypeError")
