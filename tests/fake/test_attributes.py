"""Attributes that a fake's objects do not have: the error says which was meant."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import MastraClient
from pytest_mastra import FakeMastra, StepContext
from pytest_mastra.fake.fronts.in_process import InProcess

Mistake = Callable[[FakeMastra, Any], Any]
"""Made on a server that has a workflow `pay`, declared as the second."""


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda s, _: s.run("pay"), "'FakeMastra' object has no attribute 'run'; did you mean 'runs'?"),
        (lambda s, _: s.fault, "'FakeMastra' object has no attribute 'fault'; did you mean 'faults'?"),
        (lambda s, _: s.faults.on("start").error(500), "'Target' object has no attribute 'error'; did you mean status"),
        (lambda s, _: s.faults.on("start").reest(), "did you mean 'reset'?"),
        (lambda s, _: s.faults.error("start"), "did you mean on(verb).reset() or on(verb).status(500)?"),
        (lambda _, w: w.thn(1), "'Workflow' object has no attribute 'thn'; did you mean 'then'?"),
        (lambda _, w: w.forEach(1), "did you mean 'foreach'?"),
        (lambda _, w: w.execute({}), "did you mean mastra_client.get_workflow(id).execute(...)?"),
    ],
)
def test_a_name_that_is_not_there_leads_to_the_one_that_is(mistake: Mistake, said: str) -> None:
    """Of servers, faults and workflows."""
    server: Any = FakeMastra()
    workflow = server.workflow("pay").returns({})
    with pytest.raises(AttributeError) as raised:
        mistake(server, workflow)
    assert said in str(raised.value)


def test_a_step_that_asks_for_a_wrong_name_says_so() -> None:
    """`ctx.input` and `ctx.inputData` are `ctx.input_data`; copies of contexts stay copies."""
    server = FakeMastra()
    said: list[str] = []

    def step(ctx: Any) -> None:
        for name in ("input", "inputData", "getStepResult", "suspnd"):
            with pytest.raises(AttributeError) as raised:
                getattr(ctx, name)
            said.append(str(raised.value).partition("; ")[2])
        assert isinstance(copy.copy(ctx), StepContext)
        assert dataclasses.replace(ctx, run_id="r").run_id == "r"

    server.workflow("pay").then(server.step("look", step)).commit()
    with InProcess(server, "http://fake.test"), MastraClient("http://fake.test") as client:
        client.get_workflow("pay").execute({"n": 1}).raise_for_status()
    assert said == [f"did you mean {name!r}?" for name in ("input_data", "input_data", "get_step_result", "suspend")]
    (run,) = server.runs("pay")
    with pytest.raises(AttributeError, match="did you mean 'input_data'"):
        run.input  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"did you mean snapshot\[\"context\"\]"):
        run.steps  # type: ignore[attr-defined]  # noqa: B018
