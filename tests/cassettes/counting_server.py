"""A live server that counts what it is asked."""

from __future__ import annotations

import threading

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.http.wire import WireReply, WireRequest


class Live:
    """A surface before a fake, for tests of recording.

    Attributes:
        server: The fake.
        url: Where it is.
        asked: How many requests have come, but for lists of workflows: the plugin asks for one to see who is there.
    """

    def __init__(self, server: FakeMastra) -> None:
        self.server = server
        self.url = ""
        self.asked = 0
        self._lock = threading.Lock()

    def handle(self, request: WireRequest) -> WireReply:
        if not request.path.endswith("/workflows"):
            with self._lock:
                self.asked += 1
        return self.server.handle(request)

    def since(self, before: int) -> int:
        """Return how many requests have come since there were this many."""
        return self.asked - before
