"""Each refusal of each generation becomes the exception that says what was wrong."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastra_sync import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InvalidInput,
    InvalidResumeData,
    NotFoundError,
    PayloadTooLarge,
    PermissionDeniedError,
    RateLimitError,
    ResumeAlreadyClaimed,
    RouteNotFound,
    RunAlreadyFinished,
    RunNotActive,
    RunNotFound,
    RunNotSuspended,
    RunStillRunning,
    ServerError,
    SeveralStepsSuspended,
    StepNotFound,
    StepNotSuspended,
    UnexpectedRedirect,
    WorkflowNotFound,
)
from mastra_sync.error_replies import Reply, is_success, refusal, refusal_in_stream, retry_after
from mastra_sync.sent_secrets import SentSecrets


def refused(status: int, body: Any, headers: dict[str, str] | None = None) -> APIStatusError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return refusal(Reply(status, headers or {}, data), method="POST", url="http://h/x", run_id="r1")


INPUT = "Invalid input data: \n- name: Invalid input: expected string, received number"
RESUME = "Invalid resume data: \n- ok: Invalid input: expected boolean, received string"
ALREADY = 'Workflow run r1 already finished with status "success". Use /observe to read its stream back'
CLAIMED = 'This suspended workflow run was already resumed by another caller. Workflow "w" run "r1" moved'
CONTEXT = "Request context validation failed for workflow 'w': \n- tenant: Invalid input: expected string"
TRAVEL = "Cannot time travel to step 'nope': the step does not exist in the current execution graph."
TRAVEL_OLD = "Time travel target step not found in execution graph: 'nope'. Verify the step id/path."
STEP = 'This workflow step "nope" was not suspended. Available suspended steps: [p1, p2]'

# message, the statuses with which the generations send it, and what it means
MESSAGES: list[tuple[str, tuple[int, ...], type[APIStatusError]]] = [
    ("Workflow not found", (404,), WorkflowNotFound),
    ("Workflow run not found", (404,), RunNotFound),
    ("Workflow run execution result not found", (404,), RunNotFound),
    (INPUT, (400, 500), InvalidInput),
    ("Invalid inputData: \n- a: Invalid input", (400, 500), InvalidInput),
    ("Invalid initial data: \n- count: Invalid input", (400,), InvalidInput),
    ("Invalid initial state: \n- count: Invalid input", (500,), InvalidInput),
    (CONTEXT, (500,), InvalidInput),
    (RESUME, (400, 500), InvalidResumeData),
    ("This workflow run was not suspended", (500,), RunNotSuspended),
    (STEP, (500,), StepNotSuspended),
    ("Multiple suspended steps found: [p1], [p2]. Please specify which step", (500,), SeveralStepsSuspended),
    (CLAIMED, (409,), ResumeAlreadyClaimed),
    (ALREADY, (409,), RunAlreadyFinished),
    ("This workflow run was not active", (500,), RunNotActive),
    ("This workflow run is still running, cannot time travel", (500,), RunStillRunning),
    (TRAVEL, (500,), StepNotFound),
    (TRAVEL_OLD, (500,), StepNotFound),
    ("Step is required and must be a valid step or array of steps", (500,), StepNotFound),
    ("runId required to start run", (400,), BadRequestError),
    ("perPage must be a positive integer", (400,), BadRequestError),
    ("Invalid or expired token", (401,), AuthenticationError),
    ("Authentication required", (401,), AuthenticationError),
    ("Access denied: workflow run belongs to a different resource", (403,), PermissionDeniedError),
    ("Request body too large", (413,), PayloadTooLarge),
    ("slow down", (429,), RateLimitError),
    ("Gateway Timeout", (504,), ServerError),
    ("Internal Server Error", (500, 502, 503), ServerError),
    ("something else", (404,), NotFoundError),
    ("something else", (409,), ConflictError),
    ("I'm a teapot", (418,), APIStatusError),
]


@pytest.mark.parametrize(
    ("message", "status", "error_type"),
    [(message, status, error_type) for message, statuses, error_type in MESSAGES for status in statuses],
)
def test_each_message_is_its_exception(message: str, status: int, error_type: type[APIStatusError]) -> None:
    """A caller's mistake is told from a fault by the server's words, whichever status comes with them."""
    error = refused(status, {"error": message})
    assert type(error) is error_type
    assert (error.message, error.status_code, error.body) == (message, status, {"error": message})
    assert (error.method, error.url, error.run_id) == ("POST", "http://h/x", "r1")


@pytest.mark.parametrize(
    ("message", "error_type"),
    [
        (message, error_type)
        for message, _, error_type in MESSAGES
        if error_type not in (ServerError, APIStatusError)
        and not error_type.__name__.endswith("Error")
        and error_type is not PayloadTooLarge
    ],
)
def test_a_refusal_inside_a_stream_is_the_same_exception(message: str, error_type: type[APIStatusError]) -> None:
    """A stream answers 200 and says in its last event what the other routes say by status."""
    error = refusal_in_stream(message, url="http://h/x", run_id="r1")
    assert type(error) is error_type
    assert (error.message, error.status_code, error.run_id) == (message, 200, "r1")


def test_a_byte_order_mark_before_a_refusal() -> None:
    """What a gateway puts before the JSON does not hide which exception it is."""
    error = refused(404, b'\xef\xbb\xbf{"error":"Workflow run not found"}')
    assert (type(error), error.body) == (RunNotFound, {"error": "Workflow run not found"})


def test_an_unknown_refusal_inside_a_stream() -> None:
    """What is not known is still the caller's to look at."""
    assert type(refusal_in_stream("new words", url="http://h/x", run_id=None)) is BadRequestError


def test_the_words_of_a_mistake_inside_other_words() -> None:
    """Words that merely occur in a message of another kind make it no other exception."""
    assert type(refused(500, {"error": "step said: Workflow not found"})) is ServerError
    assert type(refused(500, {"error": "x Invalid input data: y"})) is ServerError


def test_which_steps_could_be_resumed() -> None:
    """The steps that the server names can be read without parsing its text."""
    wrong = refused(500, {"error": STEP})
    several = refused(500, {"error": "Multiple suspended steps found: [p1], [a.b]. Please"})
    none = refused(500, {"error": 'This workflow step "x" was not suspended. Available suspended steps: []'})
    assert isinstance(wrong, StepNotSuspended)
    assert isinstance(several, SeveralStepsSuspended)
    assert isinstance(none, StepNotSuspended)
    assert (wrong.available, several.available, none.available) == (["p1", "p2"], ["p1", "a.b"], [])


NOWHERE = "nothing is served here ({}); check base_url and api_prefix"
ISSUES = [{"field": "runId", "message": "Invalid input: expected string, received undefined"}]
DUMP = '[\n  {\n    "expected": "string"\n  }\n]'


@pytest.mark.parametrize(
    ("body", "issues"),
    [
        ({"error": "Invalid query parameters", "issues": ISSUES}, ISSUES),
        ({"error": "Invalid query parameters", "issues": [{"field": "unknown", "message": DUMP}]}, None),
        ({"error": "Invalid query parameters", "details": DUMP}, [{"field": "unknown", "message": DUMP}]),
        ({"error": "x"}, []),
        ({"error": "x", "issues": ["odd", ISSUES[0]]}, ISSUES),
        ({"error": "x", "issues": 5}, []),
        ({"error": "x", "issues": [{}]}, [{}]),
    ],
    ids=["current", "1.2", "1.0-beta", "none", "odd", "no-list", "empty"],
)
def test_what_is_wrong_with_the_shape_of_a_request(body: Any, issues: Any) -> None:
    """Each generation's list of issues, and none where there is none."""
    error = refused(400, body)
    assert error.issues == (body["issues"] if issues is None else issues)
    for issue in error.issues:
        assert f"  {issue.get('field', '?')}: " in str(error)


@pytest.mark.parametrize(
    ("status", "body", "error_type", "message"),
    [
        (
            404,
            b"404 Not Found",
            RouteNotFound,
            NOWHERE.format("'404 Not Found'"),
        ),
        (404, b"", RouteNotFound, NOWHERE.format("(no body)")),
        (404, b"[]", RouteNotFound, NOWHERE.format("'[]'")),
        (
            404,
            b'{"message":"Route GET:/x/workflows not found","error":"Not Found","statusCode":404}',
            RouteNotFound,
            NOWHERE.format("Not Found: Route GET:/x/workflows not found"),
        ),
        (404, b'{"detail":"Not Found"}', RouteNotFound, NOWHERE.format('\'{"detail":"Not Found"}\'')),
        (500, b"Internal Server Error", ServerError, "'Internal Server Error'"),
        (502, b"<html>\xff</html>", ServerError, "'<html>\ufffd</html>'"),
        (503, b"", ServerError, "(no body)"),
        (400, b'{"error":5}', BadRequestError, "'{\"error\":5}'"),
        (403, b'{"error":"Forbidden","message":"Missing x"}', PermissionDeniedError, "Forbidden: Missing x"),
        (500, b'"Workflow not found"', ServerError, "'\"Workflow not found\"'"),
    ],
)
def test_replies_that_are_not_mastras(status: int, body: bytes, error_type: type, message: str) -> None:
    """A proxy's page, an empty body, an unknown route: what was said is shown, shortened."""
    error = refused(status, body)
    assert type(error) is error_type
    assert error.message == message


NOTHING = "Invalid input: expected object, received undefined"
OF_BODY = {"error": "Invalid request body", "issues": [{"field": "root", "message": NOTHING}]}


@pytest.mark.parametrize(
    ("sent", "body", "was_lost"),
    [
        ({"inputData": {"a": 1}}, {"error": f"Invalid input data: \n- : {NOTHING}"}, True),
        ({"inputData": {"a": 1}}, {"error": f"Invalid input data: \n- a: {NOTHING}"}, False),
        ({"inputData": {"a": 1}}, {"error": f"Invalid resume data: \n- : {NOTHING}"}, False),
        ({"inputData": None}, {"error": f"Invalid input data: \n- : {NOTHING}"}, False),
        ({"initialState": {"a": 1}}, {"error": f"Invalid initial state: \n- : {NOTHING}"}, True),
        ({"resumeData": {"a": 1}}, {"error": f"Invalid resume data: \n- : {NOTHING}"}, True),
        ({}, {"error": f"Invalid input data: \n- : {NOTHING}"}, False),
        ({"step": ["a"]}, OF_BODY, True),
        ({}, OF_BODY, False),
        ({"step": 1}, {"error": "Invalid request body", "issues": [{"field": "step", "message": NOTHING}]}, False),
    ],
)
def test_a_body_that_the_server_did_not_see(*, sent: Any, body: Any, was_lost: bool) -> None:
    """A server that finds nothing where something was sent has lost the body: it is said what Express needs."""
    secrets = SentSecrets(body=json.dumps(sent).encode())
    error = refusal(Reply(400, {}, json.dumps(body).encode(), secrets), method="POST", url="http://h/x", run_id="r1")
    assert ("did not see the body that was sent; Express needs app.use(express.json())" in str(error)) is was_lost
    assert error.message.startswith(body["error"])
    if "issues" not in body:
        streamed = refusal_in_stream(body["error"], url="http://h/x", run_id="r1", secrets=secrets)
        assert ("Express" in streamed.message) is was_lost
        assert type(streamed) is type(error)


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("https://other/api?token=secret", "https://other/api"),
        ("https://me:secret@other:4111/api#secret", "https://other:4111/api"),
        ("/login?next=secret", "/login"),
        ("http://[secret", ""),
    ],
)
def test_a_redirect_says_where_to_without_secrets(place: str, shown: str) -> None:
    """Redirects are not followed; the place is named, but for user, query and fragment, which may be secrets."""
    error = refused(307, b"", {"Location": place})
    assert isinstance(error, UnexpectedRedirect)
    assert error.location == shown
    assert "set base_url to where it leads" in str(error)
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("Mon, 01 Jan 99999 00:00:00 GMT", None),
    ],
)
def test_when_the_server_wants_to_be_asked_again(value: str, seconds: float | None) -> None:
    """Seconds or a date; what is neither, or not finite, asks for nothing."""
    assert retry_after({"Retry-After": value}) == seconds
    assert refused(429, {"error": "x"}, {"Retry-After": value}).retry_after == seconds


def test_a_date_in_the_future() -> None:
    """It asks for the seconds from now until then."""
    moment = datetime.now(timezone.utc) + timedelta(hours=1)
    asked = retry_after({"Retry-After": format_datetime(moment, usegmt=True)})
    assert asked is not None
    assert 3500 < asked <= 3600


@given(st.text())
def test_no_header_breaks_the_reading(value: str) -> None:
    """Whatever a proxy writes, there is a number of seconds that can be waited, or none."""
    asked = retry_after({"Retry-After": value})
    assert asked is None or asked >= 0


def test_without_a_header_nothing_is_asked() -> None:
    """Mastra itself sends none."""
    assert retry_after({}) is None


@given(st.integers(300, 599), st.binary(max_size=40))
def test_any_refusal_is_an_exception_of_this_library(status: int, body: bytes) -> None:
    """No body and no status break the making of the exception."""
    assert isinstance(refused(status, body), APIStatusError)


@pytest.mark.parametrize(("status", "success"), [(200, True), (204, True), (299, True), (199, False), (300, False)])
def test_what_counts_as_success(status: int, success: bool) -> None:  # noqa: FBT001 - a table's column
    """2xx, and nothing else."""
    assert is_success(status) == success


def test_a_slash_that_a_proxy_has_decoded() -> None:
    """Of an id with a slash it is told what may have become of it; of others nothing is guessed."""
    reply = Reply(404, {}, b"404 Not Found")
    texts = [
        str(refusal(reply, method="GET", url=f"http://x/api/workflows/{quoted}", run_id=None))
        for quoted in ("odd%2Fid", "odd%20id")
    ]
    assert ["nginx" in text for text in texts] == [True, False]
