"""The plainest calls to a fake server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.http.wire import WireRequest

JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Told:
    """What a server answered."""

    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(record) for record in self.body.split(b"\x1e") if record.strip()]


def call(server: FakeMastra, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Told:
    """Make a call and read the whole answer."""
    sent = b"" if body is None else json.dumps(body).encode()
    reply = server.handle(WireRequest(method, "/api" + path, {**JSON, **(headers or {})}, sent))
    return Told(reply.status, reply.body if isinstance(reply.body, bytes) else b"".join(reply.body))


def post(server: FakeMastra, workflow: str, verb: str, run_id: str, body: Any = None) -> Told:
    """Call a verb of a run."""
    return call(server, "POST", f"/workflows/{quote(workflow, safe='')}/{verb}?runId={run_id}", body or {})


def run_state(server: FakeMastra, workflow: str, run_id: str) -> Any:
    """Read a run."""
    return call(server, "GET", f"/workflows/{quote(workflow, safe='')}/runs/{run_id}").json()
