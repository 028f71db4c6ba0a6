"""Writes the page: whole or not at all, and not larger than a browser likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mastra_sync.whole_files import write_whole
from pytest_mastra.page.page import render
from pytest_mastra.page.session import Session
from pytest_mastra.page.tested import Tested
from pytest_mastra.text.values import counted

if TYPE_CHECKING:
    from pytest_mastra.coverage.folded import Coverage, Omit
    from pytest_mastra.redact.scrubber import Scrubber

_UNITS = ((1_000_000, "MB"), (1_000, "kB"))


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a page.

    Attributes:
        words: In one line.
        problem: Why it was not written; empty if it was.
    """

    words: str
    problem: str = ""


def find_problem(path: Path, what: str = "page", example: str = "report.html") -> str:
    """Return why nothing can be written to a path, or nothing; makes its folder.

    Args:
        path: The path.
        what: What is to be written.
        example: What its file may be called.
    """
    if path.is_dir():
        return f"{path} is a folder: name the file, as in {path / example}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        existed = path.exists()
        path.open("ab").close()
        if not existed:
            path.unlink()
    except OSError as error:
        return f"no {what} can be written to {path}: {error.strerror or error}"
    return ""


def write_page(
    path: Path,
    tests: Sequence[Tested],
    session: Session,
    scrubber: Scrubber,
    tried: Coverage | None = None,
    omit: Omit | None = None,
) -> Written:
    """Write a page, and say in one line what became of it; never raises.

    Args:
        path: Where it belongs.
        tests: In the order in which they ran.
        session: What is said of all of them.
        scrubber: Knows what must not stand in it.
        tried: What all tests have tried, if somebody has gathered it.
        omit: Says which goals are not counted, and why.
    """
    page = render(tests, session, tried=tried, omit=omit)
    left = scrubber.survivors(page.data)
    problem = f"{', '.join(left)} would stand in it" if left else _problem_in_writing(path, page.html)
    if problem:
        return Written(f"no page is written to {path}: {problem}", problem)
    failed = sum(test.has_failed for test in tests)
    return Written(f"page of {counted(len(tests), 'test')}, {failed} failed, {_size(len(page.html))}: {path}")


def _problem_in_writing(path: Path, data: bytes) -> str:
    """Write a file, and return what was wrong; empty if it is written."""
    try:
        write_whole(path, data)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _size(size: int) -> str:
    return next((f"{size / unit:.1f} {name}" for unit, name in _UNITS if size >= unit), f"{size} bytes")
