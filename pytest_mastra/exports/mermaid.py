"""A run as Mermaid: its graph, coloured by its path, and its time. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mastra_sync.escapes import escaped
from mastra_sync.mermaid_text import mermaid_text
from mastra_sync.workflow_graph import LOOP
from pytest_mastra.text.width import clipped

if TYPE_CHECKING:
    from mastra_sync.workflow_graph import Node
    from pytest_mastra.page.shown_run import ShownRun, ShownStep

_LONGEST = 60
_MOST_BARS = 60
_ITEM = re.compile(r"\[\d+\]")
_MILLISECONDS = 1000

_CLASSES: Mapping[str, str] = {
    "success": "fill:#dafbe1,stroke:#1a7f37,color:#0f3d1c",
    "failed": "fill:#ffebe9,stroke:#cf222e,stroke-width:3px,color:#5c0d13",
    "suspended": "fill:#fff8c5,stroke:#9a6700,color:#4d3400",
    "active": "fill:#ddf4ff,stroke:#0969da,color:#033d8b",
    "untaken": "fill:none,stroke:#8c959f,stroke-dasharray:4,color:#6e7781",
}
"""How a box is drawn by what became of its step."""

_CLASS_OF: Mapping[str, str] = {
    "success": "success",
    "bailed": "success",
    "failed": "failed",
    "tripwire": "failed",
    "suspended": "suspended",
    "paused": "suspended",
}

_TAGS: Mapping[str, str] = {"success": "done", "bailed": "done", "failed": "crit", "tripwire": "crit"}


def flowchart(run: ShownRun) -> str:
    """Return a run's graph as a flowchart: the path bold, the rest dashed; empty without steps."""
    if not run.layout.nodes:
        return ""
    chart = _Chart(run)
    chart.flow(run.layout.nodes)
    return "\n".join(chart.lines()) + "\n"


def gantt(run: ShownRun) -> str:
    """Return when steps did what as a Gantt chart; empty without times."""
    bars = list(_bars(run))
    if not bars:
        return ""
    head = ["gantt", "  dateFormat x", "  axisFormat %M:%S.%L", f"  section {_plain(run.traced.workflow_id)}"]
    return "\n".join([*head, *bars[:_MOST_BARS]]) + "\n"


def charts_of(run: ShownRun) -> list[str]:
    """Return the charts of a run that say anything, each as a block of Markdown."""
    return [f"```mermaid\n{chart}```\n" for chart in (flowchart(run), gantt(run)) if chart]


def _bars(run: ShownRun) -> Iterator[str]:
    for step in run.steps:
        for what, begin, end in step.spans:
            last = run.seconds if end is None else end
            if last is None:
                continue
            tag = {"suspended": "active", "sleeping": ""}.get(what, _TAGS.get(step.status, ""))
            name = _plain(step.name if what == "working" else f"{step.name} {what}")
            times = f"{begin * _MILLISECONDS:.0f}, {max(last, begin) * _MILLISECONDS:.0f}"
            yield f"  {name} :{f'{tag}, ' if tag else ''}{times}"


class _Chart:
    """Makes the lines of a flowchart.

    Args:
        steps: What the run came to.
    """

    def __init__(self, run: ShownRun) -> None:
        self._steps: dict[str, ShownStep] = {}
        for step in run.steps:
            path = run.entry_of(step.path)
            # of several items, one that failed is the one to be shown
            if path not in self._steps or step.status == "failed":
                self._steps[path] = step
        self._lines: list[str] = ["flowchart LR"]
        self._classes: dict[str, list[str]] = {}
        self._edges = 0
        self._taken: list[int] = []
        self._seen: dict[str, bool] = {}

    def lines(self) -> list[str]:
        """Return all lines."""
        styles = [f"  classDef {name} {_CLASSES[name]}" for name in self._classes]
        classes = [f"  class {','.join(names)} {name}" for name, names in self._classes.items()]
        bold = [f"  linkStyle {','.join(map(str, self._taken))} stroke-width:3px"] if self._taken else []
        return [*self._lines, *styles, *classes, *bold]

    def flow(self, nodes: Sequence[Node], before: Sequence[str] = ()) -> list[str]:
        """Add entries one after the other; return the names of the last ones."""
        exits = list(before)
        for node in nodes:
            exits = self._entry(node, exits)
        return exits

    def _entry(self, node: Node, before: Sequence[str]) -> list[str]:
        if node.arms:
            return [end for arm in node.arms for end in self._entry(arm, before)]
        name = f"n{len(self._seen)}"
        step = self._steps.get(node.name)
        self._seen[name] = step is not None
        details = [node.label, node.detail, step.count if step is not None else ""]
        # a box of its own stands for a nested workflow, and its steps come behind it
        self._lines.append(f'  {name}["{"<br/>".join(_label(detail) for detail in details if detail)}"]')
        style = "untaken" if step is None else _CLASS_OF.get(step.status, "active")
        self._classes.setdefault(style, []).append(name)
        for other in before:
            self._edge(other, name, node.condition)
        if node.repeats == LOOP:
            self._edge(name, name, node.detail)
        return self.flow(node.flow, [name])

    def _edge(self, begin: str, end: str, text: str = "") -> None:
        label = f'|"{_label(text)}"|' if text else ""
        self._lines.append(f"  {begin} -->{label} {end}")
        if self._seen[begin] and self._seen[end] and begin != end:
            self._taken.append(self._edges)
        self._edges += 1


def _label(text: str) -> str:
    """Return a text that Mermaid shows as it is, between quotes."""
    return mermaid_text(clipped(escaped(text), _LONGEST))


def _plain(text: str) -> str:
    """Return a text without what ends a name in a Gantt chart."""
    return " ".join(re.sub(r"[^\w \-.]", " ", clipped(escaped(text), _LONGEST)).split()) or "step"
