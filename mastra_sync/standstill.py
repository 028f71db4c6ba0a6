"""A run that stays `running` although its server has said that it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from typing_extensions import TypeIs

from mastra_sync.deadline import Deadline
from mastra_sync.errors import MastraError, ServerError, with_message
from mastra_sync.outages import GATEWAY_STATUSES, Mark
from mastra_sync.waiting import Departure, Wait

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult

STANDSTILL = 30.0
"""Seconds that such a run may stay where it is."""


class WaitableRun(Protocol):
    """What is needed of a run to wait for it."""

    def wait(self, deadline: Deadline) -> Wait:
        """Return a wait for the run."""


def is_final(error: MastraError) -> TypeIs[ServerError]:
    """Return whether the server itself, not what stands before it, says that it failed."""
    return isinstance(error, ServerError) and error.status_code not in GATEWAY_STATUSES


def watch(waitable: WaitableRun, run: RunResult, error: ServerError, deadline: Deadline) -> RunResult:
    """Return a run once it is not `running` any more, or the deadline is over.

    Args:
        waitable: The run.
        run: How it was read last.
        error: What the server said of the verb that moved it.
        deadline: Of the whole call.

    Raises:
        ServerError: It does not move: its end could not be stored, and nothing executes it any more.
    """
    while run.status == "running":
        moved = waitable.wait(deadline.part(STANDSTILL)).until_moved(
            Departure("", Mark.of(run), STANDSTILL, likely_cause=str)
        )
        if moved is None and deadline.expired:
            return run
        if moved is None:
            raise with_message(
                error,
                f"{error.message}\nThe run is still running by the server's record, and has not moved for "
                f"{STANDSTILL:.0f} s: its end could not be stored, it seems.\n"
                "wait() waits for it all the same, restart() executes it again.",
            )
        run = moved
    return run
