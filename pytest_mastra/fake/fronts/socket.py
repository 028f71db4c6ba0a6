"""A surface on a loopback socket: HTTP/1.1 for other processes and languages.

A thread serves each connection.
"""

from __future__ import annotations

import contextlib
import io
import ipaddress
import logging
import math
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator
from http import HTTPStatus
from types import TracebackType
from typing import BinaryIO

from typing_extensions import Self

from mastra_sync.deadline import SystemClock
from mastra_sync.keywords import takes
from pytest_mastra.fake.api.server_process import process_of
from pytest_mastra.fake.fronts.port import Port
from pytest_mastra.fake.fronts.timed_reader import TimedReader
from pytest_mastra.fake.workflows.arguments import check_number, check_text
from pytest_mastra.http.framing import KEEP_ALIVE, frame
from pytest_mastra.http.request_parser import BadRequest, Received, receive
from pytest_mastra.http.wire import Cut, Pause, Piece, Surface, WireReply, check_surface

logger = logging.getLogger("pytest_mastra")

DEFAULT_PORT = 4111
"""Where `mastra dev` listens, and what clients take for granted."""

BETWEEN_LOOKS = 0.05
"""Seconds between two looks of `serve` at what else is to be done."""

IDLE_LIMIT = KEEP_ALIVE + 1.0
"""Seconds after which a quiet connection is closed: as Node does it, a second later than it promised."""

LINGER = 0.5
"""Seconds that a client which was refused has, to read why."""

FIRST_REQUEST_LIMIT = 60.0
"""Seconds that a new connection may take to send something."""

REQUEST_LIMIT = 300.0
"""Seconds in which a request that has begun must be there whole, as Node has it."""

PATIENCE = 0.05
"""Seconds that `stop` waits for those who are at work in the surface."""

# l_onoff, l_linger: closing resets the connection instead of ending it in order
_RESETTING = struct.pack("ii", 1, 0)


def serve(
    server: Surface,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    *,
    announce: Callable[[str], object] = lambda _: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Serve a fake server on a port of this machine until Ctrl-C.

    Its time is its own: made with `FakeMastra(clock=RealClock())`, what sleeps takes as long as it says; with virtual
    time, which is the default, nothing is waited for.

    Args:
        server: What answers.
        host: A loopback address.
        port: 0 takes a free one.
        announce: Called with the address once it is served.
        meanwhile: Called twenty times a second; `FakeMastra.catch_up` lets runs in real time go on between requests.

    Raises:
        OSError: The port is taken.
        ValueError: The host is not loopback.
    """
    with OnSocket(server, host=host, port=port) as front, contextlib.suppress(KeyboardInterrupt):
        announce(front.url)
        while not threading.Event().wait(BETWEEN_LOOKS):
            meanwhile()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class OnSocket:
    """Serves a surface on a port of this machine, reachable from nowhere else. A context manager.

    Our own few lines instead of a WSGI server: WSGI cannot reset a connection, break off inside a chunk or send
    garbage, which is what faults are. It also stops at once, where werkzeug's looks only every half second whether it
    should, and answers about twice as fast.

    Args:
        surface: What answers.
        host: A loopback address.
        port: 0 takes a free one.
        idle_limit: Seconds after which a quiet connection is closed.
        request_limit: Seconds in which a request that has begun must be there whole.

    Attributes:
        surface: What answers.
        host: Where it is served.
        port: Where it is served, once started.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: The host is not loopback, or a number is out of range.
    """

    @takes()
    def __init__(
        self,
        surface: Surface,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        idle_limit: float = IDLE_LIMIT,
        request_limit: float = REQUEST_LIMIT,
    ) -> None:
        check_surface(surface)
        check_text(host, "the host of a fake server")
        if not _is_loopback(host):
            raise ValueError(f"{host!r} is not a loopback address; a fake server is for this machine only")
        check_number(port, "a port", least=0, most=65535, whole=True)
        check_number(idle_limit, "idle_limit, in seconds,", least=0)
        check_number(request_limit, "request_limit, in seconds,", least=0)
        self.surface = surface
        self.host = host
        self.port = port
        self._idle_limit = idle_limit
        self._request_limit = request_limit
        self._process = process_of(surface)
        self._port: Port | None = None
        self._end_following: Callable[[], None] = lambda: None
        self._revival = threading.Timer(0, lambda: None)
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._connections: dict[threading.Thread, _Connection] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The address, without path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def start(self) -> None:
        """Take the port and begin to answer.

        Raises:
            OSError: The port is taken.
        """
        if self._port is not None:
            raise RuntimeError(f"{self!r} has been started already")
        self._stopping.clear()
        self._port = port = Port(self.host, self.port, self._take, f"{self!r}")
        self.port = port.number
        if self._process is not None:
            self._end_following = self._process.listen(lambda is_dead: self._follow(is_dead=is_dead))
            if self._process.is_dead:
                self._follow(is_dead=True)

    def stop(self) -> None:
        """Close the port and all connections; one that was not started is left alone."""
        if self._port is None:
            return
        self._stopping.set()
        self._end_following()
        with self._changing:
            self._port.close()
            self._port = None
            self._revival.cancel()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections.values():
            connection.shut_down()
        patience = time.monotonic() + PATIENCE
        for thread in connections:
            thread.join(max(0.0, patience - time.monotonic()))

    def _follow(self, *, is_dead: bool) -> None:
        """Refuse connections while the server's process is dead, and take them while it lives."""
        with self._changing:
            if self._process is None or self._port is None or self._port.is_open is not is_dead:
                return
            if not is_dead:
                self._revival.cancel()
                self._port.open()
                return
            self._port.refuse()
            if not math.isinf(self._process.back_in):
                self._revival = threading.Timer(self._process.back_in, self._process.look)
                self._revival.daemon = True
                self._revival.start()
        with self._lock:
            connections = list(self._connections.values())
        for connection in connections:
            connection.lose()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<OnSocket {self.url}>"

    def _take(self, accepted: socket.socket) -> None:
        connection = _Connection(self.surface, accepted, self._idle_limit, self._request_limit, self._stopping)
        thread = threading.Thread(target=self._serve, args=[connection], name=f"{self!r} connection", daemon=True)
        with self._lock:
            self._connections[thread] = connection
        thread.start()

    def _serve(self, connection: _Connection) -> None:
        try:
            connection.serve()
        finally:
            with self._lock:
                del self._connections[threading.current_thread()]


class _Connection:
    """One connection, served by one thread until either side has had enough."""

    def __init__(
        self,
        surface: Surface,
        accepted: socket.socket,
        idle_limit: float,
        request_limit: float,
        stopping: threading.Event,
    ) -> None:
        self._surface = surface
        self._socket = accepted
        self._idle_limit = idle_limit
        self._request_limit = request_limit
        self._stopping = stopping
        self._is_answering = False

    def serve(self) -> None:
        # one that goes away, at whatever point, is no matter
        with self._socket, contextlib.suppress(OSError):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader = TimedReader(self._socket, FIRST_REQUEST_LIMIT)
            with io.BufferedReader(reader) as file:
                while (received := self._receive(file, reader)) and self._answer(received):
                    reader.allow(self._idle_limit)

    def lose(self) -> None:
        """End it as a killed process does; what is being answered is reset."""
        if not self._is_answering:
            self.shut_down()
            return
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETTING)
            self._socket.shutdown(socket.SHUT_RD)

    def shut_down(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _receive(self, file: BinaryIO, reader: TimedReader) -> Received | None:
        has_begun = False

        def begin() -> None:
            nonlocal has_begun
            has_begun = True
            reader.allow(self._request_limit)

        try:
            return receive(
                file, on_begin=begin, say_continue=lambda: self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            )
        except BadRequest as bad:
            self._refuse(bad.status)
        except MemoryError:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except TimeoutError:
            if has_begun:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        return None

    def _refuse(self, status: HTTPStatus) -> None:
        """Say that what came is no request, as Node does, and end the connection."""
        phrase = "Payload Too Large" if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE else status.phrase
        self._socket.sendall(f"HTTP/1.1 {status.value} {phrase}\r\nConnection: close\r\n\r\n".encode("ascii"))
        self._socket.shutdown(socket.SHUT_WR)
        # a close with bytes unread is a reset, which would take the answer along
        self._socket.settimeout(LINGER)
        end = time.monotonic() + LINGER
        while self._socket.recv(65536) and time.monotonic() < end:
            pass

    def _answer(self, received: Received) -> bool:
        """Send the reply; return whether the connection can go on."""
        self._is_answering = True
        with contextlib.closing(self._pieces(received)) as pieces:
            for piece in pieces:
                if isinstance(piece, bytes):
                    self._socket.sendall(piece)
                elif isinstance(piece, Cut):
                    # one that was taken cannot be refused any more
                    if piece is not Cut.CLOSED:
                        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETTING)
                    return False
                elif not self._pause(piece):
                    return False
        self._is_answering = False
        return received.keeps_alive

    def _pieces(self, received: Received) -> Generator[Piece, None, None]:
        request = received.request
        try:
            reply = self._surface.handle(request)
        except Exception:
            logger.exception("%s %s: the fake server is broken", request.method, request.path)
            reply = _BROKEN
        try:
            yield from frame(reply, to_head=request.method == "HEAD", keeps_alive=received.keeps_alive)
        except TimeoutError as stalled:
            logger.warning("%s %s: %s", request.method, request.path, stalled)
            yield Cut.CLOSED
        except Exception:
            logger.exception("%s %s: the fake server broke off", request.method, request.path)
            yield Cut.CLOSED

    def _pause(self, pause: Pause) -> bool:
        """Let time pass; return False if the client has gone meanwhile, or the server stops."""
        if not (math.isinf(pause.seconds) or isinstance(pause.clock, SystemClock)):
            pause.clock.sleep(pause.seconds)
            return True
        until = time.monotonic() + pause.seconds
        self._socket.settimeout(None if math.isinf(pause.seconds) else max(pause.seconds, 0.001))
        try:
            early = self._socket.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return True
        finally:
            self._socket.settimeout(None)
        # a client that has sent its next request already cannot be watched like this
        return bool(early) and not self._stopping.wait(None if math.isinf(until) else until - time.monotonic())


_BROKEN = WireReply(500, (("content-type", "text/plain; charset=UTF-8"),), b"Internal Server Error")
