"""What a test runs against: a fake, a live server, or a recording; opened for the test and closed after it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from mastra_sync import MastraClient, deadline
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from pytest_mastra.http.surface_recorder import WatchedSurface
from pytest_mastra.report import hooks
from pytest_mastra.suite import markers, problems, settings
from pytest_mastra.suite.client_clock import ClientClock
from pytest_mastra.suite.declared_server import DeclaredMastra
from pytest_mastra.suite.scene import SCENE, Scene
from pytest_mastra.suite.settings import FAKE_URL, URL_VARIABLE, MastraConfig

if TYPE_CHECKING:
    from pytest_mastra.http.wire import Surface
    from pytest_mastra.suite.markers import Needs


@contextlib.contextmanager
def opened(request: pytest.FixtureRequest, config: MastraConfig) -> Iterator[Scene]:
    """Have a test run against its target, and check afterwards that nothing went wrong unseen.

    Raises:
        pytest.skip.Exception: The target is not what the test needs.
        pytest.fail.Exception: The target cannot be reached; or there were stray requests or swallowed errors.
    """
    from pytest_mastra.cassettes.fixture import cassette_of  # noqa: PLC0415 -- it stands above this room

    item = request.node
    target = settings.setting(request.config, "target").value
    cassette = cassette_of(item, target, config)
    wanted = markers.of(item)
    scene = _scene(item, target if cassette is None else cassette.target, wanted, config)
    scene.allowed = wanted.allowed
    scene.cassette = cassette
    with contextlib.ExitStack() as stack:
        item.stash[SCENE] = scene
        hooks.begin(request.config)
        if cassette is not None:
            cassette.open(scene)
        stack.enter_context(_answering(scene))
        stack.enter_context(_known_to_others(scene))
        yield scene
        found = problems.of(scene) if scene.passed else []
        if cassette is not None:
            cassette.finish(scene, passed=bool(scene.passed) and not found)
    if found:
        from pytest_mastra.redact.learned import learned  # noqa: PLC0415 -- for tests that fail

        pytest.fail(learned(scene.log, request.config).text(problems.as_text(found)), pytrace=False)


@contextlib.contextmanager
def on_socket(scene: Scene, server: FakeMastra) -> Iterator[None]:
    """Serve a fake on a free port of this machine too, and have the environment say so; a declaration is left alone."""
    if scene.target != "fake":
        yield
        return
    from pytest_mastra.fake.fronts.socket import OnSocket  # noqa: PLC0415 -- few tests need it

    before = scene.url, scene.base_url, server.url
    watched = WatchedSurface(server, scene.log, "", scene.now)
    with OnSocket(watched) as front, pytest.MonkeyPatch.context() as patch:
        watched.url = scene.url = scene.base_url = server.url = front.url
        patch.setenv(URL_VARIABLE, front.url)
        try:
            yield
        finally:
            scene.url, scene.base_url, server.url = before


@contextlib.contextmanager
def client_of(scene: Scene, config: MastraConfig) -> Iterator[MastraClient]:
    """Give a client of what a scene runs against."""
    with MastraClient(
        scene.base_url,
        api_prefix=config.api_prefix,
        headers=config.headers,
        token=config.token,
        timeout=config.timeout,
        clock=None if scene.clock is None else ClientClock(scene.clock),
    ) as client:
        yield client


def _scene(item: pytest.Item, target: str, wanted: Needs, config: MastraConfig) -> Scene:
    if target == "live":
        from pytest_mastra.suite import live_server  # noqa: PLC0415 -- it asks a server

        live_server.check(item.config, wanted, config)
        address = str(config.url)
        server = DeclaredMastra(target, address, generation=config.generation, api_prefix=config.api_prefix)
        return Scene(item.nodeid, target, _origin(address), servers=[server], base_url=address)
    if target == "replay":
        declared = DeclaredMastra(target, FAKE_URL, generation=config.generation, api_prefix=config.api_prefix)
        return Scene(item.nodeid, target, FAKE_URL, VirtualClock(), servers=[declared])
    generation = wanted.generation_of_fakes(config.generation)
    fake = FakeMastra(generation=generation, api_prefix=config.api_prefix)
    fake.url = FAKE_URL
    return Scene(item.nodeid, target, FAKE_URL, fake.clock, servers=[fake])


def _answering(scene: Scene) -> contextlib.AbstractContextManager[object]:
    """What makes the target answer, and notes what it is asked."""
    if scene.target == "live":
        from pytest_mastra.http.socket_recorder import Wiretap  # noqa: PLC0415 -- only live servers are tapped

        return Wiretap(scene.log, scene.url, scene.now).on_every_session()
    from pytest_mastra.fake.fronts.in_process import InProcess  # noqa: PLC0415 -- `responses` is not needed for live servers

    surface: Surface = scene.server if scene.target == "fake" else scene.cassette.surface
    return InProcess(WatchedSurface(surface, scene.log, scene.url, scene.now), scene.url)


@contextlib.contextmanager
def _known_to_others(scene: Scene) -> Iterator[None]:
    """Point the clients that are made meanwhile at the target, and at its clock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(URL_VARIABLE, scene.base_url)
        if scene.clock is not None:
            patch.setattr(deadline, "default_clock", partial(ClientClock, scene.clock))
        yield


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
