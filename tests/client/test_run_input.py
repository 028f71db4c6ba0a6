"""A run's input is told from a step called `input`, by the graph, and by its form where no graph can be had."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync import RunResult
from mastra_sync.error_replies import Reply
from tests.client.scripted import client_of, reply

REPORT = {"status": "success", "startedAt": 1, "endedAt": 2, "output": "given", "payload": {"n": 1}}
PLAIN = [{"type": "step", "step": {"id": "store"}}]
CALLED_INPUT = [{"type": "step", "step": {"id": "input"}}, *PLAIN]
ANSWER = {"status": "success", "result": 7, "steps": {"input": REPORT, "store": {**REPORT, "output": 7}}}


def start(answer: Any, run: Reply) -> tuple[RunResult, list[str]]:
    """Return what `start_async` makes of an answer, and what was asked of the run afterwards."""
    client, transport = client_of(
        lambda request: run if request.method == "GET" else answer if "start-async" in request.url else {"message": ""},
        retries=0,
    )
    result = client.get_workflow("w").create_run().start_async({})
    return result, transport.routes[2:]


def test_the_graph_says_that_it_is_the_input() -> None:
    """An input with all that a step's report has is the input where no step is called so."""
    result, _ = start(ANSWER, reply({"workflowName": "w", "status": "success", "serializedStepGraph": PLAIN}))
    assert (result.input_data, list(result.steps), result.result) == (REPORT, ["store"], 7)


def test_the_graph_says_that_it_is_a_step() -> None:
    """A step called `input` is a step; as the first one it got the run's input."""
    result, _ = start(ANSWER, reply({"workflowName": "w", "status": "success", "serializedStepGraph": CALLED_INPUT}))
    assert (result.input_data, list(result.steps)) == ({"n": 1}, ["input", "store"])
    assert result.steps["input"].output == "given"


def test_a_graph_that_cannot_be_had_loses_no_result() -> None:
    """The run has run: where the graph is refused, the form of the report decides."""
    result, asked = start(ANSWER, reply({"error": "down"}, status=500))
    assert (result.result, list(result.steps)) == (7, ["input", "store"])
    assert len(asked) == 1


@pytest.mark.parametrize("input_data", [None, 3, "text", {"path": "p", "status": 404}, {"status": "success"}])
def test_the_graph_is_asked_for_only_where_it_matters(input_data: Any) -> None:
    """What no step can have reported is the input, without another request."""
    steps = {"input": input_data, "store": {**REPORT, "output": 7}}
    result, asked = start({**ANSWER, "steps": steps}, reply({"error": "down"}, status=500))
    assert (result.input_data, list(result.steps), asked) == (input_data, ["store"], [])


@pytest.mark.parametrize("foreign", [{"metadata": 1}, {"resumedAt": "never"}, {"error": {}}, {"path": ["x"]}])
def test_what_shows_through_of_the_input_is_not_the_steps(foreign: dict[str, Any]) -> None:
    """Servers lay the report over the input: what is left of it there is neither an error nor a path of the step."""
    result = RunResult.model_validate({**ANSWER, "steps": {"input": {**foreign, **REPORT}}})
    step = result.steps["input"]
    assert (step.path, step.error, step.metadata, step.resumed_at) == (["input"], None, None, None)


def test_a_step_called_as_engines_call_the_state_is_kept() -> None:
    """A stored row has the state among its steps, under a name that a step may have."""
    context = {"input": 1, "__state": REPORT}
    graph = [{"type": "step", "step": {"id": "__state"}}]
    row = {"runId": "r", "workflowName": "w", "snapshot": {"context": context, "status": "success"}}
    assert list(RunResult.model_validate(row).steps) == []
    row["snapshot"] = {**context, "context": context, "status": "success", "serializedStepGraph": graph}
    assert list(RunResult.model_validate(row).steps) == ["__state"]


def test_a_step_called_input_has_its_place_on_the_path() -> None:
    """Without a graph the path that the run took says where it comes, and whether it got the run's input."""
    result = RunResult.model_validate({**ANSWER, "stepExecutionPath": ["store", "input"]})
    assert (list(result.steps), result.input_data) == (["store", "input"], None)


@pytest.mark.parametrize("dump", [lambda result: result.model_dump(by_alias=True), RunResult.to_event])
def test_a_step_called_input_survives_a_dump(dump: Any) -> None:
    """A result, dumped or as a record, comes back with that step and the input beside it."""
    result = RunResult.model_validate({**ANSWER, "stepExecutionPath": ["input", "store"]})
    again = RunResult.model_validate(dump(result))
    assert (list(again.steps), again.input_data) == (["input", "store"], {"n": 1})
