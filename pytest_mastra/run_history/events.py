"""A run's events, each once and in order: from streams, replays and fakes. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mastra_sync.errors import MastraError
from mastra_sync.events import StreamEvent
from mastra_sync.records import RecordDecoder, parse_record
from mastra_sync.stream_position import History, Record
from pytest_mastra.http.bodies import FIRST_ERROR
from pytest_mastra.http.content_coding import UnknownCoding, decoded_chunks

if TYPE_CHECKING:
    from pytest_mastra.http.exchanges import Exchange

UNREADABLE = "raw"
"""Key of an event that stands for a record which is no JSON object: the record's text."""

_SENDER = ("runId", "from")


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event of a run, and when it came.

    Attributes:
        event: As the server sent it; a record that is no JSON object as `{"raw": "its text"}`.
        at: When it arrived, in seconds on the clock of the exchanges; None if nobody read it.
        exchange: The number of the exchange that brought it.
    """

    event: dict[str, Any]
    at: float | None = None
    exchange: int | None = None

    @property
    def arrival(self) -> tuple[float, int] | None:
        """When it arrived, and by which exchange; None if nobody read it."""
        return None if self.at is None or self.exchange is None else (self.at, self.exchange)


def run_events(
    exchanges: Iterable[Exchange], fake_events: Sequence[Mapping[str, Any]] = (), run_id: str = ""
) -> list[RecordedEvent]:
    """Return a run's events in the order in which they happened.

    Args:
        exchanges: Those of the run; only streams bring events. Of a stream that was cut there are those that came.
        fake_events: What a fake noted of the run, also what no stream brought; and the first record of each stream.
        run_id: The run, named in events of fakes as it is in those of streams.
    """
    streams = [exchange for exchange in exchanges if exchange.call.row.streams]
    replays = {exchange.number for exchange in streams if exchange.call.row.replays}
    joining = [exchange for exchange in streams if exchange.call.row.joins]
    # one that joins a run that is streamed already brings what the first has brought
    replays |= {exchange.number for exchange in joining[1:]}
    events = [event for exchange in streams if exchange.number not in replays for event in stream_events(exchange)]
    for exchange in streams:
        if exchange.number in replays:
            events = _merged(events, _without_repeats(stream_events(exchange)))
    return _completed(events, [_as_streamed(event, run_id) for event in fake_events])


def stream_events(exchange: Exchange) -> list[RecordedEvent]:
    """Return the events that a stream brought, in order, repeated ones too."""
    if not exchange.call.row.streams or not 0 < exchange.status < FIRST_ERROR:
        return []
    try:
        chunks = decoded_chunks(exchange)
    except UnknownCoding:
        return []
    decoder = RecordDecoder()
    events = []
    for index, chunk in enumerate(chunks):
        at = arrival_of(exchange, index)
        records = [record for record in decoder.feed(chunk) if record.strip()]
        events += [RecordedEvent(parse_event(record), at, exchange.number) for record in records]
    return events


def arrival_of(exchange: Exchange, index: int) -> float:
    """Return when a chunk of the reply came, on the clock of the exchanges."""
    arrivals = exchange.arrivals
    return exchange.began + (arrivals[min(index, len(arrivals) - 1)] if arrivals else 0.0)


def parse_event(record: bytes) -> dict[str, Any]:
    """Return a record as the JSON object that it is; anything else as `{"raw": "its text"}`."""
    try:
        return parse_record(record, 0)
    except (MastraError, RecursionError):
        return {UNREADABLE: record.decode("utf-8", "replace")}


def _without_repeats(events: list[RecordedEvent]) -> list[RecordedEvent]:
    """Return what an `observe` brings without what its live part brings again."""
    history = History()
    once: list[RecordedEvent] = []
    fed: dict[int, tuple[Record, RecordedEvent]] = {}
    for event in events:
        record = Record.of(StreamEvent(event.event), _identity(event.event).encode("utf-8", "surrogatepass"))
        fed[id(record)] = record, event
        once += [fed[id(new)][1] for new in history.feed(record)]
    return once


def _merged(events: list[RecordedEvent], replayed: list[RecordedEvent]) -> list[RecordedEvent]:
    """Return events with those that only the replay has, each where the replay has it."""
    merged = list(events)
    identities = [_identity(event.event) for event in merged]
    index = 0
    for event in replayed:
        identity = _identity(event.event)
        try:
            index = identities.index(identity, index) + 1
        except ValueError:
            merged.insert(index, event)
            identities.insert(index, identity)
            index += 1
    return merged


def _completed(events: list[RecordedEvent], fake_events: list[dict[str, Any]]) -> list[RecordedEvent]:
    """Return a fake's events, as they were streamed if they were.

    What only streams have stands right behind what its reader had got before it.
    """
    if not events:
        return [RecordedEvent(event) for event in fake_events]
    identities = [_identity(event.event) for event in events]
    identities_on_fake = [_identity(event) for event in fake_events]
    noted = set(identities_on_fake)
    completed: list[RecordedEvent] = []
    index = 0
    for fake_event, identity in zip(fake_events, identities_on_fake, strict=True):
        try:
            end = identities.index(identity, index) + 1
        except ValueError:
            completed.append(RecordedEvent(fake_event))
            continue
        stream = events[end - 1].exchange
        while end < len(events) and identities[end] not in noted and events[end].exchange == stream:
            end += 1
        completed += events[index:end]
        index = end
    return completed + events[index:]


def _as_streamed(event: Mapping[str, Any], run_id: str) -> dict[str, Any]:
    """Return a fake's event with what a stream adds to it."""
    payload = event.get("payload")
    rest = {key: value for key, value in event.items() if key not in ("type", "payload")}
    head = {"type": event.get("type"), "runId": run_id, "from": "WORKFLOW", **rest}
    if not isinstance(payload, Mapping):
        return head if payload is None else {**head, "payload": payload}
    name = {"stepName": payload.get("stepName", payload["id"])} if "id" in payload else {}
    return {**head, "payload": {**name, **payload}}


def _identity(event: Mapping[str, Any]) -> str:
    """Return a text that is the same for the same event, wherever it comes from."""
    content = {key: value for key, value in event.items() if key not in _SENDER}
    try:
        return json.dumps(content, sort_keys=True)
    except (RecursionError, TypeError, ValueError):
        return repr(event)
