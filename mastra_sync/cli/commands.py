"""The command line: what can be said on it.

What is done then lives in `following.py` and `listing.py`.

Those are imported when a command runs, so that `--help` need not wait for an HTTP library.
"""

# click takes \b for a paragraph that is not to be wrapped
# ruff: noqa: D301, PLC0415

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from mastra_sync import __version__
from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.extensions import ExtensibleGroup
from mastra_sync.cli.inputs import read_input
from mastra_sync.cli.options import (
    OneOf,
    Text,
    answer_as_json,
    input_arguments,
    json_option,
    move_options,
    move_options_of,
    server_of,
    server_options,
    watch_options_of,
    watching_options,
)
from mastra_sync.cli.run_commands import delete, inbox, restart, time_travel, watch
from mastra_sync.cli.server import PROGRAM
from mastra_sync.cli.usage_errors import in_one_line, wanted_help
from mastra_sync.terminal.writing import complain

COMPLETION_VARIABLE = "_MASTRA_SYNC_COMPLETE"
DEFAULT_LIMIT = 20
STATUSES = ("pending", "running", "waiting", "suspended", "paused", "success", "failed", "canceled", "tripwire")


def run_command(arguments: Sequence[str] | None) -> int:
    """Do what a command line says and return the exit status.

    Raises:
        Stop: It could not be done.
    """
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        from click.shell_completion import shell_complete

        return shell_complete(mastra_sync, {}, PROGRAM, COMPLETION_VARIABLE, instruction)
    try:
        # click's own `main` would turn Ctrl-C and a broken pipe into exits of its own
        with mastra_sync.make_context(PROGRAM, list(sys.argv[1:] if arguments is None else arguments)) as context:
            status: int = mastra_sync.invoke(context)
            return status
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as error:
        if wanted := wanted_help(error):
            complain(wanted)
            return Exit.USAGE
        raise Stop(Exit.USAGE, in_one_line(error)) from None


@click.group(
    cls=ExtensibleGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="""\b
Exit status:
  0    the run succeeded
  1    the run failed, was canceled, or was stopped by a tripwire
  2    the command line or its data is wrong; nothing was started
  3    the run is suspended (it says how to resume it), or paused
  4    the time was up; the run goes on (it says how to wait for it)
  5    the server cannot be reached, or refuses; nothing was started
  6    the run may have been started, and cannot be followed: look
       at it before you start another
  130  Ctrl-C; the run goes on (it says how to wait for it)

\b
Results and lists are on stdout, everything else is on stderr. JSON on
stdout is one line, indented if stdout is a terminal.

\b
Completion in a shell (bash, zsh, fish):
  eval "$(_MASTRA_SYNC_COMPLETE=bash_source mastra-sync)"
""",
)
@click.version_option(__version__, prog_name=PROGRAM)
@click.pass_context
def mastra_sync(context: click.Context) -> None:
    """Run the workflows of a Mastra server.

    \b
    Examples:
      mastra-sync workflows --url http://localhost:4111
      mastra-sync run city-workflow city=Paris
    """
    if context.invoked_subcommand is None:
        complain(context.get_help())
        context.exit(Exit.USAGE)


@mastra_sync.command()
@click.argument("workflow")
@input_arguments
@click.option(
    "--run-id", help="The run's id, a new one by default. A run that was started before is not started again."
)
@click.option(
    "--join",
    is_flag=True,
    help="Go on with the run of --run-id if it was started before: wait for it, or print what became of it.",
)
@click.option("--resource-id", type=Text(), help="Whom the run belongs to.")
@click.option("--initial-state", metavar="JSON|@FILE", help="The workflow's state to begin with.")
@move_options
@watching_options
@server_options
def run(
    workflow: str,
    pairs: tuple[str, ...],
    source: str | None,
    run_id: str | None,
    resource_id: str | None,
    initial_state: str | None,
    *,
    join: bool,
    **options: Any,
) -> int:
    """Run WORKFLOW, show its steps, print its result as JSON.

    \b
    KEY=VALUE pairs make up the input, a JSON object. A VALUE that is JSON
    is taken as JSON, anything else as text:
      n=3  ok=true  list='[1, 2]'  name=Ann  text='"3"'
    A KEY is all before the first '=', dots too. Without pairs and --input
    the input is {}.

    \b
    Examples:
      mastra-sync run city-workflow city=Paris
      mastra-sync run foreach --input '[1, 2, 3]'
      jq .order mail.json | mastra-sync run order --input -
      mastra-sync run order --input @order.json --run-id order-17
      mastra-sync run order --input @order.json --run-id order-17 --join
      mastra-sync run city-workflow city=Paris --quiet | jq .text
      mastra-sync run city-workflow city=Paris --json-events | jq .type
    """
    from mastra_sync.cli.following import StartArguments, start

    if join and run_id is None:
        raise Stop(Exit.USAGE, "--join needs --run-id: nobody can have started a run with a new id")
    arguments = StartArguments(
        input_data=read_input(pairs, source),
        run_id=run_id,
        joins=join,
        resource_id=resource_id,
        options={**json_option("initial_state", initial_state), **move_options_of(options)},
    )
    return start(server_of(options), workflow, arguments, watch_options_of(options))


@mastra_sync.command()
@click.argument("workflow")
@click.argument("run_id")
@input_arguments
@click.option(
    "--step", type=Text(), metavar="STEP", help="Which step to answer, as in nested.step; needed if several wait."
)
@click.option("--label", type=Text(), help="The label that the step gave to what it asks, instead of --step.")
@click.option("--for-each-index", type=click.IntRange(min=0), help="Which item of a foreach; all by default.")
@click.option("--join", is_flag=True, help="Go on with the run if it was answered so before: wait for it, or print it.")
@move_options
@watching_options
@server_options
def resume(
    workflow: str,
    run_id: str,
    pairs: tuple[str, ...],
    source: str | None,
    step: str | None,
    label: str | None,
    for_each_index: int | None,
    *,
    join: bool,
    **options: Any,
) -> int:
    """Answer the suspended run RUN_ID of WORKFLOW, and follow it.

    \b
    KEY=VALUE pairs and --input are as for `mastra-sync run`; an answer
    has to be given, --input '{}' is one.

    \b
    Examples:
      mastra-sync resume approval 5f3c... ok=true
      mastra-sync resume approval 5f3c... ok=true --join
      mastra-sync resume trip 5f3c... --step booking.pay --input @card.json
    """
    from mastra_sync.cli.following import ResumeArguments
    from mastra_sync.cli.following import resume as resume_run

    if not pairs and source is None:
        raise Stop(Exit.USAGE, "an answer is needed: give KEY=VALUE pairs or --input; --input '{}' is an empty one")
    arguments = ResumeArguments(
        resume_data=read_input(pairs, source),
        step=step,
        label=label,
        for_each_index=for_each_index,
        joins=join,
        options=move_options_of(options),
    )
    return resume_run(server_of(options), workflow, run_id, arguments, watch_options_of(options))


@mastra_sync.command()
@click.argument("workflow")
@click.argument("run_id")
@click.option("--wait", is_flag=True, help="Wait until the run is settled, showing its steps.")
@watching_options
@server_options
def result(workflow: str, run_id: str, *, wait: bool, **options: Any) -> int:
    """Print the result of the run RUN_ID of WORKFLOW.

    The exit status says how the run stands; for one that is still going it is
    4.

    \b
    Examples:
      mastra-sync result city-workflow 5f3c...
      mastra-sync result city-workflow 5f3c... --wait --timeout 60
      mastra-sync result city-workflow 5f3c... --output full | jq .steps
    """
    from mastra_sync.cli.following import show_result

    return show_result(server_of(options), workflow, run_id, watch_options_of(options), wait=wait)


@mastra_sync.command()
@click.argument("workflow")
@click.argument("run_id")
@answer_as_json
@server_options
def cancel(workflow: str, run_id: str, *, as_json: bool, **options: Any) -> int:
    """Cancel the run RUN_ID of WORKFLOW.

    A step that does not watch for it goes on to its end; no further one
    begins. A run that has ended is left as it is.

    \b
    Example:
      mastra-sync cancel city-workflow 5f3c...
    """
    from mastra_sync.cli.following import cancel as cancel_run

    return cancel_run(server_of(options), workflow, run_id, as_json=as_json)


@mastra_sync.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the whole schemas.")
@server_options
def workflows(*, as_json: bool, **options: Any) -> int:
    """List the server's workflows and the input that they take.

    \b
    Examples:
      mastra-sync workflows
      mastra-sync workflows --json | jq '.[].id'
    """
    from mastra_sync.cli.listing import list_workflows

    return list_workflows(server_of(options), as_json=as_json)


@mastra_sync.command()
@click.argument("workflow")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the whole schemas.")
@click.option("--mermaid", "as_mermaid", is_flag=True, help="Print the graph as a Mermaid flowchart.")
@server_options
def show(workflow: str, *, as_json: bool, as_mermaid: bool, **options: Any) -> int:
    """Show the steps of WORKFLOW, its input and its output.

    \b
    Examples:
      mastra-sync show city-workflow
      mastra-sync show city-workflow --mermaid > city.mmd
    """
    from mastra_sync.cli.listing import show_workflow

    if as_json and as_mermaid:
        raise Stop(Exit.USAGE, "give either --json or --mermaid, not both")
    return show_workflow(server_of(options), workflow, as_json=as_json, as_mermaid=as_mermaid)


@mastra_sync.command()
@click.option(
    "--to",
    "folder",
    default=".",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the files go; by default here.",
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@server_options
def export(folder: Path, *, force: bool, **options: Any) -> int:
    """Write the server's workflows as files, with a fake of them.

    workflows.json is what the server says of them; fakes.py declares a fake
    that loads it, with a line for each step that says what it gives.

    \b
    Examples:
      mastra-sync export --to tests
      mastra-sync serve tests/fakes.py:server
    """
    from mastra_sync.cli.export import export_workflows

    return export_workflows(server_of(options), folder, force=force)


@mastra_sync.command()
@click.argument("workflow")
@click.option(
    "--status", metavar="STATUS", type=OneOf(STATUSES), help=f"Only runs with this one: {', '.join(STATUSES)}."
)
@click.option("--limit", type=click.IntRange(min=1), default=DEFAULT_LIMIT, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with everything that is known of each run.")
@server_options
def runs(workflow: str, status: str | None, limit: int, *, as_json: bool, **options: Any) -> int:
    """List the runs of WORKFLOW, newest first.

    \b
    Examples:
      mastra-sync runs approval --status suspended
      mastra-sync runs approval --limit 100 --json | jq '.[].runId'
    """
    from mastra_sync.cli.listing import list_runs

    return list_runs(server_of(options), workflow, status=status, limit=limit, as_json=as_json)


for command in (delete, inbox, restart, time_travel, watch):
    mastra_sync.add_command(command)
