"""How many runs each workflow has, as servers count them: now and then."""

from __future__ import annotations

import math

from pytest_mastra.fake.engine.state import ServerState

COUNTS_SECONDS = 5.0
"""How long a server keeps its count of runs."""


class RunCounts:
    """How many runs each workflow has, as it was up to some seconds ago.

    Args:
        state: What the server knows.
    """

    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._counted_at = -math.inf
        self._life = state.lives
        self._counts: dict[str, dict[str, int]] = {}

    def read(self) -> dict[str, dict[str, int]]:
        """Return the counts by the workflows' keys."""
        now = self._state.clock.now()
        if now - self._counted_at >= COUNTS_SECONDS or self._life != self._state.lives:
            self._counted_at = now
            self._life = self._state.lives
            self._counts = self._count()
        return self._counts

    def _count(self) -> dict[str, dict[str, int]]:
        keys = {workflow.id: key for key, workflow in self._state.workflows.items()}
        counts = {key: {"running": 0, "suspended": 0} for key in keys.values()}
        for row in self._state.store.with_status("running", "suspended"):
            if row.workflow_id in keys:
                counts[keys[row.workflow_id]][row.status] += 1
        return counts
