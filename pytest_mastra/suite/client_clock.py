"""A fake's time as one client of it has it."""

from __future__ import annotations

import threading

from pytest_mastra.fake.virtual_time.clock import VirtualClock


class ClientClock:
    """Moves a fake's time on when its client waits, and tells the client of no other time than that.

    A client waits between its requests, and for the bytes of a reply. What runs skip, and what other clients wait for,
    takes none of its patience: hours that the fake skips for one thread would end the requests of another one.

    Args:
        clock: The fake's.
    """

    __slots__ = ("_clock", "_lock", "_now")

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._now = clock.monotonic() - clock.waited_here
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """Return the seconds that the client has waited, from when it was made."""
        # for bytes it waits in the thread that asks
        return self._now + self._clock.waited_here

    def sleep(self, seconds: float) -> None:
        """Let the client's wait pass, on the fake's clock."""
        with self._lock:
            self._now += seconds
        self._clock.advance(max(0.0, seconds))
