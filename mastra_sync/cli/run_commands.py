"""What can be said of runs that others have started."""

# click takes \b for a paragraph that is not to be wrapped; PLC0415: see `commands.py`
# ruff: noqa: D301, PLC0415

from __future__ import annotations

from typing import Any

import click

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.inputs import read_input
from mastra_sync.cli.options import (
    answer_as_json,
    input_arguments,
    json_option,
    move_options,
    move_options_of,
    request_context_of,
    request_context_option,
    server_of,
    server_options,
    timeout_option,
    watch_options_of,
    watching_options,
)

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
    as the outermost workflow's. Where the runs of a workflow cannot be listed,
    those of the others are, stderr names it, and the exit status is 5.

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


@click.command()
@click.argument("workflow")
@click.argument("run_id")
@watching_options
@server_options
def watch(workflow: str, run_id: str, **options: Any) -> int:
    """Watch the run RUN_ID of WORKFLOW until it has ended.

    Somebody else has started it. Events that the server still holds are shown
    first; where it holds none, polls show the steps. A run that asks is watched
    on until somebody has answered.

    \b
    Examples:
      mastra-sync watch city-workflow 5f3c...
      mastra-sync watch city-workflow 5f3c... --json-events | jq .type
    """
    from mastra_sync.cli.watching import watch_run

    return watch_run(server_of(options), workflow, run_id, watch_options_of(options))


@click.command("time-travel")
@click.argument("workflow")
@click.argument("run_id")
@click.argument("step")
@input_arguments
@click.option("--resume-data", metavar="JSON|@FILE", help="The answer, where the step is suspended.")
@click.option(
    "--context", metavar="JSON|@FILE", help='Results of steps, instead of the recorded ones: {"STEP": {"output": ...}}.'
)
@move_options
@watching_options
@server_options
def time_travel(
    workflow: str,
    run_id: str,
    step: str,
    pairs: tuple[str, ...],
    source: str | None,
    resume_data: str | None,
    context: str | None,
    **options: Any,
) -> int:
    """Execute a run again from one of its steps, and follow it.

    What the run recorded from there on is overwritten. KEY=VALUE pairs and
    --input are the step's input, as for `mastra-sync run`; without them it gets
    what it got.

    \b
    Examples:
      mastra-sync time-travel order 5f3c... pay
      mastra-sync time-travel order 5f3c... booking.pay amount=3
    """
    from mastra_sync.cli.following import time_travel as travel

    given = {"input_data": read_input(pairs, source)} if pairs or source is not None else {}
    arguments = {
        **given,
        **json_option("resume_data", resume_data),
        **json_option("context", context),
        **move_options_of(options),
    }
    return travel(server_of(options), workflow, run_id, step, arguments, watch_options_of(options))


@click.command()
@click.argument("workflow")
@click.argument("run_id", required=False)
@click.option("--all", "restarts_all", is_flag=True, help="All runs that are running or waiting, instead of one.")
@click.option("--json", "as_json", is_flag=True, help="With --all: print as JSON what was restarted.")
@request_context_option
@watching_options
@server_options
def restart(workflow: str, run_id: str | None, *, restarts_all: bool, as_json: bool, **options: Any) -> int:
    """Execute a run again from its active step.

    This is for runs whose server has died: a run that is at work in truth does
    that step twice. One run is followed, with --all nothing is waited for.

    \b
    Examples:
      mastra-sync restart order 5f3c...
      mastra-sync restart order --all
    """
    from mastra_sync.cli.watching import restart_all, restart_run

    if (run_id is None) != restarts_all:
        raise Stop(Exit.USAGE, "give either a RUN_ID or --all")
    if run_id is None:
        _check_of_one_run(options)
        return restart_all(server_of(options), workflow, as_json=as_json)
    if as_json:
        raise Stop(Exit.USAGE, "--json is for --all; of one run --output full prints all that is known as JSON")
    return restart_run(server_of(options), workflow, run_id, request_context_of(options), watch_options_of(options))


def _check_of_one_run(options: dict[str, Any]) -> None:
    """Refuse with `--all` what only one run can be given, or shown by.

    Raises:
        Stop: One of these options is there.
    """
    given = {
        "--json-events": options["json_events"],
        "--output full": options["output"] == "full",
        "--request-context": options["request_context"] is not None,
    }
    for option in (name for name, is_given in given.items() if is_given):
        raise Stop(Exit.USAGE, f"{option} is for one run; with --all, --json prints what was restarted")


@click.command()
@click.argument("workflow")
@click.argument("run_id")
@click.option("--force", is_flag=True, help="Delete the record of a run that is running, too.")
@answer_as_json
@server_options
def delete(workflow: str, run_id: str, *, force: bool, as_json: bool, **options: Any) -> int:
    """Delete the record of the run RUN_ID of WORKFLOW.

    A run that is running is not stopped by it, and stored anew.

    \b
    Example:
      mastra-sync delete city-workflow 5f3c...
    """
    from mastra_sync.cli.following import delete as delete_run

    return delete_run(server_of(options), workflow, run_id, force=force, as_json=as_json)
