"""Recordings of real servers: they hold against the same server, and make fakes that answer as it did."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
import requests

from pytest_mastra.cassettes.as_fake.build import build_fake
from pytest_mastra.cassettes.drift.pytest_report import compare
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.http.exchanges import Exchange, ExchangeLog
from pytest_mastra.http.socket_recorder import Wiretap
from tests.cassettes.recorded_calls import said_again
from tests.live.conftest import StartServer
from tests.live.server import LiveServer

START = "start-async"

SCENARIOS: dict[str, list[tuple[str, str, Any]]] = {
    "city": [("city-workflow", START, {"inputData": {"city": "NY"}})],
    "failing": [("failing", START, {"inputData": {"kind": "error"}})],
    "nested": [("nested", START, {"inputData": {"n": 1}})],
    "foreach": [("foreach", START, {"inputData": [1, 2, 3]})],
    "loop": [("dowhile", START, {"inputData": {"n": 0}})],
    "parallel": [("parallel", "stream", {"inputData": {"n": 1}})],
    "branch": [("branch", START, {"inputData": {"n": 5}})],
    "bail": [("bail", START, {"inputData": {"bail": True}})],
    "tripwire": [("tripwire", START, {"inputData": {}})],
    "sleep": [("sleep", "stream", {"inputData": {"ms": 30}})],
    "asking": [
        ("asker", "stream", {"inputData": {"n": 1}}),
        ("asker", "resume-async", {"step": "q", "resumeData": {"answer": "a"}}),
    ],
    "nested-ask": [
        ("nested-ask", START, {"inputData": {"n": 1}}),
        ("nested-ask", "resume-async", {"step": ["inner-ask", "inner-q"], "resumeData": {"answer": "a"}}),
    ],
}  # fmt: skip


def said(server: LiveServer, scenario: str) -> list[Exchange]:
    """Say a scenario to a real server; return what was said."""
    log = ExchangeLog()
    run_id = str(uuid.uuid4())
    api = f"{server.base_url}{server.api_prefix}/workflows"
    with Wiretap(log, server.base_url, time.monotonic).on_every_session(), requests.Session() as session:
        for workflow, verb, body in SCENARIOS[scenario]:
            if verb in (START, "stream"):
                session.post(f"{api}/{workflow}/create-run?runId={run_id}", json={})
            session.post(f"{api}/{workflow}/{verb}?runId={run_id}", json=body)
            session.get(f"{api}/{workflow}/runs/{run_id}")
    return list(log)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_same_server_has_not_drifted(live_server: LiveServer, scenario: str) -> None:
    """Said again, and again, the same scenario means the same."""
    recorded = said(live_server, scenario)
    for _ in range(3):
        drift = compare(recorded, said(live_server, scenario))
        assert not drift, str(drift)
        assert drift.notes == {}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_recording_of_a_real_server_makes_a_fake(live_server: LiveServer, scenario: str) -> None:
    """The fake says to the recorded requests what the real server said."""
    recorded = said(live_server, scenario)
    fake = build_fake(FakeMastra, recorded)
    assert fake.generation.name == live_server.generation
    drift = compare(recorded, said_again(fake, recorded))
    assert not drift, f"{drift}\n{fake.gaps}"
    assert fake.unexpected_errors == []


def test_another_generation_has_drifted(shared_server: StartServer) -> None:
    """A recording of the current server, held against 1.2, lists what is gone."""
    recorded = said(shared_server("current"), "asking")
    lines = compare(recorded, said(shared_server("1.2"), "asking")).lines()
    assert lines
    assert all(len(line) <= 80 for line in lines)
    assert "    $.suspendedPaths: expected {'q': [1]}, but nothing is there" in lines
