"""A server that was away and came back: a run that does not move any more may have died with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mastra_sync import MastraClient, RunTimeout, StreamInterrupted
from mastra_sync.outages import ADVICE
from tests.faults.scripted_runs import RUN_ID, START_RECORD, fresh_run, reading, record
from tests.faults.wire_server import Answer, WireServer, close, json_reply, never, reset, streamed

RUNNING = json_reply(reading("running", 1))

AWAY: dict[str, tuple[Answer, ...]] = {
    "reset": ((reset,),) * 3,
    "closed": ((close,),),
    "gateway": (json_reply({"error": "Bad gateway"}, 502), json_reply({"error": "Unavailable"}, 503)),
}


def timeout_of(client: MastraClient, seconds: float = 60) -> RunTimeout:
    with pytest.raises(RunTimeout) as raised:
        client.get_workflow("w").get_run(RUN_ID).wait(seconds)
    return raised.value


@pytest.mark.parametrize("away", AWAY)
@pytest.mark.parametrize("status", ["running", "waiting"])
def test_a_run_that_stands_still_since(away: str, status: str, server: WireServer, client: MastraClient) -> None:
    """The timeout names `restart`, and when it is right."""
    standing = json_reply(reading(status, 1))
    server.on("GET", f"/{RUN_ID}", standing, standing, *AWAY[away], standing)
    late = timeout_of(client)
    assert late.advice == ADVICE
    assert "run.restart()" in late.advice
    assert str(late).splitlines()[-1] == f"  {ADVICE}"
    assert late.last_status == status


NOTHING_TO_SAY: dict[str, tuple[Answer, ...]] = {
    "never away": (RUNNING,),
    "moved since": (RUNNING, (reset,), RUNNING, json_reply(reading("running", 2))),
    "moved at once": (RUNNING, (reset,), RUNNING, json_reply(reading("waiting", 1))),
    "still away": (RUNNING, (reset,), RUNNING, (reset,)),
    "never started": (json_reply(reading("pending")), (reset,), json_reply(reading("pending"))),
    "slow": (RUNNING, (never,), RUNNING),
    "busy": (RUNNING, json_reply({"error": "slow down"}, 429), RUNNING),
    "a failure of its own": (RUNNING, json_reply({"error": "database is locked"}, 500), RUNNING),
}


@pytest.mark.parametrize("case", NOTHING_TO_SAY)
def test_a_run_of_which_nothing_is_known(
    case: str, server: WireServer, make_client: Callable[..., MastraClient]
) -> None:
    """A server that was there all the time, or a run that has moved, is no reason to speak of a restart."""
    server.on("GET", f"/{RUN_ID}", *NOTHING_TO_SAY[case])
    late = timeout_of(make_client(timeout=(5, 0.2)))
    assert late.advice == ""
    assert "restart" not in str(late)


def test_a_held_start_whose_server_died(server: WireServer, client: MastraClient) -> None:
    """The connection is cut, nobody is there, and then the run stands still."""
    server.on("POST", "/start-async", (reset,))
    server.on("GET", f"/{RUN_ID}", json_reply(reading("pending")), (reset,), (reset,), RUNNING)
    with pytest.raises(RunTimeout, match=r"run\.restart\(\)"):
        client.get_workflow("w").get_run(RUN_ID).start_async({}, timeout=60)


def test_a_stream_whose_server_died(server: WireServer, client: MastraClient) -> None:
    """The next server knows nothing of its events; that the run goes on is not said, nor that it is not affected."""
    server.on("POST", "/stream", streamed(record(START_RECORD), reset))
    server.on("GET", f"/{RUN_ID}", (reset,), (reset,), RUNNING)
    server.on("POST", "/observe", streamed())
    stream = fresh_run(client).stream({}, timeout=300)
    with pytest.raises(StreamInterrupted) as raised:
        list(stream)
    assert raised.value.advice == ADVICE
    assert str(raised.value).splitlines()[1:] == [f"  {ADVICE}"]
    with pytest.raises(RunTimeout) as late:
        stream.result(60)
    assert late.value.advice == ADVICE


def test_a_stream_whose_server_was_there(server: WireServer, client: MastraClient) -> None:
    """A cut alone says nothing of the server."""
    server.on("POST", "/stream", streamed(record(START_RECORD), reset))
    server.on("GET", f"/{RUN_ID}", RUNNING)
    server.on("POST", "/observe", streamed())
    with pytest.raises(StreamInterrupted, match="The run is not affected") as raised:
        list(fresh_run(client).stream({}))
    assert raised.value.advice == ""


def test_a_stream_that_times_out_says_so_too(server: WireServer, client: MastraClient) -> None:
    """Events may come for a while, and then none: the stream's own timeout knows of the outage as well."""
    server.on("POST", "/stream", streamed(record(START_RECORD), reset))
    server.on("GET", f"/{RUN_ID}", (reset,), RUNNING)
    server.on("POST", "/observe", json_reply({"error": "busy"}, 500))
    with pytest.raises(RunTimeout, match=r"run\.restart\(\)"):
        list(fresh_run(client).stream({}, timeout=60))
