"""A whole reply as urllib3 would have read it from a socket, without its head being written and parsed."""

from __future__ import annotations

import io
import re
from functools import lru_cache

import urllib3

from pytest_mastra.http.framing import has_body, head_fields
from pytest_mastra.http.wire import WireReply

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"(?:[!-~\xa0-\xff][ -~\t\xa0-\xff]*)?")
_COOKIES = frozenset({"set-cookie", "set-cookie2"})

_FEW = 50
_SHORT = 4096
_FIRST_FINAL_STATUS = 200


def is_plain(reply: WireReply) -> bool:
    """Say whether there is nothing about a reply that only the parsing of its head would find out."""
    return (
        reply.script is None
        and isinstance(reply.body, bytes)
        and reply.status >= _FIRST_FINAL_STATUS
        and _are_plain(reply.headers)
    )


class WholeBody(io.BytesIO):
    """The body of a plain reply. Once it has been read it is closed, as `http.client` does it.

    Args:
        reply: The reply.
        to_head: Whether the request was a HEAD.
    """

    def __init__(self, reply: WireReply, *, to_head: bool) -> None:
        body = reply.body if isinstance(reply.body, bytes) and has_body(reply, to_head=to_head) else b""
        super().__init__(body)
        self._size = len(body)

    def read(self, amount: int | None = -1, /) -> bytes:
        """Return so many bytes, or all that are left."""
        return self._closed_at_end(super().read(amount))

    def read1(self, amount: int | None = -1, /) -> bytes:
        """Return so many bytes, or all that are left."""
        return self._closed_at_end(super().read1(amount))

    def isclosed(self) -> bool:
        """Say whether nothing more comes; urllib3 asks for it by this name first."""
        return self.closed

    def _closed_at_end(self, data: bytes) -> bytes:
        if self.tell() == self._size:
            self.close()
        return data


def whole_headers(reply: WireReply, *, to_head: bool, keeps_alive: bool) -> urllib3.HTTPHeaderDict:
    """Return the headers that came with a plain reply."""
    headers = urllib3.HTTPHeaderDict()
    for name, value in head_fields(reply, to_head=to_head, keeps_alive=keeps_alive):
        headers.add(name, value)
    return headers


@lru_cache(maxsize=512)
def _are_plain(headers: tuple[tuple[str, str], ...]) -> bool:
    return len(headers) < _FEW and all(
        # cookies are found by `requests` in what `http.client` parsed
        _NAME.fullmatch(name) and _VALUE.fullmatch(value) and len(value) < _SHORT and name.lower() not in _COOKIES
        for name, value in headers
    )
