"""Tokens, headers, passwords and request contexts are in no repr, log, exception or traceback."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import threading
import traceback
from collections.abc import Callable
from urllib.parse import quote

import pytest
import requests

from mastra_sync import InvalidArgument, MastraClient, MastraError
from tests.faults.scripted_runs import FINISH_RECORD, RUN_ID, START_RECORD, fresh_run, reading, record
from tests.faults.wire_server import Answer, Received, WireServer, close, json_reply, never, reply, reset, streamed

CONTEXT = {"tenant": "s3cret-context"}
IN_QUERY = base64.b64encode(json.dumps(CONTEXT).encode()).decode()
USER = "user:s3cret-password"
TOKEN = "s3cret-token"
HEADERS = {"X-Api-Key": "s3cret-key"}
SECRETS = ["s3cret", IN_QUERY.rstrip("="), base64.b64encode(USER.encode()).decode().rstrip("=")]

FAILURES: dict[str, Answer] = {
    "closed": (close,),
    "reset": (reset,),
    "timeout": (never,),
    "not HTTP": (b"nonsense\r\n\r\n", close),
    "cut": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", close),
    "302": reply(302, b"", Location="http://elsewhere/?token=s3cret-place"),
    "400": json_reply({"error": "Invalid query parameters", "issues": [{"field": "x", "message": "no"}]}, 400),
    "401": json_reply({"error": "Invalid or expired token"}, 401),
    "404": reply(404, b"404 Not Found", "text/plain"),
    "429": json_reply({"error": "slow down"}, 429),
    "500": reply(500, b"Internal Server Error", "text/plain"),
    "echoed 401": json_reply(
        {"error": f"Invalid token {TOKEN}", "issues": [{"field": TOKEN, "message": HEADERS["X-Api-Key"]}]}, 401
    ),
    "echoed 500": reply(500, f"{TOKEN} {HEADERS['X-Api-Key']} {quote(TOKEN)} s3cret-context".encode(), "text/plain"),
    "echoed status line": (f"HTTP/1.1 401 Unauthorized {TOKEN}\r\nContent-Length: 0\r\n\r\n".encode(),),
    "echoed, not HTTP": (f"nonsense {TOKEN}\r\n\r\n".encode(), close),
    "echoed, not JSON": reply(200, f"you are {TOKEN}".encode()),
    "echoed in a page": reply(200, f"<p>{TOKEN}".encode(), "text/html"),
    "echoed place": reply(302, b"", Location=f"http://elsewhere/{TOKEN}/x"),
    "a page": reply(200, b"<html>", "text/html"),
    "empty": reply(200, b""),
}


@pytest.fixture
def secretive(server: WireServer, make_client: Callable[..., MastraClient]) -> MastraClient:
    return make_client(
        f"http://{USER}@127.0.0.1:{server.port}",
        headers=HEADERS,
        token=TOKEN,
        timeout=(5, 0.2),
        retries=1,
    )


def check(text: str) -> None:
    assert [secret for secret in SECRETS if secret in text] == []


def shown_of(error: BaseException) -> str:
    """Return all that a person or a log is shown of an exception and of those that it came from."""
    parts = ["".join(traceback.format_exception(error))]
    cause: BaseException | None = error
    while cause is not None:
        parts += [str(cause), repr(cause), repr(cause.args)]
        parts += [repr(vars(cause))] if isinstance(cause, MastraError) else []
        cause = cause.__cause__
    return "\n".join(parts)


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, logger="mastra_sync")
    caplog.set_level(logging.DEBUG, logger="urllib3")
    return caplog


@pytest.mark.parametrize("failure", FAILURES)
def test_a_read_that_fails(
    failure: str, server: WireServer, secretive: MastraClient, log: pytest.LogCaptureFixture
) -> None:
    """A GET carries the request context in its query, the token in a header, the password in the address."""
    server.on("GET", "/workflows", FAILURES[failure])
    with pytest.raises(MastraError) as raised:
        secretive.list_workflows(request_context=CONTEXT)
    assert server.received[0].query["requestContext"] == IN_QUERY
    check(shown_of(raised.value) + log.text)


@pytest.mark.parametrize("failure", FAILURES)
def test_a_start_that_fails(
    failure: str, server: WireServer, secretive: MastraClient, log: pytest.LogCaptureFixture
) -> None:
    """A POST carries the request context in its body."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading("pending")))
    server.on("POST", "/start", FAILURES[failure])
    with pytest.raises(MastraError) as raised:
        fresh_run(secretive).start({}, request_context=CONTEXT)
    check(shown_of(raised.value) + log.text)


@pytest.mark.parametrize("failure", ["closed", "401", "500"])
def test_a_stream_that_cannot_be_taken_up_again(
    failure: str, server: WireServer, secretive: MastraClient, log: pytest.LogCaptureFixture
) -> None:
    """The same of a stream and its replay."""
    server.on("GET", f"/{RUN_ID}", json_reply(reading("success")))
    server.on("POST", "/stream", streamed(record(START_RECORD), reset))
    server.on("POST", "/observe", FAILURES[failure])
    with pytest.raises(MastraError) as raised:
        list(fresh_run(secretive).stream({}, request_context=CONTEXT, timeout=10))
    check(shown_of(raised.value) + log.text)


@pytest.mark.parametrize("echoed", [IN_QUERY, quote(IN_QUERY, safe=""), json.dumps(CONTEXT)])
def test_a_read_that_gets_its_query_back(
    echoed: str, server: WireServer, secretive: MastraClient, log: pytest.LogCaptureFixture
) -> None:
    """As servers do that answer with the address that they do not know."""
    server.on("GET", "/workflows", reply(404, f"Cannot GET /api/workflows?requestContext={echoed}".encode()))
    with pytest.raises(MastraError) as raised:
        secretive.list_workflows(request_context=CONTEXT)
    check(shown_of(raised.value) + log.text)


@pytest.mark.parametrize("last", [f"nonsense {TOKEN}".encode() * 9, f'"{TOKEN}'.encode()])
def test_a_record_that_repeats_what_was_sent(
    last: bytes, server: WireServer, secretive: MastraClient, log: pytest.LogCaptureFixture
) -> None:
    """A record that is none is shown without it, also where it is cut."""
    server.on("POST", "/stream", streamed(record(START_RECORD), last + b"\x1e"))
    with pytest.raises(MastraError) as raised:
        list(fresh_run(secretive).stream({}, request_context=CONTEXT, timeout=10))
    check(shown_of(raised.value) + log.text)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Api-Key": "s3cret-key\n"},
        {"X-Api-Key": b"s3cret-key\r\nX: y"},
        {"X-Api-Key": " s3cret-key"},
        {"X-Api-Key\n": "s3cret-key"},
        {"Authorization": "Bearer s3cret\nkey"},
    ],
)
def test_a_header_of_a_session_that_is_none(
    headers: dict[str, str], server: WireServer, make_client: Callable[..., MastraClient]
) -> None:
    """A header of the caller's own session that HTTP cannot carry is named, its value is not."""
    session = requests.Session()
    session.headers.update(headers)
    with pytest.raises(InvalidArgument) as raised:
        make_client(session=session).list_workflows()
    check(shown_of(raised.value))
    assert "header" in str(raised.value)
    assert server.received == []


def test_what_a_session_brings(server: WireServer, make_client: Callable[..., MastraClient]) -> None:
    """Headers and cookies of the caller's own session, and what it authenticates with, are masked too."""
    session = requests.Session()
    session.headers["X-Api-Key"] = "s3cret-key"
    session.cookies.set("sid", "s3cret-cookie")
    session.auth = ("user", "s3cret-password")
    server.on("GET", "/workflows", json_reply({"error": "s3cret-key s3cret-cookie s3cret-password"}, 500))
    with pytest.raises(MastraError) as raised:
        make_client(session=session, retries=0).list_workflows()
    check(shown_of(raised.value))
    assert "500 *** *** ***" in str(raised.value)


@pytest.mark.parametrize("port", [9, 0], ids=["refused", "no such name"])
def test_a_server_that_is_not_there(
    port: int, make_client: Callable[..., MastraClient], log: pytest.LogCaptureFixture
) -> None:
    """An address that nobody listens at, or that does not exist, is named without user and password."""
    host = "127.0.0.1" if port else "mastra.invalid"
    client = make_client(f"http://{USER}@{host}:{port or 80}", token=TOKEN, retries=1)
    with pytest.raises(MastraError) as raised:
        client.list_workflows(request_context=CONTEXT)
    check(shown_of(raised.value) + log.text)
    assert host in str(raised.value)


@pytest.mark.parametrize("host", ["a..b", "exa mple", "-", "xn--a" + "\u200b", "a" * 70])
def test_an_address_that_cannot_be(
    host: str, make_client: Callable[..., MastraClient], log: pytest.LogCaptureFixture
) -> None:
    """What requests says of an address it does not like includes the address."""
    client = make_client(f"http://{USER}@{host}", token=TOKEN, retries=0)
    with pytest.raises(MastraError) as raised:
        client.list_workflows(request_context=CONTEXT)
    check(shown_of(raised.value) + log.text)


def test_a_token_that_cannot_be_had(
    server: WireServer, make_client: Callable[..., MastraClient], log: pytest.LogCaptureFixture
) -> None:
    """A function that gives a token may fail; what it gave before is not shown."""

    def broken() -> str:
        raise LookupError("the vault is sealed")

    with pytest.raises(LookupError) as raised:
        make_client(token=broken, headers=HEADERS).list_workflows(request_context=CONTEXT)
    check(shown_of(raised.value) + log.text)


def test_reprs(secretive: MastraClient) -> None:
    """Whatever is printed."""
    workflow = secretive.get_workflow("w")
    run = fresh_run(secretive)
    check("\n".join(map(repr, (secretive, workflow, run, secretive.api, workflow.api, run.api))))


def test_a_copy_has_its_secrets_but_does_not_show_them(
    server: WireServer, make_client: Callable[..., MastraClient]
) -> None:
    """A pickled client must be able to authenticate."""
    client = make_client(f"http://{USER}@127.0.0.1:{server.port}", clock=None)
    with pickle.loads(pickle.dumps(client)) as copy:
        server.on("GET", "/workflows", json_reply({}))
        copy.list_workflows()
        check(repr(copy))
    assert server.received[0].headers["authorization"].startswith("Basic ")


def test_a_run_in_the_background(server: WireServer, secretive: MastraClient, log: pytest.LogCaptureFixture) -> None:
    """The idle watch logs like everyone else."""
    looked = threading.Event()

    def look(request: object) -> Answer:
        looked.set()
        return json_reply(reading("running"))

    server.on("GET", f"/{RUN_ID}", look)
    server.on("POST", "/stream", streamed(record(START_RECORD), lambda connection: looked.wait(10), reset))
    server.on("POST", "/observe", streamed(record(START_RECORD), record(FINISH_RECORD)))
    assert len(list(fresh_run(secretive).stream({}, idle_timeout=0.05))) == 2
    check(log.text)


@pytest.mark.parametrize("status", [407, 502])
def test_a_proxy_that_echoes_its_own_credentials(
    status: int, server: WireServer, monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
) -> None:
    """What the proxy of the environment is told of its user is no more shown than what the server is told."""

    def echo(received: Received) -> Answer:
        told = received.headers["proxy-authorization"]
        return json_reply({"error": f"not with {told}, {base64.b64decode(told[6:]).decode()}"}, status)

    server.on("GET", "/workflows", echo)
    monkeypatch.setenv("HTTP_PROXY", f"http://{USER}@127.0.0.1:{server.port}")
    with MastraClient("http://mastra.invalid", retries=0) as client, pytest.raises(MastraError) as raised:
        client.list_workflows()
    assert server.count("GET", "/workflows") == 1
    assert "not with" in str(raised.value)
    check(shown_of(raised.value) + log.text)
