"""What a stream needs to know: its run, and how it is to behave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from mastra_sync.deadline import Deadline
from mastra_sync.operations import Operation
from mastra_sync.options import OnGap, OnSuspend
from mastra_sync.transport import ByteStream
from mastra_sync.waiting import AwaitedRun

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult, Suspension


class FollowedRun(AwaitedRun, Protocol):
    """What a stream needs of the run whose events it gives."""

    def url_of(self, operation: Operation) -> str:
        """Return an operation's address, without query."""

    def poll(self, deadline: Deadline) -> RunResult:
        """Return the run with its status and little else; one request, tried once."""

    def read_result(self, deadline: Deadline) -> RunResult:
        """Return the run as it is now."""

    def read_end(self, deadline: Deadline) -> RunResult | None:
        """Return the run; None if it has not settled, or cannot be read now."""

    def look(self) -> RunResult | None:
        """Return the run as it is now; None if it cannot be read soon."""

    def wait_until(self, deadline: Deadline) -> RunResult:
        """Return the run once it is settled."""

    def open_observe(self, deadline: Deadline) -> ByteStream:
        """Return the bytes that the server replays."""

    def open_resume(self, suspension: Suspension, answer: Any, deadline: Deadline) -> ByteStream | None:
        """Return a resumed stream's bytes, None if they were lost and the run moved."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """How a stream behaves when it does not simply run to its end.

    Attributes:
        deadline: When to give up.
        idle_timeout: Seconds of silence after which the run is looked at.
        on_gap: What to do when events are missing that the server cannot replay: `raise` `StreamInterrupted`, or
            `follow` the run by polling, silently, and end when it is settled.
        on_suspend: Called when the run suspends; what it returns is the answer, None leaves the run suspended.
        stays_open: True if the server keeps the stream open while the run is suspended.
    """

    deadline: Deadline
    idle_timeout: float
    on_gap: OnGap = "raise"
    on_suspend: OnSuspend | None = None
    stays_open: bool = False

    def is_over(self, run: RunResult) -> bool:
        """True if nothing more is to come of a stream whose run is like this."""
        return run.finished if self.stays_open else run.settled
