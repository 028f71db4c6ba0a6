"""Workflows of the evented engine, which current servers run scheduled ones on: other answers, the same results."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mastra_sync import MastraClient, Run, RunResult, WorkflowNotFound
from tests.live.client.test_resuming import every_resume
from tests.live.client.test_running import every_start
from tests.live.server import LiveServer


@pytest.fixture
def evented(current_server: LiveServer) -> Iterator[MastraClient]:
    """A client of the generation that has the evented engine."""
    with MastraClient(current_server.base_url, token="") as client:
        yield client


def test_only_current_servers_have_it(client: MastraClient, generation: str) -> None:
    """Schedules, and with them this engine, came after 1.2."""
    workflow = client.get_workflow("evented")
    if generation == "current":
        assert workflow.details().name == "evented"
    else:
        with pytest.raises(WorkflowNotFound):
            workflow.details()


@every_start
def test_a_result_is_unwrapped(
    evented: MastraClient, current_server: LiveServer, start: Callable[..., RunResult]
) -> None:
    """The engine stores the last step's envelope as the run's result; the value in it is what one wants."""
    run = evented.get_workflow("evented").create_run()
    for result in (start(run, {"n": 1}), run.result(), next(evented.get_workflow("evented").iter_runs())):
        assert (result.run_id, result.status, result.result) == (run.run_id, "success", {"greeting": "hi 1"})
        assert (result.input_data, list(result.steps)) == ({"n": 1}, ["e1", "e2"])
    assert current_server.executions(run.run_id) == {"e1": 1, "e2": 1}


def suspended(evented: MastraClient) -> Run:
    """Return a run that waits for an answer."""
    run = evented.get_workflow("evented-ask").create_run()
    for result in (run.start_async({"n": 1}), run.result()):
        assert (result.status, result.result, result.suspend_payload) == ("suspended", None, {"eq": {"ask": "eq?"}})
        assert [suspension.payload for suspension in result.suspensions] == [{"ask": "eq?"}]
    return run


@every_resume
@pytest.mark.parametrize("named", ["by nothing", "by id", "by suspension"])
def test_a_run_can_be_resumed(evented: MastraClient, named: str, resume: Callable[..., RunResult]) -> None:
    """The answer reaches the step however it is named, and the result is unwrapped though its envelope is larger."""
    run = suspended(evented)
    step = {"by nothing": None, "by id": "eq", "by suspension": run.result().suspensions[0]}[named]
    for result in (resume(run, {"a": 1}, step=step), run.result()):
        assert (result.status, result.result) == ("success", {"answered": {"a": 1}})


def test_a_stream_is_read_to_its_last_finish(evented: MastraClient) -> None:
    """Two starts and two finishes come, and are handed on; an observer sees the same."""
    run = evented.get_workflow("evented").create_run()
    events = list(run.stream({"n": 1}))
    types = [event.type for event in events]
    assert types[:2] == ["workflow-start"] * 2
    assert types[-2:] == ["workflow-finish"] * 2
    assert list(run.observe()) == events


def test_an_observer_sees_each_event_once(evented: MastraClient) -> None:
    """While the run is suspended, and when it has ended, history and live stream come without seam."""
    run = evented.get_workflow("evented-ask").create_run()
    events = list(run.stream({"n": 1}))
    assert list(run.observe()) == events
    events += run.resume_stream({"a": 1})
    assert list(run.observe()) == events
    assert list(run.observe(3)) == events[3:]


def test_a_handler_answers(evented: MastraClient) -> None:
    """One loop goes across the suspension."""
    run = evented.get_workflow("evented-ask").create_run()
    stream = run.stream({"n": 1}, on_suspend=lambda suspension: suspension.payload)
    assert stream.result().result == {"answered": {"ask": "eq?"}}


def test_a_run_can_stop_after_one_step(evented: MastraClient, current_server: LiveServer) -> None:
    """A paused run has no result, though its last step's envelope is stored as one."""
    run = evented.get_workflow("evented").create_run()
    for result in (run.start_async({"n": 1}, per_step=True), run.result()):
        assert (result.status, result.result) == ("paused", None)
    assert current_server.executions(run.run_id) == {"e1": 1}


def test_a_run_can_travel(evented: MastraClient) -> None:
    """The step gets its new input."""
    run = evented.get_workflow("evented").create_run()
    run.start_async({"n": 1})
    assert run.time_travel_async("e2", {"n": 9}).result == {"greeting": "hi 9"}
    assert run.result().result == {"greeting": "hi 9"}
