"""A server on loopback: it accepts connections, and serves each in a thread of its own."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from types import TracebackType

from typing_extensions import Self

PATIENCE = 30.0
"""Seconds after which what still waits for a test, or for a thread, has failed."""


class ConnectionDone(Exception):
    """Raised by what has ended a connection: there is nothing more to do with it."""


class LoopbackServer:
    """Accepts connections and counts them; what is done with one is said by a subclass.

    A context manager; leaving it ends all connections and threads, and raises what went wrong in one of them. A
    subclass calls this constructor last: connections may come from then on.

    Attributes:
        port: Where it listens on 127.0.0.1.
        base_url: The same as an address.
        connections: How many were accepted.
    """

    def __init__(self) -> None:
        self.connections = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_stopped = False
        self._threads: list[threading.Thread] = []
        self._problems: list[BaseException] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._run(self._accept)

    def serve(self, connection: socket.socket, number: int) -> None:
        """Serve one connection, the how manieth it is; it is closed afterwards.

        Raises:
            ConnectionDone: It has been ended already.
            OSError: The client has hung up.
        """
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None and self._problems:
            raise self._problems[0]

    def stop(self) -> None:
        """End all connections and threads; the port refuses connections from now on."""
        # close alone would leave the accepting thread asleep
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            self._is_stopped = True
            still_open = list(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)

    @contextlib.contextmanager
    def _open_until_stop(self, connection: socket.socket) -> Iterator[socket.socket]:
        """Close a connection in the end; `stop` shuts it down before.

        Raises:
            ConnectionDone: The server has been stopped already.
        """
        with connection:
            with self._lock:
                if self._is_stopped:
                    raise ConnectionDone
                self._open.add(connection)
            try:
                yield connection
            finally:
                with self._lock:
                    self._open.discard(connection)

    def _run(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self._run(self._serve, connection, self.connections)

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            with self._open_until_stop(connection):
                self.serve(connection, number)
        except (ConnectionDone, OSError):
            # a client that hangs up early is a normal thing here
            pass
        except Exception as problem:  # noqa: BLE001 - a thread has nobody to raise it to; leaving the server does
            self._problems.append(problem)
