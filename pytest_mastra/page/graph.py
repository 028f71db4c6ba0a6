"""A workflow's graph as a tree, whichever generation of servers wrote it. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mastra_sync.generated_ids import generated_kind
from mastra_sync.terminal.writing import duration

_MILLISECONDS = 1000
_LOOP_WORDS = {"dowhile": "while", "dountil": "until"}
_BLOCKS = {"parallel": "parallel", "conditional": "branch"}
_DEEPEST = 20
"""Workflows within workflows that are drawn."""


@dataclass(frozen=True, slots=True)
class Node:
    """An entry of a graph.

    Attributes:
        kind: `step`, `nested`, `loop`, `foreach`, `sleep`, `map`, or a block: `parallel`, `branch`.
        path: The id that results have for it, with the nested workflows around it; empty for a block.
        label: What it is called.
        detail: What a loop goes on by, how many at once, how long a sleep takes.
        children: Its arms, the steps of a nested workflow, or the one step of a loop that is itself a workflow.
        conditions: Of a branch: the condition of each arm.
    """

    kind: str
    path: str = ""
    label: str = ""
    detail: str = ""
    children: tuple[Node, ...] = ()
    conditions: tuple[str, ...] = field(default=())


def read_graph(graph: Any, within: str = "", depth: int = 0) -> tuple[Node, ...]:
    """Return the entries of a graph; what is not understood is left out.

    Args:
        graph: `serializedStepGraph`, `stepGraph`, or the flow of a nested workflow.
        within: The path of the nested workflow that it is of.
        depth: How many workflows are around it.
    """
    entries = graph if isinstance(graph, Sequence) and not isinstance(graph, str) and depth < _DEEPEST else ()
    nodes = (_node(entry, within, depth) for entry in entries if isinstance(entry, Mapping))
    return tuple(node for node in nodes if node is not None)


def graph_of_steps(paths: Iterable[str]) -> tuple[Node, ...]:
    """Return steps one after the other: the graph of a workflow whose own is not known."""
    known = [path for path in paths if path]
    outer = [path for path in known if not any(path.startswith((f"{other}.", f"{other}[")) for other in known)]
    return tuple(Node("step", path, _label(path)) for path in outer)


def _node(entry: Mapping[str, Any], within: str, depth: int) -> Node | None:
    kind = entry.get("type")
    if kind in _BLOCKS:
        arms = read_graph(entry.get("steps"), within, depth)
        return Node(_BLOCKS[kind], children=arms, conditions=_conditions(entry)) if arms else None
    inner = entry.get("step")
    step = inner if isinstance(inner, Mapping) else {}
    if kind in ("loop", "foreach"):
        repeated = step if "type" in step else {"type": "step", "step": step}
        body = _node(repeated, within, depth)
        return None if body is None else _repeated(body, entry)
    own = entry.get("id") or step.get("id")
    if not isinstance(own, str):
        return None
    return _executed(own, f"{within}.{own}" if within else own, entry, step, depth)


def _executed(own: str, path: str, entry: Mapping[str, Any], step: Mapping[str, Any], depth: int) -> Node:
    """Return what is executed by itself: a step, a nested workflow, a sleep, a mapping."""
    kind = entry.get("type")
    flow = entry.get("serializedStepFlow", step.get("serializedStepFlow"))
    if flow is not None:
        return Node("nested", path, _label(own), children=read_graph(flow, path, depth + 1))
    if kind in ("sleep", "sleepUntil"):
        return Node("sleep", path, "sleep" if kind == "sleep" else "sleep until", _length_of(entry))
    if kind == "mapping" or "mapConfig" in step:
        return Node("map", path, "map", _text(entry.get("mapConfig", step.get("mapConfig"))))
    return Node("step", path, _label(own))


def _repeated(body: Node, entry: Mapping[str, Any]) -> Node:
    """Return a loop or foreach around its step, whose id is its own."""
    if entry.get("type") == "foreach":
        options = entry.get("opts")
        at_once = options.get("concurrency") if isinstance(options, Mapping) else None
        is_many = isinstance(at_once, int) and at_once > 1
        kind, detail = "foreach", f"{at_once} at once" if is_many else "one by one"
    else:
        condition = entry.get("serializedCondition")
        words = _text(condition.get("fn")) if isinstance(condition, Mapping) else ""
        kind, detail = "loop", f"{_LOOP_WORDS.get(str(entry.get('loopType')), 'repeat')} {words}".strip()
    return Node(kind, body.path, body.label, detail, body.children)


def _conditions(entry: Mapping[str, Any]) -> tuple[str, ...]:
    if entry.get("type") != "conditional":
        return ()
    told = entry.get("serializedConditions")
    conditions = told if isinstance(told, list) else []
    return tuple(_text(condition.get("fn")) if isinstance(condition, Mapping) else "" for condition in conditions)


def _length_of(entry: Mapping[str, Any]) -> str:
    length = entry.get("duration")
    if isinstance(length, (int, float)) and not isinstance(length, bool):
        return duration(length / _MILLISECONDS)
    return _text(entry.get("date") or entry.get("fn"))


def _label(step_id: str) -> str:
    return generated_kind(step_id) or step_id


def _text(value: Any) -> str:
    """Return a function as servers tell it, in one line."""
    return " ".join(value.split()) if isinstance(value, str) else ""
