"""A fake server moves the clock on while it answers: what it has said whole counts, though the time is up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import MastraClient, Workflow
from pytest_mastra import FakeMastra, InProcess

CALLS: dict[str, Callable[[Workflow], Any]] = {
    "execute": lambda workflow: workflow.execute({}).result,
    "start_async": lambda workflow: workflow.create_run().start_async({}).result,
    "stream": lambda workflow: workflow.create_run().stream({}).result().result,
}


@pytest.mark.parametrize("call", CALLS)
def test_a_run_that_sleeps_a_day_has_its_result(call: str) -> None:
    """An hour is what callers give it, and the day passes at once."""
    server = FakeMastra()
    server.workflow("sleeper").sleep(86_400).then(server.step("after", lambda _: "rested")).commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        assert CALLS[call](client.get_workflow("sleeper")) == "rested"
