"""Requests and replies between an HTTP surface and what carries them. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http.client import responses
from typing import Protocol
from urllib.parse import urlsplit

from mastra_sync.deadline import Clock
from mastra_sync.operations import TIME_TRAVEL_ASYNC
from mastra_sync.request import HARMLESS_BODY, LOOK, LOOK_HEADER

_ASKED_WITHOUT_STEP = TIME_TRAVEL_ASYNC.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One HTTP request, as it stood on the wire.

    Attributes:
        method: In capitals.
        target: Path and query, percent-encoded, beginning with `/`.
        headers: Names as they were sent; look them up with `header`.
        body: Decoded from any transfer coding.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __repr__(self) -> str:
        # pytest shows the arguments of the function that raised; headers, query and body may hold secrets
        return f"<WireRequest {self.method} {self.path}>"

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query, percent-encoded, without its question mark; empty if there is none."""
        return self.target.partition("?")[2]

    @property
    def is_look(self) -> bool:
        """Whether `mastra_sync` asks by itself, to say more of what is wrong.

        What may do anything is none, whatever its headers say.
        """
        does_nothing = self.method == "GET" or (
            self.body == HARMLESS_BODY and self.path.rpartition("/")[2] == _ASKED_WITHOUT_STEP
        )
        return does_nothing and self.header(LOOK_HEADER) == LOOK

    def header(self, name: str) -> str | None:
        """Return a header's value, whatever the case of its name; None if it is not there."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)


@dataclass(slots=True, eq=False)
class Strike:
    """A fault that one request is to meet.

    Attributes:
        rule: What was written to declare it.
        place: File and line of that.
        has_fired: Whether it came about; a stream may end before.
    """

    rule: str
    place: str
    has_fired: bool = False


@dataclass(frozen=True, slots=True)
class WireReply:
    """One HTTP reply.

    Attributes:
        status: HTTP status.
        headers: In the order in which they are sent. The carrier adds those of the connection: `Content-Length` for a
            whole body, `Transfer-Encoding: chunked` for chunks, `Connection` and `Keep-Alive`, `Date`.
        body: The whole body, or an iterable whose items are sent as one HTTP chunk each, when they are made: taking the
            next one is what moves the run, and its clock, on. If it has a `close`, the carrier calls it when it takes
            no more, also because the reader went away: the run goes on without a reader.
        script: Only for faults: says in the reply's stead what goes over the wire.
        reason: The words after the status; None for those that HTTP has for it.
        strikes: The faults that this reply is to meet, or has met.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Iterable[bytes] = b""
    script: Script | None = None
    reason: str | None = None
    strikes: tuple[Strike, ...] = ()

    @property
    def phrase(self) -> str:
        """The words after the status, as they are sent."""
        return responses.get(self.status, "") if self.reason is None else self.reason

    @property
    def is_stream(self) -> bool:
        """True if the body comes in chunks."""
        return not isinstance(self.body, bytes)

    def close(self) -> None:
        """Give up what was not taken of the body."""
        close = getattr(self.body, "close", None)
        if close is not None:
            close()


class ProcessDied(BaseException):
    """The server's process was killed: what it was at ends here, and is not told.

    No `Exception`, for nothing that a process is at can go on after it.
    """


class ReaderGone(BaseException):
    """Whoever reads a reply, in the same thread, waits no longer for what comes next.

    No `Exception`, for nothing has gone wrong with the reply.

    Args:
        seconds: How long the reader waits until it goes.
        clock: Where that time passes.
    """

    def __init__(self, seconds: float, clock: Clock) -> None:
        super().__init__(seconds, clock)
        self.seconds = seconds
        self.clock = clock


class Surface(Protocol):
    """What answers requests."""

    def handle(self, request: WireRequest) -> WireReply:
        """Return the reply to one request. May be called from several threads at once."""


def check_surface(given: object) -> None:
    """Refuse what answers no requests.

    Raises:
        TypeError: It does not.
    """
    if isinstance(given, type) or not callable(getattr(given, "handle", None)):
        raise TypeError(f"a front is given the server that answers, such as FakeMastra(), not {given!r}")


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that passes before the next bytes: on `clock`, so perhaps none in reality.

    Infinite seconds stand for a server that says nothing more and keeps the connection.
    """

    seconds: float
    clock: Clock


class Cut(Enum):
    """The connection ends here, whatever was promised."""

    CLOSED = "closed, as if everything had been said"
    RESET = "reset, as when a process dies"
    REFUSED = "refused, as where nobody listens"


Piece = bytes | Pause | Cut
"""What a carrier does next: send bytes as they are, let time pass, end the connection."""

Frame = Callable[[WireReply], Iterator[Piece]]
"""Makes of a reply what goes over the wire, as the carrier does it without a fault."""

Script = Callable[[Frame], Iterator[Piece]]


def below_origin(url: str) -> str:
    """Return path and query of what may be a whole address, as proxies are told it.

    It is a plain string, also of an address that shows itself without its query.
    """
    if url.startswith("/"):
        return url[:]
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
