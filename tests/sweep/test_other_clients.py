"""Scripts that ask with httpx, aiohttp, or as another process: their requests are points as any others."""

from __future__ import annotations

import re

# a test run within this one forgets what it imports, and httpx would know the exceptions of a httpcore that is gone
import httpcore  # noqa: F401

from tests.suites_in_folders import RunSuite
from tests.sweep.test_several_questions import failed_points
from tests.sweep.test_sweeping import summaries

SUITE = """
import asyncio
import os
import subprocess
import sys

import aiohttp
import httpx
import pytest

FAULTS = ["lost", "refused", "nonsense", "timed_out", "killed", "server_died", "unreachable"]

@pytest.fixture(autouse=True)
def tea(mastra_server):
    mastra_server.workflow("tea").then(mastra_server.step("brew", lambda ctx: {"cups": 1})).commit()

def url(path):
    return f"{os.environ['MASTRA_BASE_URL']}/api/workflows/tea/{path}"

def ask_httpx(method, path, body=None):
    return httpx.request(method, url(path), json=body, timeout=30).raise_for_status().json()

def ask_aiohttp(method, path, body=None):
    async def ask():
        async with aiohttp.ClientSession() as session, session.request(method, url(path), json=body) as reply:
            reply.raise_for_status()
            return await reply.json()

    return asyncio.run(ask())

PROGRAM = \"\"\"
import os, sys, urllib.request

def ask(method, path, body=None):
    request = urllib.request.Request(os.environ["MASTRA_BASE_URL"] + path, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return reply.read()

def status():
    return ask("GET", "/api/workflows/tea/runs/t")

if sys.argv[1] == "naive":
    ask("POST", "/api/workflows/tea/start-async?runId=t", b"{}")
else:
    ask("POST", "/api/workflows/tea/create-run?runId=t", b"{}")
    found = status()
    assert b'"status"' in found
    if b'"pending"' in found:
        ask("POST", "/api/workflows/tea/start?runId=t", b"{}")
\"\"\"

def run_program(kind):
    subprocess.run([sys.executable, "-c", PROGRAM, kind], check=True, stderr=subprocess.DEVNULL)

def naive(ask, errors):
    for _ in range(3):
        try:
            return ask("POST", "start-async?runId=t", {"inputData": {}})
        except errors:
            pass
    raise RuntimeError("gave up")

def careful(ask):
    ask("POST", "create-run?runId=t", {})
    if ask("GET", "runs/t")["status"] == "pending":
        ask("POST", "start?runId=t", {"inputData": {}})
    while ask("GET", "runs/t")["status"] != "success":
        pass

CLIENTS = {"httpx": (ask_httpx, (httpx.HTTPError, ValueError)), "aiohttp": (ask_aiohttp, (aiohttp.ClientError,))}

@pytest.mark.mastra_sweep(faults=FAULTS, accept=[httpx.HTTPError, ValueError, aiohttp.ClientError])
@pytest.mark.parametrize("client", CLIENTS)
def test_careful(mastra_socket_server, client):
    careful(CLIENTS[client][0])

@pytest.mark.mastra_sweep(faults=FAULTS)
@pytest.mark.parametrize("client", CLIENTS)
def test_naive(mastra_socket_server, client):
    naive(*CLIENTS[client])

@pytest.mark.mastra_sweep(faults=["lost", "killed_after", "killed_at_work"], accept=subprocess.CalledProcessError)
@pytest.mark.parametrize("kind", ["careful", "naive"])
def test_program(mastra_socket_server, kind):
    run_program(kind)

@pytest.mark.mastra_sweep
def test_not_on_a_socket(mastra_server):
    naive(*CLIENTS["httpx"])

@pytest.mark.mastra_sweep
def test_not_on_a_socket_and_swallowed(mastra_server):
    try:
        naive(*CLIENTS["httpx"])
    except RuntimeError:
        pass
"""

FAULTS = ("lost", "nonsense", "timed_out", "killed_after", "killed_at_work", "unreachable")
TWICE = {f"start_async#1:{fault}" for fault in FAULTS}


def test_requests_of_other_clients_are_points(run_suite: RunSuite) -> None:
    """Where they reach the fake: each meets each fault, and a start that is sent again is found."""
    result = run_suite(SUITE, "-v", "-W", "error")
    result.assert_outcomes(passed=3, failed=5)
    # a client that gives up at once while the server is dead has lost its answer for good
    given_up = {"start_async#1:server_died"}
    assert failed_points(result) == {
        "test_naive[httpx]": TWICE | given_up,
        "test_naive[aiohttp]": TWICE | given_up,
        "test_program[naive]": {f"start_async#1:{fault}" for fault in ("lost", "killed_after", "killed_at_work")},
        "test_not_on_a_socket": set(),
        "test_not_on_a_socket_and_swallowed": set(),
    }
    told = summaries(result)
    assert {told[f"test_careful[{client}]"].partition(":")[0] for client in ("httpx", "aiohttp")} == {"27 points"}
    said = re.sub(r"\s+", " ", result.stdout.str())
    assert "gave up. Its fake was asked nothing; what httpx, aiohttp or another process sends reaches it with" in said
    assert "(mastra_server, mastra_client); what httpx, aiohttp or another process sends reaches it with" in said
