"""Clocks for tests: time that passes at once."""

from __future__ import annotations

import threading
import time


class LeapingClock:
    """Real time, but a sleep is over at once and time has moved on by it.

    Args:
        haste: Each sleep counts this many times, so that a period of grace is over after fewer polls.
    """

    def __init__(self, haste: float = 1.0) -> None:
        self._haste = haste
        self._leapt = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return time.monotonic() + self._leapt

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._leapt += seconds * self._haste

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._leapt += seconds


class VirtualClock:
    """Time that stands still but for sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
