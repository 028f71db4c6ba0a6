"""What faults do to replies: functions from a reply to another. No I/O.

Some say what goes over the wire in the reply's stead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from http.client import responses
from typing import Any

from pytest_mastra.fake.workflows.javascript import dumps, to_json_value
from pytest_mastra.http.wire import Cut, Frame, Pause, Piece, WireReply

SEPARATOR = b"\x1e"

NO_HTTP = b"\x15\x03\x01\x00\x02\x02\x46\r\n"
"""What a port that speaks TLS says to a client that speaks HTTP."""

NO_JSON = b"\x00\xff{not JSON"

OnFired = Callable[[], None]
"""Called when a fault comes about: a stream may be over before."""

_RECORD = re.compile(b"[^\x1e]*\x1e|[^\x1e]+")

_MESSAGES = {
    401: "Invalid or expired token",
    403: "Access denied",
    404: "Workflow run not found",
    413: "Request body too large",
    504: "Gateway Timeout",
}
"""What Mastra's servers say; for any other status, what HTTP calls it."""


@dataclass(frozen=True, slots=True)
class Position:
    """A position in a reply: after so many bytes or events of its body.

    It is before the headers if neither is given.
    """

    after_bytes: int | None = None
    after_events: int | None = None

    def fits(self, reply: WireReply) -> bool:
        """Say whether the reply has such a position: only streams have events."""
        return self.after_events is None or reply.is_stream

    def __str__(self) -> str:
        if self.after_bytes is None and self.after_events is None:
            return "before the headers"
        return f"after {self.after_bytes} bytes" if self.after_events is None else f"after {self.after_events} events"


# -- in the reply's stead


def refusal(status: int, body: Any, *, retry_after: float | None, html: bool) -> WireReply:
    """Return an error as Mastra puts it, or as what stands before it does."""
    phrase = responses.get(status, "Error")
    kind = "text/html" if html else "application/json"
    if body is None:
        page = (
            f"<html>\r\n<head><title>{status} {phrase}</title></head>\r\n<body>{status} {phrase}</body>\r\n</html>\r\n"
        )
        body = page if html else {"error": _MESSAGES.get(status, phrase)}
    if not isinstance(body, (str, bytes)):
        body = dumps(to_json_value(body))
    waiting = () if retry_after is None else (("Retry-After", f"{retry_after:g}"),)
    return WireReply(status, (("content-type", kind), *waiting), body.encode() if isinstance(body, str) else body)


def silence(cut: Cut) -> WireReply:
    """Return a reply that says nothing and ends the connection."""
    return WireReply(0, script=lambda _: iter([cut]))


def not_http() -> WireReply:
    """Return what something says that is no HTTP server."""
    return WireReply(0, script=lambda _: iter([NO_HTTP, Cut.CLOSED]))


def died(handle: Callable[[], WireReply] | None, die: Callable[[], None]) -> WireReply:
    """Have the server die, after what it is to do first, and reset the connection."""
    reply = None if handle is None else handle()
    die()
    if reply is not None:
        reply.close()
    return silence(Cut.RESET)


# -- later


def delayed(reply: WireReply, pause: Pause) -> WireReply:
    """Have the reply come later; what was asked for is done at once."""

    def script(frame: Frame) -> Iterator[Piece]:
        try:
            yield pause
            yield from frame(reply)
        finally:
            reply.close()

    return WireReply(reply.status, reply.headers, script=script)


def held_up(handle: Callable[[], WireReply], pause: Pause) -> WireReply:
    """Have the request come later; it takes effect even if nobody waits any more."""

    def script(frame: Frame) -> Iterator[Piece]:
        try:
            yield pause
        except GeneratorExit:
            handle().close()
            raise
        yield from frame(handle())

    return WireReply(0, script=script)


# -- on the wire


def broken_off(reply: WireReply, position: Position, cut: Cut, on_fired: OnFired) -> WireReply:
    """End the connection at a position."""

    def script(frame: Frame) -> Iterator[Piece]:
        try:
            for piece in _mark_position(frame(reply), position):
                if piece is None:
                    on_fired()
                    yield cut
                    return
                yield piece
        finally:
            reply.close()

    return WireReply(reply.status, reply.headers, script=script)


def stalled(reply: WireReply, position: Position, pause: Pause, on_fired: OnFired) -> WireReply:
    """Let nothing come for a while at a position."""

    def script(frame: Frame) -> Iterator[Piece]:
        try:
            for piece in _mark_position(frame(reply), position):
                if piece is None:
                    on_fired()
                yield pause if piece is None else piece
        finally:
            reply.close()

    return WireReply(reply.status, reply.headers, script=script)


def dripping(reply: WireReply, size: int, pause: Pause) -> WireReply:
    """Have what follows the headers come in small pieces, with a pause before each."""

    def script(frame: Frame) -> Iterator[Piece]:
        try:
            for before, content, after in _split_framing(frame(reply)):
                written = before + content + after
                if before.startswith(b"HTTP/"):
                    yield written
                    continue
                for start in range(0, len(written), size):
                    yield pause
                    yield written[start : start + size]
        finally:
            reply.close()

    return WireReply(reply.status, reply.headers, script=script)


def _mark_position(pieces: Iterator[Piece], position: Position) -> Iterator[bytes | None]:
    """Give the bytes of pieces, and None at a position."""
    is_ahead = True
    left = position.after_bytes if position.after_events is None else position.after_events
    if left is None:
        yield None
        is_ahead = False
    for before, content, after in _split_framing(pieces):
        at = _offset(content, left or 0, in_events=position.after_events is not None) if is_ahead else None
        if at is None:
            yield before + content + after
            left = (left or 0) - (content.count(SEPARATOR) if position.after_events is not None else len(content))
            continue
        is_ahead = False
        # a chunk that is there to its last byte is there with its end
        if at == len(content):
            yield before + content + after
            yield None
        else:
            yield before + content[:at]
            yield None
            yield content[at:] + after


def _offset(content: bytes, left: int, *, in_events: bool) -> int | None:
    """Return the offset in the content after which nothing is left; None if it comes later."""
    if not in_events:
        return left if left <= len(content) else None
    at = 0
    for _ in range(left):
        at = content.find(SEPARATOR, at) + 1
        if at == 0:
            return None
    return at if left else 0


def _split_framing(pieces: Iterator[Piece]) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Split what `frame` makes of a reply into framing, content and framing.

    The headers come first, then each chunk.
    """
    first = next(pieces)
    head, gap, body = first.partition(b"\r\n\r\n")  # type: ignore[union-attr]
    yield head + gap, b"", b""
    if body:
        yield b"", body, b""
    for piece in pieces:
        size, line_end, rest = piece.partition(b"\r\n")  # type: ignore[union-attr]
        yield size + line_end, rest[:-2], rest[-2:]


# -- in the body


def retyped(reply: WireReply, content_type: str) -> WireReply:
    """Exchange the content type."""
    others = tuple(pair for pair in reply.headers if pair[0].lower() != "content-type")
    return replace(reply, headers=(("content-type", content_type), *others))


def half_record(reply: WireReply, after_events: int, on_fired: OnFired) -> WireReply:
    """End a stream in good order within a record."""

    def records(body: Iterable[bytes]) -> Iterator[bytes]:
        for number, record in _number_records(body):
            if number == after_events:
                on_fired()
                yield record[: len(record) // 2]
                return
            yield record

    return _with_records(reply, records)


def doubled(reply: WireReply, event: int, on_fired: OnFired) -> WireReply:
    """Send an event twice; the first is number 1."""

    def records(body: Iterable[bytes]) -> Iterator[bytes]:
        for number, record in _number_records(body):
            yield record
            if number == event - 1:
                on_fired()
                yield record

    return _with_records(reply, records)


def garbled(reply: WireReply, after_events: int, on_fired: OnFired) -> WireReply:
    """Put something that is no JSON between a stream's events, or in a body's stead."""
    if not reply.is_stream:
        on_fired()
        return replace(reply, body=NO_JSON)

    def records(body: Iterable[bytes]) -> Iterator[bytes]:
        for number, record in _number_records(body):
            if number == after_events:
                on_fired()
                yield NO_JSON + SEPARATOR
            yield record

    return _with_records(reply, records)


def _number_records(body: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Give a stream's records, counted from 0, each with its end."""
    return enumerate(record for item in body for record in _RECORD.findall(item))


def _with_records(reply: WireReply, records: Callable[[Iterable[bytes]], Iterator[bytes]]) -> WireReply:
    if isinstance(reply.body, bytes):
        return reply
    return replace(reply, body=_OtherBody(records(reply.body), reply))


@dataclass(frozen=True, slots=True)
class _OtherBody:
    """A stream made from another, which is closed with it.

    A generator that was not begun would not close it.
    """

    items: Iterator[bytes]
    original: WireReply

    def __iter__(self) -> Iterator[bytes]:
        return self.items

    def close(self) -> None:
        self.original.close()
