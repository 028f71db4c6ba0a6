"""Commands that other packages add by entry points, so that this one need not know them."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import NoReturn

import click

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.usage_errors import TellingCommand

ENTRY_POINTS = "mastra_sync.commands"
"""The group of the entry points: each names a `click.Command`, which is imported when it is run or listed."""


class ExtensibleGroup(click.Group):
    """A group with commands of its own and those of other packages."""

    command_class = TellingCommand

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*super().list_commands(ctx), *entry_points(group=ENTRY_POINTS).names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; only for one that is not the group's own, other packages are searched."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        found = entry_points(group=ENTRY_POINTS, name=cmd_name)
        return _load(next(iter(found))) if found else None


def _load(entry: EntryPoint) -> click.Command:
    try:
        command: click.Command = entry.load()
    except (ImportError, AttributeError) as error:
        return _stand_in(entry, error)
    return command


def _stand_in(entry: EntryPoint, error: Exception) -> click.Command:
    """Return a command that says why it cannot be run.

    One broken package does not take the help away.
    """
    problem = f"{entry.value} cannot be loaded: {error}"

    def refuse() -> NoReturn:
        raise Stop(Exit.USAGE, problem)

    settings = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
    return click.Command(entry.name, callback=refuse, context_settings=settings, short_help=f"({problem})")
