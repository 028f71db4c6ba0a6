"""A surface in this process, behind `responses`: code that uses `requests` reaches it without a network."""

from __future__ import annotations

import contextlib
import threading
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

from mastra_sync.keywords import takes
from pytest_mastra.fake.api.fault_target import place_of_caller
from pytest_mastra.fake.fronts.surface_connection import BROKEN, DEFAULT_PORTS, SurfacePool
from pytest_mastra.fake.workflows.arguments import check_text, check_truth
from pytest_mastra.http.wire import Surface, check_surface

DEFAULT_URL = "http://mastra.test"
"""A name that no network knows."""


class InProcess:
    """Answers all requests of this process to one address; others go where they went before.

    A context manager. What the surface answers passes through `http.client`, urllib3 and requests as if it came from
    a socket: the same chunks, timeouts and exceptions. Several can be active, also in several threads, each at an
    address of its own.

    A test that activates a `responses` mock of its own inside adds `catch_all` to it: `mock.add(front.catch_all)`.

    Args:
        surface: What answers.
        url: Where it seems to be, without path.
        shadow: Whether it may take the address of another front as long as it answers.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: The address is none, or has a path.

    Attributes:
        surface: What answers.
        url: The address.
        name: What messages call it; by default they say what answers, and the line that made the front.
        catch_all: The `responses.BaseResponse` for everything at the address.
    """

    @takes()
    def __init__(self, surface: Surface, url: str = DEFAULT_URL, *, shadow: bool = False) -> None:
        check_surface(surface)
        check_text(url, "the url of a front")
        check_truth(shadow, "shadow")
        self.surface = surface
        self.url = url.rstrip("/")
        self.catch_all = CatchAll(surface, self.url)
        self.name = ""
        self._place = place_of_caller(2)
        self._shadow = shadow

    def start(self) -> None:
        """Begin to answer.

        Raises:
            ValueError: Another front answers at this address; says which.
        """
        __tracebackhide__ = True
        _interceptor.begin_for(self, shadow=self._shadow)

    def stop(self) -> None:
        """Answer no more; a reply that is being read can be read to its end."""
        _interceptor.end_for(self)

    def __enter__(self) -> Self:
        __tracebackhide__ = True
        self.start()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def described(self) -> str:
        """What it is, in words."""
        return self.name or f"{self.surface!r} ({self._place})"

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
        origin: Scheme, host and port, written one way.

    Raises:
        ValueError: Not such an address.
    """

    def __init__(self, surface: Surface, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.path or parts.query:
            raise ValueError(f"{url!r} is not an address like {DEFAULT_URL!r}: http or https, a host, no path")
        super().__init__("ANY", url)
        self._prefix = f"{url}/"
        self.origin = _origin(url)
        self.pool = SurfacePool(surface, parts.scheme, parts.hostname, parts.port)

    def matches(self, request: requests.PreparedRequest) -> tuple[bool, str]:
        """Say whether a request goes to the address."""
        asked = str(request.url)
        found = asked.startswith(self._prefix) or _origin(asked) == self.origin
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
            with contextlib.suppress(*BROKEN):
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

    def __init__(self, adapter: HTTPAdapter, pool: SurfacePool) -> None:
        # a pool manager, which the base class would make, is what this replaces
        self.max_retries = adapter.max_retries
        self._pool = pool

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> SurfacePool:
        return self._pool

    def cert_verify(self, *_: Any) -> None:
        pass

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:  # noqa: ARG002 -- no proxy is asked
        return request.path_url

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> Any:  # noqa: ARG002 -- `responses` does it
        return resp


def _origin(url: str) -> str:
    """Return scheme, host and port, written one way."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or DEFAULT_PORTS.get(parts.scheme)}"


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
        self._own_send: Callable[..., Any] = HTTPAdapter.send
        self._own_connecting: Callable[..., Any] = HTTPAdapter.get_connection_with_tls_context
        self._fronts: list[InProcess] = []

    def begin_for(self, front: InProcess, *, shadow: bool) -> None:
        __tracebackhide__ = True
        with self._changing:
            if not shadow:
                self._refuse_second(front)
            if not self.registered():
                # what another mock may have put there; not what it put back after this one was stopped
                current: Any = HTTPAdapter.send
                self._real_send = _requests_own_send if current.__module__ == __name__ else current
                self._own_send = current
                HTTPAdapter.send = self.unbound_on_send()  # type: ignore[method-assign]
                self._own_connecting = HTTPAdapter.get_connection_with_tls_context
                HTTPAdapter.get_connection_with_tls_context = self._unbound_connecting()  # type: ignore[method-assign]
            self._fronts.append(front)
            self.get_registry().add(front.catch_all)

    def end_for(self, front: InProcess) -> None:
        with self._changing:
            if front in self._fronts:
                self._fronts.remove(front)
            self.get_registry().remove(front.catch_all)
            if not self.registered():
                HTTPAdapter.get_connection_with_tls_context = self._own_connecting  # type: ignore[method-assign]
                HTTPAdapter.send = self._own_send  # type: ignore[method-assign]

    def _refuse_second(self, front: InProcess) -> None:
        __tracebackhide__ = True
        for other in self._fronts:
            # one that is entered twice is the same
            if other is not front and other.catch_all.origin == front.catch_all.origin:
                raise ValueError(
                    f"two servers at {other.url}: {other.described} answers there, and {front.described} is to; "
                    "let one have an address of its own: InProcess(server, 'http://other.test'), or a server of the "
                    "fixture mastra_server_factory; if it is meant: InProcess(server, shadow=True)"
                )

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
