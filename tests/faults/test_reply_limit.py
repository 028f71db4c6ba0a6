"""Whole replies beyond the client's limit, compressed or not: refused before they are parsed."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import MastraClient, ReplyTooLarge
from tests.faults.scripted_runs import RUN_ID, WORKFLOW, reading
from tests.faults.wire_server import Answer, WireServer, json_reply, reply

LIMIT = 1000


@pytest.fixture
def limited_client(make_client: Callable[..., MastraClient]) -> MastraClient:
    return make_client(reply_limit=LIMIT)


def padded(size: int) -> bytes:
    return b"{}".ljust(size)


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "gzip, gzip": lambda body: gzip.compress(gzip.compress(body)),
}


def packed_reply(body: bytes, coding: str | None, status: int = 200) -> Answer:
    if coding is None:
        return reply(status, body)
    return reply(status, PACKED[coding](body), Content_Encoding=coding)


@pytest.mark.parametrize("coding", [None, *PACKED])
def test_the_limit_counts_decompressed_bytes(server: WireServer, limited_client: MastraClient, coding: str) -> None:
    """A reply as long as the limit is taken, one a byte longer is not; what to do stands in the message."""
    server.on("GET", "/workflows", packed_reply(padded(LIMIT), coding), packed_reply(padded(LIMIT + 1), coding))
    assert limited_client.list_workflows() == {}
    with pytest.raises(ReplyTooLarge, match=r"longer than 1,000 bytes\n.*reply_limit") as caught:
        limited_client.list_workflows()
    assert caught.value.limit == LIMIT


@pytest.mark.parametrize("status", [404, 500])
def test_a_refusal_has_the_same_limit(server: WireServer, limited_client: MastraClient, status: int) -> None:
    """What a server says with an error is not read without end either."""
    server.on("GET", "/workflows", packed_reply(padded(LIMIT + 1), "gzip", status))
    with pytest.raises(ReplyTooLarge):
        limited_client.list_workflows()


def test_the_next_call_has_a_connection_of_its_own(server: WireServer, limited_client: MastraClient) -> None:
    """The rest of a reply that was given up is nobody's answer."""
    server.on("GET", "/workflows", packed_reply(padded(1 << 21), None), packed_reply(b"{}", None))
    with pytest.raises(ReplyTooLarge):
        limited_client.list_workflows()
    assert limited_client.list_workflows() == {}
    assert [one.connection for one in server.received] == [1, 2]


def large_run() -> dict[str, Any]:
    return {**reading("success"), "result": "x" * LIMIT}


def test_a_held_answer_that_is_too_long_is_not_sent_for_again(server: WireServer, limited_client: MastraClient) -> None:
    """The run is read, and as its result is as long, the caller hears of it at once; nothing runs twice."""
    server.on("POST", "/create-run", json_reply({"runId": RUN_ID}))
    server.on("POST", "/start-async", json_reply(large_run()))
    run = limited_client.get_workflow(WORKFLOW).create_run()
    of_this_run = {"runId": run.run_id}
    server.on(
        "GET",
        f"/{run.run_id}",
        lambda asked: json_reply({**(reading("success") if asked.query else large_run()), **of_this_run}),
    )
    with pytest.raises(ReplyTooLarge):
        run.start_async({})
    assert server.count("POST", "/start-async") == 1
    assert server.count("GET", f"/{run.run_id}") == 3


MEASURED = """
import resource, sys
from mastra_sync import MastraClient, ReplyTooLarge

def peak():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

with MastraClient(sys.argv[1], reply_limit=int(sys.argv[2]), token="") as client:
    client.list_workflow_run_counts()
    before = peak()
    try:
        client.list_workflows()
    except ReplyTooLarge:
        print(peak() - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no peak of memory")
def test_a_gzip_bomb_takes_little_memory(server: WireServer) -> None:
    """A megabyte that decompresses to a gigabyte takes at most three times the limit, in a process of its own."""
    compressor = zlib.compressobj(9, wbits=31)
    head, block = (compressor.compress(bytes(1 << 20)) + compressor.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    # the block again and again, for each stands by itself; the sum at the end, which nobody is to reach, is none of all
    bomb = head + block * 1023 + compressor.flush()
    server.on("GET", "/run-counts", json_reply({}))
    server.on("GET", "/workflows", reply(200, bomb, Content_Encoding="gzip"))
    limit = 16 * 1024 * 1024
    command = [sys.executable, "-c", MEASURED, server.base_url, str(limit)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=120)
    assert int(done.stdout) <= 3 * limit
