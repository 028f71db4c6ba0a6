"""A pattern for secrets in every spelling that they have in texts. No state."""

from __future__ import annotations

import html.entities
import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from pytest_mastra.redact.places import as_latin1

NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?\Z")
_BEFORE_A_NUMBER = r"(?:(?<![0-9A-Za-z.])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\[bfnrt])|(?<=\.{3}))"
"""No letter or digit, unless it is the end of an escape; no point, unless it is one of three."""
_BACKSLASH = r"(?:\\|%(?:25)*5[cC])"
_ESCAPES = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_OF_ONE_BYTE = 256

_LINE_BREAK = r"(?:\r?\n(?:[E>|][ \t]+)?[ \t]*)"
"""A line break, with what pytest puts before the lines of a failure."""

_ENTITIES = {'"': "quot", "&": "amp", "'": "apos", "<": "lt", ">": "gt"}


def pattern_of(values: Sequence[str]) -> re.Pattern[str]:
    """Return a pattern for values in every spelling, escaped again, or as they are.

    Percent-encoded, escaped as in JSON, Python and HTML. It is for texts with one character for each byte. The group
    that matches is called `s` and the number of the value. Values that begin alike share their beginning, so that a
    thousand of them are looked for as fast as one.
    """
    trie: dict[str, Any] = {}
    for number, value in enumerate(values):
        node = trie
        # a number is part of many others
        is_number = NUMBER.match(value) is not None
        pieces = [_spelling(character) for character in value]
        for piece in [_BEFORE_A_NUMBER, *pieces, r"(?![0-9A-Za-z])"] if is_number else pieces:
            node = node.setdefault(piece, {})
        node[""] = number
    # nothing matches this: there may be no value
    return re.compile(_branches(trie) if values else r"(?!)")


def spellings_of(value: str) -> frozenset[str]:
    """Return how a value is written as a whole, with one character for each byte."""
    spelled = {
        *(value, quote(value, safe=""), repr(value)[1:-1], ascii(value)[1:-1]),
        *(json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]),
    }
    # a message in a body
    escaped = {json.dumps(text, ensure_ascii=is_ascii)[1:-1] for text in spelled for is_ascii in (True, False)}
    return frozenset(as_latin1(text) for text in spelled | escaped)


def _branches(node: dict[str, Any]) -> str:
    pieces = []
    while len(node) == 1 and "" not in node:
        ((piece, node),) = node.items()
        pieces.append(piece)
    # the longer first: one secret may begin with another
    branches = [piece + _branches(after) for piece, after in node.items() if piece]
    if "" in node:
        branches.append(f"(?P<s{node['']}>)")
    return "".join(pieces) + (branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})")


def _spelling(character: str) -> str:
    if _UNRESERVED.match(character):
        return re.escape(character)
    if character == "\\":
        return f"{_BACKSLASH}+"
    latin1 = as_latin1(character)
    percent = "".join(f"%(?:25)*(?i:{ord(byte):02x})" for byte in latin1)
    spelled = [f"(?:{re.escape(latin1)}|{percent})"]
    if character in "\"'/":
        spelled[0] = f"{_BACKSLASH}*{spelled[0]}"
    if character == "\n":
        spelled.append(_LINE_BREAK)
    spelled += _escapes(character, latin1)
    if character == " ":
        spelled.append(r"\+")
    return f"(?:{'|'.join(spelled)})"


def _escapes(character: str, latin1: str) -> list[str]:
    code = ord(character)
    spelled = ["".join(rf"{_BACKSLASH}+u(?i:{unit:04x})" for unit in _as_utf16(character))]
    if character in _ESCAPES:
        spelled.append(f"{_BACKSLASH}+{_ESCAPES[character]}")
    # Python's: of a character, and of its bytes
    if code < _OF_ONE_BYTE:
        spelled.append(rf"{_BACKSLASH}+x(?i:{code:02x})")
    spelled.append(rf"{_BACKSLASH}+U(?i:{code:08x})")
    spelled.append("".join(rf"{_BACKSLASH}+x(?i:{ord(byte):02x})" for byte in latin1))
    # HTML's
    name = _ENTITIES.get(character) or html.entities.codepoint2name.get(code)
    spelled.append(rf"&(?:amp;)*(?:#0*{code}|#[xX]0*(?i:{code:x}){f'|{name}' if name else ''});")
    return spelled


def _as_utf16(character: str) -> list[int]:
    """Return the code units of a character as JSON escapes name them."""
    data = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[index : index + 2], "big") for index in range(0, len(data), 2)]
