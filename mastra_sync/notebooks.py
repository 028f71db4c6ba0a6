"""How workflows, results and streams look in notebooks: HTML without scripts, everything in it escaped."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from mastra_sync.escapes import visible
from mastra_sync.graph_outline import Item, outline
from mastra_sync.json_types import to_plain_json
from mastra_sync.root_causes import CausedError, with_root_cause
from mastra_sync.workflow_graph import read_graph

LONGEST_VALUE = 1000
"""Characters of a value that are shown."""

MOST_STEPS = 200
"""Steps of a run that are shown."""

_BOX = "border:1px solid #8888;border-radius:4px;padding:2px 8px;margin:3px 0"
_COLOURS = {"success": "#1a7f37", "failed": "#cf222e", "tripwire": "#cf222e", "suspended": "#9a6700"}


class ShownStep(Protocol):
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


class ShownSuspension(Protocol):
    """What is shown of a place where a run waits."""

    @property
    def step(self) -> str:
        """The step."""

    @property
    def payload(self) -> Any:
        """What it asks."""


class ShownRun(Protocol):
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
    def steps(self) -> Mapping[str, ShownStep]:
        """Its steps by id."""

    @property
    def suspensions(self) -> Sequence[ShownSuspension]:
        """What it waits for."""


def workflow_html(name: str, description: str | None, graph: Any) -> str:
    """Return a workflow's graph as nested boxes."""
    described = f" {_escaped(description)}" if description else ""
    return f"<div><b>{_escaped(name)}</b>{described}{_boxes(outline(read_graph(graph, keep_unknown=True)))}</div>"


def result_html(result: ShownRun) -> str:
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


def stream_html(run_id: str, events: int, stands: str, last_event: object) -> str:
    """Return how far a stream has come; None for a last event that has not come."""
    last = f": {_escaped(repr(last_event))}" if last_event is not None else ""
    return f"<div><b>run {_escaped(run_id)}</b> {events} events, {_escaped(stands)}{last}</div>"


def _boxes(items: Sequence[Item]) -> str:
    return "".join(
        f'<div style="{_BOX}">{_escaped(item.title)}{_escaped(item.about)}{_boxes(item.children)}</div>'
        for item in items
    )


def _step_row(name: str, step: ShownStep) -> list[str]:
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
