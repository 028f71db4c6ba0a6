"""A run that stays `running` although its server has said that it failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mastra_sync import RunTimeout, ServerError
from mastra_sync.request import Request
from tests.client.scripted import client_of, reply

BIG = "Do not know how to serialize a BigInt"


def running(second: int, status: str = "running") -> dict[str, Any]:
    """Return the run as it is told, last stored at a second."""
    return {"status": status, "updatedAt": f"2026-01-01T00:00:{second:02}.000Z", "steps": {}}


def started(readings: Iterator[Any], **options: Any) -> Any:
    """Start a run on a server that answers 500, and tells of the run so; return what comes of it."""

    def server(request: Request) -> Any:
        if request.url.endswith("/start-async"):
            return reply({"error": BIG}, 500)
        return {**(next(readings) if request.method == "GET" else {}), "runId": request.run_id}

    client, _ = client_of(server, retries=0)
    return client.get_workflow("w").create_run().start_async({}, **options)


def forever(*readings: Any) -> Iterator[Any]:
    """Give readings, the last again and again."""
    yield from readings
    while True:
        yield readings[-1]


def test_a_run_that_stands_still() -> None:
    """It is told within half a minute, with the server's own error and what may be done."""
    with pytest.raises(
        ServerError, match=rf"500 {BIG}[^\0]*still running by the server's record[^\0]*restart\(\)"
    ) as caught:
        started(forever(running(1)))
    assert (caught.value.status_code, caught.value.run_id is not None) == (500, True)


def test_a_run_that_moves_is_waited_for() -> None:
    """Each time that it moves it has another half a minute."""
    moving = [running(second) for second in range(1, 50) for _ in range(5)]
    assert started(forever(*moving, running(59, "success"))).status == "success"


def test_a_deadline_that_is_over_sooner() -> None:
    """The run times out as any other."""
    with pytest.raises(RunTimeout):
        started(forever(running(1)), timeout=5)
