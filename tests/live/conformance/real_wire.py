"""A real server as scenarios of the conformance corpus talk to it."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable
from typing import Any

from tests.conformance.conversation import TIMEOUT, Answer, ignore
from tests.live.server import LiveServer


class RealWire:
    """A real server.

    Args:
        server: Which.
        timeout: Seconds that it may take for any part of an answer.
    """

    def __init__(self, server: LiveServer, timeout: float = TIMEOUT) -> None:
        self._server = server
        self._timeout = timeout
        self.generation = server.generation
        self._has_died = False

    def send(
        self, method: str, path: str, headers: dict[str, str], body: bytes, on_first: Callable[[], None] = ignore
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=self._timeout)
        status, content_type, came = 0, None, b""
        try:
            connection.request(method, self._server.api_prefix + path, body or None, headers)
            reply = connection.getresponse()
            status, content_type = reply.status, _without_charset(reply.getheader("content-type"))
            came = reply.read1()
            on_first()
            while piece := reply.read1():
                came += piece
        except (ConnectionError, http.client.HTTPException):
            if not self._has_died:
                raise
            return Answer(status, content_type, came, is_cut=True)
        finally:
            connection.close()
        return Answer(status, content_type, came)

    def declare_graph(self, graph: dict[str, Any]) -> None:
        self._server.declare_graphs([graph])

    def wait_for_gate(self, name: str, count: int) -> None:
        self._server.wait_for_gate(name, count)

    def open_gate(self, name: str) -> None:
        self._server.open_gate(name)

    def hold_time(self) -> None:
        """Real sleeps last anyway."""

    def let_time_pass(self, seconds: float) -> None:
        """Time passes anyway."""

    def rest(self, seconds: float) -> None:
        time.sleep(seconds)

    def die(self) -> None:
        self._has_died = True
        self._server.kill()

    def revive(self) -> None:
        self._server.start()

    def executions(self, run_id: str) -> dict[str, int]:
        return self._server.executions(run_id)


def _without_charset(content_type: str | None) -> str | None:
    """Return a type as hono writes it: Express and Fastify say behind JSON's that it is UTF-8, which it always is."""
    return content_type and re.sub(r"^(application/json); ?charset=utf-8$", r"\1", content_type, flags=re.IGNORECASE)
