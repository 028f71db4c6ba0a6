"""The one result type: what every generation tells of a run, in the same shape."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import BaseModel

from mastra_sync import MastraClient, Run, RunFailed, RunResult, RunSuspended, RunTripwire, Workflow


def latest_runs(workflow: Workflow, run: Run) -> Iterator[RunResult]:
    """Give the runs that were not made before this one, for the server holds runs of other tests too."""
    return workflow.iter_runs(from_date=workflow.run_by_id(run.run_id).created_at)


# every way to have a run's result once it has settled
READINGS: dict[str, Callable[[Run, MastraClient], RunResult]] = {
    "wait": lambda run, _client: run.wait(),
    "result": lambda run, _client: run.result(),
    "run_by_id": lambda run, client: client.get_workflow(run.workflow_id).run_by_id(run.run_id),
    "runs": lambda run, client: next(
        row for row in latest_runs(client.get_workflow(run.workflow_id), run) if row.run_id == run.run_id
    ),
}


class Report(BaseModel):
    """The output of `city-workflow`."""

    text: str


def settled(client: MastraClient, workflow_id: str, input_data: Any = None, **options: Any) -> tuple[Run, RunResult]:
    """Return a run that has gone as far as it goes, and what `start_async` answered."""
    run = client.get_workflow(workflow_id).create_run()
    return run, run.start_async({} if input_data is None else input_data, **options)


def everywhere(client: MastraClient, run: Run, answered: RunResult) -> list[RunResult]:
    """Return what the server answered, and what every way to read the run gives."""
    return [answered, *(read(run, client) for read in READINGS.values())]


# -- success


def test_a_success_is_told_the_same_everywhere(client: MastraClient) -> None:
    """Whichever route answers, a run has its names, input, output and steps."""
    run, answered = settled(client, "city-workflow", {"city": "NY"})
    for result in everywhere(client, run, answered):
        assert (result.run_id, result.workflow_id, result.status) == (run.run_id, "city-workflow", "success")
        assert (result.ok, result.settled, result.finished, result.error) == (True, True, True, None)
        assert (result.input_data, result.result) == ({"city": "NY"}, {"text": "NY: 2"})
        assert [(name, step.status, step.output) for name, step in result.steps.items()] == [
            ("lookup", "success", {"city": "NY", "temperature": 2}),
            ("report", "success", {"text": "NY: 2"}),
        ]
        assert result.raise_for_status() is result
        assert result.output_as(Report) == Report(text="NY: 2")
        assert result.current_step is not None
        assert (result.current_step.id, result.current_step.output) == ("report", {"text": "NY: 2"})


def test_steps_have_their_input(client: MastraClient, generation: str) -> None:
    """Stored steps have their payload; current servers leave out of an answer what the step before put out."""
    run, answered = settled(client, "three", {"i": 1})
    stored = run.result()
    assert [step.payload for step in stored.steps.values()] == [{"i": 1}, {"a": 1}, {"b": 2}]
    elided = [None] * 3 if generation == "current" else [{"i": 1}, {"a": 1}, {"b": 2}]
    assert [step.payload for step in answered.steps.values()] == elided
    assert answered.step_execution_path == (["t1", "t2", "t3"] if generation == "current" else None)


def test_times_are_aware(client: MastraClient) -> None:
    """Epoch milliseconds and ISO texts become datetimes with a zone, where the answer has them."""
    before = datetime.now(timezone.utc) - timedelta(milliseconds=1)
    run, answered = settled(client, "three")
    after = datetime.now(timezone.utc)
    for result in everywhere(client, run, answered):
        for step in result.steps.values():
            assert step.started_at is not None
            assert step.ended_at is not None
            assert before <= step.started_at <= step.ended_at <= after
            assert step.duration == (step.ended_at - step.started_at).total_seconds()
    stored = client.get_workflow("three").run_by_id(run.run_id)
    assert stored.created_at is not None
    assert stored.updated_at is not None
    assert before <= stored.created_at <= stored.updated_at <= after


def test_what_the_server_said_is_kept(client: MastraClient, generation: str) -> None:
    """`raw` is the answer as it came, whatever was made of it; fields that no model has are kept too."""
    run, answered = settled(client, "three", {"i": 1})
    assert answered.raw["steps"]["input"] == {"i": 1}
    assert answered.raw["steps"]["t1"]["startedAt"] == answered.steps["t1"].started_at.timestamp() * 1000  # type: ignore[union-attr]
    rows = {"runs", "run_by_id"} if generation == "1.0-beta" else {"runs"}
    for name, read in READINGS.items():
        result = read(run, client)
        before = copy.deepcopy(result.raw)
        result.to_event()
        repr(result)
        assert result.raw == before
        assert ("snapshot" in result.raw) == (name in rows)
        assert result.model_extra is not None
        assert len(result.model_extra["serializedStepGraph"]) == 3


def test_a_result_is_a_run_result_record_and_back(client: MastraClient) -> None:
    """Mastra's run result record of a result parses into the same result."""
    run, answered = settled(client, "three", {"i": 1})
    for result in everywhere(client, run, answered):
        again = RunResult.model_validate(result.to_event())
        assert (again.run_id, again.status, again.result) == (run.run_id, "success", {"c": 3})
        assert (again.input_data, again.current_step, again.steps) == ({"i": 1}, result.current_step, result.steps)
        assert again.event_timestamp == result.updated_at
        assert result.workflow_state.result == {"c": 3}


# -- failure

MESSAGES = {
    "error": ("outer", "outer"),
    "string": ("just a string", "just a string"),
    "object": ("an object", '{"code":42,"message":"an object"}'),
    "undefined": ("Unknown step execution error", "Unknown error"),
}


@pytest.mark.parametrize("kind", MESSAGES)
def test_an_error_is_typed(client: MastraClient, generation: str, kind: str) -> None:
    """Objects of current servers and texts of 1.0 beta are one type; code and cause are there where they are sent."""
    run, answered = settled(client, "failing", {"kind": kind})
    is_beta = generation == "1.0-beta"
    for result in everywhere(client, run, answered):
        assert (result.status, result.ok, result.finished) == ("failed", False, True)
        assert result.error is not None
        assert (result.error.name, result.error.message) == ("Error", MESSAGES[kind][is_beta])
        assert result.error.code == (None if is_beta else {"error": "E_OUTER", "object": 42}.get(kind))
        caused = kind == "error" and not is_beta
        assert str(result.error.cause) == ("TypeError: inner" if caused else "None")
        assert result.steps["boom"].error == result.error
        assert list(result.steps) == ["before", "boom"]
        with pytest.raises(RunFailed, match=f"run {run.run_id} of 'failing' failed in step 'boom': Error: "):
            result.raise_for_status()


def test_the_innermost_failed_step_is_named(client: MastraClient) -> None:
    """The whole result knows the step of the nested workflow; an answer knows its parent only."""
    run, answered = settled(client, "nested-failing", {"n": 1})
    whole = run.result()
    assert answered.failed_step is not None
    assert whole.failed_step is not None
    assert (answered.failed_step.path, whole.failed_step.path) == (["inner-failing"], ["inner-failing", "explode"])
    assert whole.error is not None
    assert whole.error.message == "inner boom"


@pytest.mark.parametrize(
    ("workflow_id", "input_data", "step", "message"),
    [
        ("wrong-step-input", {}, "needs-b", "Step input validation failed: \n- b: Invalid input: expected number"),
        ("retrying", {"failures": 9}, "flaky", "failure 4"),
        ("parallel", {"n": 1, "fail": "right"}, "right", "right failed"),
        ("foreach", [1, -1, 2], "times-ten", "-1 is negative"),
    ],
)
def test_every_kind_of_failure_has_its_reason(
    client: MastraClient, workflow_id: str, input_data: Any, step: str, message: str
) -> None:
    """The failed step and its message are found, in the answer and in the stored run."""
    run, answered = settled(client, workflow_id, input_data)
    for result in (answered, run.result()):
        assert result.failed_step is not None
        assert result.failed_step.path == [step]
        assert result.error is not None
        assert result.error.message.startswith(message)


def test_a_tripwire_has_its_reason(client: MastraClient) -> None:
    """A guard's reason and data come from the step where the run does not have them."""
    run, answered = settled(client, "tripwire")
    for result in everywhere(client, run, answered):
        assert result.status == "tripwire"
        assert result.tripwire == {
            "reason": "not allowed",
            "retry": True,
            "metadata": {"score": 0.9},
            "processorId": "guard-1",
        }
        with pytest.raises(RunTripwire, match="was stopped by a tripwire: not allowed"):
            result.raise_for_status()


# -- suspension


@pytest.mark.parametrize(
    ("workflow_id", "places"),
    [
        ("asker", [("q", {"ask": "q?"})]),
        ("parallel-ask", [("p1", {"ask": "p1?"}), ("p2", {"ask": "p2?"})]),
        ("nested-ask", [("inner-ask.inner-q", {"ask": "inner-q?"})]),
        ("deep-ask", [("middle-ask.inner-ask.inner-q", {"ask": "inner-q?"})]),
    ],
)
def test_a_suspension_has_path_and_payload(
    client: MastraClient,
    workflow_id: str,
    places: list[tuple[str, Any]],
) -> None:
    """Where the run waits, and what it asks, without what the engine notes for itself."""
    run, answered = settled(client, workflow_id)
    for result in everywhere(client, run, answered):
        assert (result.settled, result.finished, result.result) == (True, False, None)
        assert [(suspension.step, suspension.payload) for suspension in result.suspensions] == places
        assert result.suspended == [place.split(".") for place, _ in places]
        assert result.suspend_payload == {place.split(".")[0]: payload for place, payload in places}
        assert {suspension.for_each_index for suspension in result.suspensions} == {None}
        with pytest.raises(RunSuspended, match=r"resume_async\(step=result.suspensions\[0\]"):
            result.raise_for_status()


def test_suspended_items_have_index_and_labels(client: MastraClient, generation: str) -> None:
    """Each item of a foreach is a suspension; servers before the current ones keep the first one's payload only."""
    run, answered = settled(client, "foreach-suspend", [1, 2])
    for result in everywhere(client, run, answered):
        second = {"item": 2} if generation == "current" else {}
        assert [(item.for_each_index, item.labels, item.payload) for item in result.suspensions] == [
            (0, ["item-1"], {"item": 1}),
            (1, ["item-2"], second),
        ]
        assert result.suspended == [["ask-item"]]


def test_a_resumed_step_tells_its_story(client: MastraClient, generation: str) -> None:
    """Answer and times of the resume are there; servers before the current ones keep the question too."""
    run, _ = settled(client, "asker")
    step = run.resume_async({"answer": "a"}).steps["q"]
    assert step.resume_payload == {"answer": "a"}
    assert step.started_at is not None
    assert step.resumed_at is not None
    assert step.started_at <= step.resumed_at
    assert step.suspend_payload == (None if generation == "current" else {"ask": "q?"})


def test_the_state_is_the_current_one(client: MastraClient, generation: str) -> None:
    """`run_by_id` and `runs` have the state; answers have not, nor have whole results of 1.0 beta."""
    tally = {"count": 1, "notes": []}
    run, answered = settled(client, "stateful", initial_state=tally)
    now = {"count": 2, "notes": ["count-before"]}
    states = {name: read(run, client).state for name, read in READINGS.items()}
    whole = None if generation == "1.0-beta" else now
    assert (answered.state, states) == (None, {"wait": whole, "result": whole, "run_by_id": now, "runs": now})


# -- loops and nesting


def test_rounds_are_counted(client: MastraClient) -> None:
    """The step of a loop knows how many rounds it made; others know none."""
    run, answered = settled(client, "dowhile", {"n": 0})
    for result in everywhere(client, run, answered):
        assert result.steps["increment"].iteration_count == 3
    plain, answered = settled(client, "three")
    for result in everywhere(client, plain, answered):
        assert result.steps["t1"].iteration_count is None


def test_steps_of_nested_items_have_paths(client: MastraClient, generation: str) -> None:
    """Current servers tell of each item's steps, others of the last one's; their path is the same."""
    run, answered = settled(client, "foreach-nested", [{"n": 1}, {"n": 2}])
    assert answered.result == [{"n": 4}, {"n": 6}]
    items = ["inner[0]", "inner[1]"] if generation == "current" else ["inner"]
    paths = {name: step.path for name, step in run.result().steps.items()}
    assert paths == {"inner": ["inner"]} | {
        f"{item}.{step}": ["inner", step] for item in items for step in ("increment", "double")
    }


def test_a_bailed_run_has_succeeded(client: MastraClient) -> None:
    """The bailed value is the result, and later steps are not there."""
    run, answered = settled(client, "bail", {"bail": True})
    for result in (answered, run.result()):
        assert (result.ok, result.result, list(result.steps)) == (True, {"left": True}, ["leave"])


@pytest.mark.parametrize(
    ("workflow_id", "input_data", "result"),
    [
        ("echo", [1, None, "é"], [1, None, "é"]),
        ("echo", None, None),
        ("echo", 0, 0),
        ("only-parallel", {"n": 1}, {"left": {"left": 1}, "right": {"right": 1}}),
        ("branch", {"n": 0}, {}),
        ("mapped", {"n": 2}, {"tripled": 6}),
        ("sleep-until", {"until": "2020-01-01T00:00:00Z"}, {"slept": True}),
    ],
)
def test_any_json_is_a_result(client: MastraClient, workflow_id: str, input_data: Any, result: Any) -> None:
    """Lists, null, numbers and the outputs of blocks come back as they are."""
    run = client.get_workflow(workflow_id).create_run()
    assert run.start_async(input_data).result == result
    assert (run.result().ok, run.result().result, run.result().input_data) == (True, result, input_data)
