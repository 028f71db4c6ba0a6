"""A server that loses the body of a request, and runs a workflow without a schema all the same."""

from __future__ import annotations

import pytest

from mastra_sync import MastraClient, ResponseFormatError
from tests.faults.scripted_runs import FINISH_RECORD, RUN_ID, START_RECORD, fresh_run, reading, record
from tests.faults.wire_server import WireServer, json_reply, streamed

STEPS = {"q": {"status": "success", "startedAt": 1769860800000, "endedAt": 1769860800001}}


def stream_on(server: WireServer, client: MastraClient, input_data: object) -> object:
    """Return the result of a stream whose run was executed without any input."""
    server.on("POST", "/stream", streamed(record(START_RECORD), record(FINISH_RECORD)))
    server.on("GET", f"/{RUN_ID}", json_reply(reading("success", steps=STEPS)))
    return fresh_run(client).stream(input_data).result().result


def test_a_streams_result_without_its_input(server: WireServer, client: MastraClient) -> None:
    """What was sent did not arrive: that is no result, by a stream as by any other verb."""
    with pytest.raises(ResponseFormatError, match=r"Express needs .*\. The run was executed without input"):
        stream_on(server, client, {"city": "NY"})


def test_a_stream_that_was_given_nothing(server: WireServer, client: MastraClient) -> None:
    """Nothing is missed."""
    assert stream_on(server, client, None) == {"done": True}
