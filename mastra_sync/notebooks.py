"""How workflows, results and streams look in notebooks: HTML without scripts, everything in it escaped."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from mastra_sync.escapes import visible
from mastra_sync.graph_outline import Item, outline
from mastra_sync.json_types import to_plain_json
from mastra_sync.root_causes import CausedError, with_root_cause
from mastra_sync.statuses import need_of
from mastra_sync.step_graph import graph_of
from mastra_sync.workflow_graph import graph_of_steps, read_graph

LONGEST_VALUE = 1000
"""Characters of a value that are shown."""

MOST_STEPS = 200
"""Steps of a run that are shown."""

_ITEM = re.compile(r"\[\d+\]")
_BOX = "border:1px solid #8888;border-radius:4px;padding:2px 8px;margin:3px 0"
_COLOURS = {"success": "#1a7f37", "failed": "#cf222e", "tripwire": "#cf222e", "suspended": "#9a6700"}


class NotebookStep(Protocol):
    """What is shown of a step."""

    @property
    def status(self) -> str:
        """As Mastra names it."""

    @property
    def output(self) -> Any:
        """What it gave."""

    @property
    def error(self) -> CausedError | None:
        """Why it failed."""


class NotebookSuspension(Protocol):
    """What is shown of a place where a run waits."""

    @property
    def step(self) -> str:
        """The step."""

    @property
    def payload(self) -> Any:
        """What it asks."""


class NotebookRun(Protocol):
    """What is shown of a run."""

    @property
    def workflow_id(self) -> str | None:
        """Its workflow."""

    @property
    def run_id(self) -> str | None:
        """Its id."""

    @property
    def status(self) -> str:
        """As Mastra names it."""

    @property
    def ok(self) -> bool:
        """Whether it has succeeded."""

    @property
    def result(self) -> Any:
        """What it came to."""

    @property
    def error(self) -> CausedError | None:
        """Why it failed."""

    @property
    def steps(self) -> Mapping[str, NotebookStep]:
        """Its steps by id."""

    @property
    def suspensions(self) -> Sequence[NotebookSuspension]:
        """What it waits for."""

    @property
    def raw(self) -> Any:
        """What the server answered."""


def workflow_html(name: str, description: str | None, graph: Any) -> str:
    """Return a workflow's graph as nested boxes."""
    described = f" {_escaped(description)}" if description else ""
    return f"<div><b>{_escaped(name)}</b>{described}{_boxes(outline(read_graph(graph, keep_unknown=True)))}</div>"


def result_html(result: NotebookRun) -> str:
    """Return a run as a table of its steps, and what it came to."""
    title = f"<b>{_escaped(result.workflow_id or 'run')}</b> {_escaped(result.run_id or '')} {_status(result.status)}"
    steps = list(result.steps.items())
    rows = [_step_row(name, step) for name, step in steps[:MOST_STEPS]]
    if len(steps) > MOST_STEPS:
        rows.append([f"... and {len(steps) - MOST_STEPS} more steps", "", ""])
    parts = [title, _table(rows)]
    if result.ok:
        parts.append(_value(result.result))
    elif result.error is not None:
        parts.append(_pre(with_root_cause(result.error)))
    parts += [f"{_escaped(item.step)} asks {_value(item.payload)}" for item in result.suspensions]
    return f"<div>{''.join(parts)}</div>"


def stream_html(run_id: str, events: int, stands: str, last_event: object, run: NotebookRun | None) -> str:
    """Return how far a stream has come, and its run's steps so far as nested boxes.

    Args:
        run_id: The run.
        events: How many were handed out.
        stands: Whether more are to come.
        last_event: The last of them; None before the first.
        run: The run as it is now; None if it could not be read.
    """
    last = f": {_escaped(repr(last_event))}" if last_event is not None else ""
    steps = "" if run is None else _steps_on_graph(run)
    return f"<div><b>run {_escaped(run_id)}</b> {events} events, {_escaped(stands)}{last}{steps}</div>"


def _steps_on_graph(run: NotebookRun) -> str:
    statuses: dict[str, str] = {}
    for name, step in run.steps.items():
        entry = _ITEM.sub("", name)
        if entry not in statuses or need_of(step.status) < need_of(statuses[entry]):
            statuses[entry] = step.status
    return _boxes(outline(read_graph(graph_of(run.raw)) or graph_of_steps(statuses)), statuses)


def _boxes(items: Sequence[Item], statuses: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return an outline as nested boxes, with what is known of its steps' statuses."""
    return "".join(
        f'<div style="{_BOX}">{_escaped(item.title)}{_escaped(item.about)}'
        f"{f' {_status(statuses[item.name])}' if item.name in statuses else ''}"
        f"{_boxes(item.children, statuses)}</div>"
        for item in items
    )


def _step_row(name: str, step: NotebookStep) -> list[str]:
    if step.status == "failed" and step.error is not None:
        shown = _pre(with_root_cause(step.error))
    else:
        shown = "" if step.output is None else _value(step.output)
    return [_escaped(name), _status(step.status), shown]


def _status(status: str) -> str:
    colour = _COLOURS.get(status, "inherit")
    return f'<span style="color:{colour}">{_escaped(status)}</span>'


def _table(rows: Iterable[list[str]]) -> str:
    lines = "".join(
        "<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in row) + "</tr>" for row in rows
    )
    return f"<table>{lines}</table>" if lines else ""


def _value(value: Any) -> str:
    text = ""
    # a piece at a time: what is nested deeply, or long, is written no further than it is shown
    for piece in json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(to_plain_json(value)):
        text += piece
        if len(text) > LONGEST_VALUE:
            break
    return _pre(text)


def _pre(text: str) -> str:
    cut = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
    return f'<pre style="margin:0">{_escaped(cut)}</pre>'


def _escaped(text: str) -> str:
    return html.escape(visible(text))
