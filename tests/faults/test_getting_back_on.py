"""What may go wrong while a cut stream is taken up again."""

from __future__ import annotations

import pytest

from mastra_sync import APIConnectionError, AuthenticationError, MastraClient, RunTimeout, StreamInterrupted
from mastra_sync.records import BYTE_ORDER_MARK
from tests.faults.clocks import LeapingClock
from tests.faults.scripted_runs import FINISH_RECORD, RUN_ID, START_RECORD, fresh_run, reading, record
from tests.faults.wire_server import Answer, WireServer, json_reply, reply, reset, streamed

FIRST, LAST = record(START_RECORD), record(FINISH_RECORD)

PASSING: dict[str, Answer] = {
    "reset": (reset,),
    "429": json_reply({"error": "slow down"}, 429, Retry_After="3"),
    "503": json_reply({"error": "busy"}, 503),
    "a page of a proxy": reply(200, b"<html>Please wait</html>", "text/html"),
    "an empty 200": reply(200, b""),
}


@pytest.fixture(autouse=True)
def cut_stream(server: WireServer) -> None:
    """The first connection of each stream here is cut after one event."""
    server.on("POST", "/stream", streamed(FIRST, reset))
    server.on("GET", f"/{RUN_ID}", json_reply(reading("success")))
    server.on("POST", "/observe", streamed(FIRST, LAST))


@pytest.mark.parametrize("is_marked", [(True, True), (True, False), (False, True)], ids=["both", "stream", "replay"])
def test_a_byte_order_mark(is_marked: tuple[bool, bool], server: WireServer, client: MastraClient) -> None:
    """What a gateway puts before a stream, or before its replay, makes no record another one."""
    marks = [BYTE_ORDER_MARK if is_one else b"" for is_one in is_marked]
    server.on("POST", "/stream", streamed(marks[0] + FIRST, reset))
    server.on("POST", "/observe", streamed(marks[1] + FIRST, LAST))
    assert [event.raw for event in fresh_run(client).stream({})] == [START_RECORD, FINISH_RECORD]


@pytest.mark.parametrize("failure", PASSING)
def test_a_look_at_the_run_that_fails(failure: str, server: WireServer, client: MastraClient) -> None:
    """Failures that pass by themselves do not cost any event."""
    server.on("GET", f"/{RUN_ID}", PASSING[failure], PASSING[failure], json_reply(reading("success")))
    assert [event.raw for event in fresh_run(client).stream({})] == [START_RECORD, FINISH_RECORD]


@pytest.mark.parametrize("failure", ["reset", "429", "503"])
def test_an_observe_that_fails(failure: str, server: WireServer, client: MastraClient) -> None:
    """The same of the replay."""
    server.on("POST", "/observe", *[PASSING[failure]] * 5, streamed(FIRST, LAST))
    assert [event.raw for event in fresh_run(client).stream({})] == [START_RECORD, FINISH_RECORD]


def test_retry_after_is_honoured(server: WireServer, client: MastraClient, clock: LeapingClock) -> None:
    """A server that asks for a pause gets it."""
    server.on("GET", f"/{RUN_ID}", PASSING["429"], json_reply(reading("success")))
    list(fresh_run(client).stream({}))
    assert max(clock.slept) == 3.0


def test_a_server_that_forbids_it(server: WireServer, client: MastraClient) -> None:
    """What asking again cannot mend is named as the cause."""
    server.on("POST", "/observe", json_reply({"error": "Invalid or expired token"}, 401))
    with pytest.raises(StreamInterrupted, match="Invalid or expired token") as raised:
        list(fresh_run(client).stream({}))
    assert isinstance(raised.value.__cause__, AuthenticationError)
    assert raised.value.position == 1


def test_an_interrupted_stream_still_has_its_result(server: WireServer, client: MastraClient) -> None:
    """Events that are lost do not matter to the run."""
    server.on("POST", "/observe", streamed())
    stream = fresh_run(client).stream({})
    assert stream.result().result == {"done": True}
    assert not stream.complete


def test_a_gap_can_be_put_up_with(server: WireServer, client: MastraClient) -> None:
    """With `on_gap="follow"` the loop ends once the run is settled."""
    server.on("POST", "/observe", streamed())
    server.on("GET", f"/{RUN_ID}", *[json_reply(reading("running"))] * 20, json_reply(reading("success")))
    assert [event.raw for event in fresh_run(client).stream({}, on_gap="follow")] == [START_RECORD]


def test_the_deadline_while_following(server: WireServer, client: MastraClient) -> None:
    """Following a run has the stream's timeout."""
    server.on("POST", "/observe", streamed())
    server.on("GET", f"/{RUN_ID}", json_reply(reading("running")))
    with pytest.raises(RunTimeout):
        list(fresh_run(client).stream({}, on_gap="follow", timeout=60))


def test_a_server_that_is_gone_for_long(server: WireServer, client: MastraClient) -> None:
    """The stream is given up when its time is up, with the last failure as its cause, and is not started again."""
    server.on("GET", f"/{RUN_ID}", (reset,))
    with pytest.raises(RunTimeout) as raised:
        list(fresh_run(client).stream({}, timeout=60))
    assert isinstance(raised.value.__cause__, APIConnectionError)
    assert server.count("POST", "/stream") == 1


def test_a_server_that_comes_back_after_long(server: WireServer, client: MastraClient, clock: LeapingClock) -> None:
    """Half a minute without a server costs no event."""
    server.on("GET", f"/{RUN_ID}", *[(reset,)] * 20, json_reply(reading("success")))
    assert [event.raw for event in fresh_run(client).stream({}, timeout=60)] == [START_RECORD, FINISH_RECORD]
    assert sum(clock.slept) > 30


def test_a_replay_without_anything_new(server: WireServer, client: MastraClient) -> None:
    """A server that answers, and has nothing more to tell, is not asked until the time is up."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading("running")))
    server.on("POST", "/observe", streamed(FIRST, reset))
    with pytest.raises(StreamInterrupted):
        list(fresh_run(client).stream({}, timeout=60))
    assert server.count("POST", "/observe") == 5
