"""Proxies: what never goes over one, whose word counts, and that one in the way is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from mastra_sync import APIConnectionError, APIStatusError, APITimeoutError, MastraClient, ResponseFormatError
from tests.faults.authority import Authority
from tests.faults.loopback_server import LoopbackServer
from tests.faults.wire_server import WireServer, close, json_reply, never, reply, reset

Make = Callable[..., MastraClient]
NOWHERE = "http://127.0.0.1:9"
ELSEWHERE = "http://mastra.invalid:4111"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_this_machine_is_asked_without_a_proxy(
    server: WireServer, make_client: Make, monkeypatch: pytest.MonkeyPatch, variable: str, host: str
) -> None:
    """The environment's proxy is for others, NO_PROXY or not."""
    server.on("GET", "/workflows", json_reply({}))
    monkeypatch.setenv(variable, NOWHERE)
    assert make_client(f"http://{host}:{server.port}").list_workflows() == {}
    monkeypatch.setenv("NO_PROXY", "example.org")
    assert make_client(f"http://{host}:{server.port}").list_workflows() == {}


def test_a_proxy_that_a_session_names_is_asked(
    server: WireServer, make_client: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session's own proxies count, before the environment's, and for this machine too; requests says otherwise."""
    monkeypatch.setenv("HTTP_PROXY", NOWHERE)
    server.on("GET", "/workflows", json_reply({}))
    with requests.Session() as session:
        for key in ("http", "all"):
            session.proxies = {key: server.base_url}
            assert make_client(ELSEWHERE, session=session).list_workflows() == {}
            assert server.received[-1].target.startswith(ELSEWHERE)
            assert make_client("http://127.0.0.1:1", session=session).list_workflows() == {}
            assert server.received[-1].target.startswith("http://127.0.0.1:1/")


@pytest.mark.parametrize(
    ("variables", "source"),
    [
        ({"HTTP_PROXY": ""}, "HTTP_PROXY"),
        ({"HTTP_PROXY": "", "HTTPS_PROXY": ""}, "HTTP_PROXY"),
        ({"http_proxy": "", "HTTP_PROXY": "http://other:1"}, "http_proxy"),
        ({"ALL_PROXY": "", "HTTPS_PROXY": "http://other:1"}, "ALL_PROXY"),
    ],
)
@pytest.mark.parametrize("trouble", ["refused", "cut", "silence", "cut later"])
def test_a_proxy_in_the_way_is_named(
    server: WireServer,
    make_client: Make,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
    variables: dict[str, str],
    source: str,
) -> None:
    """With the variable that names it, and without its password, whenever it fails; what went over none names none."""
    proxy = NOWHERE if trouble == "refused" else server.base_url
    for name, value in variables.items():
        monkeypatch.setenv(name, value or proxy.replace("//", "//u:s3cret@"))
    begun = reply(200, b"{", "application/json", X_More="1")[0].replace(b"Content-Length: 1", b"Content-Length: 9")  # type: ignore[union-attr]
    answers = {"refused": (reset,), "cut": (reset,), "silence": (never,), "cut later": (begun, close)}
    server.on("GET", "/workflows", answers[trouble])
    client = make_client(ELSEWHERE, retries=0, timeout=(5, 0.2))
    with pytest.raises(APIConnectionError) as raised:
        client.list_workflows()
    assert f", over the proxy {proxy} of {source}" in str(raised.value).splitlines()[0]
    assert isinstance(raised.value, APITimeoutError) is (trouble == "silence")
    assert raised.value.sent is (False if trouble == "refused" else None)
    assert "s3cret" not in str(raised.value)
    server.on("GET", "/workflows", (reset,))
    with pytest.raises(APIConnectionError) as raised:
        make_client(retries=0).list_workflows()
    assert "proxy" not in str(raised.value)


def test_an_answer_of_a_proxy(server: WireServer, make_client: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and refusals that are not Mastra's name the proxy that they came over; Mastra's own do not."""
    monkeypatch.setenv("HTTP_PROXY", server.base_url)
    client = make_client(ELSEWHERE, retries=0)
    came = f"It came over the proxy {server.base_url} of HTTP_PROXY."
    for answer in (reply(403, b"<html>Blocked</html>", "text/html"), json_reply({"error": "Who are you?"}, 407)):
        server.on("GET", "/workflows", answer)
        with pytest.raises(APIStatusError) as raised:
            client.list_workflows()
        assert str(raised.value).splitlines()[1:] == [f"  {came}"]
        assert raised.value.advice == came
    server.on("GET", "/workflows", reply(200, b"<html>Welcome</html>", "text/html"))
    with pytest.raises(ResponseFormatError) as odd:
        client.list_workflows()
    assert str(odd.value).splitlines()[1:] == [f"  {came}"]
    server.on("POST", "/observe", reply(200, b"<html>Welcome</html>", "text/html"))
    with pytest.raises(ResponseFormatError, match=r"web page .*\n  It came over the proxy "):
        client.get_workflow("w").get_run("r").observe()
    server.on("GET", "/workflows", json_reply({"error": "Access denied"}, 403))
    with pytest.raises(APIStatusError) as raised:
        client.list_workflows()
    assert "proxy" not in str(raised.value)


def test_a_proxy_that_shows_a_certificate_of_its_own(
    make_client: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Company proxies look into TLS: what is not trusted came over them, and that is said."""
    context = Authority(tmp_path).server_context("mastra.invalid")

    class Looking(LoopbackServer):
        def serve(self, connection: object, number: int) -> None:
            connection.recv(65536)  # type: ignore[attr-defined]
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")  # type: ignore[attr-defined]
            with context.wrap_socket(connection, server_side=True) as secure:  # type: ignore[arg-type]
                secure.recv(65536)

    with Looking() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        with pytest.raises(APIConnectionError) as raised:
            make_client("https://mastra.invalid").list_workflows()
    first, second = str(raised.value).splitlines()
    assert f", over the proxy {proxy.base_url} of HTTPS_PROXY" in first
    assert "MASTRA_CA_FILE" in second
