"""Requests that never end, announce what they do not have, or are nested without measure: on a socket."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from mastra_sync import MastraClient
from pytest_mastra.fake.fronts.in_process import InProcess
from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.fake.server import FakeMastra

PATIENCE = 30.0
HEAD = b"POST /api/workflows HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
def front() -> Iterator[OnSocket]:
    server = FakeMastra()
    server.workflow("echo").returns(lambda ctx: ctx.input_data)
    with OnSocket(server, request_limit=0.3) as front:
        yield front


@pytest.fixture(autouse=True)
def no_thread_dies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever comes, no connection's thread ends by an exception."""
    died: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda failure: died.append(failure.exc_value))
    yield
    assert died == []


def answer_to(front: OnSocket, *pieces: bytes, drip: bytes = b"") -> bytes:
    """Send pieces, and then one more byte again and again, until the server has closed; return what it said."""
    said = b""
    with socket.create_connection((front.host, front.port), timeout=PATIENCE) as connection:
        for piece in pieces:
            connection.sendall(piece)
        until = time.monotonic() + PATIENCE
        connection.settimeout(0.02 if drip else PATIENCE)
        while time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                came = connection.recv(4096)
                if not came:
                    return said
                said += came
            if drip:
                with contextlib.suppress(OSError):
                    connection.sendall(drip)
    raise AssertionError(f"the server goes on waiting; it said {said!r}")


@pytest.mark.parametrize(
    ("pieces", "drip"),
    [
        ((b"POST /api/workflows HTTP/1.1\r\n",), b""),
        ((HEAD + b"X: ",), b"x"),
        ((HEAD,), b"X: y\r\n"),
        ((HEAD + b"Content-Length: 1000000\r\n\r\n",), b""),
        ((HEAD + b"Content-Length: 1000000\r\n\r\n",), b"x"),
        ((HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",), b""),
        ((HEAD + b"Transfer-Encoding: chunked\r\n\r\n",), b"1\r\na\r\n"),
        ((HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;",), b"x"),
    ],
)
def test_a_request_that_is_never_whole(front: OnSocket, pieces: tuple[bytes, ...], drip: bytes) -> None:
    """It has a time for all of it, however steadily its bytes drip; what ends it is what Node says."""
    assert answer_to(front, *pieces, drip=drip).startswith(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n")


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: " + b"9" * 5000,
        b"Content-Length: 18446744073709551616",
        b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 17,
        b"Transfer-Encoding: chunked\r\n\r\n0x2",
    ],
)
def test_what_no_parser_can_count(front: OnSocket, header: bytes) -> None:
    """It is refused, and no thread dies of it."""
    assert answer_to(front, HEAD + header + b"\r\n\r\nab").startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 18446744073709551615",
        b"Content-Length: 9223372036854775808",
        b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff",
    ],
)
def test_what_is_announced_and_does_not_come(front: OnSocket, header: bytes) -> None:
    """No room is made for it, and it is waited for as long as for any request."""
    assert answer_to(front, HEAD + header + b"\r\n\r\nab").startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_a_reply_takes_its_own_time(front: OnSocket) -> None:
    """The time for a request is no time for its answer, nor for the next request."""
    session = requests.Session()
    for _ in range(3):
        assert session.get(f"{front.url}/api/workflows", timeout=PATIENCE).status_code == 200
        time.sleep(0.2)


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


@pytest.mark.parametrize("depth", [199, 200, 900, 5_000, 100_000])
@pytest.mark.parametrize("verb", ["start-async", "start", "stream"])
def test_input_that_is_nested_without_measure(front: OnSocket, verb: str, depth: int) -> None:
    """It is refused in words from 200 levels on; nothing breaks, and the next request is answered."""
    where = f"{front.url}/api/workflows/echo"
    requests.post(f"{where}/create-run?runId=r", json={}, timeout=PATIENCE)
    headers = {"Content-Type": "application/json"}
    body = f'{{"inputData":{nested(depth)}}}'
    reply = requests.post(f"{where}/{verb}?runId=r", data=body, headers=headers, timeout=PATIENCE)
    if depth < 200:
        assert reply.status_code == 200
        assert requests.get(f"{where}/runs/r", timeout=PATIENCE).json()["status"] == "success"
        return
    assert (reply.status_code, reply.json()["error"]) == (400, "Invalid request body")
    (issue,) = reply.json()["issues"]
    assert "nested more than 200 deep" in issue["message"] or "call stack" in issue["message"]
    assert requests.get(f"{where}/runs/r", timeout=PATIENCE).json()["status"] == "pending"


@pytest.mark.parametrize("generation", ["current", "1.2", "1.0-beta"])
def test_what_is_deep_enough_runs_inside_a_test_too(generation: str) -> None:
    """The limit leaves room for what calls the server, and for workflows within each other."""
    server = FakeMastra(generation=generation)
    inner = server.workflow("inner", listed=False).returns(lambda ctx: ctx.input_data)
    server.workflow("outer").then(inner).then(server.step("last", lambda ctx: ctx.input_data)).commit()
    value = json.loads(nested(199))
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        # what is stored is cut sooner on current servers
        assert client.get_workflow("outer").create_run().start_async(value).result == value
