"""`mastra-sync report`, found by an entry point; what it does is imported when it runs."""

# click takes \b for a paragraph that is not to be wrapped
# ruff: noqa: D301, PLC0415

from __future__ import annotations

from pathlib import Path

import click

from mastra_sync.cli.exits import Exit
from pytest_mastra.fake.cli import check_extra

USUAL_PAGE = "mastra-report.html"


@click.command()
@click.option(
    "--out",
    "page",
    metavar="PATH",
    default=USUAL_PAGE,
    show_default=True,
    help="Where the page is written.",
    type=click.Path(path_type=Path),
)
@click.argument("traces", nargs=-1, required=True, metavar="TRACE...", type=click.Path(path_type=Path))
def report(page: Path, traces: tuple[Path, ...]) -> Exit:
    """Write a page that shows what the runs of traces did.

    A TRACE is a file that pytest --mastra-trace=on has written, or a folder
    of such files. The page is one file, which opens from disk. A test that
    is in several traces is there several times, to be compared.

    \b
    Examples:
      mastra-sync report .mastra-report
      mastra-sync report before.jsonl after.jsonl --out compared.html
    """
    check_extra()
    from pytest_mastra.page.command import write_report

    return write_report(traces, page)
