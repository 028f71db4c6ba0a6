"""Exchanges that were made up for tests, and what of them a file keeps."""

from __future__ import annotations

import json
from typing import Any

from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.http.wire import WireRequest

LIVE = "http://localhost:4111"
RUN = "6fa459ea-ee8a-4ca4-894e-db77e160355e"
OTHER_RUN = "16fd2706-8baf-433b-82eb-8c7fada847da"
NOON = 1795435200000
"""Milliseconds since 1970 of the moment that `DATE` is."""
DATE = ("Date", "Mon, 23 Nov 2026 12:00:00 GMT")
JSON = ("content-type", "application/json")


def record(event: dict[str, Any]) -> bytes:
    """Return an event as a chunk of a stream."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode() + b"\x1e"


def exchange(
    target: str,
    answer: Any = None,
    *,
    method: str = "GET",
    sent: Any = None,
    number: int = 0,
    began: float = 0.0,
    took: float = 0.0,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = (JSON,),
    asked_headers: dict[str, str] | None = None,
    chunks: list[bytes] | None = None,
    ending: Ending = Ending.WHOLE,
    failure: str | None = None,
) -> Exchange:
    """Return an exchange: with a JSON answer, or with chunks of a stream."""
    body = b"" if sent is None else sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    whole = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    parts = [whole] if chunks is None else chunks
    return Exchange(
        number,
        LIVE,
        WireRequest(method, target, asked_headers or {}, body),
        began,
        status,
        "OK",
        headers,
        list(parts),
        [took] * len(parts),
        chunks is not None,
        ending,
        failure,
    )


def facts(one: Exchange) -> dict[str, Any]:
    """Return what matters of an exchange once it was read from a file."""
    return {
        "number": one.number,
        "url": one.url,
        "method": one.request.method,
        "target": one.request.target,
        "asked headers": dict(one.request.headers),
        "asked": one.request.body,
        "status": one.status,
        "reason": one.reason,
        "headers": one.headers,
        "chunks": one.chunks,
        "arrivals": one.arrivals,
        "stream": one.is_stream,
        "ending": one.ending,
        "failure": one.failure,
    }
