"""The whole fake server behind each front: every route byte by byte the same, and runs that outlive their readers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from mastra_sync import MastraClient
from pytest_mastra.fake.api.routes import ROUTES
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.http.wire import Surface
from tests.fake.client_outcomes import Outcome, outcome

NAMES = ("current", "1.2", "1.0-beta")


def a_server(generation: str = "current") -> FakeMastra:
    """Return a fake server whose ids and times are the same each time."""
    server = FakeMastra(generation=generation)
    ask = server.step(
        "ask", lambda context: context.resume_data or context.suspend({"ask": "ok?"}), resume_schema={"type": "object"}
    )
    server.workflow("w").then(server.step("first", lambda context: context.input_data)).then(ask).commit()
    return server


BODIES = {
    "start": {"inputData": {"n": 1}},
    "start_async": {"inputData": {"n": 1}},
    "stream": {"inputData": {"n": 1}},
    "resume": {"step": "ask", "resumeData": {"ok": True}},
    "resume_async": {"step": "ask", "resumeData": {"ok": True}},
    "resume_no_wait": {"step": "ask", "resumeData": {"ok": True}},
    "resume_stream": {"step": "ask", "resumeData": {"ok": True}},
    "time_travel": {"step": "first", "inputData": {"n": 2}},
    "time_travel_async": {"step": "first", "inputData": {"n": 2}},
    "time_travel_stream": {"step": "first", "inputData": {"n": 2}},
}


def call_every_route(url: str, generation: str) -> list[tuple[str, Outcome]]:
    """Call each route on a run that is pending, on one that is suspended, and on one that there is not."""
    met = []
    base = f"{url}/api/workflows/w"
    with requests.Session() as session:
        session.trust_env = False
        for route in ROUTES:
            # legacy streams of some runs never end, as on real servers
            if generation not in route.generations or "legacy" in route.verb:
                continue
            for state in ("pending", "suspended", "unknown"):
                run = f"{route.verb}-{state}"
                if state != "unknown":
                    session.post(f"{base}/create-run?runId={run}", json={})
                if state == "suspended":
                    session.post(f"{base}/start-async?runId={run}", json={"inputData": {"n": 1}})
                path = route.path.replace("{workflow}", "w").replace("{run}", run)
                target = f"{url}/api{path}?runId={run}"
                for method in [route.method, "HEAD"] if route.method == "GET" else [route.method]:
                    body = BODIES.get(route.verb, {}) if method == "POST" else None
                    met.append((f"{method} {route.verb} {state}", outcome(target, method, session=session, json=body)))
    return met


@pytest.mark.parametrize("generation", NAMES)
def test_every_route(serve_twice: Callable[[Surface, Surface], list[str]], generation: str) -> None:
    """Each route is answered alike by both fronts: status, headers, and bodies chunk by chunk."""
    here, there = (call_every_route(url, generation) for url in serve_twice(a_server(generation), a_server(generation)))
    for ours, others in zip(here, there, strict=True):
        assert ours == others
    assert {name.split()[1] for name, _ in here} == {
        route.verb for route in ROUTES if generation in route.generations and "legacy" not in route.verb
    }


@pytest.mark.parametrize("events", [0, 1, 3])
def test_a_run_outlives_its_reader(serve: Callable[[Surface], str], events: int) -> None:
    """A client that leaves in mid-stream does not stop the run, and can read its events later."""
    server = FakeMastra()
    server.workflow("w").returns({"ok": True})
    with MastraClient(serve(server), clock=server.clock) as client:
        run = client.get_workflow("w").create_run()
        with run.stream({}) as stream:
            for _ in range(events):
                next(stream)
        assert run.wait(60).result == {"ok": True}
        assert [event.type for event in run.observe()] == [
            "workflow-start",
            "workflow-step-start",
            "workflow-step-result",
            "workflow-finish",
        ]
