"""Saying the same requests to one server after the other, and keeping what was said as exchanges."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.http.exchanges import Exchange, ExchangeLog
from pytest_mastra.http.surface_recorder import WatchedSurface
from pytest_mastra.http.wire import WireRequest
from tests.conformance.transcript import Transcript, dump

URL = "http://mastra.test"
JSON = {"content-type": "application/json"}


class Said:
    """What is said to a fake, noted.

    Args:
        server: The fake.
    """

    def __init__(self, server: FakeMastra) -> None:
        self.log = ExchangeLog()
        self._surface = WatchedSurface(server, self.log, URL, server.clock.now)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Make a call; return what was answered, records of a stream as a list."""
        sent = b"" if body is None else json.dumps(body).encode()
        return self.send(WireRequest(method, f"/api{path}", JSON, sent))

    def send(self, request: WireRequest) -> Any:
        """Send a request and read the whole answer."""
        reply = self._surface.handle(request)
        if reply.is_stream:
            assert not isinstance(reply.body, bytes)
            body = b"".join(reply.body)
            return [json.loads(record) for record in body.split(b"\x1e") if record.strip() and b"[DONE]" not in record]
        assert isinstance(reply.body, bytes)
        return json.loads(reply.body) if reply.body else None

    def post(self, workflow: str, verb: str, run_id: str, body: Any = None) -> Any:
        """Call a verb of a run."""
        return self.call(
            "POST", f"/workflows/{quote(workflow, safe='')}/{verb}?runId={quote(run_id, safe='')}", body or {}
        )

    def read(self, workflow: str, run_id: str, query: str = "") -> Any:
        """Read a run."""
        return self.call("GET", f"/workflows/{quote(workflow, safe='')}/runs/{run_id}{query}")

    @property
    def exchanges(self) -> list[Exchange]:
        """What was said."""
        return list(self.log)


def said_again(server: FakeMastra, exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Send recorded requests to a fake, one after the other; return what was said."""
    said = Said(server)
    for exchange in exchanges:
        said.send(exchange.request)
    return said.exchanges


def transcript(generation: str, exchanges: Iterable[Exchange]) -> str:
    """Return exchanges as a text in which ids and times have other names; all else counts, even the order of keys."""
    told = Transcript(generation)
    for exchange in exchanges:
        request = exchange.request
        sent = request.body.decode() if request.body else None
        told.add(
            f"{request.method} {request.target}", sent, exchange.status, exchange.header("content-type"), exchange.body
        )
    return dump(told.as_json())
