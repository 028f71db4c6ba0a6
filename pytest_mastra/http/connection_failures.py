"""How an exchange can fail, in words for people, which a replay understands again.

No address is in them, for it may hold secrets. No I/O.
"""

from __future__ import annotations

import re
from http.client import BadStatusLine, RemoteDisconnected

import urllib3

from mastra_sync.guard import innermost
from pytest_mastra.http.exchanges import Ending

REFUSED = "the connection was refused"
NO_CONNECTION = "no connection came about in time"
CLOSED = "the connection was closed"
RESET = "the connection was reset"
NO_REPLY = "no reply came in time"
NO_HTTP = "what came was no HTTP"
NO_MORE = "nothing more came in time"
GAVE_UP = "the client waited no longer for a reply"
NOT_CONNECTED = "no connection came about: "

WAITED = frozenset({NO_REPLY, NO_MORE, GAVE_UP})
"""What a client met that was answered by silence."""

_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (ConnectionRefusedError, REFUSED),
    (urllib3.exceptions.NewConnectionError, f"{NOT_CONNECTED}NewConnectionError"),
    (urllib3.exceptions.ConnectTimeoutError, NO_CONNECTION),
    (urllib3.exceptions.ReadTimeoutError, NO_REPLY),
    (TimeoutError, NO_REPLY),
    (RemoteDisconnected, CLOSED),
    (ConnectionResetError, RESET),
    (BrokenPipeError, RESET),
    (BadStatusLine, NO_HTTP),
)
"""What the first of these is called that an exception is one of."""

_MISSING = re.compile(r", (\d+) bytes before the end$")


def describe_no_reply(error: BaseException) -> str:
    """Say what was met instead of a reply."""
    cause = innermost(error)
    if isinstance(cause, urllib3.exceptions.NewConnectionError) and isinstance(cause.__cause__, OSError):
        cause = cause.__cause__
    known = next((words for kind, words in _WORDS if isinstance(cause, kind)), None)
    # its message may hold the address, and that a secret
    return known or NOT_CONNECTED + type(cause).__name__


def describe_cut(error: BaseException, missing: int | None) -> tuple[Ending, str]:
    """Say how a body ended that was not all there, and what was met.

    Args:
        error: What its reader met.
        missing: Bytes that the chunk or the body still lacked; None where that was not said.
    """
    if isinstance(error, TimeoutError):
        return Ending.LEFT, NO_MORE
    words = RESET if isinstance(error, ConnectionResetError) else CLOSED
    return Ending.CUT, add_missing(words, missing)


def add_missing(words: str, missing: int | None) -> str:
    """Add how much was still to come."""
    return words if missing is None else f"{words}, {missing} bytes before the end"


def missing_in(failure: str) -> int | None:
    """Return how many bytes were still to come; None where a failure does not say it."""
    found = _MISSING.search(failure)
    return int(found[1]) if found else None
