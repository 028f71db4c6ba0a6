"""A surface in this process, behind `responses`: code that uses `requests` reaches it without a network."""

from __future__ import annotations

import contextlib
import http.client
import inspect
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import requests
import responses
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from responses.registries import FirstMatchRegistry
from typing_extensions import Self

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

DEFAULT_URL = "http://mastra.test"
"""A name that no network knows."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


class InProcess:
    """Answers all requests of this process to one address; others go where they went before.

    A context manager. What the surface answers passes through `http.client`, urllib3 and requests as if it came from
    a socket: the same chunks, timeouts and exceptions. Several can be active, also in several threads; of those with
    the same address the one that was started last answers.

    A test that activates a `responses` mock of its own inside adds `catch_all` to it: `mock.add(front.catch_all)`.

    Args:
        surface: What answers.
        url: Where it seems to be, without path.

    Attributes:
        surface: What answers.
        url: The address.
        catch_all: The `responses.BaseResponse` for everything at the address.
    """

    def __init__(self, surface: Surface, url: str = DEFAULT_URL) -> None:
        self.surface = surface
        self.url = url.rstrip("/")
        self.catch_all = CatchAll(surface, self.url)

    def start(self) -> None:
        """Begin to answer."""
        _interceptor.begin_for(self.catch_all)

    def stop(self) -> None:
        """Answer no more; a reply that is being read can be read to its end."""
        _interceptor.end_for(self.catch_all)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<InProcess {self.url}>"


class CatchAll(responses.BaseResponse):
    """Everything at one address, whatever the method.

    Added to a mock that is not this module's, it does not learn which adapter a request is sent by, and answers as to
    one that does not retry.

    Args:
        surface: What answers.
        url: The address, without path.

    Attributes:
        pool: Makes the connections that requests of urllib3's are sent over.

    Raises:
        ValueError: Not such an address.
    """

    def __init__(self, surface: Surface, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.path or parts.query:
            raise ValueError(f"{url!r} is not an address like {DEFAULT_URL!r}: http or https, a host, no path")
        super().__init__("ANY", url)
        self._prefix = f"{url}/"
        self._origin = _origin(url)
        self.pool = _Pool(surface, parts.scheme, parts.hostname, parts.port)

    def matches(self, request: requests.PreparedRequest) -> tuple[bool, str]:
        """Say whether a request goes to the address."""
        asked = str(request.url)
        found = asked.startswith(self._prefix) or _origin(asked) == self._origin
        return found, "" if found else "Another address"

    def get_response(self, request: requests.PreparedRequest) -> urllib3.HTTPResponse:
        """Return the reply to a request of which a mock does not say the adapter."""
        return self.carry(_PLAIN_ADAPTER, request, request.req_kwargs)  # type: ignore[attr-defined]

    def carry(
        self, adapter: HTTPAdapter, request: requests.PreparedRequest, options: dict[str, Any]
    ) -> urllib3.HTTPResponse:
        """Send a request over a connection of its own, and return the reply.

        What does not come to a plain reply is left to requests' and urllib3's own code: failures, for what exceptions
        they become, and whatever the adapter retries.
        """
        connection = self.pool.connect()
        connection.request(str(request.method), self._target(request), request.body, request.headers)
        if connection.take_timeout(options.get("timeout")):
            with contextlib.suppress(*_BROKEN):
                response = connection.getresponse()
                waiting = "Retry-After" in response.headers
                if not adapter.max_retries.is_retry(str(request.method), response.status, waiting):
                    return response
                connection.outcome = response
        carrier = _Carrier(adapter, self.pool.beginning_with(connection))
        whole: urllib3.HTTPResponse = _requests_own_send(carrier, request, **options)
        return whole

    def _target(self, request: requests.PreparedRequest) -> str:
        """Return a request's path and query, as requests would find them, which takes its time."""
        asked = str(request.url)
        if asked.startswith(self._prefix) and "#" not in asked and not asked.endswith("?"):
            return asked[len(self._prefix) - 1 :]
        return request.path_url

    def __eq__(self, other: object) -> bool:
        # `responses` removes by equality; two surfaces at one address are not the same
        return self is other

    __hash__ = object.__hash__


class SurfaceAdapter(BaseAdapter):
    """Stands in for an adapter: sends to a surface what is meant for a server.

    Args:
        adapter: The one it stands in for; says what is tried again.
        front: Where requests go; those to other addresses are the adapter's own.
    """

    def __init__(self, adapter: HTTPAdapter, front: CatchAll) -> None:
        super().__init__()
        self._adapter = adapter
        self._front = front

    def send(self, request: requests.PreparedRequest, *options: Any, **named: Any) -> requests.Response:
        """Send a request and return the reply."""
        if not self._front.matches(request)[0]:
            return self._adapter.send(request, *options, **named)
        given = dict(zip(_SEND_OPTIONS, options, strict=False)) | named
        return self._adapter.build_response(request, self._front.carry(self._adapter, request, given))

    def close(self) -> None:
        """Close what the adapter has open."""
        self._adapter.close()


# `responses` keeps it from before anything was patched
_requests_own_send: Callable[..., Any] = responses._real_send  # noqa: SLF001

_PLAIN_ADAPTER = HTTPAdapter()


class _Carrier(HTTPAdapter):
    """The adapter that a request is sent by, but connecting to a surface."""

    def __init__(self, adapter: HTTPAdapter, pool: _Pool) -> None:
        # a pool manager, which the base class would make, is what this replaces
        self.max_retries = adapter.max_retries
        self._pool = pool

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> _Pool:
        return self._pool

    def cert_verify(self, *_: Any) -> None:
        pass

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:  # noqa: ARG002 -- no proxy is asked
        return request.path_url

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> Any:  # noqa: ARG002 -- `responses` does it
        return resp


class _Pool(urllib3.HTTPConnectionPool):
    """Gives a new connection for each request, and keeps none."""

    def __init__(self, surface: Surface, scheme: str, host: str, port: int | None) -> None:
        super().__init__(host, port or _DEFAULT_PORTS[scheme], maxsize=1)
        self.scheme = scheme
        self._arguments = (surface, scheme, host, port)
        self._surface = surface
        self._netloc = host if port is None else f"{host}:{port}"
        self._first: _Connection | None = None

    def connect(self) -> _Connection:
        return _Connection(self, self._surface, self._netloc)

    def as_named_in_messages(self) -> urllib3.connection.HTTPConnection:
        """Return a connection that shows itself as one to the surface's address does."""
        named = urllib3.connection.HTTPSConnection if self.scheme == "https" else urllib3.connection.HTTPConnection
        return named(self.host, self.port)

    def beginning_with(self, connection: _Connection) -> _Pool:
        """Return a pool for one request whose first attempt has been made."""
        pool = _Pool(*self._arguments)
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


class _Connection:
    """One request and its reply: as much of a connection as urllib3 asks for."""

    is_closed = False
    is_verified = True
    proxy = None
    proxy_is_verified = None

    def __init__(self, pool: _Pool, surface: Surface, netloc: str) -> None:
        self.timeout: float | None = None
        self._pool = pool
        self._surface = surface
        self._netloc = netloc
        self._socket: FakeSocket | None = None
        # not each reply: that and its connection would hold each other
        self.outcome: urllib3.HTTPResponse | Exception | None = None

    def request(self, method: str, url: str, body: Any, headers: Any, **_: Any) -> None:
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
            except _BROKEN as error:
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
        if self._socket is not None:
            self._socket.shutdown(how)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()


_CONNECT_AND_READ = 2
_HTTP_1_1 = 11

_BROKEN = (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError)
"""What urllib3 deals with: no connection, or none any more."""

# urllib3 < 2.3 has no `shutdown` of a response
_HAS_SHUTDOWN = "sock_shutdown" in inspect.signature(urllib3.HTTPResponse).parameters


def _origin(url: str) -> str:
    """Return scheme, host and port, written one way."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or _DEFAULT_PORTS.get(parts.scheme)}"


class _LastStarted(FirstMatchRegistry):
    """Finds what was added last, and drops nothing when two have the same address."""

    def find(self, request: requests.PreparedRequest) -> tuple[responses.BaseResponse | None, list[str]]:
        return next((item for item in reversed(self.registered) if item.matches(request)[0]), None), []

    def add(self, response: responses.BaseResponse) -> responses.BaseResponse:
        self.registered.append(response)
        return response

    def remove(self, response: responses.BaseResponse) -> list[responses.BaseResponse]:
        indexes = [index for index, item in enumerate(self.registered) if item is response]
        return [self.registered.pop(indexes[-1])] if indexes else []


class _Interceptor(responses.RequestsMock):
    """Intercepts requests, as long as anything is to be answered in this process.

    There is one for all fronts, because patches must be undone in the reverse order, and fronts stop in any.
    """

    def __init__(self) -> None:
        super().__init__(assert_all_requests_are_fired=False, registry=_LastStarted)
        self._changing = threading.Lock()
        self._own_connecting: Callable[..., Any] = HTTPAdapter.get_connection_with_tls_context

    def begin_for(self, catch_all: CatchAll) -> None:
        with self._changing:
            if not self.registered():
                # what another mock may have put there; not what it put back after this one was stopped
                current: Any = HTTPAdapter.send
                self._real_send = _requests_own_send if current.__module__ == __name__ else current
                self.start()
                self._own_connecting = HTTPAdapter.get_connection_with_tls_context
                HTTPAdapter.get_connection_with_tls_context = self._unbound_connecting()  # type: ignore[method-assign]
            self.get_registry().add(catch_all)

    def end_for(self, catch_all: CatchAll) -> None:
        with self._changing:
            self.get_registry().remove(catch_all)
            if not self.registered():
                HTTPAdapter.get_connection_with_tls_context = self._own_connecting  # type: ignore[method-assign]
                self.stop()

    def _unbound_connecting(self) -> Any:
        """Return what finds the surface for mocks inside, which pass requests through to requests' own `send`."""
        own = self._own_connecting

        def get_connection(adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **named: Any) -> Any:
            found, _ = self._find_match(request)
            return found.pool if isinstance(found, CatchAll) else own(adapter, request, *args, **named)

        return get_connection

    def unbound_on_send(self) -> Any:
        def send(adapter: HTTPAdapter, request: requests.PreparedRequest, *options: Any, **named: Any) -> Any:
            found, _ = self._find_match(request)
            if not isinstance(found, CatchAll):
                return self._real_send(adapter, request, *options, **named)
            # `responses` itself would keep the adapter from the answer, and retry what urllib3 has retried
            given = dict(zip(_SEND_OPTIONS, options, strict=False)) | named
            return adapter.build_response(request, found.carry(adapter, request, given))

        return send


_SEND_OPTIONS = ("stream", "timeout", "verify", "cert", "proxies")

_interceptor = _Interceptor()
