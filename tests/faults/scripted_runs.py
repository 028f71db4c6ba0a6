"""A run as scripted servers tell of it, and the verbs that move one on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from socket import socket
from typing import Any

from mastra_sync import MastraClient, Run, Workflow
from mastra_sync.run_api import RunApi
from tests.faults.wire_server import Answer, Received, WireServer, chunk, head, json_reply

WORKFLOW = "w"
RUN_ID = "r-1"

START_RECORD = {"type": "workflow-start", "runId": RUN_ID, "from": "WORKFLOW", "payload": {"workflowId": WORKFLOW}}
FINISH_RECORD = {
    "type": "workflow-finish",
    "runId": RUN_ID,
    "from": "WORKFLOW",
    "payload": {"workflowStatus": "success", "metadata": {}},
}


def reading(status: str, second: int = 0, **fields: Any) -> dict[str, Any]:
    """What run-by-id of a current server answers; the last change was in this second."""
    moment = f"2026-01-31T12:00:{second:02}.000Z"
    answer: dict[str, Any] = {
        "runId": RUN_ID,
        "workflowName": WORKFLOW,
        "resourceId": None,
        "createdAt": "2026-01-31T12:00:00.000Z",
        "updatedAt": moment,
        "status": status,
        "steps": {},
        "activeStepsPath": {},
        "serializedStepGraph": [{"type": "step", "step": {"id": "q", "canSuspend": True}}],
        "suspendedPaths": {},
        "resumeLabels": {},
        "waitingPaths": {},
    }
    if status == "suspended":
        answer["steps"] = {"q": {"status": "suspended", "payload": {}, "suspendPayload": {"ask": "q?"}}}
        answer["suspendedPaths"] = {"q": [0]}
    if status == "success":
        answer["result"] = {"done": True}
    return answer | fields


def record(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\x1e"


@dataclass(frozen=True)
class Verb:
    """A verb that moves a run on: its route, the status that it needs, and how it is called."""

    name: str
    route: str
    status: str
    call: Callable[[Run, dict[str, Any]], Any]

    @property
    def holds(self) -> bool:
        return self.name.endswith("_async")

    @property
    def streams(self) -> bool:
        return self.name.endswith("stream")


VERBS = [
    Verb("start", "/start", "pending", lambda run, limits: run.start({})),
    Verb("start_async", "/start-async", "pending", lambda run, limits: run.start_async({}, **limits)),
    Verb("stream", "/stream", "pending", lambda run, limits: run.stream({}, **limits)),
    Verb("resume", "/resume", "suspended", lambda run, limits: run.resume({"a": 1})),
    Verb("resume_async", "/resume-async", "suspended", lambda run, limits: run.resume_async({"a": 1}, **limits)),
    Verb("resume_no_wait", "/resume-no-wait", "suspended", lambda run, limits: run.resume_no_wait({"a": 1})),
    Verb("resume_stream", "/resume-stream", "suspended", lambda run, limits: run.resume_stream({"a": 1}, **limits)),
    Verb("restart", "/restart", "running", lambda run, limits: run.restart()),
    Verb("restart_async", "/restart-async", "running", lambda run, limits: run.restart_async(**limits)),
    Verb("time_travel", "/time-travel", "success", lambda run, limits: run.time_travel("q")),
    Verb(
        "time_travel_async", "/time-travel-async", "success", lambda run, limits: run.time_travel_async("q", **limits)
    ),
    Verb(
        "time_travel_stream",
        "/time-travel-stream",
        "success",
        lambda run, limits: run.time_travel_stream("q", **limits),
    ),
]


def run_of(client: MastraClient, verb: Verb) -> Run:
    """Return a handle on the run that a verb is for."""
    workflow = client.get_workflow(WORKFLOW)
    return workflow.create_run(RUN_ID) if verb.status == "pending" else workflow.get_run(RUN_ID)


def fresh_run(client: MastraClient) -> Run:
    """Return a handle on a run that nobody can have started, without asking the server."""
    return fresh_run_of(client.get_workflow(WORKFLOW))


def fresh_run_of(workflow: Workflow) -> Run:
    """Return a handle on a run of this workflow that nobody can have started, without asking the server."""
    return Run(RunApi(workflow.api, WORKFLOW, RUN_ID), fresh=True)


class ScriptedRun:
    """One run on a scripted server: it stands still until a verb moves it, and then has succeeded.

    Args:
        server: Where it is read.
        before: Its status before.
        after: Its status after.
    """

    def __init__(self, server: WireServer, before: str, after: str = "success") -> None:
        self._before = before
        self._after = after
        self._moved = threading.Event()
        server.on("POST", "/create-run", json_reply({"runId": RUN_ID}))
        server.on("GET", f"/runs/{RUN_ID}", self._read)
        server.on("POST", "/observe", self._observe)

    def move(self, connection: socket | None = None) -> None:
        """An action of a script: the verb takes effect."""
        self._moved.set()

    def _read(self, request: Received) -> Answer:
        return json_reply(reading(self._after, second=9) if self._moved.is_set() else reading(self._before))

    def _observe(self, request: Received) -> Answer:
        events = [START_RECORD, FINISH_RECORD] if self._moved.is_set() else []
        pieces = [chunk(record(event)) for event in events]
        return (head(200, {"Content-Type": "text/plain", "Transfer-Encoding": "chunked"}), *pieces, b"0\r\n\r\n")
