"""Runs that have ended by their record, which does not say yet how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mastra_sync import RunResult
from mastra_sync.partial_ends import END_GRACE
from mastra_sync.request import Request
from tests.client.scripted import client_of

GRAPH = [{"type": "step", "step": {"id": "a"}}]
FAILED = {"status": "failed"}
ENDS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, Any]]] = {
    "failed": (FAILED, {**FAILED, "error": {"message": "no"}}, ("failed", None)),
    "tripwire": (FAILED, {"status": "tripwire"}, ("tripwire", None)),
    "bailed": ({"status": "bailed"}, {"status": "success", "result": 5}, ("success", 5)),
}


def waited(told: Iterator[dict[str, Any]]) -> tuple[RunResult, int]:
    """Return what a wait makes of a server that tells so of a run, and how often it has read the whole run."""
    wholes = 0

    def server(request: Request) -> Any:
        nonlocal wholes
        if request.method == "POST":
            return {"runId": request.run_id, "message": "x"}
        if dict(request.query).get("fields"):
            return {"runId": request.run_id, "status": "failed", "updatedAt": "2026-01-01T00:00:01.000Z"}
        wholes += 1
        return {"runId": request.run_id, "steps": {}, "serializedStepGraph": GRAPH, **next(told)}

    client, _ = client_of(server)
    run = client.get_workflow("w").create_run()
    run.start({})
    return run.wait(), wholes


@pytest.mark.parametrize(("first", "last", "end"), ENDS.values(), ids=ENDS)
def test_the_second_stroke_is_waited_for(first: dict[str, Any], last: dict[str, Any], end: tuple[str, Any]) -> None:
    """What is told first is half of it: the run is read until the rest is there."""
    result, wholes = waited(iter([first, first, last]))
    assert (result.status, result.result, wholes) == (*end, 3)


def test_a_second_stroke_that_never_comes() -> None:
    """A server that died between them has left it so; that is what there is."""
    result, wholes = waited(iter(lambda: FAILED, None))
    assert (result.status, result.error) == ("failed", None)
    assert 2 < wholes <= END_GRACE / 0.05 + 2


def test_an_end_that_is_told_is_read_once() -> None:
    """Nothing is asked twice for that."""
    assert waited(iter([{**FAILED, "error": {"message": "no"}}]))[1] == 1
