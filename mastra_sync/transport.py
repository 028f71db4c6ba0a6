"""The one module that does HTTP: sessions, sockets, and what went wrong on them.

The seam is two methods, `exchange` for a whole reply and `open_stream` for one that comes piece by piece; whatever has
them (and `close`) can carry the client.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase
from requests.cookies import RequestsCookieJar
from urllib3.connection import HTTPConnection
from urllib3.util import Retry

from mastra_sync import proxies
from mastra_sync.arguments import checked_header
from mastra_sync.deadline import Clock, Deadline
from mastra_sync.error_replies import Reply, is_success
from mastra_sync.errors import APIConnectionError, APITimeoutError, InvalidArgument, ReplyTooLarge
from mastra_sync.quiet_pools import quieten
from mastra_sync.records import DEFAULT_RECORD_LIMIT
from mastra_sync.sent_secrets import SentSecrets

READ_SIZE = 256 * 1024
COMPRESSED_READ_SIZE = 16 * 1024
"""What is read at once of a compressed body, of which urllib3 < 2.6 makes up to a thousand times as many bytes."""

IDLE_LIMIT = 4.0
"""Seconds after which a pooled connection is not used again: Mastra's servers close it after five."""

Token = str | Callable[[], str] | None

AdapterWrapper = Callable[[HTTPAdapter], BaseAdapter]
"""Returns the adapter that is to send what the given one would."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be sent.

    `url` has no query, so that it can be shown; `query` may hold what must not be.
    """

    method: str
    url: str
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for one attempt: until connected, and between two pieces of the reply; None without limit."""

    connect: float | None
    read: float | None

    def within(self, deadline: Deadline) -> tuple[float | None, float | None]:
        """Return both, shortened to what the deadline leaves."""
        return _positive(deadline.clamp(self.connect)), _positive(deadline.clamp(self.read))


class ByteStream(Protocol):
    """A reply's body as it comes.

    Attributes:
        secrets: What the request said that a server may echo.
    """

    secrets: SentSecrets

    def read(self, deadline: Deadline) -> bytes:
        """Wait for the next bytes and return them at once; empty at the end.

        Raises:
            APIConnectionError: The connection was cut.
            APITimeoutError: The deadline passed.
        """

    def shut_down(self) -> None:
        """End a `read` that waits in another thread."""

    def close(self) -> None:
        """Give up the rest and close the connection."""


class Transport(Protocol):
    """What carries requests to a server."""

    def exchange(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply:
        """Send once and return the whole reply, whatever its status."""

    def open_stream(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply | ByteStream:
        """Send once and return the body to be read.

        A refusal and a web page are returned as a whole reply.
        """

    def close(self) -> None:
        """Close all connections."""


class RequestsTransport:
    """HTTP by `requests`.

    A `requests.Session` serves one request at a time: threads take a free one, or a new one if there is none. All
    share one cookie jar, so that a load balancer's sticky cookie holds for the whole client.

    Args:
        headers: Sent with every request.
        token: Becomes a bearer header; a function is asked anew for each request.
        session: A session of the caller's to use instead; it is not closed.
        clock: Tells how long a connection has been idle.
        adapter: Given the adapter of each own session, returns the one to use.
        reply_limit: Bytes, decompressed, that a whole reply may take.
    """

    def __init__(
        self,
        *,
        headers: Mapping[str, str],
        token: Token,
        session: requests.Session | None,
        clock: Clock,
        adapter: AdapterWrapper | None = None,
        reply_limit: int = DEFAULT_RECORD_LIMIT,
    ) -> None:
        self._headers = dict(headers)
        self._reply_limit = reply_limit
        self._clock = clock
        self._auth = None if session is not None and session.auth and token is None else _Authorization(token)
        self._sessions = _BorrowedSession(session) if session is not None else _SessionPool(clock, adapter)

    def exchange(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply:
        """Send once and return the whole reply, whatever its status."""
        with self._sessions.lend() as session, _translate_errors(request, session):
            response = self._send(session, request, timeouts, deadline)
            return self._whole_reply(response, session, request, deadline)

    def open_stream(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply | ByteStream:
        """Send once and return the body to be read.

        A refusal and a web page are returned as a whole reply.
        """
        with self._sessions.lend() as session, _translate_errors(request, session):
            response = self._send(session, request, timeouts, deadline)
            if is_success(response.status_code) and not _is_page(response):
                return _ResponseStream(response, request)
            return self._whole_reply(response, session, request, deadline)

    def close(self) -> None:
        """Close all connections, but for a session of the caller's."""
        self._sessions.close()

    def _send(
        self, session: requests.Session, request: Request, timeouts: Timeouts, deadline: Deadline
    ) -> requests.Response:
        headers = dict(self._headers)
        if request.body is not None:
            # current servers read a body only under this content type
            headers["Content-Type"] = "application/json"
        return session.request(
            request.method,
            f"{request.url}?{urlencode(request.query)}" if request.query else request.url,
            data=request.body,
            headers=headers,
            auth=self._auth,
            timeout=timeouts.within(deadline),
            stream=True,
            # a POST that follows a redirect arrives as a GET
            allow_redirects=False,
        )

    def _whole_reply(
        self, response: requests.Response, session: requests.Session, request: Request, deadline: Deadline
    ) -> Reply:
        body = _whole_body(response, request, deadline, self._reply_limit)
        reply = Reply(response.status_code, response.headers, body, _sent_secrets(request, response.request))
        if request.body is not None and not is_success(reply.status):
            # a server that refuses a body may hang up without having read it (seen on 1.2)
            self._sessions.hang_up(session)
        return reply


class _Authorization(AuthBase):
    """Puts the token on a request.

    That it is there, token or not, keeps requests from looking into ~/.netrc.
    """

    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        token = self._token() if callable(self._token) else self._token
        if token:
            prepared.headers["Authorization"] = f"Bearer {checked_header(token, 'token')}"
        return prepared


@dataclass(slots=True)
class _IdleSession:
    session: requests.Session
    since: float


class _SessionPool:
    """Sessions that are free; the one used last is lent first, for its connections are warm."""

    def __init__(self, clock: Clock, adapter: AdapterWrapper | None) -> None:
        self._clock = clock
        self._adapter = adapter
        self._idle: list[_IdleSession] = []
        self._cookies = RequestsCookieJar()
        self._lock = threading.Lock()
        self._closed = False
        self._process = os.getpid()

    @contextlib.contextmanager
    def lend(self) -> Iterator[requests.Session]:
        session = self._take()
        try:
            yield session
        finally:
            with self._lock:
                if not self._closed:
                    self._idle.append(_IdleSession(session, self._clock.monotonic()))
            if self._closed:
                session.close()

    def hang_up(self, session: requests.Session) -> None:
        session.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for entry in idle:
            entry.session.close()

    def _take(self) -> requests.Session:
        with self._lock:
            if self._closed:
                raise RuntimeError("this client is closed")
            if self._process != os.getpid():
                # a forked process must not speak on its parent's connections
                self._idle, self._process = [], os.getpid()
            entry = self._idle.pop() if self._idle else None
        if entry is None:
            return self._new_session()
        if self._clock.monotonic() - entry.since > IDLE_LIMIT:
            # drops the pooled connections; the session itself goes on
            entry.session.close()
        return entry.session

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        session.cookies = self._cookies
        # trying again is for `api.py`: urllib3 would warn of it with the whole address, whose query may hold secrets
        own = _Adapter(max_retries=Retry(connect=0, read=0, redirect=0, status=0, other=0, raise_on_status=False))
        adapter = own if self._adapter is None else self._adapter(own)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session


@dataclass(slots=True)
class _BorrowedSession:
    """A session of the caller's, who says how it is shared and when it is closed."""

    session: requests.Session
    closed: bool = field(default=False)

    @contextlib.contextmanager
    def lend(self) -> Iterator[requests.Session]:
        if self.closed:
            raise RuntimeError("this client is closed")
        yield self.session

    def hang_up(self, session: requests.Session) -> None:
        """Leave the caller's connections to the caller."""

    def close(self) -> None:
        self.closed = True


class _Adapter(HTTPAdapter):
    """Keeps quiet connections alive, so that one whose other end has vanished is found out.

    What urllib3 logs of its requests is without their queries.
    """

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        keep_alive = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        super().init_poolmanager(*args, socket_options=[*HTTPConnection.default_socket_options, keep_alive], **keywords)
        quieten(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> urllib3.PoolManager:
        return quieten(super().proxy_manager_for(proxy, **options))


class _ResponseStream:
    """The body of an open response."""

    def __init__(self, response: requests.Response, request: Request) -> None:
        self._response = response
        self._request = request
        self.secrets = _sent_secrets(request, response.request)
        self._socket = _socket_of(response)

    def read(self, deadline: Deadline) -> bytes:
        if self._socket is not None:
            # a quiet stream is not a dead one; whoever reads it looks after that
            self._socket.settimeout(_positive(deadline.clamp(None)))
        with _translate_errors(self._request):
            return _next_bytes(self._response)

    def shut_down(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._response.close()


def _is_page(response: requests.Response) -> bool:
    """True for a web page, which a proxy or a login sends; streams are text/plain."""
    return response.headers.get("Content-Type", "").lower().startswith("text/html")


def _next_bytes(response: requests.Response) -> bytes:
    """Return what is on the wire, as soon as there is any; empty at the end.

    `iter_content` and `iter_lines` would wait until they have as many bytes as they were asked for.
    """
    size = COMPRESSED_READ_SIZE if "Content-Encoding" in response.headers else READ_SIZE
    while True:
        data: bytes = response.raw.read1(size, decode_content=True)
        # a compressed body can take in bytes and give none yet
        if data or response.raw.closed or _is_exhausted(response):
            return data


def _is_exhausted(response: requests.Response) -> bool:
    original = getattr(response.raw, "_original_response", None)
    return original is None or original.isclosed()


def _whole_body(response: requests.Response, request: Request, deadline: Deadline, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    with contextlib.ExitStack() as on_failure:
        # an exception keeps the frames that it came through
        on_failure.callback(parts.clear)
        on_failure.callback(response.close)
        while data := _next_bytes(response):
            parts.append(data)
            size += len(data)
            if size > limit:
                raise ReplyTooLarge(limit, method=request.method, url=request.url, run_id=request.run_id)
            if deadline.expired:
                raise _timeout_error(request)
        # a connection whose reply was read to its end goes back to the pool
        on_failure.pop_all()
    return b"".join(parts)


def _socket_of(response: requests.Response) -> socket.socket | None:
    """Return the socket that a response is read from, if it is from one.

    `HTTPConnection.sock` will not do: it is None when the server is going to close the connection.
    """
    buffered = getattr(getattr(response.raw, "_fp", None), "fp", None)
    found = getattr(getattr(buffered, "raw", None), "_sock", None)
    return found if isinstance(found, socket.socket) else None


@contextlib.contextmanager
def _translate_errors(request: Request, session: requests.Session | None = None) -> Iterator[None]:
    """Turn what requests and urllib3 raise into this library's exceptions."""
    try:
        yield
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
        if problem := proxies.problem_of_address(error, session, request.url):
            raise InvalidArgument("proxy", problem) from None
        # what requests says of it names the query too, which may hold secrets
        raise InvalidArgument("base_url", f"{request.url!r} cannot be used as an address") from None
    except requests.exceptions.InvalidHeader:
        # what requests says of it shows the value
        raise _illegal_header(session) from None
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        if isinstance(error, APIConnectionError):
            raise
        cause = innermost(error)
        failure = _connection_error(error, cause, request, session)
        if str(cause) != _sent_secrets(request, getattr(error, "request", None)).text(str(cause)):
            # a server may answer what is no HTTP with what it was sent
            raise failure from None
        # the outer exceptions name the whole URL, whose query may hold secrets
        raise failure from cause.with_traceback(None)


def _connection_error(
    error: BaseException, cause: BaseException, request: Request, session: requests.Session | None
) -> APIConnectionError:
    sent = False if _never_left(error, cause) else None
    timeouts = (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    # urllib3 counts a refused connection among the timeouts
    is_timeout = not isinstance(cause, urllib3.exceptions.NewConnectionError) and (
        isinstance(error, timeouts) or isinstance(cause, timeouts)
    )
    error_type = APITimeoutError if is_timeout else APIConnectionError
    words = _sent_secrets(request, getattr(error, "request", None)).text(_in_words(cause))
    problem = words + proxies.part_in_failure(error, session, request.url, sent=sent)
    return error_type(problem, method=request.method, url=request.url, run_id=request.run_id, sent=sent)


def _illegal_header(session: requests.Session | None) -> InvalidArgument:
    """Return which header of a borrowed session HTTP could not carry, without its value."""
    for name, value in session.headers.items() if session is not None else ():
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        try:
            checked_header(text, f"session.headers[{name!r}]")
        except InvalidArgument as error:
            return error
    return InvalidArgument("headers", "the session sends one that HTTP cannot carry")


def _sent_secrets(request: Request, prepared: requests.PreparedRequest | None) -> SentSecrets:
    return SentSecrets({} if prepared is None else prepared.headers, request.query, request.body)


def _never_left(error: BaseException, cause: BaseException) -> bool:
    """True if the request provably did not reach a server: no connection came about.

    A `ProxyError` is no proof: urllib3 makes one of any connection that a proxy cuts, also after the request.
    """
    unconnected = (
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
        ssl.SSLCertVerificationError,
    )
    return isinstance(error, requests.exceptions.ConnectTimeout) or isinstance(cause, unconnected)


def innermost(error: BaseException) -> BaseException:
    """Return the cause inside the exceptions that requests and urllib3 wrap around it."""
    while True:
        inner = getattr(error, "reason", None) or next(
            (item for item in reversed(error.args) if isinstance(item, BaseException)), None
        )
        if not isinstance(inner, BaseException):
            return error
        error = inner


_CONNECTION = re.compile(r"\w*Connection(Pool)?\(")


def _in_words(cause: BaseException) -> str:
    # urllib3 writes its connection object before the first colon
    text = str(cause) or type(cause).__name__
    return text.partition(": ")[2] if text.startswith("<") or _CONNECTION.match(text) else text


def _timeout_error(request: Request) -> APITimeoutError:
    return APITimeoutError(
        "the reply was not complete in time", method=request.method, url=request.url, run_id=request.run_id
    )


def _positive(seconds: float | None) -> float | None:
    # requests refuses a timeout of 0
    return seconds if seconds is None else max(seconds, 0.001)
