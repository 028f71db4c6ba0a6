"""Going on with a run that was started before: by every verb, from every status, through lost answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import BaseModel

from mastra_sync import (
    InputMismatch,
    InvalidArgument,
    MastraClient,
    OutcomeUnknown,
    Run,
    RunAlreadyStarted,
    RunNotFound,
    RunResult,
    StreamInterrupted,
    Workflow,
)
from pytest_mastra import FakeMastra, InProcess
from pytest_mastra.fake import StepContext

BASE_URL = "http://joined.test"
INPUT = {"n": 1, "kind": "plain"}


@pytest.fixture(params=["current", "1.2", "1.0-beta"])
def server(request: pytest.FixtureRequest) -> FakeMastra:
    """A fake of each generation, with a workflow that does what its input says."""
    server = FakeMastra(generation=request.param)

    def act(ctx: StepContext) -> Any:
        kind = ctx.input_data.get("kind")
        if kind == "fail":
            raise ValueError("no such luck")
        if kind == "ask" and ctx.resume_data is None:
            return ctx.suspend({"ask": "?"})
        if kind == "hold":
            yield server.gate("held")
        return {"n": ctx.input_data["n"], "answer": ctx.resume_data}

    server.workflow("w").then(server.step("act", act)).commit()
    return server


@pytest.fixture
def client(server: FakeMastra) -> Iterator[MastraClient]:
    with InProcess(server, BASE_URL), MastraClient(BASE_URL, token="", clock=server.clock) as client:
        yield client


@pytest.fixture
def workflow(client: MastraClient) -> Workflow:
    return client.get_workflow("w")


def starts_of(server: FakeMastra, run_id: str = "r") -> int:
    return len(next(run for run in server.runs("w") if run.run_id == run_id).starts)


JOINS: dict[str, Callable[[Workflow, Any], RunResult]] = {
    "execute": lambda workflow, data: workflow.execute(data, run_id="r", if_started="join"),
    "start": lambda workflow, data: workflow.create_run("r").start(data, if_started="join").wait(),
    "start_async": lambda workflow, data: workflow.create_run("r").start_async(data, if_started="join"),
    "stream": lambda workflow, data: workflow.create_run("r").stream(data, if_started="join").result(),
    "map": lambda workflow, data: next(workflow.map([data], run_ids=["r"])),
}
each_join = pytest.mark.parametrize("join", JOINS.values(), ids=list(JOINS))


@each_join
@pytest.mark.parametrize(("kind", "status"), [("plain", "success"), ("fail", "failed"), ("ask", "suspended")])
def test_what_is_pending_is_started_and_what_has_settled_is_handed_back(
    server: FakeMastra, workflow: Workflow, join: Callable[[Workflow, Any], RunResult], kind: str, status: str
) -> None:
    """The first join starts the run, any further one starts nothing and gives the same."""
    given = {"n": 1, "kind": kind}
    first = join(workflow, given)
    again = join(workflow, given)
    assert (first.status, again.status) == (status, status)
    assert again.steps["act"].output == first.steps["act"].output
    assert starts_of(server) == 1


@each_join
def test_what_is_running_is_waited_for(
    server: FakeMastra, workflow: Workflow, join: Callable[[Workflow, Any], RunResult]
) -> None:
    """It is not started again while somebody else's start executes it."""
    workflow.create_run("r").start({"n": 1, "kind": "hold"})
    threading.Timer(0.05, server.open_gate, ["held"]).start()
    assert join(workflow, {"n": 1, "kind": "hold"}).result["n"] == 1
    assert starts_of(server) == 1


@each_join
def test_what_was_canceled_is_handed_back(
    server: FakeMastra, workflow: Workflow, join: Callable[[Workflow, Any], RunResult]
) -> None:
    """It is the caller's decision whether it is run once more."""
    run = workflow.create_run("r").start({"n": 1, "kind": "hold"})
    run.cancel()
    server.open_gate("held")
    assert join(workflow, {"n": 1, "kind": "hold"}).status == "canceled"
    assert starts_of(server) == 1


@each_join
def test_another_input_is_no_join(
    server: FakeMastra, workflow: Workflow, join: Callable[[Workflow, Any], RunResult]
) -> None:
    """The paths that differ are named, values are not shown, and nothing was sent."""
    join(workflow, INPUT)
    with pytest.raises(InputMismatch, match="started with another input: n, kind, more differ") as caught:
        join(workflow, {"n": 2, "kind": "secret", "more": None})
    assert (caught.value.argument, caught.value.paths) == ("input_data", ["n", "kind", "more"])
    assert (caught.value.run_id, caught.value.status_code) == ("r", None)
    assert "secret" not in str(caught.value)
    assert starts_of(server) == 1


def test_no_input_is_no_other_input(workflow: Workflow) -> None:
    """Whoever gives none goes on with whatever was given."""
    workflow.execute(INPUT, run_id="r")
    assert workflow.get_run("r").start_async(if_started="join").ok


def test_what_the_schema_made_of_an_input_is_the_same_input(server: FakeMastra, client: MastraClient) -> None:
    """Filled in or dropped properties are no difference, unless the workflow takes its input as it comes."""

    class Shirt(BaseModel):
        n: float
        size: str = "m"

    step = server.step("only", lambda ctx: ctx.input_data)
    server.workflow("strict", input_schema=Shirt).then(step).commit()
    server.workflow("loose", input_schema=Shirt, validate_inputs=False).then(step).commit()
    strict, loose = client.get_workflow("strict"), client.get_workflow("loose")
    assert strict.execute({"n": 1, "extra": 2}, run_id="r").result["size"] == "m"
    assert strict.execute({"n": 1, "extra": 2}, run_id="r", if_started="join").ok
    assert strict.execute({"n": 1, "size": "m"}, run_id="r", if_started="join").ok
    with pytest.raises(InputMismatch, match="size differs"):
        strict.execute({"n": 1, "size": "l"}, run_id="r", if_started="join")
    loose.execute({"n": 1}, run_id="r")
    with pytest.raises(InputMismatch, match="extra differs"):
        loose.execute({"n": 1, "extra": 2}, run_id="r", if_started="join")


def test_the_other_choices(server: FakeMastra, workflow: Workflow) -> None:
    """`raise` is the default, `again` overwrites what was recorded, and `again=True` is short for it."""
    workflow.execute(INPUT, run_id="r")
    for choice in ({}, {"if_started": "raise"}, {"again": False}):
        with pytest.raises(RunAlreadyStarted, match="if_started='join'"):
            workflow.execute(INPUT, run_id="r", **choice)
    workflow.execute(INPUT, run_id="r", if_started="again")
    workflow.execute(INPUT, run_id="r", again=True)
    assert starts_of(server) == 3


BAD_CHOICES: list[tuple[Callable[[Any], Any], str]] = [
    (lambda w: w.execute({}, run_id="r", if_started="joins"), "must be 'raise', 'join' or 'again'.*mean 'join'"),
    (lambda w: w.get_run("r").start({}, if_started=None), "must be 'raise', 'join' or 'again', not None"),
    (lambda w: w.get_run("r").resume({}, if_answered="again"), "must be 'raise' or 'join', not 'again'"),
    (lambda w: w.get_run("r").start_async({}, if_started="join", again=True), "again: is short for if_started='again'"),
    (lambda w: w.get_run("r").stream({}, if_started="again", again=True), "give one of the two"),
    (lambda w: w.execute({}, if_started="join"), "'join' needs a run_id, such as an order's number"),
    (lambda w: w.map([{}], if_started="join"), "'join' needs run_ids"),
    (lambda w: w.map([{}], run_ids="r"), "must be a function of the input, or a list of ids, not str"),
    (lambda w: w.map([{}], run_ids=["a", "b"]), "must be one for each input: 2 for 1 inputs"),
    (lambda w: w.map([{}, {}], run_ids=["a", "a"]), r"run_ids\[1\]: 'a' is the id of inputs\[0\] already"),
    (lambda w: w.map([{"n": 1}], run_ids=lambda item: item["n"]), r"run_ids\[0\]: must be a string, not int"),
    (lambda w: w.map([{}], run_ids=["."]), r"run_ids\[0\]: must not be '\.'"),
]


@pytest.mark.parametrize(("call", "message"), BAD_CHOICES)
def test_what_cannot_take_effect_is_refused_before_any_request(
    server: FakeMastra, workflow: Workflow, call: Callable[[Any], Any], message: str
) -> None:
    """It is said where it is written, with what is allowed."""
    with pytest.raises(InvalidArgument, match=message):
        call(workflow)
    assert server.requests == []


def test_a_run_that_is_not_there_was_started_by_nobody(workflow: Workflow) -> None:
    """It is started, by the verbs that servers let make a run; `start` wants it made before."""
    with pytest.raises(RunNotFound):
        workflow.get_run("other").start(INPUT, if_started="join")
    assert workflow.get_run("r").start_async(INPUT, if_started="join").ok


def test_a_batch_goes_on_where_it_was(server: FakeMastra, workflow: Workflow) -> None:
    """Runs that are there are joined, the others are started; a function makes the ids of the inputs as they are."""
    inputs = [{"n": number, "kind": "plain"} for number in range(6)]
    list(workflow.map(inputs[:3], run_ids=[f"order-{number}" for number in range(3)]))
    results = list(workflow.map(inputs, run_ids=lambda item: f"order-{item['n']}"))
    assert [result.result["n"] for result in results] == list(range(6))
    assert [starts_of(server, f"order-{number}") for number in range(6)] == [1] * 6
    with ThreadPoolExecutor(2) as executor:
        again = list(workflow.map(inputs, run_ids=[f"order-{number}" for number in range(6)], executor=executor))
    assert [result.run_id for result in again] == [f"order-{number}" for number in range(6)]
    with pytest.raises(RunAlreadyStarted):
        list(workflow.map(inputs, run_ids=lambda item: f"order-{item['n']}", if_started="raise"))


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("verb", ["create_run", "run_by_id", "start", "details"])
def test_a_join_survives_a_lost_answer(
    server: FakeMastra, workflow: Workflow, verb: Any, *, after_effect: bool
) -> None:
    """A start that may have come through is not sent twice, neither by the join nor by the next one."""
    server.faults.on(verb, nth=1).reset(after_effect=after_effect)
    if verb == "details":
        # they are asked for what a schema changes
        workflow.execute(INPUT, run_id="r")
    try:
        result = workflow.execute({**INPUT, "n": 1.0}, run_id="r", if_started="join")
    except OutcomeUnknown:
        result = workflow.execute(INPUT, run_id="r", if_started="join")
    assert result.ok
    assert starts_of(server) == 1
    if verb == "details":
        with pytest.raises(InputMismatch):
            workflow.execute({"n": 3}, run_id="r", if_started="join")


def test_a_start_that_was_accepted_is_not_sent_again_by_its_handle(server: FakeMastra, client: MastraClient) -> None:
    """The run may still look pending: the handle knows better."""
    server.workflow("checked", input_schema={"type": "object", "required": ["n"]}).then(
        server.step("only", lambda ctx: ctx.input_data)
    ).commit()
    # refused after it was accepted, so that it stays pending
    run = client.get_workflow("checked").create_run("r").start({})
    run.start({}, if_started="join")
    assert len(server.runs("checked")[0].starts) == 1


def test_two_joins_of_a_pending_run_send_a_start_each(server: FakeMastra, workflow: Workflow) -> None:
    """The window is the time from the look to the start: servers offer nothing against that."""
    both_have_looked = threading.Barrier(2)

    class Late(Run):
        """Waits between its look and its start."""

        def _send(self, command: Any) -> None:
            both_have_looked.wait(10)
            super()._send(command)

    workflow.create_run("r")
    handles = [Late(workflow.get_run("r").api, fresh=False) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda run: run.start(INPUT, if_started="join"), handles))
    assert starts_of(server) == 2
    workflow.get_run("r").wait()
    workflow.get_run("r").start(INPUT, if_started="join")
    assert starts_of(server) == 2


# -- streams


def types_of(run: Run, **options: Any) -> list[str]:
    return [event.type for event in run.stream(INPUT, if_started="join", **options)]


def test_a_joined_stream_replays_what_the_server_holds(server: FakeMastra, workflow: Workflow) -> None:
    """Each event comes once, from the run's beginning."""
    first = types_of(workflow.create_run("r"))
    assert types_of(workflow.create_run("r")) == first
    assert first[0] == "workflow-start"
    assert first[-1] == "workflow-finish"
    assert starts_of(server) == 1


def test_a_joined_stream_says_that_there_are_no_events(workflow: Workflow) -> None:
    """A run that was begun without a stream has none: an error, or silence and the result, as `on_gap` says."""
    workflow.execute(INPUT, run_id="r")
    with pytest.raises(StreamInterrupted, match="holds no events of it: it was begun without a stream, or they have"):
        types_of(workflow.get_run("r"))
    assert types_of(workflow.get_run("r"), on_gap="follow") == []
    assert workflow.get_run("r").stream(INPUT, if_started="join").result().ok


def test_a_joined_stream_says_that_its_beginning_is_missing(workflow: Workflow) -> None:
    """Where only a resume was streamed, the events before it are nowhere."""
    run = workflow.create_run("r")
    given = {"n": 1, "kind": "ask"}
    run.start_async(given)
    resumed = [event.type for event in run.resume_stream({"yes": 1})]
    with pytest.raises(StreamInterrupted, match="no events of its beginning, only those since a resume"):
        list(run.stream(given, if_started="join"))
    assert [event.type for event in run.stream(given, if_started="join", on_gap="follow")] == resumed
