"""A fake's time as one client of it has it."""

from __future__ import annotations

import threading

from mastra_sync.deadline import Clock


class ClientClock:
    """Moves a fake's time on when its client waits, and tells the client of no other time than that.

    What runs skip, and what other clients wait for, takes none of a client's patience: hours that the fake skips for
    one thread would end the requests of another one.

    Args:
        clock: The fake's.
    """

    __slots__ = ("_clock", "_lock", "_now")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._now = clock.monotonic()
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """Return the seconds that the client has waited, from when it was made."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let the client's wait pass, on the fake's clock."""
        with self._lock:
            self._now += seconds
        self._clock.sleep(seconds)
