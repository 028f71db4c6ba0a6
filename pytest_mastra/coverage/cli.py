"""`mastra-sync coverage`, found by an entry point; what it does is imported when it runs."""

# click takes \b for a paragraph that is not to be wrapped
# ruff: noqa: D301, PLC0415

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mastra_sync.cli.exits import Exit
from pytest_mastra.fake.cli import check_extra

KEPT = ".mastra-coverage.json"

_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group()
def coverage() -> None:
    """Tell what test suites have tried of their workflows.

    pytest --mastra-coverage writes the files that these commands read:
    .mastra-coverage.json below pytest's root directory.
    """


def _telling(command: _Command) -> _Command:
    """Give a command the options that say how coverage is told."""
    options = (
        click.option(
            "--form",
            default="term",
            show_default=True,
            metavar="FORM,...",
            help="term, term-missing, html, json, markdown.",
        ),
        click.option(
            "--fail-under", metavar="FAMILY:PERCENT,...", help="Exit with 1 below these: structure:90,trouble:50."
        ),
        click.option(
            "--against", metavar="FILE", type=click.Path(path_type=Path), help="Exit with 1 if goals of it are lost."
        ),
        click.option(
            "--omit", multiple=True, metavar="'PATTERN -- REASON'", help="Goals that are not counted; may be repeated."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@coverage.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--out",
    default=KEPT,
    show_default=True,
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Where the sum is written.",
)
@_telling
def combine(
    files: tuple[Path, ...], out: Path, form: str, fail_under: str | None, against: Path | None, omit: tuple[str, ...]
) -> Exit:
    """Add up what the parts of a suite have tried: shards of CI, targets.

    A goal is reached if any of the files has reached it.

    \b
    Examples:
      mastra-sync coverage combine shard-*/.mastra-coverage.json
      mastra-sync coverage combine a.json b.json --against main.json
    """
    check_extra()
    from pytest_mastra.coverage.command import CoverageReporter, combine_files

    return combine_files(files, out, CoverageReporter.from_options(form, fail_under, against, omit))


@coverage.command()
@click.argument("file", default=KEPT, metavar="[FILE]", type=click.Path(path_type=Path))
@_telling
def report(file: Path, form: str, fail_under: str | None, against: Path | None, omit: tuple[str, ...]) -> Exit:
    """Tell what a suite has tried, and which tests it lacks.

    \b
    Examples:
      mastra-sync coverage report --form term-missing
      mastra-sync coverage report --form markdown:coverage.md --against main.json
    """
    check_extra()
    from pytest_mastra.coverage.command import CoverageReporter, report_file

    return report_file(file, CoverageReporter.from_options(form, fail_under, against, omit))
