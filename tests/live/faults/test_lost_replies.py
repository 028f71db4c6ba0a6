"""Answers that a proxy loses: the steps of the run have run once all the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import MastraClient, OutcomeUnknown, Run, RunResult, RunStream
from tests.faults.clocks import LeapingClock
from tests.faults.proxy import Fault, FaultProxy, delayed, garbled, gateway, instead, lost_at_once, lost_reply
from tests.faults.wire_server import close, reset
from tests.live.server import LiveServer

LOST: dict[str, Fault] = {
    "reset": lost_reply(reset),
    "closed": lost_reply(close),
    "reset at once": lost_at_once(reset),
    "502": instead(gateway(502), forward=True),
    "503": instead(gateway(503), forward=True),
    "504": instead(gateway(504), forward=True),
}

STARTS: dict[str, tuple[str, Callable[[Run], Any]]] = {
    "start": ("/start", lambda run: run.start({"n": 1})),
    "start_async": ("/start-async", lambda run: run.start_async({"n": 1})),
    "stream": ("/stream", lambda run: run.stream({"n": 1})),
}
RESUMES: dict[str, tuple[str, Callable[[Run], Any]]] = {
    "resume": ("/resume", lambda run: run.resume({"answer": "yes"})),
    "resume_async": ("/resume-async", lambda run: run.resume_async({"answer": "yes"})),
    "resume_stream": ("/resume-stream", lambda run: run.resume_stream({"answer": "yes"})),
}
TRAVELS: dict[str, tuple[str, Callable[[Run], Any]]] = {
    "time_travel": ("/time-travel", lambda run: run.time_travel("t3")),
    "time_travel_async": ("/time-travel-async", lambda run: run.time_travel_async("t3")),
    "time_travel_stream": ("/time-travel-stream", lambda run: run.time_travel_stream("t3")),
}

lost = pytest.mark.parametrize("lost", LOST)


def ended(run: Run, answer: Any) -> RunResult:
    if isinstance(answer, RunStream):
        return answer.result()
    return answer if isinstance(answer, RunResult) else run.wait(60)


@lost
@pytest.mark.parametrize("verb", STARTS)
def test_a_start_runs_the_run_once(
    verb: str, lost: str, client: MastraClient, proxy: FaultProxy, live_server: LiveServer
) -> None:
    """The server started the run, the client never heard of it, and goes on with it."""
    route, start = STARTS[verb]
    run = client.get_workflow("three").create_run()
    proxy.arm("POST", route, LOST[lost])
    assert ended(run, start(run)).ok
    assert live_server.executions(run.run_id) == {"t1": 1, "t2": 1, "t3": 1}
    assert proxy.count("POST", route) == 1


@lost
@pytest.mark.parametrize("verb", RESUMES)
def test_a_resume_answers_once(
    verb: str, lost: str, client: MastraClient, proxy: FaultProxy, live_server: LiveServer
) -> None:
    """The question was asked once and answered once."""
    route, resume = RESUMES[verb]
    run = client.get_workflow("asker").create_run()
    assert run.start_async({"n": 1}).status == "suspended"
    proxy.arm("POST", route, LOST[lost])
    assert ended(run, resume(run)).result == {"rest": "yes"}
    assert live_server.executions(run.run_id) == {"first": 1, "q": 2, "rest": 1}
    assert proxy.count("POST", route) == 1


@lost
@pytest.mark.parametrize("verb", TRAVELS)
def test_a_time_travel_executes_once(
    verb: str, lost: str, client: MastraClient, proxy: FaultProxy, live_server: LiveServer
) -> None:
    """Only the step that was travelled to has run once more."""
    route, travel = TRAVELS[verb]
    run = client.get_workflow("three").create_run()
    assert run.start_async({}).ok
    proxy.arm("POST", route, LOST[lost])
    assert ended(run, travel(run)).ok
    assert live_server.executions(run.run_id) == {"t1": 1, "t2": 1, "t3": 2}
    assert proxy.count("POST", route) == 1


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("verb", STARTS)
def test_a_start_that_a_gateway_kept_to_itself(
    verb: str, status: int, proxy: FaultProxy, live_server: LiveServer
) -> None:
    """The server never saw it: the outcome is unknown, and nothing has run."""
    route, start = STARTS[verb]
    with MastraClient(proxy.base_url, token="", clock=LeapingClock(haste=10)) as client:
        run = client.get_workflow("three").create_run()
        proxy.arm("POST", route, instead(gateway(status), forward=False))
        with pytest.raises(OutcomeUnknown) as raised:
            start(run)
    assert raised.value.last_status == "pending"
    assert live_server.executions(run.run_id) == {}
    assert proxy.count("POST", route) == 1


def test_an_answer_that_is_garbled(client: MastraClient, proxy: FaultProxy, live_server: LiveServer) -> None:
    """A result that cannot be read is read from the run."""
    run = client.get_workflow("three").create_run()
    proxy.arm("POST", "/start-async", garbled)
    assert run.start_async({}).ok
    assert live_server.executions(run.run_id) == {"t1": 1, "t2": 1, "t3": 1}


def test_an_answer_that_is_late(client: MastraClient, proxy: FaultProxy, live_server: LiveServer) -> None:
    """A verb that waits for the run is not sent again because its answer takes long."""
    run = client.get_workflow("three").create_run()
    passed = threading.Event()
    proxy.arm("POST", "/start-async", delayed(passed))
    results: list[RunResult] = []
    waiting = threading.Thread(target=lambda: results.append(run.start_async({})))
    waiting.start()
    client.get_workflow("three").get_run(run.run_id).wait(60)
    passed.set()
    waiting.join(60)
    assert results[0].ok
    assert live_server.executions(run.run_id) == {"t1": 1, "t2": 1, "t3": 1}


def test_a_run_that_outlives_its_connection(
    client: MastraClient, proxy: FaultProxy, live_server: LiveServer, gate: str
) -> None:
    """A connection that is cut while a step works does not end the wait."""
    run = client.get_workflow("slow").create_run()
    proxy.arm("POST", "/start-async", lost_at_once(reset))
    waiting = threading.Thread(target=lambda: run.start_async({"gate": gate}))
    waiting.start()
    live_server.wait_for_gate(gate)
    live_server.open_gate(gate)
    waiting.join(60)
    assert run.result().ok
    assert live_server.executions(run.run_id) == {"begin": 1, "wait": 1, "end": 1}


def test_a_cancel_whose_answer_was_lost(
    client: MastraClient, proxy: FaultProxy, live_server: LiveServer, gate: str
) -> None:
    """The run is canceled and stays so, whether or not the cancel was sent again."""
    run = client.get_workflow("cancellable").create_run()
    run.start({"gate": gate})
    live_server.wait_for_gate(gate)
    proxy.arm("POST", "/cancel", lost_reply(reset))
    run.cancel()
    assert run.wait(60).status == "canceled"


def test_a_delete_whose_answer_was_lost(client: MastraClient, proxy: FaultProxy) -> None:
    """A run that the first attempt has deleted is no error of the second."""
    workflow = client.get_workflow("three")
    run = workflow.create_run()
    proxy.arm("DELETE", f"/{run.run_id}", lost_reply(reset))
    assert workflow.delete_run_by_id(run.run_id) == "Workflow run deleted"
    assert proxy.count("DELETE", f"/{run.run_id}") == 2
