"""The tests that coverage gives for what was missed, pasted as they stand below the suite."""

from __future__ import annotations

import json
import textwrap

import pytest

from pytest_mastra.coverage.kept_file import read_file
from tests.suites_in_folders import run_with_syrupy

SUITE = """
import pytest


@pytest.fixture
def tens():
    return 10


@pytest.fixture
def shop(mastra_server, tens):
    def ask(ctx):
        return ctx.suspend({"ask": "ok?"}) if ctx.resume_data is None else ctx.input_data

    def step(name, run=lambda ctx: ctx.input_data, **options):
        return mastra_server.step(name, run, **options)

    packing = mastra_server.workflow("packing").sleep(60).then(step("pick")).commit()
    schema = {"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"]}
    flow = mastra_server.workflow("order", input_schema=schema).then(step("total"))
    answers = {"type": "object", "properties": {"approved": {"type": "boolean"}}, "required": ["approved"]}
    flow.branch([
        (lambda ctx: ctx.input_data["amount"] < 100, step("auto")),
        (lambda ctx: ctx.input_data["amount"] >= 100, step("ask", ask, resume_schema=answers)),
    ])
    flow.parallel([packing, step("invoice")]).sleep(4000).then(step("ship")).commit()


@pytest.mark.parametrize("amount", [5, 7])
def test_small(shop, mastra_client, amount, tens):
    assert mastra_client.get_workflow("order").execute({"amount": amount}, timeout=10_000).ok


@pytest.mark.usefixtures("shop")
def test_large(mastra_client, monkeypatch):
    monkeypatch.setenv("PAY", "secret-1234567890")
    assert mastra_client.get_workflow("order").execute({"amount": 500, "token": "tok-1234567"}).status == "suspended"
"""
NEED_AN_INPUT = {"branch#1: no branch taken", "branch#1: two or more branches taken"}
"""What is missed and cannot be reached by what other tests give."""


def test_they_pass_and_close_the_holes(alone: pytest.Pytester) -> None:
    """They ask for the fixture that declares the workflow, import what they use, and give an input that leads there."""
    path = alone.path / "test_shop.py"
    path.write_text(SUITE, encoding="utf-8")
    run_with_syrupy(alone, "--mastra-coverage=json").assert_outcomes(passed=3)
    (row,) = json.loads((alone.path / "mastra-coverage.json").read_text("utf-8"))["workflows"]
    advised = {goal["label"]: goal["skeleton"] for goal in row["goals"] if "skeleton" in goal}
    assert advised.keys() > NEED_AN_INPUT
    pasted = [skeleton for label, skeleton in advised.items() if label not in NEED_AN_INPUT]
    assert "tok-1234567" not in str(pasted)
    path.write_text("\n\n".join([SUITE, *pasted]), encoding="utf-8")
    run_with_syrupy(alone, "--mastra-coverage").assert_outcomes(passed=3 + len(pasted))
    (after,) = read_file(alone.path / ".mastra-coverage.json").workflows
    assert {goal.label for goal in after.goals() if goal.verdict == "missed"} == NEED_AN_INPUT


def test_what_one_looks_like(alone: pytest.Pytester) -> None:
    """It fails a step of the nested workflow, with an input that came there; what is nested is not `never run`."""
    (alone.path / "test_shop.py").write_text(SUITE, encoding="utf-8")
    result = run_with_syrupy(alone, "--mastra-coverage=json,term-missing", "-k", "small")
    (row,) = json.loads((alone.path / "mastra-coverage.json").read_text("utf-8"))["workflows"]
    (skeleton,) = [goal["skeleton"] for goal in row["goals"] if goal["label"] == "packing failed"]
    wanted = """
    from pytest_mastra import assert_run


    def test_order_packing_failed(shop, tens, mastra_server, mastra_client):
        mastra_server.step('pick').fails('no')
        result = mastra_client.get_workflow('order').execute({'amount': 5}, timeout=4660)
        assert_run(result).failed(step='packing.pick')
    """
    assert skeleton == textwrap.dedent(wanted).lstrip()
    assert "never run by a test" not in result.stdout.str()
