"""An Express server as its adapter's README shows it, which loses the body of every request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mastra_sync import (
    BadRequestError,
    InvalidInput,
    MastraClient,
    MastraError,
    ResponseFormatError,
    RunNotStarted,
    Workflow,
)
from tests.live.client.hurried_clock import HurriedClock
from tests.live.conftest import StartServer

pytestmark = pytest.mark.hosts

LOST = r"the server did not see the body that was sent; Express needs app.use\(express.json\(\)\)"
CITY = {"city": "NY"}


@pytest.fixture
def client(shared_server: StartServer) -> Iterator[MastraClient]:
    """A client of a server where nobody parses bodies."""
    with MastraClient(shared_server("bare-express").base_url, token="", clock=HurriedClock()) as client:
        yield client


@pytest.fixture
def workflow(client: MastraClient) -> Workflow:
    """A workflow with a schema, on that server."""
    return client.get_workflow("city-workflow")


def _travel(workflow: Workflow) -> Any:
    run = workflow.create_run()
    with pytest.raises(InvalidInput):
        run.start_async(CITY)
    return run.time_travel_async("lookup", input_data=CITY)


VERBS: dict[str, tuple[type[MastraError], Callable[[Workflow], Any]]] = {
    "start_async": (InvalidInput, lambda workflow: workflow.create_run().start_async(CITY)),
    "stream": (InvalidInput, lambda workflow: workflow.create_run().stream(CITY).result()),
    "events": (InvalidInput, lambda workflow: list(workflow.create_run().stream(CITY))),
    "execute": (RunNotStarted, lambda workflow: workflow.execute(CITY)),
    "start": (RunNotStarted, lambda workflow: workflow.create_run().start(CITY).wait()),
    "time_travel_async": (BadRequestError, _travel),
}


@pytest.mark.parametrize(("refusal", "call"), VERBS.values(), ids=VERBS)
def test_a_body_that_nobody_parses(
    workflow: Workflow, refusal: type[MastraError], call: Callable[[Workflow], Any]
) -> None:
    """Whatever was sent, the server answers that nothing was there: the client knows better, and says what helps."""
    with pytest.raises(refusal, match=LOST):
        call(workflow)


LOSING: dict[str, Callable[[Workflow], Any]] = {
    "start_async": lambda echo: echo.create_run().start_async(CITY),
    "execute": lambda echo: echo.execute(CITY),
    "stream": lambda echo: echo.create_run().stream(CITY).result(),
    "events": lambda echo: list(echo.create_run().stream(CITY)),
}


@pytest.mark.parametrize("verb", LOSING)
def test_a_run_without_its_input(workflow: Workflow, verb: str) -> None:
    """Where no schema asks for an input the run is executed without it, and that is no result."""
    echo = workflow.client.get_workflow("echo")
    with pytest.raises(ResponseFormatError, match=rf"{LOST}. The run was executed without input"):
        LOSING[verb](echo)
    assert echo.execute().result is None


def test_nothing_that_was_not_sent_is_missed(workflow: Workflow) -> None:
    """A start without input is the caller's mistake."""
    with pytest.raises(InvalidInput) as caught:
        workflow.create_run().start_async()
    assert "Express" not in str(caught.value)


SIGNS: dict[str, tuple[Callable[[MastraClient], Any], str]] = {
    "start_async": (lambda client: client.get_workflow("evented").create_run().start_async({"n": 1}), "empty input"),
    "execute": (lambda client: client.get_workflow("evented").execute({"n": 1}), "empty input"),
    "stream": (lambda client: client.get_workflow("evented").create_run().stream({"n": 1}).result(), "empty input"),
    "events": (lambda client: list(client.get_workflow("evented").create_run().stream({"n": 1})), "empty input"),
    "owner": (lambda client: client.get_workflow("echo").execute(resource_id="ann"), "belongs to nobody"),
    "answer": (lambda client: answered(client, "payload-plain"), "answer did not reach the run"),
    "evented answer": (lambda client: answered(client, "evented-ask"), "answer did not reach the run"),
}


def answered(client: MastraClient, workflow_id: str) -> Any:
    run = client.get_workflow(workflow_id).create_run()
    run.start_async()
    return run.resume_async({"ok": True})


@pytest.mark.parametrize(("call", "sign"), SIGNS.values(), ids=SIGNS)
def test_a_server_that_goes_on_without_it(client: MastraClient, call: Callable[[MastraClient], Any], sign: str) -> None:
    """The evented engine takes {} for an input, a step asks again: the server is asked, and says that it lost it."""
    with pytest.raises(ResponseFormatError, match=rf"{LOST}. .*{sign}"):
        call(client)


def test_a_server_that_loses_nothing(shared_server: StartServer) -> None:
    """An input of which its schema leaves nothing is none that was lost."""
    with MastraClient(shared_server("express").base_url, token="") as client:
        result = client.get_workflow("evented").execute({"unknown": 1})
        assert (result.ok, result.input_data) == (True, {})
        assert answered(client, "evented-ask").ok
