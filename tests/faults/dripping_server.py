"""A server on loopback that drips: it never falls silent, and never comes to an end."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

from tests.faults.loopback_server import LoopbackServer

TLS = Path(__file__).parent / "tls"
AUTHORITY = TLS / "authority.pem"
"""What clients trust who want to speak TLS with these servers; its key is worth nothing."""

PAUSE = 0.01


class DrippingServer(LoopbackServer):
    """Answers each request with some bytes at once, and then the same few again and again.

    Args:
        head: What comes at once.
        drip: What comes then, every hundredth of a second, for ever.
        tls: True to speak TLS.
        early: True to begin before anything was received.
        deaf: True to receive nothing, and to say nothing.
    """

    def __init__(
        self, head: bytes = b"", drip: bytes = b"", *, tls: bool = False, early: bool = False, deaf: bool = False
    ) -> None:
        self._head = head
        self._drip = drip
        self._context = _server_context() if tls else None
        self._early = early
        self._deaf = deaf
        self._pauses = threading.Event()
        super().__init__()
        if tls:
            self.base_url = f"https://localhost:{self.port}"

    def stop(self) -> None:
        self._pauses.set()
        super().stop()

    def serve(self, connection: socket.socket, number: int) -> None:
        if self._context is None:
            self._drip_on(connection)
        else:
            with self._context.wrap_socket(connection, server_side=True) as secure:
                self._drip_on(secure)

    def _drip_on(self, connection: socket.socket) -> None:
        if self._deaf:
            self._pauses.wait()
            return
        if not self._early:
            connection.recv(65536)
        connection.sendall(self._head)
        while not self._pauses.wait(PAUSE):
            connection.sendall(self._drip)


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "localhost.pem")
    return context
