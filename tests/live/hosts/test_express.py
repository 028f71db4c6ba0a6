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
def workflow(shared_server: StartServer) -> Iterator[Workflow]:
    """A workflow with a schema, on a server where nobody parses bodies."""
    with MastraClient(shared_server("bare-express").base_url, token="", clock=HurriedClock()) as client:
        yield client.get_workflow("city-workflow")


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
