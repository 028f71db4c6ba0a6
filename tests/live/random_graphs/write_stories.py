"""Random stories about a graph, written while they are told to the fake, so that answers meet questions."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from typing import Any

from pytest_mastra.fake.server import FakeMastra
from tests.conformance.conversation import POLL_INTERVAL, Begun
from tests.conformance.stories import Act, Graph, Storyteller
from tests.live.random_graphs.make_graphs import steps_of

INPUTS: list[Any] = [
    {"n": 1},
    {"n": 2},
    {},
    [1, 2, 3],
    [{"n": 1}, {"n": 2}, {"n": 3}],
    5,
    0,
    "text",
    "",
    None,
    [],
    False,
]
ANSWERS: list[Any] = [
    {"answer": "a"},
    {"answer": "a"},
    {"n": 3},
    {"again": True},
    {"answer": 5},
    {},
    [1],
    "yes",
    7,
    0,
    None,
]
LABELS = ["one", "two", "three"]
MOST_ACTS = 5
STARTS = ["start-async", "start-async", "stream", "stream", "start"]
RESUMES = ["resume-async", "resume-async", "resume-stream", "resume-stream", "resume", "resume-no-wait"]
TRAVELS = ["time-travel-async", "time-travel-async", "time-travel-stream", "time-travel"]
NO_WAIT = {"start", "resume", "resume-no-wait", "time-travel", "restart"}


def write_story(random: Random, graph: Graph, server: FakeMastra, teller: Storyteller, story: list[Act]) -> None:
    """Add acts to `story`; `teller` has told them to `server`, the last perhaps in vain."""
    _Writer(random, graph, server, teller, story).write()


class _Writer:
    def __init__(self, random: Random, graph: Graph, server: FakeMastra, teller: Storyteller, story: list[Act]) -> None:
        self._story = story
        self._random = random
        self._graph = graph
        self._server = server
        self._teller = teller
        self._steps = steps_of(graph)
        self._has_gate = any(step.get("body", {}).get("do") == "gate" for _, step in self._steps)

    def write(self) -> None:
        if self._chance(0.2):
            self._say({"do": "post", "run": 0, "route": "create-run", "body": {}})
            if self._chance(0.3):
                self._read(0)
        self._start()
        for _ in range(self._random.randint(0, MOST_ACTS)):
            self._go_on()

    def _say(self, act: Act) -> None:
        self._story.append(act)
        self._teller.tell(act)

    def _post(self, route: str, body: Any) -> None:
        self._say({"do": "post", "run": 0, "route": route, "body": body})
        if route in NO_WAIT:
            self._say({"do": "settle", "run": 0})
        if self._chance(0.8):
            self._read(0)

    def _read(self, run: int) -> None:
        query = "?withNestedWorkflows=false" if self._chance(0.15) else ""
        self._say({"do": "read", "run": run, **({"query": query} if query else {})})

    def _start(self) -> None:
        body: dict[str, Any] = {}
        if self._chance(0.93):
            body["inputData"] = self._random.choice(INPUTS)
        if self._chance(0.1):
            body["initialState"] = self._random.choice([{}, {"n": 1}, {"kept": [1]}])
        if self._chance(0.08):
            body["perStep"] = True
        route = self._random.choice(STARTS)
        if not self._has_gate:
            self._post(route, body)
            return
        hold: Act = {"do": "hold", "run": 0, "route": route, "body": body, "acts": []}
        begun = self._teller.begin(hold)
        is_held = self._reaches_gate(begun)
        if not is_held:
            hold |= {"do": "post"}
            self._story.append({"do": "open", "run": 0})
        self._story.append(hold)
        for act in self._meanwhile() if is_held else ():
            hold["acts"].append(act)
            self._teller.tell(act)
        self._teller.finish()
        if route == "start":
            self._say({"do": "settle", "run": 0})
        self._read(0)

    def _reaches_gate(self, begun: Begun) -> bool:
        gate = self._server.gate(self._graph["id"])
        while not gate.waiting and not begun.is_answered():
            time.sleep(POLL_INTERVAL)
        return bool(gate.waiting)

    def _meanwhile(self) -> list[Act]:
        read = [{"do": "read", "run": 0}]
        cancel = [{"do": "cancel", "run": 0}] if self._chance(0.5) else []
        return read * self._chance(0.7) + cancel + read * (bool(cancel) and self._chance(0.5))

    def _go_on(self) -> None:
        snapshot = self._server.snapshot(self._graph["id"], self._teller.run_id(0))
        status = snapshot.get("status")
        resumes = 12 if status == "suspended" else 0.5
        paused = 6 if status == "paused" else 0
        acts: list[tuple[float, Callable[[], None]]] = [
            (resumes, lambda: self._resume(snapshot)),
            (1.5 + paused, self._travel),
            (1, lambda: self._post("observe", {})),
            (0.7, lambda: self._say({"do": "cancel", "run": 0})),
            (0.4, lambda: self._post("restart-async", {})),
            (0.4, lambda: self._post(self._random.choice(STARTS), {"inputData": self._random.choice(INPUTS)})),
            (0.2, lambda: self._say({"do": "delete", "run": 0})),
            (0.5, lambda: self._read(0)),
        ]
        self._random.choices([act for _, act in acts], [weight for weight, _ in acts])[0]()

    def _resume(self, snapshot: dict[str, Any]) -> None:
        body: dict[str, Any] = {"resumeData": self._random.choice(ANSWERS)}
        kind = self._random.random()
        if kind < 0.55:
            path = self._random.choice(_suspended(snapshot) or [["s1"]])
            if self._chance(0.1):
                path = path[:1]
            body["step"] = path if self._chance(0.3) else ".".join(map(str, path))
        elif kind < 0.65:
            body["label"] = self._random.choice(LABELS)
        elif kind < 0.75 and self._steps:
            body["step"] = ".".join(self._random.choice(self._steps)[0])
        if self._chance(0.15):
            body["forEachIndex"] = self._random.choice([0, 0, 1, 2, 7])
        if self._chance(0.05):
            body["perStep"] = True
        self._post(self._random.choice(RESUMES), body)

    def _travel(self) -> None:
        path = self._random.choice(self._steps)[0] if self._steps and self._chance(0.95) else ["unknown"]
        body: dict[str, Any] = {"step": path if self._chance(0.3) else ".".join(path)}
        if self._chance(0.4):
            body["inputData"] = self._random.choice(INPUTS[:6])
        if self._chance(0.15):
            body["resumeData"] = {"answer": "t"}
        if self._chance(0.15):
            body["perStep"] = True
        self._post(self._random.choice(TRAVELS), body)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability


def _suspended(snapshot: dict[str, Any]) -> list[list[str]]:
    """Return the paths of the steps that ask, from the outside in."""
    paths = []
    for step in snapshot.get("suspendedPaths", {}):
        report = snapshot["context"].get(step)
        payload = report.get("suspendPayload") if isinstance(report, dict) else None
        meta = payload.get("__workflow_meta") if isinstance(payload, dict) else None
        paths.append([step, *((meta or {}).get("path") or [])])
    return paths
