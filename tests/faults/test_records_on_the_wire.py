"""Records reach the caller as soon as they are on the wire, whole, whatever the framing and the pieces."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from mastra_sync import MalformedRecord, MastraClient, RecordDecoder, RecordTooLarge, RunStream
from tests.faults.recordings import body, records
from tests.faults.replaying_server import events_of
from tests.faults.scripted_runs import FINISH_RECORD, RUN_ID, START_RECORD, fresh_run, reading, record
from tests.faults.wire_server import Action, Answer, WireServer, body_size, close, cut, json_reply, reset, streamed

FIRST, LAST = record(START_RECORD), record(FINISH_RECORD)
UNICODE = {"type": "workflow-step-output", "payload": {"output": "naïve 鏡 🎈 Grüße"}}

framings = pytest.mark.parametrize("framing", ["chunked", "close", "gzip"])


@pytest.fixture
def stream_of(server: WireServer, client: MastraClient) -> Callable[..., RunStream]:
    """A function that streams a run to which the server answers with these parts, or with this answer."""

    def stream(*parts: Action, framing: str = "chunked", answer: Answer = ()) -> RunStream:
        server.on("GET", f"/{RUN_ID}", json_reply(reading("success")))
        server.on("POST", "/stream", answer or streamed(*parts, framing=framing))
        return fresh_run(client).stream({})

    return stream


@framings
def test_a_record_is_given_when_it_is_there(framing: str, stream_of: Callable[..., RunStream]) -> None:
    """The server goes on only after the caller has had the first record."""
    has_had_it = threading.Event()
    parts = (FIRST, lambda connection: has_had_it.wait(10), LAST)
    with stream_of(*parts, framing=framing) as stream:
        assert next(stream).raw == START_RECORD
        assert not has_had_it.is_set()
        has_had_it.set()
        assert [event.raw for event in stream] == [FINISH_RECORD]


@framings
def test_a_record_is_given_although_the_next_one_has_begun(framing: str, stream_of: Callable[..., RunStream]) -> None:
    """Half a record after a whole one does not hold the whole one back."""
    has_had_it = threading.Event()
    parts = (FIRST + LAST[:20], lambda connection: has_had_it.wait(10), LAST[20:])
    with stream_of(*parts, framing=framing) as stream:
        assert next(stream).raw == START_RECORD
        has_had_it.set()
        assert [event.raw for event in stream] == [FINISH_RECORD]


@framings
def test_characters_and_records_in_single_bytes(framing: str, stream_of: Callable[..., RunStream]) -> None:
    """Every cut there is, all at once: each byte comes in a piece of its own."""
    data = FIRST + record(UNICODE) + LAST
    with stream_of(*(data[at : at + 1] for at in range(len(data))), framing=framing) as stream:
        assert [event.raw for event in stream] == [START_RECORD, UNICODE, FINISH_RECORD]


@framings
def test_records_that_come_all_at_once(framing: str, stream_of: Callable[..., RunStream]) -> None:
    """Many records in one piece are given one by one."""
    with stream_of(body("current", "writer"), framing=framing) as stream:
        assert [event.raw for event in stream] == events_of(records("current", "writer"))


def test_a_record_of_forty_megabytes(stream_of: Callable[..., RunStream]) -> None:
    """A large record is given whole, and so is what follows it."""
    size = 40_000_000
    piece = b"x" * 250_000
    parts = [b'{"type": "workflow-step-output", "payload": {"output": "', *[piece] * (size // len(piece)), b'"}}\x1e']
    with stream_of(FIRST, *parts, LAST) as stream:
        assert [len(event.output or "") for event in stream] == [0, size, 0]


@pytest.mark.parametrize("broken", [b'{"type": "work\xff', b'{"type": ', b"[1, 2]", b"<html>"])
def test_a_malformed_record_is_named(broken: bytes, stream_of: Callable[..., RunStream], server: WireServer) -> None:
    """What came before it is given first; then its place and its beginning are told, and nothing is asked again."""
    with stream_of(FIRST + broken + b"\x1e" + LAST) as stream:
        assert next(stream).raw == START_RECORD
        with pytest.raises(MalformedRecord) as raised:
            next(stream)
    assert raised.value.offset == len(FIRST)
    assert broken[:6].decode() in raised.value.excerpt
    assert server.count("POST", "/observe") == 0


def test_a_stream_that_has_raised_has_ended(stream_of: Callable[..., RunStream]) -> None:
    """What follows a malformed record is not given: nobody knows what it belongs to."""
    with stream_of(b"nonsense\x1e" + LAST) as stream:
        with pytest.raises(MalformedRecord):
            next(stream)
        assert list(stream) == []


def test_an_end_after_a_malformed_record(stream_of: Callable[..., RunStream]) -> None:
    """A stream is not complete because its end came in the same piece as the record that could not be read."""
    with stream_of(FIRST + b"nonsense\x1e" + LAST) as stream:
        with pytest.raises(MalformedRecord):
            list(stream)
        assert (stream.position, stream.complete) == (1, False)


def test_loops_and_next_share_their_place(stream_of: Callable[..., RunStream]) -> None:
    """A loop that is left is gone on with, by another loop or by `next`; what was given is what counts."""
    events = [{**UNICODE, "n": number} for number in range(5)]
    with stream_of(FIRST + b"".join(map(record, events)) + LAST) as stream:
        for event in stream:
            if event.raw.get("n") == 1:
                break
        assert (next(stream).raw, stream.position) == (events[2], 4)
        assert stream.last_event is not None
        assert stream.last_event.raw == events[2]
        assert [(event.raw, stream.complete) for event in stream] == [
            (events[3], False),
            (events[4], False),
            (FINISH_RECORD, True),
        ]


def test_a_closed_stream_gives_nothing_more(stream_of: Callable[..., RunStream]) -> None:
    """Whatever had arrived before it was closed: what a loop gives does not depend on how bytes came."""
    with stream_of(FIRST + record(UNICODE) + LAST) as stream:
        for _ in stream:
            stream.close()
        assert (stream.position, list(stream)) == (1, [])


def test_a_record_without_end(stream_of: Callable[..., RunStream], monkeypatch: pytest.MonkeyPatch) -> None:
    """A record beyond the limit is given up; what came before it is given first."""
    monkeypatch.setattr("mastra_sync.streaming.RecordDecoder", partial(RecordDecoder, limit=1000))
    with stream_of(FIRST, *[b"x" * 100] * 50) as stream:
        assert next(stream).raw == START_RECORD
        with pytest.raises(RecordTooLarge) as raised:
            next(stream)
    assert (raised.value.offset, raised.value.limit) == (len(FIRST), 1000)


@pytest.mark.parametrize("ending", [close, reset], ids=["closed", "reset"])
@pytest.mark.parametrize("share", [0.0, 0.03, 0.21, 0.5, 0.77, 0.98])
@framings
def test_a_cut_on_a_real_connection(
    framing: str, share: float, ending: Action, stream_of: Callable[..., RunStream], server: WireServer
) -> None:
    """The cuts that `test_every_cut` tries without sockets look the same with them."""
    data = body("current", "writer")
    whole = streamed(*(text for text in records("current", "writer")), framing=framing)
    server.on("POST", "/observe", streamed(data, framing=framing))
    with stream_of(answer=cut(whole, int(body_size(whole) * share), ending)) as stream:
        assert [event.raw for event in stream] == events_of(records("current", "writer"))
    assert server.count("POST", "/stream") == 1
