"""Recording and replaying from many threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

from mastra_sync import MastraClient
from pytest_mastra.cassettes.file.read_write import read_cassette, write_cassette
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.http.wire import WireReply, WireRequest
from tests.cassettes.counting_server import Live
from tests.cassettes.record_and_replay import JSON, answer_from, recording_of, replaying_client, serve
from tests.fake.client_outcomes import Scripted
from tests.suites_in_folders import RunSuite

THREADS = 8
REQUESTS = 1000


def ask_all(url: str) -> list[Any]:
    """Send as many requests from 8 threads, each with a session of its own, and return what was answered."""
    sessions = threading.local()

    def ask(number: int) -> Any:
        if not hasattr(sessions, "session"):
            sessions.session = requests.Session()
        if number % 2:
            return sessions.session.get(f"{url}/api/items/{number}", timeout=60).text
        return sessions.session.post(f"{url}/api/items", json={"n": number}, timeout=60).json()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(ask, range(REQUESTS)))


def test_every_request_is_recorded_and_replayed(tmp_path: Path) -> None:
    """8 threads, 1,000 requests: all are in the file, all are replayed, and none of them reaches the server."""

    def answer(request: WireRequest) -> WireReply:
        return WireReply(200, JSON, request.body or request.target.encode())

    surface = Scripted(answer)
    with serve(surface) as (url, log):
        live = ask_all(url)
        write_cassette(tmp_path / "it.yaml", recording_of(log))
        assert len(surface.requests) == REQUESTS
        recording = read_cassette(tmp_path / "it.yaml").exchanges
        assert len(recording) == REQUESTS
        with answer_from(recording) as (there, replay):
            assert ask_all(there) == live
        assert replay.playback.played == REQUESTS
        assert replay.playback.extra_polls == 0
        assert replay.missed == []
        assert len(surface.requests) == REQUESTS


def test_runs_in_threads() -> None:
    """Runs that threads create side by side, each with an input of its own, get their own results on replay."""
    server = FakeMastra()
    server.workflow("double").returns(lambda ctx: {"twice": ctx.input_data["n"] * 2})

    def run_all(client: MastraClient) -> list[object]:
        workflow = client.get_workflow("double")
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(lambda number: workflow.execute({"n": number}).result, range(100)))

    with serve(server) as (url, log), MastraClient(url) as client:
        live = run_all(client)
    assert live == [{"twice": number * 2} for number in range(100)]
    for _ in range(3):
        with replaying_client(recording_of(log)) as (client, replay):
            assert run_all(client) == live
            assert replay.playback.unplayed == []


def test_a_suite_in_threads(run_suite: RunSuite, live: Live) -> None:
    """A test that maps a workflow over many inputs is recorded and replayed, also from its file, by itself."""
    live.server.workflow("double").returns(lambda ctx: {"twice": ctx.input_data["n"] * 2})
    code = """
    import pytest

    @pytest.mark.mastra_cassette
    def test_it(mastra_client, mastra_cassette):
        outcomes = mastra_client.get_workflow("double").map([{"n": number} for number in range(40)])
        assert [each.result for each in outcomes] == [{"twice": number * 2} for number in range(40)]
    """
    run_suite(code, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    before = live.asked
    for _ in range(2):
        run_suite(code).assert_outcomes(passed=1)
    assert live.since(before) == 0
