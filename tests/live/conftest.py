"""Fixtures: a running Mastra server of each generation, started when a test first asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest

from tests.live.install import GENERATIONS, ServerUnavailable, install, missing
from tests.live.server import LiveServer

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker of this folder."""
    config.addinivalue_line("markers", "live: talks to a real Mastra server on loopback")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if _is_live(item):
            item.add_marker(pytest.mark.live)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Have what is missing installed beside the tests that come before ours; whoever needs it sooner waits for it."""
    is_first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
    if (
        is_first
        and not session.config.option.collectonly
        and missing()
        and any(_is_live(item) for item in session.items)
    ):
        command = [sys.executable, "-m", "tests.live.install"]
        # what goes wrong there goes wrong again, and is told, when a test asks for a server
        installing = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def wait() -> None:
            installing.wait()

        session.config.add_cleanup(wait)


def _is_live(item: pytest.Item) -> bool:
    return HERE in item.path.parents


@cache
def _why_unavailable(generation: str) -> str | None:
    """Return why no server of this generation can be had, if so; asked once, for npm may take long to give up."""
    try:
        install(generation)
    except ServerUnavailable as reason:
        return str(reason)
    return None


StartServer = Callable[..., LiveServer]


@contextmanager
def _servers() -> Iterator[StartServer]:
    """Give a function with `LiveServer`'s arguments that starts a server, which ends with this context.

    Where no server can be had, it skips the test, or fails it on CI.
    """
    with ExitStack() as running:

        def start(generation: str = "current", **options: object) -> LiveServer:
            if reason := _why_unavailable(generation):
                if os.environ.get("CI"):
                    pytest.fail(reason, pytrace=False)
                pytest.skip(reason)
            server = LiveServer(generation, **options)  # type: ignore[arg-type]
            running.callback(server.stop)
            server.start()
            return server

        yield start


@pytest.fixture(scope="session")
def shared_server() -> Iterator[StartServer]:
    """A function from a generation to its one server of this test process."""
    with _servers() as start:
        yield cache(start)


@pytest.fixture(scope="module")
def module_server() -> Iterator[StartServer]:
    """A function with `LiveServer`'s arguments that gives the tests of a module the same server for the same ones."""
    with _servers() as start:
        yield cache(start)


@pytest.fixture(scope="session", params=GENERATIONS)
def live_server(request: pytest.FixtureRequest, shared_server: StartServer) -> LiveServer:
    """A server of each generation in turn, shared by all tests of this process."""
    return shared_server(request.param)


@pytest.fixture(scope="session")
def current_server(shared_server: StartServer) -> LiveServer:
    """The server of the current generation, shared by all tests of this process."""
    return shared_server("current")


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """A function with `LiveServer`'s arguments that starts a server for this test alone."""
    with _servers() as start:
        yield start
