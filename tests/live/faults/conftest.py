"""Fixtures: a proxy in front of a real server of each generation, and a client that goes through it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mastra_sync import MastraClient
from tests.faults.proxy import FaultProxy
from tests.live.http_calls import new_run_id
from tests.live.server import LiveServer


@pytest.fixture
def proxy(live_server: LiveServer) -> Iterator[FaultProxy]:
    with FaultProxy(live_server.port) as running:
        yield running


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[MastraClient]:
    with MastraClient(proxy.base_url, token="") as client:
        yield client


@pytest.fixture
def gate(live_server: LiveServer) -> Iterator[str]:
    """The name of a gate of this test alone; it is opened at the end, so that no step is left standing there."""
    name = new_run_id()
    yield name
    live_server.open_gate(name)
