"""Chunks that have come are read at once; what has not come whole is waited for by nobody who could have more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
import urllib3

from mastra_sync import MastraClient, RecordDecoder, RecordTooLarge, RunStream
from mastra_sync.arrived_chunks import split_chunks, take_arrived
from tests.faults.scripted_runs import FINISH_RECORD, RUN_ID, START_RECORD, fresh_run, reading, record
from tests.faults.wire_server import Answer, WireServer, await_event, chunk, head, json_reply

FIRST, LAST = record(START_RECORD), record(FINISH_RECORD)
HEAD = head(200, {"Content-Type": "text/plain", "Transfer-Encoding": "chunked"})
END = b"0\r\n\r\n"


@pytest.fixture
def stream_of(server: WireServer, client: MastraClient) -> Callable[[Answer], RunStream]:
    """A function that streams a run which the server answers so."""

    def stream(answer: Answer) -> RunStream:
        server.on("GET", f"/{RUN_ID}", json_reply(reading("success")))
        server.on("POST", "/stream", answer)
        return fresh_run(client).stream({})

    return stream


def framed(pieces: list[bytes]) -> bytes:
    """Return what comes after a chunk: its line break, and further chunks, the last one without its own."""
    return b"".join(b"\r\n%x\r\n%s" % (len(piece), piece) for piece in pieces)


@pytest.mark.parametrize("cut", range(len(framed([b"one", b"three\r\n", b"x" * 30])) + 1))
def test_whole_chunks_are_taken_and_no_more(cut: int) -> None:
    """Of a text that is cut anywhere, the chunks come that are whole in it, and where they end."""
    pieces = [b"one", b"three\r\n", b"x" * 30]
    ends = [len(framed(pieces[:count])) for count in range(len(pieces) + 1)]
    whole = max(count for count, end in enumerate(ends) if end <= cut)
    assert split_chunks(framed(pieces)[:cut]) == (pieces[:whole], ends[whole])


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b"\r\n0\r\n\r\n", id="the last chunk"),
        pytest.param(b"\r\n3;name=value\r\none", id="an extension"),
        pytest.param(b"\n3\r\none", id="half a line break"),
        pytest.param(b"\r\n3\none\r\n", id="half a line break after the size"),
        pytest.param(b"\r\n-3\r\none", id="a size below nothing"),
        pytest.param(b"\r\nfour\r\none", id="no size"),
        pytest.param(b"\r\n\r\none", id="an empty size"),
        pytest.param(b"\r\nffffffff\r\none", id="more than has come"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_is_no_plain_chunk_is_left(odd: bytes) -> None:
    """What stands before it is taken; it is left to http.client, which knows what to make of it."""
    plain = framed([b"one", b"two"])
    assert split_chunks(plain + odd) == ([b"one", b"two"], len(plain))


@pytest.mark.parametrize("response", [None, object(), urllib3.HTTPResponse(b"")])
def test_what_is_no_response_over_a_socket_is_left(response: object) -> None:
    """A test tool's body has nothing that has come."""
    assert take_arrived(response) == b""


def test_records_in_chunks_of_their_own_are_read_together(
    stream_of: Callable[[Answer], RunStream], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand chunks that have come take urllib3 some dozens of reads, and none is lost or changed."""
    outputs = [{"type": "workflow-step-output", "payload": {"output": number}} for number in range(1000)]
    reads = []
    read1 = urllib3.HTTPResponse.read1

    def counted(self: urllib3.HTTPResponse, *arguments: object, **named: object) -> object:
        reads.append(1)
        return read1(self, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(urllib3.HTTPResponse, "read1", counted)
    body = b"".join(chunk(text) for text in (FIRST, *map(record, outputs), LAST))
    with stream_of((HEAD + body + END,)) as stream:
        assert [event.raw for event in stream] == [START_RECORD, *outputs, FINISH_RECORD]
    assert len(reads) < 200


@pytest.mark.parametrize("sent", [FIRST, FIRST + LAST[:5]])
def test_a_chunk_without_its_line_break_is_not_held_back(stream_of: Callable[[Answer], RunStream], sent: bytes) -> None:
    """An event is handed out when its last byte has come, though the line break that ends its chunk has not."""
    seen = threading.Event()
    framing = b"%x\r\n%s" % (len(sent), sent)
    rest = FIRST + LAST
    answer = (HEAD + framing, await_event(seen), b"\r\n", chunk(rest[len(sent) :]), END)
    with stream_of(answer) as stream:
        assert next(stream).raw == START_RECORD
        seen.set()
        assert [event.raw for event in stream] == [FINISH_RECORD]


@pytest.mark.parametrize(
    "middle",
    [
        pytest.param(b"%X;a=b\r\n%s\r\n" % (len(LAST), LAST), id="an extension"),
        pytest.param(b"%x\n%s\r\n" % (len(LAST), LAST), id="half a line break"),
        pytest.param(b"  %x \r\n%s\r\n" % (len(LAST), LAST), id="spaces"),
    ],
)
def test_odd_chunks_are_read_as_ever(stream_of: Callable[[Answer], RunStream], middle: bytes) -> None:
    """Chunks that are not plain, between plain ones, lose nothing; what follows the last chunk is no record."""
    output = {"type": "workflow-step-output", "payload": {"output": 1}}
    with stream_of((HEAD + chunk(FIRST) + chunk(record(output)) + middle + b"0\r\nTrailer: x\r\n\r\n",)) as stream:
        assert [event.raw for event in stream] == [START_RECORD, output, FINISH_RECORD]
    assert stream.complete


@pytest.mark.parametrize("too_large", [b"x" * 1500 + b"\x1e", b"x" * 1500])
def test_what_comes_before_a_record_that_is_too_large_is_given(
    stream_of: Callable[[Answer], RunStream], monkeypatch: pytest.MonkeyPatch, too_large: bytes
) -> None:
    """Though it has come together with it, and nothing comes after it."""
    monkeypatch.setattr("mastra_sync.streaming.RecordDecoder", partial(RecordDecoder, limit=1000))
    with stream_of((HEAD + chunk(FIRST) + chunk(FIRST + too_large) + END,)) as stream:
        assert [next(stream).raw, next(stream).raw] == [START_RECORD, START_RECORD]
        with pytest.raises(RecordTooLarge) as raised:
            next(stream)
    assert raised.value.offset == 2 * len(FIRST)
