"""The built site: what messages and README point to is there, and nothing is fetched from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mastra_sync.documentation import DOCUMENTATION
from tests.docs.errors_page import places

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "site"

pytestmark = pytest.mark.site

FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
"""What a browser fetches when it shows a page, and the attribute that says from where; links see below."""

NOT_FETCHED = {"canonical", "next", "prev", "alternate"}
"""What a `link` is for that is not fetched."""


class Page(HTMLParser):
    """A page's anchors, links, and what a browser fetches for it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors.add(values.get("id", ""))
        if tag == "a":
            self.links.append(values.get("href", ""))
        elif tag in FETCHED:
            self.fetched.append(values.get(FETCHED[tag], ""))
        elif tag == "link" and values.get("rel") not in NOT_FETCHED:
            self.fetched.append(values.get("href", ""))


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    """The pages by their addresses below the site's."""
    found = {path.parent.relative_to(SITE).as_posix(): Page(path) for path in SITE.rglob("index.html")}
    return {"" if name == "." else name: page for name, page in found.items()}


def test_every_page_is_built(pages: dict[str, Page]) -> None:
    """Each page of `docs/` is one of the site's."""
    docs = ROOT / "docs"
    written = {path.relative_to(docs).with_suffix("").as_posix() for path in docs.rglob("*.md")}
    assert {name.removesuffix("index").rstrip("/") for name in written} == set(pages)


def test_nothing_is_fetched_from_elsewhere(pages: dict[str, Page]) -> None:
    """Scripts, styles, images and fonts are the site's own, in pages and in style sheets."""
    elsewhere = [each for page in pages.values() for each in page.fetched if re.match(r"(https?:)?//", each)]
    sheets = [path.read_text(encoding="utf-8") for path in SITE.rglob("*.css")]
    elsewhere += [each for sheet in sheets for each in re.findall(r"""url\(["']?((?:https?:)?//[^)]*)""", sheet)]
    assert sheets
    assert elsewhere == []


def test_the_addresses_of_errors_resolve(pages: dict[str, Page]) -> None:
    """Each address that a message may end with is an anchor of the page of errors."""
    assert {place.slug for place in places()} <= pages["errors"].anchors


def test_the_addresses_of_readme_resolve(pages: dict[str, Page]) -> None:
    """Each link of README to the documentation is one to a page, and to an anchor that it has."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(rf"\]\({re.escape(DOCUMENTATION)}/([^)]*)\)", readme)
    assert links
    for link in links:
        name, _, anchor = link.partition("#")
        assert name.rstrip("/") in pages, link
        assert not anchor or anchor in pages[name.rstrip("/")].anchors, link


def test_links_between_pages_resolve(pages: dict[str, Page]) -> None:
    """Each link of a page to another leads to one, and to an anchor that it has."""
    broken = []
    for name, page in pages.items():
        for link in page.links:
            if re.match(r"\w+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = (SITE / name / path).resolve()
            other = pages.get("" if target == SITE else target.relative_to(SITE).as_posix())
            if other is None or (anchor and anchor not in other.anchors):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_the_reference_has_what_stands_in_docstrings(pages: dict[str, Page]) -> None:
    """Names that are given lazily are found, with their members."""
    anchors = pages["reference/mastra_sync"].anchors | pages["reference/pytest_mastra"].anchors
    assert {"mastra_sync.Run.start", "mastra_sync.RunTimeout", "pytest_mastra.FakeMastra.workflow"} <= anchors
