"""Starting, resuming and waiting for one run, with its steps shown as they happen."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mastra_sync.arguments import request_body
from mastra_sync.cli.displays import Display, JsonLines, display_for
from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.failures import CommandContext, explain, first_line, in_options
from mastra_sync.cli.outcome import ADVICE_INDENT, conclude, left_running_advice
from mastra_sync.cli.server import PROGRAM, Server
from mastra_sync.cli.step_results import check_step_results
from mastra_sync.deadline import seconds_of
from mastra_sync.errors import InvalidArgument, MastraError, StreamError
from mastra_sync.resume_target import StepArgument
from mastra_sync.statuses import ACTIVE
from mastra_sync.step_graph import step_tree
from mastra_sync.terminal.writing import complain, print_json, printable

if TYPE_CHECKING:
    from mastra_sync.models import RunResult
    from mastra_sync.run import Run
    from mastra_sync.streaming import RunStream
    from mastra_sync.workflow import Workflow


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How a run is watched.

    Attributes:
        timeout: Seconds, infinite for no limit.
        quiet: Show no steps.
        json_events: Print events on stdout, and no result.
        output: What to print on stdout at the end: `result` or `full`.
    """

    timeout: float
    quiet: bool
    json_events: bool
    output: str


@dataclass(frozen=True, slots=True)
class StartArguments:
    """What a run is started with; None where nothing was given."""

    input_data: Any
    run_id: str | None
    joins: bool
    resource_id: str | None
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ResumeArguments:
    """What a run is resumed with; None where nothing was given."""

    resume_data: Any
    step: StepArgument
    label: str | None
    for_each_index: int | None
    joins: bool
    options: dict[str, Any]


def start(server: Server, workflow_id: str, arguments: StartArguments, watching: WatchOptions) -> Exit:
    """Start a run and follow it to where it settles."""
    with connect(server, workflow_id, arguments.run_id or "") as context:
        context.input_data = arguments.input_data
        workflow = context.client.get_workflow(workflow_id)
        # whatever cannot be sent is found before a run is made that would stay pending
        seconds_of(watching.timeout, "timeout")
        request_body(input_data=arguments.input_data, **arguments.options)
        run = workflow.create_run(arguments.run_id, resource_id=arguments.resource_id)
        context.run_id = run.run_id
        with _note_beginning(context):
            stream = run.stream(
                arguments.input_data,
                timeout=watching.timeout,
                # of a run that is joined it is said if there are no events
                on_gap="raise" if arguments.joins else "follow",
                if_started="join" if arguments.joins else "raise",
                resource_id=arguments.resource_id,
                **arguments.options,
            )
        return _follow(context, workflow, run, stream, watching)


def resume(server: Server, workflow_id: str, run_id: str, arguments: ResumeArguments, watching: WatchOptions) -> Exit:
    """Answer a suspended run and follow it to where it settles again."""
    with connect(server, workflow_id, run_id) as context:
        return answer(context, arguments, watching)


def answer(context: CommandContext, arguments: ResumeArguments, watching: WatchOptions) -> Exit:
    """Answer the suspended run that the command is about, and follow it.

    Raises:
        MastraError: The answer was refused, or the run cannot be followed.
    """
    workflow = context.client.get_workflow(context.workflow_id)
    run = workflow.get_run(context.run_id)
    with _note_beginning(context):
        stream = run.resume_stream(
            arguments.resume_data,
            step=arguments.step,
            label=arguments.label,
            for_each_index=arguments.for_each_index,
            timeout=watching.timeout,
            # of an answer that is joined it is said if there are no events
            on_gap="raise" if arguments.joins else "follow",
            if_answered="join" if arguments.joins else "raise",
            **arguments.options,
        )
    return _follow(context, workflow, run, stream, watching)


def time_travel(
    server: Server, workflow_id: str, run_id: str, step: str, arguments: dict[str, Any], watching: WatchOptions
) -> Exit:
    """Execute a run again from a step, and follow it to where it settles.

    Args:
        server: Where it is.
        workflow_id: The run's workflow.
        run_id: The run.
        step: The step.
        arguments: What the verb takes beside that: `input_data` and options.
        watching: How the run is watched.
    """
    with connect(server, workflow_id, run_id) as context:
        workflow = context.client.get_workflow(workflow_id)
        run = workflow.get_run(run_id)
        if "context" in arguments:
            check_step_results(arguments["context"], step_tree(workflow.details().step_graph))
        with _note_beginning(context):
            stream = run.time_travel_stream(step, timeout=watching.timeout, on_gap="follow", **arguments)
        return _follow(context, workflow, run, stream, watching)


def show_result(server: Server, workflow_id: str, run_id: str, watching: WatchOptions, *, wait: bool) -> Exit:
    """Print how a run stands, or wait until it is settled."""
    with connect(server, workflow_id, run_id) as context:
        workflow = context.client.get_workflow(workflow_id)
        run = workflow.get_run(run_id)
        result = run.result()
        if not wait or result.settled:
            if watching.json_events:
                JsonLines().settle(result, is_complete=False)
            return conclude(result, workflow, run, server, "none" if watching.json_events else watching.output)
        context.has_begun = True
        stream = run.observe(timeout=watching.timeout, on_gap="follow")
        return _follow(context, workflow, run, stream, watching)


def cancel(server: Server, workflow_id: str, run_id: str, *, as_json: bool) -> Exit:
    """Cancel a run."""
    with connect(server, workflow_id, run_id) as context:
        message = context.client.get_workflow(workflow_id).get_run(run_id).cancel()
        confirm(message, as_json=as_json, workflow=workflow_id, runId=run_id)
        return Exit.SUCCESS


def delete(server: Server, workflow_id: str, run_id: str, *, force: bool, as_json: bool) -> Exit:
    """Delete a run's record; that of an active run only by force."""
    with connect(server, workflow_id, run_id) as context:
        workflow = context.client.get_workflow(workflow_id)
        status = workflow.get_run(run_id).result().status
        if status in ACTIVE and not force:
            line = ADVICE_INDENT + server.command("cancel", workflow_id, run_id)
            raise Stop(
                Exit.USAGE,
                f"run {printable(run_id)} of {printable(workflow_id)!r} is {status}: it would go on, and be stored "
                f"anew; give --force, or cancel it first:\n{line}",
            )
        message = workflow.delete_run_by_id(run_id)
        confirm(message, as_json=as_json, workflow=workflow_id, runId=run_id)
        return Exit.SUCCESS


def confirm(message: str, *, as_json: bool, **about: str) -> None:
    """Tell what a server answers: on stderr, or as JSON on stdout.

    Args:
        message: What it says.
        as_json: Whether it is for programs.
        **about: What it is about, by the names that JSON has.
    """
    if as_json:
        print_json({**about, "message": message})
    else:
        complain(printable(message))


@contextlib.contextmanager
def connect(server: Server, workflow_id: str = "", run_id: str = "") -> Iterator[CommandContext]:
    """Give a client of the server; what goes wrong meanwhile ends the command with an explanation."""
    try:
        client = server.client()
    except InvalidArgument as error:
        raise Stop(Exit.USAGE, in_options(error)) from error
    with client:
        context = CommandContext(server, client, workflow_id, run_id)
        try:
            yield context
        except MastraError as error:
            raise explain(error, context) from error
        except BrokenPipeError:
            # nothing can be said to a reader that has gone
            raise
        except OSError as error:
            raise Stop(Exit.UNKNOWN if context.has_begun else Exit.SERVER, f"cannot write: {error.strerror}") from error
        except KeyboardInterrupt:
            if not context.has_begun:
                raise
            message = left_running_advice(context.workflow_id, context.run_id, server)
            raise Stop(Exit.INTERRUPTED, message) from None


@contextlib.contextmanager
def _note_beginning(context: CommandContext) -> Iterator[None]:
    """Note that the run may have begun, unless an exception says that it has not."""
    try:
        yield
    except KeyboardInterrupt:
        context.has_begun = True
        raise
    context.has_begun = True


def _follow(context: CommandContext, workflow: Workflow, run: Run, stream: RunStream, watching: WatchOptions) -> Exit:
    base_url = context.client.base_url
    display = display_for(workflow.id, run.run_id, base_url, quiet=watching.quiet, json_events=watching.json_events)
    result = watch(stream, display)
    output = "none" if isinstance(display, JsonLines) else watching.output
    return conclude(result, workflow, run, context.server, output)


def watch(stream: RunStream, display: Display) -> RunResult:
    """Show a run's events as they come, to where it settles."""
    with stream, display:
        try:
            for event in stream:
                display.show(event)
        except StreamError as error:
            # the run is not affected, so what is left of it is followed by polling
            complain(f"{PROGRAM}: {first_line(error)}; going on without its events")
        result = stream.result()
        display.settle(result, is_complete=stream.complete)
    return result
