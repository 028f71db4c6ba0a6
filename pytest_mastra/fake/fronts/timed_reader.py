"""Reads of a connection that end in time together, however slowly bytes come."""

from __future__ import annotations

import io
import socket
import time
from typing import Any


class TimedReader(io.RawIOBase):
    """What a connection sends, within a time for all of it.

    A socket's own timeout begins anew with each byte.

    Args:
        connection: What to read from.
        seconds: How long reading may take, from now.
    """

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self.allow(seconds)

    def allow(self, seconds: float) -> None:
        """Let reading take so long from now on."""
        self._until = time.monotonic() + seconds

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Wait for the next bytes.

        Raises:
            TimeoutError: The time is up.
            OSError: The connection is broken.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for reading is up")
        self._connection.settimeout(left)
        try:
            return self._connection.recv_into(buffer)
        finally:
            # what is sent takes its own time
            self._connection.settimeout(None)
