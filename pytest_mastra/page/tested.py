"""A test as the page knows it: how it ended, what pytest said, its trace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mastra.report.trace_reader import Trace

FAILED = frozenset({"failed", "error"})
OUTCOMES = ("failed", "error", "xpassed", "passed", "skipped", "xfailed")
"""In the order in which they matter."""


@dataclass(slots=True)
class Tested:
    """A test.

    Attributes:
        name: Its node id.
        outcome: One of `OUTCOMES`.
        seconds: How long its phases took; None if that is not known.
        message: What the failure says in its first line; of a skip the reason.
        said: What pytest said of the failure: the traceback, then what was printed and logged, by title.
        trace: None if it had nothing to do with Mastra.
        worker: Which worker of pytest-xdist ran it.
        source: The file that the trace was read from.
        thinned: Whether the page leaves out its trace for want of room.
    """

    name: str
    outcome: str = "passed"
    seconds: float | None = None
    message: str = ""
    said: list[tuple[str, str]] = field(default_factory=list)
    trace: Trace | None = None
    worker: str = ""
    source: str = ""
    thinned: bool = False

    @property
    def has_failed(self) -> bool:
        """Whether it failed in any phase."""
        return self.outcome in FAILED


def tested_of_trace(trace: Trace, source: str) -> Tested:
    """Return what a trace says of its test."""
    return Tested(trace.test, trace.outcome, trace=trace, source=source)
