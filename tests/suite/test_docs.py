"""docs/plugin.md: its blocks are a suite that passes, and its table has all that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_mastra import plugin
from tests.suites_in_folders import PLUGIN

PAGE = Path(__file__).parents[2] / "docs" / "plugin.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n# (\w+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_is_a_suite(alone: pytest.Pytester) -> None:
    """Each block is the file that it begins with; together they pass, and what needs a live server is skipped."""
    blocks = {name: code for _, name, code in BLOCK.findall(TEXT)}
    assert len(blocks) == TEXT.count("\n```python\n")
    for name, code in blocks.items():
        (alone.path / name).write_text(code, encoding="utf-8")
    result = alone.runpytest_subprocess("-p", PLUGIN, "--strict-markers", "-W", "error", timeout=120)
    result.assert_outcomes(passed=10, skipped=1)


def rows() -> list[list[str]]:
    """Return the names in the table, and what kind each is."""
    table = TEXT.partition("## All there is")[2].partition("\n\n| name")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def test_the_table_has_all() -> None:
    """Fixtures, markers, options and ini keys, each in a row, and none that there is not."""
    named: dict[str, set[str]] = {}
    for names, kinds, _ in rows():
        each = re.findall(r"`([\w-]+)", names)
        for name, kind in zip(each, kinds.split(", "), strict=True):
            named.setdefault(kind, set()).add(name)
    options = {name for name, *_ in (*plugin.OPTIONS, *plugin.SWITCHES)}
    fixtures = {name for name in vars(plugin) if name.startswith("mastra_")}
    assert named["fixture"] == fixtures
    assert named["option"] == {f"--mastra-{name.replace('_', '-')}" for name in options}
    assert named["ini key"] == {f"mastra_{name}" for name in options} | {name for name, *_ in plugin.INI_KEYS}
    assert named["marker"] == {marker.partition("(")[0] for marker in plugin.MARKERS}


def test_links_lead_somewhere() -> None:
    """Each page that is linked to is there."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", TEXT):
        assert (PAGE.parent / target).is_file(), target
