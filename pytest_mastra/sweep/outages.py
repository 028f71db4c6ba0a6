"""Servers that are out of reach as long as a script only looks."""

from __future__ import annotations

import time
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

_STANDS_STILL = 0.01
"""Seconds on the fake's clock that pass by being asked."""


@dataclass(slots=True)
class _Outage:
    began: float
    last: float
    last_real: float
    idle: float = 0.0


class Outages:
    """The servers that cannot be reached."""

    def __init__(self) -> None:
        self._outages: dict[FakeMastra, _Outage] = {}

    def begin(self, server: FakeMastra) -> None:
        """Have a server be out of reach."""
        now = server.clock.now()
        self._outages[server] = _Outage(now, now, time.monotonic())

    def refuses(self, server: FakeMastra | None, call: RouteMatch) -> bool:
        """Return whether a server is out of reach: it is back for more than a look."""
        outage = self._outages.get(server) if server is not None else None
        if server is None or outage is None:
            return False
        if call.row.kind is Kind.MOVE or self._has_lasted(outage, server.clock.now(), time.monotonic()):
            del self._outages[server]
            return False
        return True

    def end(self) -> None:
        """Have all be back."""
        self._outages.clear()

    def _has_lasted(self, outage: _Outage, now: float, real: float) -> bool:
        if now - outage.last < _STANDS_STILL:
            outage.idle += real - outage.last_real
        outage.last, outage.last_real = now, real
        return now - outage.began > _LONGEST or outage.idle > _LONGEST_IDLE
