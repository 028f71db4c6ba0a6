"""The front in this process: what it answers, what it leaves alone, and that nothing of it stays behind."""

from __future__ import annotations

import gc
import re
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from mastra_sync import MastraClient
from pytest_mastra.fake.api.faults import Faults, FaultySurface
from pytest_mastra.fake.fronts.in_process import InProcess
from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from pytest_mastra.http.wire import WireReply, WireRequest
from tests.fake.client_outcomes import Scripted, outcome


def saying(text: str) -> Scripted:
    return Scripted(WireReply(200, (("content-type", "text/plain"),), text.encode()))


def said(url: str, **options: Any) -> str:
    return requests.get(url, timeout=30, **options).text


@pytest.mark.parametrize("rest", ["", "/", "/a", "/a?", "/a?b", "/a?b?", "/a?b#c", "/a#c", "?b=1", "/%20é?x=a b&y=/?"])
def test_a_target_as_requests_would_send_it(rest: str) -> None:
    """Path and query, without fragment, percent-encoded."""
    surface = Scripted(WireReply(200))
    with InProcess(surface) as front:
        asked = requests.get(f"{front.url}{rest}", timeout=30).request
    assert [request.target for request in surface.requests] == [asked.path_url]


def test_a_reply_that_nobody_holds_is_gone() -> None:
    """At once, not when garbage is collected: its connection does not hold it."""
    with InProcess(saying("here")) as front:
        gc.disable()
        try:
            held = weakref.ref(requests.get(front.url, timeout=30).raw)
            assert held() is None
        finally:
            gc.enable()


def test_other_addresses_are_left_alone() -> None:
    """A request to anywhere else goes over the network as before."""
    with OnSocket(saying("elsewhere")) as elsewhere, InProcess(saying("here")) as here:
        assert said(elsewhere.url) == "elsewhere"
        assert said(f"{here.url}/any/path?and=query") == "here"


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://mastra.test", "http://mastra.test"),
        ("http://mastra.test", "http://mastra.test:80/path"),
        ("http://mastra.test:4111", "http://MASTRA.test:4111/path"),
        ("https://api.example.com", "https://api.example.com/path"),
        ("https://api.example.com/", "https://api.example.com:443/?query"),
    ],
)
def test_an_address_however_it_is_written(url: str, asked: str) -> None:
    """Host names in capitals and default ports are the same address; https needs no certificate."""
    with InProcess(saying("here"), url):
        assert said(asked) == "here"


@pytest.mark.parametrize("url", ["mastra.test", "ftp://mastra.test", "http://mastra.test/api", "http://"])
def test_what_is_no_address(url: str) -> None:
    """An address with a path, or without a host, is refused when the front is made."""
    with pytest.raises(ValueError, match="is not an address"):
        InProcess(saying("here"), url)


def test_nothing_is_left_behind() -> None:
    """After the last front has stopped, requests is as it was."""
    before = HTTPAdapter.send
    first, second = InProcess(saying("first"), "http://one.test"), InProcess(saying("second"), "http://two.test")
    first.start()
    second.start()
    first.stop()
    assert said("http://two.test") == "second"
    second.stop()
    assert HTTPAdapter.send is before


def test_a_front_may_take_over() -> None:
    """Of two fronts with one address the inner one answers, if that is meant, and the outer one again after it."""
    with InProcess(saying("outer")) as outer:
        with InProcess(saying("inner"), shadow=True):
            assert said(outer.url) == "inner"
        assert said(outer.url) == "outer"


@pytest.mark.parametrize("url", ["http://mastra.test", "http://MASTRA.test:80/"])
def test_two_fronts_at_one_address(url: str) -> None:
    """The second one is refused, however the address is written, and both are named; the first one goes on."""
    outer = FakeMastra()
    outer.workflow("report").returns(1)
    here = re.escape(str(Path(__file__).name))
    with InProcess(outer) as front:
        with (
            pytest.raises(ValueError, match="two servers at http://mastra") as refused,
            InProcess(FakeMastra(), url),
        ):
            pass
        assert re.search(rf" <FakeMastra current \[report\] .*{here}:\d+\) answers there,", str(refused.value))
        assert re.search(rf" <FakeMastra current \[\] .*{here}:\d+\) is to;", str(refused.value))
        assert "shadow=True" in str(refused.value)
        assert requests.get(f"{front.url}/api/workflows", timeout=30).ok
    with InProcess(FakeMastra(), url):
        pass


def test_one_front_entered_twice() -> None:
    """A front that is used by two fixtures at once answers until both are done."""
    front = InProcess(saying("here"))
    with front:
        with front:
            pass
        assert said(front.url) == "here"


def test_a_mock_of_the_tests_own_outside() -> None:
    """A `responses` mock that is active around the front answers for its own addresses."""
    with responses.RequestsMock() as mock:
        mock.get("http://other.test/", body="mocked")
        with InProcess(saying("here")) as front:
            assert said("http://other.test/") == "mocked"
            assert said(front.url) == "here"


def test_a_mock_of_the_tests_own_inside() -> None:
    """A `responses` mock that is active within the front answers for it if it is given the front's catch-all."""
    with InProcess(saying("here")) as front, responses.RequestsMock() as mock:
        mock.get("http://other.test/", body="mocked")
        mock.add(front.catch_all)
        assert said("http://other.test/") == "mocked"
        assert said(front.url) == "here"
        assert said(front.url) == "here"


PASS_THROUGH: dict[str, Callable[[responses.RequestsMock, str], object]] = {
    "an address": lambda mock, url: mock.add_passthru(url),
    "a pattern": lambda mock, _: mock.add_passthru(re.compile("http://.*")),
    "a response": lambda mock, url: mock.add(responses.PassthroughResponse("GET", f"{url}/")),
}


@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:9"])
@pytest.mark.parametrize("way", PASS_THROUGH)
def test_a_mock_inside_that_passes_requests_through(
    way: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a mock of the test's own lets through reaches the front, a proxy or not."""
    if proxy is not None:
        monkeypatch.setenv("HTTP_PROXY", proxy)
    surface = Scripted(WireReply(200, (), b"fake"))
    with InProcess(surface), responses.RequestsMock() as mock:
        mock.add("GET", "http://other.test/", "mine")
        PASS_THROUGH[way](mock, "http://mastra.test")
        assert (said("http://other.test/"), said("http://mastra.test/")) == ("mine", "fake")
    assert [request.target for request in surface.requests] == ["/"]


def test_a_mock_that_ends_after_the_front() -> None:
    """A mock that puts the stopped front's patch back does no harm, then or when a front starts again."""
    mock = responses.RequestsMock(assert_all_requests_are_fired=False)
    front = InProcess(saying("here"))
    before = HTTPAdapter.send
    try:
        front.start()
        mock.start()
        front.stop()
        mock.stop()
        with OnSocket(saying("elsewhere")) as elsewhere:
            assert said(elsewhere.url) == "elsewhere"
            with front:
                assert said(elsewhere.url) == "elsewhere"
                assert said(front.url) == "here"
    finally:
        HTTPAdapter.send = before  # type: ignore[method-assign]


def test_threads() -> None:
    """Eight threads with a front each, started and stopped all the time, are answered by their own."""

    def use(name: int) -> None:
        for _ in range(20):
            with InProcess(saying(f"number {name}"), f"http://number-{name}.test") as front:
                assert said(front.url) == f"number {name}"

    before = HTTPAdapter.send
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(use, range(8)))
    assert HTTPAdapter.send is before


def test_a_chunk_is_there_before_the_next_is_made() -> None:
    """Taking a chunk is what makes the surface go on to the next."""
    made = []

    def stream() -> Iterator[bytes]:
        for number in range(3):
            made.append(number)
            yield b"%d" % number

    with InProcess(Scripted(lambda _: WireReply(200, (), stream()))) as front:
        response = requests.get(front.url, stream=True, timeout=30)
        seen = [(chunk, len(made)) for chunk in response.iter_content(None)]
    assert seen == [(b"0", 1), (b"1", 2), (b"2", 3)]


class Closable:
    """A stream that knows whether it was given up."""

    def __init__(self) -> None:
        self.closed = False
        self._items = iter([b"one", b"two", b"three"])

    def __iter__(self) -> Iterator[bytes]:
        return self._items

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_a_reader_that_goes_away(chunks: int) -> None:
    """The surface is told when nobody reads on, at whatever point."""
    body = Closable()
    with InProcess(Scripted(WireReply(200, (), body))) as front:
        response = requests.get(front.url, stream=True, timeout=30)
        reading = response.iter_content(None)
        for _ in range(chunks):
            next(reading)
        assert not body.closed
        response.close()
        assert body.closed


def test_replies_are_not_kept() -> None:
    """A reply that nobody holds is gone, as long as the front may run."""
    with InProcess(saying("here")) as front:
        reference = weakref.ref(requests.get(front.url, timeout=30))
        gc.collect()
        assert reference() is None


def test_a_proxy_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that sends requests through a proxy changes nothing, not even for a request that is retried."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    answers = iter([503, 200])
    surface = Scripted(lambda _: WireReply(next(answers), (), b""))
    with InProcess(surface) as front, requests.Session() as session:
        retries = Retry(total=1, status_forcelist=[503], backoff_factor=0)
        session.mount("http://", HTTPAdapter(max_retries=retries))
        assert session.get(f"{front.url}/path", timeout=30).status_code == 200
    assert [request.target for request in surface.requests] == ["/path", "/path"]


def test_time_of_a_fault_is_virtual() -> None:
    """With a virtual clock a server that is too late makes a client time out at once, and its clock says how long."""
    clock = VirtualClock()
    faults = Faults(clock=clock)
    faults.on().latency(3600)
    began = time.monotonic()
    with InProcess(FaultySurface(saying("too late"), faults)) as front:
        before = clock.now()
        met = outcome(front.url, timeout=60)
    assert met.error is not None
    assert "Read timed out. (read timeout=60" in met.error
    assert clock.now() - before == pytest.approx(60, abs=1)
    assert time.monotonic() - began < 30


def test_a_surface_that_takes_its_time() -> None:
    """If the surface itself takes longer than the client waits, the client times out, though later."""
    passed = threading.Event()

    def answer(_: WireRequest) -> WireReply:
        passed.wait(0.05)
        return WireReply(200, (), b"")

    with InProcess(Scripted(answer)) as front:
        met = outcome(front.url, timeout=0.01)
    assert met.error is not None
    assert met.error.startswith("requests.exceptions.ReadTimeout")


def test_a_broken_surface() -> None:
    """An exception of the surface's own comes out of the request as it is, for it is a bug of the test's."""

    def answer(_: WireRequest) -> WireReply:
        raise LookupError("a bug")

    with InProcess(Scripted(answer)) as front, pytest.raises(LookupError, match="a bug"):
        said(front.url)


def test_a_read_can_be_ended_by_another_thread() -> None:
    """A stream that says nothing for ever ends for its reader when another thread shuts it down."""
    faults = Faults()
    faults.on().stall(after_bytes=3)
    with InProcess(FaultySurface(Scripted(lambda _: WireReply(200, (), iter([b"one", b"two"]))), faults)) as front:
        response = requests.get(front.url, stream=True, timeout=(1, None))
        reading = response.iter_content(None)
        assert next(reading) == b"one"
        held: Any = response.raw
        timer = threading.Timer(0.05, held._fp.fp.raw._sock.shutdown, [socket.SHUT_RDWR])
        timer.start()
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            next(reading)
        timer.join()
        response.close()


def test_the_client_finds_its_socket() -> None:
    """`mastra_sync` can end a silent stream here as on a network: it looks at the run, which is settled, and stops."""
    finish = b'{"type":"workflow-finish","payload":{"workflowStatus":"success"}}\x1e'
    row = '{"runId":"%s","workflowName":"w","status":"success","steps":{},"suspendedPaths":{}}'

    def answer(request: WireRequest) -> WireReply:
        if request.path.endswith("/stream"):
            return WireReply(200, (), iter([b'{"type":"workflow-start","payload":{}}\x1e', finish]))
        if request.path.endswith("/observe"):
            return WireReply(200, (), iter([b'{"type":"workflow-start","payload":{}}\x1e', finish]))
        run_id = request.path.rpartition("/")[2]
        return WireReply(200, (("content-type", "application/json"),), (row % run_id).encode())

    faults = Faults()
    stall = faults.on("stream").stall(after_events=1)
    with InProcess(FaultySurface(Scripted(answer), faults)) as front, MastraClient(front.url) as client:
        run = client.get_workflow("w").create_run()
        with run.stream(idle_timeout=0.05) as stream:
            assert [event.type for event in stream] == ["workflow-start", "workflow-finish"]
    assert stall.fired == 1
