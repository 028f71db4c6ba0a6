"""Mastra's run result records parse into a result, and any result can be given as one."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mastra_sync import RunResult
from tests.client.captures import capture, cases

CAPTURED = [
    (case, generation, shape) for case in cases() for generation in capture(case) for shape in capture(case)[generation]
]
STEPS = {
    "first": {"status": "success", "payload": {"n": 1}, "output": {"n": 2}},
    "second": {"status": "success", "payload": {"n": 2}, "output": {"n": 3}},
}
RECORD: dict[str, Any] = {
    "type": "watch",
    "runId": "r1",
    "eventTimestamp": "2026-01-31T12:00:00.123Z",
    "payload": {
        "currentStep": {"id": "second", "status": "success", "payload": {"n": 2}, "output": {"n": 3}},
        "workflowState": {"status": "success", "steps": STEPS, "result": {"n": 3}, "payload": {"n": 1}, "error": None},
    },
}
MOMENT = datetime(2026, 1, 31, 12, 0, 0, 123_000, tzinfo=timezone.utc)


def test_a_record_is_a_result() -> None:
    """Everything that a record says is where every other shape puts it."""
    result = RunResult.model_validate(RECORD)
    assert (result.run_id, result.status, result.input_data, result.result) == ("r1", "success", {"n": 1}, {"n": 3})
    assert result.event_timestamp == MOMENT
    assert {name: step.output for name, step in result.steps.items()} == {"first": {"n": 2}, "second": {"n": 3}}
    assert result.current_step is not None
    assert result.current_step.model_dump() == RECORD["payload"]["currentStep"]
    assert result.raw is RECORD
    assert result.raise_for_status() is result


@pytest.mark.parametrize("stamp", [1_769_860_800_123, "2026-01-31T12:00:00.123Z", "2026-01-31T13:00:00.123+01:00"])
def test_the_time_of_a_record_in_any_spelling(stamp: Any) -> None:
    """A JavaScript Date arrives as an ISO string, `Date.now()` as milliseconds."""
    assert RunResult.model_validate({**RECORD, "eventTimestamp": stamp}).event_timestamp == MOMENT


def test_a_record_comes_back_as_it_was() -> None:
    """Parsed and given again, a record says the same; it gains the steps' paths only."""
    given = RunResult.model_validate(RECORD).to_event()
    for name, step in given["payload"]["workflowState"]["steps"].items():
        assert step.pop("path") == [name]
    expected = json.loads(json.dumps(RECORD))
    expected["eventTimestamp"] = "2026-01-31T12:00:00.123000+00:00"
    del expected["payload"]["workflowState"]["error"]
    assert given == expected


def test_a_record_of_a_failed_step() -> None:
    """The error of the run and of the step are typed, as in every other shape."""
    error = {"name": "Error", "message": "boom"}
    state = {"status": "failed", "steps": {"first": {"status": "failed", "error": error}}, "error": error}
    result = RunResult.model_validate({**RECORD, "payload": {"currentStep": None, "workflowState": state}})
    assert str(result.error) == "Error: boom"
    assert result.failed_step is not None
    assert result.current_step is not None
    assert (result.current_step.id, result.current_step.status) == ("first", "failed")


def test_an_input_that_looks_like_a_record_is_an_input() -> None:
    """Only a reply without a status of its own is a record."""
    result = RunResult.model_validate({"status": "running", "payload": {"workflowState": {"status": "failed"}}})
    assert (result.status, result.input_data) == ("running", {"workflowState": {"status": "failed"}})


@pytest.mark.parametrize(("case", "generation", "shape"), CAPTURED)
def test_what_a_record_can_hold_survives_it(case: str, generation: str, shape: str) -> None:
    """Any result goes through a record, and through JSON, without losing status, values, steps or suspensions."""
    result = RunResult.model_validate(capture(case)[generation][shape])
    record = json.loads(json.dumps(result.to_event()))
    back = RunResult.model_validate(record)
    assert back.workflow_state == result.workflow_state
    assert back.current_step == result.current_step
    assert [item.path for item in back.suspensions] == [item.path for item in result.suspensions]
    assert [item.payload for item in back.suspensions] == [item.payload for item in result.suspensions]
    assert back.run_id == result.run_id
    assert back.event_timestamp == result.updated_at
    assert back.to_event() == record


ANY_TEXT = st.text(st.characters(), max_size=3)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(ANY_JSON.filter(lambda value: value is not None))
@example({"\ud800": 7})
@example([{"a": {"\ud83c": "\ud800"}}])
def test_any_json_survives_a_record(value: Any) -> None:
    r"""What could be read can be given on, half characters in keys and values too: JavaScript sends them as \ud800."""
    step = {"status": "success", "payload": value, "output": value, "metadata": {"of the server": value}}
    current = {"id": "a", "status": "success", "output": value, "payload": value, "added": value}
    state = {"status": "success", "steps": {"a": step}, "result": value, "payload": value}
    result = RunResult.model_validate({"runId": "r", "payload": {"currentStep": current, "workflowState": state}})
    record = json.loads(json.dumps(result.to_event()))
    assert record["payload"] == {
        "currentStep": current,
        "workflowState": {**state, "steps": {"a": {**step, "path": ["a"]}}},
    }
    assert RunResult.model_validate(record) == result


def test_a_step_id_with_half_a_character() -> None:
    """Ids are a caller's words like all others."""
    result = RunResult.model_validate({"status": "success", "steps": {"\ud800": {"status": "success", "endedAt": 5}}})
    assert result.to_event()["payload"]["workflowState"]["steps"] == {
        "\ud800": {"path": ["\ud800"], "status": "success", "endedAt": 5}
    }


def test_what_a_record_makes_of_values_that_are_no_json() -> None:
    """Results that were made by hand are given as pydantic gives them as JSON; what is not finite is null."""
    value = {1: (MOMENT, b"b", {2}), None: [float("inf"), float("nan")], "model": RunResult(status="running")}
    event = RunResult(status="success", result=value).to_event()
    assert event["payload"]["workflowState"]["result"] == {
        "1": ["2026-01-31T12:00:00.123000Z", "b", [2]],
        "None": [None, None],
        "model": {"status": "running", "steps": {}, "suspensions": []},
    }


@pytest.mark.parametrize("generation", ["current", "1.2", "1.0-beta"])
def test_step_times_are_as_mastra_writes_them(generation: str) -> None:
    """In a record the times of steps are milliseconds, as in the server's own answers."""
    raw = capture("resumed")[generation]["answer"]["steps"]["approve"]
    step = RunResult.model_validate(capture("resumed")[generation]["answer"]).to_event()
    given = step["payload"]["workflowState"]["steps"]["approve"]
    times = [name for name in raw if name.endswith("At")]
    assert {name: given[name] for name in times} == {name: raw[name] for name in times}
    assert len(times) >= 3
