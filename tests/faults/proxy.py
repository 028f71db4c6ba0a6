"""A proxy that does to single requests to a real server what networks and gateways do."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.loopback_server import ConnectionDone, LoopbackServer
from tests.faults.wire_server import Action, Received, await_event, close, read_request, reset

Fault = Callable[[socket.socket, "Forwarded"], None]
"""What is done to a request instead of passing its answer on."""


@dataclass
class Forwarded:
    """One request on its way: what it is, and how it is sent on."""

    request: Received
    upstream: socket.socket

    def send(self) -> None:
        """Send the request on to the real server."""
        request = self.request
        headers = {**request.headers, "connection": "close"}
        lines = [
            f"{request.method} {request.target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self.upstream.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + request.body)

    def receive(self) -> bytes:
        """Return the next bytes of the real server's answer, empty at its end."""
        return self.upstream.recv(65536)

    def receive_all(self) -> bytes:
        """Return what is left of the answer."""
        parts = []
        while data := self.receive():
            parts.append(data)
        return b"".join(parts)


# -- faults


def lost_reply(ending: Action = reset) -> Fault:
    """The server gets the request; the client gets nothing."""

    def fault(client: socket.socket, forwarded: Forwarded) -> None:
        forwarded.send()
        forwarded.receive()
        _end(client, ending)

    return fault


def lost_at_once(ending: Action = reset) -> Fault:
    """The server gets the request; the client gets nothing, before the server has answered."""

    def fault(client: socket.socket, forwarded: Forwarded) -> None:
        forwarded.send()
        with contextlib.suppress(ConnectionDone):
            _end(client, ending)
        forwarded.receive_all()
        raise ConnectionDone

    return fault


def instead(answer: bytes, *, forward: bool) -> Fault:
    """A gateway's own answer, with the request forwarded or not."""

    def fault(client: socket.socket, forwarded: Forwarded) -> None:
        if forward:
            forwarded.send()
            forwarded.receive()
        client.sendall(answer)
        close(client)

    return fault


def gateway(status: int) -> bytes:
    body = f"<html><h1>{status}</h1></html>"
    return f"HTTP/1.1 {status} Gateway\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def cut_after(body_bytes: int, ending: Action = reset) -> Fault:
    """The head of the answer and so many bytes of what follows it, as it comes."""

    def fault(client: socket.socket, forwarded: Forwarded) -> None:
        forwarded.send()
        got = b""
        while b"\r\n\r\n" not in got:
            got += forwarded.receive()
        end = got.index(b"\r\n\r\n") + 4 + body_bytes
        sent = 0
        while True:
            client.sendall(got[:end][sent:])
            sent = min(len(got), end)
            if sent == end or not (more := forwarded.receive()):
                break
            got += more
        _end(client, ending)

    return fault


def delayed(until: threading.Event) -> Fault:
    """The answer comes when the test says so."""

    def fault(client: socket.socket, forwarded: Forwarded) -> None:
        forwarded.send()
        answer = forwarded.receive_all()
        _end(client, await_event(until))
        client.sendall(answer)

    return fault


def garbled(client: socket.socket, forwarded: Forwarded) -> None:
    """Bytes of the answer's body are overwritten."""
    forwarded.send()
    head, separator, body = forwarded.receive_all().partition(b"\r\n\r\n")
    client.sendall(head + separator + body.replace(b'"', b"\xff"))


def pass_on_and_set(event: threading.Event) -> Fault:
    """No fault: the answer is passed on, and the event set with the first bytes of its body.

    The head may come before the server attends to the run.
    """

    def fault(client: socket.socket, forwarded: Forwarded) -> None:
        forwarded.send()
        got = b""
        while data := forwarded.receive():
            client.sendall(data)
            got = got if event.is_set() else got + data
            if got.partition(b"\r\n\r\n")[2]:
                event.set()

    return fault


def _end(client: socket.socket, ending: Action) -> None:
    if isinstance(ending, bytes):
        client.sendall(ending)
    else:
        ending(client)


# -- the proxy


class FaultProxy(LoopbackServer):
    """Passes requests on to a server, or has them meet the faults that are armed.

    Args:
        port: Where the real server listens on 127.0.0.1.

    Attributes:
        received: The requests, in the order in which they arrived.
    """

    def __init__(self, port: int) -> None:
        self.received: list[Received] = []
        self._upstream_port = port
        self._faults: list[tuple[str, str, Fault]] = []
        super().__init__()

    def arm(self, method: str, path_end: str, *faults: Fault) -> None:
        """Do this to the next requests whose path ends like this."""
        with self._lock:
            self._faults += [(method, path_end, fault) for fault in faults]

    def count(self, method: str, path_end: str) -> int:
        """Return how many requests came for a route."""
        with self._lock:
            return sum(request.method == method and request.path.endswith(path_end) for request in self.received)

    def serve(self, connection: socket.socket, number: int) -> None:
        """Pass one request on, or do to it what was armed.

        The answer's end is the connection's.
        """
        upstream = socket.create_connection(("127.0.0.1", self._upstream_port))
        with self._open_until_stop(upstream), connection.makefile("rb") as stream:
            request = read_request(stream, number)
            if request is not None:
                self._fault_for(request)(connection, Forwarded(request, upstream))

    def _fault_for(self, request: Received) -> Fault:
        with self._lock:
            self.received.append(request)
            for index, (method, path_end, fault) in enumerate(self._faults):
                if method == request.method and request.path.endswith(path_end):
                    del self._faults[index]
                    return fault
        return _pass_on


def _pass_on(client: socket.socket, forwarded: Forwarded) -> None:
    forwarded.send()
    while data := forwarded.receive():
        client.sendall(data)
