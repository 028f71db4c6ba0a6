"""HTTP: one request is sent, and its answer read, whole or as it comes.

The seam is two methods, `exchange` for a whole reply and `open_stream` for one that comes piece by piece; whatever has
them (and `close`) can carry the client.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import urlencode

import requests
import urllib3

from mastra_sync import proxies
from mastra_sync.arrived_chunks import take_arrived
from mastra_sync.authorization import Authorization
from mastra_sync.connections import keep_to, set_deadline, socket_of
from mastra_sync.deadline import Clock, Deadline
from mastra_sync.delivery import Delivery
from mastra_sync.error_replies import Reply, is_success
from mastra_sync.errors import ReplyTooLarge
from mastra_sync.guard import guard_reading, guard_sending, secrets_of, timeout_error
from mastra_sync.records import DEFAULT_RECORD_LIMIT
from mastra_sync.redirects import hooks_without_redirects, is_no_answer
from mastra_sync.request import LOOK, LOOK_HEADER, Request, Timeouts
from mastra_sync.sent_secrets import SentSecrets
from mastra_sync.session_settings import own_settings
from mastra_sync.sessions import AdapterWrapper, BorrowedSession, SessionPool
from mastra_sync.tls import DEFAULT_TLS, TlsSettings

READ_SIZE = 256 * 1024
COMPRESSED_READ_SIZE = 16 * 1024
"""What is read at once of a compressed body, of which urllib3 < 2.6 makes up to a thousand times as many bytes."""

Token = str | Callable[[], str] | None


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
        tls: For sessions of its own.
        authorized_by: Where the token, or an `Authorization` of the headers, comes from; for messages.
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
        tls: TlsSettings = DEFAULT_TLS,
        authorized_by: str | None = None,
    ) -> None:
        self._headers = dict(headers)
        self._reply_limit = reply_limit
        self._clock = clock
        self._token = token
        self._authorizing = session if session is not None and session.auth and token is None else None
        self._authorized_by = authorized_by
        self._sessions = BorrowedSession(session) if session is not None else SessionPool(clock, adapter, tls)

    def exchange(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply:
        """Send once and return the whole reply, whatever its status."""
        auth = self._authorization()
        with self._sessions.lend() as session, guard_sending(request, session, auth), keep_to(deadline):
            response = self._send(session, request, timeouts, deadline, auth)
            return self._whole_reply(response, session, request, deadline)

    def open_stream(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply | ByteStream:
        """Send once and return the body to be read.

        A refusal and a web page are returned as a whole reply.
        """
        auth = self._authorization()
        with self._sessions.lend() as session, guard_sending(request, session, auth), keep_to(deadline):
            response = self._send(session, request, timeouts, deadline, auth)
            if is_success(response.status_code) and not _is_page(response):
                return _ResponseStream(response, request, session)
            return self._whole_reply(response, session, request, deadline)

    def close(self) -> None:
        """Close all connections, but for a session of the caller's."""
        self._sessions.close()

    def _authorization(self) -> Authorization:
        """Return what puts the token on a request; what a caller's function raises is the caller's."""
        if self._authorizing is not None:
            return Authorization(None, own=self._authorizing.auth)
        return Authorization(self._token() if callable(self._token) else self._token)

    def _send(
        self,
        session: requests.Session,
        request: Request,
        timeouts: Timeouts,
        deadline: Deadline,
        auth: Authorization,
    ) -> requests.Response:
        if deadline.expired:
            raise timeout_error(request, "the time was up before it was sent", sent=False)
        headers = dict(self._headers)
        if request.body is not None:
            # current servers read a body only under this content type
            headers["Content-Type"] = "application/json"
        if request.is_look:
            headers[LOOK_HEADER] = LOOK
        return session.request(
            request.method,
            f"{request.url}?{urlencode(request.query)}" if request.query else request.url,
            data=request.body,
            headers=headers,
            auth=auth,
            timeout=timeouts.within(deadline),
            stream=True,
            allow_redirects=False,
            hooks=hooks_without_redirects(session),
            **own_settings(session, request.url),
        )

    def _whole_reply(
        self, response: requests.Response, session: requests.Session, request: Request, deadline: Deadline
    ) -> Reply:
        secrets = secrets_of(request, response.request, session)
        with guard_reading(request, session, secrets):
            body = _whole_body(response, request, deadline, self._reply_limit)
        reply = Reply(response.status_code, response.headers, body, secrets, self._delivery(response, session, request))
        if request.body is not None and not is_success(reply.status):
            # a server that refuses a body may hang up without having read it (seen on 1.2)
            self._sessions.hang_up(session)
        return reply

    def _delivery(self, response: requests.Response, session: requests.Session, request: Request) -> Delivery:
        source = "the session" if self._authorizing is not None else self._authorized_by or "the session"
        return Delivery.of(response.request.headers, source, lambda: proxies.in_words(session, request.url))


class _ResponseStream:
    """The body of an open response."""

    def __init__(self, response: requests.Response, request: Request, session: requests.Session) -> None:
        self._response = response
        self._body = _Body(response)
        self._request = request
        self._session = session
        self.secrets = secrets_of(request, response.request, session)
        self._socket = _socket_of(response)

    def read(self, deadline: Deadline) -> bytes:
        if self._socket is not None:
            # a quiet stream is not a dead one; whoever reads it looks after that
            set_deadline(self._socket, deadline)
        # what answers in this process asks how long this read may take
        with keep_to(deadline), guard_reading(self._request, self._session, self.secrets):
            return self._body.read()

    def shut_down(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._response.close()


def _is_page(response: requests.Response) -> bool:
    """True for a web page, which a proxy or a login sends; streams are text/plain."""
    return response.headers.get("Content-Type", "").lower().startswith("text/html")


class _Body:
    """A reply's body, read as it comes."""

    def __init__(self, response: requests.Response) -> None:
        self._raw = response.raw
        self._is_encoded = "Content-Encoding" in response.headers
        self._size = COMPRESSED_READ_SIZE if self._is_encoded else READ_SIZE
        # a test tool's has everything at once
        self._is_played = not isinstance(response.raw, urllib3.BaseHTTPResponse)

    def read(self) -> bytes:
        """Return what is on the wire, as soon as there is any; empty at the end.

        `iter_content` and `iter_lines` would wait until they have as many bytes as they were asked for.
        """
        if self._is_played:
            played: bytes = self._raw.read(self._size)
            return played
        while True:
            # decoding what is not encoded takes as long as reading it
            data = self._raw.read1(self._size, decode_content=self._is_encoded)
            if data and not self._is_encoded:
                data += take_arrived(getattr(self._raw, "_fp", None))
            # a compressed body can take in bytes and give none yet
            if data or self._raw.closed or self.is_exhausted:
                return data

    @property
    def is_exhausted(self) -> bool:
        """Whether it has been read to its end."""
        original = getattr(self._raw, "_original_response", None)
        return original is None or original.isclosed()


def _whole_body(response: requests.Response, request: Request, deadline: Deadline, limit: int) -> bytes:
    if is_no_answer(response):
        response.close()
        return b""
    coming = _Body(response)
    parts: list[bytes] = []
    size = 0
    with contextlib.ExitStack() as on_failure:
        # an exception keeps the frames that it came through
        on_failure.callback(parts.clear)
        on_failure.callback(response.close)
        while data := coming.read():
            parts.append(data)
            size += len(data)
            if size > limit:
                raise ReplyTooLarge(limit, method=request.method, url=request.url, run_id=request.run_id)
            # a clock that is moved on by the server, as a fake's is, may be past it with the whole reply there
            if deadline.expired and not coming.is_exhausted:
                raise timeout_error(request, "the reply was not complete in time")
        # a connection whose reply was read to its end goes back to the pool
        on_failure.pop_all()
    return b"".join(parts)


def _socket_of(response: requests.Response) -> socket.socket | None:
    """Return the socket that a response is read from, if it is from one.

    `HTTPConnection.sock` will not do: it is None when the server is going to close the connection.
    """
    return socket_of(getattr(getattr(response.raw, "_fp", None), "fp", None))
