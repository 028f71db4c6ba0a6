"""`--help` and `--version`: what they say, how wide, how fast."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Callable

import click
import pytest

from mastra_sync import __version__
from mastra_sync.cli import main
from mastra_sync.cli.commands import mastra_sync as group
from mastra_sync.cli.exits import EXITS_OF_STATUSES, Exit
from mastra_sync.statuses import SETTLED
from tests.cli.processes import Ended

Command = Callable[..., Ended]

COMMANDS = group.list_commands(click.Context(group))


def lines_of(command: click.Command, path: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return what can be typed to run something: a group stands for its commands."""
    if not isinstance(command, click.Group):
        return [path]
    context = click.Context(command)
    parts = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [line for name, part in parts if part is not None for line in lines_of(part, (*path, name))]


LINES = lines_of(group, ())
HEAVY = (
    "requests",
    "urllib3",
    "http.client",
    "pydantic",
    "pydantic_core",
    "tenacity",
    "rich",
    "jsonschema",
    "responses",
)


@pytest.mark.parametrize("columns", ["40", "80", "200"])
@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_no_line_of_help_is_over_80_columns(
    mastra_sync: Command, monkeypatch: pytest.MonkeyPatch, command: str | None, columns: str
) -> None:
    """Help fits a terminal of 80 columns, and does not spread on a wider one."""
    monkeypatch.setenv("COLUMNS", columns)
    ended = mastra_sync(*([command] if command else []), "--help")
    assert ended.status == Exit.SUCCESS
    assert max(map(len, ended.out.splitlines())) <= 80


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_every_command_has_an_example(mastra_sync: Command, line: tuple[str, ...]) -> None:
    """An example stands in each command's help as it would be typed."""
    assert f"\n    mastra-sync {' '.join(line)}" in mastra_sync(*line, "--help").out


def test_no_summary_is_cut_short(mastra_sync: Command) -> None:
    """The list of commands has whole sentences."""
    summaries = mastra_sync("--help").out.partition("Commands:")[2].partition("Exit status:")[0]
    assert "..." not in summaries


def test_help_lists_the_exit_statuses(mastra_sync: Command) -> None:
    """Every status that a script may meet is explained, but for that of a broken pipe, which the shell explains."""
    explained = mastra_sync("--help").out.partition("Exit status:")[2]
    listed = {int(line.split()[0]) for line in explained.splitlines() if line.strip()[:1].isdigit()}
    assert listed == set(Exit) - {Exit.BROKEN_PIPE}


def test_every_settled_status_has_an_exit_status() -> None:
    """No status that a run can end with is left to chance."""
    assert set(EXITS_OF_STATUSES) >= SETTLED


def test_version(mastra_sync: Command) -> None:
    """`--version` is that of the distribution."""
    assert mastra_sync("--version").out.split()[-1] == __version__


def test_completion(mastra_sync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that the help gives for completion prints a script for the shell."""
    assert "_MASTRA_SYNC_COMPLETE=bash_source mastra-sync" in mastra_sync("--help").out
    monkeypatch.setenv("_MASTRA_SYNC_COMPLETE", "zsh_source")
    assert "compdef" in mastra_sync().out


def test_no_arguments(mastra_sync: Command) -> None:
    """Without arguments the help is on stderr and nothing was done."""
    ended = mastra_sync()
    assert (ended.status, ended.out, ended.err[:6]) == (Exit.USAGE, "", "Usage:")


def test_the_command_is_installed() -> None:
    """`mastra-sync` is this function."""
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="mastra-sync")
    assert script.load() is main


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["demo", "--help"], ["--version"], ["run"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """Whoever asks for help does not wait for an HTTP library."""
    code = f"""
import sys
from mastra_sync.cli import main
main({arguments!r})
print("HEAVY", [name for name in {HEAVY!r} if name in sys.modules])
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.splitlines()[-1] == "HEAVY []"


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra(missing: str) -> None:
    """Without the extra the command says in one line how to install it; its version it knows."""
    code = f"""
import sys
import importlib.util
known = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == {missing!r} else known(name, package)
from mastra_sync.cli import main
main(["--version"])
sys.exit(main(["--help"]))
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        Exit.USAGE,
        f"mastra-sync, version {__version__}\n",
        f"mastra-sync: this command needs {missing}: pip install 'mastra-sync[cli]'\n",
    )
