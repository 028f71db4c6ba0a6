"""Requests that nobody means to send, found by random ones (`tests/live/random_requests`)."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import scenario

TRAVELS = ("time-travel", "time-travel-async", "time-travel-stream")
NO_JSON = ("text/plain", "application/x-www-form-urlencoded", None)
FALSY = (b"0", b"false", b'""', b"null")
STATES: tuple[Any, ...] = ("", "text", 0, 5, False, True, [], [1])
NO_JSON_TEXTS = (
    "01",
    "-01",
    '{"a":01}',
    "[1, 00]",
    "1 2",
    "--1",
    "1.",
    "1e",
    "+1",
    ".5",
    "[1,]",
    '{"a" 1}',
    "\ufeff{}",
)
DATES = (
    *("2020", "2020-02", "2020-02-30", "2999-01-01", "2020-01-01T10:00", "2020-01-01T10:00:00.5Z"),
    *("2020-01-01T24:00:00Z", "2020-01-01T10:00%2B01:00", "2020-01-01%2010:00"),
    *("2020-13", "2020-01-32", "2020-01-01T10", "2020-01-01T25:00", "2020-01-01T10:00:60", "20200101", "2020-W01-1"),
    *("1577836800000", "abc", ""),
)


@scenario()
def bodies_that_are_not_sent_as_json(conversation: Conversation) -> None:
    """A verb that needs a field does without its body, where it is not sent as JSON."""
    run_id = conversation.run_id()
    conversation.post("three", "start-async", run_id, {"inputData": {"i": 0}})
    for route in TRAVELS:
        for content_type in NO_JSON:
            target = f"/workflows/three/{route}?runId={run_id}"
            conversation.call("POST", target, {"step": 5, "inputData": {"i": 1}}, content_type=content_type)
    conversation.read_run("three", run_id)


@scenario()
def bodies_that_count_as_nothing(conversation: Conversation) -> None:
    """Nought, false, no text and null are bodies on current servers, and none before."""
    for body in FALSY:
        run_id = conversation.run_id()
        conversation.call("POST", f"/workflows/echo/create-run?runId={run_id}", raw=body)
        conversation.call("POST", f"/workflows/echo/start-async?runId={run_id}", raw=body)
        conversation.call("POST", f"/workflows/echo/resume-async?runId={run_id}", raw=body)
        conversation.call("POST", f"/workflows/echo/time-travel-async?runId={run_id}", raw=body)
        conversation.call("POST", f"/workflows/echo/observe?runId={run_id}", raw=body)
        conversation.call("POST", f"/workflows/echo/runs/{run_id}/cancel", raw=body)
        conversation.read_run("echo", run_id)


@scenario()
def bodies_of_create_run_that_are_no_objects(conversation: Conversation) -> None:
    """Servers that read nothing of it say nothing against it."""
    for body in (5, -1, "text", [1], True):
        conversation.post("echo", "create-run", conversation.run_id(), body)


@scenario()
def states_that_are_no_objects(conversation: Conversation) -> None:
    """A state without a schema may be anything, but for a text: servers set its letters, in vain."""
    for state in STATES:
        for workflow in ("echo", "asker", "parallel"):
            run_id = conversation.run_id()
            conversation.post(workflow, "start-async", run_id, {"inputData": {"n": 1}, "initialState": state})
            conversation.read_run(workflow, run_id)


@scenario()
def texts_as_states_in_streams(conversation: Conversation) -> None:
    """A step has told what it did, or asked, when servers set the letters of its state."""
    for body in ({"inputData": {"n": 1}, "initialState": "x"}, {"initialState": "x"}):
        for workflow in ("echo", "ask-loose", "sleep"):
            run_id = conversation.run_id()
            conversation.post(workflow, "stream", run_id, body)
            conversation.read_run(workflow, run_id)


@scenario()
def dates_of_runs(conversation: Conversation) -> None:
    """Which texts are dates, and which runs were made before and after."""
    owner = conversation.run_id()
    conversation.post("echo", "start-async", conversation.run_id(), {"inputData": 1, "resourceId": owner})
    for date in DATES:
        for name in ("fromDate", "toDate"):
            conversation.call("GET", f"/workflows/echo/runs?resourceId={owner}&{name}={date}")
    conversation.call("GET", f"/workflows/echo/runs?resourceId={owner}&fromDate=2020&toDate=2999")
    conversation.call("GET", f"/workflows/echo/runs?resourceId={owner}&fromDate=2020&fromDate=2021")


@scenario("current", "1.2")
def bodies_that_are_no_json(conversation: Conversation) -> None:
    """What is wrong with the text is told in JavaScript's words."""
    for text in NO_JSON_TEXTS:
        target = f"/workflows/echo/start-async?runId={conversation.run_id()}"
        conversation.call("POST", target, raw=text.encode())


@scenario()
def owners_of_runs_that_start_anew(conversation: Conversation) -> None:
    """Who starts a finished run again without its owner takes it from him, on 1.2."""
    for again in ("start-async", "stream", "start", "restart-async"):
        run_id, owner = conversation.run_id(), conversation.run_id()
        conversation.post("echo", "start-async", run_id, {"inputData": 1, "resourceId": owner})
        conversation.post("echo", again, run_id, {"inputData": 2})
        conversation.wait_for_status("echo", run_id, "success")
        conversation.call("GET", f"/workflows/echo/runs?resourceId={owner}")
