"""What is told of sweeps at `-v`: what became of each family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pytest_mastra.redact.scrubber import scrubber_of
from pytest_mastra.redact.summary import Summary


def tell_sweeps(reporter: pytest.TerminalReporter, config: pytest.Config, reports: Sequence[Any]) -> None:
    """Write what the sweeps have tried into pytest's summary.

    Args:
        reporter: pytest's.
        config: pytest's.
        reports: Of swept tests; each has what its sweep found.
    """
    summary = Summary(reporter, scrubber_of(config))
    summary.begin("mastra sweeps")
    for report in reports:
        told = report.mastra_sweep
        summary.line(f"{report.nodeid}  {told['summary']}")
        width = max((len(name) for name, _ in told["families"]), default=0)
        summary.lines(f"  {name:{width}}  {text}" for name, text in told["families"])
