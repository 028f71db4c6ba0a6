"""Real servers, with inputs and steps called as parts of the wire are: each stays what it is."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync import MastraClient
from tests.conformance.declared.names import WORDS
from tests.conformance.scenarios_names import LIKE_A_STEP
from tests.live.server import LiveServer

INPUTS: list[Any] = [
    {"path": "notes.txt", "status": 404},
    {"path": ["input"], "status": "suspended", "suspendPayload": {"a": 1}},
    {word: word for word in WORDS if word != "__state"},
    LIKE_A_STEP,
    "success",
    ["input", {"status": "failed"}],
]


@pytest.mark.parametrize("input_data", INPUTS, ids=repr)
def test_inputs(live_server: LiveServer, input_data: Any) -> None:
    """An input is the input, and the output of each step its own, by each verb."""
    with MastraClient(live_server.base_url, token="") as client:
        workflow = client.get_workflow("names-words")
        waited = workflow.create_run().start_async(input_data)
        polled = workflow.execute(input_data)
        with workflow.create_run().stream(input_data) as stream:
            events = list(stream)
        streamed = workflow.run_by_id(str(events[0].run_id))
    hidden = set() if live_server.generation == "1.0-beta" else {"__state"}
    for told in (waited, polled, streamed):
        assert (told.status, told.input_data, told.result) == ("success", input_data, input_data)
        assert set(WORDS) - hidden <= set(told.steps) <= set(WORDS)
        assert all(step.output == input_data for step in told.steps.values())


@pytest.mark.parametrize("input_data", INPUTS, ids=repr)
def test_a_step_called_input(live_server: LiveServer, input_data: Any) -> None:
    """It asks what it asks and gives what it is answered; the run's input is what it got."""
    with MastraClient(live_server.base_url, token="") as client:
        workflow = client.get_workflow("names-ask-input")
        for waiting in (workflow.create_run().start_async(input_data), workflow.execute(input_data)):
            (suspension,) = waiting.suspensions
            assert (suspension.path, suspension.payload) == (["input"], {"ask": "input?"})
            ended = workflow.get_run(str(waiting.run_id)).resume_async({"a": 2}, step=suspension)
            for told in (waiting, ended, workflow.run_by_id(str(waiting.run_id))):
                assert told.input_data == input_data
            assert {name: step.output for name, step in ended.steps.items()} == {"input": {"a": 2}, "rest": {"a": 2}}


def test_a_step_called_input_inside_and_beside(live_server: LiveServer) -> None:
    """A nested workflow may be called so, with a step that is too, and a child of a block."""
    with MastraClient(live_server.base_url, token="") as client:
        nested = client.get_workflow("names-nested-input").create_run().start_async({"n": 1})
        beside = client.get_workflow("names-parallel-input").execute({"n": 1})
        failed = client.get_workflow("names-input").create_run().start_async({"fail": True})
    assert [(one.path, one.payload) for one in nested.suspensions] == [(["input", "q"], {"ask": "q?"})]
    assert [(one.path, one.payload) for one in beside.suspensions] == [(["path"], {"ask": "path?"})]
    assert (beside.steps["input"].output, beside.input_data) == ({"n": 1}, {"n": 1})
    assert failed.failed_step is not None
    assert failed.failed_step.path == ["input"]
