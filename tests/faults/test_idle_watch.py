"""Streams that go quiet, streams that are left, and what is left of them."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import count

import pytest

from mastra_sync import APIConnectionError, MastraClient, RunStream, RunTimeout
from mastra_sync.deadline import Deadline, SystemClock
from mastra_sync.idle import IdleWatch
from tests.faults.scripted_runs import FINISH_RECORD, RUN_ID, START_RECORD, fresh_run, reading, record
from tests.faults.wire_server import (
    Action,
    Answer,
    Received,
    WireServer,
    await_event,
    hang_up_noticed,
    json_reply,
    never,
    reset,
    streamed,
)

FIRST, LAST = record(START_RECORD), record(FINISH_RECORD)
QUIET = 0.05
"""Seconds of silence after which the run is looked at."""


@pytest.fixture
def stream_of(server: WireServer, client: MastraClient) -> Callable[..., RunStream]:
    """A function that streams a run to which the server answers with these parts."""

    def stream(*parts: Action, **options: object) -> RunStream:
        server.on("POST", "/stream", streamed(*parts))
        settings = {"idle_timeout": QUIET, **options}
        return fresh_run(client).stream({}, **settings)  # type: ignore[arg-type]

    return stream


def watches() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "mastra-sync idle watch"]


def test_a_quiet_stream_of_a_running_run_goes_on(stream_of: Callable[..., RunStream], server: WireServer) -> None:
    """However often the run is looked at, it is only looked at."""
    looked_five_times = threading.Event()
    looks = count(1)

    def look(request: Received) -> Answer:
        if next(looks) == 5:
            looked_five_times.set()
        return json_reply(reading("running"))

    server.on("GET", f"/{RUN_ID}", look)
    with stream_of(FIRST, await_event(looked_five_times), LAST) as stream:
        assert [event.raw for event in stream] == [START_RECORD, FINISH_RECORD]
    assert server.count("POST", "/observe") == 0


def test_a_quiet_stream_of_a_settled_run_is_taken_up_again(
    stream_of: Callable[..., RunStream], server: WireServer
) -> None:
    """Where the network swallowed the end of a stream, `observe` has it."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading("success")))
    server.on("POST", "/observe", streamed(FIRST, LAST))
    with stream_of(FIRST, never) as stream:
        assert [event.raw for event in stream] == [START_RECORD, FINISH_RECORD]
    assert server.count("POST", "/stream") == 1


@pytest.mark.parametrize(
    ("answers", "looks"),
    [
        ([True, True], 2),
        ([True, False, True, True], 4),
        (["error", "error", "error"], 3),
        (["error", "error", False, "error", "error", "error"], 6),
    ],
    ids=["settled", "settled, then running", "vanished", "back once"],
)
def test_how_often_is_looked(answers: list[bool | str], looks: int) -> None:
    """One look that finds the run settled ends nothing, for its finish may be on its way; nor do two that fail."""
    left = list(answers)
    ended = threading.Event()

    def is_settled() -> bool:
        answer = left.pop(0)
        if isinstance(answer, str):
            raise APIConnectionError(answer, method="GET", url="http://test/")
        return answer

    watch = IdleWatch(
        is_settled=is_settled, shut_down=ended.set, idle_timeout=0.01, deadline=Deadline(None, SystemClock())
    )
    with watch:
        assert ended.wait(30)
    watch.stop()
    assert len(answers) - len(left) == looks


def test_a_server_that_cannot_be_asked_any_more(stream_of: Callable[..., RunStream], server: WireServer) -> None:
    """A quiet connection to a server that has vanished is given up; the stream goes on once the server is back."""
    server.on("GET", f"/{RUN_ID}", *[(reset,)] * 12, json_reply(reading("success")))
    server.on("POST", "/observe", streamed(FIRST, LAST))
    with stream_of(FIRST, never) as stream:
        assert [event.raw for event in stream] == [START_RECORD, FINISH_RECORD]
    assert server.count("POST", "/stream") == 1


def test_a_server_that_stumbles_twice_is_no_vanished_one(
    stream_of: Callable[..., RunStream], server: WireServer
) -> None:
    """Two looks that fail do not end a stream that goes on."""
    looked = threading.Event()
    looks = count(1)

    def look(request: Received) -> Answer:
        number = next(looks)
        if number == 6:
            looked.set()
        return json_reply(reading("running")) if number % 3 == 0 else (reset,)

    server.on("GET", f"/{RUN_ID}", look)
    with stream_of(FIRST, await_event(looked), LAST) as stream:
        assert [event.raw for event in stream] == [START_RECORD, FINISH_RECORD]
    assert server.count("POST", "/observe") == 0


@pytest.mark.parametrize("idle_timeout", [QUIET, 30.0])
def test_the_deadline_of_a_quiet_stream(
    idle_timeout: float, stream_of: Callable[..., RunStream], server: WireServer
) -> None:
    """A stream ends at its timeout, whatever the run does and however rarely it is looked at."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading("running")))
    with stream_of(FIRST, never, timeout=0.4, idle_timeout=idle_timeout) as stream:
        assert next(stream).raw == START_RECORD
        with pytest.raises(RunTimeout, match="pick it up again"):
            next(stream)


def test_the_caller_may_take_its_time(stream_of: Callable[..., RunStream], server: WireServer) -> None:
    """A caller that works between two events is not a quiet server: nobody looks at the run meanwhile."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading("success")))
    with stream_of(FIRST, LAST) as stream:
        next(stream)
        threading.Event().wait(QUIET * 5)
        assert [event.raw for event in stream] == [FINISH_RECORD]
    assert server.count("GET", f"/{RUN_ID}") == 0


# -- leaving


def leave_by_close(stream: RunStream) -> None:
    next(stream)
    stream.close()


def leave_by_with(stream: RunStream) -> None:
    with stream:
        for _ in stream:
            break


def leave_by_exception(stream: RunStream) -> None:
    next(stream)
    with pytest.raises(ZeroDivisionError), stream:
        raise ZeroDivisionError


def leave_by_forgetting(stream: RunStream) -> None:
    next(stream)


@pytest.mark.parametrize("leave", [leave_by_close, leave_by_with, leave_by_exception, leave_by_forgetting])
def test_leaving_early_closes_the_connection(
    leave: Callable[[RunStream], None], stream_of: Callable[..., RunStream]
) -> None:
    """The server sees the caller go, however it goes, and no thread stays behind."""
    seen = threading.Event()
    leave(stream_of(FIRST, hang_up_noticed(seen)))
    gc.collect()
    assert seen.wait(10)
    for watch in watches():
        watch.join(10)
    assert watches() == []


def test_a_stream_that_was_read_to_its_end_leaves_nothing(
    stream_of: Callable[..., RunStream], client: MastraClient
) -> None:
    """Neither a thread nor an open socket, which a ResourceWarning would tell of."""
    assert len(list(stream_of(FIRST, LAST))) == 2
    client.close()
    gc.collect()
    for watch in watches():
        watch.join(10)
    assert watches() == []


def test_a_stream_that_failed_leaves_nothing(
    stream_of: Callable[..., RunStream], server: WireServer, client: MastraClient
) -> None:
    """The same after a malformed record."""
    seen = threading.Event()
    with pytest.raises(Exception, match="malformed"):
        list(stream_of(b"nonsense\x1e", hang_up_noticed(seen)))
    assert seen.wait(10)
    for watch in watches():
        watch.join(10)
    assert watches() == []


def test_a_client_that_is_closed_during_a_stream(
    stream_of: Callable[..., RunStream], server: WireServer, client: MastraClient
) -> None:
    """The watch cannot ask through a closed client: that ends the stream like a server that cannot be asked."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading("running")))
    with stream_of(FIRST, never, timeout=20.0) as stream:
        next(stream)
        client.close()
        with pytest.raises(RuntimeError, match="this client is closed"):
            next(stream)


LEFT_OPEN = """
import gc, sys, threading
from mastra_sync import MastraClient

gc.disable()  # the interpreter looks once more when it ends

def leave_open():
    stream = MastraClient(sys.argv[1], token="").get_workflow("w").create_run("r-1").stream({})
    next(stream)
    stream.itself = stream
    return stream._watch._changed

def hold(lock):
    with lock:
        is_held.set()
        threading.Event().wait()

is_held = threading.Event()
threading.Thread(target=hold, args=[leave_open()], daemon=True).start()
is_held.wait()
"""


def test_a_process_ends_whatever_its_watch_was_about(server: WireServer) -> None:
    """The interpreter's end stops a watch in its tracks; a stream that was left open does not wait for its lock."""
    server.on("POST", "/create-run", json_reply({"runId": RUN_ID}))
    server.on("POST", "/stream", streamed(FIRST, never))
    server.on("GET", f"/{RUN_ID}", json_reply(reading("pending")))
    ended = subprocess.run(
        [sys.executable, "-c", LEFT_OPEN, server.base_url],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
