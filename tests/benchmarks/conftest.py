"""The table of figures that a run of the benchmarks ends with."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.items import is_below
from tests.live.conftest import current_server, schema_for, shared_server, start_any  # noqa: F401 - fixtures
from tests.page.browser.conftest import browser  # noqa: F401 - a fixture

HERE = Path(__file__).parent
FIGURES = pytest.StashKey["list[Figure]"]()


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, the goal, and what came out."""

    name: str
    goal: str
    measured: str


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if is_below(item.path, HERE):
            item.add_marker(pytest.mark.benchmark)


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str, str, str], None]:
    """A function that puts a row into the table."""
    rows = request.config.stash.setdefault(FIGURES, [])

    def note(name: str, goal: str, measured: str) -> None:
        rows.append(Figure(name, goal, measured))
        request.node.user_properties.append((name, measured))

    return note


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """No other plugins, and byte code that is kept, as of anything installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode")}


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    rows = terminalreporter.config.stash.get(FIGURES, [])
    if not rows:
        return
    terminalreporter.section("figures")
    terminalreporter.write_line("| figure | goal | measured |")
    terminalreporter.write_line("|---|---|---|")
    for row in rows:
        terminalreporter.write_line(f"| {row.name} | {row.goal} | {row.measured} |")
