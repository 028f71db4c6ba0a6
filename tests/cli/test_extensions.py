"""Commands that other packages add."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from mastra_sync.cli import extensions
from mastra_sync.cli.exits import Exit
from tests.cli.processes import Ended

Command = Callable[..., Ended]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is installed wrong adds a command."""
    entries = EntryPoints([EntryPoint("polish", "no_such_package.commands:polish", extensions.ENTRY_POINTS)])

    def entry_points(**selection: Any) -> EntryPoints:
        return entries.select(**selection)

    monkeypatch.setattr(extensions, "entry_points", entry_points)


@pytest.mark.usefixtures("broken")
def test_a_command_that_cannot_be_loaded(mastra_sync: Command) -> None:
    """It says why, whatever is given to it, instead of a traceback."""
    ended = mastra_sync("polish", "--shine", "shoes")
    assert (ended.status, ended.out) == (Exit.USAGE, "")
    assert ended.err == (
        "mastra-sync: no_such_package.commands:polish cannot be loaded: No module named 'no_such_package'\n"
    )


@pytest.mark.usefixtures("broken")
def test_it_leaves_the_help_alone(mastra_sync: Command) -> None:
    """The help lists what there is, and the broken one among it."""
    ended = mastra_sync("--help")
    assert ended.status == Exit.SUCCESS
    assert {"polish", "run"} <= {line.split()[0] for line in ended.out.splitlines() if line.startswith("  ")}


def test_own_commands_look_for_no_others() -> None:
    """A command of the client's own comes without what other packages add."""
    code = """
import sys
from mastra_sync.cli import main
main(["run", "--help"])
print("pytest_mastra" in sys.modules)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.splitlines()[-1] == "False"


def test_an_unknown_command(mastra_sync: Command) -> None:
    """One that nobody has is refused."""
    ended = mastra_sync("polish")
    assert (ended.status, "'polish'" in ended.err) == (Exit.USAGE, True)
