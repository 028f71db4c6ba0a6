"""What can be said of runs that others have started."""

# click takes \b for a paragraph that is not to be wrapped; PLC0415: see `commands.py`
# ruff: noqa: D301, PLC0415

from __future__ import annotations

from typing import Any

import click

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.options import server_of, server_options, timeout_option

DEFAULT_PAUSE = 2.0


@click.command()
@click.argument("run_id", required=False)
@click.option("--answer", is_flag=True, help="Ask for the answers one after another, here on the terminal.")
@click.option("--watch", is_flag=True, help="Go on with those that come later, until Ctrl-C.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    default=DEFAULT_PAUSE,
    show_default="2",
    metavar="SECONDS",
    help="The pause between two looks.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, with the schemas of the answers; one line each with --watch."
)
@timeout_option
@server_options
def inbox(
    run_id: str | None, timeout: float, every: float, *, answer: bool, watch: bool, as_json: bool, **options: Any
) -> int:
    """List what runs wait for, over all workflows.

    With the beginning of a RUN_ID: what this one waits for, with the command
    line that answers it. A run that waits in a nested workflow is listed once,
    as the outermost workflow's.

    \b
    Examples:
      mastra-sync inbox
      mastra-sync inbox 5f3c
      mastra-sync inbox --answer
      mastra-sync inbox --watch --json | jq .payload
    """
    from mastra_sync.cli.following import WatchOptions
    from mastra_sync.cli.inbox import InboxOptions, show_inbox

    if answer and as_json:
        raise Stop(Exit.USAGE, "give either --answer, which asks a person, or --json, which is for programs")
    watching = WatchOptions(timeout, quiet=False, json_events=False, output="result")
    wanted = InboxOptions(run_id, answers=answer, watches=watch, every=every, as_json=as_json, watching=watching)
    return show_inbox(server_of(options), wanted)
