"""What urllib3 would have sent and read over a socket, for plain requests and replies.

Nothing is written and parsed on the way, which is most of what a request costs. No I/O.
"""

from __future__ import annotations

import io
import re
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import urllib3

from pytest_mastra.http.framing import has_body, head_fields
from pytest_mastra.http.wire import WireReply

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"(?:[!-~\xa0-\xff][ -~\t\xa0-\xff]*)?")
_COOKIES = frozenset({"set-cookie", "set-cookie2"})

_FEW = 50
_SHORT = 4096
_FIRST_FINAL_STATUS = 200

_USER_AGENT = f"python-urllib3/{version('urllib3')}"


@lru_cache(maxsize=512)
def request_headers(netloc: str, headers: tuple[tuple[str, str | bytes], ...]) -> tuple[dict[str, str], bool]:
    """Return a request's headers as they are sent, and whether they keep the connection.

    `http.client` and urllib3 add some to those that they are given.
    """
    sent = {name: value if isinstance(value, str) else value.decode("latin-1") for name, value in headers}
    added = {"Host": netloc, "Accept-Encoding": "identity", "User-Agent": _USER_AGENT}
    lower = {name.lower(): value.lower() for name, value in sent.items()}
    return {name: value for name, value in added.items() if name.lower() not in lower} | sent, (
        lower.get("connection") != "close"
    )


def request_body(body: Any) -> bytes:
    """Return a request's body as it is sent: text, bytes, an iterable of them, or nothing."""
    if body is None or isinstance(body, (str, bytes)):
        return _in_bytes(body or b"")
    return b"".join(_in_bytes(part) for part in body)


def _in_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def is_plain(reply: WireReply) -> bool:
    """Say whether a reply holds nothing that only the parsing of its head would find out."""
    return (
        reply.script is None
        and isinstance(reply.body, bytes)
        and reply.status >= _FIRST_FINAL_STATUS
        and _are_plain(reply.headers)
    )


class ReplyBody(io.BytesIO):
    """The body of a plain reply; closed once it has been read, as `http.client` does it.

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


def reply_headers(reply: WireReply, *, to_head: bool, keeps_alive: bool) -> urllib3.HTTPHeaderDict:
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
