"""What the fake server's fronts cost, beside the least that could stand in their place, measured in one run."""

from __future__ import annotations

import re
import statistics
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
import responses

from pytest_mastra.fake.fronts.in_process import InProcess
from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.http.wire import WireReply, WireRequest
from tests.benchmarks.rounds import rounds
from tests.live.server import LiveServer

Figure = Callable[[str, str, str], None]
ROUNDS = rounds(15)
RUNS = 60
BODY = b'{"runId":"r"}'


class Constant:
    """A surface that costs nothing."""

    def handle(self, request: WireRequest) -> WireReply:
        return WireReply(200, (("content-type", "application/json"),), BODY)


def two_steps() -> FakeMastra:
    """Return a fake server with the workflow that the real one has, too."""
    server = FakeMastra()
    look_up = server.step("lookup", lambda context: {"city": context.input_data["city"], "temperature": 2})
    report = server.step("report", lambda context: {"text": context.input_data["city"]})
    server.workflow("city-workflow").then(look_up).then(report).commit()
    return server


def execute(session: requests.Session, url: str, runs: int = RUNS) -> float:
    """Create a run, start it, wait and read it, as often as that; return the seconds that one takes."""
    base = f"{url}/api/workflows/city-workflow"
    began = time.perf_counter()
    for _ in range(runs):
        run_id = uuid.uuid4()
        session.post(f"{base}/create-run?runId={run_id}", json={}).json()
        session.post(f"{base}/start-async?runId={run_id}", json={"inputData": {"city": "NY"}}).json()
        session.get(f"{base}/runs/{run_id}").json()
    return (time.perf_counter() - began) / runs


def in_process(surface: Any) -> float:
    with InProcess(surface) as front, requests.Session() as session:
        return execute(session, front.url)


def static_stubs() -> float:
    """Do the same with three answers that are always the same."""
    url = "http://mastra.test"
    base = f"{url}/api/workflows/city-workflow"
    with responses.RequestsMock() as mock, requests.Session() as session:
        mock.post(f"{base}/create-run", json={"runId": "r"})
        mock.post(f"{base}/start-async", json={"status": "success", "result": {"text": "NY"}})
        mock.get(re.compile(re.escape(f"{base}/runs/")), json={"status": "success", "result": {"text": "NY"}})
        return execute(session, url)


def taking_turns(*works: Callable[[], float]) -> list[list[float]]:
    """Measure each of them as often; they take turns, for the machine is noisy."""
    measured = [[work() for work in works] for _ in range(ROUNDS)]
    return [list(column) for column in zip(*measured, strict=True)]


def ratio(ours: list[float], other: list[float]) -> float:
    return statistics.median(mine / its for mine, its in zip(ours, other, strict=True))


def test_in_process_beside_static_stubs(figure: Figure) -> None:
    """Create, start and read a run of two steps, beside three canned answers of `responses`."""
    fake, front, static = taking_turns(lambda: in_process(two_steps()), lambda: in_process(Constant()), static_stubs)
    figure("a run in process (3 requests) / 3 static stubs", "<= 1.6 x", f"{ratio(fake, static):.2f} x")
    figure("of which the front alone", "(none set)", f"{ratio(front, static):.2f} x")


def test_in_process_beside_a_real_server(figure: Figure, current_server: LiveServer) -> None:
    """The same beside a real server."""
    with requests.Session() as session:
        fake, real = taking_turns(
            lambda: in_process(two_steps()), lambda: execute(session, current_server.base_url, runs=20)
        )
    figure(
        "runs a second in process / on a real server",
        ">= 5 x",
        f"{ratio(real, fake):.1f} x ({1 / min(fake):.0f} / {1 / min(real):.0f})",
    )


class _Plain(BaseHTTPRequestHandler):
    """The standard library's server, at its best."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Keep quiet."""


def requests_to(url: str) -> float:
    with requests.Session() as session:
        session.get(url)
        began = time.perf_counter()
        for _ in range(200):
            _ = session.get(url).content
        return (time.perf_counter() - began) / 200


def on_a_socket() -> float:
    with OnSocket(Constant()) as front:
        return requests_to(front.url)


def on_the_standard_librarys_server() -> float:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Plain)
    thread = threading.Thread(target=server.serve_forever, args=[0.005])
    thread.start()
    try:
        return requests_to(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_request_on_a_socket(figure: Figure) -> None:
    """One request over a connection that is kept, client included, beside the standard library's server."""
    ours, other = taking_turns(on_a_socket, on_the_standard_librarys_server)
    figure(
        "a request to the socket front, client included",
        "<= 0.7 ms; (http.server, buffered)",
        f"{min(ours) * 1e3:.2f} ms; {ratio(ours, other):.2f} x",
    )


def test_starting_and_stopping(figure: Figure) -> None:
    """The socket front is there, and gone, with a connection open."""
    starts, stops = [], []
    for _ in range(50):
        front = OnSocket(Constant())
        began = time.perf_counter()
        front.start()
        starts.append(time.perf_counter() - began)
        with requests.Session() as session:
            session.get(front.url)
            began = time.perf_counter()
            front.stop()
            stops.append(time.perf_counter() - began)
    figure("start of the socket front", "<= 1 ms", f"{statistics.median(starts) * 1e3:.2f} ms")
    figure("stop of the socket front", "<= 10 ms", f"{statistics.median(stops) * 1e3:.2f} ms")


def test_eight_threads(figure: Figure) -> None:
    """8 threads of 1,000 requests: every run is there, and each ran once, on both fronts."""
    for name, make in (("in process", InProcess), ("on a socket", OnSocket)):
        executions: Counter[str] = Counter()
        server = FakeMastra()

        def count(context: Any, executions: Counter[str] = executions) -> Any:
            executions[context.run_id] += 1
            return {}

        server.workflow("city-workflow").then(server.step("count", count)).commit()

        def use(url: str) -> None:
            with requests.Session() as session:
                session.trust_env = False
                execute(session, url, runs=334)

        with make(server) as front, ThreadPoolExecutor(8) as threads:
            began = time.perf_counter()
            list(threads.map(use, [front.url] * 8))
            taken = time.perf_counter() - began
            total = requests.get(f"{front.url}/api/workflows/city-workflow/runs?page=0&perPage=1").json()["total"]
        assert total == len(executions) == 8 * 334
        assert set(executions.values()) == {1}
        figure(
            f"8 threads x 1,002 requests, {name}", "none lost, none twice", f"so it is; {8 * 1002 / taken:.0f} a second"
        )
