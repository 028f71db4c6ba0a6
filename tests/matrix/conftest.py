"""How much of the matrix is tried, and the summary of what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

PARTS = {"part": 0.15, "full": 1.0}
"""Which share of the cells is tried; which ones is the same each time."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the matrix."""
    group = parser.getgroup("matrix")
    group.addoption("--matrix", choices=PARTS, default="part", help="how much of tests/matrix is tried: part, full")
    group.addoption("--matrix-out", metavar="PATH", help="write what came of each cell to this file, a line each")


@pytest.fixture(scope="session")
def matrix_part(pytestconfig: pytest.Config) -> float:
    return PARTS[pytestconfig.getoption("--matrix", "part")]


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cells were tried and are right."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    rows = [value for report in reports for name, value in getattr(report, "user_properties", ()) if name == "cell"]
    if not rows:
        return
    wrong = sum(bool(row[-1]) for row in rows)
    terminalreporter.section("the matrix")
    terminalreporter.write_line(f"{len(rows)} cells, {len(rows) - wrong} right, {wrong} wrong")
    if path := terminalreporter.config.getoption("--matrix-out", None):
        Path(path).write_text("".join("\t".join(map(str, row)) + "\n" for row in sorted(rows)), encoding="utf-8")
