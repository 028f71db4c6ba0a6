"""Each page of docs/recipes and docs/coming-from: its files pass, but for the traps, which say what it shows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.live.install import node_program
from tests.recipes.index import COUNTS
from tests.recipes.pages import INDEX, PAGES, PREPARED, missing_parts, read_page, run_page


def page_id(path: Path) -> str:
    """A page's name in its test's."""
    return f"{path.parent.name}/{path.stem}"


each_page = pytest.mark.parametrize("path", PAGES, ids=page_id)

OTHER_LANGUAGES = {"console", "json"}
"""Blocks that are neither files nor printed by pytest: commands, and a snapshot."""


@pytest.mark.parametrize("path", sorted(set(PAGES) - set(PREPARED)), ids=page_id)
def test_its_suite_does_what_the_page_says(alone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """All tests pass, those of the traps fail, and what the page shows of these is printed."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PATH", str(node_program().parent), prepend=os.pathsep)
    page = read_page(path)
    outcome = run_page(alone, page)
    assert outcome.tests, outcome.printed
    wrong = {
        test: result
        for test, result in outcome.tests.items()
        if result != ("failed" if test.partition("::")[0] in page.traps else "passed")
    }
    assert not wrong, outcome.printed
    assert outcome.count("passed") == COUNTS[path].fake
    assert not missing_parts(page.shown, outcome.printed), outcome.printed


@each_page
def test_it_is_whole(path: Path) -> None:
    """Each block is looked at, and each link leads somewhere."""
    page = read_page(path)
    assert set(page.other) <= OTHER_LANGUAGES
    assert not page.broken_links
    assert bool(page.traps) <= bool(page.shown)


def test_the_index_has_all() -> None:
    """Each page is in its table and found by a question or a name above it, and no page that there is not."""
    page = read_page(INDEX)
    assert sorted(COUNTS) == PAGES
    found = page.text.partition("## Where each was run")[0]
    assert [path.name for path in PAGES if f"{path.name})" not in found] == []
    assert not page.broken_links
