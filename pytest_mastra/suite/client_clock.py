"""A fake's time as its clients have it, and how clients get it that others make."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mastra_sync import deadline
from mastra_sync.deadline import Clock
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from pytest_mastra.http.session_patch import origin_of


class ClientClock:
    """A fake's time as one client has it: it moves on when the client waits.

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

    def __reduce__(self) -> tuple[Any, ...]:
        return _clock_of_copy, (self._clock,)


def _clock_of_copy(clock: Clock) -> Clock:
    """Return the clock of a copied client: real time in another process, which has no fake."""
    return ClientClock(clock) if isinstance(clock, VirtualClock) else clock


@contextlib.contextmanager
def give_clock(clock: VirtualClock, url: str | None = None) -> Iterator[None]:
    """Have the clients that are made meanwhile, without a clock, live in a fake's time.

    Args:
        clock: The fake's.
        url: Only clients of this address; by default all others.
    """
    given = _Given(clock, None if url is None else origin_of(url))
    _default_clock.add(given)
    try:
        yield
    finally:
        _default_clock.remove(given)


@dataclass(eq=False, slots=True)
class _Given:
    clock: VirtualClock
    origin: str | None


class _DefaultClock:
    """The one place where the clients' default clock is replaced.

    One for all, because patches must be undone in the reverse order, and fakes end in any.
    """

    def __init__(self) -> None:
        self._given: tuple[_Given, ...] = ()
        self._changing = threading.Lock()
        self._original = deadline.default_clock

    def add(self, given: _Given) -> None:
        with self._changing:
            if not self._given:
                self._original = deadline.default_clock
                deadline.default_clock = self.clock_for
            self._given = (*self._given, given)

    def remove(self, given: _Given) -> None:
        with self._changing:
            self._given = tuple(each for each in self._given if each is not given)
            if not self._given:
                deadline.default_clock = self._original

    def clock_for(self, url: str) -> Clock:
        origin = origin_of(url)
        given = [each for each in reversed(self._given) if each.origin in (None, origin)]
        # what is said of an address goes before what is said of all
        given.sort(key=lambda each: each.origin is None)
        return ClientClock(given[0].clock) if given else self._original(url)


_default_clock = _DefaultClock()
