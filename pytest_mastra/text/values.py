"""Values as they stand in a test's output: in Python's writing, on one line, short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from mastra_sync.escapes import escaped

WIDTH = 70
"""Cells of a line: pytest writes ten before those that explain a failed assert, and a terminal has eighty."""

_DEEPEST = 20
_ITEMS = 400


def shown(value: Any, most: int = 400) -> str:
    """Return a value in Python's writing, without what could steer a terminal.

    Nothing in it breaks a line. Never raises.

    Args:
        value: Anything; the `repr` of what is no JSON is shown, however it fails.
        most: About how many characters are of use; a longer text ends somewhere after them.
    """
    parts = []
    length = 0
    for part in _parts(value, most, _DEEPEST):
        parts.append(part)
        length += len(part)
        if length > most:
            break
    return "".join(parts)


def counted(count: int, thing: str) -> str:
    """Return a number of things: `1 run`, `2 runs`."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def first_of(names: Sequence[str], most: int) -> str:
    """Return the first names, and how many more there are: `a, b and 3 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def bounded(value: Any, most: int = 10_000, depth: int = _DEEPEST) -> Any:
    """Return what is of use for showing a JSON value.

    That is all but what lies behind much text, behind many items, or deep.
    """
    if type(value) is str:
        return value[:most]
    if not depth:
        return value if isinstance(value, (int, float, type(None))) else "..."
    if isinstance(value, Mapping):
        return {key: bounded(item, most, depth - 1) for key, item in islice(value.items(), _ITEMS)}
    if type(value) in (list, tuple):
        return type(value)(bounded(item, most, depth - 1) for item in islice(value, _ITEMS))
    return value


def quoted(text: str) -> str:
    """Return a text between single quotes, so that two can be compared character by character."""
    # repr takes single quotes for what holds a double quote
    return repr(f'{text}"')[:-2] + "'"


def _parts(value: Any, most: int, depth: int) -> Iterator[str]:
    if isinstance(value, (str, bytes)) and type(value) in (str, bytes):
        yield repr(value[: most + 1])
    elif depth and isinstance(value, Mapping):
        yield from _parts_of_mapping(value, most, depth)
    elif depth and type(value) in (list, tuple):
        yield from _parts_of_items(value, most, depth)
    else:
        yield _repr(value)[: most + 1]


def _parts_of_mapping(value: Mapping[Any, Any], most: int, depth: int) -> Iterator[str]:
    between = "{"
    for key, item in value.items():
        yield between
        yield from _parts(key, most, depth - 1)
        yield ": "
        yield from _parts(item, most, depth - 1)
        between = ", "
    yield "{}" if between == "{" else "}"


def _parts_of_items(value: list[Any] | tuple[Any, ...], most: int, depth: int) -> Iterator[str]:
    first, last = "[]" if isinstance(value, list) else ("(", ",)" if len(value) == 1 else ")")
    yield first
    for index, item in enumerate(value):
        if index:
            yield ", "
        yield from _parts(item, most, depth - 1)
    yield last


def _repr(value: Any) -> str:
    try:
        return escaped(repr(value))
    except Exception as error:  # noqa: BLE001 - a repr is anyone's code, and may be too deep
        return f"<{type(value).__name__} whose repr raised {type(error).__name__}>"
