"""Recorded streams of real servers, cut at every byte: the caller sees each event exactly once, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mastra_sync import RunStream, StreamInterrupted, Workflow
from tests.faults.recordings import body, records
from tests.faults.replaying_server import (
    FakeTransport,
    Memory,
    NoWatch,
    Pieces,
    cut,
    ended,
    events_of,
    whole,
    workflow_on,
)
from tests.faults.scripted_runs import fresh_run_of
from tests.properties import IS_TOLD_AGAIN

generations = pytest.mark.parametrize("generation", ["current", "1.2", "1.0-beta"])

streams = pytest.mark.parametrize(
    ("generation", "name"),
    [
        ("current", "writer"),
        ("current", "equal"),
        ("current", "parallel"),
        ("current", "evented"),
        ("1.2", "nested"),
        ("1.0-beta", "equal"),
    ],
)
"""What 1.2 and 1.0 beta send differs in ids and times only."""

older_streams = pytest.mark.parametrize(("generation", "name"), [("1.2", "nested"), ("1.0-beta", "equal")])


@pytest.fixture
def transport(monkeypatch: pytest.MonkeyPatch) -> FakeTransport:
    monkeypatch.setattr("mastra_sync.streaming.IdleWatch", NoWatch)
    return FakeTransport()


@pytest.fixture
def workflow(transport: FakeTransport) -> Workflow:
    return workflow_on(transport)


def every_offset(data: bytes) -> Iterator[int]:
    """Give each number of bytes of a body; where the suite is told again, within records each third."""
    for offset in range(len(data) + 1):
        if not IS_TOLD_AGAIN or offset % 3 == 0 or ends_a_record(data, offset):
            yield offset


def every_cut(data: bytes) -> Iterator[tuple[int, Pieces]]:
    """Give each number of bytes with a stream that is cut there, and where a record ends one that just ends there."""
    for offset in every_offset(data):
        yield offset, cut(data, offset)
        if ends_a_record(data, offset):
            yield offset, ended(data, offset)


def ends_a_record(data: bytes, offset: int) -> bool:
    return offset == 0 or data[offset - 1 : offset] == b"\x1e"


def raw(stream: RunStream) -> list[dict[str, Any]]:
    return [event.raw for event in stream]


def handed_out(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what a caller gets of a history: not the start and finish that the evented engine says besides."""
    of_streams = ("workflow-start", "workflow-finish")
    return [event for event in history if event["type"] not in of_streams or "runId" not in event["payload"]]


def complete_records(data: bytes, offset: int) -> int:
    return data[:offset].count(b"\x1e")


def memory_of(generation: str, *segments: str, **how: Any) -> Memory:
    return Memory([records(generation, name) for name in segments], end_mark=generation != "current", **how)


@streams
def test_a_stream_of_a_run_that_has_finished_meanwhile(
    generation: str, name: str, transport: FakeTransport, workflow: Workflow
) -> None:
    """The server replays the whole stream once."""
    memory = memory_of(generation, name)
    for offset, first in every_cut(body(generation, name)):
        transport.play(["success"], [first, whole(memory.replay())])
        assert raw(fresh_run_of(workflow).stream({})) == handed_out(memory.history()), offset


@streams
def test_a_stream_of_a_run_that_goes_on(
    generation: str, name: str, transport: FakeTransport, workflow: Workflow
) -> None:
    """The server replays what it has sent, and then the live stream from its beginning."""
    data = body(generation, name)
    for offset, first in every_cut(data):
        sent = min(complete_records(data, offset) + 1, len(records(generation, name)) - 1)
        memory = memory_of(generation, name, cached=sent, source="live")
        transport.play(["running"], [first, whole(memory.replay())])
        assert raw(fresh_run_of(workflow).stream({})) == handed_out(memory.history()), offset


@generations
def test_a_stream_of_a_run_that_has_suspended_meanwhile(
    generation: str, transport: FakeTransport, workflow: Workflow
) -> None:
    """The server replays the stream, and then once more without its finish."""
    memory = memory_of(generation, "asking", source="open")
    for offset, first in every_cut(body(generation, "asking")):
        transport.play(["suspended"], [first, whole(memory.replay())])
        assert raw(fresh_run_of(workflow).stream({})) == memory.history(), offset


@pytest.mark.parametrize("source", ["gone", "open"])
@generations
def test_a_resumed_stream_of_a_run_that_has_finished(
    generation: str, source: str, transport: FakeTransport, workflow: Workflow
) -> None:
    """Of the two streams that are replayed the second is the caller's; older servers send it twice."""
    memory = memory_of(generation, "asking", "resumed", source=source)
    expected = events_of(records(generation, "resumed"))
    for offset, first in every_cut(body(generation, "resumed")):
        transport.play(["suspended", "success"], [first, whole(memory.replay())])
        assert raw(workflow.get_run("r").resume_stream({"answer": "yes"})) == expected, offset


@generations
def test_a_resumed_stream_of_a_run_that_goes_on(generation: str, transport: FakeTransport, workflow: Workflow) -> None:
    """The history holds the earlier stream and what there is of this one; the live stream is this one."""
    data = body(generation, "resumed")
    for offset, first in every_cut(data):
        sent = min(complete_records(data, offset) + 1, len(records(generation, "resumed")) - 1)
        memory = memory_of(generation, "asking", "resumed", cached=sent, source="live")
        transport.play(["suspended", "running"], [first, whole(memory.replay())])
        stream = workflow.get_run("r").resume_stream({"answer": "yes"})
        assert raw(stream) == events_of(records(generation, "resumed")), offset


@pytest.mark.parametrize(
    ("generation", "segments", "how", "status"),
    [
        ("current", ["equal"], {"cached": 4, "source": "live"}, "running"),
        ("1.2", ["asking"], {"source": "open"}, "suspended"),
        ("current", ["asking", "resumed"], {}, "success"),
        ("1.2", ["asking", "resumed"], {"cached": 4, "source": "live"}, "running"),
    ],
    ids=["running", "suspended", "resumed and finished", "resumed and running"],
)
def test_an_observer(
    generation: str, segments: list[str], how: dict[str, Any], status: str, transport: FakeTransport, workflow: Workflow
) -> None:
    """Whatever the server repeats, an observer that is cut gets the whole history once."""
    memory = memory_of(generation, *segments, **how)
    data = memory.replay()
    # an end inside the history looks like one that an interrupted stream of an older server has
    for offset in every_offset(data):
        transport.play([status], [cut(data, offset), whole(data)])
        assert raw(workflow.get_run("r").observe()) == memory.history(), offset


@pytest.mark.parametrize("offset", [1, 8])
def test_an_observer_that_leaves_out_the_first_events(
    offset: int, transport: FakeTransport, workflow: Workflow
) -> None:
    """The offset is counted over the history, each event once, also after a cut."""
    memory = memory_of("current", "asking", "resumed", cached=3, source="live")
    data = memory.replay()
    for byte in every_offset(data):
        transport.play(["running"], [cut(data, byte), whole(data)])
        assert raw(workflow.get_run("r").observe(offset)) == memory.history()[offset:], byte


# -- what older servers cannot replay


@older_streams
def test_a_truncated_history_is_told_of(
    generation: str, name: str, transport: FakeTransport, workflow: Workflow
) -> None:
    """Older servers keep only what the caller had read; what came before the gap is right, and then it is named."""
    data = body(generation, name)
    for offset in every_offset(data):
        sent = complete_records(data, offset)
        if sent == len(records(generation, name)):
            break
        memory = memory_of(generation, name, cached=sent)
        transport.play(["success"], [cut(data, offset), whole(memory.replay())])
        stream = fresh_run_of(workflow).stream({})
        seen: list[dict[str, Any]] = []
        with pytest.raises(StreamInterrupted) as raised:
            seen.extend(event.raw for event in stream)
        assert seen == memory.history()[:sent], offset
        last = seen[-1]["type"] if seen else None
        assert (raised.value.position, raised.value.last_event) == (sent, last), offset


@older_streams
def test_a_truncated_history_can_be_put_up_with(
    generation: str, name: str, transport: FakeTransport, workflow: Workflow
) -> None:
    """With `on_gap="follow"` the loop just ends once the run is settled, and the result is there."""
    data = body(generation, name)
    for offset in range(0, len(data) + 1, 7):
        sent = complete_records(data, offset)
        memory = memory_of(generation, name, cached=sent)
        transport.play(["running", "success"], [cut(data, offset), whole(memory.replay()), whole(memory.replay())])
        stream = fresh_run_of(workflow).stream({}, on_gap="follow")
        assert raw(stream) == memory.history()[:sent], offset
        assert stream.result().ok
