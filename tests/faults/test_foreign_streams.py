"""What comes in a stream's place and is none of Mastra's: it is named, at once, wherever its bytes are cut."""

from __future__ import annotations

import json

import pytest

from mastra_sync import InvalidInput, MalformedRecord, MastraClient, StreamInterrupted
from mastra_sync.foreign_streams import LONGEST_BEGINNING, foreign_format
from tests.faults.scripted_runs import FINISH_RECORD, RUN_ID, START_RECORD, fresh_run, reading, record
from tests.faults.wire_server import WireServer, json_reply, never, streamed

START, FINISH = (json.dumps(event).encode() for event in (START_RECORD, FINISH_RECORD))

FOREIGN = {
    "SSE": (b"data: " + START + b"\n\ndata: " + FINISH + b"\n\n", "server-sent events (SSE)"),
    "SSE with names": (b"event: message\r\nid: 1\r\ndata: " + START + b"\r\n\r\n", "server-sent events (SSE)"),
    "SSE, a comment": (b": ping\n\n", "server-sent events (SSE)"),
    "SSE, no space": (b"data:{}\n\n", "server-sent events (SSE)"),
    "NDJSON": (START + b"\n" + FINISH + b"\n", "lines of JSON (NDJSON)"),
    "NDJSON of Windows": (START + b"\r\n" + FINISH + b"\r\n", "lines of JSON (NDJSON)"),
    "one line": (START + b"\n", "lines of JSON (NDJSON)"),
}


ENDED_OR_OPEN = [(name, ends) for name in FOREIGN for ends in (True, False) if ends or name != "one line"]
"""One line of JSON may still become a record while the stream is open."""


@pytest.mark.parametrize(("name", "ends"), ENDED_OR_OPEN)
def test_it_is_named(name: str, server: WireServer, client: MastraClient, *, ends: bool) -> None:
    """As soon as it shows, without asking again: a stream that stays open does not let the reader wait."""
    body, known = FOREIGN[name]
    server.on("GET", f"/{RUN_ID}", json_reply(reading("running")))
    server.on("POST", "/stream", streamed(body) if ends else streamed(body, never))
    with pytest.raises(MalformedRecord) as raised:
        list(fresh_run(client).stream({}))
    assert raised.value.problem == f"{known} came in the stream's place; Mastra ends each record with 0x1E"
    assert raised.value.offset == 0
    assert server.count("POST", "/observe") == 0


@pytest.mark.parametrize("name", FOREIGN)
def test_wherever_it_is_cut(name: str) -> None:
    """No beginning of it is taken for something else, and the whole of it is known."""
    body, known = FOREIGN[name]
    for mark in (b"", b"\n "):
        seen = [foreign_format(mark + body[:end]) for end in range(len(body) + 1)]
        assert set(seen) <= {None, known}
        assert foreign_format(mark + body, is_whole=True) == known
        if name != "one line":
            assert seen[-1] == known


OURS = [
    START,
    json.dumps({"type": "x", "text": "data: a\n\nevent: b"}).encode(),
    json.dumps(START_RECORD, indent=2).encode(),
    b"data: [DONE]\n\n",
    b"",
    b"\n",
    b"{\n",
    b"<html>\n",
    b"[1]\n{",
]


@pytest.mark.parametrize("record_bytes", OURS)
def test_what_may_be_a_record(record_bytes: bytes) -> None:
    """JSON over several lines, the mark at the end of older servers, and beginnings of either."""
    for end in range(len(record_bytes) + 1):
        assert foreign_format(record_bytes[:end]) is None


def test_later_records_are_looked_at_as_records(server: WireServer, client: MastraClient) -> None:
    """Only what comes first can be foreign: a record is not taken apart by its lines, however long it is."""
    lines = json.dumps({**START_RECORD, "payload": {"text": "x" * LONGEST_BEGINNING}}, indent=1).encode()
    server.on("POST", "/stream", streamed(lines[:50], lines[50:] + b"\x1e", record(FINISH_RECORD)))
    server.on("GET", f"/{RUN_ID}", json_reply(reading("success")))
    assert [event.type for event in fresh_run(client).stream({})] == ["workflow-start", "workflow-finish"]


# -- what else is said of streams


REFUSED = {
    **FINISH_RECORD,
    "payload": {
        "workflowStatus": "failed",
        "metadata": {"errorMessage": "Invalid input data: \n- city: expected string"},
        "output": {"usage": {}},
    },
}


def test_a_refused_input_names_the_request_that_was_sent(server: WireServer, client: MastraClient) -> None:
    """Servers refuse inside the stream; it is the stream that was asked for, not the run that was read."""
    server.on("POST", "/stream", streamed(record(REFUSED)))
    server.on("POST", "/observe", streamed(record(REFUSED)))
    server.on("GET", f"/{RUN_ID}", json_reply(reading("pending")))
    for stream, route in ((fresh_run(client).stream({}), "stream"), (fresh_run(client).observe(), "observe")):
        with pytest.raises(InvalidInput) as raised:
            stream.result()
        assert (raised.value.method, raised.value.url) == ("POST", f"{client.base_url}/workflows/w/{route}")
        assert f"[POST {client.base_url}/workflows/w/{route}]" in str(raised.value)


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (
            [],
            "the server holds no events of it: it was begun without a stream, or they have expired; no event",
        ),
        (
            [START_RECORD],
            "the server holds no events of its end: it went on without a stream, or they have expired",
        ),
    ],
)
@pytest.mark.parametrize("status", ["success", "running"])
def test_what_is_observed_was_not_cut(
    events: list[dict[str, object]], said: str, status: str, server: WireServer, client: MastraClient
) -> None:
    """A replay that ends by itself, before the run's end, is no cut: the server has no more."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading(status)))
    server.on("POST", "/observe", streamed(*map(record, events)))
    with pytest.raises(StreamInterrupted) as raised:
        list(client.get_workflow("w").get_run(RUN_ID).observe())
    assert said in str(raised.value)
    assert "cut" not in str(raised.value)
