"""A server on loopback that answers each call of a route by a script."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlsplit

from tests.faults.loopback_server import PATIENCE, ConnectionDone, LoopbackServer


@dataclass(frozen=True)
class Received:
    """One request, as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    def json(self) -> Any:
        return json.loads(self.body)


class ScriptStuck(Exception):
    """A script waited for its test in vain."""


Action = bytes | Callable[[socket.socket], object]
"""What an answer does next: send these bytes, or anything that takes the socket."""

Answer = tuple[Action, ...]

Script = Answer | Callable[[Received], Answer]
"""An answer, or what makes it out of the request."""


# -- actions


def close(connection: socket.socket) -> None:
    """End the connection in an orderly way."""
    # data that was not read would turn the close into a reset
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionDone


def reset(connection: socket.socket) -> None:
    """End the connection with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    raise ConnectionDone


def never(connection: socket.socket) -> None:
    """Say nothing more until the client hangs up or the server stops."""
    connection.settimeout(None)
    with contextlib.suppress(OSError):
        while connection.recv(4096):
            pass
    raise ConnectionDone


def await_event(event: threading.Event) -> Action:
    """Go on when the test says so."""

    def action(connection: socket.socket) -> None:
        if not event.wait(PATIENCE):
            raise ScriptStuck("the test never set the event that the script waits for")

    return action


def tell(event: threading.Event) -> Action:
    """Let the test know that the script has come this far."""
    return lambda connection: event.set()


def hang_up_noticed(event: threading.Event) -> Action:
    """Say nothing until the client closes the connection, and tell the test."""

    def action(connection: socket.socket) -> None:
        with contextlib.suppress(ConnectionError):
            while connection.recv(4096):
                pass
        event.set()
        raise ConnectionDone

    return action


# -- answers


def head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def reply(status: int, body: bytes, content_type: str = "application/json", **headers: str) -> Answer:
    """A whole answer with its length; header names are given with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return (head(status, {"Content-Type": content_type, "Content-Length": str(len(body)), **named}) + body,)


def json_reply(value: Any, status: int = 200, **headers: str) -> Answer:
    return reply(status, json.dumps(value, ensure_ascii=False).encode(), **headers)


def streamed(*parts: Action, framing: str = "chunked") -> Answer:
    """A streamed answer: each bytes object leaves at once; actions may stand between them.

    Args:
        parts: What is sent and done, in order.
        framing: `chunked`, `close` (the end of the connection ends the body), or `gzip` (compressed and chunked).
    """
    compressor = _Compressor() if framing == "gzip" else None
    headers = {"Content-Type": "text/plain"}
    headers.update({"Connection": "close"} if framing == "close" else {"Transfer-Encoding": "chunked"})
    headers.update({"Content-Encoding": "gzip"} if compressor else {})
    actions: list[Action] = [head(200, headers)]
    for part in parts:
        if not isinstance(part, bytes):
            actions.append(part)
            continue
        data = compressor.piece(part) if compressor else part
        actions.append(data if framing == "close" else chunk(data))
    if compressor:
        actions.append(chunk(compressor.end()))
    actions.append(close if framing == "close" else b"0\r\n\r\n")
    return tuple(actions)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def body_size(answer: Answer) -> int:
    """Return how many bytes a streamed answer sends after its head, framing included."""
    return sum(len(action) for action in answer[1:] if isinstance(action, bytes))


def cut(answer: Answer, after: int, ending: Action = reset) -> Answer:
    """Return the beginning of a streamed answer: its head and this many bytes more."""
    actions: list[Action] = [answer[0]]
    for action in answer[1:]:
        if isinstance(action, bytes):
            actions.append(action[:after])
            after -= len(action)
            if after <= 0:
                break
        else:
            actions.append(action)
    return (*actions, ending)


class _Compressor:
    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._file = gzip.GzipFile(fileobj=_Sink(self._parts), mode="wb")

    def piece(self, data: bytes) -> bytes:
        self._file.write(data)
        self._file.flush()
        return self._taken()

    def end(self) -> bytes:
        self._file.close()
        return self._taken()

    def _taken(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


class _Sink:
    def __init__(self, parts: list[bytes]) -> None:
        self._parts = parts

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass


# -- reading requests


def read_request(stream: BinaryIO, connection: int) -> Received | None:
    """Read one request; None if the client has hung up."""
    first = stream.readline()
    if not first.strip():
        return None
    method, target, _ = first.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    return Received(method, target, headers, body, connection)


# -- the server


@dataclass
class _Route:
    method: str
    path_end: str
    scripts: tuple[Script, ...]
    calls: int = 0

    def answer_to(self, request: Received) -> Answer:
        self.calls += 1
        script = self.scripts[min(self.calls, len(self.scripts)) - 1]
        return script(request) if callable(script) else script


class WireServer(LoopbackServer):
    """Answers each request by the script of its route.

    Attributes:
        received: The requests, in the order in which they arrived.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._routes: list[_Route] = []
        self._resets = range(0)
        super().__init__()

    def on(self, method: str, path_end: str, *scripts: Script) -> None:
        """Answer the requests whose path ends like this.

        The first is answered by the first script, ..., the rest by the last. A route that is given again replaces the
        earlier one.
        """
        with self._lock:
            self._routes.insert(0, _Route(method, path_end, scripts))

    def reset_next_connections(self, number: int) -> None:
        """Reset the next connections before anything is read from them."""
        first = self.connections + 1
        self._resets = range(first, first + number)

    def of(self, method: str, path_end: str) -> list[Received]:
        """Return the requests that arrived at a route."""
        with self._lock:
            return [
                request for request in self.received if request.method == method and request.path.endswith(path_end)
            ]

    def count(self, method: str, path_end: str) -> int:
        """Return how many requests arrived at a route."""
        return len(self.of(method, path_end))

    def serve(self, connection: socket.socket, number: int) -> None:
        """Answer all requests that come over a connection."""
        if number in self._resets:
            reset(connection)
        with connection.makefile("rb") as stream:
            while (request := read_request(stream, number)) is not None:
                for action in self._answer_to(request):
                    if isinstance(action, bytes):
                        connection.sendall(action)
                    else:
                        action(connection)

    def _answer_to(self, request: Received) -> Answer:
        with self._lock:
            self.received.append(request)
            for route in self._routes:
                if route.method == request.method and request.path.endswith(route.path_end):
                    return route.answer_to(request)
        return reply(404, b"404 Not Found", "text/plain; charset=UTF-8")
