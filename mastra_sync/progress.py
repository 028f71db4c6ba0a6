"""Showing a run that is waited for, by a display that an entry point names."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from mastra_sync.deadline import Deadline
from mastra_sync.errors import MastraError

if TYPE_CHECKING:
    from mastra_sync.models import RunResult
    from mastra_sync.run import Run

ENTRY_POINTS = "mastra_sync.progress"
"""The group of the entry point, which names a `MakesProgress`."""


class Progress(AbstractContextManager["Progress"], Protocol):
    """Shows one run from when it is entered to when it is left."""

    def update(self, result: RunResult) -> None:
        """Show how the run stands."""

    def settle(self, result: RunResult) -> None:
        """Show how it stands once it is settled."""


class MakesProgress(Protocol):
    """Makes a display of a run; None where nobody would see it."""

    def __call__(self, workflow_id: str, run_id: str, base_url: str) -> Progress | None:
        """Return the display."""


def find_progress() -> MakesProgress:
    """Return what makes displays.

    Raises:
        ModuleNotFoundError: The extra `cli` is not installed; says how to install it.
    """
    # few scripts have their runs shown
    from importlib.metadata import entry_points  # noqa: PLC0415

    from mastra_sync.extras import describe_missing, missing_libraries  # noqa: PLC0415

    if missing := missing_libraries("cli"):
        raise ModuleNotFoundError(describe_missing("execute(progress=True) needs", missing, "cli"))
    found = next(iter(entry_points(group=ENTRY_POINTS)), None)
    if found is None:
        raise ModuleNotFoundError("execute(progress=True) finds no display: install mastra-sync anew")
    makes: MakesProgress = found.load()
    return makes


def wait_shown(
    run: Run, progress: Progress | None, deadline: Deadline, on_update: Callable[[RunResult], Any] | None
) -> RunResult:
    """Return a run once it is settled, shown meanwhile.

    Args:
        run: The run.
        progress: Its display; None shows nothing.
        deadline: Until when it is waited for.
        on_update: As `Run.wait`.

    Raises:
        RunTimeout: The run goes on.
    """
    if progress is None:
        return run.wait_until(deadline, on_update)
    with progress:

        def show(reading: RunResult) -> None:
            # a reading has no steps; one that cannot be had is made up for by the next
            with contextlib.suppress(MastraError):
                progress.update(run.result())
            if on_update is not None:
                on_update(reading)

        result = run.wait_until(deadline, show)
        progress.settle(result)
    return result
