"""HTTP exchanges as they stood on the wire, of which timelines, traces and cassettes are made."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from pytest_mastra.http.verbs import RouteMatch, call_of
from pytest_mastra.http.wire import Strike, WireRequest


class Ending(Enum):
    """How the body of a reply ended."""

    OPEN = "open"  # it is still coming, or nobody reads it
    WHOLE = "whole"  # it came to its end
    CUT = "cut"  # the connection ended before it
    LEFT = "left"  # the reader went away before it
    NONE = "none"  # there was no reply at all: see `Exchange.failure`


@dataclass(slots=True, eq=False)
class Exchange:
    """One request and what came of it.

    Attributes:
        number: Its index in the order in which requests were sent, from 0.
        url: Where it was sent: scheme, host and port, without a path.
        request: What was sent.
        began: Seconds on the clock of its log, when it was sent.
        status: HTTP status; 0 as long as there is no reply.
        reason: The words after the status.
        headers: The reply's, in their order, as they stood on the wire.
        chunks: The reply's body as it stood on the wire, still compressed if it was: one item for each HTTP chunk of
            a stream, one for a whole body.
        arrivals: For each chunk, in how many seconds after `began` it came.
        is_stream: Whether the reply came in HTTP chunks.
        ending: How its body ended.
        failure: What the client met instead of a reply, or of the body's end, in words that hold no secret; None if
            nothing went wrong.
        strikes: The faults of a fake that it was to meet.
    """

    number: int
    url: str
    request: WireRequest
    began: float
    status: int = 0
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    chunks: list[bytes] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    is_stream: bool = False
    ending: Ending = Ending.OPEN
    failure: str | None = None
    strikes: tuple[Strike, ...] = ()
    _call: RouteMatch | None = None

    @property
    def call(self) -> RouteMatch:
        """What the request asks for: verb, workflow and run, each None where it names none."""
        if self._call is None:
            self._call = call_of(self.request)
        return self._call

    @property
    def body(self) -> bytes:
        """What came of the reply's body, as it stood on the wire."""
        return b"".join(self.chunks)

    def header(self, name: str) -> str | None:
        """Return a header of the reply, whatever the case of its name, if there is one."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def __repr__(self) -> str:
        # neither query nor body: they may hold secrets
        came = self.status or self.failure or "no reply yet"
        return f"<Exchange {self.number} {self.request.method} {self.request.path} -> {came}>"


class ExchangeLog:
    """The exchanges of one test, in the order in which their requests were sent.

    Any thread may add to it.
    """

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._lock = threading.Lock()

    def begin(self, url: str, request: WireRequest, now: float) -> Exchange:
        """Add a request that is being sent; return its exchange, completed as the reply comes."""
        with self._lock:
            exchange = Exchange(len(self._exchanges), url, request, now)
            self._exchanges.append(exchange)
            return exchange

    def __iter__(self) -> Iterator[Exchange]:
        return iter(list(self._exchanges))

    def __len__(self) -> int:
        return len(self._exchanges)
