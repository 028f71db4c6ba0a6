"""Each server is the generation that it says it is, and can be steered."""

from __future__ import annotations

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.live.conftest import StartServer
from tests.live.http_calls import TIMEOUT, call, execute, new_run_id, post
from tests.live.install import GENERATIONS
from tests.live.server import HEAP_MEGABYTES, LiveServer, ServerFailed

ROOT = Path(__file__).parents[2]
QUICKEST = "1.0-beta"  # to start
GUARDED = {"auth_token": "secret-token", "body_limit": 1000}
AUTHORISED = {"authorization": "Bearer secret-token"}


def test_execution_result_is_a_route_of_the_beta_only(live_server: LiveServer) -> None:
    """The route that 1.0 dropped answers on 1.0-beta and is unknown elsewhere."""
    run_id = new_run_id()
    execute(live_server, "city-workflow", {"city": "NY"}, run_id)
    reply = call(live_server, "GET", f"/workflows/city-workflow/runs/{run_id}/execution-result")
    if live_server.generation == "1.0-beta":
        assert (reply.status, reply.json()["result"]) == (200, {"text": "NY: 2"})
    else:
        assert (reply.status, reply.body) == (404, b"404 Not Found")


def test_run_counts_is_a_route_of_the_current_generation_only(live_server: LiveServer) -> None:
    """Older servers take `run-counts` for a workflow's id."""
    reply = call(live_server, "GET", "/workflows/run-counts")
    if live_server.generation == "current":
        assert (reply.status, reply.json()["three"]) == (200, {"running": 0, "suspended": 0})
    else:
        assert (reply.status, reply.json()) == (404, {"error": "Workflow not found"})


def test_run_by_id_has_the_shape_of_its_generation(live_server: LiveServer) -> None:
    """1.0-beta answers with the stored row, 1.2 with a status, the current one with suspended paths too."""
    run_id = new_run_id()
    execute(live_server, "asker", {"n": 1}, run_id)
    run = call(live_server, "GET", f"/workflows/asker/runs/{run_id}").json()
    shapes = {
        "current": (False, "suspended", {"q": [1]}),
        "1.2": (False, "suspended", None),
        "1.0-beta": (True, None, None),
    }
    shape = ("snapshot" in run, run.get("status"), run.get("suspendedPaths"))
    assert shape == shapes[live_server.generation]


def test_a_stream_ends_as_its_generation_ends_it(live_server: LiveServer) -> None:
    """Older generations write a `[DONE]` after the last record."""
    stream = post(live_server, "three", "stream", new_run_id(), {"inputData": {}})
    assert (stream.status, stream.content_type) == (200, "text/plain")
    tail = b"" if live_server.generation == "current" else b"data: [DONE]\n\n"
    assert stream.body.rpartition(b"\x1e")[2] == tail


def test_executions_are_counted_by_run(live_server: LiveServer) -> None:
    """A run id that is started twice shows two executions of each step, another run none."""
    run_id = new_run_id()
    for _ in range(2):
        execute(live_server, "three", {}, run_id)
    assert live_server.executions(run_id) == {"t1": 2, "t2": 2, "t3": 2}
    assert live_server.executions(new_run_id()) == {}


def test_executions_are_counted_by_workflow(live_server: LiveServer) -> None:
    """One run id under two workflows can be told apart, and the totals grow with each execution."""
    run_id = new_run_id()
    execute(live_server, "retrying", {"failures": 2}, run_id)
    execute(live_server, "echo", 1, run_id)
    assert live_server.executions(run_id) == {"flaky": 3, "echo": 1}
    assert live_server.executions(run_id, "retrying") == {"flaky": 3}
    assert live_server.total_executions()["retrying"]["flaky"] >= 3


def test_a_gate_holds_a_step_until_it_is_opened(live_server: LiveServer) -> None:
    """A step waits at the gate that its input names; once open, the gate lets everyone pass."""
    run_id = gate = new_run_id()
    assert live_server.waiting_at_gate(gate) == 0
    with ThreadPoolExecutor() as pool:
        ending = pool.submit(execute, live_server, "slow", {"gate": gate}, run_id)
        live_server.wait_for_gate(gate)
        assert live_server.executions(run_id) == {"begin": 1, "wait": 1}
        live_server.open_gate(gate)
        assert ending.result()["status"] == "success"
    assert live_server.waiting_at_gate(gate) == 0
    assert execute(live_server, "slow", {"gate": gate})["status"] == "success"


def test_a_gate_can_be_awaited_by_count(current_server: LiveServer) -> None:
    """`wait_for_gate` returns when that many steps wait, and says how many do when time runs out."""
    left, right = new_run_id(), new_run_id()
    with ThreadPoolExecutor() as pool:
        gates = {"leftGate": left, "rightGate": left}
        both = pool.submit(execute, current_server, "parallel-gated", gates)
        current_server.wait_for_gate(left, count=2)
        with pytest.raises(TimeoutError, match=f"2 of 3 steps wait at gate '{left}'"):
            current_server.wait_for_gate(left, count=3, timeout=0.1)
        current_server.open_gate(left)
        both.result()
    with pytest.raises(TimeoutError, match="0 of 1"):
        current_server.wait_for_gate(right, timeout=0.1)


def test_a_refused_no_wait_call_does_not_end_the_server(live_server: LiveServer) -> None:
    """Calls that crash a bare older server leave this one up."""
    run_id = new_run_id()
    post(live_server, "city-workflow", "create-run", run_id)
    refused = post(live_server, "city-workflow", "start", run_id, {"inputData": {"city": 3}})
    assert refused.json() == {"message": "Workflow run started"}
    assert execute(live_server, "echo", "still here")["result"] == "still here"


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_token_can_be_asked_for(module_server: StartServer, generation: str) -> None:
    """With a token, Mastra's routes answer 401 to everyone else; the control surface stays open."""
    server = module_server(generation, **GUARDED)
    refusals = [call(server, "GET", "/workflows", headers=headers) for headers in ({}, {"authorization": "Bearer x"})]
    nobody = "Invalid or expired token" if generation == "current" else "Authentication required"
    assert [(reply.status, reply.json()["error"]) for reply in refusals] == [
        (401, nobody),
        (401, "Invalid or expired token"),
    ]
    assert call(server, "GET", "/workflows", headers=AUTHORISED).status == 200
    assert server.total_executions() == {}


@pytest.mark.parametrize("generation", ["current", "1.2"])
def test_the_api_can_live_elsewhere(start_server: StartServer, generation: str) -> None:
    """With another prefix, `/api` is unknown."""
    server = start_server(generation, api_prefix="/mastra")
    assert execute(server, "echo", 1)["result"] == 1
    server.api_prefix = "/api"
    assert call(server, "GET", "/workflows").status == 404


@pytest.mark.parametrize(
    ("generation", "status", "body"),
    [
        ("current", 413, b'{"error":"Request body too large"}'),
        ("1.2", 500, b"Error: Invalid status code: undefined"),
        ("1.0-beta", 200, b""),
    ],
)
def test_bodies_can_be_limited(module_server: StartServer, generation: str, status: int, body: bytes) -> None:
    """Over the limit each generation has its own answer, and nothing runs."""
    server = module_server(generation, **GUARDED)
    run_id = new_run_id()
    path = f"/workflows/echo/start-async?runId={run_id}"
    reply = call(server, "POST", path, {"inputData": "x" * 1000}, headers=AUTHORISED)
    assert (reply.status, reply.body) == (status, body)
    assert server.executions(run_id) == {}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_database_outlives_a_crash(start_server: StartServer, tmp_path: Path, generation: str) -> None:
    """A run that a killed server left behind is finished by `restart-async` on the next."""
    database = tmp_path / "mastra.db"
    run_id = new_run_id()
    crashing = start_server(generation, database=database)
    post(crashing, "slow", "create-run", run_id)
    post(crashing, "slow", "start", run_id, {"inputData": {"gate": run_id}})
    crashing.wait_for_gate(run_id)
    crashing.kill()
    successor = start_server(generation, database=database)
    successor.open_gate(run_id)
    assert post(successor, "slow", "restart-async", run_id).json()["status"] == "success"
    assert successor.executions(run_id) == {"wait": 1, "end": 1}


def test_a_stopped_server_is_gone(start_server: StartServer) -> None:
    """After `stop` nothing listens; stopping again is allowed."""
    server = start_server(QUICKEST)
    server.stop()
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        call(server, "GET", "/workflows")


def test_a_server_ends_with_its_parent(shared_server: StartServer) -> None:
    """When the process that started it is killed, the server goes too, seen by its closing a connection."""
    assert shared_server(QUICKEST)  # or the test is skipped, if none can be had
    script = (
        "from tests.live.server import LiveServer; "
        f"server = LiveServer({QUICKEST!r}); server.start(); print(server.port, flush=True); input()"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
            parent.kill()
            assert connection.recv(1) == b""


def test_a_server_that_does_not_start_says_why(start_server: StartServer) -> None:
    """What the server wrote to stderr is in the exception."""
    with pytest.raises(ServerFailed, match="this generation serves under /api only"):
        start_server("1.0-beta", api_prefix="/mastra")


def test_a_command_runs_beside_a_server(shared_server: StartServer) -> None:
    """`python -m tests.live -- COMMAND` gives the command the server's address and exits as it does."""
    assert shared_server(QUICKEST)
    script = "import os, urllib.request as r; r.urlopen(os.environ['MASTRA_BASE_URL'] + '/api/workflows'); exit(7)"
    command = [sys.executable, "-m", "tests.live", "--generation", QUICKEST, "--", sys.executable, "-c", script]
    assert subprocess.run(command, check=False, cwd=ROOT, timeout=4 * TIMEOUT).returncode == 7


def test_a_server_has_a_limit_of_memory(current_server: LiveServer) -> None:
    """A story that never ends makes a server end with a message, and not the machine."""
    told = Path(f"/proc/{current_server.process_id}/cmdline")
    if not told.exists():
        pytest.skip("the system does not show how a process was started")
    assert f"--max-old-space-size={HEAP_MEGABYTES}".encode() in told.read_bytes().split(b"\0")
