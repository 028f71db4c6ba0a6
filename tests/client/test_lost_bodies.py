"""Runs that a server has executed without the input that it was sent."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync import MastraClient, ResponseFormatError, RunResult
from mastra_sync.request import Request
from tests.client.scripted import client_of

STEP = {"status": "success", "startedAt": 1}
GRAPH = [{"type": "step", "step": {"id": "a"}}]
HELD = {"status": "success", "steps": {"a": STEP}, "stepExecutionPath": ["a"]}
READ = {"status": "success", "steps": {"a": STEP}, "serializedStepGraph": GRAPH}


def server_of(held: dict[str, Any], read: dict[str, Any]) -> MastraClient:
    """Return a client of a server that answers `start_async` and reads so."""

    def server(request: Request) -> Any:
        return {**(held if request.url.endswith("/start-async") else read), "runId": request.run_id, "message": "x"}

    return client_of(server)[0]


def start_async(client: MastraClient, input_data: Any) -> RunResult:
    return client.get_workflow("w").create_run().start_async(input_data)


def execute(client: MastraClient, input_data: Any) -> RunResult:
    return client.get_workflow("w").execute(input_data)


@pytest.mark.parametrize("verb", [start_async, execute])
def test_a_run_that_has_none(verb: Any) -> None:
    """Its result is not that of the input, so it is none."""
    with pytest.raises(ResponseFormatError, match="did not see the body that was sent; Express needs") as caught:
        verb(server_of(HELD, READ), {"n": 1})
    assert caught.value.run_id is not None


@pytest.mark.parametrize("verb", [start_async, execute])
@pytest.mark.parametrize(
    ("input_data", "held", "read"),
    [
        (None, HELD, READ),
        ({"n": 1}, {**HELD, "steps": {"input": {"n": 1}, "a": STEP}}, {**READ, "payload": {"n": 1}}),
        ({"n": 1}, {"status": "success", "steps": {"a": STEP}}, {"status": "success", "steps": {"a": STEP}}),
        ({"n": 1}, {**HELD, "steps": {}}, {**READ, "steps": {}}),
    ],
    ids=["nothing was sent", "it is there", "part of an answer", "nothing was executed"],
)
def test_a_run_that_is_right(verb: Any, input_data: Any, held: Any, read: Any) -> None:
    """Only a whole answer, of steps that were executed, tells that an input is missing."""
    assert verb(server_of(held, read), input_data).status == "success"


def test_a_step_called_input() -> None:
    """It takes the input's place in the record."""
    graph = [*GRAPH, {"type": "step", "step": {"id": "input"}}]
    steps = {"a": STEP, "input": {**STEP, "payload": 1, "output": 2, "endedAt": 2}}
    read = {**READ, "steps": steps, "serializedStepGraph": graph}
    assert execute(server_of(HELD, read), {"n": 1}).status == "success"
