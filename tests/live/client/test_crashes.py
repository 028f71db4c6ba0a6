"""Servers that die: what a waiting client says, and how a run goes on with the next server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mastra_sync import (
    APIConnectionError,
    MastraClient,
    OutcomeUnknown,
    RunTimeout,
    StreamInterrupted,
    Workflow,
)
from tests.live.client.hurried_clock import HURRY, HurriedClock
from tests.live.http_calls import new_run_id
from tests.live.patience import with_growing_deadlines
from tests.live.server import LiveServer


class Successions:
    """Servers of one generation, one after the other, at the same address and with the same runs."""

    def __init__(self, generation: str, database: Path) -> None:
        self._generation = generation
        self._database = database
        self.server = LiveServer(generation, database=database)
        self.server.start()

    def crash(self) -> None:
        """End the server as a crash would."""
        self.server.kill()

    def succeed(self) -> LiveServer:
        """Start the next server."""
        self.server = LiveServer(self._generation, database=self._database, port=self.server.port)
        self.server.start()
        return self.server


@pytest.fixture
def successions(live_server: LiveServer, tmp_path: Path) -> Iterator[Successions]:
    """A server for this test alone, which may crash."""
    made = Successions(live_server.generation, tmp_path / "mastra.db")
    yield made
    made.server.stop()


@pytest.fixture
def slow(successions: Successions) -> Iterator[Workflow]:
    """A workflow of that server that stands at a gate until it is opened."""
    with MastraClient(successions.server.base_url, token="") as client:
        yield client.get_workflow("slow")


def test_a_wait_outlives_its_server(successions: Successions, slow: Workflow) -> None:
    """While the server is away the wait goes on; the next server has the run restarted, and the wait ends with it."""
    gate = new_run_id()
    run = slow.create_run().start({"gate": gate})
    successions.server.wait_for_gate(gate)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run.wait)
        successions.crash()
        server = successions.succeed()
        server.open_gate(gate)
        slow.get_run(run.run_id).restart()
        assert waiting.result().result == {"done": True}
    assert server.executions(run.run_id) == {"wait": 1, "end": 1}


def test_a_dead_server_is_told_from_a_slow_one(successions: Successions) -> None:
    """Whatever waited when the server died names its run, and why it knows no more."""
    slow = MastraClient(successions.server.base_url, token="", clock=HurriedClock()).get_workflow("slow")
    gate = new_run_id()
    polled, held, streamed = (slow.create_run() for _ in range(3))
    polled.start({"gate": gate})
    stream = streamed.stream({"gate": gate}, timeout=200)
    first = [next(stream) for _ in range(4)]
    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(held.start_async, {"gate": gate})
        successions.server.wait_for_gate(gate, count=3)
        successions.crash()
        with pytest.raises(OutcomeUnknown, match=f"run {held.run_id} of 'slow': start_async was sent"):
            holding.result()
    with pytest.raises(RunTimeout, match=f"run {polled.run_id} of 'slow' was not seen to settle") as caught:
        polled.wait(10)
    assert isinstance(caught.value.__cause__, APIConnectionError)
    with pytest.raises(RunTimeout, match=f"run {streamed.run_id} of 'slow' was not seen to settle") as cut:
        list(stream)
    assert isinstance(cut.value.__cause__, APIConnectionError)
    assert stream.position == len(first)


def test_runs_go_on_with_the_next_server(successions: Successions, slow: Workflow) -> None:
    """A restart executes the step that was under way; a suspension needs none; what was streamed is forgotten."""
    gate = new_run_id()
    run = slow.create_run()
    with run.stream({"gate": gate}):
        successions.server.wait_for_gate(gate)
    asked = slow.client.get_workflow("asker").create_run()
    asked.start_async({})
    successions.crash()
    waiting = slow.on_clock(HurriedClock()).get_run(run.run_id)
    with pytest.raises(RunTimeout) as away:
        waiting.wait(10)
    server = successions.succeed()

    def seen_to_stand(seconds: float) -> RunTimeout | None:
        with pytest.raises(RunTimeout) as caught:
            waiting.wait(seconds * HURRY)
        return caught.value if caught.value.last_status else None

    back = with_growing_deadlines(seen_to_stand)
    assert "run.restart() executes it again" in str(back)
    assert (away.value.advice, back.last_status) == ("", "running")
    server.open_gate(gate)
    assert run.restart_async().result == {"done": True}
    assert server.executions(run.run_id) == {"wait": 1, "end": 1}
    assert asked.resume_async({"answer": "a"}).result == {"rest": "a"}
    with pytest.raises(StreamInterrupted, match=r"holds no events of it: .* no event was seen"):
        list(run.observe())
