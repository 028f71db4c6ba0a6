"""How runs move: virtual time, paces, gates, streams that are read, left or ignored."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from mastra_sync.deadline import Deadline
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.clock import EPOCH, RealClock, VirtualClock
from pytest_mastra.fake.virtual_time.pace import AS_TIMED, BY_HAND, Polls, Seconds
from pytest_mastra.http.wire import WireRequest
from tests.fake.http_calls import JSON, call, post, run_state

DAY = 86_400.0


def two_steps(server: FakeMastra, **options: Any) -> None:
    """Declare a workflow of two steps."""
    first = server.step("first", lambda ctx: 1)
    server.workflow("w", **options).then(first).then(server.step("second", lambda ctx: 2)).commit()


def started(server: FakeMastra) -> None:
    """Start its run without waiting for it."""
    post(server, "w", "create-run", "r")
    post(server, "w", "start", "r", {})


def status(server: FakeMastra) -> str:
    """Poll the run."""
    told: str = run_state(server, "w", "r")["status"]
    return told


def test_a_start_goes_to_the_end_at_once() -> None:
    """By default the first poll finds the run settled, however long it sleeps."""
    server = FakeMastra()
    server.workflow("w").sleep(DAY).returns(1)
    started(server)
    assert status(server) == "success"
    assert server.clock.now() - EPOCH >= DAY


def test_a_run_that_needs_polls() -> None:
    """The n-th poll sees it settled."""
    server = FakeMastra(pace=Polls(3))
    two_steps(server)
    started(server)
    assert [status(server) for _ in range(4)] == ["running", "running", "success", "success"]


def test_a_run_that_needs_seconds() -> None:
    """It stays in its first step until virtual time has passed."""
    server = FakeMastra(pace=Seconds(2.0))
    two_steps(server)
    started(server)
    assert status(server) == "running"
    server.clock.advance(1.0)
    assert status(server) == "running"
    server.clock.advance(1.0)
    assert status(server) == "success"


def test_a_run_that_is_moved_by_hand() -> None:
    """Each `advance` lets one step go."""
    server = FakeMastra(pace=BY_HAND)
    two_steps(server)
    started(server)
    (run,) = server.runs("w")
    assert list(run_state(server, "w", "r")["activeStepsPath"]) == ["first"]
    run.advance()
    assert list(run_state(server, "w", "r")["activeStepsPath"]) == ["second"]
    run.advance()
    assert run.status == "success"


def test_a_run_that_takes_its_time() -> None:
    """`AS_TIMED` keeps a run in its sleep until the clock has passed it; times are those at which things were due."""
    server = FakeMastra(pace=AS_TIMED)
    server.workflow("w").sleep(60, id="nap").returns(1)
    started(server)
    assert status(server) == "waiting"
    server.clock.advance(3600)
    step = run_state(server, "w", "r")["steps"]["nap"]
    assert (step["status"], step["endedAt"] - step["startedAt"]) == ("success", 60_000)


def test_a_workflow_may_have_its_own_pace() -> None:
    """A workflow's pace is stronger than the server's."""
    server = FakeMastra()
    two_steps(server, pace=Polls(2))
    started(server)
    assert [status(server), status(server)] == ["running", "success"]


def test_a_frozen_clock_holds_sleeps() -> None:
    """On a frozen clock only `advance` moves a run on."""
    server = FakeMastra()
    server.workflow("w").sleep(60).returns(1)
    server.clock.freeze()
    started(server)
    assert status(server) == "waiting"
    server.clock.advance(60)
    assert status(server) == "success"


def test_a_thawed_clock_skips_again() -> None:
    """After `thaw` a sleep costs nothing."""
    server = FakeMastra()
    server.workflow("w").sleep(60).returns(1)
    server.clock.freeze()
    started(server)
    server.clock.thaw()
    assert status(server) == "success"


def test_a_request_whose_run_is_held_is_answered_in_the_end() -> None:
    """Nobody moves the run on, so after the server's patience the request is told what Mastra's own timeout tells."""
    server = FakeMastra(patience=0.0)
    server.workflow("w").sleep(60).returns(1)
    server.clock.freeze()
    told = post(server, "w", "start-async", "r")
    assert (told.status, told.json()) == (504, {"error": "Gateway Timeout"})
    server.clock.advance(60)
    assert status(server) == "success"


def test_a_stream_whose_run_is_held_says_so() -> None:
    """A stream that can have no more records is an error, not a hang."""
    server = FakeMastra(patience=0.0)
    server.workflow("w").sleep(60).returns(1)
    server.clock.freeze()
    with pytest.raises(TimeoutError, match="nobody moves the run on"):
        post(server, "w", "stream", "r")


def test_another_thread_moves_a_held_request_on() -> None:
    """A request waits at a gate until someone opens it."""
    server = FakeMastra()

    def wait(ctx: Any) -> Any:
        yield server.gate("door")
        return {"passed": True}

    server.workflow("w").then(server.step("wait", wait)).commit()
    told: list[Any] = []
    caller = threading.Thread(target=lambda: told.append(post(server, "w", "start-async", "r").json()))
    caller.start()
    with server.state.driver.lock:
        while not server.gate("door").waiting:
            assert server.state.driver.wait_for_change()
    server.open_gate("door")
    caller.join()
    assert told[0]["result"] == {"passed": True}


def test_a_clients_waits_move_the_clock() -> None:
    """A deadline of the client that reads this clock costs no real time."""
    clock = VirtualClock()
    deadline = Deadline(DAY, clock=clock)
    deadline.sleep(DAY / 2)
    assert deadline.elapsed == DAY / 2


def test_time_does_not_go_back() -> None:
    """A negative advance is a mistake."""
    with pytest.raises(ValueError, match="does not go back"):
        VirtualClock().advance(-1)


def test_runs_differ_in_age() -> None:
    """Each request takes a moment, so that lists have an order."""
    server = FakeMastra()
    server.workflow("w").returns(1)
    for name in ("a", "b", "c"):
        post(server, "w", "start-async", name)
    listed = call(server, "GET", "/workflows/w/runs").json()["runs"]
    assert [run["runId"] for run in listed] == ["c", "b", "a"]
    assert len({run["createdAt"] for run in listed}) == 3


def test_two_servers_have_two_times() -> None:
    """Time belongs to a server."""
    one, other = FakeMastra(), FakeMastra()
    one.clock.advance(DAY)
    assert other.clock.now() == EPOCH


def test_with_real_time_a_sleep_takes_as_long() -> None:
    """A server for others sleeps really."""
    server = FakeMastra(clock=RealClock())
    server.workflow("w").sleep(0.05).returns(1)
    began = time.monotonic()
    assert post(server, "w", "start-async", "r").json()["status"] == "success"
    assert time.monotonic() - began >= 0.05


class Watch(RealClock):
    """Real time that a test sets."""

    moment = EPOCH

    def now(self) -> float:
        return self.moment


def test_with_real_time_a_start_does_not_wait() -> None:
    """`start` answers while the run sleeps; polls find it done later, at the time at which it was due."""
    clock = Watch()
    server = FakeMastra(clock=clock)
    server.workflow("w").sleep(60, id="nap").returns(1)
    started(server)
    assert status(server) == "waiting"
    clock.moment += 3600
    assert status(server) == "success"
    step = run_state(server, "w", "r")["steps"]["nap"]
    assert step["endedAt"] - step["startedAt"] == 60_000


def stream_of(server: FakeMastra) -> Any:
    """Begin a stream and return its chunks, none of them taken."""
    request = WireRequest("POST", "/api/workflows/w/stream?runId=r", JSON, b"{}")
    return server.handle(request).body


def test_reading_a_stream_moves_the_run() -> None:
    """What is not yet read has not yet happened."""
    server = FakeMastra()
    ran: list[str] = []
    server.workflow("w").then(server.step("s", lambda ctx: ran.append("s"))).commit()
    chunks = stream_of(server)
    assert b"workflow-start" in next(chunks)
    assert b"step-start" in next(chunks)
    assert ran == []
    assert b"step-result" in next(chunks)
    assert ran == ["s"]


def test_a_run_goes_on_when_its_reader_leaves() -> None:
    """Closing the stream lets the run end by itself, and observe tells all of it."""
    server = FakeMastra()
    two_steps(server)
    chunks = stream_of(server)
    next(chunks)
    chunks.close()
    assert server.runs("w")[0].status == "success"
    assert [record["type"] for record in post(server, "w", "observe", "r").records][-1] == "workflow-finish"


def test_a_run_goes_on_when_its_reader_never_reads() -> None:
    """Closing a stream that was never read is leaving it too."""
    server = FakeMastra()
    two_steps(server)
    stream_of(server).close()
    assert status(server) == "success"


def test_polls_move_a_run_whose_stream_is_open_but_not_read() -> None:
    """A reader that stands still does not keep the run from ending."""
    server = FakeMastra()
    two_steps(server)
    chunks = stream_of(server)
    for _ in range(10):
        status(server)
    assert status(server) == "success"
    assert b"workflow-finish" in list(chunks)[-1]


def test_histories_are_forgotten() -> None:
    """Five minutes after the last record there is nothing to observe."""
    server = FakeMastra()
    two_steps(server)
    records = post(server, "w", "stream", "r").records
    assert post(server, "w", "observe", "r").records == records
    server.clock.advance(301)
    assert post(server, "w", "observe", "r").records == []


def test_a_cancel_ends_a_duration_that_watches_for_it() -> None:
    """`stops_on_abort` ends a step's duration; another step lasts to its end."""
    for stops, took in ((True, 10_000), (False, 60_000)):
        server = FakeMastra(pace=AS_TIMED)
        step = server.step("s", lambda ctx: {"aborted": ctx.aborted}, duration=60, stops_on_abort=stops)
        server.workflow("w").then(step).commit()
        started(server)
        server.clock.advance(10)
        call(server, "POST", "/workflows/w/runs/r/cancel", {})
        server.clock.advance(60)
        state = run_state(server, "w", "r")
        assert state["status"] == "canceled"
        recorded = state["steps"]["s"]
        assert recorded["endedAt"] - recorded["startedAt"] == pytest.approx(took, abs=10)
        assert recorded["output"] == {"aborted": True}


def test_many_threads_lose_nothing() -> None:
    """Eight threads start runs at once; each runs once."""
    server = FakeMastra()
    executed: list[str] = []
    server.workflow("w").then(server.step("s", lambda ctx: executed.append(ctx.run_id))).commit()

    def work(number: int) -> None:
        for index in range(50):
            assert post(server, "w", "start-async", f"{number}-{index}").status == 200

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(executed) == len(set(executed)) == 400
    assert call(server, "GET", "/workflows/w/runs").json()["total"] == 400
