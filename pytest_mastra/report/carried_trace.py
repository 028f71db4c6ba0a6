"""A test's trace, carried by the report of its teardown to the process that sums up.

Under pytest-xdist that is another process, perhaps on another machine: it has what a report brings, and nothing else.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_mastra.redact.scrubber import Scrubber
    from pytest_mastra.report.trace_reader import Trace
    from pytest_mastra.suite.scene import Scene

ATTRIBUTE = "mastra_trace"
"""Of the teardown's report: the trace's lines."""

_WANTED = pytest.StashKey[bool]()


def want_traces(config: pytest.Config) -> None:
    """Have each test's trace carried; to be called in each process, before the first test."""
    config.stash[_WANTED] = True


def are_wanted(config: pytest.Config) -> bool:
    """Return whether somebody wants them."""
    return config.stash.get(_WANTED, False)


def carry_trace(scene: Scene, report: pytest.TestReport, phases: Mapping[str, str], scrubber: Scrubber) -> None:
    """Put a test's trace on the report of its teardown, without secrets.

    Args:
        scene: The test's.
        report: The teardown's.
        phases: The outcome of each phase.
        scrubber: Knows the secrets; a trace in which one would be left is not carried.
    """
    from pytest_mastra.report.trace_text import trace_text  # noqa: PLC0415 -- only where traces are wanted

    data = trace_text(scene, scrubber, phases)
    if not scrubber.survivors(data):
        setattr(report, ATTRIBUTE, data.decode("utf-8"))


class TakenTraces:
    """Takes the traces that reports carry, and keeps them in little room.

    A session may have 20,000.

    Args:
        room: How many characters of traces are kept as they are; further ones are packed.
    """

    def __init__(self, room: int = 50_000_000) -> None:
        self._room = room

    def take(self, report: pytest.TestReport) -> TakenTrace | None:
        """Return the trace that a report carries, and take it off it."""
        text = report.__dict__.pop(ATTRIBUTE, None)
        if not isinstance(text, str):
            return None
        self._room -= len(text)
        return TakenTrace(text if self._room > 0 else zlib.compress(text.encode("utf-8"), 1))


@dataclass(frozen=True, slots=True)
class TakenTrace:
    """A trace, read when it is looked at.

    Attributes:
        data: Its text, or that packed.
    """

    data: str | bytes

    def __call__(self) -> Trace:
        """Return the trace."""
        from pytest_mastra.report.trace_reader import trace_of_text  # noqa: PLC0415 -- only where traces are wanted

        data = self.data
        return trace_of_text(data if isinstance(data, str) else zlib.decompress(data).decode("utf-8"))
