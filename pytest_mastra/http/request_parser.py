"""Reads HTTP/1.1 requests off a file, and refuses what Node refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import BinaryIO

from pytest_mastra.http.wire import WireRequest

HEAD_LIMIT = 16 * 1024
"""Bytes that request line and headers may take together, as Node has it."""

_METHODS = frozenset(
    {
        *("ACL", "BIND", "CHECKOUT", "CONNECT", "COPY", "DELETE", "GET", "HEAD", "LINK"),
        *("LOCK", "M-SEARCH", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE", "NOTIFY", "OPTIONS"),
        *("PATCH", "POST", "PROPFIND", "PROPPATCH", "PURGE", "PUT", "QUERY", "REBIND", "REPORT"),
        *("SEARCH", "SOURCE", "SUBSCRIBE", "TRACE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE"),
    }
)
"""What Node takes for one."""

_TARGET = re.compile(r"(?:/|\*$|[A-Za-z][\w+.-]*:|[\w.-]+:\d+$)[!-~]*", re.ASCII)
_HEADER = re.compile(r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(?P<value>[\t -~\x80-\xff]*)\r\n")
_FRAMING = frozenset({"content-length", "transfer-encoding"})
"""Headers that say where a body ends, too late if they stand behind it."""

_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]+)(?:;[^\r\n]+)?\r\n")
_LARGEST = 2**64 - 1
"""Bytes of a body or chunk that Node's parser can count; more are refused at once."""

_PIECE = 256 * 1024
"""What is read at once of a body: whatever length is announced, only what comes takes room."""


class BadRequest(Exception):
    """What came is no request; nothing that follows it can be read either.

    Attributes:
        status: What Node answers.
    """

    def __init__(self, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True, slots=True)
class Received:
    """A request, and whether the client wants to send another one over its connection."""

    request: WireRequest
    keeps_alive: bool


def receive(file: BinaryIO, on_begin: Callable[[], None], say_continue: Callable[[], None]) -> Received | None:
    """Wait for a request and return it; None if the client has gone.

    Args:
        file: What to read from; a request that was sent early stays in its buffer.
        on_begin: Called when the first line has come.
        say_continue: Called if the client waits for leave to send the body.

    Raises:
        BadRequest: It is not HTTP.
    """
    line = file.readline(HEAD_LIMIT + 1)
    while line in (b"\r\n", b"\n"):
        line = file.readline(HEAD_LIMIT + 1)
    if not line:
        return None
    on_begin()
    method, target, version = _request_line(line)
    headers = _headers(file, HEAD_LIMIT - len(line))
    lowered = {name.lower(): value for name, value in headers.items()}
    if version == "HTTP/1.1" and "host" not in lowered:
        raise BadRequest
    if lowered.get("expect", "").lower() == "100-continue":
        say_continue()
    connection = lowered.get("connection", "").lower()
    keeps_alive = connection != "close" if version == "HTTP/1.1" else connection == "keep-alive"
    return Received(WireRequest(method, target, headers, _body(file, lowered)), keeps_alive)


def _request_line(line: bytes) -> tuple[str, str, str]:
    if not line.endswith(b"\r\n"):
        raise BadRequest(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if len(line) > HEAD_LIMIT else HTTPStatus.BAD_REQUEST
        )
    match line.decode("latin-1").removesuffix("\r\n").split(" "):
        case [method, target, ("HTTP/1.1" | "HTTP/1.0") as version] if method in _METHODS and _TARGET.fullmatch(target):
            return method, target, version
    raise BadRequest


def _headers(file: BinaryIO, room: int) -> dict[str, str]:
    headers: dict[str, str] = {}
    spelled: dict[str, str] = {}
    while True:
        line = file.readline(room + 1)
        room -= len(line)
        if room < 0:
            raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if line == b"\r\n":
            return headers
        header = _HEADER.fullmatch(line.decode("latin-1"))
        if header is None:
            raise BadRequest
        name, value = spelled.setdefault(header["name"].lower(), header["name"]), header["value"].rstrip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value


def _body(file: BinaryIO, lowered: dict[str, str]) -> bytes:
    length, coding = lowered.get("content-length"), lowered.get("transfer-encoding")
    if coding is not None:
        if coding.lower() != "chunked" or length is not None:
            raise BadRequest
        return read_chunked(file)
    if length is None:
        return b""
    if not length.isdecimal():
        raise BadRequest
    return _exactly(file, length, 10)


def read_chunked(file: BinaryIO) -> bytes:
    """Read a body that comes in HTTP chunks.

    Raises:
        BadRequest: It does not.
    """
    return b"".join(iter(lambda: _chunk(file), b""))


def _chunk(file: BinaryIO) -> bytes:
    line = file.readline(HEAD_LIMIT + 1)
    if len(line) > HEAD_LIMIT:
        raise BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    announced = _CHUNK_SIZE.fullmatch(line)
    if announced is None:
        raise BadRequest
    data = _exactly(file, announced[1].decode("ascii"), 16)
    if not data:
        if _FRAMING & {name.lower() for name in _headers(file, HEAD_LIMIT)}:
            raise BadRequest
    elif file.readline(3) != b"\r\n":
        raise BadRequest
    return data


def _exactly(file: BinaryIO, announced: str, base: int) -> bytes:
    """Return as many bytes as were announced, in digits only."""
    digits = announced.lstrip("0")
    # Python reads no number of thousands of digits
    left = int(digits or "0", base) if len(digits) <= len(str(_LARGEST)) else _LARGEST + 1
    if left > _LARGEST:
        raise BadRequest
    pieces = []
    while left:
        piece = file.read(min(left, _PIECE))
        if not piece:
            raise BadRequest
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
