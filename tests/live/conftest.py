"""Fixtures: a running Mastra server of each generation, started when a test first asks for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from tests.live.install import GENERATIONS, ServerUnavailable, install
from tests.live.server import LiveServer

HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker of this folder."""
    config.addinivalue_line("markers", "live: talks to a real Mastra server on loopback")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.live)


@cache
def _why_unavailable(generation: str) -> str | None:
    """Return why no server of this generation can be had, if so; asked once, for npm may take long to give up."""
    try:
        install(generation)
    except ServerUnavailable as reason:
        return str(reason)
    return None


def _started(server: LiveServer) -> LiveServer:
    """Start a server; where none can be had, skip the test, or fail it on CI."""
    if reason := _why_unavailable(server.generation):
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    server.start()
    return server


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Callable[[str], LiveServer]]:
    """A function from a generation to its one server of this test process."""
    with ExitStack() as running:

        @cache
        def start(generation: str) -> LiveServer:
            server = LiveServer(generation)
            running.callback(server.stop)
            return _started(server)

        yield start


@pytest.fixture(scope="session", params=GENERATIONS)
def live_server(request: pytest.FixtureRequest, shared_server: Callable[[str], LiveServer]) -> LiveServer:
    """A server of each generation in turn, shared by all tests of this process."""
    return shared_server(request.param)


@pytest.fixture(scope="session")
def current_server(shared_server: Callable[[str], LiveServer]) -> LiveServer:
    """The server of the current generation, shared by all tests of this process."""
    return shared_server("current")


@pytest.fixture
def start_server() -> Iterator[Callable[..., LiveServer]]:
    """A function with `LiveServer`'s arguments that starts a server for this test alone."""
    with ExitStack() as running:

        def start(generation: str = "current", **options: object) -> LiveServer:
            server = LiveServer(generation, **options)  # type: ignore[arg-type]
            running.callback(server.stop)
            return _started(server)

        yield start
