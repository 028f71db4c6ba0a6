"""Fixtures of the live tests, on recordings: the same names, one cassette for each test and generation."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mastra_sync import MastraClient
from pytest_mastra.cassettes.file.paths import safe_name
from pytest_mastra.suite.scene import Scene
from tests.items import is_below
from tests.live.client.conftest import gate, heard, listener  # noqa: F401 -- fixtures
from tests.live.client.hurried_clock import HurriedClock
from tests.live.install import GENERATIONS
from tests.recorded.client.left_out import LEFT_OUT, replayed_index
from tests.recorded.client.server_stand_in import ServerStandIn
from tests.recorded.offline import refuse

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Choose what is replayed, and give each of these tests its generation and its cassette."""
    variants: dict[tuple[str, str], list[pytest.Function]] = {}
    for item in items:
        if is_below(item.path, HERE) and isinstance(item, pytest.Function):
            name = f"{item.path.stem}.{item.originalname}"
            generation = "" if name in LEFT_OUT else str(item.callspec.params["generation"])
            variants.setdefault((name, generation), []).append(item)
    needless = set()
    for (name, generation), found in variants.items():
        chosen = found.pop(replayed_index(name, generation, len(found))) if generation else None
        needless.update(found)
        if chosen is not None:
            chosen.add_marker(pytest.mark.mastra(generation=generation))
            chosen.add_marker(pytest.mark.mastra_cassette(path=_path(chosen, generation)))
    items[:] = [item for item in items if item not in needless]


def _path(item: pytest.Function, generation: str) -> str:
    """Return where the cassette of a test lies, below the folder of all."""
    name = item.name.replace(f"[{generation}-", "[").replace(f"[{generation}]", "")
    return f"client/{generation}/{item.path.stem}/{safe_name(name)}.yaml"


@pytest.fixture(params=GENERATIONS)
def generation(request: pytest.FixtureRequest) -> str:
    """Which generation was recorded: `current`, `1.2` or `1.0-beta`."""
    return str(request.param)


@pytest.fixture(autouse=True)
def no_network(mastra_target: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """On replay nothing may go to the network."""
    if mastra_target.target == "replay":
        monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def live_server(mastra_target: Scene, generation: str) -> ServerStandIn:
    """What of a live server a recording has."""
    return ServerStandIn(mastra_target, generation)


@pytest.fixture
def client(mastra_target: Scene, generation: str) -> Iterator[MastraClient]:
    """A client of what was recorded."""
    with MastraClient(mastra_target.base_url, token="") as client:
        yield client


@pytest.fixture
def hurried_client(mastra_target: Scene, generation: str) -> Iterator[MastraClient]:
    """A client of what was recorded; on a live server it does not sit out its pauses and periods of grace."""
    clock = HurriedClock() if mastra_target.target == "live" else None
    with MastraClient(mastra_target.base_url, token="", clock=clock) as client:
        yield client
