"""Shapes that no capture has: odd but right ones parse, wrong ones end as this library's own exception."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mastra_sync import ResponseFormatError, RunResult
from mastra_sync.normalise import canonical_result, parse_remote_error, schema_of, without_meta
from mastra_sync.operations import RUN_BY_ID
from mastra_sync.step_graph import step_tree
from tests.client.captures import capture
from tests.client.scripted import client_of

GENERATIONS = ("current", "1.2", "1.0-beta")


def test_an_input_that_leaked_into_a_pending_run_is_not_shown() -> None:
    """Servers show a pending run with the input of a nested run of before."""
    assert RunResult.model_validate({"status": "pending", "payload": {"foreign": 1}}).input_data is None


def test_a_row_may_hold_its_snapshot_as_text() -> None:
    """Some storages keep the snapshot as JSON text and spell the row in snake_case."""
    raw = capture("success")["current"]["row"]
    text = {"run_id": raw["runId"], "workflow_name": "city-workflow", "snapshot": json.dumps(raw["snapshot"])}
    result = RunResult.model_validate(text)
    assert (result.run_id, result.workflow_id) == (raw["runId"], "city-workflow")
    assert (result.status, result.result, list(result.steps)) == ("success", {"text": "NY: 2"}, ["lookup", "report"])


def test_step_ids_with_dots_stay_whole() -> None:
    """`a.b` is a step of `a` only if there is an `a`; items of a foreach belong to its step."""
    names = ["a.b", "outer", "outer.x", "outer.x.y", "each", "each[0].i", "each[12].i.j"]
    result = RunResult.model_validate({"status": "success", "steps": {name: {"status": "success"} for name in names}})
    assert {name: step.path for name, step in result.steps.items()} == {
        "a.b": ["a.b"],
        "outer": ["outer"],
        "outer.x": ["outer", "x"],
        "outer.x.y": ["outer", "x", "y"],
        "each": ["each"],
        "each[0].i": ["each", "i"],
        "each[12].i.j": ["each", "i.j"],
    }


def test_a_result_that_merely_looks_like_a_step_is_kept() -> None:
    """Only the envelope of a step that the run has is taken off."""
    envelope = {"payload": 1, "startedAt": 1, "endedAt": 2, "status": "success", "output": 3}
    same = {"status": "success", "result": envelope, "steps": {"s": envelope}}
    other = {"status": "success", "result": envelope, "steps": {"s": {**envelope, "output": 4}}}
    assert RunResult.model_validate(same).result == 3
    assert RunResult.model_validate(other).result == envelope


@pytest.mark.parametrize(
    ("value", "name", "message"),
    [
        ("Error: boom", "Error", "boom"),
        ("Error: Error: inner boom", "Error", "inner boom"),
        ("Error: TypeError: x", "Error", "TypeError: x"),
        ("TypeError: x", None, "TypeError: x"),
        ("just: text", None, "just: text"),
        ("two words: text", None, "two words: text"),
        ("", None, ""),
        (5, None, "5"),
        (None, None, "None"),
    ],
)
def test_errors_that_are_text(value: Any, name: str | None, message: str) -> None:
    """1.0 beta puts the name before the message, once more for each nesting."""
    error = parse_remote_error(value)
    assert (error.get("name"), error["message"]) == (name, message)


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ('{"json":{"type":"object"}}', {"type": "object"}),
        ({"type": "object"}, {"type": "object"}),
        ("no JSON", None),
        (None, None),
    ],
)
def test_schemas_are_unpacked(value: Any, schema: Any) -> None:
    """Servers send a schema as a string of superjson, stored workflows as it is."""
    assert schema_of(value) == schema


def test_the_engines_own_part_of_a_payload_is_hidden() -> None:
    """A question is shown as the step asked it."""
    assert without_meta({"ask": 1, "__workflow_meta": {}}) == {"ask": 1}
    assert without_meta("text") == "text"


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize(
    ("case", "tree"),
    [
        ("success", {"lookup": {}, "report": {}}),
        ("parallel", {"left": {}, "right": {}}),
        ("loop", {"increment": {}}),
        ("foreach", {"times-ten": {}}),
        ("nested", {"inner": {"increment": {}, "double": {}}, "after": {}}),
    ],
)
def test_the_steps_of_a_graph(case: str, tree: dict[str, Any], generation: str) -> None:
    """Whichever generation wrote it, a graph gives the ids of its steps, those of nested workflows inside theirs."""
    raw = capture(case)[generation]["row"]["snapshot"]
    assert step_tree(raw["serializedStepGraph"]) == tree


# -- what no server sends

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.sampled_from(["suspended", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2) | st.just("a"), inner, max_size=3),
    max_leaves=6,
)
STEP_FIELDS = ("status", "output", "error", "startedAt", "endedAt", "suspendPayload", "path", "metadata", "tripwire")
FIELDS = (
    *("status", "steps", "input", "payload", "result", "error", "suspended", "suspendedPaths", "suspendPayload"),
    *("resumeLabels", "snapshot", "runId", "workflowName", "tripwire", "currentStep", "suspensions", "createdAt"),
    *("eventTimestamp", "initialState", "stepExecutionPath", "resourceId", "state", "inputData"),
)
ITEMS = st.just([{"status": "suspended"}])
PARTS = {"path": JSON, "foreachOutput": JSON | ITEMS, "resumeLabels": JSON, "foreachIndex": JSON}
META = st.fixed_dictionaries({"__workflow_meta": st.fixed_dictionaries({}, optional=PARTS)})
STEP = st.fixed_dictionaries({}, optional={**dict.fromkeys(STEP_FIELDS, JSON), "suspendPayload": META | JSON})
STEPS = st.dictionaries(st.sampled_from(["a", "a.b", "b", "input", "a[0].c"]), STEP | JSON, max_size=4)
LIKELY = {
    "steps": STEPS,
    "status": st.sampled_from(["suspended", "failed", "success", "tripwire"]),
    "suspended": st.just([["a"]]),
    "suspendedPaths": st.just({"a": [0]}),
    "snapshot": st.fixed_dictionaries({"context": STEPS | JSON, "status": JSON}),
    "payload": st.fixed_dictionaries({"workflowState": JSON, "currentStep": JSON}),
}
RUNS = st.fixed_dictionaries({}, optional={name: LIKELY.get(name, JSON) | JSON for name in FIELDS})


@given(RUNS)
def test_whatever_a_server_sends_is_a_result_or_no_answer_of_mastra(raw: dict[str, Any]) -> None:
    """Any JSON in any field parses, or ends as pydantic's exception: nothing else reaches a caller."""
    try:
        result = RunResult.model_validate(raw)
    except ValidationError:
        return
    assert isinstance(repr(result) + result.explain(), str)


@given(RUNS)
def test_only_value_errors_leave_the_shapes(raw: dict[str, Any]) -> None:
    """What pydantic would not turn into its own exception is not raised."""
    try:
        canonical_result(raw)
    except ValueError:
        return


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"status": "success", "steps": [1]}, "steps: expected an object, got list"),
        ({"status": "suspended", "suspended": 5}, "suspended: expected a list, got int"),
        ({"status": "suspended", "suspended": [[]]}, "suspended: expected the path of a step, got []"),
        ({"status": "suspended", "suspendedPaths": "q"}, "suspendedPaths: expected an object, got str"),
        ({"status": "suspended", "resumeLabels": 5}, "resumeLabels: expected an object, got int"),
        ({"snapshot": {"context": [1]}}, "snapshot.context: expected an object, got list"),
        ({"snapshot": "5"}, "snapshot: expected an object, got int"),
        ({"payload": {"workflowState": 5}}, "payload.workflowState: expected an object, got int"),
        ({"status": 5}, "status: Input should be a valid string"),
        ([1], "the whole: Input should be"),
        (None, "the whole: Input should be"),
    ],
)
def test_an_answer_in_no_known_shape_is_named(answer: Any, problem: str) -> None:
    """A reply that is not Mastra's says which part is wrong, and of which request."""
    client, _ = client_of(lambda request: answer)
    with pytest.raises(ResponseFormatError) as caught:
        client.get_workflow("w").run_by_id("r1")
    assert problem in str(caught.value)
    assert (caught.value.method, caught.value.run_id) == (RUN_BY_ID.method, "r1")
    assert caught.value.url == "http://mastra.test/api/workflows/w/runs/r1"
