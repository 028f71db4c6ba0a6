"""Servers that are out of reach as long as a script only looks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_mastra.http.verbs import Kind

if TYPE_CHECKING:
    from pytest_mastra.fake.server import FakeMastra
    from pytest_mastra.http.verbs import RouteMatch

_LONGEST = 24 * 3600.0
"""Seconds on the fake's clock after which a server is back, whoever waits for it."""

_LONGEST_IDLE = 2.0
"""Real seconds after which it is back for who does not wait in the fake's time."""

_LONGEST_LIVE = 20.0
"""Real seconds after which a live server is back: clients that give up have done so by then."""

_STANDS_STILL = 0.01
"""Seconds on the fake's clock that pass by being asked."""


@dataclass(slots=True)
class _Outage:
    line: str
    began: float
    last: float
    last_real: float
    idle: float = 0.0


class Outages:
    """The servers that cannot be reached; None is the live one."""

    def __init__(self) -> None:
        self._outages: dict[FakeMastra | None, _Outage] = {}

    def begin(self, server: FakeMastra | None, line: str) -> None:
        """Have a server be out of reach of the line that asked it."""
        now = _now(server)
        self._outages[server] = _Outage(line, now, now, time.monotonic())

    def has(self, server: FakeMastra | None) -> bool:
        """Return whether a server is out of reach by now."""
        return server in self._outages

    def refuses(self, server: FakeMastra | None, call: RouteMatch, find_line: Callable[[], str]) -> bool:
        """Return whether a server is out of reach: for looks of that line it is."""
        outage = self._outages.get(server)
        if outage is None:
            return False
        has_given_up = call.row.kind is Kind.MOVE or find_line() != outage.line
        if has_given_up or self._has_lasted(outage, server):
            del self._outages[server]
            return False
        return True

    def end(self) -> None:
        """Have all be back."""
        self._outages.clear()

    def _has_lasted(self, outage: _Outage, server: FakeMastra | None) -> bool:
        now, real = _now(server), time.monotonic()
        if server is None:
            return now - outage.began > _LONGEST_LIVE
        if now - outage.last < _STANDS_STILL:
            outage.idle += real - outage.last_real
        outage.last, outage.last_real = now, real
        return now - outage.began > _LONGEST or outage.idle > _LONGEST_IDLE


def _now(server: FakeMastra | None) -> float:
    return time.monotonic() if server is None else server.clock.now()
