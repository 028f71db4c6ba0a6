"""What carries values that nest deep compares, pickles, copies and prints."""

from __future__ import annotations

import copy
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import RunError, RunResult, StepResult, StreamEvent, Suspension

DEEP = [100, 500, 900]
Carrier = RunResult | StepResult | Suspension | StreamEvent
WAYS: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def nested(depth: int) -> Any:
    value: Any = 1.5
    for level in range(depth):
        value = {"a": value, "b": 1} if level % 2 else [value]
    return value


def run(depth: int, status: str = "success") -> RunResult:
    deep = nested(depth)
    step = {"status": status, "output": deep, "payload": deep, "suspendPayload": deep}
    error = {"message": "no city", "details": deep}
    fields = {"status": status, "result": deep, "payload": {"i": deep}, "error": error, "steps": {"a": step}}
    return RunResult.model_validate({"runId": "r1", **fields})


CARRIERS: dict[str, Callable[[int], Carrier]] = {
    "result": run,
    "failed": lambda depth: run(depth, "failed"),
    "suspended": lambda depth: run(depth, "suspended"),
    "step": lambda depth: run(depth).steps["a"],
    "suspension": lambda depth: run(depth, "suspended").suspensions[0],
    "event": lambda depth: StreamEvent({"type": "workflow-step-result", "payload": {"output": nested(depth)}}),
}


@pytest.mark.parametrize("depth", DEEP)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_copy_is_the_same(carrier: str, way: str, depth: int) -> None:
    """Another of the same kind equals it too, and what is printed is short."""
    value = CARRIERS[carrier](depth)
    made = WAYS[way](value)
    assert type(made) is type(value)
    equal = made == value and value == CARRIERS[carrier](depth)
    assert equal
    assert len(repr(made)) < 300


@pytest.mark.parametrize("depth", DEEP)
@pytest.mark.parametrize("status", ["failed", "suspended", "canceled"])
def test_an_exception_that_carries_it(status: str, depth: int) -> None:
    """It pickles, copies and prints as any other."""
    with pytest.raises(RunError) as raised:
        run(depth, status).raise_for_status()
    for way in WAYS.values():
        made = way(raised.value)
        equal = made.result == raised.value.result
        assert equal
        assert str(made) == str(raised.value)
    assert "RecursionError" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("depth", DEEP)
def test_an_event_of_a_result(depth: int) -> None:
    """The record has the values as they are; an output is had as any type."""
    result = run(depth)
    event = result.to_event()
    equal = event["payload"]["workflowState"]["result"] == result.output_as(object) == result.result
    assert equal
    assert result.explain() == "run r1 succeeded"


def test_a_copy_is_independent() -> None:
    """What is changed in a deep copy changes nothing else; what is one value stays one."""
    result = run(3)
    made = copy.deepcopy(result)
    assert made.raw["result"] is made.result
    made.raw["result"].clear() if isinstance(made.raw["result"], dict) else made.raw["result"].pop()
    assert result == run(3)
