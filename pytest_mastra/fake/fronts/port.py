"""A port of this machine: it takes connections, or refuses them and is kept for later."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

_BACKLOG = 128


class Port:
    """A port. A thread takes its connections.

    Args:
        host: Its address.
        number: 0 takes a free one.
        take: Called with each connection.
        name: Of the thread.

    Attributes:
        number: Its number.

    Raises:
        OSError: It is taken.
    """

    def __init__(self, host: str, number: int, take: Callable[[socket.socket], None], name: str) -> None:
        self.number = number
        self._host = host
        self._take = take
        self._name = name
        self._closing = threading.Event()
        self._acceptor: threading.Thread | None = None
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, number), family=family, backlog=_BACKLOG)
        self.number = self._listener.getsockname()[1]
        self._accept_from(self._listener)

    @property
    def is_open(self) -> bool:
        """Whether it takes connections."""
        return self._acceptor is not None

    def open(self) -> None:
        """Take connections again, after `refuse`."""
        self._listener.listen(_BACKLOG)
        self._accept_from(self._listener)

    def refuse(self) -> None:
        """Refuse connections until `open`; nobody else gets the port meanwhile.

        Raises:
            OSError: Somebody else was quicker.
        """
        self.close()
        # one that is bound and does not listen refuses
        self._listener = socket.socket(self._listener.family)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((self._host, self.number))

    def close(self) -> None:
        """Give the port up."""
        self._closing.set()
        if self._acceptor is not None:
            with contextlib.suppress(OSError):
                # wakes the thread that waits for connections
                socket.create_connection((self._host, self.number), timeout=1.0).close()
            self._acceptor.join()
            self._acceptor = None
        self._listener.close()

    def _accept_from(self, listener: socket.socket) -> None:
        self._closing.clear()
        self._acceptor = threading.Thread(target=self._accept, args=[listener], name=self._name, daemon=True)
        self._acceptor.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                # out of descriptors, or the client has gone again; or the listener has
                if self._closing.is_set():
                    return
                continue
            if self._closing.is_set():
                accepted.close()
                return
            self._take(accepted)
