"""Random graphs of workflows, as JSON (`tests/conformance/graph_workflows.py` says what is in them)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.conformance.graph_workflows import THROWN

Graph = dict[str, Any]

DEEPEST = 3
"""Workflows in workflows in workflows."""

VALUES: list[Any] = [
    {},
    [],
    "",
    "text",
    None,
    0,
    7,
    False,
    True,
    {"n": 2},
    [1, 2, 3],
    [{"n": 1}, {"n": 2}],
    ["a", None],
]
LISTS: list[Any] = [[1, 2, 3], [{"n": 1}, {"n": 2}], [], [3], ["a", "b"], [0, 1, None], [5, 5, 5, 5]]
PAYLOADS: list[Any] = [{"ask": "q?"}, {"ask": "q?", "more": [1]}, {}, None]
CONDITIONS = ["always", "always", "odd", "small", "never", "throws"]
LOOP_CONDITIONS = ["second", "second", "small", "odd", "always", "never", "throws"]
MAPPINGS = ["wrap", "number", "items", "number", "nothing", "fails"]


def make_graph(random: Random) -> Graph:
    """Return a graph without an id, of one entry or some."""
    return _Maker(random).graph()


class _Maker:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._count = 0

    def graph(self) -> Graph:
        return self._filled({}, depth=1)

    def _filled(self, graph: Graph, depth: int) -> Graph:
        if self._chance(0.06):
            graph["attempts"] = self._random.choice([1, 2])
        entries: list[Any] = []
        for _ in range(self._random.choice([1, 1, 2, 2, 3, 4] if depth == 1 else [1, 1, 2, 2, 3])):
            entries += self._entries(depth, entries)
        return {**graph, "entries": entries}

    def _entries(self, depth: int, before: list[Any]) -> list[Any]:
        """Return an entry; before a foreach most often one that gives a list."""
        kinds: list[tuple[float, Callable[[], list[Any]]]] = [
            (8, lambda: [{"kind": "then", "child": self._child(depth)}]),
            (2, lambda: [{"kind": "parallel", "children": self._children(depth)}]),
            (2, lambda: [self._branch(depth)]),
            (1, lambda: [self._loop("dountil", depth)]),
            (1, lambda: [self._loop("dowhile", depth)]),
            (3, lambda: self._foreach(depth)),
            (0.7, lambda: [{"kind": "sleep", "ms": self._random.choice([0, 1, 2])}]),
            (1.5, lambda: [self._map(before)]),
        ]
        make = self._random.choices([make for _, make in kinds], [weight for weight, _ in kinds])[0]
        return make()

    def _branch(self, depth: int) -> Any:
        children = self._children(depth)
        return {
            "kind": "branch",
            "conditions": [self._random.choice(CONDITIONS) for _ in children],
            "children": children,
        }

    def _loop(self, kind: str, depth: int) -> Any:
        return {"kind": kind, "condition": self._random.choice(LOOP_CONDITIONS), "child": self._child(depth)}

    def _foreach(self, depth: int) -> list[Any]:
        entry = {"kind": "foreach", "child": self._child(depth)}
        if self._chance(0.6):
            entry["concurrency"] = self._random.choice([1, 2, 3, 10])
        give = {"id": self._id("s"), "body": {"do": "give", "value": self._random.choice(LISTS)}}
        return [{"kind": "then", "child": give}, entry] if self._chance(0.8) else [entry]

    def _map(self, before: list[Any]) -> Any:
        steps = [child["id"] for entry in before for child in _children(entry)]
        if not steps or self._chance(0.5):
            return {"kind": "map", "id": self._id("m"), "mapping": self._random.choice(MAPPINGS)}
        path = self._random.choice([".", "n", "answer", "a.b"])
        sources = {
            "from_step": {"step": self._random.choice(steps), "path": path},
            "from_init": {"init": True, "path": self._random.choice([".", "n", "a.b"])},
            "fixed": {"value": self._random.choice(VALUES)},
        }
        chosen = [key for key in sources if self._chance(0.6)] or ["from_step"]
        return {"kind": "map", "id": self._id("m"), "sources": {key: sources[key] for key in chosen}}

    def _children(self, depth: int) -> list[Any]:
        return [self._child(depth) for _ in range(self._random.choice([1, 2, 2, 2, 3]))]

    def _child(self, depth: int) -> Any:
        if depth < DEEPEST and self._chance(0.25):
            return self._filled({"id": self._id("w")}, depth + 1)
        step: dict[str, Any] = {"id": self._id("s"), "body": self._body()}
        if step["body"]["do"] == "retry" or self._chance(0.05):
            step["retries"] = self._random.choice([0, 1, 2, 3])
        if step["body"]["do"] == "ask" and self._chance(0.4):
            step["answer"] = True
        return step

    def _body(self) -> Any:
        bodies: list[tuple[float, Callable[[], Any]]] = [
            (5, lambda: {"do": "echo"}),
            (5, lambda: {"do": "inc"}),
            (4, lambda: {"do": "give", "value": self._random.choice(VALUES)}),
            (1, lambda: {"do": "nothing"}),
            (1, lambda: {"do": "fail"}),
            (2, lambda: {"do": "fail-odd"}),
            (2, lambda: {"do": "retry", "failures": self._random.choice([1, 2, 3])}),
            (1, lambda: {"do": "bail", "value": self._random.choice(VALUES)}),
            (7, self._question),
            (2, lambda: {"do": "state"}),
            (2, lambda: {"do": "write"}),
            (1.5, lambda: {"do": "throw", "what": self._random.choice([*THROWN])}),
            (1.5, lambda: {"do": "gate"} | ({"deaf": True} if self._chance(0.5) else {})),
            (0.3, lambda: {"do": "abort"}),
        ]
        return self._random.choices([make for _, make in bodies], [weight for weight, _ in bodies])[0]()

    def _question(self) -> Any:
        payload = self._random.choice(PAYLOADS)
        label = {"label": self._random.choice(["one", "two"])} if self._chance(0.4) else {}
        return {"do": "ask", **({} if payload is None else {"payload": payload}), **label}

    def _id(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability


def _children(entry: Any) -> list[Any]:
    return entry.get("children") or ([entry["child"]] if "child" in entry else [])


def steps_of(graph: Graph) -> list[tuple[list[str], Any]]:
    """Return all steps of a graph, those in nested workflows too, each with its path from the outside in."""
    found: list[tuple[list[str], Any]] = []
    for entry in graph["entries"]:
        for child in _children(entry):
            if "entries" in child:
                found.append(([child["id"]], child))
                found += [([child["id"], *path], step) for path, step in steps_of(child)]
            else:
                found.append(([child["id"]], child))
    return found
