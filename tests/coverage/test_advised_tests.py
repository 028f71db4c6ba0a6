"""The tests that coverage advises, as they are given: below questions, in nested workflows, in branches."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pytest_mastra.fake.workflows.function_source import source_of
from tests.suites_in_folders import RunSuite

CONFTEST = """
import pytest

ANSWER = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
INPUT = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}

def ask(ctx):
    if ctx.resume_data is None:
        ctx.suspend({"ask": "ok?"})
    return ctx.resume_data

@pytest.fixture(autouse=True)
def workflows(mastra_server):
    step = mastra_server.step
    large, small = step("large", lambda ctx: {"n": 2}), step("small", lambda ctx: {"n": 1})
    inner = mastra_server.workflow("inner").then(step("approve", ask, resume_schema=ANSWER))
    inner = inner.then(step("note", lambda ctx: {})).commit()
    buy = mastra_server.workflow("buy", input_schema=INPUT)
    buy = buy.branch([(lambda c: c.input_data["n"] > 9, large), (lambda c: c.input_data["n"] < 9, small)])
    buy = buy.dountil(step("again", lambda ctx: {}), lambda _: True).then(inner).then(step("pay", lambda ctx: {}))
    buy.commit()
"""

SUITE = """
def test_buy(mastra_client):
    run = mastra_client.get_workflow("buy").create_run()
    run.start_async({"n": 1})
    assert run.resume_async({"ok": True}).ok
"""

BY_CERTAIN_INPUT = {"again: failed in a later round"}
"""The holes whose tests look for what another input does: they fail until somebody gives one."""

OF_ANY_INPUT = {"branch#1: two or more branches taken", "again: two or more rounds"}
"""The holes whose tests pass, but need another input to close them: nothing of a run's result tells."""


def test_all_that_is_advised_runs_as_it_is_given(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """Each imports what it needs, answers what is asked, gives what its branch wants; all but a few close holes."""
    run_suite(SUITE, "--mastra-coverage=json", conftest=CONFTEST).assert_outcomes(passed=1)
    told = json.loads((pytester.path / "mastra-coverage.json").read_text("utf-8"))
    (buy,) = (row for row in told["workflows"] if row["workflow"] == "buy")
    skeletons = {goal["label"]: goal["skeleton"] for goal in buy["goals"] if "skeleton" in goal}
    assert set(skeletons) >= BY_CERTAIN_INPUT | OF_ANY_INPUT | {"inner.note failed", "pay failed", "inner failed"}
    assert set(skeletons) >= {"large taken", "large failed", "branch#1: no branch taken"}
    result = run_suite(SUITE + "\n\n".join(skeletons.values()), "--mastra-coverage=json", conftest=CONFTEST)
    failed = len(BY_CERTAIN_INPUT)
    result.assert_outcomes(passed=1 + len(skeletons) - failed, failed=failed)
    assert "NameError" not in result.stdout.str()
    told = json.loads((pytester.path / "mastra-coverage.json").read_text("utf-8"))
    (buy,) = (row for row in told["workflows"] if row["workflow"] == "buy")
    assert {goal["label"] for goal in buy["goals"] if "skeleton" in goal} == BY_CERTAIN_INPUT | OF_ANY_INPUT


ITEMS = """
import pytest

ANSWER = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}

def ask(ctx):
    return ctx.suspend({"ask": "ok?"}) if ctx.resume_data is None else ctx.resume_data

@pytest.fixture(autouse=True)
def workflows(mastra_server):
    step, calls = mastra_server.step, []
    ship = mastra_server.workflow("ship").then(step("weigh", lambda ctx: {}))
    ship = ship.then(step("confirm", ask, resume_schema=ANSWER)).commit()
    send = mastra_server.workflow("send").then(step("list", lambda ctx: ctx.input_data["items"])).foreach(ship)
    send = send.foreach(step("wrap", lambda ctx: {}), concurrency=2).then(step("count", lambda ctx: {"n": 3}))
    send = send.dountil(step("down", lambda ctx: {"n": ctx.input_data["n"] - 1}), lambda ctx: ctx.input_data["n"] < 1)
    send.then(step("log", lambda ctx: {}, retries=2)).commit()

def test_one(mastra_client):
    run = mastra_client.get_workflow("send").create_run()
    result = run.start_async({"items": ["a"]})
    assert run.resume_async({"ok": True}, step=result.suspensions[0]).ok
"""
BY_ITEMS_AND_CALLS = {
    *("ship: no items", "ship: two or more items", "wrap: more items than are at work at once"),
    *("count failed", "down: failed in a later round", "log succeeded after a retry"),
}


def test_items_rounds_and_retries(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """Lists are as long as is wanted, each item is answered, a step fails at its first call or at a later one."""
    run_suite(ITEMS, "--mastra-coverage=json").assert_outcomes(passed=1)
    (send,) = json.loads((pytester.path / "mastra-coverage.json").read_text("utf-8"))["workflows"]
    skeletons = {goal["label"]: goal["skeleton"] for goal in send["goals"] if goal["label"] in BY_ITEMS_AND_CALLS}
    assert set(skeletons) == BY_ITEMS_AND_CALLS
    result = run_suite(ITEMS + "\n\n".join(skeletons.values()), "--mastra-coverage=json")
    result.assert_outcomes(passed=1 + len(skeletons))
    (send,) = json.loads((pytester.path / "mastra-coverage.json").read_text("utf-8"))["workflows"]
    reached = {goal["label"] for goal in send["goals"] if goal["verdict"] == "reached"}
    assert reached >= BY_ITEMS_AND_CALLS


def test_conditions_that_name_the_same() -> None:
    """Two lambdas on one line that differ in a comparison are told apart."""
    below, above = (lambda n: n < 9), (lambda n: n > 9)
    conditions: list[Callable[[int], bool]] = [below, above]
    assert [source_of(each) for each in conditions] == ["n < 9", "n > 9"]


def test_what_nobody_has_answered(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """Where runs were left at a question, the steps behind it, and the run's success, want its answer."""
    asks = SUITE.partition("    assert run.resume_async")[0]
    run_suite(asks, "--mastra-coverage=json", conftest=CONFTEST).assert_outcomes(passed=1)
    (buy,) = json.loads((pytester.path / "mastra-coverage.json").read_text("utf-8"))["workflows"]
    goals = {goal["label"]: goal for goal in buy["goals"]}
    answer = "answer what inner.approve asks: run.resume_async({'ok': True}, step='inner.approve')"
    behind = ["inner.approve succeeded", "pay entered", "the run succeeded"]
    assert {label: goals[label]["hint"] for label in behind} == dict.fromkeys(behind, answer)
    advised = "\n\n".join(goals[label]["skeleton"] for label in behind)
    run_suite(asks + advised, conftest=CONFTEST).assert_outcomes(passed=4)


POST = """
import pytest

ANSWER = {{"type": "object", "properties": {{"ok": {{"type": "boolean"}}}}, "required": ["ok"]}}

def ask(ctx):
    return ctx.suspend({{"ask": "ok?"}}) if ctx.resume_data is None else ctx.resume_data

@pytest.fixture(autouse=True)
def workflows(mastra_server):
    question = mastra_server.step("question", ask, resume_schema=ANSWER)
    item = {item}
    flow = mastra_server.workflow("post").map(lambda ctx: ctx.input_data["items"])
    flow.foreach(item, concurrency={concurrency}).then(mastra_server.step("end", lambda ctx: {{}})).commit()

def test_post(mastra_client):
    run = mastra_client.get_workflow("post").create_run()
    result = run.start_async({{"items": [1]}})
    while result.suspensions:
        result = run.resume_async({{"ok": True}}, step=result.suspensions[0])
    assert result.ok
"""

TWICE = """mastra_server.workflow("letter").then(question).then(
        mastra_server.step("sign", ask, resume_schema=ANSWER)).commit()"""


@pytest.mark.parametrize(("item", "concurrency"), [("question", 1), ("question", 3), (TWICE, 1)])
def test_items_that_ask(run_suite: RunSuite, pytester: pytest.Pytester, item: str, concurrency: int) -> None:
    """However many of them there are, and however often each asks, all that is advised passes, and closes the holes."""
    suite = POST.format(item=item, concurrency=concurrency)
    run_suite(suite, "--mastra-coverage=json").assert_outcomes(passed=1)
    told = json.loads((pytester.path / "mastra-coverage.json").read_text("utf-8"))
    skeletons = [goal["skeleton"] for row in told["workflows"] for goal in row["goals"] if "skeleton" in goal]
    result = run_suite("\n\n".join([suite, *skeletons]), "--mastra-coverage=json")
    result.assert_outcomes(passed=1 + len(skeletons))
    told = json.loads((pytester.path / "mastra-coverage.json").read_text("utf-8"))
    assert [goal["label"] for row in told["workflows"] for goal in row["goals"] if goal["verdict"] == "missed"] == []


UNTOLD = """
import pytest

@pytest.fixture(autouse=True)
def workflows(mastra_server):
    step = mastra_server.step
    flow = mastra_server.workflow("pick").branch(
        [
            (lambda c: c.input_data["n"] > 9, step("told", lambda ctx: {})),
            (lambda c: sum(c.input_data["several"]) > 9, step("untold", lambda ctx: {})),
        ]
    )
    flow.commit()

def test_pick(mastra_client):
    assert mastra_client.get_workflow("pick").execute({"n": 1, "several": [1]}).ok
"""


def test_what_cannot_be_told_is_said(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """Where a condition is more than can be read, the printed test says that its input is another's."""
    run_suite(UNTOLD, "--mastra-coverage=json").assert_outcomes(passed=1)
    (pick,) = json.loads((pytester.path / "mastra-coverage.json").read_text("utf-8"))["workflows"]
    skeletons = {goal["label"]: goal["skeleton"] for goal in pick["goals"] if "skeleton" in goal}
    said = "# replace this input, which is not known to lead there, by an input for which"
    untold = {label for label, skeleton in skeletons.items() if said in skeleton}
    assert untold == {f"untold {end}" for end in ("taken", "succeeded", "failed")} | {
        "branch#1: two or more branches taken"
    }
    assert "{'n': 10, 'several': [1]}" in skeletons["told taken"]


SHARED = """
import pytest
from mastra_sync import MastraError

@pytest.fixture(autouse=True)
def workflows(mastra_server):
    schema = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}
    for name in ("one", "two"):
        pay = mastra_server.step("pay", lambda ctx: {}, retries=1)
        mastra_server.workflow(name, input_schema=schema).then(pay).commit()

def test_one(mastra_client):
    with pytest.raises(MastraError):
        mastra_client.get_workflow("one").create_run().start_async({})
"""


def test_steps_of_one_id_and_inputs_that_were_refused(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """A step that two workflows have is named with its own; no test gives an input again that was refused."""
    run_suite(SHARED, "--mastra-coverage=json").assert_outcomes(passed=1)
    (one,) = json.loads((pytester.path / "mastra-coverage.json").read_text("utf-8"))["workflows"]
    skeletons = {goal["label"]: goal["skeleton"] for goal in one["goals"] if "skeleton" in goal}
    assert "mastra_server.step('pay', workflow='one').fails('no')" in skeletons["pay failed"]
    result = run_suite(SHARED + "\n\n".join(skeletons.values()))
    result.assert_outcomes(passed=1 + len(skeletons))
