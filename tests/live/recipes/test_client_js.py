"""docs/coming-from/client-js.md beside the official client: it leaves no method out, and both scripts say the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mastra_sync import MastraClient, Run
from mastra_sync.workflow import Workflow
from pytest_mastra import FakeMastra, OnSocket
from tests.live.install import ServerUnavailable, node_program
from tests.live.js_sdk.sdk import installed_sdk
from tests.live.js_sdk.workflows import declare
from tests.recipes.pages import DOCS, read_page

PAGE = read_page(DOCS / "coming-from" / "client-js.md")
_ROW = re.compile(r"^\| (?P<theirs>[^|]*) \| (?P<ours>[^|]*) \|", re.MULTILINE)
_METHOD = re.compile(r"^    (?:static )?(?P<name>[a-z]\w*)\(", re.MULTILINE)
CLASSES = {"Client": MastraClient, "Workflow": Workflow, "Run": Run}


@pytest.fixture(scope="module")
def sdk() -> Path:
    """The official client's folder; where it cannot be had the tests are skipped, on CI they fail."""
    try:
        return installed_sdk().parent
    except ServerUnavailable as reason:
        if os.environ.get("CI"):
            pytest.fail(str(reason), pytrace=False)
        pytest.skip(str(reason))


def rows(section: str) -> list[tuple[str, str]]:
    """Return the table of a section: what it says of their methods, and of ours."""
    table = PAGE.text.partition(f"\n## {section}\n\n")[2].partition("\n\n")[0]
    return [(row["theirs"], row["ours"]) for row in _ROW.finditer(table)][1:]


def named(cells: list[str]) -> set[str]:
    """Return the methods that cells name."""
    return {name for cell in cells for name in re.findall(r"`(?:\w+\.)?(\w+)\(", cell)}


@pytest.mark.parametrize(("section", "declaration"), [("Workflow", "workflow"), ("Run", "run")])
def test_each_method_of_theirs_has_a_row(sdk: Path, section: str, declaration: str) -> None:
    """The tables name exactly the methods that the installed client declares."""
    text = (sdk / "resources" / f"{declaration}.d.ts").read_text(encoding="utf-8")
    declared = {match["name"] for match in _METHOD.finditer(text)} - {"constructor"}
    assert named([theirs for theirs, _ in rows(section)]) == declared


def test_what_their_client_says_of_workflows_has_a_row(sdk: Path) -> None:
    """The first table names all that it has for workflows and their schedules."""
    text = (sdk / "client.d.ts").read_text(encoding="utf-8")
    declared = {
        match["name"]
        for match in _METHOD.finditer(text)
        if re.search(r"Workflows?(RunCounts)?$|Schedules?(Triggers)?$", match["name"])
    }
    assert named([theirs for theirs, _ in rows("Client")]) - {"MastraClient"} == declared


@pytest.mark.parametrize("section", CLASSES)
def test_what_stands_beside_it_is_there(section: str) -> None:
    """Each method of ours that a table names exists."""
    for name in named([ours for _, ours in rows(section)]) - {"MastraClient"}:
        assert hasattr(CLASSES[section], name), name


def test_both_scripts_say_the_same(sdk: Path, tmp_path: Path) -> None:
    """The script in JavaScript prints what the one in Python prints, on one server."""
    for name in ("approve.mjs", "approve.py"):
        (tmp_path / name).write_text(PAGE.files[name], encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(next(folder for folder in sdk.parents if folder.name == "node_modules"))
    with OnSocket(declare(FakeMastra())) as front:
        environment = {**os.environ, "MASTRA_BASE_URL": front.url}
        theirs, ours = (
            subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=60
            ).stdout
            for command in ([str(node_program()), "approve.mjs"], [sys.executable, "approve.py"])
        )
    assert theirs == 'success {"ok":true,"n":3}\n'
    assert ours == "success {'ok': True, 'n': 3}\n"
