"""Tokens, headers, passwords and request contexts are in no repr, log, exception or traceback."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import threading
import traceback
from collections.abc import Callable

import pytest

from mastra_sync import MastraClient, MastraError
from tests.faults.scripted_runs import FINISH_RECORD, RUN_ID, START_RECORD, fresh_run, reading, record
from tests.faults.wire_server import Answer, WireServer, close, json_reply, never, reply, reset, streamed

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
    # urllib3 logs whole addresses; that is the application's own choice
    caplog.set_level(logging.INFO, logger="urllib3")
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
        list(fresh_run(secretive).stream({}, request_context=CONTEXT))
    check(shown_of(raised.value) + log.text)


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
