"""Attributes that are set, and would do nothing: the error says what to write instead."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from mastra_sync import MastraClient
from pytest_mastra import AS_TIMED, FakeMastra
from pytest_mastra.fake.fronts.in_process import InProcess

Mistake = Callable[[Any, Any], Any]
"""Made on a server that has a workflow `pay`, declared as the second."""


def _set(name: str, value: object, *path: str) -> Mistake:
    def mistake(server: Any, workflow: Any) -> None:
        client = MastraClient("http://fake.test")
        owners = {"server": server, "workflow": workflow, "client": client, "step": server.step("return")}
        owners |= {"faults": server.faults, "called": client.get_workflow("pay")}
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
