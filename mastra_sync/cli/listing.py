"""What a server offers and has run, as tables for people and JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from mastra_sync.cli.exits import Exit
from mastra_sync.cli.following import connect
from mastra_sync.cli.mermaid import flowchart
from mastra_sync.cli.outcome import full_record
from mastra_sync.cli.schemas import fields_of, in_words
from mastra_sync.cli.server import Server
from mastra_sync.cli.tables import print_table
from mastra_sync.durations import duration
from mastra_sync.graph_outline import Item, outline
from mastra_sync.root_causes import with_root_cause
from mastra_sync.terminal.writing import (
    complain,
    one_line,
    print_json,
    print_text,
    printable,
)
from mastra_sync.workflow_graph import read_graph

if TYPE_CHECKING:
    from mastra_sync.models import RunResult
    from mastra_sync.workflow_models import WorkflowDetails

LARGEST_PAGE = 100


def list_workflows(server: Server, *, as_json: bool) -> Exit:
    """Print what the server offers."""
    with connect(server) as attempt:
        found = attempt.client.list_workflows()
        if as_json:
            print_json([_workflow_record(key, details) for key, details in found.items()])
            return Exit.SUCCESS
        if not found:
            complain(f"{attempt.client.base_url} has no workflows")
        rows = [
            (details.name or key, str(_step_count(details)), in_words(details.input_schema), details.description or "")
            for key, details in found.items()
        ]
        print_table(("WORKFLOW", "STEPS", "INPUT", "DESCRIPTION"), sorted(rows))
        return Exit.SUCCESS


def show_workflow(server: Server, workflow_id: str, *, as_json: bool, as_mermaid: bool) -> Exit:
    """Print one workflow: its input, output and steps, or its graph alone."""
    with connect(server, workflow_id) as attempt:
        details = attempt.client.get_workflow(workflow_id).details()
        if as_json:
            print_json({**_workflow_record(workflow_id, details), "stepGraph": details.step_graph})
            return Exit.SUCCESS
        if as_mermaid:
            print_text(flowchart(read_graph(details.step_graph, keep_unknown=True)))
            return Exit.SUCCESS
        described = f": {details.description}" if details.description else ""
        lines = [
            f"{details.name or workflow_id}{described}",
            f"  input   {in_words(details.input_schema)}",
            f"  output  {in_words(details.output_schema)}",
        ]
        if details.state_schema is not None:
            lines.append(f"  state   {in_words(details.state_schema)}")
        items = outline(read_graph(details.step_graph, keep_unknown=True))
        lines += ["  steps", *(f"    {line}" for line in outline_lines(items))]
        for line in lines:
            print_text(printable(line))
        return Exit.SUCCESS


def list_runs(server: Server, workflow_id: str, *, status: str | None, limit: int, as_json: bool) -> Exit:
    """Print a workflow's newest runs."""
    with connect(server, workflow_id) as attempt:
        workflow = attempt.client.get_workflow(workflow_id)
        newest = workflow.iter_runs(status=status, per_page=min(limit, LARGEST_PAGE))
        found = list(islice(newest, min(limit, sys.maxsize)))
        if as_json:
            print_json([full_record(run) for run in found])
            return Exit.SUCCESS
        if not found:
            complain(f"no {status + ' ' if status else ''}runs of {printable(workflow_id)!r}")
        print_table(("RUN", "STATUS", "CREATED", "TOOK", "WHAT"), [_row_of(run) for run in found])
        return Exit.SUCCESS


def local_time(moment: datetime | None) -> str:
    """Return a moment as people here read it; nothing for none."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def outline_lines(items: Iterable[Item]) -> list[str]:
    """Return a workflow's graph as lines, what is inside of a block indented below it."""
    return [line for item in items for line in _item_lines(item)]


def _item_lines(item: Item) -> list[str]:
    return [f"{item.title}{':' if item.is_group else item.about}", *_indented(outline_lines(item.children))]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _workflow_record(key: str, details: WorkflowDetails) -> dict[str, Any]:
    return {
        "id": details.name or key,
        "key": key,
        "description": details.description,
        "steps": _step_count(details),
        "input": fields_of(details.input_schema),
        "inputSchema": details.input_schema,
        "outputSchema": details.output_schema,
        "stateSchema": details.state_schema,
    }


def _step_count(details: WorkflowDetails) -> int:
    return len(details.steps) if details.step_count is None else details.step_count


def _row_of(run: RunResult) -> tuple[str, ...]:
    created = local_time(run.created_at)
    took = (
        duration((run.updated_at - run.created_at).total_seconds())
        if run.finished and run.created_at and run.updated_at
        else ""
    )
    return (run.run_id or "", run.status, created, took, _gist(run))


def _gist(run: RunResult) -> str:
    """Return what matters most about a run in a few words."""
    if run.ok:
        return one_line(run.result)
    if run.status == "suspended":
        return "at " + ", ".join(".".join(path) for path in run.suspended)
    error = run.error or (run.failed_step.error if run.failed_step else None)
    return one_line(with_root_cause(error)) if error else ""
