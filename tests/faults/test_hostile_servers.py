"""No call outlives its deadline, whatever bytes come: no limit of a single read could see to that."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from mastra_sync import (
    APIConnectionError,
    APITimeoutError,
    MastraClient,
    MastraError,
    RunTimeout,
    UnexpectedRedirect,
    Workflow,
)
from mastra_sync.deadline import SystemClock
from tests.faults.dripping_server import AUTHORITY, DrippingServer
from tests.faults.scripted_runs import START_RECORD, WORKFLOW, ScriptedRun, fresh_run_of, record
from tests.faults.wire_server import WireServer, chunk, close, head, json_reply, streamed

LIMIT = 0.2
BOUND = 10.0
"""Seconds after which a call has outlived its deadline, however slow the machine is."""

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
FOUND = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n"

DRIPS: dict[str, tuple[bytes, bytes]] = {
    "status line": (b"HTTP/1.1 2", b"0"),
    "header line": (OK + b"X-Long: ", b"a"),
    "headers": (OK, b"X: y\r\n"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "103 Early Hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    "chunk extension": (CHUNKED + b"5;a=", b"a"),
    "chunk size": (CHUNKED, b"0"),
    "chunks": (CHUNKED, chunk(b" ")),
    "trailers": (CHUNKED + chunk(b"{}") + b"0\r\n", b"X: y\r\n"),
    "body": (OK + b"Content-Length: 1000000\r\n\r\n", b" "),
    "body without length": (OK + b"Connection: close\r\n\r\n", b" "),
    "compressed body": (
        CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"),
        chunk(b"\x1f\x8b\x08"[:1]),
    ),
    "refusal": (b"HTTP/1.1 500 No\r\nContent-Length: 1000000\r\n\r\n", b"x"),
}

CALLS: dict[str, Callable[[Workflow], Any]] = {
    "list_workflows": lambda w: w.client.list_workflows(),  # type: ignore[attr-defined]
    "start_async": lambda w: fresh_run_of(w).start_async({}, timeout=2 * LIMIT),
    "stream": lambda w: list(fresh_run_of(w).stream({}, timeout=2 * LIMIT)),
}


@pytest.fixture
def client_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., MastraClient]]:
    """A function that makes a client without patience, of a server that it stops in the end."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(AUTHORITY))
    with ExitStack() as made:

        def make(server: DrippingServer | WireServer, base_url: str | None = None, **settings: Any) -> MastraClient:
            made.enter_context(server)
            settings = {"timeout": (LIMIT, LIMIT), "retries": 0, "clock": SystemClock(), **settings}
            return made.enter_context(MastraClient(base_url or server.base_url, **settings))

        yield make


def ends_in_time(call: Callable[[], Any], kind: type[BaseException] = APITimeoutError) -> BaseException:
    """Return what a call raises, and hold it to its deadline."""
    began = time.perf_counter()
    with pytest.raises(kind) as raised:
        call()
    assert time.perf_counter() - began < BOUND
    return raised.value


@pytest.mark.parametrize("tls", ["plain", "tls"])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("drip", DRIPS)
def test_a_reply_that_drips(drip: str, call: str, tls: str, client_of: Callable[..., MastraClient]) -> None:
    """Each piece comes soon, and the whole never."""
    server = DrippingServer(*DRIPS[drip], tls=tls == "tls")
    workflow = client_of(server).get_workflow(WORKFLOW)
    ends_in_time(lambda: CALLS[call](workflow), MastraError)


@pytest.mark.parametrize("drip", DRIPS)
def test_a_socket_that_timed_out_is_not_used_again(drip: str, client_of: Callable[..., MastraClient]) -> None:
    """What is still to come on it would be taken for the next reply."""
    server = DrippingServer(*DRIPS[drip])
    client = client_of(server)
    for _ in range(3):
        ends_in_time(client.list_workflows, MastraError)
    assert server.connections == 3


def test_a_handshake_that_drips(client_of: Callable[..., MastraClient]) -> None:
    """A TLS record of which a byte comes now and then; the request has not left."""
    server = DrippingServer(b"\x16\x03\x03\x40\x00\x02", b"\x00", early=True)
    client = client_of(server, f"https://localhost:{server.port}")
    ends_in_time(client.list_workflows)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("drip", ["status line", "header line", "headers"])
def test_a_proxy_that_drips(
    drip: str, scheme: str, client_of: Callable[..., MastraClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer to CONNECT is a part of the call."""
    server = DrippingServer(*DRIPS[drip])
    monkeypatch.setenv("HTTPS_PROXY", server.base_url)
    monkeypatch.setenv("HTTP_PROXY", server.base_url)
    client = client_of(server, f"{scheme}://mastra.invalid")
    error = ends_in_time(client.list_workflows)
    assert isinstance(error, APIConnectionError)


@pytest.mark.parametrize("tls", ["plain", "tls"])
def test_a_server_that_receives_nothing(tls: str, client_of: Callable[..., MastraClient]) -> None:
    """A large input is not sent for ever."""
    server = DrippingServer(deaf=True, tls=tls == "tls")
    workflow = client_of(server).get_workflow(WORKFLOW)
    large = {"text": "x" * 50_000_000}
    ends_in_time(lambda: fresh_run_of(workflow).start_async(large, timeout=2.0), MastraError)


def test_addresses_that_are_dead(monkeypatch: pytest.MonkeyPatch, client_of: Callable[..., MastraClient]) -> None:
    """All addresses of a name together have the time that one of them would have."""
    with _deaf_listener() as port:
        _name(monkeypatch, "two.test", ["127.0.0.1", "127.0.0.2", "127.0.0.3"])
        client = client_of(WireServer(), f"http://two.test:{port}", timeout=(2.0, 0.1))
        began = time.perf_counter()
        error = ends_in_time(client.list_workflows)
        assert isinstance(error, APIConnectionError)
        assert error.sent is False
        assert time.perf_counter() - began < 6.0


def test_an_address_that_refuses(monkeypatch: pytest.MonkeyPatch, client_of: Callable[..., MastraClient]) -> None:
    """The next one of the name is tried."""
    server = WireServer()
    server.on("GET", "/workflows", json_reply({}))
    _name(monkeypatch, "two.test", ["127.0.0.2", "127.0.0.1"])
    assert client_of(server, f"http://two.test:{server.port}").list_workflows() == {}


def _name(monkeypatch: pytest.MonkeyPatch, name: str, addresses: list[str]) -> None:
    look_up = socket.getaddrinfo

    def looked_up(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if host != name:
            return look_up(host, port, *more, **named)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)


class _deaf_listener(ExitStack):  # noqa: N801 - it is called like a function
    """A port of which no connection comes about, for its queue is full."""

    def __enter__(self) -> int:  # type: ignore[override]
        listener = self.enter_context(socket.create_server(("0.0.0.0", 0), backlog=0))
        port: int = listener.getsockname()[1]
        for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
            for _ in range(4):
                filler = self.enter_context(socket.socket())
                filler.settimeout(0)
                filler.connect_ex((address, port))
        return port


# -- redirects


@pytest.mark.parametrize("body", ["drips", "never ends"])
@pytest.mark.parametrize("call", CALLS)
def test_the_body_of_a_redirect_is_not_read(body: str, call: str, client_of: Callable[..., MastraClient]) -> None:
    """Where it leads is all that is wanted of it."""
    framing = b"Content-Length: 1000000\r\n\r\n" if body == "drips" else b"Connection: close\r\n\r\n"
    server = DrippingServer(FOUND + framing, b"x" if body == "drips" else b"x" * 1_000_000)
    workflow = client_of(server, timeout=BOUND).get_workflow(WORKFLOW)
    error = ends_in_time(lambda: CALLS[call](workflow), UnexpectedRedirect)
    assert isinstance(error, UnexpectedRedirect)
    assert error.location == "/elsewhere"


@pytest.mark.parametrize(
    "place", [b"/\xff\xfe", b"http://[::1", b"//", b"http://a b/", b"\xe2\x98\x83", b"http://h:99999/"]
)
@pytest.mark.parametrize("call", CALLS)
def test_a_place_that_is_none(place: bytes, call: str, client_of: Callable[..., MastraClient]) -> None:
    """A redirect to nowhere is reported like any other."""
    server = WireServer()
    redirect = (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + place + b"\r\n\r\n",)
    server.on("GET", "", redirect)
    server.on("POST", "", redirect)
    workflow = client_of(server, timeout=BOUND).get_workflow(WORKFLOW)
    ends_in_time(lambda: CALLS[call](workflow), UnexpectedRedirect)


# -- what is cut


REPLY = head(200, {"Content-Type": "application/json", "Content-Length": "2"})


@pytest.mark.parametrize("cut", range(len(REPLY)))
def test_a_connection_that_is_closed_inside_the_headers(cut: int, server: WireServer, client: MastraClient) -> None:
    """It is no empty answer."""
    server.on("GET", "/workflows", (REPLY[:cut], close))
    with pytest.raises(APIConnectionError):
        client.list_workflows()


def test_headers_that_are_all_there(server: WireServer, client: MastraClient) -> None:
    """A body that the end of the connection ends may come at once or later."""
    server.on("GET", "/workflows", (head(200, {"Connection": "close"}), b"{}", close))
    assert client.list_workflows() == {}


@pytest.mark.parametrize("call", CALLS)
def test_lengths_that_differ(call: str, server: WireServer, make_client: Callable[..., MastraClient]) -> None:
    """After an effect nobody says that nothing was sent."""
    scripted = ScriptedRun(server, "pending")
    lengths = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"
    for method, route in [("GET", "/workflows"), ("POST", "/start-async"), ("POST", "/stream")]:
        server.on(method, route, (scripted.move, lengths, close))
    workflow = make_client(retries=0).get_workflow(WORKFLOW)
    if call == "list_workflows":
        with pytest.raises(APIConnectionError):
            CALLS[call](workflow)
    elif call == "start_async":
        assert fresh_run_of(workflow).start_async({}, timeout=60).result == {"done": True}
    else:
        assert len(list(fresh_run_of(workflow).stream({}, timeout=60))) == 2


def test_a_stream_that_drips(client_of: Callable[..., MastraClient]) -> None:
    """Its deadline holds inside a record, and `result` has one of its own."""
    server = DrippingServer(CHUNKED + chunk(record(START_RECORD)), chunk(b" "))
    workflow = client_of(server).get_workflow(WORKFLOW)
    stream = fresh_run_of(workflow).stream({}, timeout=3600)
    assert next(stream).raw == START_RECORD
    ends_in_time(lambda: stream.result(timeout=0.5), RunTimeout)


def test_a_quiet_stream_has_no_limit_but_its_own(client_of: Callable[..., MastraClient]) -> None:
    """The client's limit for a read, and the verb's for an answer, are not those of an open stream."""
    server = WireServer()
    pause: list[Any] = [lambda connection: time.sleep(3 * LIMIT)]
    server.on(
        "POST", "/stream", streamed(record(START_RECORD), *pause, record(START_RECORD | {"type": "workflow-finish"}))
    )
    workflow = client_of(server).get_workflow(WORKFLOW)
    assert len(list(fresh_run_of(workflow).stream({}, timeout=60))) == 2
