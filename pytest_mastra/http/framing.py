"""A reply as HTTP/1.1 bytes, the way Mastra's servers (Node's) frame theirs. No I/O."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from email.utils import formatdate
from functools import lru_cache

from pytest_mastra.http.wire import Cut, Piece, ProcessDied, WireReply

KEEP_ALIVE = 5
"""Seconds that Node promises to keep a quiet connection."""

_BODILESS = frozenset({http.client.NO_CONTENT, http.client.NOT_MODIFIED})


def frame(reply: WireReply, *, to_head: bool = False, keeps_alive: bool = True) -> Iterator[Piece]:
    """Give what goes over the wire for a reply, one item for each write.

    A process that dies meanwhile resets the connection.

    Args:
        reply: What to send.
        to_head: Whether the request was a HEAD: headers only, without a length (seen on current servers).
        keeps_alive: Whether the connection stays open for another request.
    """
    try:
        yield from _pieces(reply, to_head=to_head, keeps_alive=keeps_alive)
    except ProcessDied:
        yield Cut.RESET


def _pieces(reply: WireReply, *, to_head: bool, keeps_alive: bool) -> Iterator[Piece]:
    if reply.script is not None:
        yield from reply.script(lambda inner: _pieces(inner, to_head=to_head, keeps_alive=keeps_alive))
        return
    try:
        head = _head(reply, to_head=to_head, keeps_alive=keeps_alive)
        if isinstance(reply.body, bytes):
            yield head + reply.body if has_body(reply, to_head=to_head) else head
            return
        yield head
        if to_head:
            return
        for item in reply.body:
            # a chunk without content would be the end
            if item:
                yield b"%x\r\n%b\r\n" % (len(item), item)
        yield b"0\r\n\r\n"
    finally:
        reply.close()


def head_fields(reply: WireReply, *, to_head: bool = False, keeps_alive: bool = True) -> list[tuple[str, str]]:
    """Return a reply's headers with those of the connection."""
    fields = list(reply.headers)
    if isinstance(reply.body, bytes):
        if has_body(reply, to_head=to_head):
            fields.append(("Content-Length", str(len(reply.body))))
    elif not to_head:
        fields.append(("transfer-encoding", "chunked"))
    fields.append(("Date", _date(int(time.time()))))
    if keeps_alive:
        return [*fields, ("Connection", "keep-alive"), ("Keep-Alive", f"timeout={KEEP_ALIVE}")]
    return [*fields, ("Connection", "close")]


def has_body(reply: WireReply, *, to_head: bool = False) -> bool:
    """Say whether something follows the headers, if only a length of zero that they announce."""
    return not to_head and reply.status not in _BODILESS


def _head(reply: WireReply, *, to_head: bool, keeps_alive: bool) -> bytes:
    fields = head_fields(reply, to_head=to_head, keeps_alive=keeps_alive)
    headers = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"HTTP/1.1 {reply.status} {reply.phrase}\r\n{headers}\r\n".encode("latin-1")


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
