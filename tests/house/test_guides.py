"""ARCHITECTURE.md and CONTRIBUTING.md name what is there, and the hooks before a commit run what CI runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.house.floors import FLOORS
from tests.house.import_graph import ROOT, modules

GUIDES = ("ARCHITECTURE.md", "CONTRIBUTING.md")
_TOP = ("mastra_sync", "pytest_mastra", "tests", "cassettes", "docs", ".ci")
_NAMED = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/?)`")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def paths_in(text: str) -> Iterator[Path]:
    folder = ROOT
    for match in _NAMED.finditer(text):
        name = match[1]
        if name.partition("/")[0] in _TOP:
            path = ROOT / name
            folder = path.parent if path.suffix else path
            yield path
        elif name.endswith(".py"):
            yield folder / name


@pytest.mark.parametrize("guide", GUIDES)
def test_every_path_is_there(guide: str) -> None:
    """Each path that a guide names is there; a file's bare name is meant beside the path that was named before it."""
    paths = list(paths_in(text_of(guide)))
    assert len(paths) > 20
    missing = [path.relative_to(ROOT).as_posix() for path in paths if not path.exists()]
    assert not missing, f"{guide} names what is not there: {', '.join(missing)}"


def test_every_folder_has_its_line() -> None:
    """The architecture says of each folder of the packages what lives there."""
    folders = {f"{path.parent.relative_to(ROOT).as_posix()}/" for path in modules().values()}
    rows = {match[1] for match in re.finditer(r"(?m)^\| `([\w/]+/)` \|", text_of("ARCHITECTURE.md"))}
    assert rows == folders


def test_the_picture_has_every_floor() -> None:
    """The floors' picture is the floors' table: the same rooms, from the top down, and each floor on a line."""
    picture = text_of("ARCHITECTURE.md").partition("```text\n")[2].partition("```")[0]
    drawn = [
        {word for word in line.partition("  ")[0].split(" · ") if word} for line in picture.splitlines() if line.strip()
    ]
    assert drawn == [set(floor) for floor in FLOORS]


def test_hooks_before_a_commit_run_what_ci_runs() -> None:
    """What the hooks run is a line of `.ci/run`, or part of the test suite that it runs."""
    hooks = yaml.safe_load(text_of(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    lines = {line.strip() for line in text_of(".ci/run").splitlines()}
    unknown = [
        hook["entry"] for hook in hooks if hook["entry"] not in lines and not hook["entry"].endswith("tests/house")
    ]
    assert not unknown
