"""Records the exchanges with a surface in this process, chunk by chunk as they are taken."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace

from pytest_mastra.http.exchanges import Ending, Exchange, ExchangeLog
from pytest_mastra.http.reply_parser import ReplyReader
from pytest_mastra.http.wire import Cut, Frame, Piece, ProcessDied, Script, Surface, WireReply, WireRequest

Now = Callable[[], float]


class WatchedSurface:
    """A surface that notes each exchange of another one, but looks.

    Any number of threads may ask it.

    Args:
        surface: What answers.
        log: Where exchanges are noted.
        url: Where the surface seems to be: scheme, host and port.
        now: Tells the time, in seconds.

    Attributes:
        surface: What answers.
        url: Where it seems to be.
    """

    __slots__ = ("_log", "_now", "surface", "url")

    def __init__(self, surface: Surface, log: ExchangeLog, url: str, now: Now) -> None:
        self.surface = surface
        self._log = log
        self.url = url
        self._now = now

    def handle(self, request: WireRequest) -> WireReply:
        """Return the reply to one request."""
        if request.is_look:
            return self.surface.handle(request)
        exchange = self._log.begin(self.url, request, self._now())
        try:
            reply = self.surface.handle(request)
        except BaseException as error:
            # its message may hold secrets
            exchange.failure = type(error).__name__
            exchange.ending = Ending.NONE
            raise
        exchange.strikes = reply.strikes
        if reply.script is not None:
            return replace(reply, script=self._watched_script(exchange, reply.script))
        exchange.status = reply.status
        exchange.reason = reply.phrase
        exchange.headers = reply.headers
        if isinstance(reply.body, bytes):
            exchange.ending = Ending.WHOLE
            if reply.body and request.method != "HEAD":
                exchange.chunks.append(reply.body)
                exchange.arrivals.append(self._now() - exchange.began)
            return reply
        exchange.is_stream = True
        return replace(reply, body=_WatchedBody(exchange, reply.body, self._now))

    def _watched_script(self, exchange: Exchange, script: Script) -> Script:
        def watch(frame: Frame) -> Generator[Piece, None, None]:
            pieces = script(frame)
            reader = ReplyReader(exchange, self._now)
            try:
                for piece in pieces:
                    if isinstance(piece, bytes):
                        reader.feed(piece)
                    elif isinstance(piece, Cut):
                        reader.cut(piece.value)
                    yield piece
                reader.cut(Cut.CLOSED.value)
            finally:
                reader.leave()
                close = getattr(pieces, "close", None)
                if close is not None:
                    close()

        return watch


class _WatchedBody:
    """A body whose chunks are noted as they are taken."""

    __slots__ = ("_body", "_chunks", "_exchange", "_now")

    def __init__(self, exchange: Exchange, body: Iterable[bytes], now: Now) -> None:
        self._exchange = exchange
        self._body = body
        self._chunks = iter(body)
        self._now = now

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        exchange = self._exchange
        try:
            chunk = next(self._chunks)
        except StopIteration:
            if exchange.ending is Ending.OPEN:
                exchange.ending = Ending.WHOLE
            raise
        except ProcessDied:
            exchange.ending = Ending.CUT
            exchange.failure = f"the connection was {Cut.RESET.value}"
            raise
        except Exception as error:
            exchange.ending = Ending.CUT
            exchange.failure = type(error).__name__
            raise
        # one without content is not sent: it would be the end
        if chunk:
            exchange.arrivals.append(self._now() - exchange.began)
            exchange.chunks.append(chunk)
        return chunk

    def close(self) -> None:
        """Note that the reader has gone, if it went before the end."""
        if self._exchange.ending is Ending.OPEN:
            self._exchange.ending = Ending.LEFT
        close = getattr(self._body, "close", None)
        if close is not None:
            close()
