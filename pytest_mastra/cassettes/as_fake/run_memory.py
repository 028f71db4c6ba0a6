"""What is known of a recorded run, from one snapshot to the next. No I/O."""

from __future__ import annotations

from typing import Any

from pytest_mastra.cassettes.as_fake.infer_graph import note_gap
from pytest_mastra.cassettes.as_fake.recorded_steps import RecordedBehaviour, RecordedExecution, StepOutcome
from pytest_mastra.cassettes.as_fake.run_snapshots import RunSnapshot, StepReport, are_same
from pytest_mastra.fake.workflows.javascript import UNDEFINED

Path = tuple[Any, ...]
"""Where a workflow is nested, from the outside in: steps' ids, and items of a foreach; empty for a run's own."""


class RunMemory:
    """Remembers what the snapshots of one run have shown so far.

    Args:
        behaviour: Takes what steps did.
        run: The run's number.

    Attributes:
        behaviour: What steps did.
        run: The run's number.
        resumes: After how many resumes each step was reported last.
        resumed_with: What the last known execution of each step was resumed with.
        items: What is known of the items of each foreach.
    """

    def __init__(self, behaviour: RecordedBehaviour, run: int) -> None:
        self.behaviour = behaviour
        self.run = run
        self.resumes: dict[Path, int] = {}
        self.resumed_with: dict[Path, Any] = {}
        self.items: dict[Path, dict[int, StepReport]] = {}
        self._reports: dict[Path, StepReport] = {}
        self._streamed: set[tuple[str, str]] = set()
        self._state: Any = UNDEFINED
        self._last: RecordedExecution | None = None

    def report_before(self, path: Path, id_: str) -> StepReport:
        """Return the last report of a step; empty if there was none."""
        return self._reports.get((*path, id_), {})

    def remember_report(self, path: Path, id_: str, report: StepReport, resumes: int) -> None:
        """Note what is known of a step after so many resumes."""
        self._reports[(*path, id_)] = report
        self.resumes[(*path, id_)] = resumes

    def add_execution(self, workflow: str, id_: str, execution: RecordedExecution) -> RecordedExecution:
        """Add an execution of a step, unless it is known; return it."""
        known = self.behaviour.step(workflow, id_).add(self.run, execution)
        if known is execution and execution.outcome is not StepOutcome.RUNNING:
            self._last = execution
        return known

    def is_streamed(self, workflow: str, id_: str) -> bool:
        """Return whether a stream has reported each execution of a step."""
        return (workflow, id_) in self._streamed

    def note_streamed(self, workflow: str, id_: str) -> None:
        """Note that a stream has reported each execution of a step."""
        self._streamed.add((workflow, id_))

    def take_state(self, snapshot: RunSnapshot) -> None:
        """Give a change of the run's state to the step that was executed last."""
        if snapshot.state is UNDEFINED:
            return
        known, self._state = self._state, snapshot.state
        if self._last is not None and isinstance(snapshot.state, dict) and not are_same(known, snapshot.state):
            if snapshot.state:
                self._last.state = snapshot.state
                note_gap(
                    self.behaviour.gaps,
                    snapshot.workflow,
                    "which step changed the state is not recorded: taken to be the last one",
                )
            self._last = None
