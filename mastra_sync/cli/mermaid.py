"""A workflow's graph as a Mermaid flowchart, which GitHub and many editors draw. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from mastra_sync.graph_tree import Node
from mastra_sync.terminal.writing import printable

_NAMES = {'"': "#quot;", "#": "#35;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\\": "#92;", "&": "#amp;", ";": "#59;"}


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

    def draw_sequence(self, nodes: Sequence[Node], begins: list[str], indent: str) -> list[str]:
        """Draw entries that follow each other, and return what the next one follows.

        Args:
            nodes: The entries.
            begins: What the first one follows.
            indent: Spaces before each line.
        """
        for node in nodes:
            begins = self._draw(node, begins, indent)
        return begins

    def connect(self, begins: list[str], end: str, label: str = "") -> None:
        """Draw arrows from several places to one."""
        self.arrows += [f"  {begin} -->{label} {end}" for begin in begins]

    def _draw(self, node: Node, begins: list[str], indent: str) -> list[str]:
        if node.kind in ("parallel", "conditional"):
            ends = []
            for child in node.children:
                ends += self._draw(child, begins, indent)
            # a condition that does not hold leads past its step
            return list(dict.fromkeys(ends)) or begins
        name = f"n{next(self._numbers)}"
        if not node.children:
            self.lines.append(f'{indent}{name}["{_text(node.title)}"]')
            self.connect(begins, name)
            return [name]
        self.lines.append(f'{indent}subgraph {name}["{_text(node.title)}"]')
        last = self.draw_sequence(node.children, begins, f"{indent}  ")
        self.lines.append(f"{indent}end")
        return last


def _text(title: str) -> str:
    return "".join(_NAMES.get(character, character) for character in printable(title))
