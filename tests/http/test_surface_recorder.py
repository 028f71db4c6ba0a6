"""What is noted of the exchanges with a fake: the same chunks, statuses and ends as a client meets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from mastra_sync import MastraClient, MastraError
from pytest_mastra import FakeMastra, InProcess, OnSocket
from pytest_mastra.http.exchanges import Ending, Exchange, ExchangeLog
from pytest_mastra.http.framing import frame
from pytest_mastra.http.reply_parser import ReplyReader
from pytest_mastra.http.surface_recorder import WatchedSurface
from pytest_mastra.http.wire import Cut, WireReply, WireRequest

URL = "http://mastra.test"
ASKED = WireRequest("GET", "/x")
FRONTS = [InProcess, OnSocket]


class Answering:
    """A surface that gives one reply."""

    def __init__(self, reply: WireReply) -> None:
        self.reply = reply

    def handle(self, request: WireRequest) -> WireReply:
        return self.reply


class Ticking:
    """A clock that is read a second later each time."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def watched(server: object) -> tuple[WatchedSurface, ExchangeLog]:
    log = ExchangeLog()
    return WatchedSurface(server, log, URL, Ticking()), log  # type: ignore[arg-type]


def reading(request: WireRequest = ASKED) -> tuple[Exchange, ReplyReader]:
    exchange = Exchange(0, URL, request, 100.0)
    return exchange, ReplyReader(exchange, Ticking())


# -- replies as they are


def test_a_whole_reply() -> None:
    """Status, its words, headers and body are noted when it is given."""
    surface, log = watched(Answering(WireReply(404, (("content-type", "text/plain"),), b"nothing")))
    surface.handle(ASKED)
    (exchange,) = log
    assert (exchange.status, exchange.reason, exchange.ending) == (404, "Not Found", Ending.WHOLE)
    assert exchange.headers == (("content-type", "text/plain"),)
    assert (exchange.chunks, exchange.arrivals, exchange.is_stream) == ([b"nothing"], [1.0], False)
    assert (exchange.url, exchange.began, exchange.request) == (URL, 101.0, ASKED)


def test_a_reply_to_head_has_no_body() -> None:
    """What is not sent is not noted."""
    surface, log = watched(Answering(WireReply(200, (), b"nothing")))
    surface.handle(WireRequest("HEAD", "/x"))
    (exchange,) = log
    assert (exchange.chunks, exchange.ending) == ([], Ending.WHOLE)


def test_chunks_are_noted_as_they_are_taken() -> None:
    """Each when it is taken, with its time; an empty one is not sent; the end is the end."""
    surface, log = watched(Answering(WireReply(200, (), iter([b"a", b"", b"bc"]))))
    reply = surface.handle(ASKED)
    (exchange,) = log
    assert (exchange.is_stream, exchange.chunks, exchange.ending) == (True, [], Ending.OPEN)
    body = iter(reply.body)
    assert next(body) == b"a"
    assert (exchange.chunks, exchange.arrivals) == ([b"a"], [1.0])
    assert list(body) == [b"", b"bc"]
    reply.close()
    assert (exchange.chunks, exchange.arrivals, exchange.ending) == ([b"a", b"bc"], [1.0, 2.0], Ending.WHOLE)


def test_a_reader_that_leaves_is_noted_and_passed_on() -> None:
    """The body below is closed too: a run goes on without its reader."""
    closed = []

    def chunks() -> Iterator[bytes]:
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append(True)

    surface, log = watched(Answering(WireReply(200, (), chunks())))
    reply = surface.handle(ASKED)
    assert next(iter(reply.body)) == b"a"
    reply.close()
    (exchange,) = log
    assert (exchange.chunks, exchange.ending, closed) == ([b"a"], Ending.LEFT, [True])


def test_an_error_within_a_body_is_a_cut() -> None:
    """It goes on to the front, which ends the connection; its message may hold secrets and is not noted."""

    def chunks() -> Iterator[bytes]:
        yield b"a"
        raise RuntimeError("sk-1")

    surface, log = watched(Answering(WireReply(200, (), chunks())))
    with pytest.raises(RuntimeError, match="sk-1"):
        list(surface.handle(ASKED).body)
    (exchange,) = log
    assert (exchange.ending, exchange.failure) == (Ending.CUT, "RuntimeError")


def test_a_surface_that_breaks() -> None:
    """There is no reply."""

    class Broken:
        def handle(self, request: WireRequest) -> WireReply:
            raise ValueError("sk-1")

    surface, log = watched(Broken())
    with pytest.raises(ValueError, match="sk-1"):
        surface.handle(ASKED)
    (exchange,) = log
    assert (exchange.status, exchange.ending, exchange.failure) == (0, Ending.NONE, "ValueError")


def test_threads_note_all() -> None:
    """Eight threads, a thousand requests: each is there once, with a number of its own."""
    surface, log = watched(Answering(WireReply(200, (), b"x")))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: surface.handle(WireRequest("GET", f"/{number}")), range(1000)))
    assert [exchange.number for exchange in log] == list(range(1000))
    assert {exchange.request.path for exchange in log} == {f"/{number}" for number in range(1000)}
    assert all(exchange.ending is Ending.WHOLE for exchange in log)


# -- replies that a fault has to do with


def streamed(server: FakeMastra, front_of: type, read: int | None = None) -> tuple[bytes, Exchange]:
    """Return the bytes of a streamed run that a client got, and what was noted of it."""
    surface, log = watched(server)
    got = []
    with front_of(surface) as front:
        try:
            with requests.post(
                f"{front.url}/api/workflows/w/stream?runId=r", json={"inputData": {}}, stream=True, timeout=0.2
            ) as reply:
                for part in reply.raw.stream(None if read is None else read):
                    got.append(part)
                    if read is not None:
                        break
        except Exception:  # noqa: BLE001 - what a client meets is not what this is about
            pass
    (exchange,) = log
    return b"".join(got), exchange


def a_server() -> FakeMastra:
    server = FakeMastra()
    server.workflow("w").returns({"text": "sunny"})
    return server


@pytest.mark.parametrize("front_of", FRONTS)
def test_a_stream_without_faults(front_of: type) -> None:
    """What the client got is what was noted."""
    got, exchange = streamed(a_server(), front_of)
    assert exchange.body == got
    assert (exchange.status, exchange.ending, exchange.failure) == (200, Ending.WHOLE, None)
    assert len(exchange.chunks) == len(exchange.arrivals) > 2


@pytest.mark.parametrize("front_of", FRONTS)
def test_a_stream_that_is_cut(front_of: type) -> None:
    """Up to the cut, also within a chunk; with how it was cut."""
    server = a_server()
    server.faults.on("stream").cut(after_bytes=150)
    _, exchange = streamed(server, front_of)
    assert len(exchange.body) == 150
    assert (exchange.status, exchange.ending, exchange.is_stream) == (200, Ending.CUT, True)
    assert exchange.failure == "the connection was closed, as if everything had been said"


@pytest.mark.parametrize("front_of", FRONTS)
def test_a_connection_that_is_reset(front_of: type) -> None:
    """Before the reply there is none."""
    server = a_server()
    server.faults.on("stream").reset()
    _, exchange = streamed(server, front_of)
    assert (exchange.status, exchange.ending, exchange.chunks) == (0, Ending.NONE, [])
    assert exchange.failure == "the connection was reset, as when a process dies"


def test_a_stream_that_stalls() -> None:
    """A reader that waits no longer has left."""
    server = a_server()
    server.faults.on("stream").stall(after_events=1)
    _, exchange = streamed(server, InProcess)
    assert (exchange.status, exchange.ending, len(exchange.chunks)) == (200, Ending.LEFT, 1)


def test_a_server_that_says_nothing() -> None:
    """There is no reply, and the client has given up."""
    server = a_server()
    server.faults.on("stream").stall()
    _, exchange = streamed(server, InProcess)
    assert (exchange.status, exchange.ending) == (0, Ending.NONE)
    assert exchange.failure == "the client waited no longer for a reply"


def test_what_is_no_http() -> None:
    """There is no reply either."""
    server = a_server()
    server.faults.on("stream").not_http()
    _, exchange = streamed(server, InProcess)
    assert (exchange.status, exchange.ending, exchange.failure) == (0, Ending.NONE, "what came was no HTTP")


@pytest.mark.parametrize("declare", ["double_event", "drip", "half_record", "garbage", "content_type"])
def test_streams_that_end_in_good_order(declare: str) -> None:
    """Whatever is in them, they are noted as the client got them."""
    server = a_server()
    getattr(server.faults.on("stream"), declare)()
    got, exchange = streamed(server, InProcess)
    assert (exchange.body, exchange.ending) == (got, Ending.WHOLE)


def test_an_error_that_comes_instead() -> None:
    """A refusal is noted as any reply."""
    server = a_server()
    server.faults.on("list_workflows").status(503, retry_after=0)
    surface, log = watched(server)
    with InProcess(surface) as front, MastraClient(front.url, retries=0) as client, pytest.raises(MastraError):
        client.list_workflows()
    (exchange,) = log
    assert (exchange.status, exchange.header("retry-after"), exchange.ending) == (503, "0", Ending.WHOLE)


# -- bytes of replies

CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=6)
HEADERS = st.lists(st.tuples(st.sampled_from(["X-A", "content-type"]), st.text("ab: c", max_size=5)), max_size=3)


@given(
    chunks=CHUNKS,
    headers=HEADERS,
    is_stream=st.booleans(),
    cuts=st.lists(st.integers(0, 600), max_size=8),
    missing=st.integers(0, 80),
)
def test_bytes_are_understood_however_they_come(
    *, chunks: list[bytes], headers: list[tuple[str, str]], is_stream: bool, cuts: list[int], missing: int
) -> None:
    """Any reply, in any pieces, gives the reply back; one that is cut gives what came of it, and says that it was."""
    body = iter(chunks) if is_stream else b"".join(chunks)
    wire = b"".join(piece for piece in frame(WireReply(200, tuple(headers), body)) if isinstance(piece, bytes))
    sent = wire[: len(wire) - missing] if missing < len(wire) else b""
    exchange, reader = reading()
    places = sorted({min(cut, len(sent)) for cut in cuts} | {0, len(sent)})
    for begin, end in itertools.pairwise(places):
        reader.feed(sent[begin:end])
    reader.cut(Cut.RESET.value)
    content = b"".join(chunks)
    if len(sent) == len(wire) or (not is_stream and not content and b"\r\n\r\n" in sent):
        assert exchange.ending is Ending.WHOLE
        assert exchange.chunks == (chunks if is_stream else [content] * bool(content))
    elif b"\r\n\r\n" in sent:
        # the stream's last bytes end it before they are all there
        assert exchange.ending in (Ending.CUT, Ending.WHOLE if is_stream else Ending.CUT)
        assert content.startswith(exchange.body)
    else:
        assert (exchange.ending, exchange.status) == (Ending.NONE, 0)
        return
    assert exchange.status == 200
    kept = [(name, value) for name, value in exchange.headers if name in ("X-A", "content-type")]
    assert kept == [(name, value.strip()) for name, value in headers]


@pytest.mark.parametrize(
    ("head", "rest", "ending", "chunks"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"", Ending.WHOLE, []),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"", Ending.WHOLE, []),
        (b"HTTP/1.0 200 OK\r\n\r\n", b"all of it", Ending.WHOLE, [b"all of it"]),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", b"half", Ending.CUT, [b"half"]),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"4;x=1\r\nfour\r\n", Ending.CUT, [b"four"]),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"zz\r\n", Ending.CUT, []),
        (b"garbage\r\n\r\n", b"", Ending.NONE, []),
    ],
)
def test_ends_of_bodies(head: bytes, rest: bytes, ending: Ending, chunks: list[bytes]) -> None:
    """By length, by chunks, by the end of the connection, or not at all."""
    exchange, reader = reading()
    reader.feed(head)
    reader.feed(rest)
    reader.cut(Cut.CLOSED.value)
    assert (exchange.ending, exchange.chunks) == (ending, chunks)


def test_head_has_no_body_whatever_is_promised() -> None:
    """A reply to HEAD ends with its headers."""
    exchange, reader = reading(WireRequest("HEAD", "/x"))
    reader.feed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    assert exchange.ending is Ending.WHOLE


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_some_statuses_have_no_body(status: bytes) -> None:
    """Such a reply is all there with its headers, while the connection stays open."""
    exchange, reader = reading()
    reader.feed(b"HTTP/1.1 " + status + b"\r\n\r\n")
    assert exchange.ending is Ending.WHOLE


def test_a_reader_that_leaves_within_a_chunk() -> None:
    """What came of the chunk is noted."""
    exchange, reader = reading()
    reader.feed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel")
    reader.leave()
    assert (exchange.ending, exchange.chunks) == (Ending.LEFT, [b"hel"])
