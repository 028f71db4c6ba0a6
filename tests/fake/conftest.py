"""Fixtures: a surface behind each front."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from pytest_mastra.fake.fronts.in_process import InProcess
from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.http.wire import Surface

FRONTS: dict[str, type[InProcess | OnSocket]] = {"in process": InProcess, "on a socket": OnSocket}


@pytest.fixture(params=FRONTS)
def serve(request: pytest.FixtureRequest) -> Iterator[Callable[[Surface], str]]:
    """A function that puts a surface behind each front in turn and returns its address."""
    with ExitStack() as running:

        def serve(surface: Surface) -> str:
            front = FRONTS[request.param](surface)
            front.start()
            running.callback(front.stop)
            return front.url

        yield serve


@pytest.fixture
def serve_twice() -> Iterator[Callable[[Surface, Surface], list[str]]]:
    """A function that puts two surfaces behind one front each and returns both addresses."""
    with ExitStack() as running:

        def serve(here: Surface, there: Surface) -> list[str]:
            in_process = running.enter_context(InProcess(here))
            on_a_socket = running.enter_context(OnSocket(there))
            return [in_process.url, on_a_socket.url]

        yield serve
