"""Serving a fake server until somebody stops it: what `mastra-sync serve` does."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.http.wire import Surface

BETWEEN_LOOKS = 0.05
"""Seconds."""

DEFAULT_PORT = 4111
"""Where `mastra dev` listens, and what clients take for granted."""


def serve(
    server: Surface,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    *,
    announce: Callable[[str], object] = lambda _: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Serve a fake server on a port of this machine until Ctrl-C.

    Its time is its own: made with `FakeMastra(clock=RealClock())`, what sleeps takes as long as it says; with virtual
    time, which is the default, nothing is waited for.

    Args:
        server: What answers.
        host: A loopback address.
        port: 0 takes a free one.
        announce: Called with the address once it is served.
        meanwhile: Called twenty times a second; `FakeMastra.catch_up` lets runs in real time go on between requests.

    Raises:
        OSError: The port is taken.
        ValueError: The host is not loopback.
    """
    with OnSocket(server, host=host, port=port) as front, contextlib.suppress(KeyboardInterrupt):
        announce(front.url)
        while not threading.Event().wait(BETWEEN_LOOKS):
            meanwhile()
