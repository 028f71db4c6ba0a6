"""How the command ends: the result, what to do next, and the exit status."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mastra_sync.cli.exits import Exit, exit_of
from mastra_sync.cli.schemas import in_words, placeholders
from mastra_sync.cli.server import PROGRAM, Server
from mastra_sync.errors import MastraError
from mastra_sync.terminal.writing import complain, one_line, print_json, printable

if TYPE_CHECKING:
    from mastra_sync.models import RunResult, Suspension
    from mastra_sync.run import Run
    from mastra_sync.workflow import Workflow

ADVICE_INDENT = "    "


def conclude(result: RunResult, workflow: Workflow, run: Run, server: Server, output: str) -> Exit:
    """Print what became of a run and return the exit status that says the same.

    Args:
        result: The run as it is now.
        workflow: Its workflow.
        run: The run.
        server: Where it is.
        output: What goes to stdout: `result` for the result of a run that has one, `full` for the whole run, `none`.
    """
    if output == "full":
        print_json(full_record(result))
    elif output == "result" and result.ok:
        print_json(result.result)
    if result.status == "suspended":
        _say_how_to_resume(result, workflow, run, server)
    elif result.status == "paused":
        line = server.command("time-travel", run.workflow_id, run.run_id, "STEP", options=["--per-step"])
        complain(
            f"{PROGRAM}: {_name_of(run)} is paused after one step; time travel goes on with the next one:\n"
            f"{ADVICE_INDENT}{line}"
        )
    elif not result.settled:
        line = waiting_line(run.workflow_id, run.run_id, server)
        complain(f"{PROGRAM}: {_name_of(run)} is {result.status}; wait for it with\n{line}")
    elif not result.ok:
        complain(f"{PROGRAM}: {one_line(result.explain(), None)}")
    return exit_of(result.status)


def full_record(result: RunResult) -> dict[str, Any]:
    """Return everything that is known of a run, named as Mastra names it.

    `result` is there if the run succeeded.
    """
    known: dict[str, Any] = result.model_dump(by_alias=True, exclude_none=True)
    return {**known, "result": result.result} if result.ok else known


def waiting_line(workflow_id: str, run_id: str, server: Server) -> str:
    """Return the command line that waits for a run, indented."""
    return ADVICE_INDENT + server.command("result", workflow_id, run_id, options=["--wait"])


def left_running_advice(workflow_id: str, run_id: str, server: Server) -> str:
    """Return what to say of a run that goes on without anyone watching."""
    cancel = ADVICE_INDENT + server.command("cancel", workflow_id, run_id)
    return (
        f"run {printable(run_id)} of {printable(workflow_id)!r} was left as it is; "
        f"pick it up again, or cancel it, with\n{waiting_line(workflow_id, run_id, server)}\n{cancel}"
    )


def _say_how_to_resume(result: RunResult, workflow: Workflow, run: Run, server: Server) -> None:
    schemas = resume_schemas(workflow)
    lines = [f"{PROGRAM}: {_name_of(run)} is suspended; it goes on with"]
    for suspension in distinct_suspensions(result, run):
        schema = schemas.get(suspension.step)
        question = "" if suspension.payload in (None, {}) else f" asks {one_line(suspension.payload)}"
        wants = f" (answer: {printable(in_words(schema))})" if schema is not None else ""
        lines.append(f"  {printable(suspension.step)}{item_of(suspension)}{question}{wants}")
        lines.append(ADVICE_INDENT + resuming_line(run.workflow_id, run.run_id, suspension, schema, server))
    complain("\n".join(lines))


def resuming_line(
    workflow_id: str, run_id: str, suspension: Suspension, schema: Mapping[str, Any] | None, server: Server
) -> str:
    """Return the command line that answers a suspension, types for values."""
    target = ["--step", suspension.step]
    if suspension.for_each_index is not None:
        target += ["--for-each-index", str(suspension.for_each_index)]
    return server.command("resume", workflow_id, run_id, options=target, last=placeholders(schema))


def distinct_suspensions(result: RunResult, run: Run) -> list[Suspension]:
    """Return the suspensions that can be answered each on its own.

    Servers before the current ones take no item of a foreach.
    """
    if all(suspension.for_each_index is None for suspension in result.suspensions):
        return result.suspensions
    with contextlib.suppress(MastraError):
        if run.api.generation().for_each_index:
            return result.suspensions
    steps = {suspension.step: suspension for suspension in reversed(result.suspensions)}
    return [suspension.model_copy(update={"for_each_index": None}) for suspension in steps.values()]


def resume_schemas(workflow: Workflow) -> dict[str, dict[str, Any]]:
    """Return the schemas of answers by step, as far as the server tells of any."""
    try:
        details = workflow.details()
    except MastraError:
        return {}
    return {name: step.resume_schema for name, step in details.all_steps.items() if step.resume_schema is not None}


def item_of(suspension: Suspension) -> str:
    """Return which item of a foreach asks, as it is written after the step."""
    return "" if suspension.for_each_index is None else f"[{suspension.for_each_index}]"


def _name_of(run: Run) -> str:
    return f"run {printable(run.run_id)} of {printable(run.workflow_id)!r}"
