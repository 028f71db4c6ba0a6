"""Sockets, sessions, and what changes a request behind one's back."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import requests

from mastra_sync import (
    APIConnectionError,
    InvalidArgument,
    MastraClient,
    NotFoundError,
    PayloadTooLarge,
    ResponseFormatError,
    RouteNotFound,
    ServerError,
    UnexpectedRedirect,
)
from tests.faults.clocks import LeapingClock
from tests.faults.scripted_runs import RUN_ID, VERBS, WORKFLOW, ScriptedRun, Verb, reading, run_of
from tests.faults.wire_server import WireServer, hang_up_noticed, json_reply, reply


@pytest.fixture(autouse=True)
def readable_run(server: WireServer) -> None:
    server.on("GET", f"/{RUN_ID}", json_reply(reading("success")))


def read(client: MastraClient) -> Any:
    return client.get_workflow(WORKFLOW).run_by_id(RUN_ID)


# -- sockets


def test_a_warm_connection_is_used_again(server: WireServer, client: MastraClient, clock: LeapingClock) -> None:
    """Calls within four seconds of each other share a connection."""
    read(client)
    clock.advance(3.5)
    read(client)
    assert server.connections == 1


def test_a_connection_that_the_server_is_about_to_close_is_not_used(
    server: WireServer, client: MastraClient, clock: LeapingClock
) -> None:
    """Servers close a connection after five idle seconds; a start must not run into that."""
    server.on("POST", "/create-run", json_reply({"runId": RUN_ID}))
    server.on("POST", "/start", json_reply({"message": "Workflow run started"}))
    run = client.get_workflow(WORKFLOW).create_run()
    clock.advance(4.5)
    run.start({})
    assert [one.connection for one in server.received] == [1, 2]


def test_a_connection_on_which_a_body_was_refused_is_not_used(server: WireServer, client: MastraClient) -> None:
    """Servers that refuse a body may hang up without having read it; the next start must not run into that."""
    server.on(
        "POST", "/create-run", json_reply({"error": "Request body too large"}, 413), json_reply({"runId": RUN_ID})
    )
    server.on("POST", "/start", json_reply({"message": "Workflow run started"}))
    with pytest.raises(PayloadTooLarge):
        client.get_workflow(WORKFLOW).create_run()
    client.get_workflow(WORKFLOW).create_run().start({})
    assert [one.connection for one in server.received] == [1, 2, 2]


def test_a_byte_order_mark_before_a_reply(server: WireServer, client: MastraClient) -> None:
    """What some gateways put before JSON is passed over, as JavaScript does it."""
    server.on("GET", "/workflows", reply(200, b"\xef\xbb\xbf{}"))
    assert client.list_workflows() == {}


def test_closing_ends_the_connections(server: WireServer) -> None:
    """The server sees a closed client go; the client cannot be used any more."""
    gone = threading.Event()
    server.on("GET", f"/{RUN_ID}", (*json_reply(reading("success")), hang_up_noticed(gone)))
    with MastraClient(server.base_url) as client:
        read(client)
        assert not gone.is_set()
    assert gone.wait(10)
    with pytest.raises(RuntimeError, match="closed"):
        read(client)


# -- sessions


def test_no_session_serves_two_threads_at_once(
    server: WireServer, client: MastraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `requests.Session` is not made for that."""
    busy: Counter[int] = Counter()
    shared: list[int] = []
    together = threading.Barrier(6)
    request = requests.Session.request

    def watched(session: requests.Session, *arguments: Any, **keywords: Any) -> requests.Response:
        busy[id(session)] += 1
        if busy[id(session)] > 1:
            shared.append(id(session))
        together.wait(10)
        try:
            return request(session, *arguments, **keywords)
        finally:
            busy[id(session)] -= 1

    monkeypatch.setattr(requests.Session, "request", watched)
    with ThreadPoolExecutor(6) as threads:
        for _ in range(3):
            list(threads.map(read, [client] * 6))
    assert shared == []
    assert len(busy) == 6


def test_a_borrowed_session_is_used_and_left_open(server: WireServer, make_client: Callable[..., MastraClient]) -> None:
    """Its headers and its own authentication are kept, and closing the client does not close it."""
    with requests.Session() as session:
        session.headers["X-Team"] = "blue"
        session.auth = ("somebody", "something")
        with make_client(session=session) as client:
            read(client)
        assert session.get(f"{server.base_url}/api/workflows/{WORKFLOW}/runs/{RUN_ID}", timeout=5).ok
    first, second = server.received
    assert first.headers["x-team"] == "blue"
    assert first.headers["authorization"] == second.headers["authorization"] == "Basic c29tZWJvZHk6c29tZXRoaW5n"
    assert first.connection == second.connection


def test_a_token_wins_over_a_borrowed_session(server: WireServer, make_client: Callable[..., MastraClient]) -> None:
    """Who gives both means the token."""
    with requests.Session() as session:
        session.auth = ("somebody", "something")
        read(make_client(session=session, token="the-token"))
    assert server.received[0].headers["authorization"] == "Bearer the-token"


# -- behind one's back


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(file))


@pytest.mark.usefixtures("netrc")
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, None),
        ({"token": "the-token"}, "Bearer the-token"),
        ({"headers": {"authorization": "Custom x"}}, "Custom x"),
    ],
    ids=["nothing", "a token", "a header"],
)
def test_netrc_is_left_alone(
    settings: dict[str, Any], expected: Any, server: WireServer, make_client: Callable[..., MastraClient]
) -> None:
    """A plain `requests` would put the password of a ~/.netrc in the place of the token."""
    read(make_client(**settings))
    assert server.received[0].headers.get("authorization") == expected


def test_user_and_password_in_the_address(server: WireServer, make_client: Callable[..., MastraClient]) -> None:
    """They are sent as basic authentication, as requests would."""
    read(make_client(f"http://some%40body:some%3Athing@127.0.0.1:{server.port}"))
    assert server.received[0].headers["authorization"] == "Basic c29tZUBib2R5OnNvbWU6dGhpbmc="


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_redirects_are_not_followed(verb: Verb, status: int, server: WireServer, client: MastraClient) -> None:
    """A POST that follows a redirect arrives as a GET; the place is named, without what may be secret in its query."""
    ScriptedRun(server, verb.status)
    place = f"{server.base_url}/elsewhere"
    server.on("POST", verb.route, reply(status, b"", "text/html", Location=f"{place}?session=abc#token=def"))
    with pytest.raises(UnexpectedRedirect) as raised:
        verb.call(run_of(client, verb), {})
    assert raised.value.location == place
    assert place in str(raised.value)
    assert "abc" not in str(raised.value) + repr(vars(raised.value))
    assert "def" not in raised.value.location
    assert server.count("POST", verb.route) == 1
    assert [one.path for one in server.received if "elsewhere" in one.path] == []


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_bodies_are_sent_as_json(verb: Verb, server: WireServer, client: MastraClient) -> None:
    """Current servers ignore a body under any other content type."""
    scripted = ScriptedRun(server, verb.status)
    scripted_answer = json_reply({"status": "success", "steps": {}}) if verb.holds else json_reply({"message": ""})
    server.on("POST", verb.route, (scripted.move, *scripted_answer))
    verb.call(run_of(client, verb), {})
    sent = server.of("POST", verb.route)[0]
    assert sent.headers["content-type"] == "application/json"
    assert isinstance(sent.json(), dict)


def test_a_proxy_of_the_environment_is_used(
    server: WireServer, make_client: Callable[..., MastraClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests go to the proxy, with the whole address."""
    monkeypatch.setenv("HTTP_PROXY", server.base_url)
    read(make_client("http://mastra.invalid:4111"))
    assert server.received[0].target.startswith("http://mastra.invalid:4111/api/workflows/")


def test_no_proxy_is_used_where_the_environment_says_so(
    server: WireServer, make_client: Callable[..., MastraClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """NO_PROXY is heard."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "mastra.invalid")
    known = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *more: known(name.replace("mastra.invalid", HERE), *more))
    assert read(make_client(f"http://mastra.invalid:{server.port}")).ok


HERE = "127.0.0.1"

WRONG_PROXIES = {
    "socks5://u:s3cret@127.0.0.1:1080": "'socks5://127.0.0.1:1080' cannot be used without PySocks",
    "foo://u:s3cret@proxy:1": "'foo://proxy:1' is not the address of a proxy",
    "http://u:s3cret@[::1": "'http://[::1' is not the address of a proxy",
    "http:///": "'http:///' is not the address of a proxy",
}


@pytest.mark.skipif(find_spec("socks") is not None, reason="PySocks is installed")
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "the session"])
@pytest.mark.parametrize("proxy", WRONG_PROXIES)
def test_a_proxy_that_cannot_be_used(
    make_client: Callable[..., MastraClient], monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str
) -> None:
    """It is the proxy that is named, without its password, and not the server's address; whoever set it."""
    session = None
    if variable == "the session":
        session = requests.Session()
        session.proxies["http"] = proxy
    else:
        monkeypatch.setenv(variable, proxy)
    with pytest.raises(InvalidArgument) as raised:
        make_client("http://mastra.invalid:4111", session=session).list_workflows()
    assert raised.value.argument == "proxy"
    assert WRONG_PROXIES[proxy] in str(raised.value)
    assert "s3cret" not in str(raised.value)
    assert "base_url" not in str(raised.value)


@pytest.mark.parametrize("verb", ["list_workflows", "create_run"])
def test_a_proxy_that_is_not_there(
    make_client: Callable[..., MastraClient], monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """A connection that the proxy refuses is not said of the server alone, and the request was not sent."""
    monkeypatch.setenv("HTTP_PROXY", "http://u:s3cret@127.0.0.1:9")
    client = make_client("http://mastra.invalid:4111", retries=0)
    with pytest.raises(APIConnectionError, match=r"over the proxy http://127\.0\.0\.1:9 of HTTP_PROXY$") as raised:
        client.list_workflows() if verb == "list_workflows" else client.get_workflow("w").create_run()
    assert raised.value.sent is False
    assert "s3cret" not in str(raised.value)


def test_a_server_that_is_not_there_beside_a_proxy(
    make_client: Callable[..., MastraClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that is not used for an address is not named."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "mastra.invalid")
    with pytest.raises(APIConnectionError) as raised:
        make_client("http://mastra.invalid:9", retries=0).list_workflows()
    assert "proxy" not in str(raised.value)


# -- what is not Mastra's


def test_a_page_of_something_in_between(server: WireServer, client: MastraClient) -> None:
    """HTML with a status of 200 is not taken for an answer, and its beginning is shown."""
    server.on("GET", f"/{RUN_ID}", reply(200, b"<!doctype html><title>Sign in</title>", "text/html"))
    with pytest.raises(ResponseFormatError, match="Sign in"):
        read(client)


def test_an_empty_answer(server: WireServer, client: MastraClient) -> None:
    """An empty 200 is what servers of 1.0 beta make of a body that is too large."""
    server.on("GET", f"/{RUN_ID}", reply(200, b""))
    with pytest.raises(ResponseFormatError, match="empty"):
        read(client)


def test_json_that_is_no_run(server: WireServer, client: MastraClient) -> None:
    """JSON of another kind is named too."""
    server.on("GET", f"/{RUN_ID}", json_reply(["not", "a", "run"]))
    with pytest.raises(ResponseFormatError):
        read(client)


def test_a_page_that_is_not_found(server: WireServer, client: MastraClient) -> None:
    """A 404 that is not Mastra's means another address, not another run."""
    server.on("GET", f"/{RUN_ID}", reply(404, b"<html>nginx</html>", "text/html"))
    with pytest.raises(RouteNotFound, match="base_url and api_prefix"):
        read(client)


def test_a_gateway_that_cannot_reach_the_server(server: WireServer, make_client: Callable[..., MastraClient]) -> None:
    """The page of a 502 is shown in short."""
    server.on("GET", f"/{RUN_ID}", reply(502, b"<html>" + b"x" * 5000, "text/html"))
    with pytest.raises(ServerError) as raised:
        read(make_client(retries=0))
    assert raised.value.status_code == 502
    assert len(str(raised.value)) < 400


def test_a_json_404_of_another_kind(server: WireServer, client: MastraClient) -> None:
    """What has an error text and is not known is a plain NotFoundError."""
    server.on("GET", f"/{RUN_ID}", json_reply({"error": "no such tenant"}, 404))
    with pytest.raises(NotFoundError, match="no such tenant"):
        read(client)
