"""Whatever is raised where a request leaves and its answer comes in is an exception of this library."""

from __future__ import annotations

import asyncio
import base64
import http.client
import inspect
import json
import socket
import ssl
import traceback
import zlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

from mastra_sync import APIConnectionError, InvalidArgument, MastraClient, OutcomeUnknown
from tests.faults.scripted_runs import WORKFLOW, ScriptedRun, fresh_run_of
from tests.faults.wire_server import WireServer, json_reply

MODULES: tuple[ModuleType, ...] = (
    requests.exceptions,
    urllib3.exceptions,
    http.client,
    ssl,
    socket,
    zlib,
    json,
)
SECRET = "a-secret-of-some-length"


def _exceptions() -> Iterator[type[Exception]]:
    for module in MODULES:
        for name, value in vars(module).items():
            if not name.startswith("_") and inspect.isclass(value) and issubclass(value, Exception):
                yield value
    yield from (
        ValueError,
        TypeError,
        KeyError,
        UnicodeError,
        RuntimeError,
        RecursionError,
        MemoryError,
        AssertionError,
    )


EXCEPTIONS = sorted(set(_exceptions()), key=lambda kind: (kind.__module__, kind.__qualname__))


UNSENT = (
    requests.exceptions.ConnectTimeout,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NewConnectionError,
    ssl.SSLCertVerificationError,
)
"""What says itself that nothing was sent."""


def made(kind: type[BaseException]) -> BaseException:
    """Return an exception that says a secret, however it is made."""
    error = kind.__new__(kind, SECRET)
    error.args = (SECRET,)
    return error


class Raising(BaseAdapter):
    """Sends a request, has it take effect, and raises; or raises once the body is read."""

    def __init__(self, own: HTTPAdapter, error: BaseException, *, in_body: bool) -> None:
        super().__init__()
        self._own = own
        self._error = error
        self._in_body = in_body

    def send(self, *arguments: Any, **named: Any) -> requests.Response:
        response = self._own.send(*arguments, **named)
        if response.request.method == "GET":
            return response
        if self._in_body:
            response.raw.read1 = self._raise  # type: ignore[method-assign]
            return response
        response.close()
        self._raise()
        raise AssertionError

    def _raise(self, *arguments: Any, **named: Any) -> None:
        raise self._error

    def close(self) -> None:
        self._own.close()


@pytest.fixture
def raise_after_effect(
    server: WireServer, make_client: Callable[..., MastraClient]
) -> Callable[..., tuple[MastraClient, ScriptedRun]]:
    """A function that returns a client whose requests take effect and then raise this, and the run."""

    def prepare(error: BaseException, place: str = "sending") -> tuple[MastraClient, ScriptedRun]:
        scripted = ScriptedRun(server, "pending")
        server.on("POST", "/start-async", (scripted.move, *json_reply({"status": "success"})))
        return make_client(adapter=lambda own: Raising(own, error, in_body=place == "the body")), scripted

    return prepare


def test_the_classes_are_found() -> None:
    """The list is not empty by mistake."""
    found = {kind.__name__ for kind in EXCEPTIONS}
    assert {"InvalidHeader", "LocationParseError", "BadStatusLine", "SSLError", "gaierror", "error"} <= found
    assert len(EXCEPTIONS) > 80


@pytest.mark.parametrize("place", ["sending", "the body"])
@pytest.mark.parametrize("kind", EXCEPTIONS, ids=lambda kind: f"{kind.__module__}.{kind.__qualname__}")
def test_after_an_effect(
    kind: type[Exception],
    place: str,
    server: WireServer,
    raise_after_effect: Callable[..., tuple[MastraClient, ScriptedRun]],
) -> None:
    """A verb looks what became of its run, or says by a documented class that nothing was sent; it sends once."""
    client, _ = raise_after_effect(made(kind), place)
    run = fresh_run_of(client.get_workflow(WORKFLOW))
    if place == "sending" and issubclass(kind, UNSENT):
        with pytest.raises(APIConnectionError) as raised:
            run.start_async({}, timeout=60)
        assert raised.value.sent is False
    else:
        assert run.start_async({}, timeout=60).result == {"done": True}
        assert server.count("POST", "/start-async") == 1


@pytest.mark.parametrize(
    "kind", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError], ids=lambda kind: kind.__name__
)
def test_what_ends_a_program_passes(
    kind: type[BaseException],
    raise_after_effect: Callable[..., tuple[MastraClient, ScriptedRun]],
) -> None:
    """Ctrl-C and its like are nobody's failure."""
    client, _ = raise_after_effect(kind("over"))
    with pytest.raises(kind):
        fresh_run_of(client.get_workflow(WORKFLOW)).start_async({}, timeout=60)


def test_a_token_that_cannot_be_had(make_client: Callable[..., MastraClient]) -> None:
    """What a caller's own function raises is the caller's."""

    def token() -> str:
        raise LookupError("no token today")

    with pytest.raises(LookupError, match="no token today"):
        make_client(token=token).list_workflows()


@pytest.mark.parametrize("kind", [ValueError, KeyError, requests.exceptions.InvalidURL, zlib.error])
def test_a_foreign_exception_is_the_cause(
    kind: type[Exception], raise_after_effect: Callable[..., tuple[MastraClient, ScriptedRun]], server: WireServer
) -> None:
    """What a caller's own code raises is kept as the cause, for it says what is to be mended."""
    own = kind("a word of its own")
    client, _ = raise_after_effect(own)
    server.on("POST", "/start-async", json_reply({"status": "success"}))
    with pytest.raises(OutcomeUnknown) as raised:
        fresh_run_of(client.get_workflow(WORKFLOW)).start_async({}, timeout=60)
    cause = raised.value.__cause__
    assert isinstance(cause, APIConnectionError)
    assert (cause.sent, cause.__cause__) == (None, own)


def _beside(error: Exception, place: str) -> Exception:
    """Return an exception that says a secret in one place."""
    if place == "an argument":
        return type(error)({"given": SECRET})
    if place == "the context":
        error.__context__ = ValueError(f"of {SECRET}")
    if place == "a note":
        error.__notes__ = [f"with {SECRET}"]
    return error if place != "the words" else type(error)(f"refused {SECRET}: who is it?")


@pytest.mark.parametrize("place", ["the words", "an argument", "the context", "a note"])
@pytest.mark.parametrize("way", ["token", "header", "context"])
def test_a_foreign_exception_that_says_a_secret(
    way: str, place: str, server: WireServer, make_client: Callable[..., MastraClient]
) -> None:
    """It is no cause, for a traceback shows causes; what it says is said without the secret."""
    error = _beside(LookupError("whoever it is"), place)
    client = make_client(
        adapter=lambda own: Raising(own, error, in_body=False),
        **({"token": SECRET} if way == "token" else {"headers": {"X-Key": SECRET}} if way == "header" else {}),
    )
    ScriptedRun(server, "pending")
    server.on("POST", "/start-async", json_reply({"status": "success"}))
    request_context = {"key": SECRET} if way == "context" else None
    with pytest.raises(OutcomeUnknown) as raised:
        fresh_run_of(client.get_workflow(WORKFLOW)).start_async({}, timeout=60, request_context=request_context)
    shown = "".join(traceback.format_exception(raised.value))
    assert SECRET not in shown
    assert "LookupError" in shown
    assert ("refused ***: who is it?" in shown) == (place == "the words")


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.InvalidURL("http://["),
        requests.exceptions.InvalidSchema("ftp://there"),
        requests.exceptions.InvalidHeader("X-Other"),
        UnicodeEncodeError("latin-1", "\u2603", 0, 1, "not in range"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_hook_refuses_another_request(
    error: Exception, server: WireServer, make_client: Callable[..., MastraClient]
) -> None:
    """What requests refuses of a request that a hook makes is no refusal of the one that has been answered."""

    def refuse(response: requests.Response, **_about: object) -> None:
        raise error

    session = requests.Session()
    session.hooks["response"].append(refuse)
    server.on("GET", "/workflows", json_reply({}))
    with pytest.raises(APIConnectionError) as raised:
        make_client(session=session).list_workflows()
    assert (raised.value.sent, raised.value.__cause__) == (None, error)


@pytest.mark.parametrize(
    ("name", "value"), [("X-Key", "key-\u2603"), ("X-Key", "key\nthere"), ("X-\u2603", "key"), ("X-Key", b"key\r\n")]
)
def test_a_header_that_never_leaves(
    name: str, value: str | bytes, server: WireServer, make_client: Callable[..., MastraClient]
) -> None:
    """A header of a borrowed session that HTTP cannot carry is named, without its value; nothing was sent."""
    session = requests.Session()
    session.headers[name] = value
    with pytest.raises(InvalidArgument, match=r"session\.headers") as raised:
        make_client(session=session).list_workflows()
    assert ascii(name) in ascii(str(raised.value)) or name in str(raised.value)
    assert "key" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert server.received == []


def test_an_authorization_of_the_sessions(server: WireServer, make_client: Callable[..., MastraClient]) -> None:
    """A borrowed session's own user and password are sent, as it has them when it is used."""
    session = requests.Session()
    session.auth = ("me", "before")
    client = make_client(session=session)
    session.auth = ("me", "now")
    server.on("GET", "/workflows", json_reply({}))
    client.list_workflows()
    assert server.received[-1].headers["authorization"] == f"Basic {base64.b64encode(b'me:now').decode()}"
