"""The view for terminals: a line for each step, redrawn as it goes on."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console, Group, OverflowMethod
from rich.live import Live
from rich.table import Table
from rich.text import Text
from typing_extensions import Self

from mastra_sync.durations import duration
from mastra_sync.errors import APIStatusError
from mastra_sync.statuses import status_in_words
from mastra_sync.terminal.marks import COLOURS, marks_for
from mastra_sync.terminal.progress_rows import ProgressRows, Row
from mastra_sync.terminal.writing import (
    DISPLAY_IN_WORDS,
    QUIET_EVENTS,
    ascii_text,
    can_encode,
    one_line,
    printable,
)

if TYPE_CHECKING:
    from mastra_sync.events import StreamEvent
    from mastra_sync.models import RunResult

FRAMES_PER_SECOND = 10
MORE = "\N{HORIZONTAL ELLIPSIS}"
"""What rich ends a line with that is too long."""
LINES_AROUND = 4
"""Lines of the screen that are not steps: title, what is left out, the last message, the cursor's."""


class LiveView:
    """Shows a run's steps on the terminal behind stderr, and leaves the last state there.

    Args:
        workflow_id: The run's workflow.
        run_id: The run.
        base_url: The server's address.
        clock: Tells the seconds that are shown.
    """

    def __init__(
        self, workflow_id: str, run_id: str, base_url: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._shown = printable if can_encode(MORE, sys.stderr) else lambda text: ascii_text(printable(text))
        self._overflow: OverflowMethod = "ellipsis" if self._shown is printable else "crop"
        self._workflow_id = self._shown(workflow_id)
        self._about = self._shown(f"run {run_id} on {base_url}")
        self._clock = clock
        self._began = clock()
        self._progress = ProgressRows(self._elapsed)
        self._marks = marks_for(sys.stderr)
        self._message = ""
        self._status = "running"
        self._is_closed = False
        # the view is drawn by a thread of rich's
        self._lock = threading.Lock()
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(
            get_renderable=self._frame,
            console=self._console,
            refresh_per_second=FRAMES_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._is_closed = True
            if self._status == "running":
                self._status = "refused" if isinstance(error, APIStatusError) else "left running"
        self._live.stop()

    def show(self, event: StreamEvent) -> None:
        """Take the event into the next frame."""
        with self._lock:
            if self._progress.take(event) is None and event.type not in QUIET_EVENTS:
                shown = "" if event.payload is None else f" {one_line(event.payload)}"
                self._message = self._shown(f"{event.type}{shown}")

    def settle(self, result: RunResult, *, is_complete: bool) -> None:
        """Show the run's status."""
        with self._lock:
            self._progress.settle(result, is_complete=is_complete)
            self._status = result.status

    def _elapsed(self) -> float:
        return self._clock() - self._began

    def _frame(self) -> Group:
        with self._lock:
            rows = self._progress.rows
            room = len(rows) if self._is_closed else max(1, self._console.height - LINES_AROUND)
            hidden = len(rows) - room
            parts: list[Text | Table] = [self._title()]
            if hidden > 0:
                parts.append(Text(f"  {self._marks.more} {hidden} earlier steps", style="dim"))
            parts.append(self._steps(rows[-room:] if room else []))
            if self._message and not self._is_closed:
                parts.append(self._line(f"  {self._message}", style="dim"))
            return Group(*parts)

    def _title(self) -> Text:
        status = "suspended" if self._status == "running" and self._waits() else self._status
        words = status_in_words(status, DISPLAY_IN_WORDS)
        title = self._line()
        title.append(f"{self._mark(status)} ", style=COLOURS.get(status, ""))
        title.append(self._workflow_id, style="bold")
        title.append(f" {words}")
        title.append(f"  {duration(self._elapsed())}  {self._about}", style="dim")
        return title

    def _waits(self) -> bool:
        """Return whether some step asks, and none is at work."""
        statuses = {row.status for row in self._progress.rows}
        return "suspended" in statuses and "running" not in statuses

    def _steps(self, rows: list[Row]) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, max_width=max(20, self._console.width // 2), overflow=self._overflow)
        table.add_column(no_wrap=True, justify="right")
        table.add_column(no_wrap=True, overflow=self._overflow)
        for row in rows:
            colour = COLOURS.get(row.status, "")
            name = Text("  " * (row.depth + 1))
            name.append(f"{self._mark(row.status)} ", style=colour)
            name.append(self._shown(row.name))
            if row.rounds > 1:
                name.append(f" x{row.rounds}", style="dim")
            table.add_row(name, self._time_of(row), self._detail_of(row, colour))
        return table

    def _time_of(self, row: Row) -> Text:
        if row.took is not None:
            return Text(duration(row.took), style="dim")
        return Text("" if row.is_over else duration(self._elapsed() - row.began))

    def _detail_of(self, row: Row, colour: str) -> Text:
        stands_out = row.status in ("failed", "suspended")
        text = Text(self._shown(row.detail), style=colour if stands_out else "dim")
        return Text(f"{row.progress} " if row.progress else "").append_text(text)

    def _mark(self, status: str) -> str:
        if status == "running" and not self._is_closed:
            frames = self._marks.spinner
            return frames[int(time.monotonic() * FRAMES_PER_SECOND) % len(frames)]
        return self._marks.of_status.get(status, self._marks.unknown)

    def _line(self, text: str = "", style: str = "") -> Text:
        return Text(text, style=style, no_wrap=True, overflow=self._overflow)
