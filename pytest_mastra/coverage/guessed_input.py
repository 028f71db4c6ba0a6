"""An input for which conditions hold, where they hold fields of it against constants. No I/O.

What is read of a condition (`condition_source.py`) is a guess: the test that is made with it says whether the run
went there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from itertools import islice, product
from typing import Any

from pytest_mastra.coverage.condition_source import Condition, Path, Use, at

_MOST_TRIED = 2_000


def guess_input(example: Any, conditions: Sequence[str], wanted: Callable[[int], bool]) -> Any:
    """Return an input for which as many of these conditions hold as are wanted.

    Args:
        example: An input of the workflow.
        conditions: The conditions, as the graph has them.
        wanted: Says of a number of conditions that hold whether it is right.

    Returns:
        None if they cannot be read, are not about fields of the example, or nothing was found.
    """
    read = [Condition.read(condition) for condition in conditions]
    known = [condition for condition in read if condition is not None]
    if not known or len(known) < len(read) or not isinstance(example, dict):
        return None
    values: dict[Path, list[Any]] = {}
    for use in (use for condition in known for use in condition.uses):
        outer = at(example, use.path[:-1])
        if not isinstance(outer, dict) or use.path[-1] not in outer:
            return None
        now = outer[use.path[-1]]
        values.setdefault(use.path, [now]).extend(_candidates(use, now))
    for chosen in islice(product(*values.values()), _MOST_TRIED):
        tried = deepcopy(example)
        for path, value in zip(values, chosen, strict=True):
            at(tried, path[:-1])[path[-1]] = value
        if wanted(sum(condition.holds(tried) for condition in known)):
            return tried
    return None


def _candidates(use: Use, now: Any) -> Iterator[Any]:
    """Give values of a field, on either side of what it is held against."""
    if not use.constants:
        # it is to be true, or is held against another field
        is_number = isinstance(now, (int, float))
        yield from (True, False) if isinstance(now, bool) or now is None else (type(now)(), 1 if is_number else now)
    for constant in use.constants:
        if use.of_length:
            yield from _of_length(constant, now)
        elif isinstance(constant, bool):
            yield from (True, False)
        elif isinstance(constant, str):
            yield from _around_text(constant, now)
        elif isinstance(now, list):
            yield from ([*now, constant], [item for item in now if item != constant])
        elif isinstance(constant, (int, float)):
            yield from (constant, constant + 1, constant - 1, -constant, -constant - 1, -constant + 1)
        else:
            yield constant


def _around_text(text: str, now: Any) -> Iterator[Any]:
    if isinstance(now, list):
        yield from ([*now, text], [item for item in now if item != text])
    else:
        yield from (text, f"not {text}")
        if isinstance(now, str):
            yield from (f"{text}{now}", f"{now}{text}", now.replace(text, ""))


def _of_length(length: Any, now: Any) -> Iterator[Any]:
    """Give texts or lists of about a length, made of the one that is there."""
    if not isinstance(length, int) or not isinstance(now, (str, list)):
        return
    for count in {max(0, length + step) for step in (0, 1, -1)}:
        if isinstance(now, str):
            yield ((now or "x") * (count + 1))[:count]
        elif now or not count:
            yield [deepcopy(now[number % len(now)]) for number in range(count)]


def with_items(example: Any, count: int) -> Any:
    """Return an input whose one list is so long, items repeated; None without such a list."""
    changed = deepcopy(example)
    lists = list(_lists(changed))
    if len(lists) != 1 or (count and not lists[0]):
        return None
    items = lists[0] or [None]
    lists[0][:] = [items[number % len(items)] for number in range(count)]
    return changed


def _lists(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _lists(inner)
