"""What recording and replaying cost, beside the least that `requests` itself takes, measured in one run."""

from __future__ import annotations

import gc
import io
import json
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

from mastra_sync import MastraClient
from pytest_mastra.cassettes import Playback, ReplaySurface, StoryCassette, read_cassette, write_cassette
from pytest_mastra.cassettes.replay.no_match import Miss, NoRecordedReply
from pytest_mastra.fake.fronts.in_process import CatchAll, InProcess, SurfaceAdapter
from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from pytest_mastra.http.exchanges import Ending, Exchange, ExchangeLog
from pytest_mastra.http.socket_recorder import Wiretap
from pytest_mastra.http.wire import WireReply, WireRequest
from tests.benchmarks.rounds import rounds
from tests.cassettes.record_and_replay import JSON, recording_of, serve
from tests.fake.client_outcomes import Scripted

Figure = Callable[[str, str, str], None]
INTERACTIONS = 1000
THREADS = 8
ROUNDS = rounds(9)
HERE = "http://mastra.test"


def body_of(run: str, number: int) -> bytes:
    step = {"status": "success", "output": {"number": number}}
    return json.dumps({"runId": run, "status": "success", "steps": {"lookup": step}}).encode()


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """A file with 1,000 small JSON interactions."""
    runs = [str(uuid.uuid4()) for _ in range(INTERACTIONS)]
    exchanges = [
        Exchange(
            *(number, HERE, WireRequest("GET", f"/api/workflows/report/runs/{run}"), float(number), 200, "OK", JSON),
            chunks=[body_of(run, number)],
            arrivals=[0.01],
            ending=Ending.WHOLE,
        )
        for number, run in enumerate(runs)
    ]
    write_cassette(tmp_path / "it.yaml", exchanges)
    return tmp_path / "it.yaml"


class Constant(HTTPAdapter):
    """Answers everything alike, and costs nothing: what is left is requests' own."""

    BODY = body_of("r", 1)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        body, headers = self.BODY, {"content-type": "application/json", "content-length": str(len(self.BODY))}
        raw = urllib3.HTTPResponse(io.BytesIO(body), headers=headers, status=200, reason="OK", preload_content=False)
        return self.build_response(request, raw)


def ask(adapter: BaseAdapter, targets: list[str]) -> None:
    with requests.Session() as session:
        session.mount("http://", adapter)
        for target in targets:
            assert session.get(f"{HERE}{target}").status_code == 200


def refuse(miss: Miss) -> NoRecordedReply:
    return NoRecordedReply(miss.explain("the recording", ""))


def replaying(path: Path) -> SurfaceAdapter:
    story = StoryCassette.load(path=path, mode="none")
    surface = ReplaySurface(story.playback, clock=VirtualClock(), on_miss=refuse)
    return SurfaceAdapter(HTTPAdapter(), CatchAll(surface, HERE))


def cpu(call: Callable[[], object]) -> float:
    """Return the CPU seconds that a call takes: this machine may have others at work."""
    gc.collect()  # nobody pays for what others left behind
    began = time.process_time()
    call()
    return time.process_time() - began


def test_load_and_replay(cassette: Path, figure: Figure) -> None:
    """1,000 interactions, read from their file and replayed, beside as many requests that nobody answers."""
    targets = [exchange.request.target for exchange in read_cassette(cassette).exchanges]
    pairs = [
        (cpu(lambda: ask(Constant(), targets)), cpu(lambda: ask(replaying(cassette), targets))) for _ in range(ROUNDS)
    ]
    floor, whole = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    load = min(cpu(lambda: StoryCassette.load(path=cassette, mode="none")) for _ in range(ROUNDS))
    figure(
        "load + replay 1,000 interactions",
        "<= 1.25 x requests' own floor",
        f"{whole / floor:.2f} x: {whole:.2f} s, floor {floor:.2f} s, of it {load * 1000:.0f} ms to load",
    )


def test_other_runs(cassette: Path, figure: Figure) -> None:
    """1,000 runs under ids that the test made up: each is found among those that nobody has asked for yet."""
    recorded = [exchange.request.target for exchange in read_cassette(cassette).exchanges]
    made_up = [f"/api/workflows/report/runs/{uuid.uuid4()}" for _ in recorded]
    known, fresh = (
        min(cpu(lambda: ask(replaying(cassette), targets)) for _ in range(ROUNDS))  # noqa: B023 -- called at once
        for targets in (recorded, made_up)
    )
    figure("the same under ids of the test's own", "", f"{fresh / known:.2f} x: {fresh:.2f} s")


def test_one_poll_many_times(figure: Figure) -> None:
    """A poll that was recorded 1,000 times, matched 1,000 times: not slower than 1,000 that differ."""

    def recording(same: bool) -> list[Exchange]:  # noqa: FBT001
        return [
            Exchange(
                *(number, HERE, WireRequest("GET", f"/api/workflows/report/runs/{'r' if same else number}"), 0.0, 200),
                chunks=[b'{"status":"running"}'],
                ending=Ending.WHOLE,
            )
            for number in range(INTERACTIONS)
        ]

    def match(exchanges: list[Exchange]) -> float:
        playback = Playback(exchanges)
        return cpu(lambda: [playback.answer(exchange.request) for exchange in exchanges])

    alike = min(match(recording(same=True)) for _ in range(ROUNDS))
    apart = min(match(recording(same=False)) for _ in range(ROUNDS))
    figure("1,000 polls of one run, matched", "as 1,000 reads", f"{alike / apart:.2f} x: {alike * 1000:.1f} ms")


def test_threads(figure: Figure, tmp_path: Path) -> None:
    """8 threads, 1,000 runs: how many requests are recorded, replayed, and still reach the server."""
    server = FakeMastra()
    server.workflow("double").returns(lambda ctx: {"twice": ctx.input_data["n"] * 2})
    asked = []

    def counted(request: WireRequest) -> WireReply:
        asked.append(request)
        return server.handle(request)

    def run_all(client: MastraClient) -> int:
        workflow = client.get_workflow("double")

        def run(number: int) -> bool:
            created = workflow.create_run()
            return bool(created.start_async({"n": number}).result == {"twice": number * 2})

        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(run, range(INTERACTIONS // 2)))

    with serve(Scripted(counted)) as (url, log), MastraClient(url) as client:
        assert run_all(client) == INTERACTIONS // 2
        sent = len(asked)
        write_cassette(tmp_path / "it.yaml", recording_of(log))
        recorded = read_cassette(tmp_path / "it.yaml").exchanges
        playback = Playback(recorded)
        clock = VirtualClock()
        front = InProcess(ReplaySurface(playback, clock=clock, on_miss=refuse))
        with front, MastraClient(front.url, clock=clock) as replayed:
            assert run_all(replayed) == INTERACTIONS // 2
        leaked = len(asked) - sent
    figure(
        "8 threads x 1,000 requests recorded, then replayed",
        "1,000 / 1,000, 0 live requests",
        f"{len(recorded)} recorded, {playback.played} replayed of {sent}, {leaked} live requests",
    )


def test_the_first_event(figure: Figure) -> None:
    """While a stream is recorded, its first event is there before the second is sent."""
    seen = threading.Event()
    was_seen = []

    def events() -> Any:
        yield b'{"type":"one"}\x1e'
        was_seen.append(seen.wait(30))
        yield b'{"type":"two"}\x1e'

    surface = Scripted(lambda _: WireReply(200, JSON, events()))
    with serve(surface) as (url, _), requests.get(url, stream=True, timeout=60) as response:
        began = time.perf_counter()
        response.raw.read1(65536)
        took = time.perf_counter() - began
        seen.set()
        response.raw.read()
    assert was_seen == [True]
    figure("first stream event while recording", "before the second is sent", f"before it, after {took * 1000:.1f} ms")


def test_the_tap(figure: Figure) -> None:
    """What listening adds to a request over loopback."""
    took: dict[bool, list[float]] = {False: [], True: []}
    with OnSocket(Scripted(WireReply(200, JSON, body_of("r", 1)))) as front:
        for _ in range(ROUNDS):
            for listening, times in took.items():
                tap = Wiretap(ExchangeLog(), front.url, time.monotonic)
                adapter = HTTPAdapter()
                with requests.Session() as session:
                    session.mount("http://", tap.wrap(adapter) if listening else adapter)
                    session.get(front.url, timeout=30)
                    began = time.perf_counter()
                    for _ in range(200):
                        session.get(front.url, timeout=30)
                    times.append((time.perf_counter() - began) / 200)
    plain, heard = (statistics.median(took[listening]) for listening in (False, True))
    figure(
        "a request while it is recorded", "", f"{heard / plain:.2f} x: {heard * 1e6:.0f} us, plain {plain * 1e6:.0f} us"
    )
