"""The plainest HTTP calls to a server, for tests that must not depend on the client under test."""

from __future__ import annotations

import http.client
import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.live.server import LiveServer

TIMEOUT = 30.0


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    status: int
    content_type: str | None
    body: bytes

    def json(self) -> Any:
        """Return the body, decoded."""
        return json.loads(self.body)


def call(
    server: LiveServer,
    method: str,
    path: str,
    body: object = None,
    *,
    headers: dict[str, str] | None = None,
) -> Reply:
    """Send one request; `path` starts after the API prefix."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
    try:
        connection.request(
            method,
            server.api_prefix + path,
            None if body is None else json.dumps(body),
            {"content-type": "application/json", **(headers or {})},
        )
        reply = connection.getresponse()
        return Reply(reply.status, reply.getheader("content-type"), reply.read())
    finally:
        connection.close()


def new_run_id() -> str:
    """Return a run id that no other test uses."""
    return str(uuid.uuid4())


def post(server: LiveServer, workflow: str, route: str, run_id: str, body: object = None) -> Reply:
    """Call a route of a run, e.g. `start-async`."""
    return call(server, "POST", f"/workflows/{quote(workflow, safe='')}/{route}?runId={run_id}", body or {})


def execute(server: LiveServer, workflow: str, input_data: object, run_id: str | None = None) -> Any:
    """Run a workflow to its end or first suspension and return the result as the server puts it."""
    reply = post(server, workflow, "start-async", run_id or new_run_id(), {"inputData": input_data})
    assert reply.status == http.client.OK, reply
    return reply.json()
