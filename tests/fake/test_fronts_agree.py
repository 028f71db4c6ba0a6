"""A client cannot tell which front answers: same status, headers, chunks and exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import responses
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from mastra_sync.deadline import SystemClock
from pytest_mastra.fake.api.fault_target import Target
from pytest_mastra.fake.api.faults import Faults, FaultySurface
from pytest_mastra.fake.fronts.in_process import InProcess
from pytest_mastra.http.wire import Cut, Frame, Pause, Piece, Surface, WireReply, WireRequest
from tests.fake.client_outcomes import Outcome, Scripted, by_read1, outcome

JSON = (("content-type", "application/json"),)
TEXT = (("content-type", "text/plain"),)
RECORDS = [b'{"n":1}\x1e', b'{"n":2}\x1e', b'{"n":3}\x1e']
CLOCK = SystemClock()

ServeTwice = Callable[[Surface, Surface], list[str]]


def streamed(_: WireRequest) -> WireReply:
    return WireReply(200, TEXT, iter(RECORDS))


def scripted(*pieces: Piece) -> WireReply:
    def script(_: Frame) -> Iterator[Piece]:
        yield from pieces

    return WireReply(0, script=script)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"

REPLIES: dict[str, Callable[[WireRequest], WireReply]] = {
    "a whole body": lambda _: WireReply(200, JSON, b'{"runId":"r"}'),
    "an empty body": lambda _: WireReply(200, JSON, b""),
    "no content": lambda _: WireReply(204),
    "a large body": lambda _: WireReply(200, JSON, b"x" * 300_000),
    "an error": lambda _: WireReply(404, JSON, b'{"error":"Workflow not found"}'),
    "an unknown status": lambda _: WireReply(599, JSON, b"{}"),
    "the same header twice": lambda _: WireReply(200, (("set-cookie", "a=1"), ("set-cookie", "b=2"), *JSON), b"{}"),
    "a redirect": lambda _: WireReply(302, (("Location", "/elsewhere"),), b""),
    "a stream": streamed,
    "an empty stream": lambda _: WireReply(200, TEXT, iter(())),
    "a stream with an empty item": lambda _: WireReply(200, TEXT, iter([b"a", b"", b"b"])),
    "a stream of large chunks": lambda _: WireReply(200, TEXT, iter([b"x" * 100_000, b"y" * 9_000])),
    "closed before the headers": lambda _: scripted(Cut.CLOSED),
    "reset before the headers": lambda _: scripted(Cut.RESET),
    "closed within the headers": lambda _: scripted(HEAD, Cut.CLOSED),
    "reset within the headers": lambda _: scripted(HEAD, Cut.RESET),
    "closed within a body": lambda _: scripted(HEAD + b"Content-Length: 10\r\n\r\n1234567", Cut.CLOSED),
    "reset within a body": lambda _: scripted(HEAD + b"Content-Length: 10\r\n\r\n1234567", Cut.RESET),
    "closed within a chunk": lambda _: scripted(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n1234", Cut.CLOSED),
    "reset within a chunk": lambda _: scripted(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n1234", Cut.RESET),
    "closed between chunks": lambda _: scripted(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n", Cut.CLOSED),
    "a chunk of no size": lambda _: scripted(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\na\r\n", Cut.CLOSED),
    "no length at all": lambda _: scripted(HEAD + b"\r\nuntil the end", Cut.CLOSED),
    "garbage": lambda _: scripted(b"\x15\x03\x01\x00\x02\x02\x46\r\n", Cut.CLOSED),
    "not a version of HTTP": lambda _: scripted(b"HTTP/9.9 200 OK\r\n\r\n", Cut.CLOSED),
    "too many headers": lambda _: scripted(HEAD + b"a: b\r\n" * 200 + b"\r\n", Cut.CLOSED),
    "silence before the headers": lambda _: scripted(Pause(30, CLOCK)),
    "silence within a body": lambda _: scripted(HEAD + b"Content-Length: 10\r\n\r\n1234567", Pause(30, CLOCK)),
    "silence between chunks": lambda _: scripted(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n", Pause(30, CLOCK)
    ),
}


def both(serve_twice: ServeTwice, make: Callable[[], Surface], method: str = "POST", **options: Any) -> list[Outcome]:
    return [outcome(f"{url}/api/workflows/w/stream?runId=r", method, **options) for url in serve_twice(make(), make())]


@pytest.mark.parametrize("name", REPLIES)
@pytest.mark.parametrize("read", [None, by_read1], ids=["chunks", "read1"])
def test_replies(serve_twice: ServeTwice, name: str, read: Any) -> None:
    """Each kind of reply, whole or broken, is met alike."""
    timeout = 0.2 if name.startswith("silence") else 30.0
    here, there = both(
        serve_twice, lambda: Scripted(REPLIES[name]), timeout=timeout, read=read, data=b"{}", allow_redirects=False
    )
    assert here == there


@pytest.mark.parametrize("name", ["a whole body", "a stream", "an error", "no content"])
def test_head(serve_twice: ServeTwice, name: str) -> None:
    """HEAD is answered with headers alone, alike."""
    here, there = both(serve_twice, lambda: Scripted(REPLIES[name]), "HEAD")
    assert here == there
    assert (here.chunks, here.error) == ((), None)


@pytest.mark.parametrize("name", REPLIES)
def test_replies_that_a_mock_lets_through(name: str) -> None:
    """With a mock of the test's own in between, the same comes to the client."""
    timeout = 0.2 if name.startswith("silence") else 30.0
    outcomes = []
    for mock in (None, responses.RequestsMock(passthru_prefixes=("http://mastra.test",))):
        with InProcess(Scripted(REPLIES[name])) as front, mock or nullcontext():
            outcomes.append(outcome(f"{front.url}/stream", "POST", timeout=timeout, data=b"{}", allow_redirects=False))
    assert outcomes[0] == outcomes[1]


def test_a_connection_that_is_not_to_be_kept(serve_twice: ServeTwice) -> None:
    """A client that says it wants to close is told the same by both."""
    here, there = both(serve_twice, lambda: Scripted(REPLIES["a stream"]), headers={"Connection": "close"})
    assert here == there
    assert ("Connection", "close") in here.headers


@dataclass
class FaultCase:
    """A fault, and how long the client waits at the most."""

    declare: Callable[[Target], object]
    timeout: float = 30.0


FAULTS = {
    "latency": FaultCase(lambda on: on.latency(0.01)),
    "latency before its effect": FaultCase(lambda on: on.latency(0.01, after_effect=False)),
    "latency beyond the timeout": FaultCase(lambda on: on.latency(30), timeout=0.2),
    "status 401": FaultCase(lambda on: on.status(401)),
    "status 404": FaultCase(lambda on: on.status(404, after_effect=True)),
    "status 409": FaultCase(lambda on: on.status(409, {"error": "one's own"})),
    "status 429": FaultCase(lambda on: on.status(429, retry_after=1.5)),
    "status 503 in HTML": FaultCase(lambda on: on.status(503, html=True)),
    "reset": FaultCase(lambda on: on.reset()),
    "reset after its effect": FaultCase(lambda on: on.reset(after_effect=True)),
    "closed": FaultCase(lambda on: on.hang_up()),
    "no HTTP": FaultCase(lambda on: on.not_http()),
    "cut after bytes": FaultCase(lambda on: on.cut(after_bytes=11)),
    "cut after no bytes": FaultCase(lambda on: on.cut(after_bytes=0)),
    "cut after events": FaultCase(lambda on: on.cut(after_events=2)),
    "reset after events": FaultCase(lambda on: on.cut(after_events=2, reset=True)),
    "stall before the headers": FaultCase(lambda on: on.stall(), timeout=0.2),
    "stall after events": FaultCase(lambda on: on.stall(after_events=1), timeout=0.2),
    "a short stall within an event": FaultCase(lambda on: on.stall(after_bytes=3, seconds=0.01)),
    "drip": FaultCase(lambda on: on.drip(5, seconds=0.001)),
    "half a record": FaultCase(lambda on: on.half_record(after_events=1)),
    "a doubled event": FaultCase(lambda on: on.double_event(2)),
    "garbage": FaultCase(lambda on: on.garbage(after_events=1)),
    "wrong content type": FaultCase(lambda on: on.content_type("text/html")),
    "latency and cut": FaultCase(lambda on: (on.latency(0.01), on.cut(after_events=1))),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("read", [None, by_read1], ids=["chunks", "read1"])
def test_faults(serve_twice: ServeTwice, name: str, read: Any) -> None:
    """Each fault comes about, and is met alike."""
    case = FAULTS[name]
    declared: list[Faults] = []

    def make() -> Surface:
        faults = Faults()
        case.declare(faults.on("stream"))
        declared.append(faults)
        return FaultySurface(Scripted(streamed), faults)

    here, there = both(serve_twice, make, timeout=case.timeout, read=read)
    assert here == there
    assert [faults.unused for faults in declared] == [(), ()]


WHOLE_FAULTS: dict[str, Callable[[Target], object]] = {
    "cut within a body": lambda on: on.cut(after_bytes=3),
    "a whole body reset": lambda on: on.cut(after_bytes=3, reset=True),
    "stall within a body": lambda on: on.stall(after_bytes=3, seconds=0.01),
    "drip": lambda on: on.drip(4, seconds=0.001),
    "garbage": lambda on: on.garbage(),
}


@pytest.mark.parametrize("name", WHOLE_FAULTS)
def test_faults_of_whole_bodies(serve_twice: ServeTwice, name: str) -> None:
    """Faults of a reply that is no stream are met alike."""

    def make() -> Surface:
        faults = Faults()
        WHOLE_FAULTS[name](faults.on())
        return FaultySurface(Scripted(REPLIES["a whole body"]), faults)

    here, there = both(serve_twice, make)
    assert here == there


RETRIES: dict[str, Retry | int] = {
    "none": 0,
    "of connections alone": Retry(connect=1, read=0, redirect=0, status=0, other=0, raise_on_status=False),
    "of reads": Retry(total=2, read=2, allowed_methods=None, backoff_factor=0),
    "of a status": Retry(total=2, status_forcelist=[503], allowed_methods=None, backoff_factor=0),
    "of a status, giving it back": Retry(
        total=2, status_forcelist=[503], allowed_methods=None, backoff_factor=0, raise_on_status=False
    ),
}


@pytest.mark.parametrize("retries", RETRIES)
@pytest.mark.parametrize("kind", ["reset", "unavailable", "fine the second time"])
def test_retries_of_an_adapter(serve_twice: ServeTwice, retries: str, kind: str) -> None:
    """What an adapter retries is sent as often to both, and ends alike."""
    surfaces: list[Scripted] = []

    def make() -> Surface:
        def answer(_: WireRequest) -> WireReply:
            if kind == "reset":
                return scripted(Cut.RESET)
            is_fine = kind != "unavailable" and len(surface.requests) > 1
            return WireReply(200 if is_fine else 503, JSON, b"{}")

        surface = Scripted(answer)
        surfaces.append(surface)
        return surface

    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=RETRIES[retries]))
        here, there = both(serve_twice, make, session=session)
    assert here == there
    assert len(surfaces[0].requests) == len(surfaces[1].requests)


BODIES: dict[str, Any] = {
    "none": None,
    "bytes": b'{"a":1}',
    "text": "gr\u00fc\u00dfe",
    "in pieces": lambda: iter([b'{"a"', b":1}"]),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_requests(serve_twice: ServeTwice, method: str, body: str) -> None:
    """A surface sees the same request: method, target, headers, body."""
    surfaces = [Scripted(REPLIES["a whole body"]), Scripted(REPLIES["a whole body"])]
    target = "/api/workflows/odd%20id%2F%C3%A9/runs?a=1&b=%20%26&c"
    for url in serve_twice(*surfaces):
        made = BODIES[body]() if callable(BODIES[body]) else BODIES[body]
        data = made.encode() if isinstance(made, str) else made
        outcome(url + target, method, data=data, headers={"X-Own": "yes", "Content-Type": "application/json"})
    (here,), (there,) = (surface.requests for surface in surfaces)
    assert (here.method, here.target, here.body) == (there.method, there.target, there.body)
    assert here.target == target
    assert {**here.headers, "Host": ""} == {**there.headers, "Host": ""}
