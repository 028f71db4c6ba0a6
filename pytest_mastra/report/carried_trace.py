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


def take_trace(report: pytest.TestReport) -> PackedTrace | None:
    """Return the trace that a report carries, and take it off: nobody keeps it for long."""
    text = report.__dict__.pop(ATTRIBUTE, None)
    return PackedTrace(zlib.compress(text.encode("utf-8"), 1)) if isinstance(text, str) else None


@dataclass(frozen=True, slots=True)
class PackedTrace:
    """A trace that takes little room until it is looked at: a session may have 20,000."""

    data: bytes

    def __call__(self) -> Trace:
        """Return the trace."""
        from pytest_mastra.report.trace_reader import trace_of_text  # noqa: PLC0415 -- only where traces are wanted

        return trace_of_text(zlib.decompress(self.data).decode("utf-8"))
