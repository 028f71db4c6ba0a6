"""A reply as HTTP/1.1 bytes, the way Mastra's servers (Node's) frame theirs. No I/O."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from email.utils import formatdate
from functools import lru_cache

from pytest_mastra.fake.wire import Piece, WireReply

KEEP_ALIVE = 5
"""Seconds that Node promises to keep a quiet connection."""

_BODILESS = frozenset({http.client.NO_CONTENT, http.client.NOT_MODIFIED})


def frame(reply: WireReply, *, to_head: bool = False, keeps_alive: bool = True) -> Iterator[Piece]:
    """Give what goes over the wire for a reply, one item for each write.

    Args:
        reply: What to send.
        to_head: Whether the request was a HEAD: headers only, without a length (seen on current servers).
        keeps_alive: Whether the connection stays open for another request.
    """
    if reply.script is not None:
        yield from reply.script(lambda inner: frame(inner, to_head=to_head, keeps_alive=keeps_alive))
        return
    try:
        if isinstance(reply.body, bytes):
            length = None if to_head or reply.status in _BODILESS else len(reply.body)
            head = _head(reply, "" if length is None else f"Content-Length: {length}\r\n", keeps_alive=keeps_alive)
            yield head if length is None else head + reply.body
        elif to_head:
            yield _head(reply, "", keeps_alive=keeps_alive)
        else:
            yield _head(reply, "transfer-encoding: chunked\r\n", keeps_alive=keeps_alive)
            for item in reply.body:
                # a chunk without content would be the end
                if item:
                    yield b"%x\r\n%b\r\n" % (len(item), item)
            yield b"0\r\n\r\n"
    finally:
        reply.close()


def _head(reply: WireReply, framing: str, *, keeps_alive: bool) -> bytes:
    connection = f"keep-alive\r\nKeep-Alive: timeout={KEEP_ALIVE}" if keeps_alive else "close"
    reason = http.client.responses.get(reply.status, "")
    headers = "".join(f"{name}: {value}\r\n" for name, value in reply.headers)
    date = _date(int(time.time()))
    text = f"HTTP/1.1 {reply.status} {reason}\r\n{headers}{framing}Date: {date}\r\nConnection: {connection}\r\n\r\n"
    return text.encode("latin-1")


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
