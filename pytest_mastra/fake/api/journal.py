"""What a server records for the test: each request, and what each run went through."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mastra_sync.attributes import tells_missing
from pytest_mastra.fake.engine.event_stream import STREAM_BEGINS
from pytest_mastra.fake.engine.recent import Recent
from pytest_mastra.fake.engine.store import FRESH_RUNS
from pytest_mastra.fake.engine.walks import Cause, Walk
from pytest_mastra.fake.workflows.javascript import UNDEFINED, packed, unpacked
from pytest_mastra.redact.names import MASK, is_sensitive


@dataclass(slots=True, repr=False)
class Request:
    """One request that came in.

    Attributes:
        method: In capitals.
        path: Percent-encoded, as it came.
        query: The query, decoded; a name that was given twice has a list.
        headers: As they were sent; requests that were sent with equal ones share them.
        body: The body, parsed if it was JSON.
        verb: Mastra's name of the route, None if there is none.
        workflow_id: The workflow that was named.
        run_id: The run that was named.
        status: What was answered.
        stray: Why the request met nothing, and what came nearest; None if it met something.
    """

    method: str
    path: str
    query: dict[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = UNDEFINED
    verb: str | None = None
    workflow_id: str | None = None
    run_id: str | None = None
    status: int = 0
    stray: str | None = None

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(
            **dict.fromkeys(("json", "data", "text", "content", "payload"), "body"),
            **dict.fromkeys(("url", "route"), "path"),
            **dict.fromkeys(("params", "args"), "query"),
            input_data='body["inputData"]',
            status_code="status",
        )

    def __repr__(self) -> str:
        query = f"?{masked(self.query)}" if self.query else ""
        body = "" if self.body is UNDEFINED else f" {masked(self.body)}"
        return f"<Request {self.method} {self.path}{query}{body} -> {self.status}>"


class RunNotes:
    """What one run went through.

    Args:
        workflow_id: Its workflow.
        run_id: Its id.

    Attributes:
        is_asked_for: Whether a request made it; runs of nested workflows are made by others.
        did_work: Whether it had succeeded already, or a step was executed, when it was cancelled.
        walks: What its graph was walked for, in the order of the requests.
    """

    __slots__ = (
        "_records",
        "cancels",
        "did_work",
        "is_asked_for",
        "polls",
        "resumes",
        "run_id",
        "starts",
        "walks",
        "workflow_id",
    )

    def __init__(self, workflow_id: str, run_id: str) -> None:
        self.workflow_id = workflow_id
        self.run_id = run_id
        self.starts: list[dict[str, Any]] = []
        self.resumes: list[dict[str, Any]] = []
        self.walks: list[Walk] = []
        self.is_asked_for = False
        self.did_work = False
        self.cancels = 0
        self.polls = 0
        self._records: list[dict[str, Any]] | bytes = []

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its events, streamed or not, and the beginnings of its streams among them."""
        if isinstance(self._records, bytes):
            self._records = unpacked(self._records)
        return self._records  # type: ignore[return-value]

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its events, streamed or not."""
        return [record for record in self.records if record["type"] != STREAM_BEGINS]

    def new_walk(self, cause: Cause) -> Walk:
        """Return where it is noted what comes of a request to walk the run's graph."""
        walk = Walk(cause, self.workflow_id, self.run_id, self.walks)
        self.walks.append(walk)
        return walk

    def pack(self) -> None:
        """Take as little room as may be."""
        if not isinstance(self._records, bytes):
            self._records = packed(self._records)


class Journal:
    """Everything that is recorded for the test."""

    def __init__(self) -> None:
        self.requests: Recent[Request] = Recent()
        self._runs: dict[tuple[str, str], RunNotes] = {}
        self._fresh: deque[RunNotes] = deque()
        self._known_headers = lru_cache(maxsize=64)(dict[str, str])

    def shared_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return a request's headers, the same object for equal ones: many requests have the same."""
        return self._known_headers(tuple(headers.items()))

    def run(self, workflow_id: str, run_id: str) -> RunNotes:
        """Return the notes of a run."""
        key = (workflow_id, run_id)
        notes = self._runs.get(key)
        if notes is None:
            notes = self._runs[key] = RunNotes(workflow_id, run_id)
            self._fresh.append(notes)
            if len(self._fresh) > FRESH_RUNS:
                self._fresh.popleft().pack()
        return notes

    def scheduled_walk(self, workflow_id: str, run_id: str, given: dict[str, Any]) -> Walk:
        """Return where it is noted what comes of a run that a schedule starts."""
        notes = self.run(workflow_id, run_id)
        notes.starts.append(given)
        return notes.new_walk(Cause.START)

    def runs(self, workflow_id: str) -> list[RunNotes]:
        """Return the notes of a workflow's runs, in the order in which they were first seen."""
        return [notes for notes in self._runs.values() if notes.workflow_id == workflow_id]

    def all_runs(self) -> list[RunNotes]:
        """Return the notes of all runs, in the order in which they were first seen."""
        return list(self._runs.values())

    def note_death(self, is_dead: bool) -> None:  # noqa: FBT001 -- as processes tell it
        """Note that the server has died: what it had not come to yet, it never refused."""
        for notes in self._runs.values() if is_dead else ():
            for walk in notes.walks:
                walk.is_blind = walk.is_blind and walk.has_begun

    def forget_run(self, workflow_id: str, run_id: str) -> None:
        """Drop the notes of a run."""
        self._runs.pop((workflow_id, run_id), None)

    def note_event(self, workflow_id: str, run_id: str, event: dict[str, Any]) -> None:
        """Note an event of a run, or that a stream of it begins."""
        if event["type"] != "workflow-step-finish":
            self.run(workflow_id, run_id).records.append(event)


def masked(value: Any) -> Any:
    """Return a value without what looks like a secret by its name."""
    if isinstance(value, dict):
        return {key: MASK if is_sensitive(str(key)) else masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value
