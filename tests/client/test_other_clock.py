"""A workflow's handle on another clock: everything that is read or sent through it waits there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mastra_sync import MastraError, Workflow
from mastra_sync.request import Request
from tests.client.scripted import InstantClock, client_of, reply

STEPS = {"a": {"status": "suspended", "startedAt": 1, "suspendedAt": 2}}
SUSPENDED = {"runId": "r", "status": "suspended", "suspendedPaths": {"a": ["a"]}, "steps": STEPS}

VERBS: Mapping[str, Callable[[Workflow], object]] = {
    "details": lambda workflow: workflow.details(),
    "runs": lambda workflow: workflow.runs(),
    "run_by_id": lambda workflow: workflow.run_by_id("r"),
    "run_execution_result": lambda workflow: workflow.run_execution_result("r"),
    "delete_run_by_id": lambda workflow: workflow.delete_run_by_id("r"),
    "create_run": lambda workflow: workflow.create_run("r"),
    "execute": lambda workflow: workflow.execute({}, run_id="r"),
    "start": lambda workflow: workflow.get_run("r").start({}, again=True),
    "start_async": lambda workflow: workflow.get_run("r").start_async({}, again=True),
    "wait": lambda workflow: workflow.get_run("r").wait(),
    "result": lambda workflow: workflow.get_run("r").result(),
    "resume": lambda workflow: workflow.get_run("r").resume({}),
    "resume_async": lambda workflow: workflow.get_run("r").resume_async({}),
    "cancel": lambda workflow: workflow.get_run("r").cancel(),
    "restart": lambda workflow: workflow.get_run("r").restart(),
    "time_travel": lambda workflow: workflow.get_run("r").time_travel("a"),
    "observe": lambda workflow: workflow.get_run("r").observe(),
}


def busy_at_first(request: Request, seen: set[str]) -> Any:
    """Answer that a route is busy when it is called for the first time."""
    if request.url not in seen:
        seen.add(request.url)
        return reply({"error": "busy"}, 429, {"Retry-After": "7"})
    return SUSPENDED


@pytest.mark.parametrize("verb", VERBS)
def test_a_busy_server_is_waited_for_on_the_handles_own_clock(verb: str) -> None:
    """Also where a run is only read: the client's clock stands still meanwhile."""
    seen: set[str] = set()
    client, _ = client_of(lambda request: busy_at_first(request, seen))
    own = InstantClock()
    workflow = client.get_workflow("w").on_clock(own)
    try:
        VERBS[verb](workflow)
    except MastraError as error:
        # what is answered after the pause need not be what the verb expects
        assert own.now >= 7, json.dumps(str(error))  # noqa: PT017
    assert own.now >= 7
    client_clock = client.get_workflow("w").api.clock
    assert isinstance(client_clock, InstantClock)
    assert client_clock.now == 0
