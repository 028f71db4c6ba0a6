"""A server that loses the body of a request, and runs a workflow without a schema all the same."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from mastra_sync import BadRequestError, InvalidInput, MastraClient, ResponseFormatError, RunStream
from tests.faults.scripted_runs import FINISH_RECORD, RUN_ID, START_RECORD, fresh_run, reading, record
from tests.faults.wire_server import WireServer, json_reply, streamed

STEPS = {"q": {"status": "success", "startedAt": 1769860800000, "endedAt": 1769860800001}}


STEP_RECORD = {"type": "workflow-step-start", "runId": RUN_ID, "from": "WORKFLOW", "payload": {"id": "q"}}
WAITING_RECORD = {**STEP_RECORD, "type": "workflow-step-waiting"}


def open_stream(server: WireServer, client: MastraClient, input_data: object, *records: dict[str, Any]) -> RunStream:
    """Return the stream of a run that was executed without any input."""
    server.on("POST", "/stream", streamed(*map(record, (START_RECORD, *records, FINISH_RECORD))))
    server.on("GET", f"/{RUN_ID}", json_reply(reading("success", steps=STEPS)))
    return fresh_run(client).stream(input_data)


def stream_on(server: WireServer, client: MastraClient, input_data: object) -> object:
    """Return the result of such a stream."""
    return open_stream(server, client, input_data).result().result


def test_a_streams_result_without_its_input(server: WireServer, client: MastraClient) -> None:
    """What was sent did not arrive: that is no result, by a stream as by any other verb."""
    with pytest.raises(ResponseFormatError, match=r"Express needs .*\. The run was executed without input"):
        stream_on(server, client, {"city": "NY"})


def test_a_stream_that_was_given_nothing(server: WireServer, client: MastraClient) -> None:
    """Nothing is missed."""
    assert stream_on(server, client, None) == {"done": True}


@pytest.mark.parametrize("first", [STEP_RECORD, WAITING_RECORD], ids=["step", "sleep"])
def test_a_loop_over_a_stream_without_its_input(
    server: WireServer, client: MastraClient, first: dict[str, Any]
) -> None:
    """Whoever only looks at the events gets them all, and no quiet end."""
    events = open_stream(server, client, {"city": "NY"}, first)
    with pytest.raises(ResponseFormatError, match=r"Express needs .*\. The run was executed without input"):
        list(events)
    assert (events.position, events.complete) == (3, True)


def test_a_loop_over_a_stream_that_lost_nothing(server: WireServer, client: MastraClient) -> None:
    """A first step that got something, or nothing of nothing, ends quietly, and nobody asks for the run."""
    given = {**STEP_RECORD, "payload": {"id": "q", "payload": {"city": "NY"}}}
    assert len(list(open_stream(server, client, {"city": "NY"}, given, STEP_RECORD))) == 4
    assert len(list(open_stream(server, client, None, STEP_RECORD))) == 3
    assert [request.method for request in server.received if request.method == "GET"] == []


def test_a_loop_over_a_refused_stream(server: WireServer, client: MastraClient) -> None:
    """A schema that misses what was sent is told as that; any other refusal is an event, as it was."""
    for said, is_lost in (("- : Invalid input: expected object, received undefined", True), ("- city: missing", False)):
        refused = {"metadata": {"errorMessage": f"Invalid input data: \n{said}"}, "workflowStatus": "failed"}
        server.on("POST", "/stream", streamed(record(START_RECORD), record({**FINISH_RECORD, "payload": refused})))
        events = fresh_run(client).stream({"city": "NY"})
        with pytest.raises(InvalidInput, match="Express needs") if is_lost else contextlib.nullcontext():
            list(events)
        assert events.position == 2


def test_a_body_of_no_known_form(server: WireServer, client: MastraClient) -> None:
    """Of what may take several forms a server only says that it is none: it may not have seen it."""
    issues = [{"field": "root", "message": "Invalid input"}]
    server.on("POST", "/schedules", json_reply({"error": "Invalid request body", "issues": issues}, 400))
    with pytest.raises(BadRequestError, match="it may be that the server did not see the body"):
        client.create_schedule("w", "0 2 * * *")
