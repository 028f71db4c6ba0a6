"""The front on a socket: HTTP/1.1 as Mastra's Node servers speak it, at once there and at once gone."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from mastra_sync.deadline import SystemClock
from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.http.wire import Frame, Pause, Piece, WireReply, WireRequest
from tests.fake.client_outcomes import Scripted

PLAIN = (("content-type", "text/plain; charset=UTF-8"),)

Connect = Callable[..., socket.socket]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """A function that connects to a front; connections are closed at the end."""
    made: list[socket.socket] = []

    def connect(front: OnSocket) -> socket.socket:
        made.append(socket.create_connection((front.host, front.port), timeout=30))
        return made[-1]

    yield connect
    for connection in made:
        connection.close()


def until_closed(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def without_date(reply: bytes) -> bytes:
    return b"\r\n".join(line for line in reply.split(b"\r\n") if not line.startswith(b"Date: "))


def echo(request: WireRequest) -> WireReply:
    return WireReply(200, PLAIN, f"{request.method} {request.target} ".encode() + request.body)


OPEN = b"Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n"

# captured from a current Mastra server, but for the date, the path and the body
EXCHANGES = {
    "whole": (
        b"GET /nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\ncontent-type: text/plain; charset=UTF-8\r\nContent-Length: 13\r\n"
        b"Connection: close\r\n\r\n404 Not Found",
    ),
    "old": (
        b"GET /nope HTTP/1.0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\ncontent-type: text/plain; charset=UTF-8\r\nContent-Length: 13\r\n"
        b"Connection: close\r\n\r\n404 Not Found",
    ),
    "head": (
        b"HEAD /nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\ncontent-type: text/plain; charset=UTF-8\r\nConnection: close\r\n\r\n",
    ),
    "two at once": (
        b"GET /nope HTTP/1.1\r\nHost: x\r\n\r\nGET /nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\ncontent-type: text/plain; charset=UTF-8\r\nContent-Length: 13\r\n"
        + OPEN
        + b"404 Not FoundHTTP/1.1 404 Not Found\r\ncontent-type: text/plain; charset=UTF-8\r\nContent-Length: 13\r\n"
        b"Connection: close\r\n\r\n404 Not Found",
    ),
    "no HTTP": (b"garbage\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    "no target": (b"GET  HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    "long headers": (
        b"GET /nope HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n",
    ),
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_bytes_are_those_of_a_real_server(connect: Connect, name: str) -> None:
    """What a client gets to read is what Node sent in the same case."""
    asked, expected = EXCHANGES[name]
    with OnSocket(Scripted(WireReply(404, PLAIN, b"404 Not Found"))) as front:
        connection = connect(front)
        connection.sendall(asked)
        assert without_date(until_closed(connection)) == expected


def test_a_stream_is_chunked(connect: Connect) -> None:
    """Each item is a chunk, after headers in Node's order."""
    body = [b'{"n":1}\x1e', b'{"n":2}\x1e']
    with OnSocket(Scripted(lambda _: WireReply(200, (("content-type", "text/plain"),), iter(body)))) as front:
        connection = connect(front)
        connection.sendall(b"POST /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert without_date(until_closed(connection)) == (
            b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\nConnection: close\r\n\r\n"
            b'8\r\n{"n":1}\x1e\r\n8\r\n{"n":2}\x1e\r\n0\r\n\r\n'
        )


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"Content-Length: 5\r\n", b"hello"),
        (b"Transfer-Encoding: chunked\r\n", b"2\r\nhe\r\n3;extension=1\r\nllo\r\n0\r\n\r\n"),
        (b"transfer-encoding: Chunked\r\n", b"5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n"),
        (b"Content-Length: 0\r\n", b""),
        (b"", b""),
    ],
)
def test_request_bodies(connect: Connect, head: bytes, body: bytes) -> None:
    """A body arrives however it is framed, and the next request begins behind it."""
    expected = b"hello" if body else b""
    surface = Scripted(echo)
    with OnSocket(surface) as front:
        connection = connect(front)
        connection.sendall(b"POST /a HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n" + body)
        connection.sendall(b"GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        until_closed(connection)
    assert [(request.target, request.body) for request in surface.requests] == [("/a", expected), ("/b", b"")]


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: five\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        b"no colon\r\n",
        b"space : before colon\r\n",
    ],
)
def test_requests_that_cannot_be_read(connect: Connect, head: bytes) -> None:
    """What has no certain end is refused, and never reaches the surface."""
    surface = Scripted(echo)
    with OnSocket(surface) as front:
        connection = connect(front)
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
        assert until_closed(connection).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert surface.requests == []


def test_a_body_that_breaks_off(connect: Connect) -> None:
    """A request whose client goes away before its end never reaches the surface."""
    surface = Scripted(echo)
    with OnSocket(surface) as front:
        connection = connect(front)
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_WR)
        until_closed(connection)
    assert surface.requests == []


def test_leave_to_send_a_body(connect: Connect) -> None:
    """A client that asks whether to go on is told so before it has sent the body."""
    with OnSocket(Scripted(echo)) as front:
        connection = connect(front)
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
        )
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        assert until_closed(connection).endswith(b"POST / hello")


def test_equal_headers_are_joined() -> None:
    """A header that is sent twice is one with both values, and names are found in any case."""
    surface = Scripted(echo)
    with OnSocket(surface) as front, socket.create_connection((front.host, front.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-A: 2\r\nConnection: close\r\n\r\n")
        until_closed(connection)
    assert surface.requests[0].header("x-a") == "1, 2"


def test_a_connection_is_kept_and_reused() -> None:
    """Requests of one session come over one connection."""
    seen = set()

    def answer(_: WireRequest) -> WireReply:
        seen.add(threading.get_ident())
        return WireReply(200, PLAIN, b"")

    with OnSocket(Scripted(answer)) as front, requests.Session() as session:
        for _ in range(5):
            session.get(front.url)
    assert len(seen) == 1


def test_a_quiet_connection_is_closed(connect: Connect) -> None:
    """After its idle limit the server closes, so that a client must expect a dead socket, as with Node."""
    with OnSocket(Scripted(echo), idle_limit=0.05) as front:
        connection = connect(front)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"Keep-Alive: timeout=5\r\n" in until_closed(connection)


class Watched:
    """A stream that tells when it was given up."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.proceed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield b"first"
        assert self.proceed.wait(30)
        while True:
            yield b"x" * 100_000

    def close(self) -> None:
        self.closed.set()


def test_a_client_that_goes_away(
    connect: Connect, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A client that leaves in mid-stream ends nothing but its connection: the surface is told, nobody is troubled."""
    body = Watched()
    with OnSocket(Scripted(WireReply(200, (), body))) as front:
        connection = connect(front)
        connection.sendall(b"POST /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        while b"first" not in received:
            received += connection.recv(1000)
        connection.close()
        body.proceed.set()
        assert body.closed.wait(30)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_a_client_that_goes_away_in_a_pause(connect: Connect) -> None:
    """A server that is silent for ever notices when nobody listens any more."""
    ended = threading.Event()

    def script(frame: Frame) -> Iterator[Piece]:
        try:
            yield next(frame(WireReply(200, (), iter(()))))
            yield Pause(float("inf"), SystemClock())
        finally:
            ended.set()

    with OnSocket(Scripted(WireReply(0, script=script))) as front:
        connection = connect(front)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK")
        connection.close()
        assert ended.wait(30)


def test_a_broken_surface(caplog: pytest.LogCaptureFixture) -> None:
    """A bug in the surface is answered as Mastra answers its own, and logged; the server goes on."""

    def answer(request: WireRequest) -> WireReply:
        if request.path == "/fine":
            return WireReply(200, PLAIN, b"fine")
        raise LookupError("a bug")

    with caplog.at_level(logging.ERROR, "pytest_mastra"), OnSocket(Scripted(answer)) as front:
        broken = requests.get(f"{front.url}/path?apiKey=secret", timeout=30)
        assert (broken.status_code, broken.text) == (500, "Internal Server Error")
        assert requests.get(f"{front.url}/fine", timeout=30).text == "fine"
    assert "a bug" in caplog.text
    assert "secret" not in caplog.text


def test_a_stream_that_breaks(caplog: pytest.LogCaptureFixture) -> None:
    """A bug within a stream ends the connection, and is logged."""

    def stream() -> Iterator[bytes]:
        yield b"first"
        raise LookupError("a bug")

    with caplog.at_level(logging.ERROR, "pytest_mastra"), OnSocket(Scripted(WireReply(200, (), stream()))) as front:
        response = requests.get(front.url, stream=True, timeout=30)
        reading = response.iter_content(None)
        assert next(reading) == b"first"
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            next(reading)
    assert "a bug" in caplog.text


def test_eight_threads() -> None:
    """Eight clients at once lose nothing and get no one else's answer."""
    surface = Scripted(echo)

    def ask(name: int) -> None:
        with requests.Session() as session:
            session.trust_env = False
            for number in range(50):
                reply = session.post(f"{front.url}/{name}", data=str(number), timeout=30)
                assert reply.text == f"POST /{name} {number}"

    with OnSocket(surface) as front, ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8)))
    assert len(surface.requests) == 400


def test_stopping_closes_everything(connect: Connect) -> None:
    """After `stop` connections are closed, the port is free, and no thread is left."""
    before = threading.active_count()
    front = OnSocket(Scripted(echo))
    front.start()
    idle = connect(front)
    idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    idle.recv(1000)
    front.stop()
    assert idle.recv(1000) == b""
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        connect(front)
    front.stop()


def test_stopping_in_a_pause(connect: Connect) -> None:
    """A server that is silent for ever can be stopped."""
    surface = Scripted(WireReply(0, script=lambda _: iter([Pause(float("inf"), SystemClock())])))
    before = threading.active_count()
    with OnSocket(surface) as front:
        waiting = connect(front)
        # the second request shows that a pause ends although bytes are waiting
        waiting.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
        while not surface.requests:
            threading.Event().wait(0.001)
    assert threading.active_count() == before


def test_starting_again() -> None:
    """A stopped front starts again on the port that it had; one that runs cannot be started twice."""
    front = OnSocket(Scripted(echo))
    with front:
        url = front.url
        with pytest.raises(RuntimeError, match="started already"):
            front.start()
    with front:
        assert front.url == url
        assert requests.get(front.url, timeout=30).status_code == 200


def test_a_taken_port() -> None:
    """A port that is in use is refused at once, and the front can be stopped all the same."""
    with OnSocket(Scripted(echo)) as front:
        second = OnSocket(Scripted(echo), port=front.port)
        with pytest.raises(OSError, match="in use"):
            second.start()
        second.stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "::"])
def test_loopback_only(host: str) -> None:
    """A fake server cannot be made to listen where others could reach it."""
    with pytest.raises(ValueError, match="not a loopback address"):
        OnSocket(Scripted(echo), host=host)
