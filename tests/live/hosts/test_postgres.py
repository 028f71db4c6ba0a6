"""Runs in Postgres, which sorts the keys of what it stores: the client tells them in the order of their beginning."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from mastra_sync import MastraClient
from tests.live import postgres
from tests.live.conftest import ROOT, StartServer
from tests.live.http_calls import TIMEOUT

pytestmark = pytest.mark.hosts

ORDERS: list[tuple[str, Any, list[str]]] = [
    ("nested", {"n": 1}, ["inner", "inner.increment", "inner.double", "after"]),
    ("parallel", {"n": 1}, ["left", "right", "join"]),
    ("conf-map", {"tag": "a"}, ["lookup", "shape", "last"]),
    ("conf-state-nested", {}, ["first", "conf-state-inner", "conf-state-inner.inside", "left", "right", "last"]),
    (
        "deep-ask",
        {},
        ["middle-ask", "middle-ask.inner-ask", "middle-ask.inner-ask.prepare", "middle-ask.inner-ask.inner-q"],
    ),
]


@pytest.fixture
def client(shared_server: StartServer) -> Iterator[MastraClient]:
    """A client of a server that keeps its runs in Postgres."""
    with MastraClient(shared_server("postgres").base_url, token="") as client:
        yield client


@pytest.mark.parametrize(("workflow", "input_data", "order"), ORDERS, ids=[name for name, *_ in ORDERS])
def test_steps(client: MastraClient, workflow: str, input_data: Any, order: list[str]) -> None:
    """By whichever route they are read, steps come in the order in which they began, nested ones behind theirs."""
    run = client.get_workflow(workflow).create_run()
    told = run.start_async(input_data)
    top = [name for name in order if name in told.steps]
    assert list(told.steps) == top
    assert list(client.get_workflow(workflow).run_by_id(run.run_id).steps) == order
    (listed,) = client.get_workflow(workflow).runs(per_page=1).runs
    assert list(listed.steps) == top


def test_steps_that_a_resume_answers(client: MastraClient) -> None:
    """Those of before were sorted, those of now were not."""
    run = client.get_workflow("asker").create_run()
    run.start_async({})
    assert list(run.resume_async({"answer": "yes"}).steps) == ["first", "q", "rest"]


ENDS: list[tuple[str, Any, tuple[str, str | None, Any]]] = [
    ("tripwire", {}, ("tripwire", None, None)),
    ("failing", {"kind": "error"}, ("failed", "outer", None)),
    ("bail", {"bail": True}, ("success", None, {"left": True})),
]

# https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SSLREQUEST
SSL_REQUEST = struct.pack("!ii", 8, 80877103)


@pytest.mark.parametrize(("workflow", "input_data", "end"), ENDS, ids=[name for name, *_ in ENDS])
def test_ends_are_waited_for(client: MastraClient, workflow: str, input_data: Any, end: Any) -> None:
    """A run's end is stored in two strokes; no poll that comes between takes the first one for all."""
    results = client.get_workflow(workflow).map([input_data] * 30)
    assert {(one.status, one.error and one.error.message, str(one.result)) for one in results} == {
        (*end[:2], str(end[2]))
    }


def test_suspensions(client: MastraClient) -> None:
    """What was asked first comes first, though its name is the longer one."""
    workflow = client.get_workflow("conf-parallel-questions")
    run = workflow.create_run()
    order = [["conf-question", "inner-q"], ["outer-q"]]
    assert [one.path for one in run.start_async({}).suspensions] == order
    assert [one.path for one in workflow.run_by_id(run.run_id).suspensions] == order


def test_postgres_ends_with_its_parent(shared_server: StartServer) -> None:
    """When the process that started it is killed, it goes too, seen by its closing a connection."""
    assert shared_server("postgres")  # or the test is skipped, if none can be had
    script = (
        "from tests.live.postgres import Postgres; "
        "print(Postgres().__enter__().new_schema().address, flush=True); input()"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with parent:
        assert parent.stdout is not None
        port = urlsplit(parent.stdout.readline().decode().strip()).port
        assert port is not None
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
            connection.sendall(SSL_REQUEST)
            assert connection.recv(1) == b"N"  # for a backend that has not yet begun may miss its signal
            parent.kill()
            assert connection.recv(1) == b""


def test_postgres_looks_for_another_port(shared_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that another program has taken meanwhile is given up for the next one."""
    assert shared_server("postgres")  # or the test is skipped, if none can be had
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports = iter([other.getsockname()[1], postgres.free_port()])
        monkeypatch.setattr(postgres, "free_port", lambda: next(ports))
        with postgres.Postgres() as started:
            port = urlsplit(started.new_schema().address).port
            assert port not in (None, other.getsockname()[1])
            socket.create_connection(("127.0.0.1", port or 0), timeout=TIMEOUT).close()
