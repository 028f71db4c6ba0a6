"""Records the exchanges with a real server, by a tee between urllib3 and the socket."""

from __future__ import annotations

import contextlib
import copy
import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, partial
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3._collections import RecentlyUsedContainer
from urllib3.util import SKIP_HEADER

from pytest_mastra.http import session_patch
from pytest_mastra.http.connection_failures import CLOSED, add_missing, describe_cut, describe_no_reply
from pytest_mastra.http.exchanges import Ending, Exchange, ExchangeLog
from pytest_mastra.http.reply_parser import ReplyReader
from pytest_mastra.http.request_parser import BadRequest, read_chunked
from pytest_mastra.http.wire import WireRequest, below_origin

if TYPE_CHECKING:
    from typing_extensions import Buffer

Now = Callable[[], float]


class Wiretap:
    """Records every exchange with one server as its bytes pass.

    Nothing is held back, read ahead or changed. Any number of threads may send at once. A copy that is unpickled, as in
    another process, listens to nothing.

    Args:
        log: Where exchanges are noted.
        origin: The server: scheme, host and port. What goes elsewhere is not noted.
        now: Tells the time, in seconds.
    """

    def __init__(self, log: ExchangeLog, origin: str, now: Now) -> None:
        self.log = log
        self.origin = session_patch.origin_of(origin)
        self.now = now
        self._tapped: WeakKeyDictionary[BaseAdapter, BaseAdapter] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def wrap(self, adapter: BaseAdapter) -> BaseAdapter:
        """Return an adapter that sends as this one does, and is listened to.

        It has connections of its own, and is the same one each time it is asked for the same adapter. One that does
        not send over urllib3 is given back as it is: there is no wire to listen to.
        """
        if isinstance(adapter, _TappedAdapter) and adapter.is_tapped_by(self):
            return adapter
        if not isinstance(adapter, (HTTPAdapter, _TappedAdapter)):
            return adapter
        with self._lock:
            if adapter not in self._tapped:
                sender = adapter if isinstance(adapter, _TappedAdapter) else _tappable(adapter)
                self._tapped[adapter] = _TappedAdapter(self, sender)
            return self._tapped[adapter]

    @contextlib.contextmanager
    def on_every_session(self) -> Iterator[None]:
        """Listen also to sessions that others make, as long as the context lasts."""
        try:
            with session_patch.wrap_adapters(self.origin, self.wrap):
                yield
        finally:
            for adapter in list(self._tapped.values()):
                adapter.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _Silence, ()


class _Silence:
    """What is left of a wiretap in another process."""

    def wrap(self, adapter: BaseAdapter) -> BaseAdapter:
        return adapter


@dataclass(slots=True)
class _Sending:
    """One request on its way through an adapter: who listens, and its exchanges so far."""

    tap: Wiretap
    exchanges: list[Exchange] = field(default_factory=list)


# what is being sent in this thread; outermost adapter first
_SENDING: ContextVar[tuple[_Sending, ...]] = ContextVar("sending", default=())


class _TappedAdapter(BaseAdapter):
    """Sends by another adapter, whose connections record what passes."""

    def __init__(self, tap: Wiretap, sender: HTTPAdapter | _TappedAdapter) -> None:
        super().__init__()
        self._tap = tap
        self._sender = sender

    def is_tapped_by(self, tap: Wiretap) -> bool:
        inner = self._sender
        return tap is self._tap or (isinstance(inner, _TappedAdapter) and inner.is_tapped_by(tap))

    def send(self, request: requests.PreparedRequest, *options: Any, **named: Any) -> requests.Response:
        if session_patch.origin_of(str(request.url)) != self._tap.origin:
            return self._sender.send(request, *options, **named)
        sending = _Sending(self._tap)
        began = self._tap.now()
        token = _SENDING.set((*_SENDING.get(), sending))
        try:
            return self._sender.send(request, *options, **named)
        except requests.RequestException as error:
            if not sending.exchanges:
                # over https a connection is made before there is a request to note
                exchange = self._tap.log.begin(self._tap.origin, as_wire(request), began)
                exchange.ending, exchange.failure = Ending.NONE, describe_no_reply(error)
            raise
        finally:
            _SENDING.reset(token)

    def close(self) -> None:
        self._sender.close()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._sender, name)


class _Line:
    """One request on a connection, as one listener hears it."""

    def __init__(self, sending: _Sending, request: WireRequest, began: float) -> None:
        tap = sending.tap
        self.exchange = tap.log.begin(tap.origin, request, began)
        self._reader = ReplyReader(self.exchange, tap.now)
        sending.exchanges.append(self.exchange)

    def feed(self, data: bytes) -> None:
        self._reader.feed(data)

    def end(self) -> None:
        """Record that the server has closed the connection."""
        missing = self._reader.missing
        self._reader.cut("closed")
        if self.exchange.ending is Ending.CUT:
            self.exchange.failure = add_missing(CLOSED, missing)

    def fail(self, error: BaseException) -> None:
        """Record what the client met while it waited for a reply, or its rest."""
        exchange = self.exchange
        if exchange.ending is not Ending.OPEN:
            return
        missing = self._reader.missing
        self._reader.leave()
        if exchange.status:
            exchange.ending, exchange.failure = describe_cut(error, missing)
        else:
            exchange.failure = describe_no_reply(error)

    def leave(self) -> None:
        self._reader.leave()


class _Tee(io.RawIOBase):
    """Passes on what the socket gives, and lets the listeners hear it."""

    def __init__(self, raw: io.RawIOBase, lines: tuple[_Line, ...]) -> None:
        super().__init__()
        self._raw = raw
        self._lines = lines
        # where clients look for the socket, to shut it down or to change its timeout
        self._sock = getattr(raw, "_sock", None)

    def readinto(self, buffer: Buffer) -> int | None:
        try:
            count: int | None = self._raw.readinto(buffer)
        except OSError as error:
            for line in self._lines:
                line.fail(error)
            raise
        if count:
            data = bytes(memoryview(buffer)[:count])
            for line in self._lines:
                line.feed(data)
        elif count == 0 and memoryview(buffer).nbytes:
            self._at_the_end()
        return count

    def _at_the_end(self) -> None:
        gave_up = _was_shut_down_here(self._sock)
        for line in self._lines:
            if gave_up:
                line.fail(TimeoutError())
            else:
                line.end()

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._raw.close()
            for line in self._lines:
                line.leave()


def _was_shut_down_here(sock: Any) -> bool:
    """Say whether this side ended the conversation, as a client that waits no longer does."""
    if not isinstance(sock, socket.socket):
        return False
    try:
        # nothing goes out, and TLS is not asked
        socket.socket.send(sock, b"")
    except OSError:
        return True
    return False


class _TappedResponse(HTTPResponse):
    """A reply that is read through a tee."""

    def __init__(self, lines: tuple[_Line, ...], sock: Any, **options: Any) -> None:
        super().__init__(sock, **options)
        self.fp = io.BufferedReader(_Tee(self.fp.detach(), lines))


class _TappedConnection(urllib3.connection.HTTPConnection):
    """Mixed into a connection class: records requests of tapped adapters, and their replies."""

    _lines: tuple[_Line, ...] = ()
    _sent_headers: dict[str, str]
    _sent_body: list[bytes] | None = None
    _whole_body: bytes | None = None

    def request(self, method: str, url: str, body: Any = None, *arguments: Any, **named: Any) -> None:
        self._lines = ()
        listeners = _SENDING.get()
        began = [sending.tap.now() for sending in listeners]
        self._sent_headers, self._sent_body = {}, None
        # known even if nobody comes to send it
        self._whole_body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None
        try:
            super().request(method, url, body, *arguments, **named)
        except (OSError, HTTPException, urllib3.exceptions.HTTPError) as error:
            lines = self._begin_lines(listeners, began, method, url)
            # if the server hung up on the request, urllib3 looks for a reply all the same
            if not isinstance(error, (BrokenPipeError, ConnectionResetError)):
                for line in lines:
                    line.fail(error)
            raise
        self._begin_lines(listeners, began, method, url)

    def _begin_lines(
        self, listeners: tuple[_Sending, ...], began: list[float], method: str, url: str
    ) -> tuple[_Line, ...]:
        body = b"".join(self._sent_body or []) if self._whole_body is None else self._whole_body
        if self._whole_body is None and self._sent_headers.get("Transfer-Encoding", "").lower() == "chunked":
            # one whose sending failed is not all there
            with contextlib.suppress(BadRequest):
                body = read_chunked(io.BytesIO(body))
        self._sent_body = None
        request = WireRequest(method, below_origin(url), self._sent_headers, body)
        pairs = zip(listeners, began, strict=True)
        self._lines = tuple(_Line(sending, request, moment) for sending, moment in pairs)
        return self._lines

    def putheader(self, header: Any, *values: Any) -> None:
        super().putheader(header, *values)
        if SKIP_HEADER not in values:
            self._sent_headers[_text(header)] = ", ".join(map(_text, values))

    def endheaders(self, *arguments: Any, **named: Any) -> None:
        super().endheaders(*arguments, **named)
        # what is sent before is the headers, or the words with a proxy
        self._sent_body = []

    def send(self, data: Any) -> None:
        if (
            self._sent_body is not None
            and self._whole_body is None
            and isinstance(data, (bytes, bytearray, memoryview))
        ):
            self._sent_body.append(bytes(data))
        super().send(data)

    def getresponse(self) -> Any:
        lines, self._lines = self._lines, ()
        if not lines:
            return super().getresponse()
        # only for this reply: what a proxy answers to CONNECT is none
        self.response_class = partial(_TappedResponse, lines)  # type: ignore[assignment]
        try:
            return super().getresponse()
        except (OSError, HTTPException) as error:
            for line in lines:
                line.fail(error)
            raise
        finally:
            del self.response_class


@cache
def _tapped_pool(pool_class: type[Any]) -> type[Any]:
    """Return a pool class whose connections can be listened to.

    Its name stays, for it stands in messages.
    """
    connection_class = pool_class.ConnectionCls
    tapped = type(connection_class.__name__, (_TappedConnection, connection_class), {})
    return type(pool_class.__name__, (pool_class,), {"ConnectionCls": tapped})


def _tapped_manager(manager: urllib3.PoolManager) -> urllib3.PoolManager:
    """Return a pool manager with the settings of another and connections of its own."""
    twin = copy.copy(manager)
    twin.pools = RecentlyUsedContainer(manager.pools._maxsize)  # noqa: SLF001 -- the number is kept nowhere else
    classes = manager.pool_classes_by_scheme
    twin.pool_classes_by_scheme = {scheme: _tapped_pool(pool_class) for scheme, pool_class in classes.items()}
    return twin


class _Tappable(HTTPAdapter):
    """Mixed into an adapter class: connections over proxies can be listened to as well."""

    def proxy_manager_for(self, proxy: str, **options: Any) -> urllib3.PoolManager:
        if proxy not in self.proxy_manager:
            self.proxy_manager[proxy] = _tapped_manager(super().proxy_manager_for(proxy, **options))
        manager: urllib3.PoolManager = self.proxy_manager[proxy]
        return manager


@cache
def _tappable_class(adapter_class: type[HTTPAdapter]) -> type[HTTPAdapter]:
    return type(adapter_class.__name__, (_Tappable, adapter_class), {})


def _tappable(adapter: HTTPAdapter) -> HTTPAdapter:
    """Return an adapter that sends as another does, over connections that can be listened to."""
    twin_class = _tappable_class(type(adapter))  # type: ignore[arg-type] # mypy doubts that a class has a hash
    twin: HTTPAdapter = twin_class.__new__(twin_class)
    twin.__dict__.update(adapter.__dict__)
    twin.poolmanager = _tapped_manager(adapter.poolmanager)
    twin.proxy_manager = {}
    return twin


def as_wire(request: requests.PreparedRequest) -> WireRequest:
    """Return a request that has not been written on a wire."""
    body = request.body.encode() if isinstance(request.body, str) else request.body
    headers = {name: _text(value) for name, value in request.headers.items()}
    return WireRequest(str(request.method), request.path_url, headers, body if isinstance(body, bytes) else b"")


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
