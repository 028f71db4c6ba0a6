"""A server's memory of a run's streams, and a transport that plays that server without a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from mastra_sync import APIConnectionError, MastraClient, Workflow
from mastra_sync.deadline import Deadline
from mastra_sync.error_replies import Reply
from mastra_sync.request import Request, Timeouts
from mastra_sync.sent_secrets import NOTHING_SENT
from mastra_sync.transport import ByteStream
from tests.faults.clocks import VirtualClock
from tests.faults.recordings import END_MARK
from tests.faults.scripted_runs import RUN_ID, WORKFLOW, reading

Records = Sequence[bytes]


@dataclass(frozen=True)
class Memory:
    """What a server remembers of a run's streams (section 5.8 of the wire contract).

    Attributes:
        segments: What each stream sent, the last one in full.
        cached: How many records of the last one are in the history; None for all.
        source: The last stream's own source, which every observer hears from its beginning: `live`, `open` (it goes on
            no further and has no finish: of suspended runs, and of resumed ones on older servers), or `gone`.
        end_mark: The server ends its streams with `data: [DONE]`.
    """

    segments: Sequence[Records]
    cached: int | None = None
    source: str = "gone"
    end_mark: bool = False

    def replay(self) -> bytes:
        """Return the body of an answer to `observe`."""
        *earlier, last = self.segments
        parts = [text for segment in earlier for text in segment]
        parts += last if self.cached is None else last[: self.cached]
        if self.source == "live":
            parts += last
        elif self.source == "open":
            parts += [text for text in last if b'"workflow-finish"' not in text]
        return b"".join(parts) + (END_MARK if self.end_mark else b"")

    def history(self) -> list[dict[str, Any]]:
        """Return each event of the run once."""
        return events_of(text for segment in self.segments for text in segment)


def events_of(records: Iterator[bytes] | Records) -> list[dict[str, Any]]:
    return [_event(text) for text in records]


@cache
def _event(record: bytes) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(record.rstrip(b"\x1e"))
    return event


class Pieces:
    """A `ByteStream` that gives these bytes and then ends, or is cut."""

    secrets = NOTHING_SENT

    def __init__(self, data: bytes, *, ends: bool) -> None:
        self._left = [data] if data else []
        self._ends = ends

    def read(self, deadline: Deadline) -> bytes:
        if self._left:
            return self._left.pop()
        if self._ends:
            return b""
        raise APIConnectionError("cut", method="POST", url="http://test/")

    def shut_down(self) -> None:
        pass

    def close(self) -> None:
        self._left = []


def whole(data: bytes) -> Pieces:
    return Pieces(data, ends=True)


def cut(data: bytes, after: int) -> Pieces:
    """The first bytes, and then an error on the connection."""
    return Pieces(data[:after], ends=False)


def ended(data: bytes, after: int) -> Pieces:
    """The first bytes, and then the end: so a cut looks where the end of the connection ends the body."""
    return Pieces(data[:after], ends=True)


@dataclass
class FakeTransport:
    """Answers run-by-id with `statuses` in turn, and streams with `streams` in turn; the last of each stays.

    Attributes:
        statuses: Of the run.
        streams: What the verb that streams, and then each `observe`, is answered with.
        opened: The routes of the streams that were opened.
    """

    statuses: list[str] = field(default_factory=list)
    streams: list[Pieces] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def play(self, statuses: Sequence[str], streams: Sequence[Pieces]) -> None:
        self.statuses = list(statuses)
        self.streams = list(streams)
        self.opened = []

    def exchange(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply:
        status = self.statuses[0]
        if request.method == "GET" and len(self.statuses) > 1:
            self.statuses.pop(0)
        run = request.run_id or RUN_ID
        return _read(status, run) if request.method == "GET" else Reply(200, {}, json.dumps({"runId": run}).encode())

    def open_stream(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply | ByteStream:
        self.opened.append(request.url.rpartition("/")[2])
        return self.streams.pop(0) if self.streams else whole(b"")

    def close(self) -> None:
        pass


@cache
def _read(status: str, run: str) -> Reply:
    return Reply(200, {}, json.dumps(reading(status, runId=run)).encode())


class NoWatch:
    """Stands in for the idle watch: nothing is quiet here, and a thread for each of many thousand streams is slow."""

    def __init__(self, **settings: object) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *about: object) -> None:
        pass

    def keep_to(self, deadline: Deadline) -> None:
        pass

    def stop(self) -> None:
        pass


def workflow_on(transport: FakeTransport) -> Workflow:
    """Return a workflow whose client uses this transport, on a clock of its own."""
    client = MastraClient("http://test", clock=VirtualClock())
    client.api = replace(client.api, transport=transport)
    return client.get_workflow(WORKFLOW)
