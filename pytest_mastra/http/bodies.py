"""Bodies of requests and replies as JSON values, texts, or records of a stream. No I/O."""

from __future__ import annotations

from typing import Any

from mastra_sync.records import END_MARK, SEPARATOR, parse_json
from pytest_mastra.http.content_coding import UnknownCoding, decoded_chunks
from pytest_mastra.http.exchanges import Exchange

OK = 200
FIRST_ERROR = 400
"""The least HTTP status that is an error."""


def is_stream(exchange: Exchange) -> bool:
    """Return whether an exchange was answered with events, however the bytes came."""
    return exchange.call.row.streams and 0 < exchange.status < FIRST_ERROR


def request_json(exchange: Exchange, *, or_text: bool = False) -> Any:
    """Return a request's body as a JSON value; None if it is empty.

    Args:
        exchange: The request, and its reply.
        or_text: Return a body that is no JSON as a text, instead of None.
    """
    return parse_body(exchange.request.body, or_text=or_text) if exchange.request.body else None


def reply_json(exchange: Exchange, *, or_text: bool = False) -> Any:
    """Return a reply's body as a JSON value; None if it is a stream.

    Args:
        exchange: The request, and its reply.
        or_text: Return a body that is no JSON as a text, instead of None.

    Raises:
        UnknownCoding: The body cannot be decoded, and is to be a text.
    """
    if is_stream(exchange):
        return None
    try:
        return parse_body(_body(exchange), or_text=or_text)
    except UnknownCoding:
        if or_text:
            raise
        return None


def parse_body(body: bytes, *, or_text: bool = False) -> Any:
    """Return a JSON value.

    Args:
        body: Without content coding.
        or_text: Return what is no JSON as a text, instead of None.
    """
    try:
        return parse_json(body)
    except (ValueError, RecursionError):
        return body.decode(errors="replace") if or_text else None


def run_in(answer: Any) -> dict[str, Any]:
    """Return the part of an answer that tells of a run; empty if none does.

    1.0 beta has it in a snapshot.
    """
    if not isinstance(answer, dict):
        return {}
    snapshot = answer.get("snapshot")
    return snapshot if isinstance(snapshot, dict) and "status" not in answer else answer


def records_of(exchange: Exchange) -> list[Any]:
    """Return the whole records of a stream, each as a JSON value, or as a text.

    What stands after the last separator was cut, or is the end mark.
    """
    *records, _ = _body(exchange).split(SEPARATOR)
    return [parse_body(record, or_text=True) for record in records if record.strip()]


def rest_of(exchange: Exchange) -> str:
    """Return what stands after a stream's last record; empty at its proper end."""
    rest = _body(exchange).rpartition(SEPARATOR)[2].strip()
    return "" if rest == END_MARK else rest.decode(errors="replace")


def _body(exchange: Exchange) -> bytes:
    return b"".join(decoded_chunks(exchange))
