"""`mastra-sync trace`, found by an entry point; what it does is imported when it runs."""

# click takes \b for a paragraph that is not to be wrapped
# ruff: noqa: D301, PLC0415

from __future__ import annotations

from pathlib import Path

import click

from mastra_sync.cli.exits import Exit
from mastra_sync.cli.options import OneOf
from pytest_mastra.fake.cli import check_extra

FORMATS = ("chrome", "otlp", "mermaid", "json")


@click.group()
def trace() -> None:
    """Look into traces that pytest --mastra-trace has kept."""


@trace.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--to", "wanted", required=True, type=OneOf(FORMATS), help="The format.")
@click.option("--out", metavar="PATH", type=click.Path(path_type=Path), help="Where it goes; by default to stdout.")
def export(file: Path, wanted: str, out: Path | None) -> Exit:
    """Write a trace in a format that others read.

    chrome: for ui.perfetto.dev and speedscope. otlp: for collectors of
    OpenTelemetry, as JSON. mermaid: a graph and a time chart of each run, in
    Markdown. json: all of it as one document.

    \b
    Examples:
      mastra-sync trace export .mastra-report/x.jsonl --to mermaid
      mastra-sync trace export x.jsonl --to otlp | curl -d @- \\
        -H content-type:application/json http://localhost:4318/v1/traces
    """
    check_extra()
    from pytest_mastra.exports.command import export_file

    return export_file(file, wanted, out)
