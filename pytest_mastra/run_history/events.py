"""A run's events, each once and in one order, out of its streams, their replays and what a fake noted. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mastra_sync.errors import MastraError
from mastra_sync.events import StreamEvent
from mastra_sync.records import RecordDecoder, parse_record
from mastra_sync.stream_position import History, Record
from pytest_mastra.http.content_coding import UnknownCoding, decoded_chunks

if TYPE_CHECKING:
    from pytest_mastra.http.exchanges import Exchange

UNREADABLE = "raw"
"""Key of an event that stands for a record which is no JSON object: the record's text."""

_FIRST_ERROR_STATUS = 400
_WHO_SPEAKS = ("runId", "from")


@dataclass(frozen=True, slots=True)
class Told:
    """One event.

    Attributes:
        event: As the server sent it; a record that is no JSON object as `{"raw": "its text"}`.
        at: When it arrived, in seconds on the clock of the exchanges; None if nobody read it.
        exchange: The number of the exchange that brought it.
    """

    event: dict[str, Any]
    at: float | None = None
    exchange: int | None = None


def story_of(exchanges: Iterable[Exchange], noted: Sequence[Mapping[str, Any]] = (), run_id: str = "") -> list[Told]:
    """Return a run's events in the order in which they happened.

    Args:
        exchanges: Those of the run; only streams tell events. A stream that was cut tells what came of it.
        noted: What a fake noted of the run, also what no stream told.
        run_id: The run, named in noted events as it is in those of streams.
    """
    streams = [exchange for exchange in exchanges if exchange.call.row.streams]
    replays = {exchange.number for exchange in streams if exchange.call.row.replays}
    begun = [exchange for exchange in streams if exchange.call.row.joins]
    # a `stream` of a run that is streamed already joins in: it is told what the first was told
    replays |= {exchange.number for exchange in begun[1:]}
    story = [told for exchange in streams if exchange.number not in replays for told in events_of(exchange)]
    for exchange in streams:
        if exchange.number in replays:
            story = _with(story, _each_once(events_of(exchange)))
    return _completed(story, [_as_streamed(event, run_id) for event in noted])


def events_of(exchange: Exchange) -> list[Told]:
    """Return the events that a stream brought, in order, repeated ones too; none if it is no stream of events."""
    if not exchange.call.row.streams or not 0 < exchange.status < _FIRST_ERROR_STATUS:
        return []
    try:
        chunks = decoded_chunks(exchange)
    except UnknownCoding:
        return []
    decoder = RecordDecoder()
    found = []
    for index, chunk in enumerate(chunks):
        at = arrival_of(exchange, index)
        found += [Told(parsed(record), at, exchange.number) for record in decoder.feed(chunk) if record.strip()]
    return found


def arrival_of(exchange: Exchange, index: int) -> float:
    """Return when a chunk of the reply came, on the clock of the exchanges."""
    arrivals = exchange.arrivals
    return exchange.began + (arrivals[min(index, len(arrivals) - 1)] if arrivals else 0.0)


def parsed(record: bytes) -> dict[str, Any]:
    """Return a record as the JSON object that it is; anything else as `{"raw": "its text"}`."""
    try:
        return parse_record(record, 0)
    except (MastraError, RecursionError):
        return {UNREADABLE: record.decode("utf-8", "replace")}


def _each_once(told: list[Told]) -> list[Told]:
    """Return what an `observe` tells without what its live part says again."""
    history = History()
    once: list[Told] = []
    fed: dict[int, tuple[Record, Told]] = {}
    for item in told:
        record = Record.of(StreamEvent(item.event), _identity(item.event).encode("utf-8", "surrogatepass"))
        fed[id(record)] = record, item
        once += [fed[id(new)][1] for new in history.feed(record)]
    return once


def _with(story: list[Told], replayed: list[Told]) -> list[Told]:
    """Return the story with what only the replay told, each where the replay has it."""
    whole = list(story)
    identities = [_identity(told.event) for told in whole]
    place = 0
    for told in replayed:
        identity = _identity(told.event)
        try:
            place = identities.index(identity, place) + 1
        except ValueError:
            whole.insert(place, told)
            identities.insert(place, identity)
            place += 1
    return whole


def _completed(story: list[Told], noted: list[dict[str, Any]]) -> list[Told]:
    """Return the noted events, each as it was streamed if it was, and between them what only streams tell."""
    identities = [_identity(told.event) for told in story]
    whole: list[Told] = []
    place = 0
    for event in noted:
        try:
            found = identities.index(_identity(event), place)
        except ValueError:
            whole.append(Told(event))
            continue
        whole += story[place : found + 1]
        place = found + 1
    return whole + story[place:]


def _as_streamed(event: Mapping[str, Any], run_id: str) -> dict[str, Any]:
    """Return a noted event with what a stream adds to it."""
    payload = event.get("payload")
    rest = {key: value for key, value in event.items() if key not in ("type", "payload")}
    head = {"type": event.get("type"), "runId": run_id, "from": "WORKFLOW", **rest}
    if not isinstance(payload, Mapping):
        return head if payload is None else {**head, "payload": payload}
    name = {"stepName": payload.get("stepName", payload["id"])} if "id" in payload else {}
    return {**head, "payload": {**name, **payload}}


def _identity(event: Mapping[str, Any]) -> str:
    """Return a text that is the same for the same event, wherever it is told."""
    told = {key: value for key, value in event.items() if key not in _WHO_SPEAKS}
    try:
        return json.dumps(told, sort_keys=True)
    except (RecursionError, TypeError, ValueError):
        return repr(event)
