"""What is known of a run's steps, from the events that have come. No I/O here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from mastra_sync.normalise import without_meta
from mastra_sync.root_causes import with_root_cause
from mastra_sync.terminal.writing import one_line, step_name

if TYPE_CHECKING:
    from mastra_sync.events import StreamEvent
    from mastra_sync.models import RunResult, StepResult

OVER = frozenset({"success", "failed", "suspended", "bailed", "paused", "canceled", "skipped"})

_MILLISECONDS = 1000


@dataclass(slots=True)
class Row:
    """One step.

    Attributes:
        id: As Mastra names it, with the nested workflows around it.
        name: As it is shown.
        depth: How many nested workflows are around it.
        status: As Mastra names it.
        began: When it was seen to begin, on the display's clock.
        took: Seconds, None while it is not over.
        rounds: How often a loop has come to it.
        progress: How many items of a foreach are done, as in `2 of 5`.
        detail: What it asks, why it failed, or what it wrote last.
    """

    id: str
    name: str
    depth: int
    status: str = "running"
    began: float = 0.0
    took: float | None = None
    rounds: int = 1
    progress: str = ""
    detail: str = ""

    @property
    def is_over(self) -> bool:
        """True if nothing more is to come of this step for now."""
        return self.status in OVER

    def is_inside(self, outer: Row) -> bool:
        """Return True for a step of a nested workflow.

        Also for one of a round of it in a foreach (`nested[0].step`).
        """
        return self.id.startswith((f"{outer.id}.", f"{outer.id}["))


@dataclass(slots=True)
class ProgressRows:
    """The steps of one run as they began, nested ones below their workflow.

    Args:
        clock: Tells the seconds since the display began.
    """

    clock: Callable[[], float]
    rows: list[Row] = field(default_factory=list)

    def take(self, event: StreamEvent) -> Row | None:
        """Take in an event and return the step that it is about, if any."""
        kind, _, what = event.type.partition("workflow-step-")
        if kind or not what or not event.step_id:
            return None
        row = self._find(event.step_id, is_short=what == "output") or self._add(event.step_id)
        change = self._CHANGES.get(what)
        if change is not None:
            payload = event.payload if isinstance(event.payload, Mapping) else {}
            change(self, row, payload)
        return row

    def settle(self, result: RunResult, *, is_complete: bool) -> None:
        """Bring the steps in line with the run's own account.

        Args:
            result: The account.
            is_complete: True if all events have come, so that no step can be missing.
        """
        for name, step in result.steps.items():
            row = self._find(name)
            if row is None:
                if is_complete:
                    continue
                row = self._add(name)
            # a bailed step is stored as a success, and a nested workflow that waits for an answer as running
            if step.status not in (
                row.status,
                "running" if row.is_over else "",
                "success" if row.status == "bailed" else "",
            ):
                self._correct(row, step)
        for row in self.rows:
            if result.settled and not row.is_over:
                row.status = result.status if result.status in ("success", "suspended") else "canceled"

    def _correct(self, row: Row, step: StepResult) -> None:
        row.status = step.status
        row.took = step.duration
        if step.status == "failed" and step.error:
            row.detail = one_line(with_root_cause(step.error))
        elif step.status == "suspended":
            row.detail = _question_of(step.suspend_payload)

    def _find(self, step_id: str, *, is_short: bool = False) -> Row | None:
        """Return a step's row.

        An output names the innermost step only, and means the last one of that name.
        """
        for row in reversed(self.rows):
            if row.id == step_id or (is_short and row.id.endswith(f".{step_id}")):
                return row
        return None

    def _add(self, step_id: str) -> Row:
        row = Row(step_id, step_name(step_id), depth=0, began=self.clock())
        parent = max(
            (outer for outer in self.rows if row.is_inside(outer)), key=lambda outer: len(outer.id), default=None
        )
        if parent is None:
            self.rows.append(row)
            return row
        row.name = step_name(step_id[len(parent.id) :].removeprefix("."))
        row.depth = parent.depth + 1
        self.rows.insert(self._end_of(parent), row)
        return row

    def _end_of(self, parent: Row) -> int:
        """Return the place after a step's own and its nested steps."""
        inside = [index for index, row in enumerate(self.rows) if row.is_inside(parent)]
        return (inside[-1] if inside else self.rows.index(parent)) + 1

    # -- what each event changes

    def _start(self, row: Row, payload: Mapping[str, Any]) -> None:
        metadata = payload.get("metadata")
        count = metadata.get("iterationCount") if isinstance(metadata, Mapping) else None
        row.rounds = count if isinstance(count, int) else 1
        row.status = "running"
        row.began = self.clock()
        row.took = None
        row.detail = ""

    def _wait(self, row: Row, _payload: Mapping[str, Any]) -> None:
        row.status = "waiting"
        row.began = self.clock()

    def _result(self, row: Row, payload: Mapping[str, Any]) -> None:
        row.status = str(payload.get("status", "success"))
        row.took = self._seconds(row, payload, "endedAt")
        row.detail = _error_in(payload) if row.status == "failed" else ""

    def _suspend(self, row: Row, payload: Mapping[str, Any]) -> None:
        row.status = "suspended"
        row.took = self._seconds(row, payload, "suspendedAt")
        row.detail = _question_of(payload.get("suspendPayload"))
        # a nested workflow repeats what its step asks
        if any(inner.is_inside(row) and inner.detail == row.detail for inner in self.rows):
            row.detail = ""

    def _progress(self, row: Row, payload: Mapping[str, Any]) -> None:
        row.progress = f"{payload.get('completedCount', '?')} of {payload.get('totalCount', '?')}"

    def _output(self, row: Row, payload: Mapping[str, Any]) -> None:
        row.detail = one_line(payload.get("output"))

    def _seconds(self, row: Row, payload: Mapping[str, Any], end: str) -> float:
        """Return how long a step took by the server's clock, or else by ours.

        It is counted from the step's resume if there was one.
        """
        moments = [payload.get("resumedAt") or payload.get("startedAt"), payload.get(end)]
        begin, over = (moment if isinstance(moment, (int, float)) else None for moment in moments)
        if begin is None or over is None or over < begin:
            return self.clock() - row.began
        return (over - begin) / _MILLISECONDS

    _CHANGES: ClassVar[Mapping[str, Callable[[ProgressRows, Row, Mapping[str, Any]], None]]] = {
        "start": _start,
        "waiting": _wait,
        "result": _result,
        "suspended": _suspend,
        "progress": _progress,
        "output": _output,
    }


def _question_of(payload: Any) -> str:
    question = without_meta(payload)
    return "" if question in (None, {}) else one_line(question)


def _error_in(payload: Mapping[str, Any]) -> str:
    # servers of 1.0 beta send the error as text
    error = payload.get("error")
    if not isinstance(error, Mapping):
        return one_line(error) if error else ""
    name, message = error.get("name"), error.get("message", "")
    return one_line(f"{name}: {message}" if name else str(message))
