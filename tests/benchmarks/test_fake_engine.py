"""What the fake's engine and store cost, measured in one run."""

from __future__ import annotations

import json
import statistics
import time
import tracemalloc
from collections.abc import Callable

from mastra_sync import MastraClient
from pytest_mastra import FakeMastra, InProcess

Figure = Callable[[str, str, str], None]
RUNS = 1000


def sleeper() -> FakeMastra:
    """Return a server whose one workflow has two steps and sleeps a day between them."""
    server = FakeMastra()
    before = server.step("before", lambda ctx: {"n": ctx.input_data["n"]})
    after = server.step("after", lambda ctx: {"doubled": ctx.input_data["n"] * 2})
    server.workflow("sleeper").then(before).sleep(86_400).then(after).commit()
    return server


def execute_and_list(runs: int) -> tuple[float, float]:
    """Run the workflow so often, read all runs page by page; return the seconds that each took."""
    server = sleeper()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        workflow = client.get_workflow("sleeper")
        started = time.perf_counter()
        for number in range(runs):
            workflow.create_run().start_async({"n": number})
        executed = time.perf_counter()
        assert len(list(workflow.iter_runs(per_page=50))) == runs
        return executed - started, time.perf_counter() - executed


def test_a_day(figure: Figure) -> None:
    """A workflow that sleeps a day, from create-run to its result."""
    server = sleeper()
    took = []
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        for number in range(20):
            started = time.perf_counter()
            assert client.get_workflow("sleeper").execute({"n": number}).result == {"doubled": number * 2}
            took.append(time.perf_counter() - started)
    figure("a workflow that sleeps one day", "< 20 ms", f"{statistics.median(took) * 1000:.1f} ms")


def test_many_runs(figure: Figure) -> None:
    """Twice the runs take twice the time, to make and to list page by page."""
    half, whole = execute_and_list(RUNS // 2), execute_and_list(RUNS)
    figure(
        f"{RUNS} runs beside {RUNS // 2}: to execute, to list page by page",
        "linear: 2 x",
        f"{whole[0] / half[0]:.1f} x, {whole[1] / half[1]:.1f} x",
    )


def test_memory_of_a_run(figure: Figure) -> None:
    """What a kept run takes, as a multiple of its JSON."""
    server = sleeper()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        workflow = client.get_workflow("sleeper")
        workflow.create_run().start_async({"n": 0})
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            for number in range(200):
                last = workflow.create_run().start_async({"n": number})
            taken = (tracemalloc.get_traced_memory()[0] - before) / 200
        finally:
            tracemalloc.stop()
        row = workflow.runs(page=0, per_page=1).runs[0].raw
    assert last.ok
    figure("memory of a kept run, its call log too", "<= 4 x its JSON", f"{taken / len(json.dumps(row)):.1f} x")
