"""What the client costs beside the least that the same work can cost, measured in one run."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from mastra_sync import MastraClient
from mastra_sync.deadline import Deadline
from mastra_sync.error_replies import Reply
from mastra_sync.request import Request, Timeouts
from mastra_sync.transport import RequestsTransport
from tests.benchmarks.rounds import rounds
from tests.live.server import LiveServer

Figure = Callable[[str, str, str], None]
ROUNDS = rounds(5)


def seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median_ratio(work: Callable[[], Any], other: Callable[[], Any], count: int = ROUNDS) -> float:
    """Return how much longer `work` takes than `other`; the two take turns, for the machine is noisy."""
    return statistics.median(seconds(work) / seconds(other) for _ in range(count))


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
                ratio = median_ratio(ours, bare, count=rounds(9))
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


def test_import_time(figure: Figure, tmp_path: Path) -> None:
    """What an import costs over `requests` and `pydantic`: processor time of fresh processes, byte code kept."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, "PYTHONPYCACHEPREFIX": str(tmp_path)}

    def cost(statement: str) -> float:
        command = [sys.executable, "-c", IMPORT.format(statement=statement)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)

    statements = (
        "import mastra_sync",
        "from mastra_sync import MastraClient",
        "from mastra_sync import MastraClient, RunResult",
        "from pydantic import BaseModel, TypeAdapter, model_validator",
    )
    for statement in statements:
        cost(statement)
    taken = [[cost(statement) for statement in statements] for _ in range(rounds(7))]
    package, client, models, pydantic_alone = (min(column) * 1000 for column in zip(*taken, strict=True))
    figure("import mastra_sync, over requests and pydantic", "<= 20 ms", f"{package:.1f} ms")
    figure("from mastra_sync import MastraClient, over the same", "<= 60 ms", f"{client:.0f} ms")
    figure(
        "and its models, which come with the first answer, over the same",
        "(none set; pydantic's BaseModel alone)",
        f"{models:.0f} ms ({pydantic_alone:.0f} ms)",
    )


def test_help_time(figure: Figure, tmp_path: Path) -> None:
    """What `mastra-sync --help` takes, beside an import of requests: whole processes in turn, byte code kept."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, "PYTHONPYCACHEPREFIX": str(tmp_path)}

    def cost(*arguments: str) -> float:
        before = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
        return time.perf_counter() - before

    lines = (("-c", "import requests"), ("-m", "mastra_sync.cli", "--help"))
    for line in lines:
        cost(*line)
    taken = [[cost(*line) for line in lines] for _ in range(rounds(15))]
    alone, helped = (min(column) for column in zip(*taken, strict=True))
    figure("mastra-sync --help, over python -c 'import requests'", "<= 1.5", f"{helped / alone:.2f}")
