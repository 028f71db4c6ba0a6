"""A workflow's graph as a tree of titles, whichever generation wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mastra_sync.generated_ids import generated_kind


@dataclass(frozen=True, slots=True)
class Node:
    """An entry of a graph.

    Attributes:
        kind: `step`, `workflow` (a nested one), `parallel`, `conditional`, `loop` or `foreach`.
        title: The step's id, or what is done with the children.
        about: What is known of it besides, as it stands after the title; may be empty.
        children: What is inside, in order.
    """

    kind: str
    title: str
    about: str = ""
    children: tuple[Node, ...] = ()


def graph_tree(graph: Any) -> tuple[Node, ...]:
    """Return a graph's entries; what is none is left out.

    Args:
        graph: The entries as a server writes them, `WorkflowDetails.step_graph`.
    """
    entries = graph if isinstance(graph, Sequence) and not isinstance(graph, str) else ()
    return tuple(_node(entry) for entry in entries if isinstance(entry, Mapping))


def _node(entry: Mapping[str, Any]) -> Node:
    kind = str(entry.get("type", "step"))
    if isinstance(entry.get("steps"), list):
        if kind == "conditional":
            return Node(kind, "each of these whose condition holds", children=graph_tree(entry["steps"]))
        return Node("parallel", "at the same time", children=graph_tree(entry["steps"]))
    inner = entry.get("step")
    if kind in ("loop", "foreach") and isinstance(inner, Mapping):
        return Node(kind, _repetition(kind, entry), children=(_node(inner),))
    step = inner if isinstance(inner, Mapping) else entry
    described = f": {step['description']}" if step.get("description") else ""
    step_id = str(step.get("id", kind))
    name = generated_kind(step_id) or step_id
    if isinstance(step.get("serializedStepFlow"), list):
        return Node("workflow", name, f", a workflow{described}", graph_tree(step["serializedStepFlow"]))
    return Node("step", name, f"{' (may suspend)' if step.get('canSuspend') else ''}{described}")


def _repetition(kind: str, entry: Mapping[str, Any]) -> str:
    if kind == "loop":
        return "until a condition holds" if entry.get("loopType") == "dountil" else "while a condition holds"
    options = entry.get("opts")
    at_once = options.get("concurrency", 1) if isinstance(options, Mapping) else 1
    return "for each item" if at_once == 1 else f"for each item, {at_once} at a time"
