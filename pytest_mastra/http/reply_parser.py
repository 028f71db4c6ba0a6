"""A parser of HTTP/1.1 replies that is fed their bytes as they come."""

from __future__ import annotations

from collections.abc import Callable

from pytest_mastra.http.exchanges import Ending, Exchange

_HEAD_END = b"\r\n\r\n"
_VERSION = b"HTTP/"
_LINE_END = b"\r\n"
_CONTINUE = "100"
_BODILESS = frozenset({*range(101, 200), 204, 304})


class ReplyReader:
    """Notes in an exchange what a reply's bytes say. What is no HTTP is no reply.

    Args:
        exchange: Where it is noted.
        now: Tells the time, in seconds.
    """

    __slots__ = ("_buffer", "_exchange", "_left", "_now", "_read")

    def __init__(self, exchange: Exchange, now: Callable[[], float]) -> None:
        self._exchange = exchange
        self._now = now
        self._buffer = b""
        self._left: int | None = None
        self._read: Callable[[], bool] = self._head

    def feed(self, data: bytes) -> None:
        """Take in what went over the wire."""
        self._buffer += data
        while self._exchange.ending is Ending.OPEN and self._read():
            pass

    @property
    def missing(self) -> int | None:
        """How many bytes of a chunk or body are still to come; None if unknown."""
        if self._left is None or self._read not in (self._whole, self._chunk):
            return None
        return max(0, self._left - len(self._buffer))

    def cut(self, how: str) -> None:
        """Note that the connection has ended.

        Args:
            how: In words that hold no secret.
        """
        exchange = self._exchange
        if exchange.ending is not Ending.OPEN:
            return
        if exchange.status and self._read == self._to_the_end:
            exchange.ending = Ending.WHOLE
            return
        self._note_rest()
        exchange.ending = Ending.CUT if exchange.status else Ending.NONE
        exchange.failure = f"the connection was {how}"

    def leave(self) -> None:
        """Note that the reader has gone, if the reply was not all there."""
        exchange = self._exchange
        if exchange.ending is not Ending.OPEN:
            return
        self._note_rest()
        exchange.ending = Ending.LEFT if exchange.status else Ending.NONE
        if not exchange.status:
            exchange.failure = "the client waited no longer for a reply"

    def _head(self) -> bool:
        if not self._buffer.startswith(_VERSION[: len(self._buffer)]):
            self._exchange.ending = Ending.NONE
            self._exchange.failure = "what came was no HTTP"
            return False
        head, end, rest = self._buffer.partition(_HEAD_END)
        if not end:
            return False
        status_line, *lines = head.decode("latin-1").split("\r\n")
        _, status, reason = f"{status_line}  ".split(" ", 2)
        self._buffer = rest
        if status == _CONTINUE:
            # the one interim reply that http.client waits behind
            return True
        pairs = (line.partition(":") for line in lines)
        exchange = self._exchange
        exchange.status = int(status) if status.isdigit() else 0
        exchange.reason = reason.strip()
        exchange.headers = tuple((name, value.strip()) for name, _, value in pairs)
        self._choose_body()
        return True

    def _choose_body(self) -> None:
        exchange = self._exchange
        length = exchange.header("Content-Length")
        if "chunked" in (exchange.header("Transfer-Encoding") or "").lower():
            exchange.is_stream = True
            self._read = self._chunk_size
        elif length is not None and length.isdigit():
            self._left = int(length)
            self._read = self._whole
        else:
            self._read = self._to_the_end
        if exchange.request.method == "HEAD" or exchange.status in _BODILESS or self._left == 0:
            exchange.ending = Ending.WHOLE

    def _whole(self) -> bool:
        if self._left is None or len(self._buffer) < self._left:
            return False
        self._note(self._buffer[: self._left])
        self._exchange.ending = Ending.WHOLE
        return False

    def _to_the_end(self) -> bool:
        if self._buffer:
            self._note(self._buffer)
            self._buffer = b""
        return False

    def _chunk_size(self) -> bool:
        line, end, rest = self._buffer.partition(_LINE_END)
        if not end:
            return False
        try:
            self._left = int(line.partition(b";")[0], 16)
        except ValueError:
            self._exchange.ending = Ending.CUT
            self._exchange.failure = "what came was no HTTP chunk"
            return False
        self._buffer = rest
        if self._left == 0:
            self._exchange.ending = Ending.WHOLE
        else:
            self._read = self._chunk
        return True

    def _chunk(self) -> bool:
        size = self._left or 0
        if len(self._buffer) < size + len(_LINE_END):
            return False
        self._note(self._buffer[:size])
        self._buffer = self._buffer[size + len(_LINE_END) :]
        self._read = self._chunk_size
        return True

    def _note(self, chunk: bytes) -> None:
        self._exchange.arrivals.append(self._now() - self._exchange.began)
        self._exchange.chunks.append(chunk)

    def _note_rest(self) -> None:
        """Note what came of a chunk or a body that is not all there."""
        part = self._buffer[: self._left] if self._read in (self._whole, self._chunk) else b""
        if part:
            self._note(part)
            self._buffer = b""
