"""What the client costs beside the least that the same work can cost, measured in one run."""

from __future__ import annotations

import io
import json
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
import urllib3
from pydantic_core import from_json

from mastra_sync import MastraClient, StreamEvent
from mastra_sync.deadline import Deadline
from mastra_sync.error_replies import Reply
from mastra_sync.records import RecordDecoder, parse_record
from mastra_sync.transport import Request, RequestsTransport, Timeouts
from tests.live.server import LiveServer

Figure = Callable[[str, str, str], None]
ROUNDS = 5
SMALL = {
    "type": "workflow-step-result",
    "runId": str(uuid.UUID(int=1)),
    "from": "WORKFLOW",
    "payload": {
        "stepName": "lookup",
        "id": "lookup",
        "stepCallId": str(uuid.UUID(int=2)),
        "payload": {"city": "Paris"},
        "startedAt": 1_800_000_000_000,
        "status": "success",
        "output": {"city": "Paris", "temperature": 21},
        "endedAt": 1_800_000_000_001,
    },
}


def record_of(size: int) -> bytes:
    return json.dumps({**SMALL, "payload": {"output": "x" * size}}).encode() + b"\x1e"


def chunks_of(data: bytes, size: int = 65536) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def decode(chunks: Iterable[bytes]) -> int:
    """Do what a stream does with its bytes; return how many events came of it."""
    decoder = RecordDecoder()
    count = 0
    for chunk in chunks:
        offset = decoder.offset
        for text in decoder.feed(chunk):
            StreamEvent(parse_record(text, offset))
            offset += len(text) + 1
            count += 1
    return count


def floor(data: bytes) -> int:
    """Split and parse, all at once: the least that can be done."""
    return sum(1 for text in data.split(b"\x1e") if text and from_json(text) is not None)


def by_iter_lines(data: bytes) -> int:
    """Do the same with what `requests` offers for it."""
    response = requests.Response()
    response.raw = urllib3.HTTPResponse(io.BytesIO(data), preload_content=False)
    lines = response.iter_lines(delimiter=b"\x1e")
    return sum(1 for text in lines if text and json.loads(text) is not None)


def seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median_ratio(work: Callable[[], Any], other: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Return how much longer `work` takes than `other`; the two take turns, for the machine is noisy."""
    return statistics.median(seconds(work) / seconds(other) for _ in range(rounds))


def test_decoding_small_records(figure: Figure) -> None:
    """200,000 small records beside splitting and parsing alone."""
    data = json.dumps(SMALL).encode() + b"\x1e"
    data *= 200_000
    chunks = chunks_of(data)
    assert decode(chunks) == floor(data) == 200_000
    ratio = median_ratio(lambda: decode(chunks), lambda: floor(data))
    figure("decode 200,000 small records", "<= 1.5 x splitting + from_json", f"{ratio:.2f} x")


def test_decoding_large_records(figure: Figure) -> None:
    """100 records of 200 kB beside `iter_lines` and json, both linear in the number of records."""
    data = record_of(200_000) * 100
    chunks = chunks_of(data)
    assert decode(chunks) == by_iter_lines(data) == 100
    ratio = median_ratio(lambda: by_iter_lines(data), lambda: decode(chunks), rounds=1)
    figure("decode records of 200 kB", ">= 30 x faster than iter_lines + json", f"{ratio:.0f} x")


def test_decoding_huge_records(figure: Figure) -> None:
    """2 records of 40 MB beside splitting and parsing alone."""
    data = record_of(40_000_000) * 2
    chunks = chunks_of(data)
    assert decode(chunks) == 2
    ratio = median_ratio(lambda: decode(chunks), lambda: floor(data))
    figure("decode 2 records of 40 MB: time", "<= 1.3 x splitting + from_json", f"{ratio:.2f} x")


MEMORY = """
import re
from mastra_sync.records import RecordDecoder, parse_record

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) * 1024

decoder, piece = RecordDecoder(), b"x" * 65536
before = peak()
decoder.feed(b'{"a":"')
for _ in range(610):
    decoder.feed(piece)
for text in decoder.feed(b'"}\\x1e'):
    parse_record(text, 0)
print((peak() - before) / len(text))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a process's peak memory is read from /proc")
def test_memory_of_a_huge_record(figure: Figure) -> None:
    """The most memory that a process has taken for one record of 40 MB, as a multiple of the record."""
    printed = subprocess.run([sys.executable, "-W", "ignore", "-c", MEMORY], check=True, capture_output=True, text=True)
    figure("decode a record of 40 MB: peak memory", "<= 3 x the record", f"{float(printed.stdout):.1f} x")


class _Workflow(BaseHTTPRequestHandler):
    """Answers like the route of a workflow's run, from a process of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    body = json.dumps({"runId": "r", "workflowName": "w", "status": "running", "steps": {}}).encode()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Keep quiet."""


SERVER = (
    "import tests.benchmarks.test_client as t\n"
    "server = t.ThreadingHTTPServer(('127.0.0.1', 0), t._Workflow)\n"
    "print(server.server_port, flush=True)\n"
    "server.serve_forever()\n"
)


def test_overhead_of_a_call(figure: Figure) -> None:
    """`run_by_id` beside a bare session's `get(...).json()` of the same route, on a server in another process."""
    assert ThreadingHTTPServer.daemon_threads
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{int(server.stdout.readline())}"
            with MastraClient(url) as client, requests.Session() as session:
                workflow = client.get_workflow("w")
                address = f"{url}/api/workflows/w/runs/r"

                def ours() -> None:
                    for _ in range(200):
                        workflow.run_by_id("r")

                def bare() -> None:
                    for _ in range(200):
                        session.get(address).json()

                ours()
                ratio = median_ratio(ours, bare, rounds=9)
        finally:
            server.kill()
    figure("a call's overhead over a bare requests.Session", "<= 15 %", f"{(ratio - 1) * 100:.0f} %")


class _Counting(RequestsTransport):
    """Counts the bytes of the polls."""

    polls: list[int]

    def exchange(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply:
        reply = super().exchange(request, timeouts, deadline)
        if ("fields", "error") in request.query:
            self.polls.append(len(reply.body))
        return reply


def test_bytes_of_the_polls(figure: Figure, current_server: LiveServer) -> None:
    """Polls of a run that holds 5 MB, beside reading the whole run as often, on a real server."""
    gate = str(uuid.uuid4())
    with MastraClient(current_server.base_url) as client:
        counting = _Counting(headers={}, token=None, session=None, clock=client.api.clock)
        counting.polls = []
        object.__setattr__(client.api, "transport", counting)
        run = client.get_workflow("big-early").create_run().start({"bytes": 5_000_000, "gate": gate})
        current_server.wait_for_gate(gate)
        whole = len(requests.get(run.url, timeout=30).content)

        def open_late(_: object) -> None:
            if len(counting.polls) >= 1:
                current_server.open_gate(gate)

        result = run.wait(30, on_update=open_late)
    assert result.ok
    polled = sum(counting.polls)
    share = polled / (len(counting.polls) * whole)
    figure("bytes polled while waiting for a run of 5 MB", "<= 1 % of polling the whole", f"{share * 100:.3f} %")


IMPORT = """
import time
import requests, pydantic
before = time.process_time()
{statement}
print(time.process_time() - before)
"""


def test_import_time(figure: Figure) -> None:
    """What an import costs over that of `requests` and `pydantic`, in processor time."""

    def cost(statement: str) -> float:
        command = [sys.executable, "-c", IMPORT.format(statement=statement)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    lazy, eager, pydantic_alone = [], [], []
    for _ in range(7):
        lazy.append(cost("import mastra_sync"))
        eager.append(cost("from mastra_sync import MastraClient"))
        pydantic_alone.append(cost("from pydantic import BaseModel, TypeAdapter, model_validator"))
    figure("import mastra_sync, over requests and pydantic", "<= 20 ms", f"{statistics.median(lazy) * 1000:.1f} ms")
    figure(
        "from mastra_sync import MastraClient, over the same",
        "(none set; pydantic's BaseModel alone)",
        f"{statistics.median(eager) * 1000:.0f} ms ({statistics.median(pydantic_alone) * 1000:.0f} ms)",
    )
