"""docs/sweep.md: its example fails as the page shows, and its tables have all that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_mastra.suite.settings import CHOICES
from pytest_mastra.sweep.cli import sweep
from pytest_mastra.sweep.families import FAMILIES
from pytest_mastra.sweep.marker import ARGUMENTS
from tests.suites_in_folders import PLUGIN, RunSuite

PAGE = Path(__file__).parents[2] / "docs" / "sweep.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n# (\w+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_example_fails_as_shown(alone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line of the output is there, in this order, and nothing between them."""
    for _, name, code in BLOCK.findall(TEXT):
        (alone.path / name).write_text(code, encoding="utf-8")
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    result = alone.runpytest_subprocess("-p", PLUGIN, "--strict-markers", "-W", "error", timeout=120)
    result.assert_outcomes(failed=1)
    shown = TEXT.partition("```text\n")[2].partition("```")[0].splitlines()
    result.stdout.fnmatch_lines(shown, consecutive=True)
    assert len(shown) - 7 <= 25


NAIVE = """
import pytest
from tests.examples import naive_expenses
from tests.examples.conftest import expense

@pytest.mark.mastra_sweep(faults="lost")
def test_naive_expenses(mastra_server):
    naive_expenses.pay(900, "a sofa")
"""


def test_the_readme_shows_the_sweep_of_the_naive_script(run_suite: RunSuite) -> None:
    """What README quotes is what pytest says of it, line for line."""
    readme = (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
    quoted = readme.partition("```text\n")[2].partition("```")[0]
    assert quoted.startswith("mastra sweep of ")
    result = run_suite(NAIVE)
    result.assert_outcomes(failed=1)
    said = result.stdout.str()
    for line in quoted.splitlines():
        assert line == "..." or f"\n{line}\n" in said
    text = said[said.index("\nmastra sweep of ") + 1 : said.index("#sweep-failed")]
    further = sum(line.startswith("  ") and "#1:lost  " in line for line in text.splitlines())
    assert (further, len(text.splitlines()) - further <= 25) == (2, True), text


def first_cells(title: str) -> set[str]:
    """Return what stands in code in the first cells of the first table after a title."""
    table = TEXT.partition(title)[2].partition("|---")[2].partition("\n\n")[0]
    cells = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_the_tables_have_all() -> None:
    """Families, arguments of the marker, options of the command, and ways to sweep."""
    assert first_cells("## What may go wrong") - {"killed"} == set(FAMILIES)
    assert first_cells("## The marker") == set(ARGUMENTS)
    assert first_cells("## A script that is a process") == {
        flag for option in sweep.params for flag in option.opts if flag.startswith("--")
    }
    assert {f"--mastra-sweep={choice}" for choice in CHOICES["sweep"]} < first_cells("| option | what it says |")


def test_links_lead_somewhere() -> None:
    """Each page that is linked to is there."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", TEXT):
        assert (PAGE.parent / target).is_file(), target
