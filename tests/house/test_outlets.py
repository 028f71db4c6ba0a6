"""What is shown or kept of tests goes through the one scrubber: nobody writes past it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house.import_graph import ROOT, modules

OUTLETS = {
    # the terminal's summary
    "section": ("pytest_mastra.redact.summary",),
    "write_line": ("pytest_mastra.redact.summary",),
    "write_sep": (),
    "get_terminal_writer": ("pytest_mastra.report.terminal",),
    # reports: completed by what redacts them
    "longrepr": ("pytest_mastra.report", "pytest_mastra.sweep.report", "pytest_mastra.page.gathering"),
    "sections": ("pytest_mastra.report", "pytest_mastra.sweep.report", "pytest_mastra.page.gathering"),
    "addsection": ("pytest_mastra.report",),
    "user_properties": (
        "pytest_mastra.report",
        "pytest_mastra.coverage.hooks",
        "pytest_mastra.cassettes.mastra_cassette",
        "pytest_mastra.sweep.sweep",
        "pytest_mastra.sweep.protocol",
    ),
    # becomes sections of a report, which are redacted
    "add_report_section": ("pytest_mastra.cassettes.mastra_cassette", "pytest_mastra.regression.replay_run"),
    "pytest_warning_recorded": ("pytest_mastra.report",),
    # standard output is for the command, not for the plugin
    "print": (),
}
"""What writes into a report, by name, and the rooms that may: others hand their words to these."""


def uses() -> Iterator[tuple[str, str, int]]:
    """Give each use of an outlet in the plugin: its name, the module, the line."""
    for name, path in modules().items():
        if not name.startswith("pytest_mastra.") or name.startswith("pytest_mastra.fake.cli"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            used = node.attr if isinstance(node, ast.Attribute) else ""
            if isinstance(node, ast.Name) and node.id == "print":
                used = "print"
            if used in OUTLETS:
                yield used, name, getattr(node, "lineno", 0)


def test_nobody_writes_past_the_scrubber() -> None:
    """Each outlet is used in the rooms that scrub what goes there, and in no other."""
    past = [
        f"{module}:{line} uses {outlet}"
        for outlet, module, line in uses()
        if not any(f"{module}.".startswith(f"{room}.") for room in OUTLETS[outlet])
    ]
    assert past == []


@pytest.mark.parametrize("outlet", ["section", "write_line", "longrepr", "sections", "user_properties"])
def test_the_list_is_of_today(outlet: str) -> None:
    """What is listed is used: a room that has moved is noticed."""
    assert any(used == outlet for used, _, _ in uses())


def test_the_root_is_the_tree() -> None:
    """The modules that are looked at are those of this tree."""
    assert (ROOT / "pytest_mastra" / "redact" / "summary.py").is_file()
