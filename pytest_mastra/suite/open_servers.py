"""The servers that are open, whichever fixtures made them: what goes wrong on them fails tests."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mastra.fake.api.problems import MAY_NOT_COME_ABOUT, Section, as_text, find_problems
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from pytest_mastra.http.exchanges import Exchange, ExchangeLog
from pytest_mastra.http.wire import Surface, WireReply, WireRequest
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.suite.markers import needs_of
from pytest_mastra.suite.problems import tell_deaths
from pytest_mastra.suite.scene import BETWEEN, SCENE, Scene
from pytest_mastra.suite.served_server import ServedMastra, take_problems
from pytest_mastra.suite.wide_fixtures import WideFixture

if TYPE_CHECKING:
    from pytest_mastra.suite.scene import Between

SERVERS = "mastra-servers"
"""The name by which the plugin that has the open servers is registered."""

IN_TEST = "@pytest.mark.mastra(allow={!r})"
AT_CLOSE = "mastra_server_factory(allow={!r})"
"""How a test, or a server for all its tests, says that something is meant."""


class OpenServers:
    """The servers that are open, as a plugin of pytest's.

    Strays and errors fail the test in which they came about. A fault fails the test that declares it; one that a
    fixture of a wider scope declares may be met by any test that has the fixture, and is looked at when that ends.

    Args:
        config: pytest's.
        item: The test that is being set up.

    Attributes:
        servers: The servers.
        lasting: What is open until the session ends.
    """

    def __init__(self, config: pytest.Config, item: pytest.Item) -> None:
        self.servers: list[ServedMastra] = []
        self.lasting = contextlib.ExitStack()
        self._config = config
        self._item: pytest.Item | None = item
        self._is_called = os.environ.get("PYTEST_CURRENT_TEST", "").endswith("(call)")
        self._fixtures: list[pytest.FixtureDef[Any]] = []
        self._makers: dict[ServedMastra, pytest.FixtureDef[Any]] = {}
        self._wide: list[WideFixture] = []
        self._of_test = contextlib.ExitStack()
        self._found: list[Section] = []
        self._passed: bool | None = None

    def add(self, server: ServedMastra) -> None:
        """Have a server closed with the fixture, or the test, that makes it."""
        self.servers.append(server)
        server.find_problems = self._take_at_close
        server.lasting.callback(self.servers.remove, server)
        if self._fixtures:
            self._makers[server] = self._fixtures[-1]
            self._fixtures[-1].addfinalizer(lambda: self._finish(server))
        elif self._is_called:
            self._of_test.callback(server.close)
        else:
            self.lasting.callback(self._finish, server)

    def wide_maker_of(self, server: ServedMastra) -> pytest.FixtureDef[Any] | None:
        """Return the fixture that made a server for more than one test, if one did."""
        maker = self._makers.get(server)
        return maker if maker is not None and maker.scope != "function" else None

    def forgive_unused(self) -> None:
        """Have no fixture that ends now tell of faults that did not come about."""
        self._wide.clear()

    @property
    def between(self) -> Between | None:
        """What a sweep has put between the servers and the test that runs, if any."""
        return None if self._item is None else self._item.stash.get(BETWEEN, None)

    def log_for(self, server: ServedMastra) -> ExchangeLog:
        """Return where a request to a server is noted: the log of the test that runs."""
        scene = None if self._item is None else self._scene_of(self._item, server)
        if scene is None or scene.target != "fake":
            # nobody asks for it
            return ExchangeLog()
        if server not in scene.shared:
            scene.shared.append(server)
        return scene.log

    @staticmethod
    def _scene_of(item: pytest.Item, server: ServedMastra | None = None) -> Scene:
        """Return the scene of a test, which gets one if it has none of its own."""
        if SCENE not in item.stash:
            clock = server.clock if server is not None and isinstance(server.clock, VirtualClock) else None
            scene = Scene(item.nodeid, "fake", "" if server is None else server.url, clock)
            scene.between = item.stash.get(BETWEEN, None)
            item.stash[SCENE] = scene
        return item.stash[SCENE]

    # -- pytest's hooks

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Know in which fixture a server is made, and a fault declared."""
        __tracebackhide__ = True
        wide = None if fixturedef.scope == "function" else self._begin(fixturedef, request)
        self._fixtures.append(fixturedef)
        try:
            return (yield)
        finally:
            self._fixtures.pop()
            if wide is not None and wide.note_setup(self.servers):
                self._wide.append(wide)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin with a test."""
        self._item = item
        self._passed = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Know that it is the test itself which makes servers."""
        __tracebackhide__ = True
        self._is_called = True
        try:
            return (yield)
        finally:
            self._is_called = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fail a test that has passed for what went wrong unnoticed."""
        __tracebackhide__ = True
        # before servers are closed with their fixtures
        self._look(item)
        try:
            result = yield
        finally:
            self._look(item)
            self._of_test.close()
        if self._found and self._passed:
            text, self._found = as_text(self._found), []
            pytest.fail(self._redacted(text), pytrace=False)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note how a test ended, and show what went wrong on servers beside another failure."""
        report = yield
        if call.when == "call":
            # its subtests report too
            self._passed = report.passed and self._passed is not False
        if report.failed and call.when != "teardown":
            self._look(item)
            said = "" if call.excinfo is None else str(call.excinfo.value)
            self._found += tell_deaths(server for server in self.servers if server.url in said)
        if report.failed and self._found:
            self._scene_of(item).found += self._found
        if report.failed or call.when == "teardown":
            self._found = []
        if call.when == "teardown":
            self._item = None
        return report

    # -- looking

    def _look(self, item: pytest.Item) -> None:
        """Take what went wrong since the last look."""
        for wide in self._wide:
            wide.note_test(item, passed=bool(self._passed))
        # what has not begun, or has failed to, could not meet any
        unmet = MAY_NOT_COME_ABOUT if self._passed is None else frozenset[str]()
        # what a sweep allows at its points
        allowed = item.stash[SCENE].allowed if SCENE in item.stash else frozenset[str]()
        allowed = needs_of(item).allowed | unmet | allowed
        self._found += take_problems(self.servers, allowed, IN_TEST, of_fixtures=False)

    def _take_at_close(self, server: ServedMastra) -> list[Section]:
        """Take what went wrong on a server that is closed."""
        if self._is_called and self._item is not None:
            return take_problems([server], needs_of(self._item).allowed, IN_TEST, of_fixtures=True)
        return take_problems([server], (), AT_CLOSE, of_fixtures=False)

    def _finish(self, server: ServedMastra) -> None:
        """Close a server, and fail for what went wrong on it."""
        self._makers.pop(server, None)
        if server in self.servers:
            server.close()
            found = self._take_at_close(server)
            if found:
                pytest.fail(self._redacted(as_text(found)), pytrace=False)

    def _begin(self, definition: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> WideFixture:
        """Know what a fixture of a wider scope than a test's declares."""
        wide = WideFixture(definition, request, {server: server.faults.numbers for server in self.servers})
        # called last, when its servers are closed
        definition.addfinalizer(lambda: self._end(wide))
        return wide

    def _end(self, wide: WideFixture) -> None:
        """Fail for a wider fixture's faults and names that none of its tests has met."""
        if wide in self._wide:
            self._wide.remove(wide)
            found = find_problems(
                strays=(),
                errors=(),
                faults=wide.take_unused(),
                names=wide.unused_names(),
                allowed=(),
                how_to_allow=AT_CLOSE,
            )
            if found and wide.met_all_tests():
                pytest.fail(self._redacted(as_text(found)), pytrace=False)

    def _redacted(self, text: str) -> str:
        scene = None if self._item is None else self._item.stash.get(SCENE, None)
        return learn_secrets(() if scene is None else scene.log, self._config).text(text)


def open_servers(config: pytest.Config) -> OpenServers | None:
    """Return the servers of `mastra_server_factory` that are open; None if no test has used it."""
    found: OpenServers | None = config.pluginmanager.get_plugin(SERVERS)
    return found


class SurfaceOfTest:
    """A server as the test that runs asks it: through what its sweep has put between.

    Args:
        servers: Those that are open.
        server: The server.
        in_process: Whether it is asked without a socket.
    """

    def __init__(self, servers: OpenServers, server: ServedMastra, *, in_process: bool) -> None:
        self._servers = servers
        self._server = server
        self._in_process = in_process

    def handle(self, request: WireRequest) -> WireReply:
        """Return the reply to a request, or what becomes of it."""
        between = self._servers.between
        surface: Surface = self._server
        if between is not None:
            surface = between.surround(self._server, in_process=self._in_process)
        return surface.handle(request)


class LogOfTest(ExchangeLog):
    """The log of whichever test runs when a server is asked.

    Args:
        servers: Those that are open.
        server: The server.
    """

    def __init__(self, servers: OpenServers, server: ServedMastra) -> None:
        super().__init__()
        self._servers = servers
        self._server = server

    def begin(self, url: str, request: WireRequest, now: float) -> Exchange:
        """Add a request that is being sent to the test's log."""
        return self._servers.log_for(self._server).begin(url, request, now)
