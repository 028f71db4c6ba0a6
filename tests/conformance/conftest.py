"""What the conformance tests say at their end."""

from __future__ import annotations

import pytest

from tests.conformance.summary import summary_of


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many scenarios agree with what was recorded."""
    if summary := summary_of(terminalreporter):
        terminalreporter.write_line(f"fake and recorded servers: {summary}")
