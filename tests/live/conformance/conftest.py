"""Options and fixtures of the conformance tests."""

from __future__ import annotations

import pytest

from tests.conformance.summary import summary_of


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option that records real servers anew."""
    parser.addoption(
        "--mastra-refresh",
        action="store_true",
        help="write down what the real servers say",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many scenarios agree."""
    if summary := summary_of(terminalreporter):
        terminalreporter.write_line(f"fake and real servers: {summary}")
