"""A client whose requests go to a function of the test instead of a server."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from mastra_sync import MastraClient
from mastra_sync.deadline import Deadline
from mastra_sync.error_replies import Reply
from mastra_sync.request import Request, Timeouts
from mastra_sync.transport import ByteStream

Answer = Callable[[Request], Any]
"""Makes a reply out of a request: a `Reply`, or what a reply with status 200 holds."""


class InstantClock:
    """Time that stands still but for sleeps, which are over at once."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class ScriptedTransport:
    """Hands each request to a function and remembers it."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.requests: list[Request] = []

    @property
    def routes(self) -> list[str]:
        return [f"{request.method} {request.url.partition('/api')[2]}" for request in self.requests]

    def exchange(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply:
        self.requests.append(request)
        answer = self._answer(request)
        return answer if isinstance(answer, Reply) else reply(answer)

    def open_stream(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply | ByteStream:
        return self.exchange(request, timeouts, deadline)

    def close(self) -> None:
        pass


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a reply with a JSON body."""
    return Reply(status, headers or {}, json.dumps(value).encode())


def client_of(answer: Answer, **settings: Any) -> tuple[MastraClient, ScriptedTransport]:
    """Return a client whose requests a function answers, and the transport that remembers them."""
    transport = ScriptedTransport(answer)
    client = MastraClient("http://mastra.test", clock=InstantClock(), **settings)
    client.api = dataclasses.replace(client.api, transport=transport)
    return client, transport


class Runs:
    """Answers like a current server whose workflows end at once.

    Args:
        ending: Makes what a started run ends as, out of its input: fields of run-by-id.
    """

    def __init__(self, ending: Callable[[Any], Mapping[str, Any]]) -> None:
        self._ending = ending
        self._lock = threading.Lock()
        self.by_id: dict[str, dict[str, Any]] = {}

    @property
    def started(self) -> list[Any]:
        """The inputs of the runs that were started, in that order."""
        return [run["payload"] for run in self.by_id.values() if run["status"] != "pending"]

    def __call__(self, request: Request) -> Any:
        route = request.url.rpartition("/")[2]
        with self._lock:
            if route == "create-run":
                run_id = dict(request.query)["runId"]
                self.by_id.setdefault(run_id, {"runId": run_id, "status": "pending", "suspendedPaths": {}})
                return {"runId": run_id}
            if route == "start":
                run = self.by_id.pop(dict(request.query)["runId"])
                given = json.loads(request.body or b"{}").get("inputData")
                self.by_id[run["runId"]] = {**run, "payload": given, **self._ending(given)}
                return {"message": "Workflow run started"}
            run = self.by_id.get(unquote(route), {})
            return run or reply({"error": "Workflow run not found"}, 404)
