"""Time as a fake server has it: virtual, or the machine's own."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Protocol
from weakref import WeakValueDictionary

from mastra_sync.deadline import Clock, SystemClock
from mastra_sync.keywords import takes

EPOCH = 1_767_225_600.0
"""When virtual time begins: 2026-01-01T00:00:00Z."""

WaitForChange = Callable[[float], None]
"""Waits, without holding the server, until something changed or this many real seconds have passed."""


class ServerClock(Protocol):
    """What a server asks about time."""

    skips: bool
    """Whether a wait costs no real time."""

    def now(self) -> float:
        """Return seconds since 1970."""

    def reach(self, moment: float, wait: WaitForChange) -> bool:
        """Let time come nearer to a moment; return whether it is or may be reached.

        What is not yet reached is to be asked again.
        """

    def request_came(self) -> None:
        """Note that a request came in."""


Alarm = tuple[Callable[[], float | None], Callable[[], None]]
"""Says when something is due, and does it."""


def _check_seconds(given: object, what: str) -> None:
    """Refuse what is no number of seconds that comes to an end."""
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        hint = "; timedelta has total_seconds()" if hasattr(given, "total_seconds") else ""
        raise TypeError(f"{what} a number of seconds, not {given!r}{hint}")
    if not abs(given) <= sys.float_info.max:
        raise ValueError(f"{what} a number of seconds, not {'a longer one' if isinstance(given, int) else given}")


class VirtualClock:
    """Time that costs nothing.

    It moves when a test moves it, when a client waits on it, or to what a run waits for.

    Hand it to a client, `MastraClient(clock=server.clock)`, and the client's own waits move it on. A pickled client has
    it in the same process, and real time in any other.

    Args:
        start: Seconds since 1970.
        per_request: Seconds that each request takes, so that runs that are created in turn differ in age.
    """

    skips = True

    def __init__(self, start: float = EPOCH, *, per_request: float = 0.001) -> None:
        _check_seconds(start, "virtual time starts at")
        self.per_request = per_request
        self._now = start
        self._frozen = False
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._alarms: list[Alarm] = []
        self._waits = threading.local()
        self._number = next(_NUMBERS)
        _HERE[self._number] = self

    @property
    def per_request(self) -> float:
        """Seconds that each request takes."""
        return self._per_request

    @per_request.setter
    def per_request(self, seconds: float) -> None:
        _check_seconds(seconds, "a request takes")
        if seconds < 0:
            raise ValueError(f"a request takes no less than 0 s, not {seconds!r}")
        self._per_request = seconds

    def now(self) -> float:
        """Return seconds since 1970."""
        return self._now

    @takes()
    def advance(self, seconds: float) -> None:
        """Let virtual time pass.

        Schedules fire in it, each at its moment. Whatever else was due in it happens when its run is next looked at.

        Raises:
            TypeError: It is no number.
            ValueError: Time does not go back, nor to its end.
        """
        _check_seconds(seconds, "time passes by")
        if seconds < 0:
            raise ValueError(f"time does not go back, not even by {-seconds} s")
        self._pass(seconds)
        for listener in self._listeners:
            listener()

    def add_alarm(self, next_due: Callable[[], float | None], ring: Callable[[], None]) -> None:
        """Have time stop at the moments at which something is due, however it passes.

        Args:
            next_due: Returns the next of them, None if there is none.
            ring: Does what is due by then; afterwards something later is due next.
        """
        self._alarms.append((next_due, ring))

    def _pass(self, seconds: float) -> None:
        """Let time pass, from alarm to alarm."""
        left = seconds
        while (due := self._next_alarm()) is not None and due <= self._now + left:
            with self._lock:
                step = min(left, max(0.0, due - self._now))
                self._now += step
            left -= step
            self._ring()
        with self._lock:
            self._now += left

    def _next_alarm(self) -> float | None:
        moments = [next_due() for next_due, _ in self._alarms]
        return min((moment for moment in moments if moment is not None), default=None)

    def _ring(self) -> None:
        for next_due, ring in self._alarms:
            due = next_due()
            if due is not None and due <= self._now:
                ring()

    def freeze(self) -> None:
        """Keep runs from skipping their waits.

        From now on only `advance`, and clients that wait on this clock, move it.
        """
        self._frozen = True

    def thaw(self) -> None:
        """Let runs skip their waits again."""
        self._frozen = False
        for listener in self._listeners:
            listener()

    @property
    def frozen(self) -> bool:
        """Whether runs wait for this clock to be moved."""
        return self._frozen

    def reach(self, moment: float, wait: WaitForChange) -> bool:  # noqa: ARG002 -- virtual time waits for nothing
        """Skip to a moment, unless frozen."""
        if self._frozen and moment > self._now:
            return False
        if self._alarms:
            self._pass(max(0.0, moment - self._now))
        with self._lock:
            self._now = max(self._now, moment)
        return True

    def request_came(self) -> None:
        """Let the time of one request pass, unless frozen."""
        if not self._frozen:
            self._pass(self.per_request)

    def monotonic(self) -> float:
        """Return seconds, for a client that reads its time here."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let a client's wait pass at once; as for `time.sleep`, it is not negative."""
        self.advance(seconds)
        self._waits.seconds = self.waited_here + seconds

    @property
    def waited_here(self) -> float:
        """Seconds that the current thread has waited here, above all for bytes of a reply."""
        return getattr(self._waits, "seconds", 0.0)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this when time was moved from outside."""
        self._listeners.append(listener)

    def __reduce__(self) -> tuple[Any, ...]:
        return _clock_here, (os.getpid(), self._number)

    def __repr__(self) -> str:
        return f"<VirtualClock {self._now - EPOCH:+.3f} s{' frozen' if self._frozen else ''}>"


_NUMBERS = itertools.count()
_HERE: WeakValueDictionary[int, VirtualClock] = WeakValueDictionary()
"""The virtual clocks of this process, by number."""


def _clock_here(process: int, number: int) -> Clock:
    """Return a virtual clock of a process, real time in any other one."""
    return (_HERE.get(number) if process == os.getpid() else None) or SystemClock()


class RealClock:
    """The machine's time: what sleeps really takes as long, for servers that others use."""

    skips = False

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time()

    def reach(self, moment: float, wait: WaitForChange) -> bool:
        """Wait until a moment, or until something changes before it."""
        left = moment - time.time()
        if left > 0:
            wait(left)
        return True

    def request_came(self) -> None:
        """Nothing to note: real time passes by itself."""

    def __repr__(self) -> str:
        return "<RealClock>"


_DEFAULT: ContextVar[Callable[[], ServerClock]] = ContextVar("default_clock", default=VirtualClock)


def check_clock(given: object) -> None:
    """Refuse what is neither a clock nor None.

    Raises:
        TypeError: It is neither.
    """
    if given is not None and not hasattr(given, "skips"):
        raise TypeError(f"a clock is a VirtualClock or a RealClock of pytest_mastra, not {given!r}")


def default_clock() -> ServerClock:
    """Return the clock of a server that is given none."""
    return _DEFAULT.get()()


@contextlib.contextmanager
def real_time_by_default() -> Iterator[None]:
    """Give real time to servers that are made in here without a clock.

    `mastra-sync serve` imports its servers so.
    """
    before = _DEFAULT.set(RealClock)
    try:
        yield
    finally:
        _DEFAULT.reset(before)
