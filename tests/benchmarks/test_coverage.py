"""What it costs to know what a suite has tried."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_mastra.coverage import ObservedRun, fold, runs_of_scene
from pytest_mastra.coverage.report import lines_of
from tests.benchmarks.pytest_runs import ORDERS, PLUGIN, least_seconds, write_suite
from tests.benchmarks.rounds import rounds
from tests.coverage.constructs import play_on

Figure = Callable[[str, str, str], None]

RUNS = 1000
STEPS = 30
MOST_MS = 100
MOST_LINES = 15
ROUNDS = rounds(5)


def observed(number: int) -> ObservedRun:
    """Return a run of thirty steps as an answer and its events tell it; each answer has a graph of its own."""
    names = [f"step-{index}" for index in range(STEPS)]
    graph = [{"type": "step", "step": {"id": name, "canSuspend": False}} for name in names]
    steps = {name: {"status": "success", "payload": {}, "output": {}, "startedAt": 1, "endedAt": 2} for name in names}
    events: list[dict[str, Any]] = []
    for name in names:
        events.append({"type": "workflow-step-start", "payload": {"id": name, "status": "running"}})
        events.append({"type": "workflow-step-result", "payload": {"id": name, "status": "success"}})
    state = json.loads(json.dumps({"status": "success", "steps": steps, "serializedStepGraph": graph}))
    return ObservedRun("bench", f"test_{number % 300}", "fake", "success", state, events)


def test_what_folding_costs(figure: Figure) -> None:
    """Runs, their states and events in memory, to the three numbers; the best of five, in processor time."""
    runs = [observed(number) for number in range(RUNS)]
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        counts = fold(runs).counts()
        times.append(1000 * (time.process_time() - began))
    assert counts["structure"].reached == 2 * STEPS + 1
    figure(f"coverage of {RUNS:,} runs of {STEPS} steps", f"<= {MOST_MS} ms", f"{min(times):.0f} ms")


def test_what_a_session_pays(figure: Figure, tmp_path: Path, environment: dict[str, str]) -> None:
    """Tests of two runs each: a whole session with coverage and without."""
    suite = write_suite(tmp_path)
    kinds = [(*PLUGIN, suite), (*PLUGIN, "--mastra-coverage=term", suite)]
    bare, covered = least_seconds(tmp_path, environment, kinds, count=rounds(3))
    added = (covered - bare) / ORDERS * 1e6
    figure("coverage, all that it adds to a test of two runs", "<= 50 us", f"{added:.0f} us")


def test_what_is_said(figure: Figure) -> None:
    """Lines of the block for a workflow with a branch."""

    def play(_: Any, client: Any) -> None:
        client.get_workflow("branches").execute({"n": 1})

    lines = lines_of(fold(runs_of_scene(play_on("fake", play))), with_advice=True)
    figure("what coverage says of a workflow with a branch", f"<= {MOST_LINES} lines", f"{len(lines)} lines")
