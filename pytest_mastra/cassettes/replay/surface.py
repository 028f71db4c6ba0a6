"""A recording that answers as the server did: the same chunks, the same failures."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import urllib3

from mastra_sync.deadline import Clock
from pytest_mastra.cassettes.replay.no_match import Miss, NoRecordedReply
from pytest_mastra.cassettes.replay.player import Playback
from pytest_mastra.http import connection_failures
from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.http.wire import Cut, Frame, Pause, Piece, Script, WireReply, WireRequest

PATIENCE = 3600.0
"""Seconds, on the replay's clock, for which a server that said nothing more says nothing on replay."""

_OF_THE_CONNECTION = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "date"})

OnMiss = Callable[[Miss], NoRecordedReply]
"""Makes of a miss the exception that its sender meets."""


class ReplaySurface:
    """Answers from a recording, and never from anywhere else.

    Args:
        playback: The recording.
        clock: Where time passes that a reply takes.
        on_miss: Told of each request that was not recorded.
        in_pace: Whether replies take the time that they took, on the clock; otherwise none.
    """

    def __init__(self, playback: Playback, *, clock: Clock, on_miss: OnMiss, in_pace: bool = False) -> None:
        self.playback = playback
        self._clock = clock
        self.on_miss = on_miss
        self._in_pace = in_pace

    def handle(self, request: WireRequest) -> WireReply:
        """Return the recorded reply to a request, or fail as it failed.

        Raises:
            NoRecordedReply: There is none.
            urllib3.exceptions.NewConnectionError: The connection was refused.
            urllib3.exceptions.ConnectTimeoutError: No connection came about in time.
        """
        answer = self.playback.answer(request)
        if isinstance(answer, Miss):
            if request.is_look:
                # recordings of older clients have none
                return WireReply(404)
            raise self.on_miss(answer)
        return self.reply(answer)

    def reply(self, exchange: Exchange) -> WireReply:
        """Return the reply that came of an exchange."""
        headers, chunks = _end_to_end(exchange.headers), exchange.chunks
        if not exchange.status:
            _raise_again(exchange.failure or "")
        elif exchange.ending is Ending.WHOLE and not self._in_pace:
            body = iter(chunks) if exchange.is_stream else b"".join(chunks)
            return WireReply(exchange.status, headers, body, reason=exchange.reason)
        return WireReply(exchange.status, headers, b"", _ScriptedReply(self, exchange, headers, chunks).script)

    def pauses_of(self, exchange: Exchange) -> Iterator[Iterable[Pause]]:
        """Give for each chunk what passes before it."""
        before = 0.0
        for arrival in exchange.arrivals:
            yield [Pause(arrival - before, self._clock)] if self._in_pace and arrival > before else []
            before = arrival

    def silence(self) -> Iterator[Piece]:
        """Say nothing until whoever waits has waited long enough."""
        yield Pause(PATIENCE, self._clock)
        raise NoRecordedReply("the recorded client waited no longer for a reply; this one went on waiting")


class _ScriptedReply:
    """What goes over the wire for a reply with chunks, pauses or a failure."""

    def __init__(
        self, surface: ReplaySurface, exchange: Exchange, headers: tuple[tuple[str, str], ...], chunks: list[bytes]
    ) -> None:
        self._surface = surface
        self._exchange = exchange
        self._headers = headers
        self._chunks = chunks

    @property
    def script(self) -> Script:
        return self._pieces

    def _pieces(self, frame: Frame) -> Iterator[Piece]:
        exchange = self._exchange
        if not exchange.status:
            yield from self._instead_of_reply()
            return
        yield from self._stream(frame) if exchange.is_stream else self._whole(frame)

    def _instead_of_reply(self) -> Iterator[Piece]:
        failure = self._exchange.failure or ""
        if failure == connection_failures.RESET:
            yield Cut.RESET
        elif failure == connection_failures.NO_HTTP:
            yield b"this is no HTTP\r\n\r\n"
        elif failure in connection_failures.WAITED:
            yield from self._surface.silence()
        yield Cut.CLOSED

    def _stream(self, frame: Frame) -> Iterator[Piece]:
        head, *_ = frame(self._reply(()))
        yield head
        missing = connection_failures.missing_in(self._exchange.failure or "") or 0
        last = len(self._chunks) - 1
        pauses = self._surface.pauses_of(self._exchange)
        for index, chunk in enumerate(self._chunks):
            yield from next(pauses, [])
            if index == last and missing:
                yield b"%x\r\n%b" % (len(chunk) + missing, chunk)
            elif chunk:
                yield b"%x\r\n%b\r\n" % (len(chunk), chunk)
        yield from self._end(b"0\r\n\r\n")

    def _whole(self, frame: Frame) -> Iterator[Piece]:
        body = b"".join(self._chunks)
        missing = connection_failures.missing_in(self._exchange.failure or "")
        if missing is None:
            missing = 0 if self._exchange.ending is Ending.WHOLE else 1
        for pauses in self._surface.pauses_of(self._exchange):
            yield from pauses
        framed = frame(self._reply(body + b"\0" * missing))
        whole = b"".join(piece for piece in framed if isinstance(piece, bytes))
        yield whole[: len(whole) - missing]
        yield from self._end(b"")

    def _reply(self, body: bytes | Iterable[bytes]) -> WireReply:
        return WireReply(self._exchange.status, self._headers, body, reason=self._exchange.reason)

    def _end(self, proper: bytes) -> Iterator[Piece]:
        exchange = self._exchange
        if exchange.ending is Ending.WHOLE:
            if proper:
                yield proper
        elif exchange.ending is Ending.CUT:
            yield Cut.RESET if (exchange.failure or "").startswith(connection_failures.RESET) else Cut.CLOSED
        elif exchange.failure in connection_failures.WAITED:
            yield from self._surface.silence()
        else:
            raise NoRecordedReply(
                f"the recorded client left this reply to {exchange.request.method} {exchange.request.path} after "
                f"{len(exchange.body)} bytes; this one read on"
            )


@lru_cache(maxsize=512)
def _end_to_end(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return headers without those of the connection, which a replay makes itself."""
    return tuple((name, value) for name, value in headers if name.lower() not in _OF_THE_CONNECTION)


def _raise_again(failure: str) -> None:
    """Raise what was met where there was no connection."""
    if failure == connection_failures.NO_CONNECTION:
        raise urllib3.exceptions.ConnectTimeoutError(_NOWHERE, "the connection timed out when this was recorded")
    if failure.startswith(connection_failures.NOT_CONNECTED):
        raise urllib3.exceptions.NewConnectionError(_NOWHERE, f"Failed to establish a new connection: {failure}")
    if failure == connection_failures.REFUSED:
        refused = f"[Errno {errno.ECONNREFUSED}] {os.strerror(errno.ECONNREFUSED)}"
        raise urllib3.exceptions.NewConnectionError(_NOWHERE, f"Failed to establish a new connection: {refused}")


_NOWHERE: Any = urllib3.connection.HTTPConnection("mastra.test")
