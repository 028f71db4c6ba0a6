"""A test as the page knows it: how it ended, what pytest said, its trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mastra.report.trace_reader import Trace

FAILED = frozenset({"failed", "error"})
OUTCOMES = ("failed", "error", "xpassed", "passed", "skipped", "xfailed")
"""In the order in which they matter."""

SWEPT = "mastra sweep of "
"""What a sweep's failure begins with."""


@dataclass(slots=True)
class Tested:
    """A test.

    Attributes:
        name: Its node id.
        outcome: One of `OUTCOMES`.
        seconds: How long its phases took; None if that is not known.
        message: What the failure says in its first line; of a skip the reason.
        said: What pytest said of the failure: the traceback, then what was printed and logged, by title.
        load: Gives its trace; None if it had nothing to do with Mastra.
        worker: Which worker of pytest-xdist ran it.
        source: The file that the trace was read from.
    """

    name: str
    outcome: str = "passed"
    seconds: float | None = None
    message: str = ""
    said: list[tuple[str, str]] = field(default_factory=list)
    load: Callable[[], Trace] | None = None
    worker: str = ""
    source: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether it failed in any phase."""
        return self.outcome in FAILED

    @property
    def trace(self) -> Trace | None:
        """Its trace, read anew each time; None if it had nothing to do with Mastra."""
        return None if self.load is None else self.load()


def tested_of_trace(trace: Trace, source: str) -> Tested:
    """Return what a trace says of its test."""
    return Tested(trace.test, trace.outcome, load=lambda: trace, source=source)
