"""A verb's own timeout covers all that it does: the look before, the request, the looks and reads after it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import MastraClient, MastraError, Workflow
from mastra_sync.deadline import SystemClock
from tests.faults.scripted_runs import (
    RUN_ID,
    START_RECORD,
    WORKFLOW,
    ScriptedRun,
    fresh_run_of,
    reading,
    record,
)
from tests.faults.wire_server import Received, Script, WireServer, json_reply, never, reply, streamed

TIMEOUT = 0.2
LONGER = 0.5
"""Seconds for a call whose answer is to come in time."""
BOUND = 10.0
"""Seconds after which a call has outlived its timeout; the client's own limits would let it go on much longer."""

Call = Callable[[Workflow], Any]

CALLS: dict[str, tuple[str, Call]] = {
    "execute": ("pending", lambda w: w.execute({}, timeout=TIMEOUT)),
    "execute with an id": ("pending", lambda w: w.execute({}, run_id=RUN_ID, timeout=TIMEOUT)),
    "map": ("pending", lambda w: list(w.map([{}, {}], timeout=TIMEOUT))),
    "start_async": ("pending", lambda w: fresh_run_of(w).start_async({}, timeout=TIMEOUT)),
    "start_async with an id": ("pending", lambda w: w.get_run(RUN_ID).start_async({}, timeout=TIMEOUT)),
    "stream": ("pending", lambda w: list(fresh_run_of(w).stream({}, timeout=TIMEOUT))),
    "stream with an id": ("pending", lambda w: list(w.get_run(RUN_ID).stream({}, timeout=TIMEOUT))),
    "result of a stream": ("pending", lambda w: fresh_run_of(w).stream({}, timeout=4).result(timeout=TIMEOUT)),
    "observe": ("running", lambda w: list(w.get_run(RUN_ID).observe(timeout=TIMEOUT))),
    "wait": ("running", lambda w: w.get_run(RUN_ID).wait(TIMEOUT)),
    "resume_async": ("suspended", lambda w: w.get_run(RUN_ID).resume_async({"a": 1}, timeout=TIMEOUT)),
    "resume_stream": ("suspended", lambda w: list(w.get_run(RUN_ID).resume_stream({"a": 1}, timeout=TIMEOUT))),
    "restart_async": ("running", lambda w: w.get_run(RUN_ID).restart_async(timeout=TIMEOUT)),
    "time_travel_async": ("success", lambda w: w.get_run(RUN_ID).time_travel_async("q", timeout=TIMEOUT)),
    "time_travel_stream": ("success", lambda w: list(w.get_run(RUN_ID).time_travel_stream("q", timeout=TIMEOUT))),
}

BUSY = reply(503, b"busy", "text/plain")

SILENCE: dict[str, tuple[Script, Script]] = {
    # what a look and what any other request is answered from a request on
    "says nothing": ((never,), (never,)),
    "is busy": (BUSY, BUSY),
    "says nothing but to looks": (json_reply(reading("running")), (never,)),
}


@pytest.fixture
def workflow(make_client: Callable[..., MastraClient]) -> Workflow:
    """On a client whose own limits are far beyond the verbs'."""
    return make_client(timeout=(5, 30), backoff=0.01, clock=SystemClock()).get_workflow(WORKFLOW)


@pytest.mark.parametrize("answered", range(4))
@pytest.mark.parametrize("silence", SILENCE)
@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_falls_silent(
    call: str, silence: str, answered: int, server: WireServer, workflow: Workflow
) -> None:
    """However many requests it has answered before, the call ends in time, and in nothing but what is documented."""
    status, verb = CALLS[call]
    look, other = SILENCE[silence]
    left = iter(range(answered))

    def unless_silent(script: Script, later: Script) -> Script:
        def answer(request: Received) -> Any:
            chosen = script if next(left, None) is not None else later
            return chosen(request) if callable(chosen) else chosen

        return answer

    server.on("GET", "", unless_silent(json_reply(reading(status)), look))
    server.on("POST", "", unless_silent(json_reply({"runId": RUN_ID, "message": ""}), other))
    for route in ("/stream", "/observe", "/resume-stream", "/time-travel-stream"):
        server.on("POST", route, unless_silent(streamed(record(START_RECORD), never), other))
    began = time.perf_counter()
    with contextlib.suppress(MastraError):
        verb(workflow)
    assert time.perf_counter() - began < BOUND


def test_the_graph_of_a_run(server: WireServer, workflow: Workflow) -> None:
    """Reading the graph is a part of the call, and what was answered is not lost for want of it."""
    ScriptedRun(server, "pending")
    answer = {"status": "success", "steps": {"input": {"a": 1}, "q": {"status": "success", "output": 1}}, "result": 1}
    server.on("POST", "/start-async", json_reply(answer))
    server.on("GET", f"/{RUN_ID}", (never,))
    began = time.perf_counter()
    assert fresh_run_of(workflow).start_async({}, timeout=LONGER).result == 1
    assert time.perf_counter() - began < BOUND
