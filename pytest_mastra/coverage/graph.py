"""A workflow's graph as coverage reads it: one tree, whichever generation wrote it. No I/O."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mastra_sync.generated_ids import generated_kind

STEP = "step"
WORKFLOW = "workflow"
MAPPING = "mapping"
SLEEP = "sleep"
PARALLEL = "parallel"
CONDITIONAL = "conditional"

LOOP = "loop"
FOREACH = "foreach"

_SLEEPS = frozenset({"sleep", "sleepUntil"})
_LOOPS = frozenset({"loop", "dowhile", "dountil"})
_PARTS = frozenset({WORKFLOW, SLEEP, PARALLEL, CONDITIONAL})
_ITEM = re.compile(r"\[\d+\](?=\.|$)")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """An entry of a graph, or an arm of one.

    Attributes:
        kind: `step`, `workflow` (a nested one), `mapping`, `sleep`, `parallel` or `conditional`.
        id: The id under which results have it; empty for a block.
        path: Where it stands, by names that stay the same: `outer.inner`, `sleep#1`, `branch#1`.
        repeats: `loop`, `foreach` or nothing.
        can_suspend: Whether the server says that it can.
        arms: What a block is made of.
        flow: The entries of a nested workflow.
        conditions: For each arm of a conditional, its condition as the server writes it; for a loop, its own.
        concurrency: How many items of a foreach are at work at once; None where only the server can tell.
        is_branch: Whether it is an arm of a conditional.
        order: Its place among its neighbours.
    """

    kind: str
    id: str
    path: str
    repeats: str = ""
    can_suspend: bool = False
    arms: tuple[Node, ...] = ()
    flow: tuple[Node, ...] = ()
    conditions: tuple[str, ...] = ()
    concurrency: int | None = 1
    is_branch: bool = False
    order: int = 0

    def nodes(self) -> Iterator[Node]:
        """Give this one and all that are inside of it, in their order."""
        yield self
        for inner in (*self.arms, *self.flow):
            yield from inner.nodes()


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A workflow's graph.

    Attributes:
        flow: Its entries.
        shape: A text that is the same for graphs that have the same goals.
        parts: Those of its nodes that are more than one execution of a step: blocks, loops, nested workflows, pauses.
        said: What has been found out of it before, for those who look at many runs.
    """

    flow: tuple[Node, ...]
    shape: str
    _by_name: dict[str, Node] = field(default_factory=dict)
    parts: tuple[Node, ...] = ()
    said: dict[Any, Any] = field(default_factory=dict)

    def nodes(self) -> Iterator[Node]:
        """Give all nodes, in their order."""
        for node in self.flow:
            yield from node.nodes()

    def find(self, name: str) -> Node | None:
        """Return the step that results and events call by this name: `outer.inner`, `outer[0].inner`."""
        found = self._by_name.get(name)
        if found is None and "[" in name:
            found = self._by_name.get(_ITEM.sub("", name))
        return found


def read_graph(graph: Any) -> Graph:
    """Return a graph as servers of all generations write it, as one tree.

    Entries of a kind that is not known are steps if they have an id, and are passed over otherwise.

    Args:
        graph: `serializedStepGraph` of a run, or `stepGraph` of a workflow's details.
    """
    by_name: dict[str, Node] = {}
    try:
        flow = _flow(graph, "", "", by_name)
        text = json.dumps([_shape(node) for node in flow], ensure_ascii=False)
    except RecursionError:
        # nobody runs workflows within hundreds of workflows; a server may say so
        return read_graph(None)
    shape = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    nodes = (node for entry in flow for node in entry.nodes())
    return Graph(flow, shape, by_name, tuple(node for node in nodes if node.repeats or node.kind in _PARTS))


def _flow(entries: Any, names: str, paths: str, by_name: dict[str, Node]) -> tuple[Node, ...]:
    """Return the entries of one workflow.

    Args:
        entries: As the server writes them.
        names: What stands before the names of its steps in results: `outer.`.
        paths: The same, of paths.
        by_name: Gets the steps.
    """
    count: Counter[str] = Counter()
    found: list[Node] = []
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping):
            node = _entry(entry, names, paths, by_name, count, len(found))
            if node is not None:
                found.append(node)
    return tuple(found)


def _entry(
    entry: Mapping[str, Any], names: str, paths: str, by_name: dict[str, Node], count: Counter[str], order: int
) -> Node | None:
    kind = entry.get("type")
    if kind in (PARALLEL, CONDITIONAL):
        word = "branch" if kind == CONDITIONAL else PARALLEL
        children = entry.get("steps")
        arms = [
            _step(child, names, paths, by_name, count, order, is_branch=kind == CONDITIONAL)
            for child in (children if isinstance(children, list) else ())
        ]
        conditions = entry.get("serializedConditions")
        return Node(
            str(kind),
            "",
            paths + (_text(entry.get("id")) or _numbered(word, count)),
            arms=tuple(arm for arm in arms if arm is not None),
            conditions=tuple(map(_condition, conditions)) if isinstance(conditions, list) else (),
            order=order,
        )
    if kind in _LOOPS:
        condition = _condition(entry.get("serializedCondition"))
        return _step(entry.get("step"), names, paths, by_name, count, order, repeats=LOOP, conditions=(condition,))
    if kind == FOREACH:
        opts = entry.get("opts")
        wish = opts.get("concurrency") if isinstance(opts, Mapping) else 1
        concurrency = int(wish) if isinstance(wish, (int, float)) else None
        inner = entry.get("step")
        return _step(inner, names, paths, by_name, count, order, repeats=FOREACH, concurrency=concurrency)
    return _step(entry, names, paths, by_name, count, order)


def _step(
    entry: Any, names: str, paths: str, by_name: dict[str, Node], count: Counter[str], order: int, **more: Any
) -> Node | None:
    """Return a step, a nested workflow, a mapping or a pause."""
    if not isinstance(entry, Mapping):
        return None
    inner = entry.get("step")
    own = inner if isinstance(inner, Mapping) else entry
    step_id = _text(own.get("id"))
    if step_id is None:
        return None
    generated = generated_kind(step_id)
    path = paths + (_numbered(generated, count) if generated else step_id)
    kind, flow = STEP, own.get("serializedStepFlow")
    if entry.get("type") in _SLEEPS:
        kind = SLEEP
    elif entry.get("type") == MAPPING or "mapConfig" in own:
        kind = MAPPING
    elif entry.get("type") == WORKFLOW or own.get("component") == "WORKFLOW":
        kind = WORKFLOW
        more["flow"] = _flow(flow, f"{names}{step_id}.", f"{path}.", by_name)
    node = Node(kind, step_id, path, can_suspend=own.get("canSuspend") is True, order=order, **more)
    by_name.setdefault(names + step_id, node)
    return node


def _numbered(word: str, count: Counter[str]) -> str:
    count[word] += 1
    return f"{word}#{count[word]}"


def _condition(condition: Any) -> str:
    text = condition.get("fn") if isinstance(condition, Mapping) else None
    return " ".join(text.split()) if isinstance(text, str) else ""


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _shape(node: Node) -> list[Any]:
    inner = [[_shape(one) for one in nodes] for nodes in (node.arms, node.flow)]
    return [node.kind, node.path, node.repeats, node.can_suspend, node.concurrency, *inner]
