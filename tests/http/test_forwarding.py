"""A surface that passes requests on: what the server says comes back, and so does what becomes of a connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from urllib3.exceptions import InsecureRequestWarning

from mastra_sync import APIConnectionError, MastraClient
from mastra_sync.tls import TlsSettings
from pytest_mastra import FakeMastra, InProcess, OnSocket
from pytest_mastra.http.forwarding import ForwardingSurface
from pytest_mastra.http.wire import Cut, WireReply, WireRequest
from tests.faults.authority import Authority, SecureFront


def answer_once(data: bytes) -> Iterator[str]:
    """Give the address of a server that says this to one request, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


def test_what_is_answered_comes_back() -> None:
    """A client in front of it has the same answers and events as before the server itself."""
    server = FakeMastra(token="s3cr3t")
    server.workflow("tea").then(server.step("brew", lambda ctx: {"cups": 1})).commit()
    with OnSocket(server) as front:
        surface = ForwardingSurface(front.url)
        with InProcess(surface), MastraClient("http://mastra.test", token="s3cr3t") as client:
            with client.get_workflow("tea").create_run("t").stream({}) as events:
                types = [event.type for event in events]
                assert events.result().result == {"cups": 1}
            assert types[0] == "workflow-start"
            assert client.list_workflows().keys() == {"tea"}
        refused = surface.handle(WireRequest("GET", "/api/workflows"))
        assert (refused.status, b"error" in bytes(refused.body)) == (401, True)  # type: ignore[arg-type]
        surface.close()


def pieces_of(reply: WireReply) -> list[object]:
    """Return what goes over the wire for a reply without an answer."""
    assert reply.script is not None
    return list(reply.script(lambda _: iter(())))


def test_what_becomes_of_a_connection_comes_back_too() -> None:
    """A port where nobody listens, a server that hangs up at once, and one that does so half way."""
    request = WireRequest("GET", "/api/workflows")
    # bound, so that no other process gets the port, and not listening
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert pieces_of(ForwardingSurface(nobody).handle(request)) == [Cut.REFUSED]
    for said in (b"", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345"):
        for url in answer_once(said):
            assert pieces_of(ForwardingSurface(url).handle(request)) == [Cut.RESET]
    half = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n"
    for url in answer_once(half):
        with (
            InProcess(ForwardingSurface(url)),
            MastraClient("http://mastra.test", retries=0) as client,
            pytest.raises(APIConnectionError),
        ):
            client.list_workflows()


def test_whom_it_trusts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Authorities that are given, or that the environment names; nobody else, unless anybody is trusted."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    authority, request = Authority(tmp_path / "authority"), WireRequest("GET", "/api/workflows")
    server = FakeMastra()
    with (
        OnSocket(server) as front,
        SecureFront(int(front.url.rpartition(":")[2]), authority.server_context()) as secure,
    ):
        asked = ForwardingSurface(secure.base_url)
        assert pieces_of(asked.handle(request)) == [Cut.RESET]
        trusting = ForwardingSurface(secure.base_url, TlsSettings(verify=str(authority.file)))
        assert trusting.handle(request).status == 200
        with pytest.warns(InsecureRequestWarning):
            assert ForwardingSurface(secure.base_url, TlsSettings(verify=False)).handle(request).status == 200
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
        assert ForwardingSurface(secure.base_url).handle(request).status == 200
