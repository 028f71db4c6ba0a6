"""Fixtures: a scripted server, a clock whose sleeps are over at once, and a client of the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from mastra_sync import MastraClient
from tests.faults.clocks import LeapingClock
from tests.faults.wire_server import WireServer

OUTSIDE = ("MASTRA_BASE_URL", "MASTRA_API_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NETRC")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine has set does not matter here."""
    for name in OUTSIDE:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running


@pytest.fixture
def clock() -> LeapingClock:
    return LeapingClock()


@pytest.fixture
def make_client(server: WireServer, clock: LeapingClock) -> Iterator[Callable[..., MastraClient]]:
    """A function with `MastraClient`'s arguments; what it makes is closed before the server is."""
    with ExitStack() as made:

        def make(base_url: str | None = None, **settings: object) -> MastraClient:
            arguments = {"clock": clock, **settings}
            return made.enter_context(MastraClient(base_url or server.base_url, **arguments))  # type: ignore[arg-type]

        yield make


@pytest.fixture
def client(make_client: Callable[..., MastraClient]) -> MastraClient:
    return make_client()
