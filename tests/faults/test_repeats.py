"""What may be sent again is: requests that change nothing twice, and verbs that provably never left."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
import urllib3.util.connection

from mastra_sync import APIConnectionError, MastraClient, RateLimitError, RunNotFound, ServerError, Workflow
from tests.faults.clocks import LeapingClock
from tests.faults.scripted_runs import (
    FINISH_RECORD,
    RUN_ID,
    START_RECORD,
    VERBS,
    WORKFLOW,
    Verb,
    reading,
    record,
    run_of,
)
from tests.faults.wire_server import (
    Answer,
    WireServer,
    body_size,
    chunk,
    close,
    cut,
    head,
    json_reply,
    never,
    reply,
    reset,
    streamed,
)

BUSY = json_reply({"error": "busy"}, 503)
LENGTH = (head(200, {"Content-Length": "500"}), b'{"runId": "r-', close)
CHUNKED = (head(200, {"Transfer-Encoding": "chunked"}), chunk(b'{"runId": '), b"ff\r\ncut", close)

FAILURES: dict[str, Answer] = {
    "closed": (close,),
    "reset": (reset,),
    "body with a length cut": LENGTH,
    "chunked body cut": CHUNKED,
    "body reset": (*LENGTH[:2], reset),
    "500": reply(500, b"Internal Server Error", "text/plain"),
    "502": reply(502, b"<html>Bad Gateway</html>", "text/html"),
    "503": BUSY,
    "504": json_reply({"error": "Gateway Timeout"}, 504),
}


def handle(client: MastraClient) -> Workflow:
    return client.get_workflow(WORKFLOW)


SCHEDULE = {"id": "s", "workflowId": WORKFLOW, "cron": "0 2 * * *", "status": "paused", "nextFireAt": 0}


def upsert(client: MastraClient) -> Any:
    return client.upsert_dynamic_workflow("dyn", input_schema={}, output_schema={}, graph=[])


FREE: dict[str, tuple[str, str, Callable[[MastraClient], Any], Any]] = {
    "list_workflows": ("GET", "/workflows", lambda client: client.list_workflows(), {}),
    "run_counts": ("GET", "/run-counts", lambda client: client.list_workflow_run_counts(), {}),
    "details": ("GET", f"/{WORKFLOW}", lambda client: handle(client).details(), {"name": WORKFLOW}),
    "runs": ("GET", "/runs", lambda client: handle(client).runs(), {"runs": [], "total": 0}),
    "run_by_id": ("GET", f"/{RUN_ID}", lambda client: handle(client).run_by_id(RUN_ID), reading("success")),
    "delete": ("DELETE", f"/{RUN_ID}", lambda client: handle(client).delete_run_by_id(RUN_ID), {"message": "deleted"}),
    "create_run": ("POST", "/create-run", lambda client: handle(client).create_run(RUN_ID), {"runId": RUN_ID}),
    "list_schedules": ("GET", "/schedules", lambda client: client.list_schedules(), {"schedules": []}),
    "pause_schedule": ("POST", "/s/pause", lambda client: client.pause_schedule("s"), SCHEDULE),
    "upsert": ("POST", "/stored/workflows", upsert, {"ok": True, "id": "dyn"}),
}
"""Method, path, call and answer of what may be sent twice."""


@pytest.fixture
def workflow(client: MastraClient) -> Workflow:
    return handle(client)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", FREE)
def test_what_does_nothing_twice_is_repeated(name: str, failure: str, server: WireServer, client: MastraClient) -> None:
    """Two failures in a row are not noticed, wherever the answer broke off."""
    method, path, call, answer = FREE[name]
    server.on(method, path, FAILURES[failure], FAILURES[failure], json_reply(answer))
    call(client)
    assert server.count(method, path) == 3


@pytest.mark.parametrize("failure", ["reset", "503"])
@pytest.mark.parametrize("name", FREE)
def test_repeating_has_an_end(name: str, failure: str, server: WireServer, client: MastraClient) -> None:
    """After the client's three retries the failure is raised, and says how often it was tried."""
    method, path, call, _ = FREE[name]
    server.on(method, path, FAILURES[failure])
    with pytest.raises((APIConnectionError, ServerError)) as raised:
        call(client)
    assert isinstance(raised.value, (APIConnectionError, ServerError))
    assert (raised.value.attempts, server.count(method, path)) == (4, 4)


def test_a_read_that_never_comes_is_repeated(server: WireServer, make_client: Callable[..., MastraClient]) -> None:
    """The read timeout of one attempt is not the end of the call."""
    server.on("GET", f"/{RUN_ID}", (never,), json_reply(reading("success")))
    assert make_client(timeout=(5, 0.3)).get_workflow(WORKFLOW).run_by_id(RUN_ID).ok


def test_connections_that_are_reset_unread(server: WireServer, workflow: Workflow) -> None:
    """A load balancer that resets connections as they come does not keep a read from its answer."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading("success")))
    server.reset_next_connections(2)
    assert workflow.run_by_id(RUN_ID).ok


@pytest.mark.parametrize("failure", ["closed", "reset", "502", "503"])
def test_observe_is_repeated(failure: str, server: WireServer, workflow: Workflow) -> None:
    """Asking for a run's events again does nothing twice."""
    records = [record(START_RECORD), record(FINISH_RECORD)]
    server.on("POST", "/observe", FAILURES[failure], FAILURES[failure], streamed(*records))
    assert [event.raw for event in workflow.get_run(RUN_ID).observe()] == [START_RECORD, FINISH_RECORD]
    assert server.count("POST", "/observe") == 3


def test_observe_is_repeated_when_its_body_is_cut(server: WireServer, workflow: Workflow) -> None:
    """A replay that breaks off inside a record is asked for again."""
    whole = streamed(record(START_RECORD), record(FINISH_RECORD))
    server.on("GET", f"/{RUN_ID}", json_reply(reading("success")))
    server.on("POST", "/observe", cut(whole, body_size(whole) // 2), whole)
    assert [event.raw for event in workflow.get_run(RUN_ID).observe()] == [START_RECORD, FINISH_RECORD]


# -- delete


def test_a_delete_whose_answer_was_lost_has_succeeded(server: WireServer, workflow: Workflow) -> None:
    """The second attempt finds no run: the first one has deleted it."""
    server.on("DELETE", f"/{RUN_ID}", (reset,), json_reply({"error": "Workflow run not found"}, 404))
    assert workflow.delete_run_by_id(RUN_ID) == "Workflow run deleted"


def test_a_delete_of_no_run_says_so(server: WireServer, workflow: Workflow) -> None:
    """A 404 to the first attempt is no success."""
    server.on("DELETE", f"/{RUN_ID}", json_reply({"error": "Workflow run not found"}, 404))
    with pytest.raises(RunNotFound):
        workflow.delete_run_by_id(RUN_ID)


# -- what never left


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> Callable[[OSError, int], None]:
    """A function that makes the next connections fail with an error before they come about."""
    connect = urllib3.util.connection.create_connection

    def fail(error: OSError, times: int) -> None:
        left = iter(range(times))

        def create_connection(*arguments: Any, **keywords: Any) -> socket.socket:
            if next(left, None) is not None:
                raise error
            return connect(*arguments, **keywords)

        monkeypatch.setattr(urllib3.util.connection, "create_connection", create_connection)

    return fail


UNSENT = {
    "refused": ConnectionRefusedError(111, "Connection refused"),
    "no such name": socket.gaierror(-2, "Name or service not known"),
    "connect timeout": TimeoutError("timed out"),
}

ACCEPTED = {
    "message": json_reply({"message": "accepted"}),
    "async": json_reply({"status": "success", "steps": {}}),
    "stream": streamed(record(START_RECORD), record(FINISH_RECORD)),
}
"""What servers answer to the verbs, by kind."""


def accepted(verb: Verb) -> Answer:
    return ACCEPTED["stream" if verb.streams else "async" if verb.holds else "message"]


all_verbs = pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
starts = pytest.mark.parametrize("verb", [one for one in VERBS if one.status == "pending"], ids=lambda verb: verb.name)


@pytest.mark.parametrize("error", UNSENT)
@all_verbs
def test_a_verb_that_never_left_is_sent_once_it_can_be(
    verb: Verb, error: str, server: WireServer, client: MastraClient, unreachable: Callable[[OSError, int], None]
) -> None:
    """A connection that did not come about leaves no doubt, so the verb is tried again."""

    def leave(connection: socket.socket) -> None:
        unreachable(UNSENT[error], 2)

    server.on("POST", "/create-run", (leave, *json_reply({"runId": RUN_ID}, Connection="close")))
    server.on("GET", f"/{RUN_ID}", (leave, *json_reply(reading(verb.status), Connection="close")))
    server.on("POST", verb.route, accepted(verb))
    verb.call(run_of(client, verb), {})
    assert server.count("POST", verb.route) == 1


@pytest.mark.parametrize("error", UNSENT)
@starts
def test_a_verb_that_never_leaves_is_no_unknown_outcome(
    verb: Verb, error: str, server: WireServer, workflow: Workflow, unreachable: Callable[[OSError, int], None]
) -> None:
    """Where nothing was sent, the exception says so."""
    server.on("POST", "/create-run", json_reply({"runId": RUN_ID}, Connection="close"))
    run = workflow.create_run()
    unreachable(UNSENT[error], 1000)
    with pytest.raises(APIConnectionError) as raised:
        verb.call(run, {})
    assert (raised.value.sent, raised.value.attempts) == (False, 4)


def test_a_refused_connection(server: WireServer, client: MastraClient) -> None:
    """The same with a real port that nobody listens on."""
    server.on("POST", "/create-run", json_reply({"runId": RUN_ID}, Connection="close"))
    run = client.get_workflow(WORKFLOW).create_run()
    server.stop()
    with pytest.raises(APIConnectionError) as raised:
        run.start({})
    assert (raised.value.sent, raised.value.attempts) == (False, 4)


# -- too many requests


def too_many(retry_after: str) -> Answer:
    return json_reply({"error": "slow down"}, 429, Retry_After=retry_after)


@all_verbs
def test_a_verb_that_was_turned_away_is_sent_again(verb: Verb, server: WireServer, client: MastraClient) -> None:
    """429 means that nothing was done."""
    server.on("POST", "/create-run", json_reply({"runId": RUN_ID}))
    server.on("GET", f"/{RUN_ID}", json_reply(reading(verb.status)))
    server.on("POST", verb.route, too_many("2"), too_many("2"), accepted(verb))
    verb.call(run_of(client, verb), {})
    assert server.count("POST", verb.route) == 3


def test_retry_after_in_seconds(server: WireServer, workflow: Workflow, clock: LeapingClock) -> None:
    """The pause is the one that the server asks for, not the client's own."""
    server.on("GET", f"/{RUN_ID}", too_many("17"), json_reply(reading("success")))
    workflow.run_by_id(RUN_ID)
    assert clock.slept == [17.0]


def test_retry_after_as_a_date(server: WireServer, workflow: Workflow, clock: LeapingClock) -> None:
    """The other form of the header."""
    moment = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=25), usegmt=True)
    server.on("GET", f"/{RUN_ID}", too_many(moment), json_reply(reading("success")))
    workflow.run_by_id(RUN_ID)
    assert [20 < pause <= 25 for pause in clock.slept] == [True]


@pytest.mark.parametrize("value", ["soon", "", "-5", "nan", "inf", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_senseless_retry_after_does_no_harm(
    value: str, server: WireServer, workflow: Workflow, clock: LeapingClock
) -> None:
    """What cannot be understood, or has passed, asks for no long pause."""
    server.on("GET", f"/{RUN_ID}", too_many(value), json_reply(reading("success")))
    workflow.run_by_id(RUN_ID)
    assert max(clock.slept) < 1


def test_retry_after_beyond_the_deadline(server: WireServer, workflow: Workflow, clock: LeapingClock) -> None:
    """There is no point in waiting for an answer that comes too late: the refusal is raised at once."""
    server.on("POST", "/create-run", json_reply({"runId": RUN_ID}))
    server.on("POST", "/start-async", too_many("100000"))
    with pytest.raises(RateLimitError) as raised:
        workflow.create_run().start_async({})
    assert raised.value.retry_after == 100000
    assert clock.slept == []


# -- cancel


def test_a_cancel_that_is_turned_away_for_long_gives_up(server: WireServer, workflow: Workflow) -> None:
    """A server that wants a day of peace gets it, but not at the caller's cost."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading("running")))
    server.on("POST", f"/{RUN_ID}/cancel", too_many("86400"))
    with pytest.raises(RateLimitError):
        workflow.get_run(RUN_ID).cancel()
    assert server.count("POST", "/cancel") == 1


@pytest.mark.parametrize("failure", [*FAILURES, "429"])
def test_a_cancel_looks_at_the_run_before_it_is_sent_again(
    failure: str, server: WireServer, workflow: Workflow
) -> None:
    """A run that has ended after the first attempt would be overwritten by the second."""
    answer = too_many("5") if failure == "429" else FAILURES[failure]
    server.on("GET", f"/{RUN_ID}", json_reply(reading("running")), json_reply(reading("success", second=5)))
    server.on("POST", f"/{RUN_ID}/cancel", answer)
    assert "success" in workflow.get_run(RUN_ID).cancel()
    assert server.count("POST", "/cancel") == 1


@pytest.mark.parametrize("failure", ["closed", "reset", "503"])
def test_a_cancel_of_a_run_that_still_runs_is_sent_again(failure: str, server: WireServer, workflow: Workflow) -> None:
    """What was lost is repeated, each time after a look."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading("running")))
    server.on("POST", f"/{RUN_ID}/cancel", FAILURES[failure], json_reply({"message": "Workflow run cancelled"}))
    assert workflow.get_run(RUN_ID).cancel() == "Workflow run cancelled"
    assert [one.method for one in server.received] == ["GET", "POST", "GET", "POST"]


@pytest.mark.parametrize("status", ["success", "failed", "canceled", "tripwire", "bailed"])
def test_a_finished_run_is_not_canceled(status: str, server: WireServer, workflow: Workflow) -> None:
    """Servers would overwrite its status."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading(status)))
    workflow.get_run(RUN_ID).cancel()
    assert server.count("POST", "/cancel") == 0
