"""A whole reply as `http.client` would have read it from a socket, without its head being written and parsed."""

from __future__ import annotations

import http.client
import io
import re
from functools import cached_property, lru_cache

from pytest_mastra.fake.framing import has_body, head_fields
from pytest_mastra.fake.wire import WireReply, WireRequest

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"(?:[!-~\xa0-\xff][ -~\t\xa0-\xff]*)?")

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


class WholeResponse(http.client.HTTPResponse):
    """What `http.client` makes of a plain reply; it is read like any other."""

    def __init__(self, reply: WireReply, request: WireRequest, *, keeps_alive: bool) -> None:
        self._reply = reply
        self._keeps_alive = keeps_alive
        self._to_head = request.method == "HEAD"
        super().__init__(self, method=request.method, url=request.target)  # type: ignore[arg-type]

    def makefile(self, *_: str) -> io.BytesIO:
        """Return what the base class reads: it asks its socket for it, which this one is itself."""
        body = self._reply.body
        return io.BytesIO(body if isinstance(body, bytes) and self._has_body() else b"")

    def begin(self) -> None:
        """Take over the head."""
        reply = self._reply
        self.fields = head_fields(reply, to_head=self._to_head, keeps_alive=self._keeps_alive)
        del self.headers, self.msg  # the base class's None
        self.code = self.status = reply.status
        self.reason = http.client.responses.get(reply.status, "")
        self.version = 11
        self.chunked = False
        self.chunk_left = None
        self.will_close = not self._keeps_alive
        self.length = len(reply.body) if self._has_body() else 0  # type: ignore[arg-type]

    @cached_property
    def headers(self) -> http.client.HTTPMessage:  # type: ignore[override]
        """The head, as few ask for it: to build it takes its time."""
        message = http.client.HTTPMessage()
        for name, value in self.fields:
            message[name] = value
        return message

    @cached_property
    def msg(self) -> http.client.HTTPMessage:  # type: ignore[override]
        """The same, by its old name."""
        return self.headers

    @property
    def sets_cookies(self) -> bool:
        """Whether there are any to look for."""
        return _set_cookies(self._reply.headers)

    def _has_body(self) -> bool:
        return has_body(self._reply, to_head=self._to_head)


@lru_cache(maxsize=512)
def _set_cookies(headers: tuple[tuple[str, str], ...]) -> bool:
    return any(name.lower() in {"set-cookie", "set-cookie2"} for name, _ in headers)


@lru_cache(maxsize=512)
def _are_plain(headers: tuple[tuple[str, str], ...]) -> bool:
    return len(headers) < _FEW and all(
        _NAME.fullmatch(name) and _VALUE.fullmatch(value) and len(value) < _SHORT for name, value in headers
    )
