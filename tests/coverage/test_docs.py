"""docs/coverage.md: its example tells what the page shows, and its tables have all there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_mastra.coverage.goals import FAMILIES
from tests.suites_in_folders import PLUGIN

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```python\n# (\w+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_example_tells_what_is_shown(alone: pytest.Pytester) -> None:
    """Each line is there; the options of the page are taken; the library tells the same of traces."""
    for name, code in BLOCK.findall(TEXT):
        (alone.path / name).write_text(code, encoding="utf-8")
    (alone.path / "pytest.ini").write_text(TEXT.partition("```ini\n")[2].partition("```")[0], encoding="utf-8")
    options = ("--mastra-coverage=term-missing", "--mastra-trace=on", "-W", "error")
    result = alone.runpytest_subprocess("-p", PLUGIN, *options, "-o", "mastra_coverage_omit=", timeout=120)
    result.assert_outcomes(passed=1)
    shown = TEXT.partition("```text\n")[2].partition("```")[0].splitlines()
    begin = result.stdout.lines.index(shown[0])
    assert result.stdout.lines[begin : begin + len(shown)] == shown
    (trace,) = (alone.path / ".mastra-report").glob("*.jsonl")
    looked = alone.runpython_c(f"import sys; sys.argv[1:] = [{str(trace)!r}]; exec(open('look.py').read())")
    assert "order structure small taken reached test_orders.py::test_a_small_order_is_sent" in looked.outlines
    omitted = alone.runpytest_subprocess("-p", PLUGIN, "--mastra-coverage", timeout=120)
    omitted.stdout.fnmatch_lines(
        [
            "*structure 5/7*",
            "*not counted (one of them always holds): branch#1: no branch taken",
            "*not counted (the conditions exclude each other): branch#1: two or more branches taken",
            "*'report.*' matches no goal*",
        ]
    )


def test_the_table_has_the_families() -> None:
    """A column for each of the three numbers, in their order."""
    head = TEXT.partition("| entry |")[2].partition("\n")[0]
    assert [cell.strip() for cell in head.strip(" |").split("|")] == list(FAMILIES)


def test_the_readme_shows_a_part_of_it() -> None:
    """What README quotes of coverage stands on the page, whose example is run."""
    readme = (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^order on the fake: .*$|^  send failed .*$", readme, re.MULTILINE)
    assert len(quoted) == 2
    assert all(line in TEXT for line in quoted)
