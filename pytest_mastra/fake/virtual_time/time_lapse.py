"""Virtual time that can be watched: hours go by in a moment."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from pytest_mastra.fake.virtual_time.clock import EPOCH, WaitForChange

SHORTEST = 0.15
"""Real seconds that a wait takes at the least."""

PER_MAGNITUDE = 0.1
"""Real seconds more for a wait that is ten times as long."""


def moment_for(seconds: float) -> float:
    """Return how many real seconds a wait takes.

    It is 0.25 s for ten seconds and 0.6 s for ten hours.
    """
    return SHORTEST + PER_MAGNITUDE * math.log10(1 + seconds)


@dataclass(frozen=True, slots=True)
class _Lapse:
    """One wait: virtual time goes from `begin` to `end` in `takes` real seconds, from `began` on."""

    begin: float
    end: float
    began: float
    takes: float


class TimeLapse:
    """A server's clock whose waits can be watched.

    Args:
        start: Seconds since 1970.
        takes: How many real seconds a wait of so many virtual seconds takes.
        real: Gives real seconds.
    """

    skips = True

    def __init__(
        self,
        start: float = EPOCH,
        *,
        takes: Callable[[float], float] = moment_for,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reached = start
        self._takes = takes
        self._real = real
        self._lapse: _Lapse | None = None
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return seconds since 1970."""
        with self._lock:
            return self._now()

    def reach(self, moment: float, wait: WaitForChange) -> bool:
        """Let time run towards a moment; ask again if something else changed meanwhile."""
        with self._lock:
            if self._lapse is None or self._lapse.end != moment:
                self._reached = now = self._now()
                self._lapse = _Lapse(now, moment, self._real(), self._takes(moment - now)) if moment > now else None
            left = 0.0 if self._lapse is None else self._lapse.began + self._lapse.takes - self._real()
        if left > 0:
            wait(left)
        return True

    def request_came(self) -> None:
        """A request takes no time."""

    def monotonic(self) -> float:
        """Return seconds, for a client or a display that reads its time here."""
        return self.now()

    def sleep(self, seconds: float) -> None:
        """Let a client's wait pass at once."""
        with self._lock:
            self._reached = self._now() + max(0.0, seconds)
            self._lapse = None

    def _now(self) -> float:
        lapse = self._lapse
        if lapse is None:
            return self._reached
        share = (self._real() - lapse.began) / lapse.takes
        return lapse.end if share >= 1 else lapse.begin + (lapse.end - lapse.begin) * share

    def __repr__(self) -> str:
        return f"<TimeLapse {self.now() - EPOCH:+.3f} s>"
