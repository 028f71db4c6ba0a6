"""Tools that put something in the place of connections or adapters are heard, deadlines or not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import responses
import vcr

from mastra_sync import APIConnectionError, MastraClient
from mastra_sync.deadline import SystemClock
from tests.faults.wire_server import WireServer, json_reply

WORKFLOWS = {"w": {"name": "w", "steps": {}}}


@pytest.mark.parametrize("session", [lambda: None, requests.Session], ids=["own", "borrowed"])
def test_vcrpy(
    session: Callable[[], requests.Session | None],
    server: WireServer,
    make_client: Callable[..., MastraClient],
    tmp_path: Path,
) -> None:
    """It records what a client asks, and plays it without a server; also where clients were used before."""

    def client() -> MastraClient:
        return make_client(clock=SystemClock(), session=session(), retries=0)

    server.on("GET", "/workflows", json_reply(WORKFLOWS))
    client().list_workflows()
    with vcr.use_cassette(str(tmp_path / "it.yaml")) as cassette:
        assert list(client().list_workflows()) == ["w"]
        assert len(cassette) == 1
    server.stop()
    with vcr.use_cassette(str(tmp_path / "it.yaml"), record_mode="none") as cassette:
        assert list(client().list_workflows()) == ["w"]
        assert cassette.play_count == 1
    with pytest.raises(APIConnectionError):
        client().list_workflows()


def test_responses(server: WireServer, make_client: Callable[..., MastraClient]) -> None:
    """A mock answers, and nothing is connected to."""
    client = make_client(clock=SystemClock())
    with responses.RequestsMock() as mock:
        mock.get(f"{server.base_url}/api/workflows", json=WORKFLOWS)
        assert list(client.list_workflows()) == ["w"]
    assert server.connections == 0
