"""Ends of runs that servers store in two strokes: first that, a moment later how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mastra_sync.deadline import Deadline
from mastra_sync.step_graph import GRAPH

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult

END_GRACE = 2.0
"""Seconds that the second stroke may take; a server that dies between them leaves it out for ever."""


def is_partial(run: RunResult) -> bool:
    """True if a whole answer tells that a run has ended, and not how.

    With the step that ends a run servers store `failed`, also of a run that a guard stopped, or `bailed`. The error, or
    the result and `success`, come with the run's own end. Where the database is another process, as Postgres is, a poll
    may come between.
    """
    how = {"failed": run.error, "bailed": run.result}.get(run.status, run)
    return how is None and GRAPH in (run.model_extra or {})


class EndGrace:
    """Patience with a run whose end is stored in part.

    Args:
        deadline: Of who waits for it; there is no patience beyond it.
    """

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._since: float | None = None

    def covers(self, run: RunResult) -> bool:
        """True if the run is to be read again, for its end is told in part."""
        if not is_partial(run) or self._deadline.expired:
            return False
        if self._since is None:
            self._since = self._deadline.elapsed
        return self._deadline.elapsed - self._since < END_GRACE
