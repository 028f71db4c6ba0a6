"""What `execute(progress=True)` shows of a run; found by an entry point."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from typing_extensions import Self

from mastra_sync.cli.displays import Display, display_for
from mastra_sync.cli.polled_steps import PolledSteps
from mastra_sync.terminal.writing import is_terminal

if TYPE_CHECKING:
    from mastra_sync.models import RunResult


def terminal_progress(workflow_id: str, run_id: str, base_url: str) -> TerminalProgress | None:
    """Return a display of a run on stderr; None if that is no terminal."""
    return TerminalProgress(display_for(workflow_id, run_id, base_url)) if is_terminal(sys.stderr) else None


class TerminalProgress:
    """Shows a run's steps by readings of it.

    Args:
        display: What shows them.
    """

    def __init__(self, display: Display) -> None:
        self._display = display
        self._steps = PolledSteps()

    def __enter__(self) -> Self:
        self._display.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave what was shown last."""
        self._display.__exit__(kind, error, trace)

    def update(self, result: RunResult) -> None:
        """Show what is new in a reading."""
        for event in self._steps.changes(result):
            self._display.show(event)

    def settle(self, result: RunResult) -> None:
        """Show the last reading, and how the run stands."""
        self.update(result)
        self._display.settle(result, is_complete=False)
