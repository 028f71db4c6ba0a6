"""What a client asks by itself, to say more of an error: a fake answers it, and nothing counts it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import MastraClient, Run, Workflow, WorkflowNotFound
from pytest_mastra import FakeMastra
from pytest_mastra.fake.fronts.in_process import InProcess
from pytest_mastra.fake.fronts.socket import OnSocket

CALLS: list[Callable[[Workflow, Run], Any]] = [
    lambda workflow, _: workflow.details(),
    lambda workflow, _: workflow.runs(),
    lambda _, run: run.start({}),
    lambda _, run: run.start_async({}),
    lambda _, run: run.stream({}),
    lambda _, run: run.cancel(),
]


@pytest.mark.parametrize("front", [InProcess, OnSocket])
def test_a_fake_answers_the_look_and_nothing_counts_it(front: Any) -> None:
    """No verb's fault is met by it, no request is noted, none is stray of it."""
    server = FakeMastra()
    server.workflow("expense").returns({})
    server.faults.on("list_workflows").reset()
    with front(server) as served, MastraClient(served.url, clock=server.clock) as client:
        workflow = client.get_workflow("expnse")
        for call in CALLS:
            with pytest.raises(WorkflowNotFound, match="Did you mean 'expense'"):
                call(workflow, workflow.get_run("r"))
    assert {request.workflow_id for request in server.requests} == {"expnse"}
    assert server.strays == server.requests
    assert [fault.calls for fault in server.faults.unused] == [0]
