"""The page of the command, out of what `mastra-sync --help` prints; `python -m tests.docs.command_page` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from mastra_sync.cli.commands import mastra_sync as group

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "command.md"

INTRODUCTION = """# The command

`mastra-sync` comes with the extra `cli`: `pip install 'mastra-sync[cli]'`; `serve` and `demo` need the extra `pytest`
too. When something goes wrong it says what to do next, in words for a shell. This page is what `--help` prints.
"""


def written() -> str:
    """Return the page."""
    top = click.Context(group, info_name="mastra-sync", terminal_width=80, **group.context_settings)
    return INTRODUCTION + "".join(_parts(top))


def _parts(top: click.Context) -> Iterator[str]:
    yield _part(top)
    for name in group.list_commands(top):
        command = group.get_command(top, name)
        assert command is not None
        yield _part(click.Context(command, top, name, terminal_width=80, **command.context_settings))


def _part(context: click.Context) -> str:
    path = context.command_path
    return f"\n## {path}\n\n```console\n$ {path} --help\n{context.get_help()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
