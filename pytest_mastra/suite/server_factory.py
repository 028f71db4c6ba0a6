"""The fixture `mastra_server_factory`: fake servers for fixtures of any scope."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pytest

from mastra_sync.keywords import takes
from pytest_mastra.fake.virtual_time.clock import ServerClock, VirtualClock
from pytest_mastra.fake.virtual_time.pace import Pace
from pytest_mastra.fake.workflows.arguments import check_truth
from pytest_mastra.http.surface_recorder import WatchedSurface
from pytest_mastra.suite import settings
from pytest_mastra.suite.client_clock import give_clock
from pytest_mastra.suite.declared_server import skip
from pytest_mastra.suite.open_servers import SERVERS, LogOfTest, OpenServers, SurfaceOfTest
from pytest_mastra.suite.served_server import ServedMastra
from pytest_mastra.suite.settings import MastraConfig
from pytest_mastra.suite.targets import keep_proxies_from

if TYPE_CHECKING:
    from pytest_mastra.fake.fronts.socket import OnSocket

_numbers = itertools.count(1)
"""No two servers of a process have one address, whichever session they are of."""


class MastraServerFactory:
    """Makes fake servers that any fixture may have, each at an address of its own.

    A server is closed with the fixture, or the test, in which it was made; the code between them may use it.

    Args:
        config: pytest's.
        usual: How clients reach the servers, and what these behave like, where nothing is said.
        servers: Those that are open.
    """

    def __init__(self, config: pytest.Config, usual: MastraConfig, servers: OpenServers) -> None:
        self._config = config
        self._usual = usual
        self._servers = servers

    @takes()
    def __call__(
        self,
        *,
        generation: str | None = None,
        zod: str | None = None,
        clock: ServerClock | None = None,
        pace: Pace | None = None,
        token: str | None = None,
        api_prefix: str | None = None,
        body_limit: int | None = None,
        patience: float | None = None,
        seed: int | None = None,
        on_socket: bool = False,
        allow: str | Iterable[str] = (),
    ) -> ServedMastra:
        """Return a new server, which answers at its `url`.

        Args:
            generation: As for `FakeMastra`; by default what `mastra_config` says.
            zod: As for `FakeMastra`; by default what `mastra_config` says.
            clock: As for `FakeMastra`; by default virtual time, also for each client that is made for its address.
            pace: As for `FakeMastra`.
            token: As for `FakeMastra`.
            api_prefix: As for `FakeMastra`; by default what `mastra_config` says.
            body_limit: As for `FakeMastra`.
            patience: As for `FakeMastra`.
            seed: As for `FakeMastra`; by default another one for each server, so that no two make up the same ids.
            on_socket: Whether it is on a port of this machine, for other processes and languages.
            allow: What may happen on it that would fail a test: `strays`, `step_errors`, `unused_faults`,
                `unused_names`.

        Raises:
            pytest.skip.Exception: The tests do not run against fakes.
            TypeError: An argument is of the wrong kind.
            ValueError: An argument is out of range, or there is no such generation, or no such thing to allow.
        """
        target = settings.setting(self._config, "target").value
        if target != "fake":
            skip(f"mastra_server_factory makes fakes; this test ran with --mastra-target={target}")
        check_truth(on_socket, "on_socket")
        number = next(_numbers)
        server = ServedMastra(
            self._usual,
            allow,
            is_on_socket=on_socket,
            generation=self._usual.generation if generation is None else generation,
            zod=self._usual.zod if zod is None else zod,
            clock=clock,
            pace=pace,
            token=token,
            api_prefix=self._usual.api_prefix if api_prefix is None else api_prefix,
            body_limit=body_limit,
            patience=patience,
            seed=number if seed is None else seed,
        )
        surface = SurfaceOfTest(self._servers, server, in_process=not on_socket)
        watched = WatchedSurface(surface, LogOfTest(self._servers, server), "", server.clock.now)
        watched.url = server.url = _open_front(server, watched, f"http://mastra-{number}.test", on_socket=on_socket)
        if isinstance(server.clock, VirtualClock):
            server.lasting.enter_context(give_clock(server.clock, server.url))
        self._servers.add(server)
        return server

    def __repr__(self) -> str:
        return f"<mastra_server_factory {self._servers.servers}>"


def _open_front(server: ServedMastra, watched: WatchedSurface, url: str, *, on_socket: bool) -> str:
    """Have a server answer until it is closed, and return where."""
    if not on_socket:
        from pytest_mastra.fake.fronts.in_process import InProcess  # noqa: PLC0415 -- one of the two will do

        return server.lasting.enter_context(InProcess(watched, url)).url
    from pytest_mastra.fake.fronts.socket import OnSocket  # noqa: PLC0415

    front: OnSocket = server.lasting.enter_context(OnSocket(watched))
    keep_proxies_from(front.host, server.lasting.enter_context(pytest.MonkeyPatch.context()))
    return front.url


@contextlib.contextmanager
def open_factory(request: pytest.FixtureRequest) -> Iterator[MastraServerFactory]:
    """Give the factory, and have tests fail for what goes wrong unnoticed on its servers.

    Args:
        request: Of the fixture.
    """
    servers = OpenServers(request.config, request._pyfuncitem)  # noqa: SLF001 -- the test that is being set up
    request.config.pluginmanager.register(servers, SERVERS)
    try:
        with servers.lasting:
            yield MastraServerFactory(request.config, _usual_config(request), servers)
    finally:
        request.config.pluginmanager.unregister(servers)


def _usual_config(request: pytest.FixtureRequest) -> MastraConfig:
    """Return what `mastra_config` gives, or the options say if that is not the session's."""
    manager, item = request._fixturemanager, request._pyfuncitem  # noqa: SLF001 -- there is no other way
    known = manager.getfixturedefs("mastra_config", item)
    if known and known[-1].scope == "session":
        config: MastraConfig = request.getfixturevalue("mastra_config")
        return config
    return settings.config_of(request.config)
