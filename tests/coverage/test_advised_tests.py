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

BY_CERTAIN_INPUT = {
    "large taken",
    "large succeeded",
    "large failed",
    "again: failed in a later round",
}
"""The holes whose tests look for what another input does: they fail until somebody gives one."""

OF_ANY_INPUT = {
    "branch#1: no branch taken",
    "branch#1: two or more branches taken",
    "again: two or more rounds",
}
"""The holes whose tests pass, but need another input to close them: nothing of a run's result tells."""


def test_all_that_is_advised_runs_as_it_is_given(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """Each advised test imports what it needs and answers what is asked on its way; those of failures close holes."""
    run_suite(SUITE, "--mastra-coverage=json", conftest=CONFTEST).assert_outcomes(passed=1)
    told = json.loads((pytester.path / "mastra-coverage.json").read_text("utf-8"))
    (buy,) = (row for row in told["workflows"] if row["workflow"] == "buy")
    skeletons = {goal["label"]: goal["skeleton"] for goal in buy["goals"] if "skeleton" in goal}
    assert set(skeletons) >= BY_CERTAIN_INPUT | OF_ANY_INPUT | {"inner.note failed", "pay failed", "inner failed"}
    result = run_suite(SUITE + "\n\n".join(skeletons.values()), "--mastra-coverage=json", conftest=CONFTEST)
    failed = len(BY_CERTAIN_INPUT)
    result.assert_outcomes(passed=1 + len(skeletons) - failed, failed=failed)
    assert "NameError" not in result.stdout.str()
    told = json.loads((pytester.path / "mastra-coverage.json").read_text("utf-8"))
    (buy,) = (row for row in told["workflows"] if row["workflow"] == "buy")
    assert {goal["label"] for goal in buy["goals"] if "skeleton" in goal} == BY_CERTAIN_INPUT | OF_ANY_INPUT


def test_conditions_that_name_the_same() -> None:
    """Two lambdas on one line that differ in a comparison are told apart."""
    below, above = (lambda n: n < 9), (lambda n: n > 9)
    conditions: list[Callable[[int], bool]] = [below, above]
    assert [source_of(each) for each in conditions] == ["n < 9", "n > 9"]
