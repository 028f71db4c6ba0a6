"""Times when a run's server could not be reached, and whether the run has moved since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mastra_sync.errors import APIConnectionError, APITimeoutError, MastraError, ServerError

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult

GATEWAY_STATUSES = frozenset({502, 503, 504})
"""Answers of what stands before a server, or of its own time limit: the server may not have answered."""

_RESTARTED = frozenset({"running", "waiting"})
"""Statuses that a run keeps whose server has died, and of which `restart` goes on."""

ADVICE = (
    "The server could not be reached for a while, and the run has not moved since it answers again. If the server was "
    "started anew, the run died with the old one: run.restart() executes it again from its active step."
)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a run stood at one reading; two marks differ if the run moved in between.

    Every snapshot that a server stores changes `updated_at`, so a run that was resumed and has suspended again, or
    that was sent back in time and has succeeded again, is told from one that has not moved.
    """

    status: str
    updated_at: datetime | None

    @classmethod
    def of(cls, run: RunResult) -> Mark:
        """Return where a reading shows the run."""
        return cls(run.status, run.updated_at)


class Outages:
    """What the readings of one run have shown of its server."""

    __slots__ = ("_is_out", "_last", "_since")

    def __init__(self) -> None:
        self._is_out = False
        self._since: Mark | None = None
        self._last: Mark | None = None

    def note_failure(self, error: MastraError) -> None:
        """Take notice of a reading that failed."""
        if _is_unreachable(error):
            self._is_out = True

    def note_reading(self, run: RunResult) -> None:
        """Take notice of where a reading shows the run."""
        self._last = Mark.of(run)
        if self._is_out:
            self._is_out, self._since = False, self._last

    @property
    def advice(self) -> str:
        """What to do about a run that may have died with its server; else empty."""
        is_still = self._since is not None and self._last == self._since and not self._is_out
        return ADVICE if is_still and self._last is not None and self._last.status in _RESTARTED else ""


def _is_unreachable(error: MastraError) -> bool:
    """Return True if no server answered; one that is slow is there."""
    if isinstance(error, APITimeoutError):
        # one that was given no time was not tried
        return error.sent is False and error.__cause__ is not None
    if isinstance(error, ServerError):
        return error.status_code in GATEWAY_STATUSES
    return isinstance(error, APIConnectionError)
