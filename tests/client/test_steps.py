"""What a result says when it is asked for a step that it does not have, and that its steps are a dict all the same."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from mastra_sync import MastraError, NoSuchStep, RunResult, StepResult, Suspension, WorkflowState
from mastra_sync.steps import Steps

STEPS = {
    "lookup": {"status": "success", "output": {"temp": 2}},
    "inner": {"status": "failed"},
    "inner.announce": {"status": "failed", "error": {"name": "TypeError", "message": "no city"}},
}


def result(steps: Any = STEPS) -> RunResult:
    return RunResult.model_validate({"runId": "r1", "workflowName": "city", "status": "failed", "steps": steps})


MESSAGES = {
    "lokup": "no step 'lokup' in this run; did you mean 'lookup'?",
    "announce": "no step 'announce' in this run; did you mean 'inner.announce'?",
    "zzz": "no step 'zzz' in this run",
    7: "no step 7 in this run",
}


@pytest.mark.parametrize("step", MESSAGES)
def test_a_wrong_name_lists_the_steps(step: Any) -> None:
    """The message says which steps there are, how they stand, and which one was probably meant."""
    with pytest.raises(KeyError) as caught:
        _ = result().steps[step]
    error = caught.value
    assert isinstance(error, NoSuchStep)
    assert isinstance(error, MastraError)
    listed = "\n  It has lookup (success), inner (failed), inner.announce (failed)."
    assert str(error) == MESSAGES[step] + listed
    assert (error.step, error.statuses) == (step, {"lookup": "success", "inner": "failed", "inner.announce": "failed"})


def test_a_run_without_steps_says_so() -> None:
    """There is nothing to list."""
    with pytest.raises(NoSuchStep, match=r"^no step 'a' in this run\n  It has no steps\.$"):
        _ = result({}).steps["a"]


def test_of_many_steps_only_some_are_listed() -> None:
    """A message stays readable."""
    many = {f"s{number}": {"status": "success"} for number in range(25)}
    with pytest.raises(NoSuchStep) as caught:
        _ = result(many).steps["missing"]
    assert str(caught.value).endswith("s18 (success), s19 (success), and 5 more.")
    assert len(caught.value.statuses) == 25


def test_a_key_that_is_no_key_is_python_s_own_error() -> None:
    """What cannot be looked up in any dict cannot in this one."""
    with pytest.raises(TypeError, match="unhashable"):
        _ = result().steps[["inner"]]  # type: ignore[index]


def test_the_ways_to_ask_without_an_error_stay() -> None:
    """`get`, `in` and `pop` with a default do not raise, and add nothing."""
    steps = result().steps
    assert steps.get("lokup") is None
    assert "lokup" not in steps
    assert steps.pop("lokup", None) is None
    assert list(steps) == list(STEPS)


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "model_copy": lambda value: value.model_copy(),
    "deep model_copy": lambda value: value.model_copy(deep=True),
    "model_copy with another field": lambda value: value.model_copy(update={"status": "failed"}),
    "validated again": lambda value: RunResult.model_validate(value.model_dump()),
    "validated again from JSON": lambda value: RunResult.model_validate_json(value.model_dump_json()),
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_of_a_result_are_no_less_helpful(name: str) -> None:
    """However a result is copied, it is equal, and its steps still help."""
    again = COPIES[name](result())
    assert again == result()
    assert type(again.steps) is Steps
    assert all(type(step) is StepResult for step in again.steps.values())
    with pytest.raises(NoSuchStep, match="did you mean 'lookup'"):
        again.steps["lokup"]


@pytest.mark.parametrize("name", ["copy", "deepcopy", "pickle"])
def test_copies_of_the_steps_alone(name: str) -> None:
    """The dict itself can be copied and pickled too; what it is equal to does not depend on its type."""
    steps = result().steps
    again = COPIES[name](steps)
    assert type(again) is type(steps.copy()) is Steps
    assert again == steps == dict(steps) == steps.copy()
    with pytest.raises(NoSuchStep):
        again["lokup"]


def test_what_is_dumped_is_plain() -> None:
    """`model_dump` gives dicts that know nothing of runs; JSON is what it was."""
    dumped = result().model_dump()["steps"]
    assert type(dumped) is dict
    assert type(dumped["lookup"]) is dict
    with pytest.raises(KeyError) as caught:
        dumped["lokup"]
    assert not isinstance(caught.value, NoSuchStep)
    assert list(json.loads(result().model_dump_json())["steps"]) == list(STEPS)


def test_the_default_helps_too() -> None:
    """A result that was made without steps has helpful ones of its own."""
    one, other = RunResult(), RunResult()
    assert type(one.steps) is Steps
    assert one.steps is not other.steps


def test_a_schema_of_a_result_can_be_made() -> None:
    """Code that describes its models in JSON Schema can have a result among them."""

    class Report(BaseModel):
        run: RunResult

    schema = Report.model_json_schema()
    assert schema["$defs"]["RunResult"]["properties"]["steps"]["type"] == "object"
    assert TypeAdapter(list[RunResult]).validate_python([result()])[0].steps["lookup"].output == {"temp": 2}


def test_every_dict_of_step_results_helps() -> None:
    """The state inside Mastra's result records has the same steps."""
    state = result().workflow_state
    assert type(state.steps) is Steps
    with pytest.raises(NoSuchStep, match="did you mean 'lookup'"):
        state.steps["lokup"]
    assert type(WorkflowState(status="success").steps) is Steps


REPRS = {
    "<StepResult a success {'x': 1}>": StepResult(path=["a"], status="success", output={"x": 1}),
    "<StepResult a success None>": StepResult(path=["a"], status="success"),
    "<StepResult a.b failed TypeError: no city>": StepResult.model_validate(
        {"path": ["a", "b"], "status": "failed", "error": {"name": "TypeError", "message": "no\n  city"}}
    ),
    "<StepResult a failed the server gives no reason>": StepResult(path=["a"], status="failed"),
    "<StepResult a suspended {'ask': 'sure?'}>": StepResult(
        path=["a"], status="suspended", suspend_payload={"ask": "sure?", "__workflow_meta": {"path": ["a"]}}
    ),
    "<StepResult a running>": StepResult(path=["a"], status="running"),
    "<StepResult waiting>": StepResult(status="waiting"),
    "<Suspension a.b[1] 'sure?'>": Suspension(path=["a", "b"], payload="sure?", for_each_index=1),
}


@pytest.mark.parametrize("shown", REPRS)
def test_a_step_says_in_one_line_how_it_stands(shown: str) -> None:
    """What it gave, why it failed, or what it asks; `str` is no other."""
    assert repr(REPRS[shown]) == str(REPRS[shown]) == shown
