"""A server with one scripted workflow, over real HTTP, for what real servers cannot be made to do."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from typing_extensions import Self

RECORD_END = b"\x1e"
STREAMS = ("stream", "resume-stream", "observe")


@dataclass
class Script:
    """What the workflow does.

    Attributes:
        events: What a stream sends, before its `workflow-finish`; bytes are sent as they are.
        state: What run-by-id says of a run that was started.
        details: What is told of the workflow.
        finish: The payload of `workflow-finish`.
        cut: True ends the stream before its finish, with nothing to replay.
        refusal: Status and body that answer every request instead.
    """

    events: list[dict[str, Any] | bytes] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=lambda: {"status": "success", "result": {"done": True}})
    details: dict[str, Any] = field(default_factory=dict)
    finish: dict[str, Any] = field(default_factory=lambda: {"workflowStatus": "success"})
    cut: bool = False
    refusal: tuple[int, Any] | None = None


@dataclass(frozen=True)
class Received:
    """One request."""

    method: str
    route: str
    headers: Mapping[str, str]
    body: Any


class StubServer:
    """Serves the workflow `scripted` on a free port of loopback, and remembers what it was asked."""

    workflow_id = "scripted"

    def __init__(self) -> None:
        self.script = Script()
        self.received: list[Received] = []
        self.runs: dict[str, dict[str, Any]] = {}
        self.go_on = threading.Event()
        self.go_on.set()
        self._http = _Http(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_on.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def starts(self) -> list[Received]:
        """Return the requests that made a run execute."""
        return [request for request in self.received if request.route in ("stream", "resume-stream")]

    def answer(self, request: Received, path: str, run_id: str) -> tuple[int, Any]:
        """Return the status and the JSON for anything but a stream."""
        if self.script.refusal is not None:
            return self.script.refusal
        if not (path.endswith("/workflows") or f"/workflows/{self.workflow_id}/" in f"{path}/"):
            return 404, {"error": "Workflow not found"}
        if request.route == "create-run":
            self.runs.setdefault(run_id, {"runId": run_id, "status": "pending", "steps": {}, "suspendedPaths": {}})
        known = {
            "create-run": {"runId": run_id},
            "workflows": {"scriptedKey": self._details()},
            self.workflow_id: self._details(),
            "runs": {"runs": list(self.runs.values()), "total": len(self.runs)},
            "cancel": {"message": "Workflow run cancelled"},
            **self.runs,
        }
        return (200, known[request.route]) if request.route in known else (404, {"error": "Workflow run not found"})

    def start(self, run_id: str) -> None:
        self.runs.setdefault(run_id, {"runId": run_id, "suspendedPaths": {}}).update(status="running", steps={})

    def settle(self, run_id: str) -> None:
        self.runs[run_id].update({"steps": {}, **self.script.state})

    def _details(self) -> dict[str, Any]:
        return {"name": self.workflow_id, "steps": {}, "allSteps": {}, "stepGraph": [], **self.script.details}


class _Http(ThreadingHTTPServer):
    def __init__(self, stub: StubServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stub = stub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that go away in the middle are what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""

    @property
    def _stub(self) -> StubServer:
        assert isinstance(self.server, _Http)
        return self.server.stub

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Received(
            self.command, path.rpartition("/")[2], dict(self.headers), json.loads(text) if text else None
        )
        self._stub.received.append(request)
        run_id = parse_qs(parts.query).get("runId", [""])[0]
        if not path.startswith("/api/workflows"):
            self._reply(404, "text/plain", b"404 Not Found")
        elif request.route in STREAMS and self._stub.script.refusal is None:
            self._stream(request.route, run_id)
        else:
            status, value = self._stub.answer(request, path, run_id)
            self._reply(status, "application/json", json.dumps(value).encode())

    def _stream(self, route: str, run_id: str) -> None:
        stub = self._stub
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        if route == "observe":
            return
        stub.start(run_id)
        self._send({"type": "workflow-start", "payload": {"workflowId": stub.workflow_id}}, run_id)
        for event in stub.script.events:
            self._send(event, run_id)
        stub.go_on.wait()
        stub.settle(run_id)
        if not stub.script.cut:
            self._send({"type": "workflow-finish", "payload": stub.script.finish}, run_id)

    def _send(self, event: dict[str, Any] | bytes, run_id: str) -> None:
        if not isinstance(event, bytes):
            event = json.dumps({"runId": run_id, "from": "WORKFLOW", **event}).encode()
        self.wfile.write(event + RECORD_END)

    def _reply(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def step(what: str, step_id: str, **payload: Any) -> dict[str, Any]:
    """Return an event of a step: `start`, `result`, `suspended`, `output`, ..."""
    return {"type": f"workflow-step-{what}", "payload": {"id": step_id, "stepName": step_id, **payload}}
