"""What a stream costs its reader beside the least that the same bytes can cost, from a server in another process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic_core import from_json

from mastra_sync import MastraClient
from tests.benchmarks.rounds import rounds
from tests.live.install import ServerUnavailable, node_program
from tests.live.js_sdk.sdk import installed_sdk

Figure = Callable[[str, str, str], None]
ROUNDS = rounds(7)
PIECE = 64 * 1024
EVENT = {
    "type": "workflow-step-output",
    "runId": str(uuid.UUID(int=1)),
    "from": "USER",
    "payload": {"stepName": "lookup", "output": {"temperature": 21}},
}
FINISH = {**EVENT, "type": "workflow-finish", "from": "WORKFLOW", "payload": {"workflowStatus": "success"}}


def record(event: dict[str, Any]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode() + b"\x1e"


def with_output(size: int) -> dict[str, Any]:
    """Return an event whose output has so many characters."""
    return {**EVENT, "payload": {"stepName": "lookup", "output": "x" * size}}


@dataclass(frozen=True)
class Body:
    """A stream of equal records and what ends it.

    Attributes:
        event: What the records say.
        count: How many they are.
        name: What the figure is called.
        goal: How much longer its reader may take than the floor, in words.
        in_own_chunks: True for an HTTP chunk a record, as Node sends what is written record by record; else a chunk
            has 64 kB, whatever begins or ends in it.
    """

    event: dict[str, Any]
    count: int
    name: str
    goal: str
    in_own_chunks: bool = False

    def framed(self) -> bytes:
        """Return the body as it goes over the wire."""
        repeated, end = record(self.event), record(FINISH)
        if self.in_own_chunks:
            return chunk(repeated) * self.count + chunk(end) + chunk(b"")
        whole = repeated * self.count + end
        return b"".join(chunk(whole[at : at + PIECE]) for at in range(0, len(whole), PIECE)) + chunk(b"")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


BODIES = {
    "small": Body(EVENT, 200_000, "200,000 small records", "<= 1.8 x"),
    "single": Body(EVENT, 50_000, "50,000 of them, each in an HTTP chunk of its own", "(none set)", in_own_chunks=True),
    "large": Body(with_output(200_000), 500, "500 records of 200 kB", "<= 1.4 x"),
    "huge": Body(with_output(40_000_000), 2, "2 records of 40 MB", "<= 1.2 x"),
}


class _Streams(BaseHTTPRequestHandler):
    """Answers like a Mastra server that has a workflow for each body, named after it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    prepared: dict[str, bytes] = {}  # noqa: RUF012 - filled when the process starts

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        workflow, verb = self.path.partition("?")[0].split("/")[3:5]
        if verb == "create-run":
            self._reply("application/json", f'{{"runId": "{uuid.uuid4()}"}}'.encode())
        else:
            self._stream(self.prepared[workflow])

    def do_GET(self) -> None:
        self._reply("application/json", b'{"runId": "r", "workflowName": "w", "status": "pending", "steps": {}}')

    def _reply(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, framed: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        self.connection.sendall(framed)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Keep quiet."""


def serve() -> None:
    """Serve the bodies for ever; print the port first."""
    _Streams.prepared = {name: body.framed() for name, body in BODIES.items()}
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Streams)
    print(server.server_port, flush=True)
    server.serve_forever()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server of streams in a process of its own."""
    command = [sys.executable, "-c", "from tests.benchmarks import test_streams; test_streams.serve()"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()


def read_events(client: MastraClient, name: str) -> int:
    """Read a stream as users do; return how many events it had."""
    count = 0
    for _ in client.get_workflow(name).create_run().stream({}):
        count += 1
    return count


def read_records(session: requests.Session, url: str, name: str) -> int:
    """Take the whole body at once with `requests`, split and parse it: the least that can be done."""
    # `content` takes it in pieces of 10 kB, which is slower
    body = session.post(f"{url}/api/workflows/{name}/stream", json={}, stream=True).raw.read()
    count = 0
    for text in body.split(b"\x1e"):
        if text:
            from_json(text)
            count += 1
    return count


@dataclass(frozen=True)
class Took:
    """Seconds that a piece of work took: by the clock on the wall, and of this process's processor time."""

    wall: float
    cpu: float


def took(work: Callable[[], Any]) -> Took:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - wall, time.process_time() - cpu)


@pytest.mark.parametrize("name", BODIES)
def test_reading_a_stream(name: str, url: str, figure: Figure) -> None:
    """The loop over a stream's events, beside taking the same bytes whole, splitting and parsing them."""
    body = BODIES[name]
    with MastraClient(url) as client, requests.Session() as session:
        assert read_events(client, name) == read_records(session, url, name) == body.count + 1
        pairs = [
            (took(lambda: read_events(client, name)), took(lambda: read_records(session, url, name)))
            for _ in range(ROUNDS)
        ]
    ours, floor = (min(pair[side].wall for pair in pairs) for side in (0, 1))
    cpu = min(pair[0].cpu for pair in pairs) / min(pair[1].cpu for pair in pairs)
    figure(
        f"`for event in run.stream()`, from a server in another process: {body.name}",
        f"{body.goal} requests' body, split + from_json" if body.goal[0] == "<" else body.goal,
        f"{ours / floor:.2f} x ({ours:.2f} s, floor {floor:.2f} s; processor time {cpu:.2f} x)",
    )


MEMORY = """
import re, sys
from mastra_sync import MastraClient

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) * 1024

run = MastraClient(sys.argv[1]).get_workflow("huge").create_run()
before = peak()
for event in run.stream({}):
    largest = max(len(event.output or ""), globals().get("largest", 0))
print((peak() - before) / largest)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a process's peak memory is read from /proc")
def test_memory_of_huge_records(url: str, figure: Figure) -> None:
    """The most memory that a process has taken while it read two records of 40 MB, as a multiple of one of them."""
    command = [sys.executable, "-W", "ignore", "-c", MEMORY, url]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figure("peak memory of reading records of 40 MB", "<= 3 x one of them", f"{float(printed):.1f} x")


def test_beside_the_javascript_client(url: str, figure: Figure) -> None:
    """The same small records, read by the official JavaScript client; the two take turns."""
    body, program = BODIES["small"], Path(__file__).with_name("read_stream.mjs")
    try:
        command = [str(node_program()), str(program), installed_sdk().as_uri(), url, "small"]
    except ServerUnavailable as error:
        pytest.skip(str(error))

    def javascripts() -> float:
        printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
        count, seconds = json.loads(printed)
        assert count == body.count + 1
        return float(seconds)

    with MastraClient(url) as client:
        pairs = [(took(lambda: read_events(client, "small")).wall, javascripts()) for _ in range(ROUNDS)]
    ours, peer = (min(pair[side] for pair in pairs) for side in (0, 1))
    figure(
        f"the loop over {body.name}, beside the official JavaScript client's",
        "(none set)",
        f"{ours / peer:.2f} x ({ours:.2f} s, JavaScript {peer:.2f} s)",
    )
