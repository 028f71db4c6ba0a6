"""A socket without a network: what is read from it is what a surface answers."""

from __future__ import annotations

import errno
import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mastra_sync.deadline import Clock, SystemClock
from pytest_mastra.http.wire import Cut, Pause, Piece, ReaderGone

if TYPE_CHECKING:
    from typing_extensions import Buffer


class FakeSocket(socket.socket):
    """The client's end of a connection over which one reply comes.

    It is a `socket.socket`, for clients that look for one to set its timeout or to shut it down, but has no descriptor.
    Everything that reads goes through `recv_into`, so buffering and what happens after a timeout are Python's own.

    Args:
        pieces: What comes over the wire; closed with the socket.
        timeout: Seconds that one read may wait.
    """

    def __init__(self, pieces: Iterator[Piece], timeout: float | None) -> None:
        # not calling the base class leaves the descriptor at -1; these two are what `makefile` and `close` go by
        self._io_refs = 0
        self._closed = False
        self._pieces = pieces
        self._limit = math.inf if timeout is None else timeout
        self._arrived: memoryview | Pause | Cut = memoryview(b"")
        self._woken = threading.Event()
        self._is_reset = False
        self._taking = threading.Lock()

    def settimeout(self, value: float | None) -> None:
        """Set how long one read may wait."""
        self._limit = math.inf if value is None else value

    def gettimeout(self) -> float | None:
        """Return how long one read may wait."""
        return None if math.isinf(self._limit) else self._limit

    def shutdown(self, how: int) -> None:  # noqa: ARG002 -- there is but one direction
        """End a read that waits in another thread, and all later ones."""
        self._woken.set()

    def reset(self) -> None:
        """Have the other side reset the connection, also where a read waits in another thread."""
        self._is_reset = True
        self._woken.set()

    def recv_into(self, buffer: Buffer, nbytes: int = 0, flags: int = 0) -> int:  # noqa: ARG002 -- as it is called
        """Read what one write of the other side sent; wait for it until the timeout."""
        room = memoryview(buffer)
        left = self._limit
        while not self._woken.is_set():
            arrived = self._arrived
            if isinstance(arrived, Pause):
                left = self._wait(arrived, left)
            elif isinstance(arrived, Cut):
                if arrived is Cut.RESET:
                    break
                if arrived is Cut.REFUSED:
                    raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
                return 0
            elif arrived:
                count = min(len(room), len(arrived))
                room[:count] = arrived[:count]
                self._arrived = arrived[count:]
                return count
            else:
                left = self._take(left)
        if self._is_reset or self._arrived is Cut.RESET:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        return 0

    def _take(self, left: float) -> float:
        """Let the other side make its next piece, and return the time that is left."""
        began = time.monotonic()
        try:
            with self._taking:
                piece = next(self._pieces, Cut.CLOSED)
        except ReaderGone as gone:
            self._spend(gone.seconds, gone.clock)
            raise TimeoutError("timed out") from None
        if self._woken.is_set():
            # closed meanwhile by another thread, which could not close what was at work
            self._give_up()
        self._arrived = memoryview(piece) if isinstance(piece, bytes) else piece
        left -= time.monotonic() - began
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def _wait(self, pause: Pause, left: float) -> float:
        """Let a pause pass, as far as there is time; return what is left of it."""
        if pause.seconds >= left:
            self._spend(left, pause.clock)
            if self._woken.is_set():
                return 0.0
            raise TimeoutError("timed out")
        self._arrived = memoryview(b"")
        self._spend(pause.seconds, pause.clock)
        return left - pause.seconds

    def _spend(self, seconds: float, clock: Clock) -> None:
        if math.isinf(seconds):
            self._woken.wait()
        elif isinstance(clock, SystemClock):
            self._woken.wait(seconds)
        else:
            clock.sleep(seconds)

    def _real_close(self) -> None:
        self._woken.set()
        self._give_up()

    def _give_up(self) -> None:
        if self._taking.acquire(blocking=False):
            try:
                close = getattr(self._pieces, "close", None)
                if close is not None:
                    close()
            finally:
                self._taking.release()
