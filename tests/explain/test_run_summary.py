"""What is told of a run in a few lines: from real runs of the fake, and from whatever a server may say."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastra_sync import MastraClient, RunResult, StepResult
from pytest_mastra import FakeMastra, InProcess
from pytest_mastra.explain.assertions import MOST_LINES
from pytest_mastra.explain.failed_run import Mask, find_subject
from pytest_mastra.explain.run_summary import (
    input_of,
    steps_in_order,
    summarise_run,
    summarise_step,
    summarise_suspension,
)
from pytest_mastra.text.differences import differences
from pytest_mastra.text.values import WIDTH
from pytest_mastra.text.width import cells

TEXT = st.text("ab .日本\u0301\n\x1b\u202e👩'\"[]", max_size=100) | st.text(max_size=20)
VALUE = st.recursive(
    st.none() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
STATUS = (
    st.sampled_from(
        ["success", "bailed", "failed", "suspended", "tripwire", "canceled", "paused", "running", "pending"]
    )
    | TEXT
)
ERROR = st.recursive(
    st.fixed_dictionaries({"message": TEXT}, optional={"name": TEXT, "code": TEXT, "stack": TEXT}),
    lambda cause: st.fixed_dictionaries({"message": TEXT, "cause": cause, "stack": st.just("E\n" + "   at x\n" * 9)}),
    max_leaves=8,
)
MOMENT = st.integers(0, 5000).map(lambda ms: 1_767_225_600_000 + ms)
STEP = st.fixed_dictionaries(
    {"status": STATUS},
    optional={
        "output": VALUE,
        "payload": VALUE,
        "error": ERROR,
        "startedAt": MOMENT,
        "endedAt": MOMENT,
        "suspendPayload": VALUE,
    },
)
SUSPENSION = st.fixed_dictionaries(
    {"path": st.lists(TEXT, min_size=1, max_size=3), "payload": VALUE},
    optional={"forEachIndex": st.integers(0, 9), "labels": st.lists(TEXT, max_size=3)},
)
RUN = st.fixed_dictionaries(
    {"status": STATUS, "steps": st.dictionaries(TEXT, STEP, max_size=6)},
    optional={
        "runId": TEXT,
        "workflowId": TEXT,
        "inputData": VALUE,
        "result": VALUE,
        "error": ERROR,
        "tripwire": st.fixed_dictionaries({"reason": TEXT}),
        "suspensions": st.lists(SUSPENSION, max_size=6),
        "stepExecutionPath": st.lists(TEXT, max_size=6),
    },
).map(RunResult.model_validate)
EVENT = st.fixed_dictionaries({}, optional={"type": TEXT, "payload": st.dictionaries(TEXT, VALUE, max_size=3) | VALUE})
NOBODY = Mask(None, None)


def keeps_to(lines: list[str], most: int) -> bool:
    return len(lines) <= most and all(cells(line) <= WIDTH and line.isprintable() for line in lines)


@given(RUN, st.lists(EVENT, max_size=20), st.booleans())
def test_a_summary_keeps_its_limits(run: RunResult, events: list[dict[str, Any]], on_server: bool) -> None:  # noqa: FBT001
    """Whatever a server says of a run."""
    assert keeps_to(summarise_run(run, events=events, scrub=NOBODY, on_server=on_server), 23)
    assert keeps_to(summarise_run(run, events=events, scrub=NOBODY, on_server=on_server, short=True), 9)
    for step in run.steps.values():
        assert keeps_to(summarise_step(step, scrub=NOBODY), 16)
    for suspension in run.suspensions:
        assert keeps_to(summarise_suspension(suspension, scrub=NOBODY), 4)


@given(st.lists(RUN, max_size=4), st.booleans(), st.data())
def test_so_does_what_is_told_of_several(runs: list[RunResult], short: bool, data: st.DataObject) -> None:  # noqa: FBT001
    """Whatever of them is named."""
    parts = [part for run in runs for part in (*run.steps.values(), *run.suspensions)]
    values = [*runs, *data.draw(st.lists(st.sampled_from(parts), max_size=3) if parts else st.just([]))]
    lines = find_subject(values, []).summarise(NOBODY, short=short)
    assert keeps_to(lines, 9 if short and runs else MOST_LINES)


@given(RUN)
def test_steps_are_in_some_order(run: RunResult) -> None:
    """Each step comes once, after the one that it is in."""
    names = [name for name, _ in steps_in_order(run)]
    assert sorted(names) == sorted(run.steps)
    for name, step in run.steps.items():
        outer = ".".join(step.path[:-1])
        if len(step.path) > 1 and outer in run.steps and ".".join(step.path) == name:
            assert names.index(outer) < names.index(name)


@given(RUN, RUN)
def test_results_can_be_compared(one: RunResult, other: RunResult) -> None:
    """Two results differ somewhere if they are not equal."""
    assert bool(differences(one, other)) or one == other or "nan" in repr(one.model_dump())


def result(**fields: Any) -> RunResult:
    return RunResult.model_validate({"runId": "r1", "workflowName": "city", **fields})


def at(second: float) -> int:
    return int((datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=second)).timestamp() * 1000)


def test_the_order_of_steps() -> None:
    """By the server's path, else by their start; nested ones follow theirs; what has no time comes last."""
    steps = {
        "late": {"status": "success", "startedAt": at(5)},
        "outer": {"status": "success", "startedAt": at(1)},
        "outer.b": {"status": "success", "startedAt": at(3)},
        "outer.a": {"status": "success", "startedAt": at(2)},
        "never": {"status": "pending"},
        "first": {"status": "success", "startedAt": at(1)},
    }
    by_time = [name for name, _ in steps_in_order(result(status="success", steps=steps))]
    assert by_time == ["outer", "outer.a", "outer.b", "first", "late", "never"]
    path = ["first", "late", "outer"]
    by_path = [name for name, _ in steps_in_order(result(status="success", steps=steps, stepExecutionPath=path))]
    assert by_path == ["first", "late", "outer", "outer.a", "outer.b", "never"]


def test_the_input_that_a_server_leaves_out() -> None:
    """Current servers leave a step's input out where it is the output of the step before, or the run's input."""
    run = result(
        status="failed",
        input={"n": 1},
        steps={
            "a": {"status": "success", "output": {"n": 2}},
            "b": {"status": "success", "output": {"n": 3}, "payload": {"own": True}},
            "c": {"status": "failed", "error": "Error: no"},
        },
        stepExecutionPath=["a", "b", "c"],
    )
    assert [input_of(run, step) for step in run.steps.values()] == [{"n": 1}, {"own": True}, {"n": 3}]
    skipped = run.model_copy(update={"steps": run.steps | {"b": StepResult(path=["b"], status="failed")}})
    assert input_of(skipped, skipped.steps["c"]) == {"n": 2}
    unordered = run.model_copy(update={"step_execution_path": None})
    assert input_of(unordered, unordered.steps["c"]) is None
    assert input_of(run, StepResult(path=["a"], payload=None)) is None


def test_real_answers_of_a_verb_that_leaves_it_out() -> None:
    """The same with an answer of `start_async`."""
    server = FakeMastra()
    add = server.step("add", lambda ctx: {"n": ctx.input_data["n"] + 1})
    server.workflow("w").then(add).then(server.step("fail", lambda ctx: 1 / 0)).commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        run = client.get_workflow("w").create_run().start_async({"n": 1})
    assert "payload" not in run.steps["fail"].model_fields_set
    assert [line for line in summarise_run(run) if "input" in line] == ["  input   {'n': 2}"]


def test_an_error_with_everything() -> None:
    """Name, message, code, causes, and where the server says it came from."""
    stack = "Oops: no city\nin two lines\n    at lookup (/app/a.ts:1:2)\n    at b\n  at c\n    at d"
    error = {"name": "Oops", "message": "no city\nin two lines", "code": "E1", "stack": stack}
    causes = {
        "message": "one",
        "cause": {"message": "two", "cause": {"message": "three", "cause": {"message": "four"}}},
    }
    run = result(status="failed", steps={"lookup": {"status": "failed", "error": {**error, "cause": causes}}})
    assert summarise_run(run) == [
        "the run of 'city' failed in step 'lookup'",
        "  run id  r1",
        "  error   Oops: no city",
        "          in two lines (code E1)",
        "  cause   one",
        "  cause   two",
        "  cause   three",
        "  stack   at lookup (/app/a.ts:1:2)",
        "          at b",
        "          at c",
        "  input   None",
        "  path    lookup (failed)",
        "  again   client.get_workflow('city').execute()",
    ]


SPARSE = {
    "the server gives no reason": result(status="failed"),
    "the run of 'city' failed": result(status="failed"),
    "  reason  the server gives no reason": result(status="tripwire"),
    "the run of 'city' is suspended": result(status="suspended"),
    "the run of 'city' is frobnicated": result(status="frobnicated"),
    "the run succeeded": RunResult.model_validate({"status": "success"}),
    "the run of 'city' is suspended at 'a', 'b'": result(
        status="suspended", steps={"a": {"status": "suspended"}, "b": {"status": "suspended"}}
    ),
    "  answer  run.resume_async(resume_data, step=result.suspensions[0])": result(
        status="suspended", steps={"a": {"status": "suspended"}, "b": {"status": "suspended"}}
    ),
    "          ... and 2 more": result(
        status="suspended", suspensions=[{"path": [name], "payload": 1} for name in "abcdef"]
    ),
    "  asks    a[1] (labels yes, no): 1": result(
        status="suspended", suspensions=[{"path": ["a"], "payload": 1, "forEachIndex": 1, "labels": ["yes", "no"]}]
    ),
}


@pytest.mark.parametrize("line", SPARSE)
def test_what_servers_say_little_of(line: str) -> None:
    """What is not known is not made up."""
    lines = summarise_run(SPARSE[line])
    assert line in lines or f"  error   {line}" in lines


def test_a_run_that_never_began_cannot_be_repeated() -> None:
    """Nor one whose workflow is not known: it is not said how."""
    assert not any("again" in line for line in summarise_run(result(status="pending")))
    assert not any("again" in line for line in summarise_run(RunResult.model_validate({"status": "success"})))


@pytest.mark.parametrize("status", ["running", "waiting"])
def test_a_run_at_work_whose_input_nobody_tells(status: str) -> None:
    """It is not said that it had none."""
    assert not any("again" in line for line in summarise_run(result(status=status), on_server=True))
    told = summarise_run(result(status=status, inputData={"n": 1}), on_server=True)
    assert told[-1] == "  again   mastra-sync run city --input '{\"n\": 1}'"


AGAIN = {
    "short": ({"city": "Oslo"}, False, ["  again   client.get_workflow('city').execute({'city': 'Oslo'})"]),
    "none": (None, False, ["  again   client.get_workflow('city').execute()"]),
    "long": (
        {"city": "x" * 500},
        False,
        [
            "  again   workflow = client.get_workflow('city')",
            "          workflow.execute(workflow.run_by_id('r1').input_data)",
        ],
    ),
    "on a server": (
        {"city": "Oslo", "n": [1, None, True], "it's": "ä"},
        True,
        [
            '  again   mastra-sync run city --input \'{"city": "Oslo", "n": [1,',
            '          null, true], "it\'"\'"\'s": "ä"}\'',
        ],
    ),
}


@pytest.mark.parametrize("name", AGAIN)
def test_how_to_see_it_again(name: str) -> None:
    """A line of Python, on a server that others can ask a command; a long input is taken from the run."""
    given_input, on_server, lines = AGAIN[name]
    run = result(status="canceled", inputData=given_input)
    assert summarise_run(run, on_server=on_server)[2:] == lines


def test_ids_that_mastra_makes_up_are_short() -> None:
    """A sleep without an id has a UUID for one, of which nobody needs all."""
    name = "sleep_e3e70682-c209-4cac-a29f-6fbed82c07cd"
    events = [{"type": "workflow-step-waiting", "payload": {"id": name, "status": "waiting"}}]
    lines = summarise_run(result(status="running", steps={name: {"status": "waiting"}}), events=events)
    assert lines[2:4] == ["  path    sleep_e3e7.. (waiting)", "  events  step-waiting sleep_e3e7.. waiting"]
