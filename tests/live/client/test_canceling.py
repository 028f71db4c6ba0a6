"""Stopping runs, and leaving alone those that have ended."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from mastra_sync import MastraClient, Run, RunAlreadyStarted, RunCanceled, RunNotFound, RunNotSuspended, RunTimeout
from tests.live.client.listening_session import Listener
from tests.live.http_calls import new_run_id
from tests.live.patience import with_growing_deadlines
from tests.live.server import LiveServer

DONE = "Workflow run cancelled"


def test_a_step_that_watches_stops_at_once(client: MastraClient, live_server: LiveServer, gate: str) -> None:
    """The abort signal reaches the running step, nothing starts after it, and the run is canceled."""
    run = client.get_workflow("cancellable").create_run().start({"gate": gate})
    live_server.wait_for_gate(gate)
    assert run.cancel() == DONE
    result = run.wait()
    assert (result.status, result.settled, result.ok) == ("canceled", True, False)
    with pytest.raises(RunCanceled, match=f"run {run.run_id} of 'cancellable' was canceled"):
        result.raise_for_status()
    assert live_server.executions(run.run_id) == {"wait": 1}


def test_a_step_that_does_not_watch_finishes_first(
    client: MastraClient, live_server: LiveServer, generation: str, gate: str
) -> None:
    """The run is called canceled at once, on 1.0 beta when its step has ended; nothing starts after it."""
    run = client.get_workflow("stubborn").create_run()
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(run.start_async, {"gate": gate})
        live_server.wait_for_gate(gate)
        assert run.cancel() == DONE
        assert live_server.waiting_at_gate(gate) == 1
        assert run.result().status == ("running" if generation == "1.0-beta" else "canceled")
        live_server.open_gate(gate)
        assert ending.result().status == "canceled"
    assert live_server.executions(run.run_id) == {"wait": 1}


def test_a_sleeping_run_can_be_canceled(client: MastraClient, live_server: LiveServer, generation: str) -> None:
    """A sleep ends with its run, but on 1.0 beta, where the run sleeps on first."""

    def canceled(seconds: float) -> Run | None:
        run = client.get_workflow("sleep").create_run()
        with run.stream({"ms": int(seconds * (2000 if generation == "1.0-beta" else 10_000))}) as stream:
            while next(stream).type != "workflow-step-waiting":
                pass
        # a slow server may hear of the cancel when the sleep is over, or not tell of the end before it were
        with contextlib.suppress(RunTimeout):
            if run.cancel() == DONE and run.wait(8 * seconds).status == "canceled":
                return run
        return None

    run = with_growing_deadlines(canceled)
    assert live_server.executions(run.run_id) == {"before": 1}


def test_a_suspended_run_can_be_canceled(client: MastraClient, live_server: LiveServer, generation: str) -> None:
    """Nobody can answer it any more; on 1.0 beta it stays suspended until someone does."""
    run = client.get_workflow("asker").create_run()
    run.start_async({})
    assert run.cancel() == DONE
    if generation == "1.0-beta":
        assert run.result().status == "suspended"
        assert run.resume_async({"answer": "a"}).status == "canceled"
    else:
        assert run.result().status == "canceled"
        with pytest.raises(RunNotSuspended):
            run.resume_async({"answer": "a"})
    assert live_server.executions(run.run_id).get("rest") is None


def test_a_pending_run_can_be_canceled(client: MastraClient, live_server: LiveServer, generation: str) -> None:
    """It is not started after that; 1.0 beta forgets it until the start, which it then cuts short."""
    run = client.get_workflow("three").create_run()
    assert run.cancel() == DONE
    again = client.get_workflow("three").get_run(run.run_id)
    if generation == "1.0-beta":
        assert again.start_async({}).status == "canceled"
        assert live_server.executions(run.run_id) == {"t1": 1}
    else:
        with pytest.raises(RunAlreadyStarted, match="the run is canceled"):
            again.start_async({})
        assert live_server.executions(run.run_id) == {}


def succeeded(client: MastraClient) -> Run:
    """Return a run that has succeeded."""
    run = client.get_workflow("three").create_run()
    run.start_async({})
    return run


def failed(client: MastraClient) -> Run:
    """Return a run that has failed."""
    run = client.get_workflow("failing").create_run()
    run.start_async({"kind": "error"})
    return run


@pytest.mark.parametrize("make", [succeeded, failed])
def test_a_run_that_has_ended_is_left_alone(
    heard: MastraClient, listener: Listener, make: Callable[[MastraClient], Run]
) -> None:
    """Servers would overwrite its status, so nothing is sent and the message says so."""
    run = make(heard)
    before = run.result()
    assert run.cancel() == f"Workflow run had already ended as {before.status}; no cancel was sent"
    assert run.result().raw == before.raw
    assert not [request for request in listener.sent if str(request.url).endswith("/cancel")]


def test_a_canceled_run_can_be_canceled_again(client: MastraClient, live_server: LiveServer, gate: str) -> None:
    """The second time nothing is sent."""
    run = client.get_workflow("cancellable").create_run().start({"gate": gate})
    live_server.wait_for_gate(gate)
    run.cancel()
    run.wait()
    assert run.cancel() == "Workflow run had already ended as canceled; no cancel was sent"


def test_an_unknown_run_cannot_be_canceled(client: MastraClient) -> None:
    """Nobody made it."""
    with pytest.raises(RunNotFound):
        client.get_workflow("three").get_run(new_run_id()).cancel()
