"""`mastra-sync record` and `diff`, found by entry points; what they do is imported when they run."""

# click takes \b for a paragraph that is not to be wrapped
# ruff: noqa: D301, PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mastra_sync.cli.options import server_of, server_options
from pytest_mastra.fake.cli import check_extra


@click.command()
@click.argument("workflow")
@click.argument("run_id")
@click.option(
    "--output",
    "folder",
    default=".",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the files go; by default here.",
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="NAME",
    help="What stands under this name is secret too; may be repeated.",
)
@server_options
def record(workflow: str, run_id: str, folder: Path, secrets: tuple[str, ...], **options: Any) -> int:
    """Record the run RUN_ID of WORKFLOW as a test that passes.

    Nothing is started: the run is read as the server has stored it. Three files
    are written: a cassette without secrets, a fake whose workflow does what the
    run did, and a test on that fake with the run's input and answers.

    \b
    Examples:
      mastra-sync record order 5f3c... --output tests
      mastra-sync record order 5f3c... --secret iban
    """
    check_extra()
    from pytest_mastra.regression.record_run import record_run

    return record_run(server_of(options), workflow, run_id, folder, secrets)


@click.command()
@click.argument("workflow")
@click.argument("run_id")
@click.argument("other_run_id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@server_options
def diff(workflow: str, run_id: str, other_run_id: str, *, as_json: bool, **options: Any) -> int:
    """Tell what two runs of WORKFLOW did otherwise, step by step.

    Compared are statuses, inputs, outputs, errors and answers. Times and ids
    that servers make up do not count. A step's input is shown only if it is not
    the output before it. The exit status is 0 if they did the same, else 1.

    \b
    Examples:
      mastra-sync diff order 5f3c... 77ab...
      mastra-sync diff order 5f3c... 77ab... --json | jq '.differences[].step'
    """
    from pytest_mastra.regression.compare_runs import compare_runs

    return compare_runs(server_of(options), workflow, run_id, other_run_id, as_json=as_json)
