"""However a server of whichever generation tells of a run, it parses into the same result."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import ANY

import pytest

from mastra_sync import RunResult, StepResult
from tests.client.captures import SHAPES, capture, cases

CURRENT, RELEASE_1_2, BETA = "current", "1.2", "1.0-beta"
GENERATIONS = (CURRENT, RELEASE_1_2, BETA)


@dataclass
class Told:
    """What every shape of a case must say; steps are the top-level ones."""

    status: str
    input_data: Any = None
    steps: dict[str, str] = field(default_factory=dict)
    result: Any = None
    error: str | None = None
    suspended: list[tuple[list[str], int | None, list[str]]] = field(default_factory=list)


GATE = {"gate": ANY}
BOOM = {"before": "success", "boom": "failed"}
EXPECTED: dict[str, Told] = {
    "success": Told("success", {"city": "NY"}, {"lookup": "success", "report": "success"}, {"text": "NY: 2"}),
    "nested": Told("success", {"n": 1}, {"inner": "success", "after": "success"}, {"after": 4}),
    "parallel": Told(
        "success", {"n": 1}, {"left": "success", "right": "success"}, {"left": {"left": 1}, "right": {"right": 1}}
    ),
    "foreach": Told("success", [1, 2], {"times-ten": "success"}, [10, 20]),
    "loop": Told("success", {"n": 0}, {"increment": "success"}, {"n": 3}),
    "bail": Told("success", {"bail": True}, {"leave": "success"}, {"left": True}),
    "resumed": Told("success", {"n": 3}, {"approve": "success"}, {"ok": True, "n": 3}),
    "evented": Told("success", {"n": 1}, {"e1": "success", "e2": "success"}, {"greeting": "hi 1"}),
    "failed-error": Told("failed", {"kind": "error"}, BOOM, error="Error: outer"),
    "failed-string": Told("failed", {"kind": "string"}, BOOM, error="Error: just a string"),
    "failed-object": Told("failed", {"kind": "object"}, BOOM, error="Error: an object"),
    "failed-nested": Told("failed", {"n": 1}, {"inner-failing": "failed"}, error="Error: inner boom"),
    "tripwire": Told("tripwire", {}, {"guard": "failed"}),
    "canceled": Told("canceled", GATE, {"wait": "success"}),
    "paused": Told("paused", {"i": 0}, {"t1": "success"}),
    "pending": Told("pending"),
    "running": Told("running", GATE, {"begin": "success", "wait": "running"}),
    "waiting": Told("waiting", {"ms": 2000}, {"before": "success", "sleep": "waiting"}),
    "suspended": Told("suspended", {"n": 1}, {"first": "success", "q": "suspended"}, suspended=[(["q"], None, [])]),
    "stateful": Told("suspended", {}, {"count-before": "success", "q": "suspended"}, suspended=[(["q"], None, [])]),
    "suspended-nested": Told(
        "suspended", {"n": 1}, {"inner-ask": "suspended"}, suspended=[(["inner-ask", "inner-q"], None, [])]
    ),
    "suspended-deep": Told(
        "suspended",
        {"n": 1},
        {"middle-ask": "suspended"},
        suspended=[(["middle-ask", "inner-ask", "inner-q"], None, [])],
    ),
    "suspended-parallel": Told(
        "suspended",
        {"n": 1},
        {"p1": "suspended", "p2": "suspended"},
        suspended=[(["p1"], None, []), (["p2"], None, [])],
    ),
    "suspended-foreach": Told(
        "suspended",
        [1, 2, 3],
        {"ask-item": "suspended"},
        suspended=[(["ask-item"], index, [f"item-{index + 1}"]) for index in range(3)],
    ),
    "evented-suspended": Told(
        "suspended", {"n": 1}, {"e1": "success", "eq": "suspended"}, suspended=[(["eq"], None, [])]
    ),
}

CAPTURED = [
    (case, generation, shape) for case in cases() for generation in capture(case) for shape in capture(case)[generation]
]


def parsed(case: str, generation: str, shape: str) -> RunResult:
    return RunResult.model_validate(capture(case)[generation][shape])


def received(case: str, generation: str, shape: str) -> RunResult:
    """Return a result as the client has it, which knows which run it asked for."""
    row = parsed(case, generation, "row")
    assert row.workflow_id
    assert row.run_id
    raw = capture(case)[generation][shape]
    return RunResult.from_server(raw, workflow_id=row.workflow_id, run_id=row.run_id)


def top_steps(result: RunResult) -> dict[str, StepResult]:
    """Return the top-level steps; those that sleep have an id that is new with each start of a server."""
    return {re.sub(r"^sleep_.*", "sleep", name): step for name, step in result.steps.items() if len(step.path) == 1}


def told(result: RunResult) -> Told:
    return Told(
        result.status,
        result.input_data,
        {name: step.status for name, step in top_steps(result).items()},
        result.result,
        str(result.error) if result.error else None,
        [(suspension.path, suspension.for_each_index, suspension.labels) for suspension in result.suspensions],
    )


def test_every_case_is_captured_in_every_shape() -> None:
    """The table and the captures hold the same cases; each generation has each shape that it can have."""
    assert sorted(EXPECTED) == cases()
    for case in cases():
        for generation, shapes in capture(case).items():
            unsettled = case in ("pending", "running", "waiting")
            expected = [shape for shape in SHAPES if shape != "answer" or not unsettled]
            assert list(shapes) == [shape for shape in expected if shape != "execution_result" or generation == BETA]


@pytest.mark.parametrize(("case", "generation", "shape"), CAPTURED)
def test_every_shape_tells_the_same(case: str, generation: str, shape: str) -> None:
    """Status, input, result, error, steps and suspensions are the same, whichever server and route answered."""
    expected = EXPECTED[case]
    if (case, generation) == ("failed-object", BETA):
        expected = Told("failed", {"kind": "object"}, BOOM, error='Error: {"code":42,"message":"an object"}')
    assert told(received(case, generation, shape)) == expected


@pytest.mark.parametrize(("case", "generation", "shape"), CAPTURED)
def test_the_shapes_of_one_run_have_equal_steps(case: str, generation: str, shape: str) -> None:
    """Each top-level step is the same in all shapes of a run, to the millisecond."""
    given = top_steps(received(case, generation, shape))
    reference = top_steps(parsed(case, generation, "row"))
    assert list(given) == list(reference)
    for name, step in given.items():
        changes: dict[str, Any] = {}
        if (generation, shape) == (CURRENT, "answer") and step.payload is None:
            # left out where it equals the output of the step before
            changes["payload"] = reference[name].payload
        assert step.model_copy(update=changes) == reference[name]


@pytest.mark.parametrize(("case", "generation", "shape"), CAPTURED)
def test_the_servers_answer_stays_as_it_is(case: str, generation: str, shape: str) -> None:
    """`raw` is the very object that was parsed, and parsing has not changed it."""
    raw = capture(case)[generation][shape]
    result = RunResult.model_validate(raw)
    assert result.raw is raw
    assert raw == capture(case)[generation][shape]


@pytest.mark.parametrize(("case", "generation", "shape"), CAPTURED)
def test_a_dump_parses_into_the_same(case: str, generation: str, shape: str) -> None:
    """Dumped with wire names, as Python or as JSON, a result comes back with every field, known or not."""
    result = parsed(case, generation, shape)
    dump = result.model_dump(by_alias=True)
    assert RunResult.model_validate(dump).model_dump(by_alias=True) == dump
    again = RunResult.model_validate_json(result.model_dump_json(by_alias=True))
    assert again.model_dump(by_alias=True) == dump


# -- what differs


@pytest.mark.parametrize(("case", "generation", "shape"), CAPTURED)
def test_where_a_run_is_named(case: str, generation: str, shape: str) -> None:
    """The `_async` answers name no workflow, and before current servers no run; nor does execution-result."""
    result = parsed(case, generation, shape)
    is_stored = shape in ("by_id", "row")
    names_run = is_stored or (generation == CURRENT and shape == "answer" and not case.startswith("evented"))
    assert (result.run_id is not None) == names_run
    assert (result.workflow_id is not None) == is_stored
    assert (result.created_at is not None) == (result.updated_at is not None) == is_stored


@pytest.mark.parametrize("generation", GENERATIONS)
def test_where_nested_steps_are(generation: str) -> None:
    """Run-by-id has the steps of nested workflows, except on 1.0 beta, where execution-result has them."""
    shapes = capture("suspended-deep")[generation]
    deep = {shape for shape in shapes if len(parsed("suspended-deep", generation, shape).steps) > 1}
    assert deep == ({"execution_result"} if generation == BETA else {"by_id"})
    steps = parsed("suspended-deep", generation, deep.pop()).steps
    assert {name: step.path for name, step in steps.items()} == {
        "middle-ask": ["middle-ask"],
        "middle-ask.inner-ask": ["middle-ask", "inner-ask"],
        "middle-ask.inner-ask.prepare": ["middle-ask", "inner-ask", "prepare"],
        "middle-ask.inner-ask.inner-q": ["middle-ask", "inner-ask", "inner-q"],
    }


@pytest.mark.parametrize("generation", GENERATIONS)
def test_where_the_state_is(generation: str) -> None:
    """What is stored has the state as it is now; the answers and execution-result have none."""
    state = {"count": 1, "notes": ["count-before"]}
    for shape in capture("stateful")[generation]:
        expected = state if shape in ("by_id", "row") else None
        assert parsed("stateful", generation, shape).state == expected


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_questions_of_all_suspensions(generation: str) -> None:
    """Each suspension has its own payload; before current servers only the first item of a foreach has."""
    for shape in SHAPES[:3]:
        asked = [suspension.payload for suspension in parsed("suspended-foreach", generation, shape).suspensions]
        assert asked == ([{"item": 1}, {"item": 2}, {"item": 3}] if generation == CURRENT else [{"item": 1}, {}, {}])
        deep = parsed("suspended-deep", generation, shape)
        assert [suspension.payload for suspension in deep.suspensions] == [{"ask": "inner-q?"}]
        assert deep.suspend_payload == {"middle-ask": {"ask": "inner-q?"}}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_what_an_error_holds(generation: str) -> None:
    """Code and cause are there, but for 1.0 beta, whose errors are text."""
    for shape in capture("failed-error")[generation]:
        result = parsed("failed-error", generation, shape)
        error = result.error
        assert error == result.steps["boom"].error
        assert error is not None
        assert (error.name, error.message) == ("Error", "outer")
        assert error.code == (None if generation == BETA else "E_OUTER")
        assert str(error.cause) == ("None" if generation == BETA else "TypeError: inner")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_tripwire_is_told_by_every_shape(generation: str) -> None:
    """The reason is found wherever the server puts it, at the top or in the step."""
    for shape in capture("tripwire")[generation]:
        tripwire = parsed("tripwire", generation, shape).tripwire
        assert tripwire is not None
        assert (tripwire["reason"], tripwire["retry"]) == ("not allowed", True)


def test_order_of_execution_is_told_by_current_servers() -> None:
    """The path is in the answers and rows of current servers, nowhere else."""
    found = {(generation, shape) for case, generation, shape in CAPTURED
             if case == "success" and parsed(case, generation, shape).step_execution_path}  # fmt: skip
    assert found == {(CURRENT, "answer"), (CURRENT, "row")}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_iterations_are_counted(generation: str) -> None:
    """A loop's step says how many rounds it has made."""
    for shape in capture("loop")[generation]:
        assert parsed("loop", generation, shape).steps["increment"].iteration_count == 3
