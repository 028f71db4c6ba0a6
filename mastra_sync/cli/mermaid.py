"""A workflow's graph as a Mermaid flowchart, which GitHub and many editors draw. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from mastra_sync.graph_outline import repetition, shortened, title
from mastra_sync.mermaid_text import mermaid_text
from mastra_sync.terminal.writing import printable
from mastra_sync.workflow_graph import BLOCKS, WORKFLOW, Node


def flowchart(nodes: Sequence[Node]) -> str:
    """Return the flowchart of a graph, from its start to its end."""
    chart = _Chart()
    chart.lines += ['  start(["start"])']
    ends = chart.draw_sequence(nodes, ["start"], "  ")
    chart.lines += ['  end_(["end"])']
    chart.connect(ends, "end_")
    return "\n".join(["flowchart TD", *chart.lines, *chart.arrows])


class _Chart:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.arrows: list[str] = []
        self._numbers = count(1)

    def draw_sequence(self, nodes: Sequence[Node], begins: list[str], indent: str, condition: str = "") -> list[str]:
        """Draw entries that follow each other, and return what the next one follows.

        Args:
            nodes: The entries.
            begins: What the first one follows.
            indent: Spaces before each line.
            condition: By which the first one is come to.
        """
        for node in nodes:
            begins = self._draw(node, begins, indent, condition)
            condition = ""
        return begins

    def connect(self, begins: list[str], end: str, condition: str = "") -> None:
        """Draw arrows from several places to one."""
        label = f'|"{_text(shortened(condition))}"|' if condition else ""
        self.arrows += [f"  {begin} -->{label} {end}" for begin in begins]

    def _draw(self, node: Node, begins: list[str], indent: str, condition: str) -> list[str]:
        if node.kind in BLOCKS:
            ends = []
            for arm in node.arms:
                ends += self._draw(arm, begins, indent, arm.condition or condition)
            # a condition that does not hold leads past its step
            return list(dict.fromkeys(ends)) or begins
        if node.repeats:
            return self._draw_group(repetition(node), [node.once], begins, indent, condition)
        if node.kind == WORKFLOW and node.flow:
            return self._draw_group(title(node), node.flow, begins, indent, condition)
        name = f"n{next(self._numbers)}"
        self.lines.append(f'{indent}{name}["{_text(title(node))}"]')
        self.connect(begins, name, condition)
        return [name]

    def _draw_group(
        self, heading: str, nodes: Sequence[Node], begins: list[str], indent: str, condition: str
    ) -> list[str]:
        """Draw a box around entries, and return what the next one follows."""
        name = f"n{next(self._numbers)}"
        self.lines.append(f'{indent}subgraph {name}["{_text(heading)}"]')
        last = self.draw_sequence(nodes, begins, f"{indent}  ", condition)
        self.lines.append(f"{indent}end")
        return last


def _text(title: str) -> str:
    return mermaid_text(printable(title))
