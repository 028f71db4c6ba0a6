"""Fixtures: a client of a running server of each generation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mastra_sync import MastraClient
from tests.live.client.hurried_clock import HurriedClock
from tests.live.client.listening_session import Listener
from tests.live.http_calls import new_run_id
from tests.live.server import LiveServer


@pytest.fixture
def client(live_server: LiveServer) -> Iterator[MastraClient]:
    """A client of a server of each generation in turn."""
    with MastraClient(live_server.base_url, token="") as client:
        yield client


@pytest.fixture
def hurried_client(live_server: LiveServer) -> Iterator[MastraClient]:
    """A client of the same server that does not sit out its pauses and periods of grace."""
    with MastraClient(live_server.base_url, token="", clock=HurriedClock()) as client:
        yield client


@pytest.fixture
def generation(live_server: LiveServer) -> str:
    """Which generation the server is: `current`, `1.2` or `1.0-beta`."""
    return live_server.generation


@pytest.fixture
def gate(live_server: LiveServer) -> Iterator[str]:
    """The name of a gate of this test alone; it is opened at the end, so that no step is left standing there."""
    name = new_run_id()
    yield name
    live_server.open_gate(name)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A session for a client, to be asked what was sent."""
    with Listener() as session:
        yield session


@pytest.fixture
def heard(live_server: LiveServer, listener: Listener) -> MastraClient:
    """A client whose requests the listener notes."""
    return MastraClient(live_server.base_url, token="", session=listener)
