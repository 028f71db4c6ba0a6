"""Workflows of the evented engine, which current servers run scheduled ones on: other answers, the same results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mastra_sync import (
    MastraClient,
    Run,
    RunFailed,
    RunResult,
    RunTripwire,
    UnsupportedByServer,
    WorkflowNotFound,
)
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
    """Start and finish, which the engine says twice, come once; an observer sees the same."""
    run = evented.get_workflow("evented").create_run()
    events = list(run.stream({"n": 1}))
    types = [event.type for event in events]
    steps = ["workflow-step-start", "workflow-step-result"] * 2
    assert types == ["workflow-start", *steps, "workflow-finish"]
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


ENDS = {
    "parallel": ("evented-block", {"n": 3}, {"left": {"left": 3}, "right": {"right": 3}}),
    "branch": ("evented-branch", {"n": 3}, {"positive": {"positive": 3}}),
    "branch not taken": ("evented-branch", {"n": 0}, {}),
    "bail": ("evented-bail", {"n": 3}, {"left": True}),
    "no bail": ("evented-bail", {"n": 0}, {"stayed": True}),
    "no items": ("evented-items", [], []),
}
"""A workflow's last entry, an input, and what comes out."""


@pytest.mark.parametrize("end", ENDS)
def test_every_verb_gives_the_same_result(evented: MastraClient, end: str) -> None:
    """Whatever a workflow ends in: what is stored is no other result than what the run gives."""
    workflow_id, given, result = ENDS[end]
    workflow = evented.get_workflow(workflow_id)
    assert workflow.execute(given).result == result
    run = workflow.create_run()
    answered = run.start_async(given)
    assert answered.result == result
    with workflow.create_run().stream(given) as stream:
        assert stream.result().result == result
    run_ids = {run.run_id, stream.run_id}
    listed = [each for each in workflow.iter_runs() if each.run_id in run_ids]
    for told in (run.result(), run.wait(), *listed):
        assert (told.status, told.result, told.error) == ("success", result, None)
    restarted = run.restart_async()
    assert (restarted.status, restarted.result) == ("success", result)
    assert "__state" not in restarted.steps
    # a step that bailed is in the answer only
    missing = {"leave"} if end == "bail" else set()
    assert run.result().steps.keys() == answered.steps.keys() - missing


def test_each_item_asks_for_itself(evented: MastraClient) -> None:
    """One suspension for each item that waits; an answer to one leaves the others."""
    run = evented.get_workflow("evented-items").create_run()
    for told in (run.start_async([5, 6, 7]), run.result()):
        asked = [(each.path, each.for_each_index, each.payload) for each in told.suspensions]
        assert (told.status, asked) == ("suspended", [(["q"], index, {"ask": index + 5}) for index in range(3)])
    first, second, third = run.result().suspensions
    for told in (run.resume_async({"a": 1}, step=second), run.result()):
        assert [each.for_each_index for each in told.suspensions] == [0, 2]
    told = run.resume_async({"a": 0}, for_each_index=0)
    assert [each.for_each_index for each in told.suspensions] == [2]
    for told in (run.resume_async({"a": 2}, step=third), run.result()):
        assert (told.status, told.result) == ("success", [{"a": 0}, {"a": 1}, {"a": 2}])
    assert first.path == ["q"]


def test_a_foreach_that_fails_has_failed(evented: MastraClient) -> None:
    """The engine stores such a run as a success, with the failure in the place of its result."""
    workflow = evented.get_workflow("evented-failing")
    run = workflow.create_run()
    for told in (run.start_async([1, -1]), run.result(), run.wait()):
        assert (told.status, told.result, str(told.error)) == ("failed", None, "Error: negative")
    with pytest.raises(RunFailed, match="negative"):
        workflow.execute([1, -1]).raise_for_status()


def test_a_tripwire_is_told_as_one(evented: MastraClient) -> None:
    """The engine stores the run as failed; the step says why it is none."""
    run = evented.get_workflow("evented-tripwire").create_run()
    for told in (run.start_async({}), run.result()):
        assert (told.status, (told.tripwire or {}).get("reason")) == ("tripwire", "not allowed")
    with pytest.raises(RunTripwire, match="not allowed"):
        run.result().raise_for_status()


def test_a_nested_workflow_asks(evented: MastraClient) -> None:
    """The path leads to the step, and what the engine stores beside the steps is none of them."""
    run = evented.get_workflow("evented-nested").create_run()
    for told in (run.start_async({"n": 3}), run.result()):
        assert told.suspended == [["evented-inner", "second"]]
        assert not [name for name in told.steps if "__state" in name]
    told = run.resume_async({"a": 1}, step=run.result().suspensions[0])
    assert (told.status, told.result) == ("success", {"a": 1})


def test_a_nested_step_of_the_same_id_keeps_its_path(evented: MastraClient) -> None:
    """`["twin", "twin"]` is a step named twice, or the step of a nested workflow: here it is the latter."""
    run = evented.get_workflow("evented-twin").create_run()
    for told in (run.start_async({"n": 3}), run.result()):
        assert told.suspended == [["twin", "twin"]]
    assert run.resume_async({"a": 1}, step="twin.twin").result == {"a": 1}


def test_a_streamed_answer_goes_to_the_item_that_is_meant_or_nowhere(evented: MastraClient) -> None:
    """The engine gives it to the first items that wait; another one is not to have it instead."""
    run = evented.get_workflow("evented-items").create_run()
    first, second = run.start_async([5, 6]).suspensions
    with pytest.raises(UnsupportedByServer, match="for_each_index of resume_stream is not supported"):
        run.resume_stream({"a": 1}, step=second)
    assert list(run.resume_stream({"a": 0}, step=first))
    assert run.resume_stream({"a": 1}, step=second).result().result == [{"a": 0}, {"a": 1}]
    at_once = evented.get_workflow("evented-items-at-once").create_run()
    with pytest.raises(UnsupportedByServer, match="resume_async gives it to the one that is meant"):
        at_once.resume_stream({"a": 0}, step=at_once.start_async([5, 6]).suspensions[0])


def test_one_loop_answers_each_item(evented: MastraClient) -> None:
    """A handler is asked for one item after the other."""
    run = evented.get_workflow("evented-items").create_run()
    stream = run.stream([5, 6, 7], on_suspend=lambda suspension: {"for": suspension.payload["ask"]})
    assert stream.result().result == [{"for": 5}, {"for": 6}, {"for": 7}]


def test_a_cancelled_run_is_canceled(evented: MastraClient, current_server: LiveServer) -> None:
    """Whatever the engine stores as its result, it has none."""
    run = evented.get_workflow("evented-slow").create_run()
    run.start({"gate": run.run_id})
    current_server.wait_for_gate(run.run_id)
    run.cancel()
    for told in (run.wait(), run.result()):
        assert (told.status, told.result) == ("canceled", None)


def test_a_crash_ends_a_run(tmp_path: Path) -> None:
    """The engine cannot go on with it, and the client says what to do instead."""
    with LiveServer("current", database=tmp_path / "mastra.db") as server:
        with MastraClient(server.base_url, token="") as client:
            run = client.get_workflow("evented-slow").create_run()
            run.start({"gate": run.run_id})
            server.wait_for_gate(run.run_id)
        server.kill()
        server.start()
        with MastraClient(server.base_url, token="") as client:
            told = client.get_workflow("evented-slow").get_run(run.run_id).restart_async()
    assert told.status == "failed"
    with pytest.raises(RunFailed, match=r"Execution path is empty: \[\]\n.* Start a new run\."):
        told.raise_for_status()
