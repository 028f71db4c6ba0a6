"""Suspensions and their answers: every way to resume, every way to say which step is meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import BaseModel

from mastra_sync import (
    InvalidArgument,
    InvalidResumeData,
    MastraClient,
    Run,
    RunNotFound,
    RunNotStarted,
    RunNotSuspended,
    RunResult,
    RunSuspended,
    SeveralStepsSuspended,
    StepNotSuspended,
    UnsupportedByServer,
)
from tests.live.client.listening_session import Listener
from tests.live.http_calls import new_run_id
from tests.live.server import LiveServer

TRACING = {"metadata": {"team": "é"}, "tags": ["a"]}
TALLY = {"count": 0, "notes": []}


class Answer(BaseModel):
    """A pydantic answer."""

    answer: str


def resume_no_wait(run: Run, *args: Any, **options: Any) -> RunResult:
    """Resume by the route of current servers; older ones lack it, as a test of its own shows, and get the other one."""
    try:
        run.resume_no_wait(*args, **options)
    except UnsupportedByServer:
        run.resume(*args, **options)
    return run.wait()


# every verb that answers a suspension, each brought to the run's result
RESUMES: dict[str, Callable[..., RunResult]] = {
    "resume": lambda run, *args, **options: run.resume(*args, **options).wait(),
    "resume_async": lambda run, *args, **options: run.resume_async(*args, **options),
    "resume_no_wait": resume_no_wait,
    "resume_stream": lambda run, *args, **options: run.resume_stream(*args, **options).result(),
}
every_resume = pytest.mark.parametrize("resume", RESUMES.values(), ids=RESUMES)


def suspend(client: MastraClient, workflow_id: str, input_data: Any = None, **options: Any) -> Run:
    """Return a run that waits for an answer."""
    run = client.get_workflow(workflow_id).create_run()
    result = run.start_async({} if input_data is None else input_data, **options)
    with pytest.raises(RunSuspended):
        result.raise_for_status()
    return run


# -- every verb


@every_resume
def test_an_answer_ends_the_run(
    client: MastraClient, live_server: LiveServer, resume: Callable[..., RunResult]
) -> None:
    """The answer reaches the step, which runs once more; what came before it does not."""
    run = suspend(client, "asker")
    assert resume(run, {"answer": "é鏡"}).result == {"rest": "é鏡"}
    assert live_server.executions(run.run_id) == {"first": 1, "q": 2, "rest": 1}


def test_resume_no_wait_is_known_to_current_servers_only(
    client: MastraClient, live_server: LiveServer, generation: str
) -> None:
    """It answers with the run's id; elsewhere it is refused with advice and the run waits on."""
    run = suspend(client, "asker")
    if generation == "current":
        assert run.resume_no_wait({"answer": "a"}) == run.run_id
        assert run.wait().ok
    else:
        with pytest.raises(UnsupportedByServer, match="Use resume"):
            run.resume_no_wait({"answer": "a"})
        assert live_server.executions(run.run_id) == {"first": 1, "q": 1}


@every_resume
def test_an_answer_may_be_a_model(client: MastraClient, resume: Callable[..., RunResult]) -> None:
    """A pydantic model is sent as its JSON."""
    assert resume(suspend(client, "asker"), Answer(answer="a")).result == {"rest": "a"}


@every_resume
def test_a_resume_adds_to_the_request_context(client: MastraClient, resume: Callable[..., RunResult]) -> None:
    """Context and tracing options go with the answer, and the workflow goes on with its state."""
    run = suspend(client, "stateful", initial_state=TALLY, request_context={"tenant": "é"})
    options = {"request_context": {"tenant": "other", "more": 1}, "tracing_options": TRACING}
    result = resume(run, {"answer": "a"}, **options)
    assert result.result == {"count": 3, "notes": ["count-before", "q: a", "count-after"]}
    workflow = client.get_workflow("stateful")
    [row] = workflow.iter_runs(from_date=workflow.run_by_id(run.run_id).created_at)
    assert row.run_id == run.run_id
    assert row.raw["snapshot"]["requestContext"] == {"tenant": "other", "more": 1}


@every_resume
def test_options_are_sent_under_mastras_names(
    heard: MastraClient, listener: Listener, resume: Callable[..., RunResult]
) -> None:
    """What servers do not show is looked at where it is sent, once."""
    resume(suspend(heard, "asker"), {"answer": "a"}, step="q", tracing_options=TRACING)
    sent = [body for body in listener.bodies() if "resumeData" in body]
    assert sent == [{"resumeData": {"answer": "a"}, "step": ["q"], "tracingOptions": TRACING}]


@every_resume
def test_a_resume_can_stop_after_one_step(
    client: MastraClient, live_server: LiveServer, generation: str, resume: Callable[..., RunResult]
) -> None:
    """`per_step` pauses the run once the step has its answer; 1.0 beta would run on, so nothing is sent."""
    run = suspend(client, "asker")
    if generation == "1.0-beta":
        with pytest.raises(UnsupportedByServer, match="per_step"):
            resume(run, {"answer": "a"}, per_step=True)
        assert live_server.executions(run.run_id) == {"first": 1, "q": 1}
    else:
        assert resume(run, {"answer": "a"}, per_step=True).status == "paused"
        assert live_server.executions(run.run_id) == {"first": 1, "q": 2}


@every_resume
def test_a_run_can_ask_twice(client: MastraClient, resume: Callable[..., RunResult]) -> None:
    """After the first answer the run is suspended again, with the second question."""
    run = suspend(client, "ask-twice")
    again = resume(run, {"answer": "a"})
    assert [suspension.payload for suspension in again.suspensions] == [{"ask": "second?", "first": "a"}]
    assert resume(run, {"answer": "b"}).result == {"first": "a", "second": "b"}


# -- which step


@pytest.mark.parametrize(
    ("workflow_id", "step"),
    [
        ("asker", "q"),
        ("asker", ["q"]),
        ("nested-ask", None),
        ("nested-ask", "inner-ask"),
        ("nested-ask", "inner-ask.inner-q"),
        ("nested-ask", ["inner-ask", "inner-q"]),
        ("deep-ask", None),
        ("deep-ask", "middle-ask"),
        ("deep-ask", ("middle-ask", "inner-ask")),
        ("deep-ask", "middle-ask.inner-ask.inner-q"),
        ("dotted", None),
        ("dotted", "ask.me"),
        ("dotted", ["ask.me"]),
    ],
)
def test_a_step_is_named_as_one_likes(client: MastraClient, workflow_id: str, step: str | Sequence[str] | None) -> None:
    """A string, a path, a list, its beginning, or nothing where only one step waits; an id may have a dot."""
    assert suspend(client, workflow_id).resume_async({"answer": "a"}, step=step).ok


@every_resume
def test_a_suspension_can_be_handed_back(client: MastraClient, resume: Callable[..., RunResult]) -> None:
    """What the result says that it waits for is what `step` takes."""
    run = suspend(client, "deep-ask")
    [suspension] = run.result().suspensions
    assert resume(run, {"answer": "a"}, step=suspension).ok


@every_resume
def test_parallel_steps_are_answered_one_by_one(
    client: MastraClient, live_server: LiveServer, resume: Callable[..., RunResult]
) -> None:
    """Which of two is meant must be said; after the first answer the other is left."""
    run = suspend(client, "parallel-ask")
    with pytest.raises(SeveralStepsSuspended) as caught:
        resume(run, {"answer": "a"})
    assert caught.value.available == ["p1", "p2"]
    assert resume(run, {"answer": "b"}, step="p2").suspended == [["p1"]]
    assert resume(run, {"answer": "a"}).result == {"p1": "a", "p2": "b"}
    assert live_server.executions(run.run_id) == {"p1": 2, "p2": 2, "join": 1}


# -- items of a foreach


@every_resume
def test_items_are_answered_by_index(
    client: MastraClient, live_server: LiveServer, generation: str, resume: Callable[..., RunResult]
) -> None:
    """Current servers continue one item; others would give every item the same answer, so nothing is sent."""
    run = suspend(client, "foreach-suspend", [1, 2, 3])
    if generation != "current":
        with pytest.raises(UnsupportedByServer, match="every suspended item gets the same answer"):
            resume(run, {"add": 5}, for_each_index=1)
        assert live_server.executions(run.run_id) == {"ask-item": 3}
        return
    left = resume(run, {"add": 20}, for_each_index=1)
    assert [suspension.for_each_index for suspension in left.suspensions] == [0, 2]
    resume(run, {"add": 10}, step="ask-item", for_each_index=0)
    assert resume(run, {"add": 30}, for_each_index=2).result == [11, 22, 33]


@every_resume
def test_items_are_answered_by_label(
    client: MastraClient, live_server: LiveServer, generation: str, resume: Callable[..., RunResult]
) -> None:
    """Servers ignore a label, so it is looked up and sent as step and item, where items can be told apart."""
    run = suspend(client, "foreach-suspend", [1, 2])
    if generation != "current":
        with pytest.raises(UnsupportedByServer):
            resume(run, {"add": 5}, label="item-2")
        assert live_server.executions(run.run_id) == {"ask-item": 2}
        return
    [left] = resume(run, {"add": 20}, label="item-2").suspensions
    assert (left.for_each_index, left.labels) == (0, ["item-1"])
    assert resume(run, {"add": 10}, step=left).result == [11, 22]


@every_resume
def test_without_an_index_every_item_gets_the_answer(client: MastraClient, resume: Callable[..., RunResult]) -> None:
    """One answer for all suspended items, on every generation."""
    assert resume(suspend(client, "foreach-suspend", [1, 2, 3]), {"add": 5}).result == [6, 7, 8]


@every_resume
def test_an_item_at_a_time(client: MastraClient, resume: Callable[..., RunResult]) -> None:
    """Where only one item waits, it can be named on every generation, for no other could get its answer."""
    run = suspend(client, "foreach-suspend-one", [1, 2])
    [first] = run.result().suspensions
    assert (first.for_each_index, first.payload, first.labels) == (0, {"item": 1}, ["item-1"])
    [second] = resume(run, {"add": 5}, step=first).suspensions
    assert (second.for_each_index, second.payload, second.labels) == (1, {"item": 2}, ["item-2"])
    assert resume(run, {"add": 6}, label="item-2").result == [6, 8]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"for_each_index": 7}, "for_each_index: item 7 is not suspended; suspended: 0, 1"),
        ({"label": "item-9"}, "label: no suspension is labelled 'item-9'; labels: item-1, item-2"),
        ({"label": "item-1", "step": "ask-item"}, "label: stands for a step and an item"),
    ],
    ids=["index", "label", "label and step"],
)
def test_an_item_that_does_not_wait_is_refused(
    client: MastraClient, live_server: LiveServer, options: dict[str, Any], problem: str
) -> None:
    """Servers would answer 200 and resume nothing, or everything."""
    run = suspend(client, "foreach-suspend", [1, 2])
    with pytest.raises(InvalidArgument, match=problem):
        run.resume_async({"add": 5}, **options)
    assert live_server.executions(run.run_id) == {"ask-item": 2}


# -- what is refused


def test_an_answer_that_does_not_fit_is_refused(client: MastraClient) -> None:
    """`resume_async` says so as one exception on every generation; the run waits on for a better one."""
    run = suspend(client, "approval", {"n": 1})
    with pytest.raises(InvalidResumeData, match="- ok: Invalid input: expected boolean, received string"):
        run.resume_async({"ok": "yes"})
    assert run.resume_async({"ok": True}).result == {"ok": True, "n": 1}


def test_a_stream_says_that_an_answer_does_not_fit(client: MastraClient) -> None:
    """`resume_stream` is refused inside the stream, and its result raises what `resume_async` would."""
    run = suspend(client, "approval", {"n": 1})
    stream = run.resume_stream({"ok": "yes"})
    with pytest.raises(InvalidResumeData, match="- ok: Invalid input: expected boolean"):
        stream.result()
    assert run.resume_async({"ok": True}).ok


def test_an_answer_that_is_accepted_and_ignored_is_found_out(client: MastraClient) -> None:
    """`resume` is accepted before it is checked; `wait` notices that the run has not moved."""
    run = suspend(client, "approval", {"n": 1})
    with pytest.raises(RunNotStarted, match=r"still suspended .* after its resume was accepted"):
        run.resume({"ok": "yes"}).wait(start_grace=0.2)
    assert run.resume({"ok": True}).wait().ok


@every_resume
def test_a_run_that_has_ended_is_not_resumed(client: MastraClient, resume: Callable[..., RunResult]) -> None:
    """There is nothing to answer."""
    run = client.get_workflow("three").create_run()
    run.start_async({})
    with pytest.raises(RunNotSuspended, match="the run is success, not suspended"):
        resume(run, {"answer": "a"})


@every_resume
def test_an_unknown_run_is_not_resumed(client: MastraClient, resume: Callable[..., RunResult]) -> None:
    """Nobody made it."""
    with pytest.raises(RunNotFound):
        resume(client.get_workflow("asker").get_run(new_run_id()), {"answer": "a"})


@pytest.mark.parametrize("step", ["nope", "inner-ask.nope", ["inner-ask", "inner-q", "deeper"], "inner-q"], ids=str)
def test_a_step_that_does_not_wait_is_refused(
    client: MastraClient, live_server: LiveServer, step: str | list[str]
) -> None:
    """Inside a nested workflow a server would end the whole run for it."""
    run = suspend(client, "nested-ask")
    with pytest.raises(StepNotSuspended) as caught:
        run.resume_async({"answer": "a"}, step=step)
    assert caught.value.available == ["inner-ask.inner-q"]
    assert live_server.executions(run.run_id) == {"prepare": 1, "inner-q": 1}
    assert run.resume_async({"answer": "a"}).result == {"after": "a"}


def test_a_second_answer_is_refused(
    client: MastraClient, hurried_client: MastraClient, live_server: LiveServer, gate: str
) -> None:
    """While the first answer is being worked on, a second one has nothing to answer."""
    run = suspend(client, "ask-slow", {"gate": gate})
    run.resume({"answer": "a"})
    live_server.wait_for_gate(gate)
    with pytest.raises(RunNotSuspended, match="the run is running, not suspended"):
        hurried_client.get_workflow("ask-slow").get_run(run.run_id).resume({"answer": "b"})
    live_server.open_gate(gate)
    assert run.wait().result == {"end": "a"}
    assert live_server.executions(run.run_id) == {"q": 2, "wait": 1, "end": 1}


def test_an_answer_may_come_before_the_question(
    heard: MastraClient, listener: Listener, live_server: LiveServer, gate: str
) -> None:
    """A resume of a run that is still on its way to its suspension waits for it a little."""
    run = heard.get_workflow("gated-ask").create_run().start({"gate": gate})
    live_server.wait_for_gate(gate)
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(run.resume_async, {"answer": "a"})
        # made, started, and read once while it was still running
        listener.wait_for(3)
        live_server.open_gate(gate)
        assert ending.result().result == {"answer": "a"}
