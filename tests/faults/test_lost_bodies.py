"""A server that loses the body of a request, and goes on all the same."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import BadRequestError, InvalidInput, MastraClient, ResponseFormatError, RunStream, Workflow
from tests.faults.scripted_runs import FINISH_RECORD, RUN_ID, START_RECORD, fresh_run, fresh_run_of, reading, record
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


# -- what may be a loss, and may be right: the server is asked

CITY = {"city": "NY"}
LOST_ISSUE = {"field": "root", "message": "Invalid input: expected object, received undefined"}
SEEN_ISSUE = {"field": "step", "message": "Invalid input"}
# as the evented engine tells of a run whose input is an empty object
HELD = {"status": "success", "result": {"done": True}, "steps": {"input": {}, "q": {**STEPS["q"], "payload": {}}}}
READ = reading("success", steps=STEPS, payload={})
FIRST_STEP = {**STEP_RECORD, "payload": {"id": "q", "payload": {}}}


def start_async(workflow: Workflow) -> object:
    return workflow.create_run(RUN_ID, resource_id="ann").start_async(CITY)


def execute(workflow: Workflow) -> object:
    return workflow.execute(CITY, run_id=RUN_ID)


def read_events(workflow: Workflow) -> object:
    return list(fresh_run_of(workflow).stream(CITY))


def execute_for(workflow: Workflow) -> object:
    return workflow.execute(run_id=RUN_ID, resource_id="ann")


def resume_async(workflow: Workflow) -> object:
    return workflow.get_run(RUN_ID).resume_async({"ok": True})


def resume(workflow: Workflow) -> object:
    return workflow.get_run(RUN_ID).resume({"ok": True}).wait()


PENDING = reading("pending")
ASKED = reading("suspended")
AGAIN = {**ASKED, "updatedAt": "2026-01-31T12:00:09.000Z"}
NO_INPUT = "The run was executed with an empty input"
NO_ANSWER = "The answer did not reach the run"
Readings = list[dict[str, Any]]
SIGNS: dict[str, tuple[Callable[[Workflow], object], Readings, str]] = {
    "start_async": (start_async, [PENDING, READ], NO_INPUT),
    "execute": (execute, [PENDING, READ], NO_INPUT),
    "events": (read_events, [READ], NO_INPUT),
    "owner": (execute_for, [PENDING, READ], "The run belongs to nobody"),
    "resume_async": (resume_async, [ASKED, AGAIN], NO_ANSWER),
    "resume": (resume, [ASKED, AGAIN], NO_ANSWER),
}
every_sign = pytest.mark.parametrize(("call", "readings", "sign"), SIGNS.values(), ids=SIGNS)


def prepare(server: WireServer, readings: Readings, status: int, answer: object) -> None:
    """Have a server make, start and resume a run, read so, and answer so when it is asked whether it sees bodies."""
    server.on("POST", "/create-run", json_reply({"runId": RUN_ID}))
    server.on("POST", "/start", json_reply({"message": "started"}))
    server.on("POST", "/start-async", json_reply(HELD))
    server.on("POST", "/stream", streamed(*map(record, (START_RECORD, FIRST_STEP, FINISH_RECORD))))
    server.on("POST", "/resume", json_reply({"message": "resumed"}))
    server.on("POST", "/resume-async", json_reply({**AGAIN, "suspended": [["q"]]}))
    server.on("GET", f"/{RUN_ID}", *map(json_reply, readings))
    server.on("POST", "/time-travel-async", json_reply(answer, status))


@every_sign
def test_a_server_that_says_that_nothing_was_sent(
    server: WireServer, client: MastraClient, call: Callable[[Workflow], object], readings: Readings, sign: str
) -> None:
    """Its run is no result; the request that asks cannot do anything, and is sent once for all runs."""
    for _ in range(2):
        prepare(server, readings, 400, {"error": "Invalid request body", "issues": [LOST_ISSUE]})
        with pytest.raises(ResponseFormatError, match=rf"Express needs .*\. {sign}"):
            call(client.get_workflow("w"))
    assert [request.body for request in server.of("POST", "/time-travel-async")] == [b"{}"]


@every_sign
@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, {"error": "Invalid request body", "issues": [SEEN_ISSUE]}),
        (403, {"error": "not yours"}),
        (404, {"error": "Workflow run not found"}),
        (500, {"error": "boom"}),
        (200, {"status": "success"}),
    ],
    ids=["seen", "forbidden", "gone", "broken", "odd"],
)
def test_a_server_that_says_anything_else(
    server: WireServer,
    client: MastraClient,
    call: Callable[[Workflow], object],
    readings: Readings,
    sign: str,
    status: int,
    answer: object,
) -> None:
    """A schema may leave nothing of an input, a step may ask again, a run may be older: nobody is alarmed."""
    prepare(server, readings, status, answer)
    call(client.get_workflow("w"))
    assert server.count("POST", "/time-travel-async") == 1, sign


WELL: dict[str, tuple[Callable[[Workflow], object], Readings, dict[str, Any]]] = {
    "an empty input": (lambda workflow: fresh_run_of(workflow).start_async({}), [], HELD),
    "no input": (lambda workflow: fresh_run_of(workflow).start_async(), [], HELD),
    "an input": (lambda workflow: fresh_run_of(workflow).start_async(CITY), [], {**HELD, "steps": {"input": CITY}}),
    "an owner": (execute_for, [PENDING, {**READ, "resourceId": "ann"}], HELD),
    "no owner": (lambda workflow: workflow.execute(run_id=RUN_ID), [PENDING, READ], HELD),
    "an answer": (
        resume_async,
        [ASKED],
        {**ASKED, "steps": {"q": {**ASKED["steps"]["q"], "resumedAt": 1769860800002}}, "suspended": [["q"]]},
    ),
}


@pytest.mark.parametrize(("call", "readings", "held"), WELL.values(), ids=WELL)
def test_nothing_is_asked_where_all_is_well(
    server: WireServer,
    client: MastraClient,
    call: Callable[[Workflow], object],
    readings: Readings,
    held: dict[str, Any],
) -> None:
    """What was given is there, or nothing was given."""
    prepare(server, readings, 500, {})
    server.on("POST", "-async", json_reply(held))
    call(client.get_workflow("w"))
    assert server.count("POST", "/time-travel-async") == 0
