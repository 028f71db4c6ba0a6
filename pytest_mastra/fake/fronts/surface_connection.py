"""Connections of urllib3's that lead to a surface in this process."""

from __future__ import annotations

import http.client
import inspect
import queue
import time
import weakref
from typing import Any

import urllib3

from pytest_mastra.fake.api.server_process import ServerProcess, process_of
from pytest_mastra.fake.fronts.fake_socket import FakeSocket
from pytest_mastra.fake.fronts.urllib3_shortcut import (
    ReplyBody,
    is_plain,
    reply_headers,
    request_body,
    request_headers,
)
from pytest_mastra.http.framing import frame
from pytest_mastra.http.wire import Surface, WireReply, WireRequest, below_origin

DEFAULT_PORTS = {"http": 80, "https": 443}
"""Of the schemes that there are."""


class _KeepsNone:
    """Stands in for the queue of a pool's idle connections."""

    def __init__(self, maxsize: int) -> None:
        pass

    def put(self, item: None) -> None:
        """Take the empty places that a pool begins with."""

    def get(self, *, block: bool) -> Any:  # noqa: ARG002 -- as pools that are closed ask
        raise queue.Empty


class SurfacePool(urllib3.HTTPConnectionPool):
    """Gives a new connection for each request, and keeps none."""

    # a real one has three locks, which take longer to make than all the rest of a front
    QueueCls = _KeepsNone  # type: ignore[assignment]

    def __init__(self, surface: Surface, scheme: str, host: str, port: int | None) -> None:
        super().__init__(host, port or DEFAULT_PORTS[scheme], maxsize=1)
        self.scheme = scheme
        self._arguments = (surface, scheme, host, port)
        self._surface = surface
        self._netloc = host if port is None else f"{host}:{port}"
        self._first: SurfaceConnection | None = None
        self.process = process_of(surface)

    def connect(self) -> SurfaceConnection:
        """Return a new connection."""
        return SurfaceConnection(self, self._surface, self._netloc)

    def as_named_in_messages(self) -> urllib3.connection.HTTPConnection:
        """Return a connection that shows itself as one to the surface's address does."""
        named = urllib3.connection.HTTPSConnection if self.scheme == "https" else urllib3.connection.HTTPConnection
        return named(self.host, self.port)

    def beginning_with(self, connection: SurfaceConnection) -> SurfacePool:
        """Return a pool for one request whose first attempt has been made."""
        pool = SurfacePool(*self._arguments)
        pool._first = connection
        return pool

    def _get_conn(self, timeout: float | None = None) -> Any:  # noqa: ARG002 -- there is always one
        first, self._first = self._first, None
        return first or self.connect()

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.close()

    def __str__(self) -> str:
        # the messages of exceptions begin with it
        name = "HTTPSConnectionPool" if self.scheme == "https" else "HTTPConnectionPool"
        return f"{name}(host={self.host!r}, port={self.port!r})"


class SurfaceConnection:
    """One request and its reply: as much of a connection as urllib3 asks for."""

    is_closed = False
    is_verified = True
    proxy = None
    proxy_is_verified = None

    def __init__(self, pool: SurfacePool, surface: Surface, netloc: str) -> None:
        self.timeout: float | None = None
        self._pool = pool
        self._surface = surface
        self._netloc = netloc
        self._socket: FakeSocket | None = None
        # not each reply: that and its connection would hold each other
        self.outcome: urllib3.HTTPResponse | Exception | None = None

    def request(self, method: str, url: str, body: Any, headers: Any, **_: Any) -> None:
        """Take in a request."""
        sent, self._keeps_alive = request_headers(self._netloc, tuple(headers.items()))
        # where a proxy is configured, requests asks for the whole address
        self._request = WireRequest(method, below_origin(url), dict(sent), request_body(body))

    def take_timeout(self, timeout: Any) -> bool:
        """Take over the time to wait for bytes, if it is given in a plain way."""
        seconds = timeout[-1] if isinstance(timeout, tuple) and len(timeout) == _CONNECT_AND_READ else timeout
        self.timeout = seconds
        return seconds is None or (isinstance(seconds, (int, float)) and seconds > 0)

    def getresponse(self) -> urllib3.HTTPResponse:
        """Return the reply or raise what became of it, the same each time."""
        if self.outcome is None:
            try:
                return self._exchange()
            except BROKEN as error:
                self.outcome = error
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def _exchange(self) -> urllib3.HTTPResponse:
        """Have the surface take in the request, and return its reply, to be read."""
        began = time.monotonic()
        reply = self._surface.handle(self._request)
        if self.timeout is not None and time.monotonic() - began >= self.timeout:
            reply.close()
            raise TimeoutError("timed out")
        return self._plain_response(reply) if is_plain(reply) else self._parsed_response(reply)

    def _plain_response(self, reply: WireReply) -> urllib3.HTTPResponse:
        to_head = self._request.method == "HEAD"
        return self._response(
            body=ReplyBody(reply, to_head=to_head),
            headers=reply_headers(reply, to_head=to_head, keeps_alive=self._keeps_alive),
            status=reply.status,
            version=_HTTP_1_1,
            reason=reply.phrase,
        )

    def _parsed_response(self, reply: WireReply) -> urllib3.HTTPResponse:
        request = self._request
        pieces = frame(reply, to_head=request.method == "HEAD", keeps_alive=self._keeps_alive)
        self._socket = FakeSocket(pieces, self.timeout)
        if self._pool.process is not None:
            _reset_at_death(self._socket, self._pool.process)
        original = http.client.HTTPResponse(self._socket, method=request.method, url=request.target)
        try:
            original.begin()
        except ConnectionRefusedError as error:
            original.close()
            # a socket says so before anything is sent, and urllib3 then tells it like this
            message = f"Failed to establish a new connection: {error}"
            raise urllib3.exceptions.NewConnectionError(self._pool.as_named_in_messages(), message) from error
        except BaseException:
            original.close()
            raise
        return self._response(
            body=original,
            headers=urllib3.HTTPHeaderDict(original.msg.items()),
            status=original.status,
            version=original.version,
            reason=original.reason,
            original_response=original,
        )

    def _response(self, **what: Any) -> urllib3.HTTPResponse:
        return urllib3.HTTPResponse(
            **what,
            preload_content=False,
            decode_content=False,
            pool=self._pool,
            connection=self,  # type: ignore[arg-type]
            request_method=self._request.method,
            request_url=self._request.target,
            **({"sock_shutdown": self.shutdown} if _HAS_SHUTDOWN else {}),  # type: ignore[arg-type]
        )

    def shutdown(self, how: int) -> None:
        """End what is being read, from another thread."""
        if self._socket is not None:
            self._socket.shutdown(how)

    def close(self) -> None:
        """Have nothing more come."""
        if self._socket is not None:
            self._socket.close()


def _reset_at_death(connection: FakeSocket, process: ServerProcess) -> None:
    """Have a connection be reset when the process at its other end dies."""
    known = weakref.ref(connection)

    def look(is_dead: bool) -> None:  # noqa: FBT001 -- as it is called
        open_connection = known()
        if is_dead and open_connection is not None:
            open_connection.reset()

    weakref.finalize(connection, process.listen(look)).atexit = False


_CONNECT_AND_READ = 2
_HTTP_1_1 = 11

BROKEN = (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError)
"""What urllib3 deals with: no connection, or none any more."""

# urllib3 < 2.3 has no `shutdown` of a response
_HAS_SHUTDOWN = "sock_shutdown" in inspect.signature(urllib3.HTTPResponse).parameters
