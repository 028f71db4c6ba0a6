"""The faults of the matrix: what a client is sent instead of, or in the course of, an answer."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.faults.loopback_server import ConnectionDone
from tests.faults.wire_server import close, head, never, reset
from tests.matrix.secrets import KEY, TOKEN

Act = Callable[[socket.socket, bytes], None]
"""Sends what the client gets; the bytes are the server's whole answer, empty if it was not asked."""

DRIP_SECONDS = 0.05
"""Between two bytes of what drips: far below any timeout between two pieces."""

FLOOD_SECONDS = 0.002
"""Between two parts of what comes in a flood."""

DEEP = 5000
"""Levels of JSON that no parser on the way takes."""


@dataclass(frozen=True)
class Fault:
    """One thing that can happen to an answer.

    Attributes:
        name: What it is, as the documentation names it.
        group: Its kind; faults of one kind stand in one column of the documentation.
        act: Does it.
        loses: True if nothing of it says what became of the request, so that the client has to look.
        is_slow: True if it takes as long as the client lets it.
        is_repeated: True if a request that may be sent twice is sent again after it.
    """

    name: str
    group: str
    act: Act
    loses: bool = True
    is_slow: bool = False
    is_repeated: bool = True


# -- how an answer is sent


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(ConnectionDone):
        close(connection)


def _sent(data: bytes) -> Act:
    def act(connection: socket.socket, answer: bytes) -> None:
        connection.sendall(data)
        _end(connection)

    return act


def _ended_by(ending: Callable[[socket.socket], object], data: bytes = b"") -> Act:
    def act(connection: socket.socket, answer: bytes) -> None:
        connection.sendall(data)
        ending(connection)

    return act


def _dripped(first: bytes, again: bytes) -> Act:
    """Send the first bytes at once, and then these again and again, a byte at a time, until the client hangs up."""

    def act(connection: socket.socket, answer: bytes) -> None:
        connection.sendall(first)
        while True:
            for byte in again:
                connection.sendall(bytes([byte]))
                time.sleep(DRIP_SECONDS)

    return act


def _poured(first: bytes, again: bytes) -> Act:
    """Send the first bytes, and then these in a flood, until the client hangs up."""

    def act(connection: socket.socket, answer: bytes) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(again)
            # more than any client can want, and yet leaves the machine to the others
            time.sleep(FLOOD_SECONDS)

    return act


def _body_of(answer: bytes) -> bytes:
    """Return the body of a whole answer without its framing; something like one where there is no answer."""
    start, _, body = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in start.lower():
        return body or b'{"status":"running"}'
    pieces = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        pieces.append(rest[:length])
        body = rest[length + 2 :]
    return b"".join(pieces)


def _cut(ending: Callable[[socket.socket], object], *, chunked: bool) -> Act:
    """Send the first half of the body, framed so that the loss shows."""

    def act(connection: socket.socket, answer: bytes) -> None:
        body = _body_of(answer)
        half = body[: max(1, len(body) // 2)]
        framing = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(half) * 2 + 10)}
        start = head(200, {"Content-Type": "application/json", **framing})
        connection.sendall(start + (b"%x\r\n%s" % (len(half) + 10, half) if chunked else half))
        ending(connection)

    return act


def whole(status: int, body: bytes = b"", content_type: str = "application/json", **headers: str) -> bytes:
    """Return an answer with a length; header names are given with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    standard = {"Content-Type": content_type, "Content-Length": str(len(body)), "Connection": "close"}
    return head(status, {**standard, **named}) + body


def _raw(*lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([*lines, b"", b""]) + body


NOT_MASTRA = "no answer of Mastra's"
OK = b"HTTP/1.1 200 OK"
JSON = b"Content-Type: application/json"
CHUNKED = b"Transfer-Encoding: chunked"
ERROR = json.dumps({"error": "as scripted"}).encode()
PAGE = b"<html><h1>Bad Gateway</h1></html>"
BOMB = gzip.compress(b" " * 20_000_000)
DEEP_JSON = b"[" * DEEP + b"]" * DEEP


def _lost() -> Iterator[Fault]:
    yield Fault("reset", "no answer", _ended_by(reset))
    yield Fault("closed", "no answer", _ended_by(close))
    yield Fault("silence", "no answer", _ended_by(never), is_slow=True)
    yield Fault("bytes that are no HTTP", "no HTTP", _sent(b"\x00\x01\x02 garbage\r\n\r\n"))
    yield Fault("cut in the status line", "cut before the body", _ended_by(reset, b"HTTP/1.1 20"))
    yield Fault("closed in the status line", "cut before the body", _ended_by(close, b"HTTP/1.1 20"))
    yield Fault("closed in the headers", "cut before the body", _ended_by(close, OK + b"\r\nContent-Type: appl"))
    yield Fault("closed before the blank line", "cut before the body", _ended_by(close, _raw(OK, JSON)[:-2]))
    yield Fault("a status that is no number", "no HTTP", _sent(_raw(b"HTTP/1.1 abc OK")))
    yield Fault("a status out of range", "no HTTP", _sent(_raw(b"HTTP/1.1 9999 OK")))
    yield Fault("a header line without end", "no HTTP", _sent(_raw(OK, b"X-Long: " + b"x" * 100_000)))
    yield Fault("too many headers", "no HTTP", _sent(_raw(OK, *(b"X-%d: 1" % number for number in range(200)))))
    yield Fault(
        "two lengths that differ", "no HTTP", _sent(_raw(OK, b"Content-Length: 2", b"Content-Length: 3", body=b"{}"))
    )
    yield Fault(
        "a negative length", "no HTTP", _sent(_raw(OK, JSON, b"Content-Length: -2", body=b"{")), is_repeated=False
    )
    yield Fault(
        "a chunk size that is no number", "no HTTP", _sent(_raw(OK, JSON, CHUNKED, body=b"zz\r\n{}\r\n0\r\n\r\n"))
    )
    yield Fault("a negative chunk size", "no HTTP", _sent(_raw(OK, JSON, CHUNKED, body=b"-2\r\n{}\r\n0\r\n\r\n")))
    yield Fault("a huge chunk size", "cut in the body", _sent(_raw(OK, JSON, CHUNKED, body=b"fffffffffffffff\r\n{")))
    yield Fault("a huge length", "cut in the body", _sent(_raw(OK, JSON, b"Content-Length: 99999999999", body=b"{")))
    yield Fault("cut in the body", "cut in the body", _cut(reset, chunked=False))
    yield Fault("closed in the body", "cut in the body", _cut(close, chunked=False))
    yield Fault("cut in a chunk", "cut in the body", _cut(reset, chunked=True))
    yield Fault("silence in the body", "cut in the body", _cut(never, chunked=False), is_slow=True)


def _dripping() -> Iterator[Fault]:
    redirect = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n"
    yield Fault("a dripping status line", "drips", _dripped(b"HTTP/1.1 200 ", b"O"), is_slow=True)
    yield Fault("a dripping header line", "drips", _dripped(OK + b"\r\nX-Slow: ", b"x"), is_slow=True)
    yield Fault("headers without end", "drips", _dripped(OK + b"\r\n", b"X-More: 1\r\n"), is_slow=True)
    yield Fault("100 Continue without end", "drips", _dripped(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), is_slow=True)
    yield Fault("100 Continue in a flood", "drips", _poured(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), is_slow=True)
    yield Fault("a dripping chunk extension", "drips", _dripped(_raw(OK, JSON, CHUNKED) + b"2;", b"x"), is_slow=True)
    yield Fault("a dripping body", "drips", _dripped(_raw(OK, JSON, b"Content-Length: 99999"), b" "), is_slow=True)
    yield Fault(
        "a redirect whose body drips",
        "drips",
        _dripped(redirect + b"Content-Length: 99999\r\n\r\n", b"x"),
        loses=False,
        is_slow=True,
    )
    yield Fault("a redirect without end", "drips", _poured(redirect + b"\r\n", b"x" * 65536), loses=False, is_slow=True)
    yield Fault(
        "a refusal whose body drips",
        "drips",
        _dripped(_raw(b"HTTP/1.1 503 Busy", b"Content-Length: 99999"), b"x"),
        is_slow=True,
    )


def _refused() -> Iterator[Fault]:
    for status in (500, 502, 503, 504):
        yield Fault(f"{status}", "5xx", _sent(whole(status, ERROR)), loses=True)
    yield Fault("502 with a page", "5xx", _sent(whole(502, PAGE, "text/html")))
    yield Fault("503 to come back at once", "5xx", _sent(whole(503, ERROR, Retry_After="0")))
    yield Fault(
        "503 to come back in a year", "5xx", _sent(whole(503, ERROR, Retry_After="31536000")), is_repeated=False
    )
    yield Fault("503 with a date that is none", "5xx", _sent(whole(503, ERROR, Retry_After="soon")))
    yield Fault("429", "429", _sent(whole(429, ERROR)), loses=False)
    yield Fault("429 to come back at once", "429", _sent(whole(429, ERROR, Retry_After="0")), loses=False)
    for status in (400, 401, 403, 404, 405, 409, 413, 422):
        yield Fault(f"{status}", "4xx", _sent(whole(status, ERROR)), loses=False)
    yield Fault("404 with a page", "4xx", _sent(whole(404, PAGE, "text/html")), loses=False)
    yield Fault("204", NOT_MASTRA, _sent(head(204, {"Connection": "close"})), is_repeated=False)
    yield Fault("304", "3xx", _sent(head(304, {"Connection": "close"})), loses=False)
    for status in (301, 302, 303, 307, 308):
        yield Fault(f"{status}", "3xx", _sent(whole(status, Location="/elsewhere")), loses=False)
    for name, location in {
        "to another host": b"http://elsewhere.invalid/x",
        "to no address": b"http://[::1",
        "to bytes": b"/\xff\xfe",
        "to a scheme": b"ftp://elsewhere.invalid",
        "to nowhere": b"",
    }.items():
        answer = _raw(b"HTTP/1.1 302 Found", b"Location: " + location, b"Content-Length: 0")
        yield Fault(f"302 {name}", "3xx", _sent(answer), loses=False)
    yield Fault("302 without address", "3xx", _sent(_raw(b"HTTP/1.1 302 Found", b"Content-Length: 0")), loses=False)


def _wrong() -> Iterator[Fault]:
    bodies = {
        "an empty object": b"{}",
        "a list": b"[]",
        "null": b"null",
        "a text": b'"text"',
        "a number": b"7",
        "an empty body": b"",
        "half a text": b'{"status": "succ',
        "bytes that are no UTF-8": b'{"status": "\xff\xfe"}',
        "JSON too deep": DEEP_JSON,
    }
    for name, body in bodies.items():
        yield Fault(name, NOT_MASTRA, _sent(whole(200, body)), is_repeated=False)
    yield Fault("a page", NOT_MASTRA, _sent(whole(200, PAGE, "text/html")), is_repeated=False)
    yield Fault(
        "gzip that is none", NOT_MASTRA, _sent(whole(200, b"no gzip", Content_Encoding="gzip")), is_repeated=False
    )
    yield Fault("an unknown coding", NOT_MASTRA, _sent(whole(200, b"{}", Content_Encoding="zz")), is_repeated=False)
    yield Fault("a gzip bomb", NOT_MASTRA, _sent(whole(200, BOMB, Content_Encoding="gzip")), is_repeated=False)
    yield Fault("an error that echoes secrets", "5xx", _echo(500))
    yield Fault("a 401 that echoes secrets", "4xx", _echo(401), loses=False)


def _echo(status: int) -> Act:
    return _sent(whole(status, json.dumps({"error": f"not with {TOKEN} and {KEY}"}).encode()))


FAULTS: tuple[Fault, ...] = (*_lost(), *_dripping(), *_refused(), *_wrong())
