"""What a record of a stream says, whatever is in it."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mastra_sync import StreamEvent

USAGE = {"inputTokens": 1, "totalTokens": 3}


def event(kind: str, payload: Any = None, **more: Any) -> StreamEvent:
    return StreamEvent({"type": kind, "runId": "r1", "from": "WORKFLOW", "payload": payload, **more})


START = event("workflow-start", {"workflowId": "w"})
STEP_START = event("workflow-step-start", {"id": "a", "stepName": "a", "payload": {"n": 1}, "status": "running"})
RESULT = event("workflow-step-result", {"id": "in.a", "status": "success", "output": {"x": 1}, "endedAt": 2000})
FAILED = event("workflow-step-result", {"id": "a", "status": "failed", "error": {"name": "E", "message": "m"}})
FAILED_BETA = event("workflow-step-result", {"id": "a", "status": "failed", "error": "Error: m"})
SUSPENDED = event("workflow-step-suspended", {"id": "a", "status": "suspended", "suspendPayload": {"ask": 1}})
WAITING = event("workflow-step-waiting", {"id": "sleep_1", "status": "waiting", "payload": {}})
PROGRESS = event("workflow-step-progress", {"id": "a", "iterationStatus": "success", "iterationOutput": 10})
OUTPUT = event("workflow-step-output", {"stepName": "a", "output": [1], "runId": "r1"}, **{"from": "USER"})
CANCELED = event("workflow-canceled", {})
FINISH = event(
    "workflow-finish",
    {"workflowStatus": "success", "metadata": {}, "output": {"usage": USAGE}, "finalWorkflowResult": {"t": 1}},
)
FINISH_FAILED = event("workflow-finish", {"workflowStatus": "failed", "metadata": {}, "output": {}})
REFUSED = event(
    "workflow-finish",
    {"workflowStatus": "failed", "metadata": {"error": {"code": "C", "message": "x"}, "errorMessage": "said"}},
)
REFUSED_BETA = event("workflow-finish", {"workflowStatus": "failed", "metadata": {"error": {}, "errorMessage": "said"}})
CUSTOM = StreamEvent({"type": "data-p", "data": {"pct": 1}})


@pytest.mark.parametrize(
    ("given", "step_id", "status", "output", "error"),
    [
        (START, None, None, None, None),
        (STEP_START, "a", "running", None, None),
        (RESULT, "in.a", "success", {"x": 1}, None),
        (FAILED, "a", "failed", None, "E: m"),
        (FAILED_BETA, "a", "failed", None, "Error: m"),
        (SUSPENDED, "a", "suspended", None, None),
        (WAITING, "sleep_1", "waiting", None, None),
        (PROGRESS, "a", "success", 10, None),
        (OUTPUT, "a", None, [1], None),
        (CANCELED, None, None, None, None),
        (FINISH, None, "success", {"t": 1}, None),
        (FINISH_FAILED, None, "failed", None, None),
        (REFUSED, None, "failed", None, "said"),
        (REFUSED_BETA, None, "failed", None, "said"),
        (CUSTOM, None, None, None, None),
    ],
)
def test_the_typed_view_of_each_known_event(
    given: StreamEvent, step_id: Any, status: Any, output: Any, error: Any
) -> None:
    """Which step, which status, what came out and why it failed, without knowing where each type keeps it."""
    assert (given.step_id, given.status, given.output) == (step_id, status, output)
    assert (str(given.error) if given.error else None) == error


def test_the_envelope() -> None:
    """Type, run, sender and payload are as the server wrote them, under Python's names."""
    assert (OUTPUT.type, OUTPUT.run_id, OUTPUT.from_) == ("workflow-step-output", "r1", "USER")
    assert OUTPUT.payload == {"stepName": "a", "output": [1], "runId": "r1"}


def test_what_a_step_writes_itself_need_not_have_an_envelope() -> None:
    """A custom record has neither run nor sender; its data stand for the payload."""
    assert (CUSTOM.type, CUSTOM.run_id, CUSTOM.from_, CUSTOM.payload) == ("data-p", None, None, {"pct": 1})
    assert StreamEvent({"type": "x", "payload": None, "data": 1}).payload is None


@pytest.mark.parametrize("given", [STEP_START, RESULT, FAILED, SUSPENDED, WAITING])
def test_step_events_as_step_results(given: StreamEvent) -> None:
    """What an event says of its step is typed like the steps of a result."""
    step = given.step
    assert step is not None
    assert (step.path, step.status) == ((given.step_id or "").split("."), given.status)


def test_times_and_questions_of_a_step_event() -> None:
    """Times are moments, a question is there as it was asked."""
    assert RESULT.step is not None
    assert RESULT.step.ended_at is not None
    assert RESULT.step.ended_at.timestamp() == 2
    assert SUSPENDED.step is not None
    assert SUSPENDED.step.suspend_payload == {"ask": 1}


@pytest.mark.parametrize("given", [START, PROGRESS, OUTPUT, CANCELED, FINISH, CUSTOM])
def test_other_events_are_about_no_step_result(given: StreamEvent) -> None:
    """Output and progress are of a step, but are not its result."""
    assert given.step is None


def test_what_a_refused_request_was_told() -> None:
    """A refusal inside a stream has its own words and the code, where the server gives it."""
    assert REFUSED.error is not None
    assert (REFUSED.error.message, REFUSED.error.code) == ("said", "C")


def test_the_usage_of_agents() -> None:
    """It is in the last event, and only there."""
    assert FINISH.usage == USAGE
    assert FINISH_FAILED.usage is None
    assert OUTPUT.usage is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (RESULT, "<StreamEvent workflow-step-result in.a success {'x': 1}>"),
        (START, "<StreamEvent workflow-start>"),
        (CUSTOM, "<StreamEvent data-p {'pct': 1}>"),
        (StreamEvent({}), "<StreamEvent (no type)>"),
        (StreamEvent({"type": "t", "payload": "x" * 200}), f"<StreamEvent t '{'x' * 98}>"),
    ],
)
def test_an_event_in_one_line(given: StreamEvent, shown: str) -> None:
    """Type, step, status, and the beginning of what came out."""
    assert repr(given) == shown


def test_events_are_equal_by_what_was_said() -> None:
    """Two equal records are equal events, and can be copied to another process; they are no keys."""
    assert event("a", 1) == event("a", 1)
    assert event("a", 1) != event("a", 2)
    assert event("a", 1) != {"type": "a"}
    assert pickle.loads(pickle.dumps(FINISH)) == FINISH
    with pytest.raises(TypeError, match="unhashable"):
        hash(FINISH)


def test_unknown_types_pass_through() -> None:
    """A newer server's event is handed out whole."""
    raw = {"type": "workflow-step-blessed", "runId": "r1", "payload": {"id": "a", "status": "blessed"}, "new": 1}
    assert StreamEvent(raw).raw is raw
    assert StreamEvent(raw).status == "blessed"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
TYPES = st.sampled_from([START.type, RESULT.type, OUTPUT.type, FINISH.type, "workflow-step-x", "x"])
FIELDS = ["id", "stepName", "status", "output", "error", "metadata", "startedAt", "workflowStatus", "suspendPayload"]
PAYLOADS = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON)) | JSON


@given(st.fixed_dictionaries({}, optional={"type": TYPES | JSON, "payload": PAYLOADS, "runId": JSON, "data": JSON}))
def test_no_record_breaks_its_event(raw: dict[str, Any]) -> None:
    """Whatever JSON a step writes, reading its event raises nothing; only the typed step may not fit."""
    found = StreamEvent(raw)
    assert isinstance(repr(found), str)
    assert isinstance(found.type, str)
    for name in ("run_id", "from_", "payload", "step_id", "status", "output", "error", "usage"):
        getattr(found, name)
    try:
        assert found.step is None or isinstance(found.step.status, str)
    except ValidationError:
        return
