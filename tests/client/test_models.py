"""What a result says of a run, whatever shape it came in."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from mastra_sync import (
    RemoteError,
    RunCanceled,
    RunError,
    RunFailed,
    RunPage,
    RunPaused,
    RunResult,
    RunSuspended,
    RunTripwire,
    StepResult,
    Suspension,
    WorkflowDetails,
)
from tests.client.captures import capture, cases

CAPTURED = [(case, generation) for case in cases() for generation in capture(case)]


def run(status: str, **fields: Any) -> RunResult:
    return RunResult.model_validate({"runId": "r1", "workflowName": "city", "status": status, **fields})


FAILED_STEP = {"status": "failed", "error": {"name": "TypeError", "message": "no\n  city"}}
QUESTION = {"status": "suspended", "suspendPayload": {"ask": "sure?"}}

RUNS = {
    "success": run("success", result={"text": "NY: 2"}),
    "success-long": run("success", result="x" * 200),
    "bailed": run("bailed", result=[1]),
    "failed": run("failed", steps={"a": FAILED_STEP}, error=FAILED_STEP["error"]),
    "failed-in-step": run("failed", steps={"outer": FAILED_STEP, "outer.a": FAILED_STEP}),
    "failed-silent": run("failed"),
    "suspended": run("suspended", steps={"a": QUESTION, "b": QUESTION}),
    "suspended-nowhere": run("suspended"),
    "paused": run("paused"),
    "canceled": run("canceled"),
    "tripwire": run("tripwire", tripwire={"reason": "not allowed"}),
    "tripwire-silent": run("tripwire"),
    "running": run("running"),
    "newer": run("frobnicated"),
    "nameless": RunResult.model_validate({"status": "success", "result": None}),
}

REPRS = {
    "success": "<RunResult city r1 success {'text': 'NY: 2'}>",
    "success-long": f"<RunResult city r1 success '{'x' * 96}...>",
    "bailed": "<RunResult city r1 bailed [1]>",
    "failed": "<RunResult city r1 failed in step 'a': TypeError: no city>",
    "failed-in-step": "<RunResult city r1 failed in step 'outer.a': TypeError: no city>",
    "failed-silent": "<RunResult city r1 failed: the server gives no reason>",
    "suspended": "<RunResult city r1 suspended at a, b>",
    "suspended-nowhere": "<RunResult city r1 suspended>",
    "paused": "<RunResult city r1 paused>",
    "canceled": "<RunResult city r1 canceled>",
    "tripwire": "<RunResult city r1 tripwire: not allowed>",
    "tripwire-silent": "<RunResult city r1 tripwire: the server gives no reason>",
    "running": "<RunResult city r1 running>",
    "newer": "<RunResult city r1 frobnicated>",
    "nameless": "<RunResult success None>",
}


@pytest.mark.parametrize("name", RUNS)
def test_a_result_says_in_one_line_what_a_person_wants_to_know(name: str) -> None:
    """Workflow, run, status, then what came out, where it waits, or why it failed; in one short line."""
    assert repr(RUNS[name]) == str(RUNS[name]) == REPRS[name]


STATUSES = {
    "success": (True, True, True, None),
    "bailed": (True, True, True, None),
    "failed": (False, True, True, RunFailed),
    "suspended": (False, True, False, RunSuspended),
    "paused": (False, True, False, RunPaused),
    "canceled": (False, True, True, RunCanceled),
    "tripwire": (False, True, True, RunTripwire),
    "running": (False, False, False, None),
    "waiting": (False, False, False, None),
    "pending": (False, False, False, None),
    "frobnicated": (False, False, False, None),
}


@pytest.mark.parametrize("status", STATUSES)
def test_what_each_status_means(status: str) -> None:
    """Whether a run is well, settled, finished, and which exception it becomes."""
    ok, settled, finished, error_type = STATUSES[status]
    result = run(status)
    assert (result.ok, result.settled, result.finished) == (ok, settled, finished)
    if error_type is None:
        assert result.raise_for_status() is result
    else:
        with pytest.raises(error_type) as caught:
            result.raise_for_status()
        assert isinstance(caught.value, RunError)
        assert caught.value.result is result
        assert str(caught.value) == result.explain()


EXPLAINED = {
    "success": "run r1 of 'city' succeeded",
    "failed": "run r1 of 'city' failed in step 'a': TypeError: no\n  city",
    "suspended": "run r1 of 'city' is suspended at\n"
    "  <Suspension a {'ask': 'sure?'}>\n  <Suspension b {'ask': 'sure?'}>\n"
    "  Answer with run.resume_async(step=result.suspensions[0], resume_data=...).",
    "suspended-nowhere": "run r1 of 'city' is suspended",
    "paused": "run r1 of 'city' is paused after one step",
    "canceled": "run r1 of 'city' was canceled",
    "tripwire": "run r1 of 'city' was stopped by a tripwire: not allowed",
    "newer": "run r1 of 'city' is frobnicated",
    "nameless": "run succeeded",
}


@pytest.mark.parametrize("name", EXPLAINED)
def test_what_became_of_a_run_in_words(name: str) -> None:
    """The exception's text names the run, and says why, and what can be done."""
    assert RUNS[name].explain() == EXPLAINED[name]


@dataclasses.dataclass
class Report:
    text: str


class ReportModel(BaseModel):
    text: str


@pytest.mark.parametrize("output_type", [Report, ReportModel])
def test_the_result_as_a_type_of_ones_own(output_type: Any) -> None:
    """Models and dataclasses are made of the result."""
    assert RUNS["success"].output_as(output_type) == output_type(text="NY: 2")
    assert RUNS["bailed"].output_as(list[int]) == [1]


def test_a_result_that_does_not_fit_the_type() -> None:
    """Pydantic's exception says what is wrong with it."""
    with pytest.raises(ValidationError, match="text"):
        run("success", result={}).output_as(Report)


def test_no_output_of_a_run_that_has_not_succeeded() -> None:
    """A failed run is told from one whose output does not fit."""
    with pytest.raises(RunFailed):
        RUNS["failed"].output_as(Report)


def test_the_innermost_failed_step() -> None:
    """Of a nested workflow and its step it is the step that is named; without a failure there is none."""
    step = RUNS["failed-in-step"].failed_step
    assert step is not None
    assert step.path == ["outer", "a"]
    assert RUNS["success"].failed_step is None


@pytest.mark.parametrize(
    ("times", "step"),
    [
        ({"a": {"startedAt": 1}, "b": {"startedAt": 2}}, "b"),
        ({"a": {"startedAt": 1, "endedAt": 9}, "b": {"startedAt": 2}}, "a"),
        ({"a": {"startedAt": 1, "resumedAt": 9}, "b": {"startedAt": 2, "suspendedAt": 3}}, "a"),
        ({"a": {"startedAt": 5}, "b": {"startedAt": 5}}, "b"),
        ({"a": {}, "b": {}}, "b"),
    ],
)
def test_the_current_step_is_the_one_that_moved_last(times: dict[str, Any], step: str) -> None:
    """Start, suspension, resume and end count; of two at the same moment the later one in the list."""
    current = run("running", steps=times).current_step
    assert current is not None
    assert (current.id, current.status) == (step, "unknown")


def test_a_run_without_steps_has_no_current_step() -> None:
    """A pending run has moved nothing yet."""
    assert run("pending").current_step is None


def test_the_workflows_state_as_records_give_it() -> None:
    """The view of Mastra's run result records can be had of any result."""
    result = run("failed", payload={"a": 1}, steps={"a": FAILED_STEP}, error=FAILED_STEP["error"])
    state = result.workflow_state
    assert (state.status, state.payload, state.result) == ("failed", {"a": 1}, None)
    assert (state.steps, state.error) == (result.steps, result.error)


# -- unknown fields, copies, equality


def test_what_is_not_known_is_kept() -> None:
    """Fields of a newer server are there as attributes, in the dump and in `model_extra`."""
    result = run("success", brandNew={"a": 1}, steps={"s": {"status": "success", "alsoNew": 2}}, error={"domain": "x"})
    assert result.model_extra == {"brandNew": {"a": 1}}
    assert result.brandNew == {"a": 1}  # type: ignore[attr-defined]
    assert result.steps["s"].model_extra == {"alsoNew": 2}
    assert result.error is not None
    assert result.error.model_extra == {"domain": "x"}
    assert result.model_dump(by_alias=True)["brandNew"] == {"a": 1}


@pytest.mark.parametrize(("case", "generation"), CAPTURED)
def test_copies_are_equal_and_whole(case: str, generation: str) -> None:
    """Pickled, copied or parsed twice, a result is the same, its raw answer included."""
    raw = capture(case)[generation]["by_id"]
    result = RunResult.model_validate(raw)
    for same in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result), RunResult.model_validate(raw)):
        assert same == result
        assert same.raw == raw
        assert repr(same) == repr(result)


def test_results_of_different_runs_differ() -> None:
    """Equality is about what was answered."""
    assert run("success", result=1) != run("success", result=2)
    assert run("success") != run("success", brandNew=1)


def test_a_result_is_taken_as_it_is() -> None:
    """Validating a result gives that result, so that models may hold one."""
    assert RunResult.model_validate(RUNS["success"]) is RUNS["success"]


def test_results_do_not_change() -> None:
    """Nobody can make a failed run succeed by setting an attribute."""
    with pytest.raises(ValidationError, match="frozen"):
        RUNS["failed"].status = "success"  # type: ignore[misc]


def test_an_answer_that_names_no_run_gets_its_name() -> None:
    """The caller knows which run it asked about; the workflow's name that the server says wins."""
    nameless = RunResult.from_server({"status": "success"}, workflow_id="w", run_id="r")
    named = RunResult.from_server({"status": "success", "runId": "r", "workflowName": "y"}, workflow_id="w", run_id="r")
    assert (nameless.workflow_id, nameless.run_id, nameless.raw) == ("w", "r", {"status": "success"})
    assert (named.workflow_id, named.run_id) == ("y", "r")


# -- times


@pytest.mark.parametrize(
    ("wire", "moment"),
    [
        (1_700_000_000_123, datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=timezone.utc)),
        (1, datetime(1970, 1, 1, 0, 0, 0, 1000, tzinfo=timezone.utc)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=timezone.utc)),
        ("2026-01-31T12:00:00.123Z", datetime(2026, 1, 31, 12, 0, 0, 123_000, tzinfo=timezone.utc)),
        ("2026-01-31T12:00:00+02:00", datetime(2026, 1, 31, 10, tzinfo=timezone.utc)),
        ("2026-01-31T12:00:00", datetime(2026, 1, 31, 12, tzinfo=timezone.utc)),
        (None, None),
    ],
)
def test_times_are_aware(wire: Any, moment: Any) -> None:
    """Milliseconds and ISO strings, with a zone or without, become moments that can be compared."""
    assert run("success", createdAt=wire).created_at == moment
    assert StepResult.model_validate({"startedAt": wire}).started_at == moment


@pytest.mark.parametrize("wire", [10**17, -(10**17), 1e300, "yesterday", True, {}])
def test_what_is_no_time_is_refused(wire: Any) -> None:
    """A number beyond the calendar, or no time at all, ends as pydantic's exception."""
    with pytest.raises(ValidationError):
        run("success", createdAt=wire)


def test_how_long_a_step_took() -> None:
    """From start to end; a step that has not ended took no time yet."""
    step = StepResult.model_validate({"startedAt": 1000, "endedAt": 3500})
    assert step.duration == 2.5
    assert StepResult.model_validate({"startedAt": 1000}).duration is None
    assert StepResult.model_validate({"endedAt": 1000}).duration is None
    assert step.ended_at is not None
    assert step.ended_at.utcoffset() == timedelta(0)


# -- the smaller models


def test_a_step_in_one_line() -> None:
    """A failed step shows its error, any other its output."""
    assert repr(StepResult.model_validate({"path": ["a", "b"], "status": "success", "output": {"x": 1}})) == (
        "<StepResult a.b success {'x': 1}>"
    )
    assert repr(StepResult.model_validate({"path": ["a"], **FAILED_STEP})) == "<StepResult a failed TypeError: no city>"


def test_a_step_that_is_no_object() -> None:
    """What stands among the steps and is none is kept as an output."""
    step = run("success", steps={"odd": 5}).steps["odd"]
    assert (step.output, step.status, step.path) == (5, "unknown", ["odd"])


def test_a_suspension_in_one_line() -> None:
    """The path as it is written for `resume`, the item, and the question."""
    assert repr(Suspension(path=["a", "b"], payload=1)) == "<Suspension a.b 1>"
    assert repr(Suspension(path=["a"], payload={}, for_each_index=0)) == "<Suspension a[0] {}>"
    assert Suspension(path=["a", "b"]).step == "a.b"


def test_each_path_is_listed_once() -> None:
    """A foreach is suspended once for each item, at one path."""
    result = RunResult.model_validate(capture("suspended-foreach")["current"]["by_id"])
    assert len(result.suspensions) == 3
    assert result.suspended == [["ask-item"]]


@pytest.mark.parametrize(
    ("wire", "fields"),
    [
        ("Error: boom", {"name": "Error", "message": "boom"}),
        ({"message": "m", "code": "E", "stack": "s"}, {"message": "m", "code": "E", "stack": "s"}),
        ({"message": "m", "code": 42}, {"message": "m", "code": 42}),
        ({"message": "m", "cause": {"message": "c"}}, {"message": "m", "cause": {"message": "c"}}),
        ({"message": "m", "cause": "Error: c"}, {"message": "m", "cause": {"name": "Error", "message": "c"}}),
        ({"message": "m", "cause": None}, {"message": "m", "cause": None}),
        ({"message": {"a": 1}, "name": 5}, {"message": '{"a": 1}', "name": "5"}),
        ({"message": "m", "code": {"b": True}}, {"message": "m", "code": '{"b": true}'}),
        ({"message": "m", "code": 1.5}, {"message": "m", "code": "1.5"}),
        ({"message": "m", "code": True}, {"message": "m", "code": "true"}),
        ({"details": 1}, {"details": 1}),
    ],
)
def test_errors_of_any_making(wire: Any, fields: dict[str, Any]) -> None:
    """JavaScript lets anything be thrown, with any properties: none of them keeps a result from being parsed."""
    assert RemoteError.model_validate(wire).model_dump(exclude_unset=True) == fields
    assert run("failed", error=wire).error == RemoteError.model_validate(wire)


def test_an_error_in_words() -> None:
    """As a traceback would put it."""
    assert str(RemoteError(name="TypeError", message="x")) == "TypeError: x"
    assert str(RemoteError(message="x")) == "x"


def test_a_page_of_runs() -> None:
    """A page can be looped over and knows how many runs there are on all pages."""
    row = capture("success")["current"]["row"]
    page = RunPage.model_validate({"runs": [row, row], "total": 5})
    assert [result.run_id for result in page] == [row["runId"]] * 2
    assert (len(page), page.total) == (2, 5)


def test_details_have_unpacked_schemas() -> None:
    """The schemas of a workflow and of its steps are JSON Schema, not text."""
    packed = '{"json":{"type":"object"}}'
    details = WorkflowDetails.model_validate(
        {"name": "w", "inputSchema": packed, "steps": {"s": {"id": "s", "resumeSchema": packed}}, "allSteps": {}}
    )
    assert details.steps["s"].resume_schema == {"type": "object"}
    assert details.schema_set.model_dump() == {
        "input_schema": {"type": "object"},
        "output_schema": None,
        "state_schema": None,
    }


@pytest.mark.parametrize("depth", [0, 1])
def test_half_a_character_in_the_name_of_an_errors_property(depth: int) -> None:
    r"""JavaScript lets it be one; it is kept, its name escaped as `\ud800`."""
    error: dict[str, Any] = {"message": "no", "\ud800": {"\ud800": "\ud800"}}
    for _ in range(depth):
        error = {"message": "outer", "cause": error}
    steps = {"a": {"status": "failed", "error": error}}
    result = RunResult.from_server({"status": "failed", "error": error, "steps": steps}, workflow_id="w", run_id="r")
    found = result.error
    for _ in range(depth):
        assert found is not None
        found = found.cause
    assert found is not None
    assert found.model_extra == {"\\ud800": {"\ud800": "\ud800"}}
    assert pickle.loads(pickle.dumps(result)) == result
    assert json.dumps(result.to_event())
    assert repr(result)
