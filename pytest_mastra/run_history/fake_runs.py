"""What a test's fakes know of its runs, whether anybody was told or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mastra_sync.statuses import FINISHED

if TYPE_CHECKING:
    from pytest_mastra.fake import FakeMastra
    from pytest_mastra.fake.api.journal import RunNotes
    from pytest_mastra.fake.engine.state import ServerState
    from pytest_mastra.fake.engine.store import StoredRun
    from pytest_mastra.fake.engine.walks import Retry


@dataclass(frozen=True, slots=True)
class FakeRun:
    """A run, as a fake knows it.

    Attributes:
        server: The fake's state.
        notes: What the run went through.
    """

    server: ServerState
    notes: RunNotes

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it told its watchers, streamed or not, and where its streams began."""
        return list(self.notes.records)

    @property
    def status(self) -> str | None:
        """Its status as it is stored; None if it is not."""
        row = self._row
        return None if row is None else str(row.status)

    @property
    def retried(self) -> frozenset[str]:
        """The steps that have succeeded after a retry; those of nested workflows as `workflow.step`."""
        return frozenset().union(*(walk.retried for walk in self.notes.walks))

    @property
    def retries(self) -> list[Retry]:
        """The attempts of steps that failed, and were followed by another."""
        return [retry for walk in self.notes.walks for retry in walk.retries]

    @property
    def holds(self) -> list[str]:
        """Where it is held, and what lets it go on; nowhere if it has ended."""
        return [] if self.status in FINISHED else self.server.holds(self.notes.run_id)

    def state(self) -> dict[str, Any] | None:
        """Return what the fake would answer if asked for it; None if it is not stored."""
        from pytest_mastra.fake.api.run_views import run_state  # noqa: PLC0415 -- only where there is a fake

        row = self._row
        if row is None:
            return None
        try:
            return run_state(self.server, row)
        except RuntimeError:
            # another thread of the test still moves the run
            return row.as_json()

    @property
    def _row(self) -> StoredRun | None:
        return self.server.store.find(self.notes.workflow_id, self.notes.run_id)


class FakeRuns:
    """The runs of a test's fakes, each of which is found once.

    Args:
        servers: The fakes; a test on another target has none.
    """

    def __init__(self, servers: Sequence[FakeMastra]) -> None:
        self._servers = servers
        self._found: set[tuple[int, str, str]] = set()

    @property
    def are_on_several(self) -> bool:
        """Whether there are several fakes, which make up the same ids."""
        return len(self._servers) > 1

    @property
    def workflow_ids(self) -> dict[str, str]:
        """The ids of the workflows by their registered keys."""
        return {key: workflow.id for server in self._servers for key, workflow in server.state.workflows.items()}

    def find(self, workflow_id: str, run_id: str) -> FakeRun | None:
        """Return a run that a fake knows, unless it was found before."""
        for server in self._servers:
            key = (id(server), workflow_id, run_id)
            runs = () if key in self._found else server.journal.runs(workflow_id)
            notes = next((notes for notes in runs if notes.run_id == run_id), None)
            if notes is not None:
                self._found.add(key)
                return FakeRun(server.state, notes)
        return None
