"""Places in a text that stand under a sensitive name. No state.

Such are JSON members, URLs, queries, forms, header lines.
Texts are looked at with one character for each byte (Latin-1), so that places are places in the bytes.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, unquote_plus

from pytest_mastra.redact.json_text import RECORD_END, STRING, TOKEN
from pytest_mastra.redact.names import MASK, Names

_SCHEME = re.compile(r"\s*(Bearer|Basic|Token|Digest|Negotiate|ApiKey)\s+(?=\S)", re.IGNORECASE | re.ASCII)
_BEARER = re.compile(
    r"\b(Bearer|Basic)(?:\s|%20|\+)+(?=[\w.~+/=%-]*\d|[\w.~+/=%-]{20})([\w.~+/=%-]{8,})",
    re.IGNORECASE | re.ASCII,
)
_USERINFO = re.compile(r"(?<=://)([^\s/@:\"'<>?#]*:)?([^\s/@:\"'<>?#]+)(?=@)", re.ASCII)
_ASSIGNED = re.compile(r"(?<![\w.-])([A-Za-z][\w.%-]{1,60})=([^\s&;\"'#<>\\,\x1e]+)", re.ASCII)
_COOKIE_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite", "priority"})
_PLAIN = frozenset({"true", "false", "null", "None", "undefined", MASK})
_NESTED = re.compile(r'"\s*[{\[]')


@dataclass(frozen=True, slots=True)
class Place:
    """What stands under a sensitive name.

    Attributes:
        start: Where what is replaced begins in the text.
        end: Where it ends.
        replacement: What stands there afterwards.
        secrets: The secrets in it, each with the name that it stood under.
    """

    start: int
    end: int
    replacement: str
    secrets: tuple[tuple[str, str], ...]


def as_bytes(text: str) -> bytes:
    """Return a text's bytes, whatever is in it."""
    return text.encode("utf-8", "surrogatepass")


def as_latin1(text: str) -> str:
    """Return a text with one character for each of its bytes."""
    if text.isascii():
        return text
    return as_bytes(text).decode("latin-1")


def from_latin1(latin1: str) -> str:
    """Return the text of which this has one character for each byte."""
    if latin1.isascii():
        return latin1
    return latin1.encode("latin-1").decode("utf-8", "replace")


def find_places(latin1: str, names: Names) -> Iterator[Place]:
    """Find what stands under sensitive names in a text, one character for each byte.

    Places may overlap.
    """
    if "://" in latin1:
        yield from _userinfo(latin1)
    if not names.may_be_in(latin1):
        return
    for found in _BEARER.finditer(latin1):
        value = unquote(from_latin1(found[2]))
        yield Place(found.start(2), found.end(2), MASK, tuple(_credentials(found[1].lower(), value, found[1])))
    for found in _ASSIGNED.finditer(latin1) if "=" in latin1 else ():
        yield from _assigned(found, names)
    if '"' in latin1 and _may_be_in_json(latin1, names):
        yield from _in_json(latin1, names)


def masked(name: str, value: str) -> str:
    """Return a value under a sensitive name masked; its scheme and the names of cookies stay."""
    if not value or value in _PLAIN:
        return value
    if name.lower() in {"cookie", "set-cookie"} and "=" in value:
        return _masked_cookie(value, attributes=name.lower() == "set-cookie")
    scheme = _SCHEME.match(value)
    return f"{scheme[1]} {MASK}" if scheme else MASK


def secrets_in(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Give the secrets in a value that stands under a sensitive name."""
    if name.lower() in {"cookie", "set-cookie"} and "=" in value:
        yield from _cookies(name, value)
        return
    scheme = _SCHEME.match(value)
    yield from _credentials(scheme[1].lower() if scheme else "", value[scheme.end() :] if scheme else value, name)


def _credentials(scheme: str, value: str, name: str) -> Iterator[tuple[str, str]]:
    yield name, value
    if scheme == "basic":
        try:
            decoded = base64.b64decode(value + "=" * (-len(value) % 4)).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return
        yield name, decoded
        yield name, decoded.partition(":")[2]


def _cookies(name: str, value: str) -> Iterator[tuple[str, str]]:
    for number, pair in enumerate(value.split(";")):
        key, _, content = pair.strip().partition("=")
        if number and name.lower() == "set-cookie" and key.lower() in _COOKIE_ATTRIBUTES:
            continue
        yield f"{name}: {key}", content.strip('"')
        yield f"{name}: {key}", unquote(content.strip('"'))


def _masked_cookie(value: str, *, attributes: bool) -> str:
    parts = []
    for number, pair in enumerate(value.split(";")):
        key, equals, content = pair.partition("=")
        keeps = number and attributes and key.strip().lower() in _COOKIE_ATTRIBUTES
        parts.append(pair if keeps or not equals or not content else f"{key}={MASK}")
    return ";".join(parts)


def _userinfo(latin1: str) -> Iterator[Place]:
    for found in _USERINFO.finditer(latin1):
        password = unquote(from_latin1(found[2]))
        yield Place(found.start(), found.end(), MASK, (("a URL's userinfo", password),))


def _assigned(found: re.Match[str], names: Names) -> Iterator[Place]:
    """Find what a query or form gives for a sensitive name, or JSON with one."""
    name, written = unquote(from_latin1(found[1])), found[2]
    value = unquote_plus(from_latin1(written))
    if name in names:
        if value not in _PLAIN:
            new = masked("", value).replace(" ", "%20")
            yield Place(found.start(2), found.end(2), new, tuple(secrets_in(name, value)))
        return
    is_coded = False
    if not value.lstrip().startswith(("{", "[")):
        decoded = _from_base64(value)
        if decoded is None:
            return
        value, is_coded = decoded, True
    inner = list(find_places(as_latin1(value), names))
    if inner:
        new = from_latin1(replaced(as_latin1(value), inner))
        if is_coded:
            new = base64.b64encode(as_bytes(new)).decode("ascii")
        yield Place(found.start(2), found.end(2), quote(new, safe="*"), _all_secrets(inner))


def _from_base64(value: str) -> str | None:
    """Return the JSON that a value is in base64, as a request context is; None otherwise."""
    if not re.match(r"(?:eyJ|eyA|ewo|W[wyz])", value):  # what `{"`, `{ `, `{\n` and `[` begin with
        return None
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def _may_be_in_json(latin1: str, names: Names) -> bool:
    """Return False only if no string is a sensitive name, or JSON that may have one."""
    return any(
        names.may_be_in(text) and (_NESTED.match(text) is not None or _string(text) in names)
        for text in set(STRING.findall(latin1))
    )


def _in_json(latin1: str, names: Names) -> Iterator[Place]:
    """Find the values of sensitive keys in JSON texts, whole or broken off, one after another."""
    open_: list[tuple[bool, str | None]] = []  # for each bracket: is it an object, and under which sensitive name
    is_object, under = False, None
    key: str | None = None
    awaits_key = False
    for token in TOKEN.finditer(latin1):
        text = token[0]
        mark = text[0]
        if mark == '"' and awaits_key:
            key = _string(text)
        elif mark == ":":
            awaits_key = False
        elif mark == ",":
            key, awaits_key = None, is_object
        elif mark in "{[":
            open_.append((is_object, under))
            under = _name(key, under, names)
            is_object = awaits_key = mark == "{"
            key = None
        elif mark in "}]":
            is_object, under = open_.pop() if open_ else (False, None)
            key, awaits_key = None, False
        elif mark == RECORD_END:
            open_, is_object, under, key, awaits_key = [], False, None, None, False
        else:
            yield from _value(token, _name(key, under, names), names)


def _name(key: str | None, under: str | None, names: Names) -> str | None:
    return key if key is not None and key in names else under


def _value(token: re.Match[str], name: str | None, names: Names) -> Iterator[Place]:
    text = token[0]
    if text[0] != '"':
        if name is not None and text not in _PLAIN:
            yield Place(token.start(), token.end(), f'"{MASK}"', ((name, text),))
        return
    end = token.end() - (len(text) > 1 and _is_closed(text))
    if name is not None:
        value = _string(text)
        new = masked(name, value)
        if new != value:
            escaped = as_latin1(json.dumps(new, ensure_ascii=False)[1:-1])
            yield Place(token.start() + 1, end, escaped, tuple(secrets_in(name, value)))
    elif _NESTED.match(text):
        value = _string(text)
        inner = list(_in_json(as_latin1(value), names))
        if inner:
            new = from_latin1(replaced(as_latin1(value), inner))
            escaped = as_latin1(json.dumps(new, ensure_ascii=False)[1:-1])
            yield Place(token.start() + 1, end, escaped, _all_secrets(inner))


def _is_closed(text: str) -> bool:
    return text[-1] == '"' and (len(text) - len(text[:-1].rstrip("\\")) - 1) % 2 == 0


def _string(text: str) -> str:
    """Return what a JSON string says, even if it is broken off."""
    raw = from_latin1(text if not (len(text) > 1 and _is_closed(text)) else text[:-1])[1:]
    if "\\" not in raw:
        return raw
    try:
        return str(json.loads(f'"{raw}"', strict=False))
    except ValueError:
        return raw


def _all_secrets(found: list[Place]) -> tuple[tuple[str, str], ...]:
    return tuple(secret for place in found for secret in place.secrets)


def replaced(latin1: str, found: list[Place]) -> str:
    """Return a text with its places replaced."""
    parts, end = [], 0
    for place in separate(found):
        parts += [latin1[end : place.start], place.replacement]
        end = place.end
    return "".join([*parts, latin1[end:]])


def separate(found: list[Place]) -> list[Place]:
    """Return places in their order, those that overlap as one; nothing is left uncovered."""
    apart: list[Place] = []
    for place in sorted(found, key=lambda place: (place.start, -place.end)):
        if not apart or place.start >= apart[-1].end:
            apart.append(place)
        elif place.end > apart[-1].end:
            last = apart[-1]
            apart[-1] = Place(last.start, place.end, last.replacement, last.secrets + place.secrets)
    return apart


def move_borders(borders: list[int], found: list[Place]) -> list[int]:
    """Return where borders stand after places were replaced; one inside a place stands inside its replacement."""
    moved = []
    shift = 0
    number = 0
    inside = 0
    for border in borders:
        while number < len(found) and found[number].end <= border:
            place = found[number]
            shift += len(place.replacement) - (place.end - place.start)
            number += 1
            inside = 0
        if number < len(found) and found[number].start < border:
            place = found[number]
            # one character for each piece, as long as there are some
            inside = min(inside + 1, len(place.replacement))
            moved.append(place.start + shift + inside)
        else:
            moved.append(border + shift)
    return moved
