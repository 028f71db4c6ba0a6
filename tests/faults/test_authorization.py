"""A 401 says what was sent to be let in, and where that came from, and never what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from mastra_sync import AuthenticationError, MastraClient
from tests.faults.wire_server import WireServer, json_reply

Make = Callable[..., MastraClient]
SECRET = "s3cr3t-value"
NONE_SENT = "No Authorization header was sent; MASTRA_API_TOKEN or the argument token gives one."


@pytest.fixture
def closed(server: WireServer) -> WireServer:
    """A server that lets nobody in."""
    server.on("GET", "/workflows", json_reply({"error": "Invalid or expired token"}, 401))
    return server


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        yield made


def advice_on(client: MastraClient) -> str:
    with pytest.raises(AuthenticationError) as raised:
        client.list_workflows()
    assert SECRET not in f"{raised.value} {raised.value.advice}"
    assert str(raised.value).splitlines()[1] == f"  {raised.value.advice}"
    return raised.value.advice


@pytest.mark.parametrize(
    ("settings", "environment", "said"),
    [
        ({}, {}, NONE_SENT),
        ({"token": ""}, {"MASTRA_API_TOKEN": SECRET}, NONE_SENT),
        ({"token": lambda: ""}, {}, NONE_SENT),
        ({"token": SECRET}, {"MASTRA_API_TOKEN": "other"}, "A token was sent, from the argument token"),
        ({"token": lambda: SECRET}, {}, "A token was sent, from the function token"),
        ({}, {"MASTRA_API_TOKEN": SECRET}, "A token was sent, from MASTRA_API_TOKEN"),
        ({"headers": {"authorization": f"Bearer {SECRET}"}}, {}, "A token was sent, from the argument headers"),
        ({"headers": {"Authorization": f"Key {SECRET}"}}, {}, "An Authorization header was sent, from the argument he"),
        ({"token": SECRET, "headers": {"Authorization": "Key x"}}, {}, "A token was sent, from the argument token"),
        ({"headers": {"X-Api-Key": SECRET}}, {}, NONE_SENT),
    ],
)
def test_what_was_sent_and_whence(
    closed: WireServer,
    make_client: Make,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    environment: dict[str, str],
    said: str,
) -> None:
    """Arguments, headers and the environment; a copy in another process knows it too."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    client = make_client(**settings)
    assert advice_on(client).startswith(said)
    copy = MastraClient.__new__(MastraClient)
    copy.__setstate__(client.__getstate__())
    for name in environment:
        monkeypatch.delenv(name)
    with copy:
        assert advice_on(copy).startswith(said)


def test_a_user_in_the_address(closed: WireServer, make_client: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named whether the address was given or stands in the environment."""
    address = closed.base_url.replace("//", f"//me:{SECRET}@")
    assert advice_on(make_client(address)).startswith("A user and a password were sent, from base_url;")
    monkeypatch.setenv("MASTRA_BASE_URL", address)
    with MastraClient() as client:
        assert advice_on(client).startswith("A user and a password were sent, from MASTRA_BASE_URL;")


def test_a_session_that_authorizes(closed: WireServer, make_client: Make, session: requests.Session) -> None:
    """By its headers or its `auth`; a token of the client's goes before both."""
    session.headers["Authorization"] = f"Bearer {SECRET}"
    assert advice_on(make_client(session=session)).startswith("A token was sent, from the session;")
    session.auth = ("me", SECRET)
    assert advice_on(make_client(session=session)).startswith("A user and a password were sent, from the session;")
    assert advice_on(make_client(session=session, token=SECRET)).startswith("A token was sent, from the argument token")


def test_a_stream_is_refused_alike(closed: WireServer, make_client: Make) -> None:
    """Whatever verb it is."""
    closed.on("POST", "/observe", json_reply({"error": "Unauthorized"}, 401))
    with pytest.raises(AuthenticationError, match=r"\n  A token was sent, from the argument token; "):
        make_client(token=SECRET).get_workflow("w").get_run("r").observe()
