"""The runs of a fake, as tests look at them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from mastra_sync.attributes import refuses_unknown, tells_missing
from pytest_mastra.fake.api.journal import Journal, RunNotes, masked


class SeenServer(Protocol):
    """A fake, as far as its runs have to do with it."""

    @property
    def journal(self) -> Journal:
        """What was recorded of all runs."""

    def snapshot(self, workflow_id: str, run_id: str) -> dict[str, Any]:
        """Return a run as it is stored; empty if it is not."""

    def advance_run(self, run_id: str) -> None:
        """Let a run's next step go on."""


@refuses_unknown(
    **dict.fromkeys(("workflow_id", "run_id", "starts", "resumes", "input"), "a test reads what a run did")
)
class RunView:
    """One run, as a test looks at it.

    Args:
        server: The server.
        notes: What the run went through.
    """

    def __init__(self, server: SeenServer, notes: RunNotes) -> None:
        self._server = server
        self._notes = notes
        self.workflow_id = notes.workflow_id
        self.run_id = notes.run_id
        self.resumes = notes.resumes
        self.starts = notes.starts

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its events, streamed or not."""
        return self._notes.events

    @property
    def polls(self) -> int:
        """How often the run was asked after."""
        return self._notes.polls

    @property
    def cancels(self) -> int:
        """How often it was cancelled."""
        return self._notes.cancels

    @property
    def input_data(self) -> Any:
        """What it was started with last; None if it was not, or with nothing."""
        return self._notes.starts[-1].get("inputData") if self._notes.starts else None

    @property
    def snapshot(self) -> dict[str, Any]:
        """The run as it is stored; empty if it was deleted."""
        return self._server.snapshot(self.workflow_id, self.run_id)

    @property
    def status(self) -> str | None:
        """Its status as it is stored."""
        return self.snapshot.get("status")

    @property
    def result(self) -> Any:
        """Its result as it is stored."""
        return self.snapshot.get("result")

    def advance(self) -> None:
        """Let the next step go on, of a run that progresses by hand."""
        self._server.advance_run(self.run_id)

    def __repr__(self) -> str:
        input_data = f" input {masked(self.input_data)}" if self._notes.starts else ""
        return f"<run {self.run_id} of {self.workflow_id!r} {self.status}{input_data} {self.polls} polls>"

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(
            id="run_id",
            input="input_data",
            output="result",
            error='snapshot["error"]',
            steps='snapshot["context"]',
        )


class SeenRuns(list[RunView]):
    """The runs of a workflow, in the order of their first request.

    Explanations find the server here that has them.

    Args:
        server: Where they are.
        workflow_id: Their workflow.
        runs: The runs.
    """

    def __init__(self, server: SeenServer, workflow_id: str, runs: Iterable[RunView]) -> None:
        super().__init__(runs)
        self.server = server
        self.workflow_id = workflow_id
