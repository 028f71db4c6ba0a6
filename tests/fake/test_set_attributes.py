"""Attributes that are set, and would do nothing: the error says what to write instead."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from mastra_sync import MastraClient, MastraError
from pytest_mastra import AS_TIMED, FakeMastra
from pytest_mastra.fake.fronts.in_process import InProcess

Mistake = Callable[[Any, Any], Any]
"""Made on a server that has a workflow `pay`, declared as the second."""


def _set(name: str, value: object, *path: str) -> Mistake:
    def mistake(server: Any, workflow: Any) -> None:
        client = MastraClient("http://fake.test")
        owners = {"server": server, "workflow": workflow, "client": client, "step": server.step("return")}
        owners |= {"faults": server.faults, "called": client.get_workflow("pay"), "clock": server.clock}
        setattr(owners[path[0]], name, value)

    return mistake


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (
            _set("generaton", "1.2", "server"),
            "'FakeMastra' object: setting 'generaton' does nothing",
        ),
        (_set("generaton", "1.2", "server"), "did you mean FakeMastra(generation=...), or"),
        (_set("generation", "1.2", "server"), "instead: FakeMastra(generation=...), or the option --mastra-generation"),
        (_set("pase", AS_TIMED, "server"), "no such attribute; did you mean 'pace'?"),
        (_set("timout", 3, "client"), "no such attribute; did you mean MastraClient(timeout=...)?"),
        (_set("seed", 3, "faults"), "instead: Faults(seed=...)"),
        (_set("returns", {"paid": True}, "workflow"), "setting 'returns' does nothing, for it is a method; instead: "),
        (_set("retires", 3, "step"), "no such attribute; did you mean 'retries'?"),
        (_set("timeout", 3, "client"), "'MastraClient' object: setting 'timeout' does nothing; instead: MastraClient("),
        (
            _set("timeout", 3, "called"),
            "'Workflow' object: setting 'timeout' does nothing",
        ),
    ],
)
def test_what_would_do_nothing_cannot_be_set(mistake: Mistake, said: str) -> None:
    """Of servers, workflows, steps, faults and clients."""
    server = FakeMastra()
    workflow = server.workflow("pay").returns({})
    with pytest.raises(AttributeError) as raised:
        mistake(server, workflow)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (
            _set("run", {"paid": True}, "step"),
            "what step 'return' does is a function of the context, not {'paid': True}",
        ),
        (_set("run", lambda: 1, "step"), "and '<lambda>' takes nothing; it is called with 1 argument"),
        (_set("retries", "3", "step"), "retries of step 'return' is a whole number, not '3'"),
        (_set("duration", -1, "step"), "the duration of step 'return' is a number of at least 0, not -1"),
        (_set("input_schema", {"type": "strnig"}, "step"), "JSON Schema has no type 'strnig': did you mean 'string'?"),
        (_set("id", "", "step"), "a step's id is a text that is not empty"),
        (_set("pace", "polls", "workflow"), "a pace is AT_ONCE, AS_TIMED, BY_HAND, Polls(count)"),
        (_set("retry_config", {"attempt": 2}, "workflow"), "did you mean 'attempts'?"),
        (_set("validate_inputs", "no", "workflow"), "validate_inputs of workflow 'pay' is True or False, not 'no'"),
        (_set("metadata", "x", "workflow"), "the metadata of workflow 'pay' is a mapping"),
        (_set("engine", "event", "workflow"), "the engine of workflow 'pay'"),
        (_set("token", 5, "server"), "a token is a text, not 5"),
        (_set("per_request", "1", "clock"), "a request takes a number of seconds, not '1'"),
    ],
)
def test_what_is_set_is_of_its_kind(mistake: Mistake, said: str) -> None:
    """Later as when it is declared: else a run would fail or hang far from the line that is wrong."""
    server = FakeMastra()
    workflow = server.workflow("pay").returns({})
    with pytest.raises((TypeError, ValueError), match=re.escape(said)):
        mistake(server, workflow)


def test_a_schema_that_is_set_counts() -> None:
    """A pydantic model or a JSON Schema, also after the step was declared."""
    server = FakeMastra()
    workflow = server.workflow("pay").returns({})
    workflow.input_schema = {"type": "object", "required": ["amount"]}  # type: ignore[assignment]
    with (
        InProcess(server) as front,
        MastraClient(front.url, clock=server.clock) as client,
        pytest.raises(MastraError) as caught,
    ):
        client.get_workflow("pay").execute({})
    assert "amount" in str(caught.value)


def test_what_takes_effect_can_be_set() -> None:
    """A pace, a step's retries; methods by mocks; anything by classes of the test's own, and under names of its own."""
    server: Any = FakeMastra()
    workflow: Any = server.workflow("pay").returns({})
    server.pace = workflow.pace = AS_TIMED
    server.step("return").retries = 2
    server.temperature = 21
    assert server.temperature == 21
    with mock.patch.object(server, "handle", return_value=None):
        assert server.handle(1) is None

    class OwnClient(MastraClient):
        def __init__(self) -> None:
            super().__init__("http://fake.test")
            self.tenant = "acme"

    client = OwnClient()
    client.tenant = "other"
    assert client.tenant == "other"


def test_a_step_is_told_that_it_has_set_nothing() -> None:
    """The state is changed by `set_state`, an output is returned; a run is only looked at."""
    server = FakeMastra()
    said: list[str] = []

    def step(ctx: Any) -> None:
        for name in ("state", "result", "sate", "input_data"):
            with pytest.raises(AttributeError) as raised:
                setattr(ctx, name, {})
            said.append(str(raised.value).partition("does nothing")[2])
        copied = copy.copy(ctx)
        assert copied == ctx

    server.workflow("pay").then(server.step("look", step)).commit()
    with InProcess(server, "http://fake.test"), MastraClient("http://fake.test") as client:
        client.get_workflow("pay").execute({}).raise_for_status()
    assert said == [
        "; instead: ctx.set_state({...})",
        "; instead: a step returns its output",
        ", for it has no such attribute; did you mean ctx.set_state({...})?",
        "; instead: a step is given this, and returns its output",
    ]
    (run,) = server.runs("pay")
    with pytest.raises(AttributeError, match="instead: a test reads what a run did"):
        run.starts = []
