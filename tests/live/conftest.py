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

from tests.items import is_below
from tests.live.install import GENERATIONS, OTHER_HOSTS, SERVERS, ServerUnavailable, install, missing
from tests.live.postgres import Postgres
from tests.live.server import LiveServer, PostgresSchema

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CURRENT = "current"
ONE_GENERATION = os.environ.get("LIVE_GENERATION", "")
"""Of the tests that talk to servers of one generation, only those of this one are run; not said, those of all."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option that puts current servers behind another host."""
    parser.addoption(
        "--live-host",
        choices=[*OTHER_HOSTS],
        help="have this host serve where tests ask for a current server; tests of other generations are left out",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker of this folder."""
    config.addinivalue_line("markers", "live: talks to a real Mastra server on loopback")
    if ONE_GENERATION and ONE_GENERATION not in GENERATIONS:
        raise pytest.UsageError(f"LIVE_GENERATION is one of {', '.join(GENERATIONS)}, not {ONE_GENERATION!r}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark every test of this folder; with another host, leave out what is not about current servers."""
    for item in items:
        if _is_live(item):
            item.add_marker(pytest.mark.live)
    left_out: set[pytest.Item] = set()
    if config.getoption("--live-host", default=None):
        left_out = {item for item in items if not _is_about_current(item)}
    if ONE_GENERATION:
        left_out |= {item for item in items if _is_live(item) and _generations_of(item) - {ONE_GENERATION}}
    if left_out:
        config.hook.pytest_deselected(items=[*left_out])
        items[:] = [item for item in items if item not in left_out]


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
    return is_below(item.path, HERE)


def _generations_of(item: pytest.Item) -> set[object]:
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return {one for one in parameters if isinstance(one, str) and one in GENERATIONS}


def _is_about_current(item: pytest.Item) -> bool:
    return CURRENT in _generations_of(item) or "current_server" in getattr(item, "fixturenames", ())


@cache
def _why_unavailable(name: str) -> str | None:
    """Return why no such server can be had, if so; asked once, for npm may take long to give up."""
    try:
        install(name)
    except ServerUnavailable as reason:
        return str(reason)
    return None


def _require(name: str) -> None:
    if reason := _why_unavailable(name):
        raise ServerUnavailable(reason)


StartServer = Callable[..., LiveServer]


SchemaFor = Callable[[object], PostgresSchema]


@pytest.fixture(scope="session")
def schema_for() -> Iterator[SchemaFor]:
    """A function from a file to the place in Postgres that stands for it, a new one for None."""
    with ExitStack() as running:

        @cache
        def postgres() -> Postgres:
            return running.enter_context(Postgres())

        @cache
        def place_of(file: object) -> PostgresSchema:
            return postgres().new_schema()

        yield lambda file: postgres().new_schema() if file is None else place_of(file)


@pytest.fixture(scope="session")
def start_any(request: pytest.FixtureRequest, schema_for: SchemaFor) -> StartServer:
    """A function with `LiveServer`'s arguments that starts a server, which its caller has to stop.

    Where no server can be had, it skips the test, or fails it on CI.
    """
    chosen = request.config.getoption("--live-host", default=None)

    def start(name: str = CURRENT, **options: object) -> LiveServer:
        name = chosen if chosen and name == CURRENT else name
        try:
            _require(name)
            if SERVERS[name].in_postgres:
                options["database"] = schema_for(options.get("database"))
        except ServerUnavailable as reason:
            if os.environ.get("CI"):
                pytest.fail(str(reason), pytrace=False)
            pytest.skip(str(reason))
        server = LiveServer(name, **options)  # type: ignore[arg-type]
        server.start()
        return server

    return start


@contextmanager
def _servers(start_any: StartServer) -> Iterator[StartServer]:
    """Give a function with `LiveServer`'s arguments that starts a server, which ends with this context."""
    with ExitStack() as running:

        def start(name: str = CURRENT, **options: object) -> LiveServer:
            server = start_any(name, **options)
            running.callback(server.stop)
            return server

        yield start


@pytest.fixture(scope="session")
def shared_server(start_any: StartServer) -> Iterator[StartServer]:
    """A function from a name of `SERVERS` to its one server of this test process."""
    with _servers(start_any) as start:
        yield cache(start)


@pytest.fixture(scope="module")
def module_server(start_any: StartServer) -> Iterator[StartServer]:
    """A function with `LiveServer`'s arguments that gives the tests of a module the same server for the same ones."""
    with _servers(start_any) as start:
        yield cache(start)


@pytest.fixture(scope="session", params=GENERATIONS)
def live_server(request: pytest.FixtureRequest, shared_server: StartServer) -> LiveServer:
    """A server of each generation in turn, shared by all tests of this process."""
    return shared_server(request.param)


@pytest.fixture(scope="session")
def current_server(shared_server: StartServer) -> LiveServer:
    """The server of the current generation, shared by all tests of this process."""
    return shared_server(CURRENT)


@pytest.fixture
def start_server(start_any: StartServer) -> Iterator[StartServer]:
    """A function with `LiveServer`'s arguments that starts a server for this test alone."""
    with _servers(start_any) as start:
        yield start
