"""An input for which conditions hold, where they compare fields of it with constants. No I/O.

Conditions are those of a graph: source of JavaScript or Python. What is read of them is a guess: the test that is
made with it says whether the run went there.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice, product
from operator import eq, ge, gt, le, lt, ne
from typing import Any

_MOST_TRIED = 500
_ARROW = re.compile(r"^\s*(?:async\s+)?(?:\([^()]*\)|\w+)\s*=>\s*")
_BLOCK = re.compile(r"^\{\s*return\s+(?P<value>.*?);?\s*\}$", re.DOTALL)
_FIELD = r"""(?:\w+\s*\??\.\s*)?(?:inputData|input_data)(?P<field>
    (?: \.get\(\s*(?:'\w+'|"\w+")\s*\) | \??\.\w+(?!\s*\() | \[\s*(?:'[^'\]]*'|"[^"\]]*")\s*\] )+ )"""
_LITERAL = r"""-?\d+(?:\.\d+)? | '[^'\\]*' | "[^"\\]*" | true | false | True | False"""
_COMPARED = re.compile(rf"^{_FIELD}\s*(?P<sign>===|!==|==|!=|>=|<=|>|<)\s*(?P<constant>{_LITERAL})$", re.VERBOSE)
_TOLD = re.compile(rf"^(?P<denied>!\s*|not\s+)?{_FIELD}$", re.VERBOSE)
_NAMES = re.compile(r"""\.get\(\s*['"](\w+)['"]\s*\)|\.(\w+)|\[\s*['"]([^'"]*)['"]\s*\]""")
_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": eq,
    "===": eq,
    "!=": ne,
    "!==": ne,
    ">": gt,
    "<": lt,
    ">=": ge,
    "<=": le,
}


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A field of the input, and what it is to be.

    Attributes:
        field: Its names, from the outside.
        sign: How it is compared; empty where it is to be true.
        constant: With what.
    """

    field: tuple[str, ...]
    sign: str
    constant: Any

    def holds(self, value: Any) -> bool:
        found = _at(value, self.field)
        if not self.sign:
            return bool(found) is self.constant
        try:
            return _SIGNS[self.sign](found, self.constant)
        except TypeError:
            return False

    def candidates(self) -> list[Any]:
        """Return values of the field, of which some are on either side."""
        if isinstance(self.constant, bool):
            return [True, False]
        if isinstance(self.constant, str):
            return [self.constant, f"not {self.constant}"]
        return [self.constant, self.constant + 1, self.constant - 1]


_Condition = list[list[_Comparison]]
"""What holds if all of one of its lists does."""


def guess_input(example: Any, conditions: Sequence[str], wanted: Callable[[int], bool]) -> Any:
    """Return an input for which as many of these conditions hold as are wanted.

    Args:
        example: An input of the workflow.
        conditions: The conditions, as the graph has them.
        wanted: Says of a number of conditions that hold whether it is right.

    Returns:
        None if they cannot be read, are not about fields of the example, or nothing was found.
    """
    read = [_read(condition) for condition in conditions]
    if not read or None in read or not isinstance(example, dict):
        return None
    known = [condition for condition in read if condition is not None]
    fields: dict[tuple[str, ...], list[Any]] = {}
    for one in (one for condition in known for arm in condition for one in arm):
        if not isinstance(_at(example, one.field[:-1]), dict) or one.field[-1] not in _at(example, one.field[:-1]):
            return None
        fields.setdefault(one.field, [_at(example, one.field)]).extend(one.candidates())
    for values in islice(product(*fields.values()), _MOST_TRIED):
        tried = deepcopy(example)
        for field, value in zip(fields, values, strict=True):
            _at(tried, field[:-1])[field[-1]] = value
        if wanted(sum(any(all(one.holds(tried) for one in arm) for arm in condition) for condition in known)):
            return tried
    return None


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


def _read(condition: str) -> _Condition | None:
    """Return what a condition says; None if it is more than comparisons."""
    text = _ARROW.sub("", condition.strip()).strip()
    block = _BLOCK.match(text)
    text = block["value"] if block else text
    arms = [
        [_read_comparison(part.strip()) for part in re.split(r"&&|\band\b", arm)]
        for arm in re.split(r"\|\||\bor\b", text)
    ]
    known = [[one for one in arm if one is not None] for arm in arms]
    return known if known and [len(arm) for arm in known] == [len(arm) for arm in arms] else None


def _read_comparison(text: str) -> _Comparison | None:
    told = _TOLD.match(text)
    if told is not None:
        return _Comparison(_names(told["field"]), "", not told["denied"])
    compared = _COMPARED.match(text)
    if compared is None:
        return None
    written = compared["constant"]
    constant = json.loads(written) if written in ("true", "false") else ast.literal_eval(written)
    return _Comparison(_names(compared["field"]), compared["sign"], constant)


def _names(field: str) -> tuple[str, ...]:
    return tuple("".join(found) for found in _NAMES.findall(field))


def _at(value: Any, names: Sequence[str]) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
