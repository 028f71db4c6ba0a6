"""How a run is shown while it goes: as plain lines, JSON lines or nothing.

The view for terminals is in `live.py`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from typing_extensions import Self

from mastra_sync.durations import duration
from mastra_sync.statuses import status_in_words
from mastra_sync.terminal.marks import marks_for
from mastra_sync.terminal.progress_rows import ProgressRows, Row
from mastra_sync.terminal.writing import (
    DISPLAY_IN_WORDS,
    QUIET_EVENTS,
    complain,
    is_terminal,
    one_line,
    print_json,
    printable,
    step_name,
)

if TYPE_CHECKING:
    from mastra_sync.events import StreamEvent
    from mastra_sync.models import RunResult


class Display(AbstractContextManager["Display"], Protocol):
    """Shows one run from when it is entered to when it is left."""

    def show(self, event: StreamEvent) -> None:
        """Show that something happened."""

    def settle(self, result: RunResult, *, is_complete: bool) -> None:
        """Show how the run stands now; `is_complete` says that all its events were shown."""


class Silent:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing."""

    def show(self, event: StreamEvent) -> None:
        """Do nothing."""

    def settle(self, result: RunResult, *, is_complete: bool) -> None:
        """Do nothing."""


class JsonLines(Silent):
    """Prints on stdout each event as the server sent it, and at the end the run.

    The run is one of Mastra's result records.
    """

    def show(self, event: StreamEvent) -> None:
        """Print the event."""
        print_json(event.raw, one_per_line=True)

    def settle(self, result: RunResult, *, is_complete: bool) -> None:  # noqa: ARG002 - others need it
        """Print the run."""
        print_json(result.to_event(), one_per_line=True)


class PlainLines(Silent):
    """Prints on stderr what each step does, with the seconds since the run began.

    Args:
        workflow_id: The run's workflow.
        run_id: The run.
        base_url: The server's address.
        clock: Tells seconds.
    """

    def __init__(
        self, workflow_id: str, run_id: str, base_url: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._began = clock()
        self._title = f"{printable(workflow_id)}, run {printable(run_id)} on {base_url}"
        self._workflow_id = printable(workflow_id)
        self._progress = ProgressRows(self._elapsed)
        self._marks = marks_for(sys.stderr)

    def __enter__(self) -> Self:
        complain(self._title)
        return self

    def show(self, event: StreamEvent) -> None:
        """Print the event, unless it is about the run as a whole."""
        row = self._progress.take(event)
        if row is not None:
            self._print_step(event, row)
        elif event.type not in QUIET_EVENTS:
            shown = "" if event.payload is None else f" {one_line(event.payload)}"
            self._print(self._marks.unknown, f"{printable(event.type)}{shown}")

    def settle(self, result: RunResult, *, is_complete: bool) -> None:
        """Print the run's status."""
        self._progress.settle(result, is_complete=is_complete)
        mark = self._marks.of_status.get(result.status, self._marks.unknown)
        self._print(mark, f"{self._workflow_id} {status_in_words(result.status, DISPLAY_IN_WORDS)}")

    def _elapsed(self) -> float:
        return self._clock() - self._began

    def _print_step(self, event: StreamEvent, row: Row) -> None:
        name = ".".join(step_name(part) for part in row.id.split("."))
        what = event.type.removeprefix("workflow-step-")
        if what == "start":
            again = f", round {row.rounds}" if row.rounds > 1 else ""
            self._print(self._marks.begins, f"{name} started{again}")
        elif what == "output":
            self._print(self._marks.output, f"{name} wrote {row.detail}")
        elif what == "progress":
            self._print(self._marks.output, f"{name} {_item_in_words(event)}, {row.progress} done")
        else:
            took = f" after {duration(row.took)}" if row.took is not None else ""
            detail = f": {row.detail}" if row.detail else ""
            mark = self._marks.of_status.get(row.status, self._marks.unknown)
            self._print(mark, f"{name} {_STEP_IN_WORDS.get(row.status, row.status)}{took}{detail}")

    def _print(self, mark: str, text: str) -> None:
        complain(f"{self._elapsed():8.2f} s  {mark} {text}")


def _item_in_words(event: StreamEvent) -> str:
    payload = event.payload if isinstance(event.payload, Mapping) else {}
    status = str(payload.get("iterationStatus", "done"))
    return f"item {one_line(payload.get('currentIndex'))} {_STEP_IN_WORDS.get(status, printable(status))}"


_STEP_IN_WORDS: Mapping[str, str] = {
    "success": "succeeded",
    "waiting": "is waiting",
}


def display_for(
    workflow_id: str,
    run_id: str,
    base_url: str,
    *,
    quiet: bool = False,
    json_events: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Display:
    """Return the display that fits what was asked for and where stderr leads.

    JSON lines or none if asked for, the live view on a terminal, else plain lines.

    Args:
        workflow_id: The run's workflow.
        run_id: The run.
        base_url: The server's address.
        quiet: Show nothing.
        json_events: Print JSON lines.
        clock: Tells the seconds that are shown.
    """
    if json_events:
        return JsonLines()
    if quiet:
        return Silent()
    if can_redraw():
        # rich takes longer to import than the rest of the command
        from mastra_sync.cli.live import LiveView  # noqa: PLC0415

        return LiveView(workflow_id, run_id, base_url, clock)
    return PlainLines(workflow_id, run_id, base_url, clock)


def can_redraw() -> bool:
    """Return True if stderr leads to a terminal that can move its cursor."""
    return is_terminal(sys.stderr) and os.environ.get("TERM") not in (None, "", "dumb")
