"""The graph of a workflow, as servers write it: which steps it has."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

GRAPH = "serializedStepGraph"
"""Where what is told of a run has the graph of its workflow."""

_REPEATING = frozenset({"loop", "dowhile", "dountil"})


def graph_of(answer: Any) -> Any:
    """Return the graph in what a server told of a run, None if it has none."""
    fields = answer if isinstance(answer, Mapping) else {}
    snapshot = fields.get("snapshot")
    if isinstance(snapshot, str):
        with contextlib.suppress(ValueError):
            snapshot = json.loads(snapshot)
    within = snapshot if isinstance(snapshot, Mapping) else {}
    return fields.get(GRAPH, within.get(GRAPH))


def step_tree(graph: Any) -> dict[str, Any]:
    """Return the ids of a graph's steps, each with the tree of its own steps.

    Steps in blocks and loops are among them.

    Only a nested workflow has steps of its own.
    """
    found: dict[str, Any] = {}
    for entry in graph if isinstance(graph, list) else ():
        if not isinstance(entry, Mapping):
            continue
        found |= step_tree(entry.get("steps"))
        inner = entry.get("step")
        step = inner if isinstance(inner, Mapping) else {}
        own = entry.get("id") or step.get("id")
        if isinstance(own, str):
            found[own] = step_tree(entry.get("serializedStepFlow") or step.get("serializedStepFlow"))
        elif step:
            found |= step_tree([step])
    return found


def gets_run_input(graph: Any, step_id: str) -> bool:
    """True if a step's input is the run's: it is executed first, and once."""
    entry = graph[0] if isinstance(graph, list) and graph else None
    if not isinstance(entry, Mapping):
        return False
    children = entry.get("steps")
    if isinstance(children, list):
        return any(gets_run_input([child], step_id) for child in children)
    return entry.get("type") not in _REPEATING and step_id in step_tree([entry])
