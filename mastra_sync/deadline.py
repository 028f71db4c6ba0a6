"""The moment by which a call must end, and the clock that it is read from."""

from __future__ import annotations

import math
import time
from datetime import timedelta
from typing import Protocol

from mastra_sync.errors import InvalidArgument

DEFAULT_RUN_TIMEOUT = 3600.0
"""Seconds that a call waits for a run where the caller does not say."""

Seconds = float | int | timedelta | None
"""How callers give a duration; None means without limit."""


class Clock(Protocol):
    """Where time is read and spent; in a test it may move by itself."""

    def monotonic(self) -> float:
        """Return seconds since some fixed point."""

    def sleep(self, seconds: float) -> None:
        """Let this many seconds pass."""


class SystemClock:
    """The machine's own time."""

    def monotonic(self) -> float:
        """Return the machine's monotonic time."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let real time pass."""
        time.sleep(seconds)


def default_clock() -> Clock:
    """Return the clock of a client that is made without one.

    Tests replace it to reach clients that others make.
    """
    return SystemClock()


class Deadline:
    """The moment by which a call must have ended, however many requests it takes.

    Args:
        seconds: How long the call may take; None for ever.
        clock: What tells the time.
    """

    __slots__ = ("_clock", "_started", "limit")

    def __init__(self, seconds: float | None, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.monotonic()
        self.limit = math.inf if seconds is None else seconds

    @property
    def elapsed(self) -> float:
        """Seconds since the call began."""
        return self._clock.monotonic() - self._started

    @property
    def remaining(self) -> float:
        """Seconds that are left, never below 0, infinite without a limit."""
        return max(0.0, self.limit - self.elapsed)

    @property
    def expired(self) -> bool:
        """True once nothing is left."""
        return self.remaining <= 0

    def clamp(self, seconds: float | None) -> float | None:
        """Return `seconds` (None: without limit), shortened to what is left; None if neither has a limit."""
        shortest = min(math.inf if seconds is None else seconds, self.remaining)
        return None if math.isinf(shortest) else shortest

    def at_least(self, seconds: float) -> Deadline:
        """Return this deadline, or one that leaves `seconds` if less is left."""
        return self if self.remaining >= seconds else Deadline(seconds, self._clock)

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass, but not beyond the deadline."""
        pause = min(seconds, self.remaining)
        if pause > 0:
            self._clock.sleep(pause)


def seconds_of(value: Seconds, argument: str) -> float | None:
    """Return a duration as seconds.

    Raises:
        InvalidArgument: Not a number, negative, or not finite.
    """
    if value is None:
        return None
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidArgument(argument, f"must be seconds, a timedelta or None, not {type(value).__name__}")
    if math.isnan(value) or value < 0:
        raise InvalidArgument(argument, f"must not be negative or NaN, got {value!r}")
    return None if math.isinf(value) else float(value)
