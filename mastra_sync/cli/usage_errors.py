"""What is wrong with a command line: in one line, with what may have been meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from mastra_sync.cli.server import PROGRAM
from mastra_sync.suggest import did_you_mean, nearest_name

_OUT_OF_RANGE = re.compile(r" is not (?:a valid (?:float|integer) range|in the range .+)$")
_NO_COMMAND = re.compile(r"No such command '(.+?)'")


class TellingCommand(click.Command):
    """A command that knows of each error of its command line that it is its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read a command line; what is wrong with it is this command's."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise


def wanted_help(error: click.UsageError) -> str:
    """Return the help of a group that was called without a command; empty for other errors."""
    group = error.ctx.command if error.ctx is not None else None
    # click before 8.2 gives the help by itself, and has no exception for it
    is_bare = type(error).__name__ == "NoArgsIsHelpError"
    return error.ctx.get_help() if is_bare and group is not None and error.ctx is not None else ""


def in_one_line(error: click.UsageError) -> str:
    """Return what is wrong, and where help is."""
    problem = _problem(error)
    path = error.ctx.command_path if error.ctx is not None else PROGRAM
    return f"{problem}{' See' if problem.endswith('?') else '; see'} {path} --help"


def _problem(error: click.UsageError) -> str:
    said = " ".join(error.format_message().split()).removesuffix(".")
    if isinstance(error, click.NoSuchOption):
        return _of_option(error)
    if match := _NO_COMMAND.match(said):
        return f"{match[0]}{_meant_command(match[1], error.ctx)}"
    if isinstance(error, click.BadParameter) and error.param is not None:
        return _OUT_OF_RANGE.sub(f" is not {_range_in_words(error.param)}", said)
    return said


def _of_option(error: click.NoSuchOption) -> str:
    problem = f"No such option '{error.option_name}'"
    if error.option_name == "--token":
        return f"{problem} (a command line can be read by others): set MASTRA_API_TOKEN"
    if error.ctx is not None and error.ctx.parent is None and isinstance(error.ctx.command, click.Group):
        for name, command in error.ctx.command.commands.items():
            if any(error.option_name in param.opts for param in command.params):
                return f"{error.option_name} goes behind the command, as in {PROGRAM} {name} {error.option_name}"
    return problem + did_you_mean(nearest_name(error.option_name, _options(error.ctx)))


def _options(context: click.Context | None) -> Iterator[str]:
    for param in context.command.get_params(context) if context is not None else ():
        yield from (name for name in param.opts if name.startswith("--"))


def _meant_command(name: str, context: click.Context | None) -> str:
    group = context.command if context is not None else None
    known = group.list_commands(context) if context is not None and isinstance(group, click.Group) else []
    if name == "help":
        return f"; did you mean {context.command_path if context is not None else PROGRAM} --help?"
    return did_you_mean(nearest_name(name, known))


def _range_in_words(param: click.Parameter) -> str:
    """Return what a number has to be, such as `a whole number from 1 up`."""
    kind: object = param.type
    if not isinstance(kind, (click.IntRange, click.FloatRange)):
        return "what it may be"
    number = "a whole number" if isinstance(kind, click.IntRange) else "a number"
    number += " of seconds" if param.metavar == "SECONDS" else ""
    if kind.min is not None and kind.max is not None:
        return f"{number} from {kind.min:g} to {kind.max:g}"
    return f"{number} {'above' if kind.min_open else 'from'} {kind.min:g}{'' if kind.min_open else ' up'}"
