"""Where a client finds its server and its secrets, what it refuses, and how it is handed around."""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import requests

from mastra_sync import ClientClosed, InvalidArgument, MastraClient, MastraError, UnsupportedByServer
from tests.client.scripted import client_of, reply

SECRET = "s3cr3t-value"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MASTRA_BASE_URL", "MASTRA_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers that it was sent."""

    def do_GET(self) -> None:
        self.server.seen.append({name.lower(): value for name, value in self.headers.items()})  # type: ignore[attr-defined]
        body = b"{}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[HTTPServer]:
    """A server on loopback that remembers the headers of each request in `seen`."""
    server = HTTPServer(("127.0.0.1", 0), Echo)
    server.seen = []  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def sent_headers(server: HTTPServer, client: MastraClient) -> dict[str, str]:
    with client:
        client.list_workflows()
    last: dict[str, str] = server.seen[-1]  # type: ignore[attr-defined]
    return last


def url_of(server: HTTPServer, login: str = "") -> str:
    return f"http://{login}127.0.0.1:{server.server_port}"


# -- where the server is


def test_the_address_of_a_local_server_by_default() -> None:
    """Nothing given, nothing in the environment: Mastra's own default."""
    assert MastraClient().base_url == "http://localhost:4111/api"


def test_argument_before_environment_before_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written in the call counts most; an empty variable counts as none."""
    monkeypatch.setenv("MASTRA_BASE_URL", "http://from-environment")
    assert MastraClient().base_url == "http://from-environment/api"
    assert MastraClient("http://given").base_url == "http://given/api"
    monkeypatch.setenv("MASTRA_BASE_URL", "")
    assert MastraClient().base_url == "http://localhost:4111/api"


@pytest.mark.parametrize(
    ("given", "base_url"),
    [
        ("http://h", "http://h/api"),
        ("http://h/", "http://h/api"),
        ("https://h:8443//", "https://h:8443/api"),
        ("http://h/behind/proxy/", "http://h/behind/proxy/api"),
        (" http://h\n", "http://h/api"),
        ("http://[::1]:4111", "http://[::1]:4111/api"),
        ("http://user:pass@h:1", "http://h:1/api"),
    ],
)
def test_addresses_are_normalised(given: str, base_url: str) -> None:
    """Slashes and spaces at the ends do not matter; a user and password are not part of what is shown."""
    assert MastraClient(given).base_url == base_url


@pytest.mark.parametrize(
    ("prefix", "path"), [("/api", "/api"), ("api", "/api"), ("/a/b/", "/a/b"), ("", ""), ("/", "")]
)
def test_prefixes_are_normalised(prefix: str, path: str) -> None:
    """With or without slashes, or none at all."""
    assert MastraClient("http://h", api_prefix=prefix).base_url == f"http://h{path}"


@pytest.mark.parametrize(
    "base_url",
    ["", "h", "localhost:4111", "//h", "ftp://h", "http://", "http://:80", "http://[::1", "http://h:0", "http://h:99999",
     "http://h:x", "http://h?a=1", "http://h#a", 5, b"http://h"],
)  # fmt: skip
def test_addresses_that_lead_nowhere_are_refused(base_url: Any) -> None:
    """No scheme, no host, a port that is none, a query: refused when the client is made."""
    with pytest.raises(InvalidArgument) as caught:
        MastraClient(base_url)
    assert caught.value.argument == "base_url"


def test_an_address_in_the_environment_is_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable with a typo fails at once, not with the first request."""
    monkeypatch.setenv("MASTRA_BASE_URL", "localhost:4111")
    with pytest.raises(InvalidArgument, match=r"^base_url: "):
        MastraClient()


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("timeout", -1),
        ("timeout", (1, -1)),
        ("timeout", (1, 2, 3)),
        ("timeout", (1,)),
        ("timeout", "5"),
        ("timeout", True),
        ("timeout", float("nan")),
        ("timeout", timedelta(seconds=-1)),
        ("retries", -1),
        ("retries", 1.5),
        ("backoff", -0.1),
        ("reply_limit", 0),
        ("reply_limit", "1 MB"),
        ("api_prefix", None),
        ("token", 5),
        ("token", "a\nb"),
        ("token", "\u0142"),
        ("headers", {"": "v"}),
        ("headers", {"a b": "v"}),
        ("headers", {"X\r\nY": "v"}),
        ("headers", {"X": "v\r\nY: w"}),
        ("headers", {"X": " v"}),
        ("headers", {"X": "\u0142"}),
        ("headers", {"X": 5}),
        ("headers", {5: "v"}),
    ],
)
def test_settings_that_cannot_be_right_are_refused(argument: str, value: Any) -> None:
    """When the client is made, with the argument's name."""
    with pytest.raises(InvalidArgument) as caught:
        MastraClient(**{argument: value})
    assert caught.value.argument.partition("[")[0] == argument


@pytest.mark.parametrize("timeout", [None, 0.1, 1, 2.5, timedelta(minutes=1), (1, None), (timedelta(seconds=1), 2)])
def test_durations_in_any_form(timeout: Any) -> None:
    """Seconds, a timedelta, a pair, or no limit."""
    assert MastraClient(timeout=timeout).api.timeouts is not None


# -- secrets


def test_a_token_becomes_a_bearer_header(echo: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the argument, else from the environment."""
    assert sent_headers(echo, MastraClient(url_of(echo), token="t1"))["authorization"] == "Bearer t1"
    monkeypatch.setenv("MASTRA_API_TOKEN", "t2")
    assert sent_headers(echo, MastraClient(url_of(echo)))["authorization"] == "Bearer t2"
    assert sent_headers(echo, MastraClient(url_of(echo), token="t1"))["authorization"] == "Bearer t1"


def test_an_empty_token_sends_none(echo: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the environment has one."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "t2")
    assert "authorization" not in sent_headers(echo, MastraClient(url_of(echo), token=""))


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
def test_ones_own_authorization_is_left_alone(name: str, echo: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's token does not replace a header that was given; a token that was given does."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "t2")
    own = {name: "Custom x"}
    assert sent_headers(echo, MastraClient(url_of(echo), headers=own))["authorization"] == "Custom x"
    assert sent_headers(echo, MastraClient(url_of(echo), headers=own, token="t1"))["authorization"] == "Bearer t1"


def test_a_function_is_asked_for_the_token_each_time(echo: HTTPServer) -> None:
    """So that a token that expires can be replaced."""
    tokens = iter(["t1", "t2", ""])
    with MastraClient(url_of(echo), token=lambda: next(tokens)) as client:
        for _ in range(3):
            client.list_workflows()
    assert [headers.get("authorization") for headers in echo.seen] == ["Bearer t1", "Bearer t2", None]  # type: ignore[attr-defined]


@pytest.mark.parametrize("token", [f"{SECRET}\n", f" {SECRET}", f"{SECRET}\u0142", 5])
def test_a_token_that_cannot_be_sent_is_not_shown(token: Any, echo: HTTPServer) -> None:
    """What a function gives is checked like a string, and the exception does not repeat it."""
    with MastraClient(url_of(echo), token=lambda: token) as client, pytest.raises(InvalidArgument) as caught:
        client.list_workflows()
    assert caught.value.argument == "token"
    assert SECRET not in str(caught.value)
    assert echo.seen == []  # type: ignore[attr-defined]


def test_user_and_password_of_the_address_are_sent_as_such(echo: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Basic authentication, decoded; more than the environment's token, less than what is given."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "t2")
    address = url_of(echo, "user:p%40ss@")
    assert sent_headers(echo, MastraClient(address))["authorization"] == "Basic dXNlcjpwQHNz"
    assert sent_headers(echo, MastraClient(address, token="t1"))["authorization"] == "Bearer t1"
    own = {"Authorization": "Custom x"}
    assert sent_headers(echo, MastraClient(address, headers=own))["authorization"] == "Custom x"


def test_headers_go_with_every_request(echo: HTTPServer) -> None:
    """Whatever a gateway asks for."""
    assert sent_headers(echo, MastraClient(url_of(echo), headers={"X-Tenant": "t"}))["x-tenant"] == "t"


def test_no_secret_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Not in the repr, the log or an exception, whichever way it was given."""
    client = MastraClient(
        f"http://user:{SECRET}@127.0.0.1:1", token=SECRET, headers={"X-Key": SECRET}, retries=1, backoff=0
    )
    caplog.set_level(logging.DEBUG)
    with pytest.raises(MastraError) as caught:
        client.get_workflow("w").details(request_context={"key": SECRET})
    shown = [repr(client), repr(client.get_workflow("w")), str(caught.value), repr(vars(caught.value)), caplog.text]
    assert caplog.text
    for text in shown:
        assert SECRET not in text


# -- its life


def test_a_client_cannot_be_used_once_it_is_closed() -> None:
    """Leaving the block closes it; a call afterwards says so instead of opening connections anew."""
    with MastraClient("http://127.0.0.1:1") as client:
        pass
    with pytest.raises(ClientClosed, match="this client is closed"):
        client.list_workflows()
    client.close()


def test_a_session_of_ones_own_is_not_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who made it closes it; the client is closed all the same."""
    session = requests.Session()
    closed: list[bool] = []
    monkeypatch.setattr(session, "close", lambda: closed.append(True))
    with MastraClient("http://127.0.0.1:1", session=session) as client:
        pass
    assert closed == []
    with pytest.raises(ClientClosed, match="this client is closed"):
        client.list_workflows()


def test_making_a_client_and_handles_sends_nothing() -> None:
    """Only a verb reaches the server."""
    client, transport = client_of(lambda request: {})
    client.get_workflow("w").get_run("r")
    assert transport.requests == []


def test_a_copy_has_the_same_settings(echo: HTTPServer) -> None:
    """Pickled and back, a client sends the same to the same place, with connections of its own."""
    client = MastraClient(
        url_of(echo, "u:p@"), headers={"X-Tenant": "t"}, api_prefix="x", timeout=(1, 2), retries=7, backoff=0.5
    )
    copy = pickle.loads(pickle.dumps(client))
    assert copy.base_url == client.base_url
    for name in ("root", "timeouts", "retries", "backoff"):
        assert getattr(copy.api, name) == getattr(client.api, name)
    assert sent_headers(echo, copy) == sent_headers(echo, client)


IN_A_WORKER = "import pickle, sys; print(len(pickle.load(sys.stdin.buffer).list_workflows()))"


def test_a_copy_works_in_another_process(echo: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """There it keeps its token, and takes none from an environment that is another."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "of-the-worker")
    for token, expected in (("t1", "Bearer t1"), ("", None)):
        data = pickle.dumps(MastraClient(url_of(echo), token=token))
        done = subprocess.run([sys.executable, "-c", IN_A_WORKER], input=data, capture_output=True, check=False)
        assert (done.stdout.strip(), done.stderr) == (b"0", b"")
        assert echo.seen[-1].get("authorization") == expected  # type: ignore[attr-defined]


def test_its_repr_says_where_it_leads() -> None:
    """An address is what tells two clients apart."""
    assert repr(MastraClient("http://h")) == "MastraClient('http://h/api')"


# -- its verbs


def test_listing_what_a_server_offers() -> None:
    """By registered key; `partial` and the context go as the server wants them."""
    client, transport = client_of(lambda request: {"key": {"name": "id", "inputSchema": '{"json":{}}'}})
    found = client.list_workflows(partial=True, request_context={"tenant": "é"})
    assert (found["key"].name, found["key"].input_schema) == ("id", {})
    assert dict(transport.requests[0].query) == {"partial": "true", "requestContext": "eyJ0ZW5hbnQiOiAiw6kifQ=="}
    client.list_workflows()
    assert transport.requests[1].query == ()


def test_counting_runs() -> None:
    """A server of before has no such route, and takes its name for a workflow's."""
    client, _ = client_of(lambda request: {"w": {"running": 1, "suspended": 0}})
    assert client.list_workflow_run_counts() == {"w": {"running": 1, "suspended": 0}}
    client, _ = client_of(lambda request: reply({"error": "Workflow not found"}, 404))
    with pytest.raises(UnsupportedByServer, match="list_workflow_run_counts is not supported"):
        client.list_workflow_run_counts()
