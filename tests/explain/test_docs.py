"""docs/assertions.md: its blocks are tests, and what it says that they show, they show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_mastra.run_assertion import RunAssertion
from tests.suites_in_folders import RunSuite

PAGE = (Path(__file__).parents[2] / "docs" / "assertions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_each_block_is_a_suite(run_suite: RunSuite, number: int) -> None:
    """It passes, or fails with the lines that follow it."""
    code, shown = BLOCKS[number]
    result = run_suite(code)
    assert [line for line in result.outlines if line.startswith("E  ")] == shown.splitlines()
    result.assert_outcomes(**({"failed": 1} if shown else {"passed": code.count("\ndef test_")}))


def test_no_block_is_forgotten() -> None:
    """All of the page's blocks are looked at."""
    assert PAGE.count("\n```") == sum(4 if shown else 2 for _, shown in BLOCKS)
    assert len(BLOCKS) == 6


def test_all_assertions_are_there() -> None:
    """Each method of `assert_run` is in the table."""
    for name in vars(RunAssertion):
        assert name.startswith("_") or f"| `{name}(" in PAGE


def test_links_lead_somewhere() -> None:
    """Pages of this folder that are linked to are there."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", PAGE):
        assert (Path(__file__).parents[2] / "docs" / target).is_file(), target
