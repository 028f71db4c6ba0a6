"""JSON as it stands in a text: laid out, compared, changed in places. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

STRING = re.compile(r'"[^"\\\x1e]*(?:\\[^\x1e][^"\\\x1e]*)*(?:"|\\?(?=\x1e|\Z))')
"""One string; one that nothing closes ends with its record: a stream may have been cut there."""

TOKEN = re.compile(
    STRING.pattern + r"|[{}\[\],:\x1e]"
    r'|[^ \t\r\n{}\[\],:"\x1e]+',
)
"""One token: a string, a punctuation mark (the end of a record among them), or a run of anything else but space."""

RECORD_END = "\x1e"

_BETWEEN = frozenset(",")
_OF_OBJECTS = frozenset("{}")

WIDTH = 100
"""Characters up to which a container stands on one line, where that is allowed."""


@dataclass(slots=True)
class ValueInText:
    """A JSON value in its text.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        items: What it holds: for an object by key, for an array by index, None for a scalar.
    """

    start: int
    end: int
    items: dict[str, ValueInText] | list[ValueInText] | None = None


def is_json(text: str) -> bool:
    """Return whether a text is one JSON value."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def strings_in(text: str) -> set[str] | None:
    """Return the strings of JSON texts, keys too; None if they are none.

    Args:
        text: One JSON text, or several of them, one after another.
    """
    # to split is twice as fast as a pattern
    if "\\" not in text:
        return set(text.split('"')[1::2])
    # no JSON has these two characters as they are
    if "\0" in text or "\1" in text:
        return None
    try:
        return set(map(_said, set(text.replace("\\\\", "\0").replace('\\"', "\1").split('"')[1::2])))
    except ValueError:
        return None


def _said(string: str) -> str:
    """Return what a string says, in which these two characters stand for escapes."""
    escaped = string.replace("\1", '\\"').replace("\0", "\\\\")
    return str(json.loads(f'"{escaped}"', strict=False)) if "\\" in escaped else string


def node_of(text: str) -> ValueInText:
    """Return the JSON value that a text is; the text must be one."""
    tokens = TOKEN.finditer(text)
    return _node(next(tokens), tokens)


def _node(token: re.Match[str], tokens: Iterator[re.Match[str]]) -> ValueInText:
    mark = token[0]
    if mark == "[":
        items = []
        while (inner := next(tokens))[0] != "]":
            if inner[0] != ",":
                items.append(_node(inner, tokens))
        return ValueInText(token.start(), inner.end(), items)
    if mark == "{":
        members = {}
        while (inner := next(tokens))[0] != "}":
            if inner[0] != ",":
                next(tokens)  # the colon
                members[str(json.loads(inner[0], strict=False))] = _node(next(tokens), tokens)
        return ValueInText(token.start(), inner.end(), members)
    return ValueInText(token.start(), token.end())


def pretty(text: str) -> list[str]:
    """Return a JSON value with one member a line; short arrays of scalars take one line."""
    tokens = TOKEN.findall(text)
    pieces = [f"{token} " if token in {":", ","} else token for token in tokens]
    return ["  " * depth + line.rstrip() for depth, line in _lines(tokens, pieces, only_arrays=True)]


def exact_lines(text: str) -> list[tuple[int, str]]:
    """Return a JSON value in lines, each with its depth; joined, they are its exact text."""
    matches = list(TOKEN.finditer(text))
    if not matches:
        return [(0, text)] if text else []
    starts = [0, *(match.start() for match in matches[1:]), len(text)]
    pieces = [text[start:end] for start, end in pairwise(starts)]
    return list(_lines([match[0] for match in matches], pieces, only_arrays=False))


def _lines(tokens: Sequence[str], pieces: Sequence[str], *, only_arrays: bool) -> Iterator[tuple[int, str]]:
    stands_together = _standing_together(tokens, pieces, only_arrays=only_arrays)
    line, depth, line_depth, together_until = "", 0, 0, -1
    for index, (token, piece) in enumerate(zip(tokens, pieces, strict=True)):
        if index <= together_until:
            line += piece
            continue
        if token in {"}", "]"} and index not in stands_together:
            if line:
                yield line_depth, line
            depth = max(depth - 1, 0)
            line, line_depth = piece, depth
            continue
        line += piece
        if token in {"{", "["}:
            if index in stands_together:
                together_until = stands_together[index]
                continue
            yield line_depth, line
            depth += 1
            line, line_depth = "", depth
        elif token in _BETWEEN:
            yield line_depth, line
            line, line_depth = "", depth
    if line:
        yield line_depth, line


def _standing_together(tokens: Sequence[str], pieces: Sequence[str], *, only_arrays: bool) -> dict[int, int]:
    """Return where containers begin and end that stand on one line."""
    together: dict[int, int] = {}
    open_: list[int] = []
    nested: list[bool] = []
    sizes = [0]
    for piece in pieces:
        sizes.append(sizes[-1] + len(piece))
    for index, token in enumerate(tokens):
        if token in {"{", "["}:
            if nested:
                nested[-1] = True
            open_.append(index)
            nested.append(False)
        elif token in {"}", "]"} and open_:
            start, has_nested = open_.pop(), nested.pop()
            is_short = sizes[index + 1] - sizes[start] <= WIDTH
            if index == start + 1 or (is_short and not (only_arrays and (token in _OF_OBJECTS or has_nested))):
                together[start] = index
    return together
