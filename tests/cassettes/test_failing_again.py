"""Replies that went wrong go wrong again on replay, for every reader in the same way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from mastra_sync import APIConnectionError, APITimeoutError, MastraClient
from pytest_mastra.cassettes.replay.no_match import NoRecordedReply
from pytest_mastra.cassettes.replay.player import Playback
from pytest_mastra.fake.fronts.in_process import InProcess
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.http.wire import WireReply
from tests.cassettes.record_and_replay import (
    JSON,
    Replay,
    answer_from,
    exchange_of,
    listen,
    recording_of,
    replaying_client,
    request_of,
    serve,
)
from tests.fake.client_outcomes import Outcome, Scripted, by_read1, outcome
from tests.faults.wire_server import WireServer, close, cut, hang_up_noticed, head, json_reply, never, reset, streamed

CHUNKS = (b'{"type":"one"}\x1e', b'{"type":"two', b'"}\x1e{"type":"three"}\x1e')

ANSWERS: dict[str, Any] = {
    "whole": json_reply({"ok": True}),
    "an error": json_reply({"error": "no"}, 500),
    "empty": (head(200, {"Content-Length": "0"}),),
    "no content": (head(204, {}),),
    "a stream": streamed(*CHUNKS),
    "an empty stream": streamed(),
    "closed between chunks": cut(streamed(*CHUNKS), 5 + len(CHUNKS[0]), close),
    "closed inside a chunk": cut(streamed(*CHUNKS), 7, close),
    "reset inside a chunk": cut(streamed(*CHUNKS), 7, reset),
    "closed after the head": cut(streamed(*CHUNKS), 0, close),
    "closed inside a body": (head(200, {"Content-Length": "10"}), b"1234", close),
    "closed before a body": (head(200, {"Content-Length": "10"}), close),
    "closed before the reply": (close,),
    "reset before the reply": (reset,),
    "no reply in time": (never,),
    "no more in time": streamed(CHUNKS[0], never),
    "no more of a body in time": (head(200, {"Content-Length": "10"}), b"1234", never),
}


def same(found: Outcome) -> tuple[Any, ...]:
    """Return what matters of an outcome: headers of the connection and the words of no HTTP are not kept."""
    return found.status, found.chunks, found.error


@pytest.mark.parametrize("read", [None, by_read1], ids=["by chunks", "by read1"])
@pytest.mark.parametrize("way", ANSWERS)
def test_the_same_again(way: str, read: Callable[[requests.Response], Any] | None) -> None:
    """Status, chunks, and the exception with all that it stands for."""
    with WireServer() as server:
        server.on("GET", "/it", ANSWERS[way])
        with listen(server.base_url) as log:
            live = outcome(f"{server.base_url}/it", timeout=0.3, read=read)
    with answer_from(recording_of(log)) as (url, replay):
        start = replay.clock.monotonic()
        again = outcome(f"{url}/it", timeout=0.3, read=read)
        waited = replay.clock.monotonic() - start
    assert same(again) == same(live)
    assert (waited > 0.2) is way.endswith("in time"), "waits are the virtual clock's"


LENGTH = b"Content-Length: 2\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"


@pytest.mark.parametrize("in_pace", [False, True], ids=["at once", "in pace"])
@pytest.mark.parametrize("ending", [(LENGTH + b"{}",), (LENGTH, close), (CHUNKED + b"0\r\n\r\n",), (CHUNKED, close)])
@pytest.mark.parametrize("status", ["599 Upstream Gone", "200 Fine", "404", "503 \xdcberlastet"])
def test_the_words_of_a_status(status: str, ending: tuple[Any, ...], *, in_pace: bool) -> None:
    """What stands behind a status, HTTP's words for it, others or none, stands there on replay: at each front."""

    def words(url: str) -> tuple[int, str]:
        with requests.get(f"{url}/it", timeout=5, stream=True) as reply:
            return reply.status_code, reply.reason

    with WireServer() as server:
        server.on("GET", "/it", (f"HTTP/1.1 {status}\r\n".encode("latin-1"), *ending))
        with listen(server.base_url) as log:
            live = words(server.base_url)
    recording = recording_of(log)
    assert f"{live[0]} {live[1]}".strip() == status
    with answer_from(recording, in_pace=in_pace) as (url, _):
        assert words(url) == live
    with serve(Replay(Playback(recording)).surface(in_pace=in_pace)) as (url, again):
        assert words(url) == live
    assert [exchange.reason for exchange in again] == [live[1]]


def test_a_refused_connection_is_refused_again() -> None:
    """It is known never to have reached a server, so that the client may send anything once more."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with listen(dead) as log, MastraClient(dead, retries=0) as client, pytest.raises(APIConnectionError) as live:
        client.list_workflows()
    with replaying_client(recording_of(log), retries=0) as (client, _), pytest.raises(APIConnectionError) as again:
        client.list_workflows()
    assert (again.value.sent, live.value.sent) == (False, False)
    assert str(again.value).replace("http://mastra.test", dead) == str(live.value)


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        ("the connection was refused", requests.ConnectionError),
        ("no connection came about: gaierror", requests.ConnectionError),
        ("no connection came about in time", requests.ConnectTimeout),
        ("the connection was closed", requests.ConnectionError),
        ("the connection was reset", requests.ConnectionError),
        ("what came was no HTTP", requests.ConnectionError),
        ("no reply came in time", requests.ReadTimeout),
        ("the client waited no longer for a reply", requests.ReadTimeout),
        ("something that nobody knows", requests.ConnectionError),
    ],
)
def test_a_failure_by_its_words(failure: str, error: type[Exception]) -> None:
    """What a cassette says in words becomes the exception that it was."""
    exchange = Exchange(0, "", request_of("GET", "/it"), 0.0, ending=Ending.NONE, failure=failure)
    with answer_from([exchange]) as (url, _), pytest.raises(error) as caught:
        requests.get(f"{url}/it", timeout=5)
    assert type(caught.value) is error


def test_what_the_client_retried_is_retried() -> None:
    """A reply that was lost once and came the second time is lost once on replay, too; the wait is virtual."""
    with WireServer() as server:
        server.on("GET", "/workflows", (close,), json_reply({}))
        with listen(server.base_url) as log, MastraClient(server.base_url, backoff=0.01) as client:
            client.list_workflows()
    recording = recording_of(log)
    assert [exchange.ending for exchange in recording] == [Ending.NONE, Ending.WHOLE]
    with replaying_client(recording) as (client, replay):
        before = replay.clock.monotonic()
        assert client.list_workflows() == {}
        assert replay.playback.unplayed == []
        assert replay.clock.monotonic() > before


def test_a_timeout_costs_no_real_time() -> None:
    """A reply that never came makes the client wait its whole patience, on the replay's clock."""
    exchange = Exchange(
        0, "", request_of("GET", "/api/workflows"), 0.0, ending=Ending.NONE, failure="no reply came in time"
    )
    with replaying_client([exchange], retries=0) as (client, replay):
        before = replay.clock.monotonic()
        with pytest.raises(APITimeoutError):
            client.list_workflows()
        assert replay.clock.monotonic() - before == pytest.approx(60, abs=0.1)


def test_a_reader_that_reads_on_is_told() -> None:
    """A stream that its reader left has an end that nobody knows: neither the end nor a cut is made up."""
    left = threading.Event()
    with WireServer() as server:
        server.on("GET", "/it", streamed(CHUNKS[0], hang_up_noticed(left)))
        with listen(server.base_url) as log:
            with requests.get(f"{server.base_url}/it", stream=True, timeout=30) as response:
                response.raw.read1(65536)
            left.wait(30)
    with answer_from(recording_of(log)) as (url, _), requests.get(f"{url}/it", stream=True, timeout=30) as response:
        assert response.raw.read1(65536) == CHUNKS[0]
        with pytest.raises(NoRecordedReply, match="the recorded client left this reply to GET /it after 15 bytes"):
            response.raw.read1(65536)


def test_a_compressed_stream_replays_in_the_clear() -> None:
    """What was sent in gzip comes back uncompressed, with the events at the same chunks."""
    with WireServer() as server:
        server.on("GET", "/it", streamed(*CHUNKS, framing="gzip"))
        with listen(server.base_url) as log:
            live = outcome(f"{server.base_url}/it")
    with answer_from(recording_of(log)) as (url, _):
        again = outcome(f"{url}/it")
    assert again.chunks == CHUNKS
    assert b"".join(live.chunks) == b"".join(CHUNKS)
    assert "content-encoding" not in {name.lower() for name, _ in again.headers}


def test_in_the_recorded_pace() -> None:
    """Asked for, each chunk comes when it came, on the replay's clock, and so does a whole reply."""
    stream = Exchange(
        0,
        "",
        request_of("GET", "/it"),
        0.0,
        200,
        "OK",
        JSON,
        list(CHUNKS),
        [5.0, 5.0, 65.0],
        is_stream=True,
        ending=Ending.WHOLE,
    )
    whole = exchange_of(request_of("GET", "/whole"), b"{}")
    whole.arrivals = [30.0]
    with answer_from([stream, whole], in_pace=True) as (url, replay):
        start = replay.clock.monotonic()
        seen = []
        with requests.get(f"{url}/it", stream=True, timeout=100) as response:
            while data := response.raw.read1(65536):
                seen.append((round(replay.clock.monotonic() - start), data))
        assert seen == [(5, CHUNKS[0]), (5, CHUNKS[1]), (65, CHUNKS[2])]
        assert requests.get(f"{url}/whole", timeout=100).json() == {}
        assert round(replay.clock.monotonic() - start) == 95


def test_at_once_no_time_passes() -> None:
    """Otherwise a recording of a minute takes no time on any clock."""
    stream = Exchange(
        0,
        "",
        request_of("GET", "/it"),
        0.0,
        200,
        "OK",
        JSON,
        list(CHUNKS),
        [5, 5, 65],
        is_stream=True,
        ending=Ending.WHOLE,
    )
    with answer_from([stream]) as (url, replay):
        start = replay.clock.monotonic()
        assert requests.get(f"{url}/it", timeout=1).content == b"".join(CHUNKS)
        assert replay.clock.monotonic() == start


def test_a_pace_that_is_slower_than_a_timeout() -> None:
    """In the recorded pace a reader with less patience times out, as it would have then."""
    stream = Exchange(
        0,
        "",
        request_of("GET", "/it"),
        0.0,
        200,
        "OK",
        JSON,
        list(CHUNKS),
        [5, 5, 65],
        is_stream=True,
        ending=Ending.WHOLE,
    )
    with answer_from([stream], in_pace=True) as (url, _):
        found = outcome(f"{url}/it", timeout=30)
    assert found.chunks == CHUNKS[:2]
    assert "Read timed out" in str(found.error)


def test_headers_and_status() -> None:
    """All headers come back but those of the connection, which are the replay's own; so does an odd status."""
    reply = WireReply(418, (("X-One", "1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")), b"tea")
    with serve(Scripted(reply)) as (url, log):
        requests.get(f"{url}/it", timeout=30)
    with answer_from(recording_of(log)) as (url, _):
        response = requests.get(f"{url}/it", timeout=30)
    assert (response.status_code, response.text, response.headers["X-One"]) == (418, "tea", "1")
    assert response.cookies.get_dict() == {"a": "1", "b": "2"}
    assert response.headers["Content-Length"] == "3"


def test_a_head_request() -> None:
    """Its reply has headers only, and is not mistaken for that of a GET."""
    reply = WireReply(200, JSON, b'{"some":"thing"}')
    with serve(Scripted(reply)) as (url, log):
        requests.head(f"{url}/api/workflows", timeout=30)
        requests.get(f"{url}/api/workflows", timeout=30)
    with answer_from(recording_of(log)) as (url, _):
        assert requests.get(f"{url}/api/workflows", timeout=30).json() == {"some": "thing"}
        assert requests.head(f"{url}/api/workflows", timeout=30).content == b""


def test_the_pace_is_kept_on_the_clock_that_is_given() -> None:
    """Whatever clock a replay has, time passes on it."""
    clock = VirtualClock()
    whole = exchange_of(request_of("GET", "/whole"), b"{}")
    whole.arrivals = [0.5]
    replay = Replay(Playback([whole]), clock)
    with InProcess(replay.surface(in_pace=True)) as front:
        requests.get(f"{front.url}/whole", timeout=30)
    assert clock.monotonic() == VirtualClock().monotonic() + 0.5
