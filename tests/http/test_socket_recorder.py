"""The tap on real sockets: what it hears, and that nobody notices it."""

from __future__ import annotations

import gzip
import http.client
import pickle
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import responses
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.util import Retry

from mastra_sync import APIConnectionError, MastraClient
from pytest_mastra import FakeMastra
from pytest_mastra.fake.fronts.in_process import InProcess
from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.http.exchanges import Ending, Exchange, ExchangeLog
from pytest_mastra.http.socket_recorder import Wiretap
from pytest_mastra.http.wire import WireReply, WireRequest
from tests.cassettes.record_and_replay import JSON, listen, serve
from tests.fake.client_outcomes import Outcome, Scripted, by_read1, outcome
from tests.faults.wire_server import (
    WireServer,
    await_event,
    close,
    cut,
    hang_up_noticed,
    head,
    json_reply,
    never,
    reset,
    streamed,
    tell,
)

CHUNKS = (b'{"type":"one"}\x1e', b'{"type":"two', b'"}\x1e{"type":"three"}\x1e')


def only(log: ExchangeLog) -> Exchange:
    (exchange,) = log
    return exchange


def test_a_run_is_heard_from_first_to_last() -> None:
    """Requests as they were sent, replies as they came, in the order of sending; the client notices nothing."""
    server = FakeMastra()
    server.workflow("report").returns({"ok": True})
    with serve(server) as (url, log), MastraClient(url, token="t0ken") as client:
        assert client.get_workflow("report").execute({"city": "Oslo"}).result == {"ok": True}
    assert [exchange.call.verb for exchange in log] == ["create_run", "start", "run_by_id", "run_by_id"]
    start = list(log)[1]
    assert (start.number, start.url) == (1, url)
    assert start.request.body == b'{"inputData":{"city":"Oslo"}}'
    assert start.request.header("authorization") == "Bearer t0ken"
    assert start.request.header("content-length") == "29"
    assert start.request.header("host") == url.removeprefix("http://")
    assert (start.status, start.reason, start.header("content-type")) == (200, "OK", "application/json")
    assert start.ending is Ending.WHOLE
    assert len(start.chunks) == len(start.arrivals) == 1
    assert start.arrivals[0] >= 0


@pytest.mark.parametrize("framing", ["chunked", "gzip"])
def test_chunks_are_the_servers_own(framing: str) -> None:
    """Borders are heard where the server set them, below any content coding."""
    with WireServer() as server:
        server.on("GET", "/stream", streamed(*CHUNKS, framing=framing))
        with listen(server.base_url) as log:
            assert requests.get(f"{server.base_url}/stream", timeout=30).content == b"".join(CHUNKS)
    exchange = only(log)
    assert (exchange.is_stream, exchange.ending, exchange.failure) == (True, Ending.WHOLE, None)
    if framing == "gzip":
        assert gzip.decompress(exchange.body) == b"".join(CHUNKS)
        assert len(exchange.chunks) == len(CHUNKS) + 1
    else:
        assert exchange.chunks == list(CHUNKS)


def test_the_first_event_passes_before_the_second_is_sent() -> None:
    """Nothing is held back: a reader has each chunk while the next is not there yet."""
    read = threading.Event()
    with WireServer() as server:
        server.on("GET", "/stream", streamed(CHUNKS[0], await_event(read), *CHUNKS[1:]))
        with (
            listen(server.base_url) as log,
            requests.get(f"{server.base_url}/stream", stream=True, timeout=30) as response,
        ):
            assert response.raw.read1(65536) == CHUNKS[0]
            assert only(log).chunks == [CHUNKS[0]]
            assert only(log).ending is Ending.OPEN
            read.set()
            rest = b"".join(iter(lambda: response.raw.read1(65536), b""))
    assert rest == b"".join(CHUNKS[1:])
    assert only(log).ending is Ending.WHOLE


def test_an_endless_stream_with_a_timeout_ends_as_it_would() -> None:
    """A read that waits in vain times out; it is noted that nothing more came."""
    with WireServer() as server:
        server.on("GET", "/stream", streamed(CHUNKS[0], never))
        with listen(server.base_url) as log:
            found = outcome(f"{server.base_url}/stream", timeout=1.0)
    assert found.chunks == (CHUNKS[0],)
    assert "Read timed out" in str(found.error)
    exchange = only(log)
    assert (exchange.chunks, exchange.ending) == ([CHUNKS[0]], Ending.LEFT)
    assert exchange.failure == "nothing more came in time"


def test_a_read_that_another_thread_ends() -> None:
    """A client that shuts its socket down gets its end, and it is not taken for the server's."""
    waiting = threading.Event()
    with WireServer() as server:
        server.on("POST", "/stream", streamed(CHUNKS[0], tell(waiting), never))
        with listen(server.base_url) as log:
            response = requests.post(f"{server.base_url}/stream", stream=True, timeout=30)
            assert response.raw.read1(65536) == CHUNKS[0]
            waiting.wait(30)
            found = response.raw._fp.fp.raw._sock  # type: ignore[union-attr] # as `mastra_sync` finds it
            assert isinstance(found, socket.socket)
            found.shutdown(socket.SHUT_RDWR)
            with pytest.raises(urllib3.exceptions.ProtocolError):
                b"".join(iter(lambda: response.raw.read1(65536), b""))
            response.close()
    assert (only(log).ending, only(log).failure) == (Ending.LEFT, "nothing more came in time")


WAYS_TO_END: dict[str, tuple[Any, Ending, str | None, list[bytes]]] = {
    "whole": (json_reply({}), Ending.WHOLE, None, [b"{}"]),
    "empty": ((head(200, {"Content-Length": "0"}),), Ending.WHOLE, None, []),
    "no content": ((head(204, {}),), Ending.WHOLE, None, []),
    "until the end of the connection": (
        (head(200, {"Connection": "close"}), b"all", close),
        Ending.WHOLE,
        None,
        [b"all"],
    ),
    "after an interim reply": (
        (b"HTTP/1.1 100 Continue\r\n\r\n", *json_reply({})),
        Ending.WHOLE,
        None,
        [b"{}"],
    ),
    "closed between chunks": (
        cut(streamed(*CHUNKS), 5 + len(CHUNKS[0]), close),
        Ending.CUT,
        "the connection was closed",
        [CHUNKS[0]],
    ),
    "closed inside a chunk": (
        cut(streamed(*CHUNKS), 7, close),
        Ending.CUT,
        "the connection was closed, 11 bytes before the end",
        [CHUNKS[0][:4]],
    ),
    "closed inside a body": (
        (head(200, {"Content-Length": "10"}), b"1234", close),
        Ending.CUT,
        "the connection was closed, 6 bytes before the end",
        [b"1234"],
    ),
    "what is no chunk": (
        (head(200, {"Transfer-Encoding": "chunked"}), b"zzz\r\n", close),
        Ending.CUT,
        "what came was no HTTP chunk",
        [],
    ),
    "closed before the reply": ((close,), Ending.NONE, "the connection was closed", []),
    "reset before the reply": ((reset,), Ending.NONE, "the connection was reset", []),
    "silence": ((never,), Ending.NONE, "no reply came in time", []),
    "no HTTP": ((b"\x00\x01\x02\r\n\r\n", close), Ending.NONE, "what came was no HTTP", []),
}


@pytest.mark.parametrize("way", WAYS_TO_END)
def test_how_a_reply_ended(way: str) -> None:
    """Each way to end is told from the others, and a client meets the same as without the tap."""
    answer, ending, failure, chunks = WAYS_TO_END[way]
    with WireServer() as server:
        server.on("GET", "/it", answer)
        url = f"{server.base_url}/it?token=s3cret"
        # only where the time is to be up
        timeout = 0.2 if way == "silence" else 30.0
        plain = outcome(url, timeout=timeout, read=by_read1)
        with listen(server.base_url) as log:
            heard = outcome(url, timeout=timeout, read=by_read1)
    assert heard == plain
    exchange = only(log)
    assert (exchange.ending, exchange.failure, exchange.chunks) == (ending, failure, chunks)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_connection(scheme: str) -> None:
    """A refused connection is noted once, in words without the query, also where TLS comes before the request."""
    # bound, so that no other process gets the port, and not listening
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"{scheme}://127.0.0.1:{taken.getsockname()[1]}"
        with listen(url) as log, pytest.raises(requests.ConnectionError):
            requests.post(f"{url}/api?token=s3cret", data="x", timeout=5)
    exchange = only(log)
    assert (exchange.ending, exchange.failure) == (Ending.NONE, "the connection was refused")
    assert exchange.request.target == "/api?token=s3cret"
    assert exchange.request.body == b"x"


def test_a_reader_that_goes_away() -> None:
    """What came until then is kept, and that it was the reader who left."""
    left = threading.Event()
    with WireServer() as server:
        server.on("GET", "/stream", streamed(CHUNKS[0], hang_up_noticed(left)))
        with listen(server.base_url) as log:
            with requests.get(f"{server.base_url}/stream", stream=True, timeout=30) as response:
                assert response.raw.read1(65536) == CHUNKS[0]
            assert left.wait(30)
    assert (only(log).ending, only(log).failure, only(log).chunks) == (Ending.LEFT, None, [CHUNKS[0]])


def test_a_body_sent_in_pieces() -> None:
    """A request body that is made while it is sent is noted whole, without its framing."""
    surface = Scripted(WireReply(200, JSON, b"{}"))
    with serve(surface) as (url, log):
        requests.post(f"{url}/it", data=iter([b"one", b"two"]), timeout=30)
        requests.post(f"{url}/it", data="text", timeout=30)
    assert [exchange.request.body for exchange in log] == [b"onetwo", b"text"]
    assert [request.body for request in surface.requests] == [b"onetwo", b"text"]


def test_attempts_are_noted_one_by_one() -> None:
    """What an adapter tries again is two exchanges."""
    with WireServer() as server, requests.Session() as session:
        server.on("GET", "/it", json_reply({}, 503), json_reply({}))
        session.mount("http://", HTTPAdapter(max_retries=Retry(2, status_forcelist=[503])))
        with listen(server.base_url) as log:
            assert session.get(f"{server.base_url}/it", timeout=30).status_code == 200
    assert [exchange.status for exchange in log] == [503, 200]


def test_connections_are_kept_as_without_it() -> None:
    """Two requests of a session use one connection, and closing the session closes it."""
    with WireServer() as server, requests.Session() as session:
        server.on("GET", "/it", json_reply({}))
        with listen(server.base_url) as log:
            for _ in range(2):
                session.get(f"{server.base_url}/it", timeout=30)
            assert server.connections == 1
            session.close()
            session.get(f"{server.base_url}/it", timeout=30)
            assert server.connections == 2
    assert len(log) == 3


def test_other_addresses_are_not_heard() -> None:
    """Only what goes to the tapped origin is noted, however its address is written."""
    with (
        OnSocket(Scripted(WireReply(200, JSON, b"{}"))) as one,
        OnSocket(Scripted(WireReply(200))) as other,
        listen(f"{one.url.upper().replace('HTTP', 'http')}/path?query") as log,
    ):
        requests.get(one.url, timeout=30)
        requests.get(other.url, timeout=30)
    assert [exchange.url for exchange in log] == [one.url]


def test_nothing_is_left_behind() -> None:
    """After the last tap, requests is as it was, in whatever order taps end, also after an error."""
    before = requests.Session.get_adapter, requests.Session.close
    first, second = listen("http://one.test"), listen("http://two.test")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert requests.Session.get_adapter is not before[0]
    second.__exit__(None, None, None)
    assert (requests.Session.get_adapter, requests.Session.close) == before
    with pytest.raises(ZeroDivisionError), listen("http://one.test"):
        1 / 0  # noqa: B018
    assert (requests.Session.get_adapter, requests.Session.close) == before


def test_taps_in_taps() -> None:
    """Two taps on one server hear the same; one that is there twice hears it once."""
    with OnSocket(Scripted(WireReply(200, JSON, b"{}"))) as front:
        log = ExchangeLog()
        tap = Wiretap(log, front.url, time.monotonic)
        with (
            listen(front.url) as other,
            tap.on_every_session(),
            tap.on_every_session(),
            MastraClient(front.url, adapter=tap.wrap) as client,
        ):
            client.list_workflows()
    assert len(log) == len(other) == 1
    assert only(log).body == only(other).body == b"{}"


def test_beside_a_patch_that_stays() -> None:
    """Where somebody patched sessions meanwhile, and undoes it later, nothing breaks."""
    tap = listen("http://one.test")
    tap.__enter__()
    ours = requests.Session.get_adapter

    def theirs(session: requests.Session, url: str) -> BaseAdapter:
        return ours(session, url)

    requests.Session.get_adapter = theirs  # type: ignore[method-assign, assignment]
    tap.__exit__(None, None, None)
    requests.Session.get_adapter = ours  # type: ignore[method-assign]
    with serve(Scripted(WireReply(200, JSON, b"{}"))) as (url, log):
        requests.get(url, timeout=30)
    assert len(log) == 1


def test_the_clients_of_a_test_only() -> None:
    """As a client's `adapter`, the tap hears this client, and is the same for the same adapter."""
    log = ExchangeLog()
    with OnSocket(Scripted(WireReply(200, JSON, b"{}"))) as front:
        tap = Wiretap(log, front.url, time.monotonic)
        with MastraClient(front.url, adapter=tap.wrap) as client:
            client.list_workflows()
            requests.get(front.url, timeout=30)
        adapter = HTTPAdapter()
        assert tap.wrap(adapter) is tap.wrap(adapter)
        assert tap.wrap(tap.wrap(adapter)) is tap.wrap(adapter)
        assert tap.wrap(adapter).max_retries is adapter.max_retries  # type: ignore[attr-defined]
    assert [exchange.call.verb for exchange in log] == ["list_workflows"]


def test_a_pickled_client_is_not_heard() -> None:
    """A client that went to another process works there, and nobody listens."""
    log = ExchangeLog()
    with OnSocket(Scripted(WireReply(200, JSON, b"{}"))) as front:
        client = MastraClient(front.url, adapter=Wiretap(log, front.url, time.monotonic).wrap)
        with client, pickle.loads(pickle.dumps(client)) as copy:
            assert copy.list_workflows() == {}
    assert len(log) == 0


def test_adapters_of_others() -> None:
    """An adapter without a wire stays as it is; a subclass keeps its ways."""

    class Marking(HTTPAdapter):
        def add_headers(self, request: requests.PreparedRequest, **_: Any) -> None:
            request.headers["X-Mark"] = "here"

    class Wireless(BaseAdapter):
        def send(self, *_: Any, **__: Any) -> requests.Response:
            raise AssertionError("nobody sends")

        def close(self) -> None:
            pass

    wireless = Wireless()
    surface = Scripted(WireReply(200, JSON, b"{}"))
    with serve(surface) as (url, log), requests.Session() as session:
        session.mount("http://", Marking())
        session.get(url, timeout=30)
        tap = Wiretap(ExchangeLog(), url, time.monotonic)
        assert tap.wrap(wireless) is wireless
    assert only(log).request.header("X-Mark") == "here" == surface.requests[0].header("X-Mark")


def test_over_a_proxy() -> None:
    """What goes to the server over a proxy is noted with the server's address and a plain path."""

    def answer(request: WireRequest) -> WireReply:
        assert request.target == "http://mastra.example/api/workflows?x=1"
        return WireReply(200, JSON, b"{}")

    with OnSocket(Scripted(answer)) as proxy, listen("http://mastra.example") as log:
        requests.get("http://mastra.example/api/workflows?x=1", proxies={"http": proxy.url}, timeout=30)
    assert (only(log).url, only(log).request.target) == ("http://mastra.example", "/api/workflows?x=1")
    assert (only(log).status, only(log).body) == (200, b"{}")


@pytest.mark.parametrize("inner", [InProcess, responses.RequestsMock])
def test_beside_what_answers_in_this_process(inner: Callable[..., Any]) -> None:
    """A mock in this process goes on answering what it answers; there is no wire to hear."""
    with listen("http://mastra.test") as log:
        if inner is InProcess:
            with InProcess(Scripted(WireReply(200, JSON, b"{}"))) as front:
                assert requests.get(front.url, timeout=30).json() == {}
        else:
            with responses.RequestsMock() as mock:
                mock.get("http://mastra.test/", json={})
                assert requests.get("http://mastra.test/", timeout=30).json() == {}
    assert len(log) == 0


def test_many_threads() -> None:
    """8 threads, 250 requests each, over one session: every exchange is whole, and each reply is its request's."""

    def echo(request: WireRequest) -> WireReply:
        return WireReply(200, JSON, request.body)

    with serve(Scripted(echo)) as (url, log), requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_maxsize=8))
        with ThreadPoolExecutor(8) as pool:
            sent = [f"{number}" for number in range(2000)]
            list(pool.map(lambda text: session.post(url, data=text, timeout=30), sent))
    assert sorted(int(exchange.body) for exchange in log) == list(range(2000))
    assert all(exchange.body == exchange.request.body for exchange in log)
    assert {exchange.ending for exchange in log} == {Ending.WHOLE}
    assert [exchange.number for exchange in log] == list(range(2000))


def test_a_client_in_trouble_is_told_the_same() -> None:
    """`mastra_sync` raises the same exception with the tap as without it."""
    with WireServer() as server:
        server.on("GET", "/workflows", cut(streamed(b'{"a":1}'), 4, close))
        said = []
        for listening in (False, True):
            log = ExchangeLog()
            tap = Wiretap(log, server.base_url, time.monotonic)
            adapter = tap.wrap if listening else None
            with MastraClient(server.base_url, retries=0, adapter=adapter) as client:
                with pytest.raises(APIConnectionError) as caught:
                    client.list_workflows()
                said.append(str(caught.value))
    assert said[0] == said[1]
    assert only(log).failure == "the connection was closed, 6 bytes before the end"


def test_what_http_client_reads_is_untouched() -> None:
    """The reply is still read by http.client itself, in its own buffer."""
    surface = Scripted(WireReply(200, JSON, iter([b"a", b"b"])))
    with serve(surface) as (url, _), requests.get(url, stream=True, timeout=30) as response:
        assert isinstance(response.raw._original_response, http.client.HTTPResponse)
        assert response.content == b"ab"


def test_outcomes_are_not_changed_by_listening_twice() -> None:
    """A sequence of taps on the same server leaves each request as it was."""
    answered: list[Outcome] = []
    with WireServer() as server:
        server.on("GET", "/it", streamed(*CHUNKS))
        for _ in range(3):
            with listen(server.base_url):
                answered.append(outcome(f"{server.base_url}/it", read=by_read1))
    assert answered[0] == answered[1] == answered[2]
