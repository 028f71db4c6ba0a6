"""What a test runs against: a fake, a live server, or a recording."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from mastra_sync import MastraClient
from mastra_sync.tls import CA_VARIABLE
from pytest_mastra.fake.api.problems import as_text
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from pytest_mastra.http.surface_recorder import WatchedSurface
from pytest_mastra.suite import markers, problems, settings
from pytest_mastra.suite.client_clock import ClientClock, give_clock
from pytest_mastra.suite.declared_server import DeclaredMastra
from pytest_mastra.suite.scene import BETWEEN, SCENE, Between, Scene, SceneCassette
from pytest_mastra.suite.settings import FAKE_URL, URL_VARIABLE, MastraConfig

if TYPE_CHECKING:
    from pytest_mastra.http.wire import Surface
    from pytest_mastra.suite.markers import Needs


@contextlib.contextmanager
def open_scene(request: pytest.FixtureRequest, config: MastraConfig, cassette: SceneCassette | None) -> Iterator[Scene]:
    """Have a test run against its target, and check afterwards that nothing went wrong unseen.

    Args:
        request: Of a fixture of the test.
        config: How the live server is reached.
        cassette: What answers the test, or records it; None if nothing does.

    Raises:
        pytest.skip.Exception: The target is not what the test needs.
        pytest.fail.Exception: The target cannot be reached; or there were strays, swallowed errors or unused faults.
    """
    item = request.node
    target = settings.setting(request.config, "target").value if cassette is None else cassette.target
    needs = markers.needs_of(item)
    scene = _make_scene(item, target, needs, config)
    scene.allowed = needs.allowed
    scene.needed_workflows = needs.needed_workflows
    scene.cassette = cassette
    scene.between = item.stash.get(BETWEEN, None)
    with contextlib.ExitStack() as stack:
        scene.take_over(item.stash.get(SCENE, None))
        item.stash[SCENE] = scene
        if cassette is not None:
            cassette.open(scene)
        try:
            stack.enter_context(_front_of(scene, config))
        except ValueError as error:
            # another front has its address
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        stack.enter_context(_point_clients_at(scene, config))
        yield scene
        found = problems.find_problems(scene) if scene.passed else []
        if cassette is not None:
            cassette.finish(scene, passed=bool(scene.passed) and not found)
        if scene.passed:
            problems.warn_of_overruns(item, scene)
    if found:
        from pytest_mastra.redact.scrubber import learn_secrets  # noqa: PLC0415 -- for tests that fail

        pytest.fail(learn_secrets(scene.log, request.config).text(as_text(found)), pytrace=False)


@contextlib.contextmanager
def serve_on_socket(scene: Scene, server: FakeMastra) -> Iterator[None]:
    """Serve a fake on a free port of this machine too.

    The environment says where meanwhile. A declaration is left alone.
    """
    if scene.target != "fake":
        yield
        return
    from pytest_mastra.fake.fronts.socket import OnSocket  # noqa: PLC0415 -- few tests need it

    before = scene.url, scene.base_url, server.url
    watched = WatchedSurface(scene.surface_for(server, in_process=False), scene.log, "", scene.now)
    with OnSocket(watched) as front, pytest.MonkeyPatch.context() as patch:
        watched.url = scene.url = scene.base_url = server.url = front.url
        patch.setenv(URL_VARIABLE, front.url)
        keep_proxies_from(front.host, patch)
        try:
            yield
        finally:
            scene.url, scene.base_url, server.url = before


def keep_proxies_from(host: str, patch: pytest.MonkeyPatch) -> None:
    """Have requests to a host of this machine go there, whatever proxy the environment names."""
    before = {name: os.environ.get(name, "") for name in ("no_proxy", "NO_PROXY")}
    for name, excepted in before.items():
        # requests and curl look for both, the one in small letters first
        hosts = excepted or next(filter(None, before.values()), "")
        if hosts.strip() != "*":
            patch.setenv(name, f"{hosts},{host}" if hosts else host)


@contextlib.contextmanager
def client_of(scene: Scene, config: MastraConfig) -> Iterator[MastraClient]:
    """Give a client of what a scene runs against."""
    with MastraClient(
        scene.base_url,
        api_prefix=config.api_prefix,
        headers=config.headers,
        token=config.token,
        timeout=config.timeout,
        verify=config.verify,
        cert=config.cert,
        clock=None if scene.clock is None else ClientClock(scene.clock),
    ) as client:
        yield client


def _make_scene(item: pytest.Item, target: str, needs: Needs, config: MastraConfig) -> Scene:
    if target == "live":
        from pytest_mastra.suite import live_server  # noqa: PLC0415 -- it asks a server

        live_server.check(item.config, needs, config)
        address = str(config.url)
        server = DeclaredMastra(
            target, address, generation=config.generation, zod=config.zod, api_prefix=config.api_prefix
        )
        return Scene(item.nodeid, target, _origin(address), servers=[server], base_url=address)
    if target == "replay":
        declared = DeclaredMastra(
            target, FAKE_URL, generation=config.generation, zod=config.zod, api_prefix=config.api_prefix
        )
        return Scene(item.nodeid, target, FAKE_URL, VirtualClock(), servers=[declared])
    generation = needs.generation_of_fakes(config.generation)
    fake = FakeMastra(generation=generation, zod=config.zod, api_prefix=config.api_prefix)
    fake.url = FAKE_URL
    return Scene(item.nodeid, target, FAKE_URL, fake.clock, servers=[fake])


def _front_of(scene: Scene, config: MastraConfig) -> contextlib.AbstractContextManager[object]:
    """Return what makes the target answer, and notes what it is asked."""
    if scene.target == "live" and scene.between is not None:
        return _forward_to_live(scene, scene.between, config)
    if scene.target == "live":
        from pytest_mastra.http.socket_recorder import Wiretap  # noqa: PLC0415 -- only live servers are tapped

        return Wiretap(scene.log, scene.url, scene.now).on_every_session()
    from pytest_mastra.fake.fronts.in_process import InProcess  # noqa: PLC0415 -- `responses` is not needed for live servers

    is_fake = scene.target == "fake"
    surface: Surface = scene.surface_for(scene.server, in_process=True) if is_fake else scene.cassette.surface
    front = InProcess(WatchedSurface(surface, scene.log, scene.url, scene.now), scene.url)
    front.name = "the fixture mastra_server"
    return front


@contextlib.contextmanager
def _forward_to_live(scene: Scene, between: Between, config: MastraConfig) -> Iterator[None]:
    """Have requests to a live server pass through what a sweep has put between."""
    from mastra_sync.tls import TlsSettings  # noqa: PLC0415 -- few live tests are swept
    from pytest_mastra.fake.fronts.in_process import InProcess  # noqa: PLC0415
    from pytest_mastra.http.forwarding import ForwardingSurface  # noqa: PLC0415

    tls = TlsSettings.of(config.verify, config.cert, scene.url, os.environ)
    with contextlib.closing(ForwardingSurface(scene.url, tls)) as live:
        surface = between.surround_live(live, scene.url)
        front = InProcess(WatchedSurface(surface, scene.log, scene.url, scene.now), scene.url)
        front.name = "the sweep on a live server"
        with front:
            yield


@contextlib.contextmanager
def _point_clients_at(scene: Scene, config: MastraConfig) -> Iterator[None]:
    """Point the clients that are made meanwhile at the target, and at its clock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(URL_VARIABLE, scene.base_url)
        if scene.target == "live" and isinstance(config.verify, (str, os.PathLike)):
            patch.setenv(CA_VARIABLE, os.fspath(config.verify))
        with contextlib.nullcontext() if scene.clock is None else give_clock(scene.clock):
            yield


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
