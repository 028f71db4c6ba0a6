"""The recordings that the client's tests replay, held against real servers."""

from __future__ import annotations

from tests.live.server import LiveServer
from tests.recorded.pytest_process import CASSETTES, changed_cassettes, read_cassettes, run_pytest


def test_no_server_has_drifted(live_server: LiveServer) -> None:
    """Every recorded test says what it said, and is answered what it was answered; no file is touched."""
    folder = CASSETTES / "client" / live_server.generation
    before = read_cassettes(folder)
    outcome = run_pytest(
        "tests/recorded/client",
        "--mastra-target=live",
        f"--mastra-url={live_server.base_url}",
        "--mastra-record=verify",
        "-rfE",
    )
    assert outcome.status == 0, outcome.text
    assert outcome.counts["passed"] == len(before), outcome.text
    assert f"{len(before)} recordings verified, none has drifted" in outcome.text
    assert changed_cassettes(before, read_cassettes(folder)) == []
