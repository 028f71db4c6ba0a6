"""What an exchange says, decoded: a JSON value, the records of a stream, or a text. No I/O."""

from __future__ import annotations

from typing import Any

from mastra_sync.records import END_MARK, SEPARATOR, parse_json
from pytest_mastra.http.content_coding import decoded_chunks
from pytest_mastra.http.exchanges import Exchange

OK = 200


def is_stream(exchange: Exchange) -> bool:
    """Return whether an exchange was answered with events, however the bytes came."""
    return exchange.status == OK and exchange.call.row.streams


def answer_of(exchange: Exchange) -> Any:
    """Return a reply that is no stream: its JSON value, or its text if it is no JSON."""
    return _loaded(_body(exchange))


def run_in(answer: Any) -> dict[str, Any]:
    """Return the part of an answer that tells of a run; empty if none does. 1.0 beta has it in a snapshot."""
    if not isinstance(answer, dict):
        return {}
    snapshot = answer.get("snapshot")
    return snapshot if isinstance(snapshot, dict) and "status" not in answer else answer


def question_of(exchange: Exchange) -> Any:
    """Return what was sent: the JSON value of the request's body, its text if it is none, None if it is empty."""
    return _loaded(exchange.request.body) if exchange.request.body else None


def records_of(exchange: Exchange) -> list[Any]:
    """Return the whole records of a stream; what stands after the last separator was cut, or is the end mark.

    A record that is no JSON is a text.
    """
    *records, _ = _body(exchange).split(SEPARATOR)
    return [_loaded(record) for record in records if record.strip()]


def rest_of(exchange: Exchange) -> str:
    """Return what a stream says after its last record, the end mark aside; empty at its proper end."""
    rest = _body(exchange).rpartition(SEPARATOR)[2].strip()
    return "" if rest == END_MARK else rest.decode(errors="replace")


def _body(exchange: Exchange) -> bytes:
    return b"".join(decoded_chunks(exchange))


def _loaded(data: bytes) -> Any:
    try:
        return parse_json(data)
    except (ValueError, RecursionError):
        return data.decode(errors="replace")
