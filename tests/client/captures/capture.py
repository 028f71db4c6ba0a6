"""Makes the captures anew, on real servers: `python -m tests.client.captures.capture`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from tests.client.captures import HERE, Capture
from tests.live.http_calls import call, execute, new_run_id, post
from tests.live.install import GENERATIONS
from tests.live.server import LiveServer

Shapes = dict[str, Any]

ENDINGS: dict[str, tuple[str, Any]] = {
    "success": ("city-workflow", {"city": "NY"}),
    "failed-error": ("failing", {"kind": "error"}),
    "failed-string": ("failing", {"kind": "string"}),
    "failed-object": ("failing", {"kind": "object"}),
    "failed-nested": ("nested-failing", {"n": 1}),
    "nested": ("nested", {"n": 1}),
    "parallel": ("only-parallel", {"n": 1}),
    "foreach": ("foreach", [1, 2]),
    "loop": ("dowhile", {"n": 0}),
    "bail": ("bail", {"bail": True}),
    "tripwire": ("tripwire", {}),
    "suspended": ("asker", {"n": 1}),
    "suspended-nested": ("nested-ask", {"n": 1}),
    "suspended-deep": ("deep-ask", {"n": 1}),
    "suspended-foreach": ("foreach-suspend", [1, 2, 3]),
    "suspended-parallel": ("parallel-ask", {"n": 1}),
    "evented": ("evented", {"n": 1}),
    "evented-suspended": ("evented-ask", {"n": 1}),
}
"""Runs that end, or suspend, by themselves: workflow and input."""


def read(server: LiveServer, workflow: str, run_id: str) -> Shapes:
    """Return the ways in which a server tells of a run that exists."""
    base = f"/workflows/{quote(workflow, safe='')}"
    rows = call(server, "GET", f"{base}/runs").json()["runs"]
    found = {
        "by_id": call(server, "GET", f"{base}/runs/{run_id}").json(),
        "row": next(row for row in rows if row["runId"] == run_id),
    }
    if server.generation == "1.0-beta":
        found["execution_result"] = call(server, "GET", f"{base}/runs/{run_id}/execution-result").json()
    return found


def ended(server: LiveServer, workflow: str, input_data: Any) -> Shapes:
    """Run to the end or the first suspension."""
    run_id = new_run_id()
    return {"answer": execute(server, workflow, input_data, run_id), **read(server, workflow, run_id)}


def resumed(server: LiveServer) -> Shapes:
    """A run that was suspended, and went on."""
    run_id = new_run_id()
    execute(server, "approval", {"n": 3}, run_id)
    answer = post(server, "approval", "resume-async", run_id, {"step": "approve", "resumeData": {"ok": True}})
    return {"answer": answer.json(), **read(server, "approval", run_id)}


def stateful(server: LiveServer) -> Shapes:
    """A suspended run of a workflow with a state."""
    run_id = new_run_id()
    body = {"inputData": {}, "initialState": {"count": 0, "notes": []}}
    answer = post(server, "stateful", "start-async", run_id, body)
    return {"answer": answer.json(), **read(server, "stateful", run_id)}


def paused(server: LiveServer) -> Shapes:
    """A run that stopped after one step."""
    run_id = new_run_id()
    answer = post(server, "three", "start-async", run_id, {"inputData": {"i": 0}, "perStep": True})
    return {"answer": answer.json(), **read(server, "three", run_id)}


def canceled(server: LiveServer) -> Shapes:
    """A run that was canceled while a step ran."""
    run_id, gate = new_run_id(), new_run_id()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(execute, server, "cancellable", {"gate": gate}, run_id)
        server.wait_for_gate(gate)
        call(server, "POST", f"/workflows/cancellable/runs/{run_id}/cancel", {})
        return {"answer": answer.result(), **read(server, "cancellable", run_id)}


def pending(server: LiveServer) -> Shapes:
    """A run that was made and not started."""
    run_id = new_run_id()
    post(server, "city-workflow", "create-run", run_id)
    return read(server, "city-workflow", run_id)


def running(server: LiveServer) -> Shapes:
    """A run whose second step runs."""
    run_id, gate = new_run_id(), new_run_id()
    post(server, "slow", "create-run", run_id)
    post(server, "slow", "start", run_id, {"inputData": {"gate": gate}})
    server.wait_for_gate(gate)
    found = read(server, "slow", run_id)
    server.open_gate(gate)
    return found


def waiting(server: LiveServer) -> Shapes:
    """A run that sleeps."""
    run_id = new_run_id()
    post(server, "sleep", "create-run", run_id)
    post(server, "sleep", "start", run_id, {"inputData": {"ms": 2000}})
    while True:
        found = read(server, "sleep", run_id)
        if found["by_id"].get("snapshot", found["by_id"])["status"] == "waiting":
            return found
        time.sleep(0.02)


OTHERS: dict[str, Callable[[LiveServer], Shapes]] = {
    "resumed": resumed,
    "stateful": stateful,
    "paused": paused,
    "canceled": canceled,
    "pending": pending,
    "running": running,
    "waiting": waiting,
}


def shapes_of(server: LiveServer) -> Iterator[tuple[str, Shapes]]:
    """Give each case that a server has, and its shapes."""
    current = server.generation == "current"
    for case, (workflow, input_data) in ENDINGS.items():
        if current or not case.startswith("evented"):
            yield case, ended(server, workflow, input_data)
    for case, make in OTHERS.items():
        # 1.0-beta does not know perStep
        if case != "paused" or server.generation != "1.0-beta":
            yield case, make(server)


def written(case: Capture) -> str:
    """Return a case as JSON with one line for each shape."""
    generations = [
        f'"{generation}": {{\n'
        + ",\n".join(f'"{shape}": {json.dumps(raw, ensure_ascii=False)}' for shape, raw in shapes.items())
        + "\n}"
        for generation, shapes in case.items()
    ]
    return "{\n" + ",\n".join(generations) + "\n}\n"


def main() -> None:
    """Capture all cases on all generations and write one file for each case."""
    captured: dict[str, Capture] = {}
    for generation in GENERATIONS:
        with LiveServer(generation) as server:
            for case, shapes in shapes_of(server):
                captured.setdefault(case, {})[generation] = shapes
    for case, by_generation in captured.items():
        (HERE / f"{case}.json").write_text(written(by_generation), encoding="utf-8")


if __name__ == "__main__":
    main()
