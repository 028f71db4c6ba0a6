"""Scenes as tests have them, acted out on a fake without pytest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from mastra_sync import MastraClient
from pytest_mastra.fake import FakeMastra, InProcess
from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.http.surface_recorder import WatchedSurface
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.run_history.runs import TouchedRun, touched_runs
from pytest_mastra.suite.scene import Scene

URL = "http://mastra.test"
TEST = "tests/test_city.py::test_report"
EPOCH = 1_767_225_600.0
"""When virtual time begins."""

Play = Callable[[FakeMastra, MastraClient], Any]


def acted(play: Play, *, generation: str = "current", target: str = "fake", **options: Any) -> Scene:
    """Return the scene of a test that does what `play` does; on another target than `fake` only the log knows it."""
    server = FakeMastra(generation=generation)
    servers: list[Any] = [server if target == "fake" else Untouchable()]
    scene = Scene(TEST, target, URL, server.clock, servers=servers)
    with (
        InProcess(WatchedSurface(server, scene.log, URL, scene.now)) as front,
        MastraClient(front.url, clock=server.clock, **options) as client,
    ):
        play(server, client)
    return scene


class Untouchable:
    """Stands where a test has a declaration only: who asks it for anything would have the test skipped."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"nobody may ask for {name!r}")


def said(scene: Scene, method: str, target: str, answer: Any = None, **parts: Any) -> Exchange:
    """Add an exchange to a scene's log by hand.

    Args:
        scene: The scene.
        method: HTTP method.
        target: Path below `/api`, and query.
        answer: The reply's body: bytes, or JSON; None for no reply.
        parts: `status`, `body` (of the request), `headers` (of the reply), `chunks`, `ending`, `failure`, `at`.
    """
    body = parts.get("body", b"")
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    exchange = scene.log.begin(URL, WireRequest(method, f"/api{target}", {}, sent), EPOCH + parts.get("at", 0.0))
    exchange.status = parts.get("status", 0 if answer is None and "chunks" not in parts else 200)
    exchange.headers = tuple(parts.get("headers", ()))
    exchange.ending = parts.get("ending", Ending.WHOLE)
    exchange.failure = parts.get("failure")
    whole = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
    exchange.chunks = list(parts.get("chunks", [whole] if whole else []))
    exchange.arrivals = [0.1 * number for number in range(1, len(exchange.chunks) + 1)]
    exchange.is_stream = "chunks" in parts
    return exchange


def empty_scene(target: str = "live") -> Scene:
    """Return a scene in which nothing was said."""
    return Scene(TEST, target, URL)


def stream_of(events: Iterable[Any], end: bytes = b"") -> list[bytes]:
    """Return events as the chunks of a stream."""
    return [json.dumps(event).encode() + b"\x1e" for event in events] + ([end] if end else [])


def step_event(what: str, step: str, **payload: Any) -> dict[str, Any]:
    """Return an event about a step."""
    fields = {"stepName": step, "id": step, **payload}
    return {"type": f"workflow-step-{what}", "runId": "r1", "from": "WORKFLOW", "payload": fields}


def run_event(what: str, **payload: Any) -> dict[str, Any]:
    """Return an event about a run."""
    return {"type": f"workflow-{what}", "runId": "r1", "from": "WORKFLOW", "payload": payload}


def one(scene: Scene) -> TouchedRun:
    """Return the only run that a scene touched."""
    (run,) = touched_runs(scene)
    return run


def kinds(run: TouchedRun) -> list[str]:
    """Return a run's events in few words: `start:look`, `result:look`."""
    return [
        f"{event['type'].removeprefix('workflow-').removeprefix('step-')}"
        f"{':' + event['payload']['id'] if 'id' in event.get('payload', {}) else ''}"
        for event in run.events
    ]


def approval(server: FakeMastra) -> None:
    """Declare a workflow that looks for a second, and asks after two more."""
    ask = server.step("ask", lambda ctx: {"ok": True} if ctx.resume_data else ctx.suspend({"ask": "ok?"}), duration=2)
    server.workflow("city", key="cityReport").then(server.step("look", lambda ctx: 1, duration=1)).then(ask).commit()
