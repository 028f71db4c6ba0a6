"""A proxy in front of a real server that does to one request what networks and gateways do."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from typing_extensions import Self

from tests.faults.wire_server import PATIENCE, Action, Received, ScriptEnd, await_event, close, read_request, reset

Fault = Callable[[socket.socket, "Forwarded"], None]
"""What is done to a request instead of passing its answer on."""


@dataclass
class Forwarded:
    """One request on its way: what it is, and how it is sent on."""

    request: Received
    upstream: socket.socket

    def send(self) -> None:
        """Send the request on to the real server."""
        one = self.request
        headers = {**one.headers, "connection": "close"}
        lines = [f"{one.method} {one.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self.upstream.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + one.body)

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
    """The same, before the server has answered; it may take as long as it likes."""

    def fault(client: socket.socket, forwarded: Forwarded) -> None:
        forwarded.send()
        with contextlib.suppress(ScriptEnd):
            _end(client, ending)
        forwarded.receive_all()
        raise ScriptEnd

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


def told(event: threading.Event) -> Fault:
    """No fault: the answer is passed on as it comes, and the test is told when its first bytes were."""

    def fault(client: socket.socket, forwarded: Forwarded) -> None:
        forwarded.send()
        while data := forwarded.receive():
            client.sendall(data)
            event.set()

    return fault


def _end(client: socket.socket, ending: Action) -> None:
    if isinstance(ending, bytes):
        client.sendall(ending)
    else:
        ending(client)


# -- the proxy


class FaultProxy:
    """Passes requests on to a server; those that a fault was armed for meet it, one each. A context manager.

    Args:
        port: Where the real server listens on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._faults: list[tuple[str, str, Fault]] = []
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.received: list[Received] = []
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._run(self._accept)

    def arm(self, method: str, path_end: str, *faults: Fault) -> None:
        """Do this to the next requests whose path ends like this."""
        with self._lock:
            self._faults += [(method, path_end, fault) for fault in faults]

    def count(self, method: str, path_end: str) -> int:
        """Return how many requests came for a route."""
        with self._lock:
            return sum(one.method == method and one.path.endswith(path_end) for one in self.received)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            still_open = [self._listener, *self._sockets]
        for one in still_open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _run(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._run(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        upstream = socket.create_connection(("127.0.0.1", self._port))
        with self._lock:
            self._sockets |= {client, upstream}
        try:
            with client, upstream, client.makefile("rb") as stream:
                # one request for each connection: the answer's end is the connection's
                request = read_request(stream, 0)
                if request is not None:
                    self._fault_for(request)(client, Forwarded(request, upstream))
        except (ScriptEnd, OSError):
            # either side may hang up
            pass
        finally:
            with self._lock:
                self._sockets -= {client, upstream}

    def _fault_for(self, request: Received) -> Fault:
        with self._lock:
            self.received.append(request)
            for index, (method, path_end, fault) in enumerate(self._faults):
                if method == request.method and request.path.endswith(path_end):
                    del self._faults[index]
                    return fault
        return _passed_on


def _passed_on(client: socket.socket, forwarded: Forwarded) -> None:
    forwarded.send()
    while data := forwarded.receive():
        client.sendall(data)
