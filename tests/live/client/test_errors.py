"""Refusals: one exception for each, whatever status and words a generation has for it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from mastra_sync import (
    APIConnectionError,
    BadRequestError,
    InvalidArgument,
    InvalidInput,
    MastraClient,
    ResponseFormatError,
    RouteNotFound,
    Run,
    RunNotFound,
    RunTimeout,
    ServerError,
    Workflow,
    WorkflowNotFound,
)
from tests.live.http_calls import new_run_id
from tests.live.patience import with_growing_deadlines
from tests.live.server import LiveServer

OF_A_WORKFLOW: dict[str, Callable[[Workflow], Any]] = {
    "details": lambda workflow: workflow.details(),
    "get_schema": lambda workflow: workflow.get_schema(),
    "runs": lambda workflow: workflow.runs(),
    "iter_runs": lambda workflow: next(workflow.iter_runs()),
    "create_run": lambda workflow: workflow.create_run(),
    "execute": lambda workflow: workflow.execute({}),
    "map": lambda workflow: list(workflow.map([{}])),
    "run_by_id": lambda workflow: workflow.run_by_id("r"),
    "run_execution_result": lambda workflow: workflow.run_execution_result("r"),
}

OF_A_RUN: dict[str, Callable[[Run], Any]] = {
    "start": lambda run: run.start({}),
    "wait": lambda run: run.wait(),
    "result": lambda run: run.result(),
    "observe": lambda run: run.observe(),
    "resume": lambda run: run.resume({"answer": "a"}),
    "resume_async": lambda run: run.resume_async({"answer": "a"}),
    "resume_no_wait": lambda run: run.resume_no_wait({"answer": "a"}),
    "resume_stream": lambda run: run.resume_stream({"answer": "a"}),
    "cancel": lambda run: run.cancel(),
    "restart": lambda run: run.restart(),
    "restart_async": lambda run: run.restart_async(),
    "time_travel": lambda run: run.time_travel("q"),
    "time_travel_async": lambda run: run.time_travel_async("q"),
    "time_travel_stream": lambda run: run.time_travel_stream("q"),
}

# these make a run that does not exist
MAKING: dict[str, Callable[[Run], Any]] = {
    "start_async": lambda run: run.start_async({}),
    "stream": lambda run: run.stream({}),
}


@pytest.mark.parametrize("call", OF_A_WORKFLOW.values(), ids=OF_A_WORKFLOW)
def test_an_unknown_workflow(client: MastraClient, call: Callable[[Workflow], Any]) -> None:
    """Every verb of a workflow says that the server has none of that name."""
    with pytest.raises(WorkflowNotFound, match="404 Workflow not found"):
        call(client.get_workflow("no such workflow"))


@pytest.mark.parametrize("call", [*OF_A_RUN.values(), *MAKING.values()], ids=[*OF_A_RUN, *MAKING])
def test_a_run_of_an_unknown_workflow(client: MastraClient, call: Callable[[Run], Any]) -> None:
    """Every verb of a run says that the server has no such workflow."""
    with pytest.raises(WorkflowNotFound, match="404 Workflow not found"):
        call(client.get_workflow("no such workflow").get_run("r"))


@pytest.mark.parametrize("call", OF_A_RUN.values(), ids=OF_A_RUN)
def test_an_unknown_run(client: MastraClient, call: Callable[[Run], Any]) -> None:
    """Every verb of a run that does not make one says that there is none."""
    run_id = new_run_id()
    with pytest.raises(RunNotFound) as caught:
        call(client.get_workflow("asker").get_run(run_id))
    assert (caught.value.status_code, caught.value.run_id) == (404, run_id)


def test_a_run_of_another_workflow(client: MastraClient) -> None:
    """Run ids belong to their workflow."""
    run_id = client.get_workflow("three").create_run().run_id
    for read in (client.get_workflow("asker").run_by_id, client.get_workflow("asker").run_execution_result):
        with pytest.raises(RunNotFound):
            read(run_id)


def test_a_refusal_tells_all_that_the_server_said(client: MastraClient, generation: str) -> None:
    """Status, words, address and run are in the exception; current servers say 400, others 500, to the same mistake."""
    run = client.get_workflow("strict-input").create_run()
    with pytest.raises(InvalidInput) as caught:
        run.start_async({"name": "", "age": 1.5, "address": {}, "unknown": 1})
    error = caught.value
    assert error.status_code == (400 if generation == "current" else 500)
    for place in ("name", "age", "tags", "address.city", ""):
        assert f"\n- {place}: " in error.message
    assert (error.method, error.run_id, error.attempts) == ("POST", run.run_id, 1)
    assert error.url == f"{client.base_url}/workflows/strict-input/start-async"
    assert error.body == {"error": error.message}
    assert run.result().status == "pending"


def test_issues_are_kept(client: MastraClient) -> None:
    """What a server finds wrong with the form of a request is listed, in each generation's own way."""
    run = client.get_workflow("three").create_run()
    with pytest.raises(BadRequestError, match="expected record, received string") as caught:
        run.start_async({}, tracing_options={"metadata": "no record"})
    assert "expected record, received string" in caught.value.issues[0]["message"]
    assert caught.value.status_code == 400


def test_exceptions_survive_pickling(client: MastraClient) -> None:
    """What a worker process raises arrives whole."""
    with pytest.raises(WorkflowNotFound) as caught:
        client.get_workflow("no such workflow").details()
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy), vars(copy)) == (WorkflowNotFound, str(caught.value), vars(caught.value))


def test_another_place_on_the_server(live_server: LiveServer) -> None:
    """A wrong prefix is told from an unknown workflow, also where servers show a web page there."""
    refusal: type[Exception] = ResponseFormatError if live_server.kind.serves_pages else RouteNotFound
    with (
        MastraClient(live_server.base_url, api_prefix="/elsewhere", token="") as lost,
        pytest.raises(refusal, match="check base_url and api_prefix"),
    ):
        lost.get_workflow("three").details()


def test_a_server_that_is_not_there() -> None:
    """Nothing was sent, and the exception knows it."""
    with (
        MastraClient("http://127.0.0.1:9", token="", retries=0) as lost,
        pytest.raises(APIConnectionError) as caught,
    ):
        lost.list_workflows()
    assert caught.value.sent is False


def _never_ended(client: MastraClient, live_server: LiveServer, seconds: float) -> Run | None:
    """Execute `unwritable` where its server lets it run for ever; None if the time was over before it ran."""
    run = client.get_workflow("unwritable").create_run()
    with pytest.raises(RunTimeout) as caught:
        run.start_async({}, timeout=seconds)
    if caught.value.last_status != "running" or live_server.executions(run.run_id) != {"count": 1}:
        return None
    assert f"run {run.run_id} of 'unwritable' is still running" in str(caught.value)
    return run


def test_a_result_that_cannot_be_written(
    client: MastraClient, hurried_client: MastraClient, live_server: LiveServer, generation: str
) -> None:
    """The server answers 500 to a run that ran: it is looked at, not started again; some never end it."""
    run = client.get_workflow("unwritable").create_run()
    if live_server.kind.in_postgres:
        run = hurried_client.get_workflow("unwritable").create_run()
        with pytest.raises(ServerError, match=r"BigInt[^\0]*still running by the server's record") as caught:
            run.start_async({})
        assert (caught.value.status_code, caught.value.run_id) == (500, run.run_id)
    elif generation == "current":
        assert run.start_async({}).result == {"big": "10"}
    else:
        run = with_growing_deadlines(partial(_never_ended, client, live_server))
    assert live_server.executions(run.run_id) == {"count": 1}


BAD_ARGUMENTS: dict[str, tuple[Callable[[Workflow], Any], str]] = {
    "empty workflow id": (lambda workflow: workflow.client.get_workflow(""), "workflow_id"),
    "dots": (lambda workflow: workflow.get_run(".."), "run_id"),
    "NaN": (lambda workflow: workflow.execute({"i": float("nan")}), "input_data.i"),
    "big int": (lambda workflow: workflow.execute({"i": 12345678901234567890}), "input_data.i"),
    "set": (lambda workflow: workflow.execute({"i": {1}}), "input_data.i"),
    "key": (lambda workflow: workflow.execute({1: 1}), "input_data"),
    "state": (lambda workflow: workflow.execute({}, initial_state=object()), "initial_state"),
    "context": (lambda workflow: workflow.execute({}, request_context={"x": object()}), "request_context.x"),
    "timeout": (lambda workflow: workflow.execute({}, timeout=-1), "timeout"),
    "map": (lambda workflow: workflow.map([{}, float("inf")]), "inputs[1]"),
    "answer": (lambda workflow: workflow.get_run("r").resume_async(float("nan")), "resume_data"),
    "step": (lambda workflow: workflow.get_run("r").resume_async({}, step=""), "step"),
    "index": (lambda workflow: workflow.get_run("r").resume_async({}, for_each_index=-1), "for_each_index"),
}


@pytest.mark.parametrize(("call", "argument"), BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_a_bad_argument_is_named_before_anything_is_sent(
    live_server: LiveServer, call: Callable[[Workflow], Any], argument: str
) -> None:
    """The exception names the argument, and no run comes of it."""
    with MastraClient(live_server.base_url, token="") as client:
        workflow = client.get_workflow("three")
        before = workflow.runs().total
        with pytest.raises(InvalidArgument) as caught:
            call(workflow)
        assert caught.value.argument == argument
        assert workflow.runs().total == before
