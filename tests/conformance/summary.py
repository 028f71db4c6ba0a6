"""Saying how many scenarios agree, at the end of a test run."""

from __future__ import annotations

import re
from collections import Counter

import pytest

CASE = re.compile(r"/test_(?:fake|real)\.py::test_the_fake_\w+\[(current|1\.2|1\.0-beta)-")


def summary_of(reporter: pytest.TerminalReporter) -> str | None:
    """Return a line such as `190 scenarios agree with current, ...`; None if none was played."""
    passed = Counter(
        match[1]
        for report in reporter.stats.get("passed", ())
        if getattr(report, "when", None) == "call" and (match := CASE.search(report.nodeid))
    )
    if not passed:
        return None
    return ", ".join(f"{count} scenarios agree with {generation}" for generation, count in passed.items())
