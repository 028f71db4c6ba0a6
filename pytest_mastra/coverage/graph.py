"""A workflow's graph as coverage asks it: which steps it has, which others are alike."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from mastra_sync.generated_ids import with_numbered_ids
from mastra_sync.workflow_graph import BLOCKS, SLEEP, WORKFLOW, Node, read_graph

_PARTS = BLOCKS | {WORKFLOW, SLEEP}
_ITEM = re.compile(r"\[\d+\](?=\.|$)")


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A workflow's graph.

    Attributes:
        flow: Its entries.
        shape: A text that is the same for graphs that have the same goals.
        parts: Those of its nodes that are more than one execution of a step: blocks, loops, nested workflows, pauses.
        said: What has been found out of it before, for those who look at many runs.
        numbered: Of a graph that many servers have: what stands in it for which id that this one has made up.
    """

    flow: tuple[Node, ...]
    shape: str
    _by_name: dict[str, Node] = field(default_factory=dict)
    parts: tuple[Node, ...] = ()
    said: dict[Any, Any] = field(default_factory=dict)
    numbered: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, graph: Any) -> Graph:
        """Return a graph as servers of all generations write it; what is none has no entries.

        Args:
            graph: `serializedStepGraph` of a run, or `stepGraph` of a workflow's details.
        """
        flow = read_graph(graph)
        nodes = [node for entry in flow for node in entry.nodes()]
        by_name: dict[str, Node] = {}
        for node in nodes:
            if node.name:
                by_name.setdefault(node.name, node)
        text = json.dumps([_shape(node) for node in flow], ensure_ascii=False)
        shape = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        return cls(flow, shape, by_name, tuple(node for node in nodes if node.repeats or node.kind in _PARTS))

    def as_told(self, numbered: dict[str, str]) -> Graph:
        """Return this graph of numbered ids as one server tells it; shares what was found."""
        return replace(self, numbered=numbered)

    def name_of(self, name: str) -> str:
        """Return what the graph calls a step that this server calls so."""
        return with_numbered_ids(name, self.numbered) if self.numbered else name

    def nodes(self) -> Iterator[Node]:
        """Give all nodes, in their order."""
        for node in self.flow:
            yield from node.nodes()

    def with_owners(self, workflow_id: str) -> Iterator[tuple[Node, str]]:
        """Give all nodes, each with the workflow, perhaps a nested one, that has it."""
        yield from _with_owners(self.flow, workflow_id)

    def find(self, name: str) -> Node | None:
        """Return the step that results and events call by this name: `outer.inner`, `outer[0].inner`."""
        known = self.name_of(name)
        found = self._by_name.get(known)
        if found is None and "[" in known:
            found = self._by_name.get(_ITEM.sub("", known))
        return found


def _with_owners(nodes: tuple[Node, ...], owner: str) -> Iterator[tuple[Node, str]]:
    for node in nodes:
        yield node, owner
        yield from _with_owners(node.arms, owner)
        yield from _with_owners(node.flow, node.id)


def _shape(node: Node) -> list[Any]:
    inner = [[_shape(one) for one in nodes] for nodes in (node.arms, node.flow)]
    return [node.kind, node.path, node.repeats, node.can_suspend, node.concurrency, *inner]
