"""What is looked at before a verb is sent: a mistake costs no run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import (
    InvalidArgument,
    MastraError,
    Run,
    RunAlreadyStarted,
    RunNotActive,
    RunNotStarted,
    RunNotSuspended,
    RunStillRunning,
    StepNotFound,
    UnsupportedByServer,
    Workflow,
)
from mastra_sync.request import Request
from tests.client.captures import capture
from tests.client.scripted import InstantClock, client_of, reply

NOT_JSON = {"at": object()}

ACCEPTED = {"message": "Workflow run started", "runId": "r1"}
"""What servers answer to a verb that they accept, and to `create_run`."""


def run_on(answer: Callable[[Request], Any] | dict[str, Any]) -> tuple[Run, list[str], Any]:
    """Return a run that exists, the requests that it makes, and the transport."""
    client, transport = client_of(answer if callable(answer) else lambda request: answer)
    return client.get_workflow("w").get_run("r1"), transport.routes, transport


def stored(case: str, generation: str = "current") -> dict[str, Any]:
    return {**capture(case)[generation]["by_id"], "runId": "r1"}


# -- before any request

BAD_CALLS: list[tuple[str, Callable[[Workflow, Run], Any]]] = [
    ("input_data.at", lambda w, r: w.execute(NOT_JSON)),
    ("initial_state.at", lambda w, r: w.execute({}, initial_state=NOT_JSON)),
    ("request_context.at", lambda w, r: w.execute({}, request_context=NOT_JSON)),
    ("timeout", lambda w, r: w.execute({}, timeout=-1)),
    ("run_id", lambda w, r: w.execute({}, run_id="")),
    ("inputs[1].at", lambda w, r: w.map([{}, NOT_JSON])),
    ("timeout", lambda w, r: w.map([{}], timeout=-1)),
    ("initial_state.at", lambda w, r: w.map([{}], initial_state=NOT_JSON)),
    ("max_workers", lambda w, r: w.map([{}], max_workers=0)),
    ("inputs", lambda w, r: w.map({"city": "Oslo"})),
    ("inputs", lambda w, r: w.map("Oslo")),
    ("inputs", lambda w, r: w.map(3)),  # type: ignore[arg-type]
    ("input_data.at", lambda w, r: r.start(NOT_JSON)),
    ("input_data.at", lambda w, r: r.start_async(NOT_JSON)),
    ("input_data.at", lambda w, r: r.stream(NOT_JSON)),
    ("tracing_options.at", lambda w, r: r.start({}, tracing_options=NOT_JSON)),
    ("resume_data.at", lambda w, r: r.resume(NOT_JSON)),
    ("resume_data", lambda w, r: r.resume_async(False)),  # noqa: FBT003 - the answer
    ("request_context.at", lambda w, r: r.resume({}, request_context=NOT_JSON)),
    ("for_each_index", lambda w, r: r.resume({}, for_each_index=-1)),
    ("step", lambda w, r: r.resume({}, step="")),
    ("step", lambda w, r: r.resume({}, step=5)),  # type: ignore[arg-type]
    ("request_context.at", lambda w, r: r.restart(request_context=NOT_JSON)),
    ("step", lambda w, r: r.time_travel("")),
    ("step", lambda w, r: r.time_travel([])),
    ("input_data.at", lambda w, r: r.time_travel("a", NOT_JSON)),
    ("context.at", lambda w, r: r.time_travel("a", context=NOT_JSON)),
    ("resume_data", lambda w, r: r.time_travel("a", resume_data=0)),
    ("run_id", lambda w, r: w.create_run("..")),
    ("run_id", lambda w, r: w.run_by_id("")),
    ("fields", lambda w, r: w.run_by_id("r1", fields=["status"])),
    ("run_id", lambda w, r: w.delete_run_by_id(".")),
    ("page", lambda w, r: w.runs(page=-1)),
    ("per_page", lambda w, r: w.runs(per_page=0)),
    ("limit", lambda w, r: w.runs(limit=2, page=1)),
    ("offset", lambda w, r: w.runs(limit=2, offset=3)),
    ("from_date", lambda w, r: w.runs(from_date="yesterday")),
    ("request_context.at", lambda w, r: w.details(request_context=NOT_JSON)),
]


@pytest.mark.parametrize(("argument", "call"), BAD_CALLS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(BAD_CALLS)])
def test_a_bad_argument_fails_before_any_request(argument: str, call: Callable[[Workflow, Run], Any]) -> None:
    """It is named, and nothing was sent: no run was made that cannot be started."""
    client, transport = client_of(lambda request: {})
    workflow = client.get_workflow("w")
    with pytest.raises(InvalidArgument) as caught:
        call(workflow, workflow.get_run("r1"))
    assert caught.value.argument == argument
    assert transport.requests == []


# -- start


@pytest.mark.parametrize("case", ["success", "failed-error", "suspended", "running", "canceled"])
def test_a_run_that_has_run_is_not_started_again(case: str) -> None:
    """A script that is run twice with a run id of its own starts its run once; `again=True` says otherwise."""
    run, _, transport = run_on(stored(case))
    with pytest.raises(RunAlreadyStarted, match="again=True") as caught:
        run.start({})
    assert (caught.value.status_code, caught.value.run_id) == (None, "r1")
    run.start({"n": 1}, again=True)
    assert transport.routes[-1] == "POST /workflows/w/start"
    assert json.loads(transport.requests[-1].body) == {"inputData": {"n": 1}}


@pytest.mark.parametrize(
    "answer", [stored("pending"), reply({"error": "Workflow run not found"}, 404)], ids=["pending", "none"]
)
def test_a_run_that_has_not_run_is_started(answer: Any) -> None:
    """Made by someone else and pending, or not there at all."""

    def server(request: Request) -> Any:
        return answer if request.method == "GET" else {"message": "Workflow run started"}

    run, _, transport = run_on(server)
    run.start(None)
    assert transport.routes == ["GET /workflows/w/runs/r1", "POST /workflows/w/start"]
    assert json.loads(transport.requests[-1].body) == {"inputData": None}


def test_a_run_of_ones_own_is_not_looked_at_first() -> None:
    """Nobody else can have started a run whose id was just made up."""
    client, transport = client_of(lambda request: ACCEPTED)
    client.get_workflow("w").create_run().start({})
    assert transport.routes == ["POST /workflows/w/create-run", "POST /workflows/w/start"]


@pytest.mark.parametrize(
    ("details", "cause"),
    [
        ({"inputSchema": '{"json":{"type":"object","required":["city"]}}'}, '("city" is missing)'),
        (
            {"inputSchema": '{"json":{"type":"object"}}'},
            "or the server did not see the body that was sent",
        ),
        ({"inputSchema": None}, "what was sent may not fit the workflow."),
        (reply({"error": "x"}, 500), "what was sent may not fit the workflow."),
    ],
    ids=["schema", "it fits", "no schema", "unreadable"],
)
def test_why_a_run_does_not_move(details: Any, cause: str) -> None:
    """A start that was accepted and does nothing is explained by the workflow's schema, if that can be had."""

    def server(request: Request) -> Any:
        if request.url.endswith("/runs/r1"):
            return stored("pending")
        return details if request.url.endswith("/workflows/w") else ACCEPTED

    client, _ = client_of(server, retries=0)
    run = client.get_workflow("w").create_run("r1")
    with pytest.raises(RunNotStarted) as caught:
        run.start({}).wait()
    assert cause in str(caught.value)
    assert caught.value.waited >= 10
    assert isinstance(client.api.clock, InstantClock)


# -- resume


def test_a_resume_names_the_whole_path() -> None:
    """The path is completed from the run as it is now, and sent as a list."""
    run, _, transport = run_on(stored("suspended-deep"))
    run.resume({"answer": "x"}, step="middle-ask")
    assert json.loads(transport.requests[-1].body) == {
        "resumeData": {"answer": "x"},
        "step": ["middle-ask", "inner-ask", "inner-q"],
    }


@pytest.mark.parametrize("generation", ["1.2", "1.0-beta"])
def test_an_item_of_a_foreach_is_not_named_to_a_server_that_ignores_it(generation: str) -> None:
    """Older servers would give every item the same answer."""
    run, _, transport = run_on(stored("suspended-foreach", generation))
    with pytest.raises(UnsupportedByServer, match="for_each_index is not supported"):
        run.resume({"add": 1}, for_each_index=1)
    assert {request.method for request in transport.requests} == {"GET"}


def test_a_running_run_gets_time_to_suspend() -> None:
    """Two seconds, as current servers grant; then it is refused."""
    readings = iter([stored("running"), stored("running"), stored("suspended")])
    run, _, transport = run_on(lambda request: next(readings) if request.method == "GET" else ACCEPTED)
    run.resume({"answer": "x"})
    assert transport.routes[-1] == "POST /workflows/w/resume"
    run, _, transport = run_on(stored("running"))
    with pytest.raises(RunNotSuspended):
        run.resume({"answer": "x"})
    assert {request.method for request in transport.requests} == {"GET"}


def test_resume_no_wait_needs_a_current_server() -> None:
    """Servers of before have no such route; the same can be had from `resume`."""
    run, _, transport = run_on(stored("suspended", "1.2"))
    with pytest.raises(UnsupportedByServer, match="Use resume"):
        run.resume_no_wait({"answer": "x"})
    assert {request.method for request in transport.requests} == {"GET"}


# -- restart, time travel, per_step


@pytest.mark.parametrize("case", ["success", "suspended", "pending", "canceled"])
def test_only_an_active_run_is_restarted(case: str) -> None:
    """Servers answer 200 and do nothing."""
    run, _, transport = run_on(stored(case))
    with pytest.raises(RunNotActive, match="not running or waiting"):
        run.restart()
    assert {request.method for request in transport.requests} == {"GET"}


def test_an_active_run_is_restarted() -> None:
    """One whose server has died."""
    run, _, transport = run_on(stored("waiting"))
    assert run.restart(request_context={"a": 1}) is run
    assert json.loads(transport.requests[-1].body) == {"requestContext": {"a": 1}}


def test_time_travel_asks_for_a_step_that_there_is() -> None:
    """A misspelt one is refused with the name that was meant; one of a nested workflow is left to the server."""
    run, _, transport = run_on(stored("nested"))
    with pytest.raises(StepNotFound, match="did you mean 'after'"):
        run.time_travel("aftr")
    run.time_travel("inner.double", {"n": 1}, context={"inner": {}})
    assert json.loads(transport.requests[-1].body) == {
        "step": ["inner", "double"],
        "inputData": {"n": 1},
        "context": {"inner": {}},
    }


@pytest.mark.parametrize("case", ["running", "waiting"])
def test_no_time_travel_in_an_active_run(case: str) -> None:
    """It would be refused by the server too, with a 500."""
    run, _, transport = run_on(stored(case))
    with pytest.raises(RunStillRunning):
        run.time_travel("begin")
    assert {request.method for request in transport.requests} == {"GET"}


@pytest.mark.parametrize(
    "call",
    [
        lambda run: run.start({}, per_step=True, again=True),
        lambda run: run.resume({"answer": "x"}, per_step=True),
        lambda run: run.time_travel("q", per_step=True),
    ],
    ids=["start", "resume", "time_travel"],
)
def test_one_step_at_a_time_needs_a_server_that_can_stop(call: Callable[[Run], Any]) -> None:
    """1.0 beta would run to the end; later ones get the option."""
    run, _, transport = run_on(stored("suspended", "1.0-beta"))
    with pytest.raises(UnsupportedByServer, match="It would run to the end"):
        call(run)
    assert {request.method for request in transport.requests} == {"GET"}
    run, _, transport = run_on(stored("suspended", "1.2"))
    call(run)
    assert json.loads(transport.requests[-1].body)["perStep"] is True


def test_what_was_not_sent_names_the_request() -> None:
    """The exception says which request would have been sent for which run."""
    run, _, _ = run_on(stored("success"))
    with pytest.raises(MastraError) as caught:
        run.resume({})
    assert "[POST http://mastra.test/api/workflows/w/resume] (run r1)" in str(caught.value)


@pytest.mark.parametrize("verb", ["start", "start_async", "stream"])
def test_an_owner_that_comes_too_late(verb: str) -> None:
    """Servers drop what a start says of a run that was made without: it is refused before anything is sent."""
    client, transport = client_of(lambda request: {"runId": request.run_id})
    run = client.get_workflow("w").create_run()
    sent = len(transport.requests)
    with pytest.raises(InvalidArgument, match=r"resource_id: .* made without: create_run\(resource_id=\.\.\.\)"):
        getattr(run, verb)({}, resource_id="ann")
    assert len(transport.requests) == sent
