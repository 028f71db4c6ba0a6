"""How a run is waited for: how often it is asked for, what is ridden out, and what ends the wait."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mastra_sync import (
    AuthenticationError,
    MastraClient,
    RunNotFound,
    RunNotStarted,
    RunTimeout,
    Workflow,
)
from mastra_sync.deadline import Deadline
from mastra_sync.error_replies import Reply
from mastra_sync.request import Request, Timeouts
from mastra_sync.run import Run
from mastra_sync.transport import ByteStream
from tests.faults.clocks import VirtualClock
from tests.faults.scripted_runs import RUN_ID, WORKFLOW, fresh_run, reading
from tests.faults.wire_server import Answer, Received, WireServer, close, json_reply, reply, reset
from tests.properties import examples


@dataclass
class TimedRun:
    """A transport to a server whose one run settles at a moment of a virtual clock; each answer takes some time."""

    clock: VirtualClock
    settles_at: float
    latency: float = 0.0
    polls: list[float] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)

    def exchange(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply:
        self.polls.append(self.clock.now)
        self.queries.append(dict(request.query))
        status = "success" if self.clock.now >= self.settles_at else "running"
        self.clock.now += self.latency
        return Reply(200, {}, json.dumps(reading(status)).encode())

    def open_stream(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply | ByteStream:
        raise NotImplementedError

    def close(self) -> None:
        pass


def run_on(transport: TimedRun) -> Run:
    client = MastraClient("http://test", clock=transport.clock)
    client.api = replace(client.api, transport=transport)
    return client.get_workflow(WORKFLOW).get_run(RUN_ID)


@settings(max_examples=examples(100), derandomize=True)
@given(st.floats(0.0, 3000.0), st.floats(0.0, 0.005))
def test_the_end_is_seen_soon(duration: float, latency: float) -> None:
    """Within 60 ms or 5 % of the run's duration, whichever is more."""
    transport = TimedRun(VirtualClock(), duration, latency)
    run_on(transport).wait()
    first_seen = next(moment for moment in transport.polls if moment >= duration)
    assert first_seen - duration <= max(0.06, 0.05 * duration)


@settings(max_examples=examples(100), derandomize=True)
@given(st.floats(0.0, 600.0), st.floats(0.0, 0.05))
def test_a_long_run_is_not_asked_for_too_often(duration: float, latency: float) -> None:
    """At most 160 polls for ten minutes."""
    transport = TimedRun(VirtualClock(), duration, latency)
    run_on(transport).wait()
    assert len(transport.polls) - 1 <= 160


def test_ten_minutes() -> None:
    """The number that the README may name."""
    transport = TimedRun(VirtualClock(), 600.0)
    run_on(transport).wait()
    assert 100 <= len(transport.polls) - 1 <= 160


def test_polls_ask_for_the_status_only() -> None:
    """The whole result is fetched once, at the end."""
    transport = TimedRun(VirtualClock(), 5.0)
    assert run_on(transport).wait().result == {"done": True}
    *polls, last = transport.queries
    assert last == {}
    assert [query for query in polls if query != {"fields": "error", "withNestedWorkflows": "false"}] == []


# -- on the wire


@pytest.fixture
def clock() -> VirtualClock:
    """Pauses are looked at to the hundredth, so that the time that real requests take must not count."""
    return VirtualClock()


@pytest.fixture
def workflow(client: MastraClient) -> Workflow:
    return client.get_workflow(WORKFLOW)


def told(*statuses: str) -> list[Answer]:
    return [json_reply(reading(status)) for status in statuses]


PASSING: dict[str, Answer] = {
    "closed": (close,),
    "reset": (reset,),
    "cut": (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{", close),
    "429": json_reply({"error": "slow down"}, 429),
    "500": reply(500, b"Internal Server Error", "text/plain"),
    "502": reply(502, b"<html>Bad Gateway</html>", "text/html"),
    "503": json_reply({"error": "busy"}, 503),
    "a page of a proxy": reply(200, b"<html>Welcome!</html>", "text/html"),
}


@pytest.mark.parametrize("failure", PASSING)
def test_transient_failures_are_ridden_out(failure: str, server: WireServer, workflow: Workflow) -> None:
    """A poll that fails is one poll; so is a failed fetch of the result."""
    failed = PASSING[failure]
    server.on(
        "GET",
        f"/{RUN_ID}",
        failed,
        *told("running"),
        *[failed] * 9,
        *told("running", "success"),
        failed,
        *told("success"),
    )
    assert workflow.get_run(RUN_ID).wait().ok


def test_a_poll_is_tried_once(server: WireServer, workflow: Workflow, clock: VirtualClock) -> None:
    """The wait itself is the repetition: a poll that fails costs one pause, no backoff."""
    server.on("GET", f"/{RUN_ID}", PASSING["503"], *told("success"))
    workflow.get_run(RUN_ID).wait()
    assert clock.slept == [0.05]


def test_retry_after_in_a_poll(server: WireServer, workflow: Workflow, clock: VirtualClock) -> None:
    """A server that asks for a longer pause gets it."""
    busy = json_reply({"error": "slow down"}, 429, Retry_After="7")
    server.on("GET", f"/{RUN_ID}", busy, *told("running"), busy, *told("success"))
    workflow.get_run(RUN_ID).wait()
    assert [pause for pause in clock.slept if pause >= 7] == [7.0, 7.0]


def test_retry_after_beyond_the_deadline(server: WireServer, workflow: Workflow, clock: VirtualClock) -> None:
    """A pause is never longer than what is left."""
    server.on("GET", f"/{RUN_ID}", json_reply({"error": "slow down"}, 429, Retry_After="3600"))
    with pytest.raises(RunTimeout):
        workflow.get_run(RUN_ID).wait(60)
    assert sum(clock.slept) <= 60


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [(404, "Workflow run not found", RunNotFound), (401, "Invalid or expired token", AuthenticationError)],
)
def test_what_asking_again_cannot_mend_ends_the_wait(
    status: int, error: str, expected: Any, server: WireServer, workflow: Workflow
) -> None:
    """A run that is gone, a token that has expired."""
    server.on("GET", f"/{RUN_ID}", *told("running"), json_reply({"error": error}, status))
    with pytest.raises(expected):
        workflow.get_run(RUN_ID).wait()
    assert server.count("GET", f"/{RUN_ID}") == 2


@pytest.mark.parametrize("status", ["success", "failed", "canceled", "bailed", "tripwire", "suspended", "paused"])
def test_every_settled_status_ends_the_wait(status: str, server: WireServer, workflow: Workflow) -> None:
    """Whatever it is, the result is returned."""
    server.on("GET", f"/{RUN_ID}", *told("running", status))
    assert workflow.get_run(RUN_ID).wait().status == status


@pytest.mark.parametrize("status", ["pending", "running", "waiting", "hibernating"])
def test_every_other_status_is_waited_on(status: str, server: WireServer, workflow: Workflow) -> None:
    """Also one that only a newer server knows."""
    server.on("GET", f"/{RUN_ID}", *told(*[status] * 4, "success"))
    assert workflow.get_run(RUN_ID).wait().ok


def test_a_timeout_names_the_run(server: WireServer, workflow: Workflow) -> None:
    """And its last status, and how to pick it up again."""
    server.on("GET", f"/{RUN_ID}", *told("waiting"))
    with pytest.raises(RunTimeout, match=r"get_run\('r-1'\)\.wait\(\)") as raised:
        workflow.get_run(RUN_ID).wait(30)
    assert (raised.value.workflow_id, raised.value.run_id, raised.value.last_status) == (WORKFLOW, RUN_ID, "waiting")


def test_a_timeout_names_why_the_run_could_not_be_read(server: WireServer, workflow: Workflow) -> None:
    """Where the server was down to the end, that is the cause."""
    server.on("GET", f"/{RUN_ID}", *told("running"), PASSING["503"])
    with pytest.raises(RunTimeout) as raised:
        workflow.get_run(RUN_ID).wait(30)
    assert raised.value.last_status == "running"
    assert "busy" in str(raised.value.__cause__)


def test_waiting_for_no_time_is_a_look(server: WireServer, workflow: Workflow) -> None:
    """A settled run is returned, as a finished future's result would be."""
    server.on("GET", f"/{RUN_ID}", *told("success"))
    assert workflow.get_run(RUN_ID).wait(0).result == {"done": True}


@pytest.mark.parametrize("timeout", [(5, 60), 3, None])
def test_a_look_takes_what_the_client_allows(
    timeout: Any, server: WireServer, make_client: Callable[..., MastraClient], clock: VirtualClock
) -> None:
    """The caller asked for no wait, and did not say how slow the link is: a second or two are no reason to give up."""
    run = make_client(timeout=timeout).get_workflow(WORKFLOW).get_run(RUN_ID)

    def answer(request: Received) -> Answer:
        clock.now += 1.5
        return told("success")[0]

    server.on("GET", f"/{RUN_ID}", answer)
    assert run.wait(0).result == {"done": True}


def test_a_look_ends(server: WireServer, make_client: Callable[..., MastraClient], clock: VirtualClock) -> None:
    """Where the server is too slow even for the client's own timeout; it is asked once."""
    run = make_client(timeout=(1, 1)).get_workflow(WORKFLOW).get_run(RUN_ID)

    def answer(request: Received) -> Answer:
        clock.now += 5
        return PASSING["503"]

    server.on("GET", f"/{RUN_ID}", answer)
    with pytest.raises(RunTimeout):
        run.wait(0)
    assert server.count("GET", f"/{RUN_ID}") == 1


def test_a_run_that_goes_on_is_looked_at_once(server: WireServer, workflow: Workflow, clock: VirtualClock) -> None:
    """No pause, no second look."""
    server.on("GET", f"/{RUN_ID}", *told("running"))
    before = clock.now
    with pytest.raises(RunTimeout, match="is still running"):
        workflow.get_run(RUN_ID).wait(0)
    assert (server.count("GET", f"/{RUN_ID}"), clock.now) == (1, before)


@pytest.mark.parametrize("seconds", [0.5, 4.0, 60.0])
def test_a_wait_that_has_a_time_keeps_to_it(seconds: float) -> None:
    """Its last look takes a tenth of the time at most, or 100 ms, whatever the client's timeout."""
    timed = TimedRun(VirtualClock(), settles_at=1e9)
    deadlines: list[float] = []
    exchange = timed.exchange

    def measured(request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply:
        deadlines.append(timed.clock.now + deadline.remaining)
        return exchange(request, timeouts, deadline)

    timed.exchange = measured  # type: ignore[method-assign]
    began = timed.clock.now
    with pytest.raises(RunTimeout):
        run_on(timed).wait(seconds)
    assert max(deadlines) - began <= seconds + max(0.1, seconds / 10)


def test_the_run_is_read_once_more_when_the_time_is_up(
    server: WireServer, workflow: Workflow, clock: VirtualClock
) -> None:
    """A run that settled during the last pause has not timed out."""
    server.on("GET", f"/{RUN_ID}", lambda request: told("success" if clock.now > 9.99 else "running")[0])
    assert workflow.get_run(RUN_ID).wait(10).ok


def test_a_start_that_does_not_show(server: WireServer, client: MastraClient, clock: VirtualClock) -> None:
    """A server accepts a start before it checks the input; after ten seconds of `pending` it has refused it."""
    server.on("GET", f"/{RUN_ID}", *told("pending"))
    server.on("POST", "/start", json_reply({"message": "Workflow run started"}))
    with pytest.raises(RunNotStarted) as raised:
        fresh_run(client).start({"city": 3}).wait()
    assert (raised.value.operation, raised.value.status) == ("start", "pending")
    assert 10 <= sum(clock.slept) < 11
    assert server.count("POST", "/start") == 1


def test_a_start_may_take_its_time(server: WireServer, client: MastraClient) -> None:
    """A run that is pending for some seconds, as on slow storage, is no refused one."""
    server.on("GET", f"/{RUN_ID}", *told(*["pending"] * 20, "running", "success"))
    server.on("POST", "/start", json_reply({"message": "Workflow run started"}))
    assert fresh_run(client).start({}).wait().ok


class Interrupting(VirtualClock):
    """Somebody presses Ctrl-C during the third pause."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.slept) == 3:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    "wait", [lambda run: run.wait(), lambda run: run.start_async({}, again=True)], ids=["wait", "async"]
)
def test_ctrl_c_leaves_the_run_running(
    wait: Callable[[Run], Any], server: WireServer, make_client: Callable[..., MastraClient]
) -> None:
    """The exception says the run's id; nothing is sent to stop it."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading("running", 1)), json_reply(reading("running", 2)))
    server.on("POST", "/start-async", json_reply({"error": "Gateway Timeout"}, 504))
    run = make_client(clock=Interrupting()).get_workflow(WORKFLOW).get_run(RUN_ID)
    with pytest.raises(KeyboardInterrupt, match=RUN_ID):
        wait(run)
    assert server.count("POST", "/cancel") == 0
