"""Places that stand quoted under a sensitive name: Python's values and arguments, HTML's fields. No state."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from pytest_mastra.redact.names import MASK, Names
from pytest_mastra.redact.places import Place, as_latin1, from_latin1, masked, secrets_in

_NAME = (
    r"(?<![\w.-])(?:(?P<mark>['\"])(?P<key>[A-Za-z_][\w .-]{0,60})(?P=mark)[ ]*:"
    r"|(?P<name>[A-Za-z_][\w-]{0,60})[ ]*[=:])\s*"
)
_CLOSED = re.compile(_NAME + r"[bru]{0,2}'(?P<value>(?:[^'\"\\\n]|\\.)+)'", re.ASCII)
"""Between single quotes, in a text that may be JSON: it holds no double quote, and does not break off."""

_IN_PROSE = re.compile(
    _NAME + r"(?:[bru]{0,2}(?:'(?P<single>(?:[^'\\\n]|\\.)+)|\"(?P<double>(?:[^\"\\\n]|\\.)+))"
    r"|(?P<opened>[\[{(])|(?P<number>[+-]?\d[\d.]*))",
    re.ASCII,
)
"""In a text that people read: in quotes, which may not be closed, in brackets, or a number."""

_LITERAL = re.compile(
    r"'((?:[^'\\\n]|\\.)*)(?:'|$)|\"((?:[^\"\\\n]|\\.)*)(?:\"|$)|[+-]?\d[\d.]*|[\[\](){}]", re.MULTILINE
)
_PLAIN = frozenset({"", MASK, "None", "True", "False"})
_LONGEST_BRACKETS = 20_000
_SPACES = 8

_TAG = re.compile(r"<[A-Za-z][\w:-]*\s[^<>]*(?:>|\Z)")
_ATTRIBUTE = re.compile(
    r"([A-Za-z][\w:-]*)\s*=\s*(?:(?P<quote>\\*[\"'])(?P<quoted>.*?)(?P=quote)|(?P<bare>[^\s\"'>\\]+))", re.DOTALL
)
_NAMING = frozenset({"name", "id", "property", "itemprop", "http-equiv", "data-name"})
_VALUES = frozenset({"value", "content", "data-value"})

_BASE64 = re.compile(r"(?<![\w+/%=-])(?:e[yw]|W[wyz3])[A-Za-z0-9+/_-]{14,}", re.ASCII)
"""JSON in base64, in a text."""


def find_quoted(latin1: str, names: Names, *, is_prose: bool) -> Iterator[Place]:
    """Find what stands quoted under sensitive names.

    Args:
        latin1: A text with one character for each byte.
        names: The sensitive names.
        is_prose: Whether people read it; otherwise it may be JSON, and stays it.
    """
    if "<" in latin1 and "=" in latin1:
        yield from _in_html(latin1, names)
    for found in (_IN_PROSE if is_prose else _CLOSED).finditer(latin1):
        name = found["key"] or found["name"]
        if name not in names:
            continue
        if not is_prose:
            yield from _quoted(found, "value", name)
        elif found["name"] and _after(latin1, found.end("name")) == ":" and not _is_quoted(found):
            # prose: `password: 8 characters`
            continue
        elif found["opened"]:
            yield from _in_brackets(latin1, found.start("opened"), name)
        elif found["number"]:
            yield Place(*found.span("number"), MASK, ((name, found["number"]),))
        else:
            yield from _quoted(found, "single" if found["single"] else "double", name)


def may_be_base64(text: str) -> bool:
    """Return False only if there is no JSON in base64 in a text."""
    return _BASE64.search(text) is not None


def find_base64(latin1: str, has_secret: Callable[[str], bool]) -> Iterator[Place]:
    """Find JSON in base64 that has a secret, also if it breaks off.

    A request context in a query is such.

    Args:
        latin1: A text with one character for each byte.
        has_secret: Tells of a text of the same kind whether one stands in it.
    """
    for found in _BASE64.finditer(latin1):
        coded = found[0].replace("-", "+").replace("_", "/")
        try:
            decoded = base64.b64decode(coded[: len(coded) // 4 * 4])
        except (binascii.Error, ValueError):
            continue
        if decoded.lstrip()[:1] in (b"{", b"[") and has_secret(decoded.decode("latin-1")):
            end = found.end()
            while latin1[end : end + 1] == "=":
                end += 1
            yield Place(found.start(), end, MASK, ())


def _after(latin1: str, place: int) -> str:
    """Return the first character after a place that is no space."""
    return latin1[place : place + _SPACES].lstrip(" ")[:1]


def _is_quoted(found: re.Match[str]) -> bool:
    return bool(found["single"] or found["double"])


def _quoted(found: re.Match[str], group: str, name: str) -> Iterator[Place]:
    value = from_latin1(found[group])
    new = masked(name, value)
    if value not in _PLAIN and new != value:
        yield Place(*found.span(group), as_latin1(new), tuple(secrets_in(name, value)))


def _in_brackets(latin1: str, start: int, name: str) -> Iterator[Place]:
    """Find the values between brackets, keys aside."""
    depth = 0
    for found in _LITERAL.finditer(latin1, start, start + _LONGEST_BRACKETS):
        text = found[0]
        if text in "[({":
            depth += 1
        elif text in "])}":
            depth -= 1
            if not depth:
                return
        elif _after(latin1, found.end()) != ":":
            group = next((number for number in (1, 2) if found[number] is not None), 0)
            if found[group] not in _PLAIN:
                yield Place(*found.span(group), MASK, ((name, from_latin1(found[group])),))


def _in_html(latin1: str, names: Names) -> Iterator[Place]:
    """Find the values of fields whose name is a sensitive one, whichever stands first."""
    for tag in _TAG.finditer(latin1):
        attributes = list(_ATTRIBUTE.finditer(latin1, tag.start(), tag.end()))
        name = next(
            (text for found in attributes if found[1].lower() in _NAMING if (text := _said(found)) in names), None
        )
        for found in attributes if name is not None else ():
            value = _said(found)
            if found[1].lower() in _VALUES and value not in _PLAIN:
                span = found.span("quoted" if found["quote"] else "bare")
                yield Place(*span, MASK, ((str(name), value), (str(name), unquote(value))))


def _said(attribute: re.Match[str]) -> str:
    return html.unescape(from_latin1(attribute["quoted"] if attribute["quote"] else attribute["bare"]))
