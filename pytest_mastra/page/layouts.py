"""The graphs of a page, each placed once, whatever ids its servers have made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mastra_sync.generated_ids import with_numbered_ids
from mastra_sync.records import parse_json
from mastra_sync.workflow_graph import graph_of_steps, read_graph
from pytest_mastra.page.layout import Layout, lay_out
from pytest_mastra.report.trace_records import as_json


@dataclass(frozen=True, slots=True)
class PlacedGraph:
    """A graph, as one server tells it, with the layout that it shares with others.

    Attributes:
        layout: Boxes and lines; ids that servers make up are numbered there.
        numbered: What stands there for which id of this server's.
    """

    layout: Layout
    numbered: dict[str, str]

    def name_of(self, step: str) -> str:
        """Return what the layout calls a step that results call so."""
        return with_numbered_ids(step, self.numbered) if self.numbered else step


class Layouts:
    """Graphs, each placed once."""

    def __init__(self) -> None:
        self._made: dict[str, Layout] = {}

    def of(self, graph: Any, paths: Sequence[str]) -> PlacedGraph:
        """Return a graph, placed; of one that is not known, the steps one after the other."""
        numbered: dict[str, str] = {}
        text = with_numbered_ids(as_json(paths if graph is None else graph), numbered)
        layout = self._made.get(text)
        if layout is None:
            told = parse_json(text.encode("utf-8", "surrogatepass")) if numbered else graph
            names = (with_numbered_ids(path, numbered) for path in paths)
            nodes = (read_graph(told) if graph is not None else ()) or graph_of_steps(names)
            layout = self._made[text] = lay_out(nodes)
        return PlacedGraph(layout, numbered)
