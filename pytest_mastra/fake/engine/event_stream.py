"""The records of a run's stream, and what is kept of them for later readers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from pytest_mastra.fake.engine.token_usage import as_told, counted
from pytest_mastra.fake.virtual_time.clock import ServerClock
from pytest_mastra.fake.workflows.errors import Refusal, request_error
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.fake.workflows.javascript import dumps, present

Record = dict[str, Any]

RECORD_END = b"\x1e"

STREAM_BEGINS = "workflow-start"
"""Type of a stream's first record, which is no event of the run."""

HISTORY_SECONDS = 300.0
"""How long a server keeps the records of a run after the last of them."""

HISTORY_RUNS = 1000


class Reader:
    """One reader of a stream: its records that are there, and whether more may come."""

    __slots__ = ("closed", "records")

    def __init__(self, records: list[Record], *, closed: bool) -> None:
        self.records = deque(records)
        self.closed = closed

    @property
    def has_news(self) -> bool:
        """Whether there is a record, or the end."""
        return bool(self.records) or self.closed


class RunOutput:
    """The records of one stream of a run.

    Args:
        workflow_id: The run's workflow.
        run_id: The run.
        generation: What the records look like.
    """

    def __init__(self, workflow_id: str, run_id: str, generation: Generation) -> None:
        self._run_id = run_id
        self._generation = generation
        self._status = "running"
        self._tripwire: Any = None
        self._refusal: Refusal | None = None
        self._usage = no_usage(generation)
        self._readers: list[Reader] = []
        self._closed = False
        self.result: dict[str, Any] = {}
        self.count = 1
        self._history: tuple[Histories, ServerClock] | None = None
        start = {"type": STREAM_BEGINS, "runId": run_id, "from": "WORKFLOW"}
        self._records: list[Record] = [{**start, "payload": {"workflowId": workflow_id}}]

    @property
    def first(self) -> Record:
        """Its first record, which is there at once."""
        return self._records[0]

    def reader(self) -> Reader:
        """Return a reader that gets all records so far.

        The last record of a stream that has ended is not among them.
        """
        reader = Reader(self._records, closed=self._closed)
        if not self._closed:
            self._readers.append(reader)
        return reader

    def write_event(self, event: Record) -> None:
        """Add an event of the run, as streams have it."""
        sender = event.get("from", "WORKFLOW")
        head = {"type": event["type"], "runId": self._run_id, "from": sender}
        if "data" in event and "payload" not in event:
            rest = {key: value for key, value in event.items() if key not in ("type", "from", "payload", "data")}
            self.write({**head, "data": event["data"], **rest})
            return
        payload = event.get("payload") or {}
        name = (
            {"stepName": payload.get("stepName", payload.get("id"))} if "id" in payload or "stepName" in payload else {}
        )
        self.write({**head, "payload": {**name, **payload}})

    def write(self, record: Record) -> None:
        """Add a record as it is."""
        if self._closed or record.get("type") == "workflow-step-finish":
            return
        self._records.append(record)
        self._hand_out(record)
        self._usage = counted(self._usage, record)
        self._update_status(record)

    def _update_status(self, record: Record) -> None:
        kind = record.get("type")
        payload = record.get("payload") or {}
        if kind == "workflow-canceled":
            self._status = "canceled"
        elif kind == "workflow-step-suspended":
            self._status = "suspended"
        elif kind == "workflow-paused":
            self._status = "paused"
        elif kind == "workflow-step-result" and payload.get("status") == "failed":
            self._tripwire = payload.get("tripwire")
            self._status = "tripwire" if self._tripwire else "failed"

    def reject(self, refusal: Refusal) -> None:
        """Record that the request was refused."""
        self._status = "failed"
        self._refusal = refusal

    def close(self) -> None:
        """Add the last record."""
        if self._closed:
            return
        if self._status == "running":
            self._status = "success"
        self._hand_out(self._last_record())
        self._closed = True
        if self._history is not None:
            self._history[0].release(self._run_id)
        readers, self._readers = self._readers, []
        for reader in readers:
            reader.closed = True

    def _last_record(self) -> Record:
        record = last_record(self._run_id, self._status, self._generation, self._refusal)
        payload = record["payload"]
        payload["output"] = {"usage": as_told(self._usage)}
        has_result = self._status == "success" and self.result.get("status") == "success" and "result" in self.result
        if self._generation.final_result and has_result:
            payload["finalWorkflowResult"] = self.result["result"]
        if self._status == "tripwire" and self._tripwire:
            payload["tripwire"] = self._tripwire
        return record

    def keep_in(self, histories: Histories, clock: ServerClock) -> None:
        """Keep all records for later readers, those of the past included."""
        for record in self._records:
            histories.add(self._run_id, record, clock.now())
        self._history = (histories, clock)
        if self._closed:
            histories.release(self._run_id)

    def _hand_out(self, record: Record) -> None:
        self.count += 1
        if self._history is not None:
            self._history[0].add(self._run_id, record, self._history[1].now())
        for reader in self._readers:
            reader.records.append(record)


def no_usage(generation: Generation) -> dict[str, Any]:
    """Return the counters of a stream in which no agent has told anything."""
    return dict.fromkeys(generation.usage_fields, 0)


def last_record(run_id: str, status: str, generation: Generation, refusal: Refusal | None = None) -> Record:
    """Return the last record of a stream; one that was refused says why."""
    metadata: Record = {}
    if refusal is not None:
        metadata = {"error": request_error(refusal) if generation.final_result else {}, "errorMessage": refusal.message}
    payload = {"workflowStatus": status, "metadata": metadata, "output": {"usage": no_usage(generation)}}
    return {"type": "workflow-finish", "runId": run_id, "from": "WORKFLOW", "payload": payload}


@dataclass
class _History:
    records: list[Record] = field(default_factory=list)
    last: float = 0.0


class Histories:
    """The records of runs that were streamed, by run id, for a while after their last."""

    def __init__(self) -> None:
        self._histories: dict[str, _History] = {}
        self._writers: set[str] = set()

    def add(self, run_id: str, record: Record, now: float) -> None:
        """Keep a record."""
        history = self._histories.setdefault(run_id, _History())
        if now - history.last > HISTORY_SECONDS:
            history.records.clear()
        history.records.append(record)
        history.last = now
        if len(self._histories) > HISTORY_RUNS:
            del self._histories[next(iter(self._histories))]

    def since(self, run_id: str, offset: int, now: float) -> list[Record]:
        """Return the records from an index on; a negative one counts from the end."""
        history = self._histories.get(run_id)
        if history is None or now - history.last > HISTORY_SECONDS:
            return []
        return history.records[offset:]

    def claim(self, run_id: str) -> bool:
        """Take over keeping a run's records; False if somebody else does."""
        if run_id in self._writers:
            return False
        self._writers.add(run_id)
        return True

    def release(self, run_id: str) -> None:
        """Let others keep a run's records."""
        self._writers.discard(run_id)


def encoded(record: Record) -> bytes:
    """Return a record as it is sent, in one chunk."""
    return dumps(present(record)) + RECORD_END
