"""The site's sources: nothing is left out of it, and addresses of it and of the repository are those of one place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import mastra_sync
import pytest_mastra
import pytest_mastra.fake
from mastra_sync.documentation import DOCUMENTATION, REPOSITORY
from tests.docs import command_page
from tests.house.import_graph import modules

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def pages_of(entry: Any) -> Iterator[str]:
    """Give the pages of a part of the navigation."""
    if isinstance(entry, str):
        yield entry
    else:
        for part in entry if isinstance(entry, list) else entry.values():
            yield from pages_of(part)


def test_every_page_is_in_the_navigation() -> None:
    """Once each, and none that is not there."""
    listed = list(pages_of(SITE["nav"]))
    assert sorted(listed) == sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def test_nothing_comes_from_elsewhere() -> None:
    """No font, no script, no style sheet of another host; with a `repo_url` browsers would ask GitHub."""
    assert SITE["theme"]["font"] is False
    assert not {"repo_url", "extra_css", "extra_javascript"} & SITE.keys()


def test_there_is_one_address_of_each() -> None:
    """The site, its configuration, the project's metadata and README say the same addresses."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'Documentation = "{DOCUMENTATION}/"' in project
    assert f'Source = "{REPOSITORY}"' in project
    assert SITE["site_url"] == f"{DOCUMENTATION}/"
    assert [link["link"] for link in SITE["extra"]["social"]] == [REPOSITORY]
    hosts = "|".join(re.escape(each.partition("://")[2].partition("/")[0]) for each in (DOCUMENTATION, REPOSITORY))
    said = [
        match[0]
        for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *modules().values()]
        for match in re.finditer(
            rf"https?://(?:{hosts})/mastra-sync[\w/.#-]*|https?://mastra-sync[\w/.#-]*", path.read_text("utf-8")
        )
    ]
    assert said
    assert [each for each in said if not each.startswith((DOCUMENTATION, REPOSITORY))] == []


def headings_of(page: Path) -> set[str]:
    """Return the anchors of a page: those that are written out, and those that its headings become."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    written = [match[1] for title in titles if (match := re.search(r"\{ #([\w-]+) \}$", title))]
    return {re.sub(r"[^\w\s-]", "", title.lower()).strip().replace(" ", "-") for title in titles} | set(written)


RAW = "https://raw.githubusercontent.com/mastra-sync/mastra-sync/main/"
"""Where pictures are, for pages that show README elsewhere."""


def test_readme_leads_somewhere_from_anywhere() -> None:
    """Its links are absolute, for index pages show it too; each leads to a page, an anchor or a file that is there."""
    links = LINK.findall(FENCED.sub("", README))
    assert len(links) > 15
    for link in links:
        if link.startswith(f"{REPOSITORY}/"):
            assert (ROOT / link.removeprefix(f"{REPOSITORY}/blob/main/")).exists(), link
        elif link.startswith(RAW):
            picture = ROOT / link.removeprefix(RAW)
            assert picture.is_file(), link
            assert picture.stat().st_size < 150_000, link
        elif link.startswith(f"{DOCUMENTATION}/"):
            path, _, anchor = link.removeprefix(f"{DOCUMENTATION}/").partition("#")
            folder = DOCS / path
            page = folder / "index.md" if folder.is_dir() else DOCS / f"{path.rstrip('/')}.md"
            assert page.is_file(), link
            assert not anchor or anchor in headings_of(page), link
        else:
            assert link == "https://mastra.ai", link


def test_readme_is_short() -> None:
    """Who looks at it for the first time has an end in sight."""
    assert len(README.splitlines()) <= 170


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Each page and anchor that a page links to is there, within `docs/`."""
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"https?:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), link
        assert target.is_relative_to(DOCS), link
        assert not anchor or anchor in headings_of(target), link


def test_the_reference_has_every_name() -> None:
    """Each public name of the two packages, once."""
    named = [
        name
        for page in (DOCS / "reference").glob("*.md")
        for name in re.findall(r"^::: ([\w.]+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    packages = (mastra_sync, pytest_mastra, pytest_mastra.fake)
    public = {f"{package.__name__}.{name}" for package in packages for name in package.__all__}
    again = {f"pytest_mastra.fake.{name}" for name in set(pytest_mastra.fake.__all__) & set(pytest_mastra.__all__)}
    assert len(named) == len(set(named))
    assert public - again - set(named) == set()


def test_the_command_s_page_is_what_help_prints() -> None:
    """The page is written by `python -m tests.docs.command_page`."""
    assert command_page.PAGE.read_text(encoding="utf-8") == command_page.written()
