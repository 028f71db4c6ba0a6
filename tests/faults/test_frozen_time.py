"""Test tools freeze the clock: a wait ends all the same, for what was waited has passed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from socket import socket

import pytest

from mastra_sync import MastraClient, MastraError, RunTimeout, Workflow
from mastra_sync.deadline import Deadline, SystemClock
from tests.faults.clocks import LeapingClock
from tests.faults.loopback_server import PATIENCE
from tests.faults.scripted_runs import FINISH_RECORD, RUN_ID, START_RECORD, WORKFLOW, fresh_run_of, reading, record
from tests.faults.wire_server import Answer, WireServer, json_reply, never, streamed

CALLS: dict[str, Callable[[Workflow], object]] = {
    "wait": lambda w: w.get_run(RUN_ID).wait(0.5),
    "execute": lambda w: w.execute({}, timeout=0.5),
    "start_async": lambda w: fresh_run_of(w).start_async({}, timeout=0.5),
    "stream": lambda w: list(fresh_run_of(w).stream({}, timeout=0.5)),
}
RUNNING: Answer = json_reply(reading("running", runId=None))


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)


@pytest.mark.parametrize("call", CALLS)
def test_a_wait_ends_while_time_is_frozen(
    call: str, server: WireServer, make_client: Callable[..., MastraClient], frozen: None
) -> None:
    """The run is polled, or a connection is silent: either way the time is up at some time."""
    server.on("GET", "", RUNNING)
    server.on("POST", "", json_reply({"runId": RUN_ID, "message": ""}))
    server.on("POST", "/start-async", (never,))
    server.on("POST", "/stream", streamed(record(START_RECORD), never))
    server.on("POST", "/observe", streamed(record(START_RECORD), never))
    workflow = make_client(clock=SystemClock()).get_workflow(WORKFLOW)
    ended: list[MastraError] = []

    def wait() -> None:
        with pytest.raises(RunTimeout) as raised:
            CALLS[call](workflow)
        ended.append(raised.value)

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    waiting.join(PATIENCE)
    assert ended


def test_a_quiet_stream_is_looked_after_while_time_is_frozen(
    server: WireServer, make_client: Callable[..., MastraClient], frozen: None
) -> None:
    """The silence is as long as it was, so the run is looked at, and the rest of its stream taken up."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading("success")))
    server.on("POST", "/stream", streamed(record(START_RECORD), never))
    server.on("POST", "/observe", streamed(record(START_RECORD), record(FINISH_RECORD)))
    workflow = make_client(clock=SystemClock()).get_workflow(WORKFLOW)
    seen: list[object] = []

    def follow() -> None:
        seen.extend(event.raw for event in fresh_run_of(workflow).stream({}, idle_timeout=0.02))

    following = threading.Thread(target=follow, daemon=True)
    following.start()
    following.join(PATIENCE)
    assert seen == [START_RECORD, FINISH_RECORD]


def test_what_a_part_waits_has_passed_for_the_whole(frozen: None) -> None:
    """A pause between two attempts counts for the call that they are made in."""
    whole = Deadline(0.02, SystemClock())
    whole.part(1.0).sleep(0.05)
    assert whole.expired


def test_a_clock_that_leapt_over_the_end_leaves_time_for_a_look(server: WireServer) -> None:
    """A held answer that comes a day late, by a clock that leapt, is followed by a look at the run, not by a guess."""
    clock = LeapingClock()

    def leap(connection: socket) -> None:
        clock.advance(86_400)

    server.on("GET", f"/runs/{RUN_ID}", json_reply(reading("success")))
    server.on("POST", "/start-async", (leap, *json_reply(reading("success"))))
    with MastraClient(server.base_url, clock=clock) as client:
        result = fresh_run_of(client.get_workflow(WORKFLOW)).start_async({})
    assert result.status == "success"
