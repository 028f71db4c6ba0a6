"""What a run did, in one form: held against what servers of three generations said in the same scenarios."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from mastra_sync import RunResult, StreamEvent
from pytest_mastra.http.aliases import Aliases
from pytest_mastra.regression.outcome import event_outcomes, outcome_of
from tests.conformance.transcript_files import FOLDER as TRANSCRIPTS

RUN_ID = "5f3c0a11-2b3c-4d5e-8f90-123456789abc"
OTHER_ID = "0a1b2c3d-4e5f-4a6b-9c8d-abcdef012345"

DIFFERS = {
    # what the model does not say: 1.2 and 1.0 beta lose what the later items of a foreach asked
    "asking_foreach",
    # what the generations do otherwise: texts of errors, how far a concurrent foreach goes, its inner runs
    "construct_fails_with_object",
    "construct_fails_with_undefined",
    "construct_foreach_concurrent_fails",
    "construct_foreach_nested",
}
SCENARIOS = sorted(
    path.stem for kind in ("construct", "asking") for path in (TRANSCRIPTS / "current").glob(f"{kind}_*.json")
)


def recorded(scenario: str, generation: str) -> Iterator[tuple[str, Any]]:
    """Give what a server said of runs, by what it was asked; run-by-id of 1.0 beta is a row, without nested steps."""
    path = TRANSCRIPTS / generation / f"{scenario}.json"
    text = re.sub(
        r"<id (\d+)>", lambda match: f"{int(match[1]):08x}-0000-4000-8000-000000000000", path.read_text("utf-8")
    )
    text = text.replace('"<ms>"', "1767225600000").replace("<iso>", "2026-01-01T00:00:00.000Z")
    for exchange in json.loads(text):
        request, body = exchange.get("request", ""), exchange.get("body")
        verb = request.partition("?")[0].rpartition("/")[2]
        if verb == "observe":
            continue  # servers send parts of it twice; `RunStream` takes that away
        if exchange.get("records"):
            yield verb, event_outcomes(exchange["records"])
        elif isinstance(body, dict) and "status" in body:
            run_id = re.search(r"(?:runId=|/runs/)([^&/?]+)", request)
            workflow = request.split("/workflows/")[1].split("/")[0]
            whose = "run" if verb == "execution-result" or "/runs/" in request else verb
            result = RunResult.from_server(body, workflow_id=workflow, run_id=run_id[1] if run_id else "")
            yield whose, outcome_of(result)


@pytest.mark.parametrize("generation", ["1.2", "1.0-beta"])
@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name not in DIFFERS])
def test_each_generation_tells_the_same(scenario: str, generation: str) -> None:
    """A scenario's runs did the same on current servers and on older ones, in each answer that both give."""
    if not (TRANSCRIPTS / generation / f"{scenario}.json").exists():
        pytest.skip("there is no such scenario for this generation")
    ours: dict[str, list[Any]] = {}
    for verb, told in recorded(scenario, "current"):
        ours.setdefault(verb, []).append(told)
    both = [(told, ours[verb].pop(0)) for verb, told in recorded(scenario, generation) if ours.get(verb)]
    assert [theirs for theirs, _ in both] == [mine for _, mine in both]
    assert both


def run_of(**told: Any) -> RunResult:
    return RunResult.model_validate({"runId": RUN_ID, "workflowName": "flow", "status": "success", **told})


def test_inputs_are_told_where_they_are_news() -> None:
    """An input is left out where it is what came before, told or elided; another one is told."""
    steps = {
        "a": {"status": "success", "payload": {"n": 1}, "output": {"n": 2}},
        "b": {"status": "success", "payload": {"n": 2}, "output": {"n": 3}},
        "c": {"status": "success", "payload": {"n": 9}, "output": {"n": 4}},
    }
    told = outcome_of(run_of(payload={"n": 1}, steps=steps, result={"n": 4}))
    assert told["steps"] == {
        "a": {"status": "success", "output": {"n": 2}},
        "b": {"status": "success", "output": {"n": 3}},
        "c": {"status": "success", "input": {"n": 9}, "output": {"n": 4}},
    }
    elided = {name: {key: value for key, value in step.items() if key != "payload"} for name, step in steps.items()}
    elided["c"]["payload"] = {"n": 9}
    path = ["a", "b", "c"]
    assert outcome_of(run_of(payload={"n": 1}, steps=elided, result={"n": 4}, stepExecutionPath=path)) == told


def test_a_step_that_was_told_without_input_is_another_matter() -> None:
    """What no server elided is not made up: a server that gives no path leaves nothing out."""
    told = outcome_of(run_of(payload={"n": 1}, steps={"a": {"status": "success", "output": 1}}))
    assert told["steps"] == {"a": {"status": "success", "output": 1}}


def test_ids_keep_their_identity() -> None:
    """The run is `<run>`, other ids are numbered, and steps without an id of their own too, inside texts as well."""
    steps = {
        f"sleep_{OTHER_ID}": {"status": "success", "output": 1},
        "mapping_flow_0": {"status": "success", "output": RUN_ID},
        "mapping_flow_1": {"status": "success", "output": f"{OTHER_ID} after mapping_flow_0"},
        "mapping_mine_0": {"status": "success", "output": 2},
    }
    told = outcome_of(run_of(steps=steps))
    assert told["path"] == ["sleep 1", "mapping 1", "mapping 2", "mapping_mine_0"]
    assert told["steps"]["mapping 1"]["output"] == "<run>"
    assert told["steps"]["mapping 2"]["output"] == "<id 1> after mapping 1"


def test_a_question_of_a_nested_workflow() -> None:
    """The workflow around a question is suspended, whatever a server says; what the engine added is left out."""
    ask = {"ask": "ok?", "__workflow_meta": {"runId": RUN_ID, "path": ["q"]}}
    steps = {
        "inner": {"status": "running", "suspendPayload": ask},
        "inner.q": {"status": "suspended", "suspendPayload": {"ask": "ok?"}},
    }
    told = outcome_of(run_of(status="suspended", steps=steps, suspendedPaths={"inner": [0]}))
    assert told["steps"] == {"inner": {"status": "suspended"}, "inner.q": {"status": "suspended"}}
    assert told["suspensions"] == [{"step": "inner.q", "payload": {"ask": "ok?"}}]
    assert "result" not in told


def test_what_else_goes_on_while_one_step_asks() -> None:
    """A step beside the question is running if a server says so; several questions stand in one order."""
    steps = {
        "slow": {"status": "running"},
        "b": {"status": "suspended", "suspendPayload": {"ask": "b?"}},
        "a": {"status": "suspended", "suspendPayload": {"ask": "a?"}},
    }
    told = outcome_of(run_of(status="suspended", steps=steps))
    assert told["steps"]["slow"] == {"status": "running"}
    assert [one["step"] for one in told["suspensions"]] == ["a", "b"]


@pytest.mark.parametrize(
    "error", [{"message": "boom", "name": "Error", "code": 5, "cause": {"message": "x"}}, "Error: boom"]
)
def test_an_error_is_its_name_and_message(error: Any) -> None:
    """Code and cause, which 1.0 beta does not tell, are left out, and so is a name that says nothing."""
    told = outcome_of(run_of(status="failed", steps={"a": {"status": "failed", "error": error}}, error=error))
    assert told["error"] == {"message": "boom"}
    assert told["steps"]["a"] == {"status": "failed", "error": {"message": "boom"}}


def test_events_of_newer_servers_are_kept() -> None:
    """An unknown event, and what a step wrote, keep their payload; progress, which older servers lack, is left out."""
    events: list[dict[str, Any]] = [
        {"type": "workflow-start", "runId": RUN_ID, "payload": {"workflowId": "flow"}},
        {"type": "workflow-step-progress", "runId": RUN_ID, "payload": {"id": "a", "completedCount": 1}},
        {"type": "workflow-step-output", "runId": RUN_ID, "payload": {"stepName": "a", "output": {"at": OTHER_ID}}},
        {"type": "workflow-rested", "runId": RUN_ID, "payload": {"for": [RUN_ID]}},
        {"type": "data-x", "data": 5},
        {},
    ]
    expected = [
        {"event": "workflow-start"},
        {"event": "workflow-step-output", "step": "a", "output": {"at": "<id 1>"}},
        {"event": "workflow-rested", "payload": {"for": ["<run>"]}},
        {"event": "data-x", "payload": 5},
        {"event": ""},
    ]
    assert event_outcomes(events) == expected
    assert event_outcomes(map(StreamEvent, events)) == expected


def test_names_are_shared_between_a_run_and_its_events() -> None:
    """Events that tell of part of the steps call them as the run does."""
    aliases = Aliases()
    steps = {"mapping_flow_0": {"status": "success"}, "mapping_flow_1": {"status": "success"}}
    outcome_of(run_of(steps=steps), aliases)
    payload = {"id": "mapping_flow_1", "status": "success", "output": 1}
    (told,) = event_outcomes([{"type": "workflow-step-result", "runId": RUN_ID, "payload": payload}], aliases)
    assert told == {"event": "workflow-step-result", "step": "mapping 2", "status": "success", "output": 1}
