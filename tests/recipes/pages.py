"""A page of docs as a suite: its blocks are files, and what it shows is what pytest prints of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pytest_mastra import plugin

DOCS = Path(__file__).parents[2] / "docs"
FOLDERS = ("recipes", "coming-from")
INDEX = DOCS / "recipes" / "index.md"
PAGES = sorted(path for folder in FOLDERS for path in (DOCS / folder).glob("*.md") if path.stem != "index")
PREPARED = [DOCS / "recipes" / "snapshots.md", DOCS / "coming-from" / "vcrpy.md", DOCS / "recipes" / "ci.md"]
"""Pages whose suite does not pass in an empty folder."""

TRAP = "test_trap"
"""How files begin whose tests fail; the page shows what they say."""

_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"(?:#|//) (?P<name>[\w.-]+(?:/[\w.-]+)*\.\w+)\n")
_LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#]*)(?:#(?P<anchor>[^)]*))?\)")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{8}\.\.")
_RESULTS = {"failure": "failed", "error": "failed", "skipped": "skipped"}

PLUGINS = {
    "django": ("pytest_django.plugin",),
    "pytest-httpserver": ("pytest_httpserver.pytest_plugin",),
    "snapshots": ("syrupy",),
}
"""What a page's suite needs besides our plugin, as a reader has it installed."""


ANEW = {"django", "snapshots"}
"""Pages whose suite is run in a process of its own, for Django and syrupy keep what they are set up with."""

FIRST = {"snapshots": ("--snapshot-update",)}
"""What pytest is first run with, on the fake, for a page whose suite compares."""


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        name: Of its file, without the suffix.
        files: What its blocks say, by the name in the first line of each.
        shown: Its blocks of text: what pytest prints.
        other: The languages of blocks that are neither.
        text: All of it.
    """

    path: Path
    name: str
    files: dict[str, str]
    shown: list[str]
    other: list[str]
    text: str

    @property
    def traps(self) -> frozenset[str]:
        """The files whose tests fail."""
        return frozenset(name for name in self.files if name.startswith(TRAP))

    @property
    def broken_links(self) -> list[str]:
        """Links to pages and places that are not there."""
        return [match[0] for match in _LINK.finditer(_BLOCK.sub("", self.text)) if not self._leads(match)]

    def _leads(self, link: re.Match[str]) -> bool:
        target = (self.path.parent / link["path"]).resolve() if link["path"] else self.path
        if not target.is_file():
            return False
        return not link["anchor"] or link["anchor"] in anchors(target)


def anchors(page: Path) -> set[str]:
    """Return the places in a page that a link can lead to, if GitHub and the site call them alike."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    on_github = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return {anchor for anchor in on_github if anchor == re.sub("-+", "-", anchor).strip("-")}


def read_page(path: Path) -> Page:
    """Read a page, and take it apart."""
    text = path.read_text(encoding="utf-8")
    files: dict[str, str] = {}
    shown, other = [], []
    for block in _BLOCK.finditer(text):
        if name := _NAME.match(block["code"]):
            assert name["name"] not in files, f"{path.name} has two files {name['name']}"
            files[name["name"]] = block["code"]
        elif block["language"] == "text":
            shown.append(block["code"])
        else:
            other.append(block["language"])
    return Page(path, path.stem, files, shown, other, text)


@dataclass(frozen=True)
class Outcome:
    """What came of a page's suite.

    Attributes:
        status: Pytest's exit status.
        tests: `passed`, `failed` or `skipped`, by file and name of the test.
        printed: What pytest printed, with ids that are another one each time as `<id>`.
    """

    status: int
    tests: dict[str, str]
    printed: str

    def count(self, outcome: str) -> int:
        """Return how many tests came to that."""
        return list(self.tests.values()).count(outcome)


def run_page(folder: pytest.Pytester, page: Page, *arguments: str, traps: bool = True) -> Outcome:
    """Write a page's files into the folder, run pytest on them, and say what came of it.

    Args:
        folder: Where.
        page: The page.
        arguments: For pytest.
        traps: Whether the tests that fail are run too.
    """
    for name, code in page.files.items():
        path = folder.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if traps or name not in page.traps:
            path.write_text(code, encoding="utf-8")
    report = folder.path / "outcome.xml"
    options = [f"--junitxml={report}", "-p", "no:cacheprovider", "-W", "error", *arguments]
    if page.name in ANEW:
        named = [word for name in (plugin.__name__, *PLUGINS.get(page.name, ())) for word in ("-p", name)]
        result = folder.runpytest_subprocess(*named, *options, timeout=120)
    else:
        with _without_modules({Path(name).parts[0].removesuffix(".py") for name in page.files}):
            result = folder.runpytest_inprocess(*options, plugins=[plugin, *PLUGINS.get(page.name, ())])
    return Outcome(int(result.ret), _read_outcomes(report), shown_form(result.stdout.str()))


@contextmanager
def _without_modules(names: Collection[str]) -> Iterator[None]:
    """Forget modules meanwhile, for packages of these tests have names of pages' files: `report`."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [module for module in sys.modules if module.partition(".")[0] in names]:
            patch.delitem(sys.modules, name)
        yield


def shown_form(text: str) -> str:
    """Return text without what is another one each time, and without spaces at the ends of lines."""
    return re.sub(r" +$", "", _ID.sub("<id>", text), flags=re.MULTILINE)


def _read_outcomes(report: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    if not report.exists():
        return found
    for case in ET.parse(report).iter("testcase"):
        module, *classes = case.attrib["classname"].split(".")
        name = "::".join([f"{module}.py", *classes, case.attrib["name"]])
        outcome = next((_RESULTS[child.tag] for child in case if child.tag in _RESULTS), "passed")
        if found.get(name) != "failed":
            found[name] = outcome
    return found


def missing_parts(shown: list[str], printed: str) -> list[str]:
    """Return what a page shows and pytest did not print; `...` in a line of its own stands for any lines."""
    parts = [part.strip("\n") for text in shown for part in re.split(r"^\.\.\.$", shown_form(text), flags=re.MULTILINE)]
    return [part for part in parts if part not in printed]
