"""The moment by which a call must end, and the clock that it is read from."""

from __future__ import annotations

import math
import threading
import time
from datetime import timedelta
from typing import Protocol

from mastra_sync.errors import InvalidArgument

DISPLAY_TIMEOUT = 5.0
"""Seconds that a notebook waits for what it shows of a workflow or a stream."""

DEFAULT_RUN_TIMEOUT = 3600.0
"""Seconds that a call waits for a run where the caller does not say."""

LEAST_OVERTIME, OVERTIME_SHARE, MOST_OVERTIME = 0.08, 0.08, 1.0
"""How long a run may be looked at when the time is up: a share of the time, in seconds at least and at most."""

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


def default_clock(url: str) -> Clock:  # noqa: ARG001 -- for those who replace it
    """Return the clock of a client that is made without one.

    Tests replace it to reach clients that others make.

    Args:
        url: Where the client's server is.
    """
    return SystemClock()


class Deadline:
    """The moment by which a call must have ended, however many requests it takes.

    Args:
        seconds: How long the call may take; None for ever.
        clock: What tells the time.
        outer: The deadline of what the call is a part of.
        overtime: Seconds that a look may take at the end; by default a share of the time.
    """

    __slots__ = ("_clock", "_outer", "_passed", "_started", "limit", "overtime")

    def __init__(
        self, seconds: float | None, clock: Clock, outer: Deadline | None = None, *, overtime: float | None = None
    ) -> None:
        self._clock = clock
        self._outer = outer
        self._started = clock.monotonic()
        self._passed = 0.0
        self.limit = math.inf if seconds is None else seconds
        share = min(MOST_OVERTIME, max(LEAST_OVERTIME, OVERTIME_SHARE * self.limit))
        self.overtime = share if overtime is None else overtime

    @property
    def elapsed(self) -> float:
        """Seconds since the call began."""
        # where a test tool has frozen the clock, what was waited has passed all the same
        return max(self._clock.monotonic() - self._started, self._passed)

    @property
    def remaining(self) -> float:
        """Seconds that are left, never below 0, infinite without a limit."""
        left = max(0.0, self.limit - self.elapsed)
        return left if self._outer is None else min(left, self._outer.remaining)

    @property
    def whole(self) -> Deadline:
        """The deadline of the whole call, of which this one's may be a part."""
        return self if self._outer is None else self._outer.whole

    @property
    def expired(self) -> bool:
        """True once nothing is left."""
        return self.remaining <= 0

    def clamp(self, seconds: float | None) -> float | None:
        """Return `seconds` (None: without limit), shortened to what is left; None if neither has a limit."""
        shortest = min(math.inf if seconds is None else seconds, self.remaining)
        return None if math.isinf(shortest) else shortest

    def part(self, seconds: float | None) -> Deadline:
        """Return the deadline of a part of the call, which may take so long."""
        return Deadline(seconds, self._clock, self)

    def sibling(self, seconds: float | None) -> Deadline:
        """Return a deadline on the same clock, that begins now, whatever this one leaves."""
        return Deadline(seconds, self._clock)

    def for_last_look(self) -> Deadline:
        """Return this deadline or, near its end, one that is a little later.

        A run is looked at once more when the time is up.
        """
        whole = self.whole
        if self.remaining >= whole.overtime:
            return self
        left = min(self.limit - self.elapsed, whole.limit - whole.elapsed) + whole.overtime
        # a clock that has leapt over the end (a machine that slept, virtual time) leaves time for a look all the same
        return Deadline(max(LEAST_OVERTIME, left), self._clock)

    def count(self, seconds: float) -> None:
        """Note that so many seconds have passed, whatever the clock says."""
        self._passed += seconds
        if self._outer is not None:
            self._outer.count(seconds)

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass, but not beyond the deadline."""
        pause = min(seconds, self.remaining)
        self._clock.sleep(pause)
        self.count(pause)


def seconds_of(value: Seconds, argument: str) -> float | None:
    """Return a duration as seconds; None for ever, and for what no socket can wait.

    Raises:
        InvalidArgument: Not a number, or negative.
    """
    if value is None:
        return None
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidArgument(argument, f"must be seconds, a timedelta or None, not {type(value).__name__}")
    if not value >= 0:
        raise InvalidArgument(argument, f"must not be negative or NaN, got {value!r}")
    return None if value > threading.TIMEOUT_MAX else float(value)
