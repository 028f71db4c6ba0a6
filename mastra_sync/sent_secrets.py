"""What a request said that no exception may show. No I/O.

Credentials, headers, cookies, the request context.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

MASK = "***"
"""What stands where a secret stood."""

SHORTEST = 6
"""Characters that a value has at least that is looked for: shorter ones stand in too many places."""

SHORTEST_CREDENTIAL = 4
"""Characters that a credential or a cookie has at least, to be looked for."""

_LOOKED_THROUGH = 64 * 1024
"""Bytes of a body that nobody is to read whole."""

_PUBLIC = frozenset(
    {
        *("accept", "accept-encoding", "accept-language", "connection", "content-encoding", "content-length"),
        *("content-type", "host", "transfer-encoding", "user-agent"),
    }
)
"""Headers that say nothing that is anybody's secret."""

_CREDENTIALS = frozenset({"authorization", "proxy-authorization"})
_SCHEME = re.compile(r"\s*([A-Za-z][\w-]*)\s+(?=\S)")
_CONTEXT = "requestContext"


class SentSecrets:
    """What one request said that a server may echo, and that no exception may show.

    Nothing is looked for before it is asked to mask something.

    Args:
        headers: As they were sent.
        query: Parameters.
        body: JSON.
        more_headers: Gives what was sent besides, if that must be known.
    """

    __slots__ = ("_body", "_headers", "_more_headers", "_query", "_spellings")

    def __init__(
        self,
        headers: Mapping[str, Any] | None = None,
        query: tuple[tuple[str, str], ...] = (),
        body: bytes | None = None,
        more_headers: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self._headers = headers or {}
        self._query = query
        self._body = body
        self._more_headers = more_headers
        self._spellings: list[str] | None = None

    @property
    def has_body(self) -> bool:
        """Whether the body said anything."""
        return self._body not in (None, b"", b"{}")

    def has_field(self, name: str) -> bool:
        """Return whether the body had a field, other than null."""
        return self.has_body and json.loads(self._body or b"{}").get(name) is not None

    def text(self, text: str) -> str:
        """Return a text without what was sent.

        Whether it is as it was, percent-encoded, or escaped as in JSON, Python or HTML.
        """
        if self._spellings is None:
            spellings = {spelling for value in self._values() for spelling in _spellings(value)}
            # the longer first: one secret may be part of another
            self._spellings = sorted(spellings, key=len, reverse=True)
        for spelling in self._spellings:
            text = text.replace(spelling, MASK)
        return text

    def data(self, value: Any) -> Any:
        """Return a JSON value without what was sent, in keys and texts."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.data(item) for key, item in value.items()}
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value if self.text(str(value)) == str(value) else MASK
        return [self.data(item) for item in value] if isinstance(value, list) else value

    def beginning(self, body: bytes) -> bytes:
        """Return the beginning of a body without what was sent, more than is ever shown."""
        return self.text(body[:_LOOKED_THROUGH].decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def _values(self) -> Iterator[str]:
        for name, value in (*self._headers.items(), *self._more_headers().items()):
            lower = name.lower()
            if lower not in _PUBLIC:
                yield from _values_of_header(lower, value if isinstance(value, str) else value.decode("latin-1"))
        for name, value in self._query:
            if name == _CONTEXT:
                yield from (value, value.rstrip("="))
                yield from _long(_leaves(_decoded(value)))
        if self._body is not None and f'"{_CONTEXT}"'.encode() in self._body:
            yield from _long(_leaves(json.loads(self._body).get(_CONTEXT)))

    def __repr__(self) -> str:
        return "<SentSecrets>"


NOTHING_SENT = SentSecrets()
"""Where no request left any secret."""


def _values_of_header(name: str, value: str) -> Iterator[str]:
    value = value.strip()
    if name in _CREDENTIALS:
        scheme = _SCHEME.match(value)
        given = value[scheme.end() :] if scheme else value
        yield from _credentials(given, is_basic=scheme is not None and scheme[1].lower() == "basic")
    elif name == "cookie":
        for pair in value.split(";"):
            content = pair.partition("=")[2].strip().strip('"')
            yield from (text for text in (content, unquote(content)) if len(text) >= SHORTEST_CREDENTIAL)
    else:
        yield from _long([value])


def _credentials(given: str, *, is_basic: bool) -> Iterator[str]:
    known = [given, given.rstrip("=")]
    if is_basic:
        try:
            pair = base64.b64decode(given + "=" * (-len(given) % 4)).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            pair = ""
        known += [pair, pair.partition(":")[2]]
    yield from (value for value in known if len(value) >= SHORTEST_CREDENTIAL)


def _decoded(context: str) -> Any:
    try:
        return json.loads(base64.b64decode(context))
    except (binascii.Error, ValueError):
        return None


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, str) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        yield str(value)


def _long(values: Iterator[str] | list[str]) -> Iterator[str]:
    return (value for value in values if len(value) >= SHORTEST)


def _spellings(value: str) -> Iterator[str]:
    yield value
    yield from (quote(value), quote(value, safe=""))
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield from (repr(value)[1:-1], ascii(value)[1:-1], html.escape(value))
    if not value.isascii():
        # as it stands in a header that is read as Latin-1
        yield value.encode("utf-8", "surrogatepass").decode("latin-1")
