"""Runs of the fake that ended in every way, and ways of asserting on them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from mastra_sync import MastraClient, RunResult
from pytest_mastra import FakeMastra, InProcess, StepError, TripWire
from pytest_mastra.run_assertion import RunAssertion

Going = Callable[[RunAssertion], Any]
"""Asserts on a run."""


def ask(ctx: Any) -> Any:
    return ctx.suspend({"ask": f"{ctx.input_data}?"}) if ctx.resume_data is None else ctx.resume_data


def announce(_: Any) -> Any:
    raise StepError("no seats\nat all", name="SoldOut", cause=StepError("the hall is gone", name="IOError"))


def guard(_: Any) -> Any:
    raise TripWire("not allowed")


def declare(server: FakeMastra) -> None:
    """Declare workflows that end in every way."""
    lookup = server.step("lookup", lambda ctx: {"city": "Oslo", "temp": 3})
    yes, no = server.step("yes", lambda ctx: {"go": True}), server.step("no", lambda ctx: {"go": False})
    weather = server.workflow("weather").then(lookup).sleep(5, id="nap")
    weather.branch([(lambda ctx: True, yes), (lambda ctx: False, no)]).commit()
    failing = server.workflow("failing").then(server.step("announce", announce))
    failing.commit()
    server.workflow("sale").then(lookup).then(failing).commit()
    inner = server.workflow("inner").then(server.step("ask", ask))
    inner.commit()
    server.workflow("approval").then(lookup).then(inner).commit()
    server.workflow("each").map(lambda ctx: [1, 2]).foreach(server.step("item", ask), concurrency=2).commit()
    server.workflow("guarded").then(server.step("guard", guard)).commit()


@functools.cache
def results() -> Mapping[str, RunResult]:
    """Return how a run of each workflow ended."""
    server = FakeMastra()
    declare(server)
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        return {
            name: client.get_workflow(name).execute({"city": "Oslo"}, run_id=f"run-{name}")
            for name in ("weather", "sale", "approval", "each", "guarded")
        }
