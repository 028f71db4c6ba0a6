"""Answers made to be misread: bad header lines, odd dates, and what is sent behind an answer."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable

import pytest

from mastra_sync import APIConnectionError, MastraClient, MastraError, RateLimitError
from mastra_sync.error_replies import retry_after
from tests.faults.wire_server import WireServer, json_reply, reply

TOKEN = "s3cret-token"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
NOTHING = OK + b"Content-Length: 2\r\n\r\n{}"
OTHERS = json.dumps({"others": {"name": "others", "steps": {}}}).encode()
STRAY = OK + b"Content-Length: %d\r\n\r\n%s" % (len(OTHERS), OTHERS)


@pytest.mark.parametrize(
    "headers",
    [
        b"nonsense " + TOKEN.encode() + b"\r\nContent-Length: 2\r\n",
        b"nonsense " + TOKEN.encode() + b"\r\nTransfer-Encoding: chunked\r\n",
        b"X\0-Key: " + TOKEN.encode() + b"\r\nContent-Length: 2\r\n",
    ],
)
def test_a_header_line_that_is_none(
    headers: bytes, server: WireServer, make_client: Callable[..., MastraClient], caplog: pytest.LogCaptureFixture
) -> None:
    """What stands behind it would be lost, its length too: no answer, at once; nothing of it is logged."""
    caplog.set_level(logging.DEBUG)
    server.on("GET", "/workflows", (OK + headers + b"\r\n{}",))
    with pytest.raises(APIConnectionError, match="has a header line that is none"):
        make_client(token=TOKEN, retries=0).list_workflows()
    assert TOKEN not in caplog.text


def test_a_first_header_line_that_continues_none(
    server: WireServer, make_client: Callable[..., MastraClient], caplog: pytest.LogCaptureFixture
) -> None:
    """The same of a line that is folded onto the status line."""
    caplog.set_level(logging.DEBUG)
    server.on("GET", "/workflows", (NOTHING.replace(b"OK\r\n", b"OK\r\n " + TOKEN.encode() + b"\r\n", 1),))
    with pytest.raises(APIConnectionError, match="has a header line that is none"):
        make_client(token=TOKEN, retries=0).list_workflows()
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "said",
    [
        "1 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 99 Foo 99999 99:99:99 +99999999",
        "0 0 0",
        ", , ,",
        "nan",
        "-inf",
    ],
)
def test_dates_that_are_none(said: str, server: WireServer, make_client: Callable[..., MastraClient]) -> None:
    """A server that asks to come back at no time has asked for nothing."""
    assert retry_after({"Retry-After": said}) is None
    server.on("GET", "/workflows", reply(429, b"", Retry_After=said))
    with pytest.raises(RateLimitError):
        make_client(retries=0).list_workflows()


@pytest.mark.parametrize(
    "first",
    [
        NOTHING,
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
    ],
)
@pytest.mark.parametrize("times", [1, 2000])
def test_what_is_sent_behind_an_answer(
    first: bytes, times: int, server: WireServer, make_client: Callable[..., MastraClient]
) -> None:
    """It is taken for no answer to the next request, which goes over another connection."""
    server.on("GET", "/workflows", (first + STRAY * times,), json_reply({}))
    client = make_client(retries=0)
    if first == NOTHING:
        assert client.list_workflows() == {}
    else:
        with pytest.raises(MastraError):
            client.list_workflows()
    for _ in range(2):
        assert client.list_workflows() == {}


@pytest.mark.parametrize(
    "value",
    [b"a=b\r\n c", b"a=b\0c", b"a=b\rX-Other: c", b"a=b\x0b\x1fc", "a=\u03a9".encode(), b"a\r\n b=c",
     b"a=" + b"x" * 60_000],
)  # fmt: skip
def test_cookies_that_would_break_the_next_request(
    value: bytes, server: WireServer, make_client: Callable[..., MastraClient]
) -> None:
    """No cookie keeps the client from sending, or adds a line to what it sends."""
    server.on("GET", "/workflows", (NOTHING.replace(b"\r\n\r\n", b"\r\nSet-Cookie: " + value + b"\r\n\r\n"),))
    client = make_client(retries=0)
    for _ in range(3):
        assert client.list_workflows() == {}
    # Python 3.10 keeps and sends a folded line; it goes to nobody but the server that made it
    folded = {"c", "b=c"} if sys.version_info < (3, 11) else set()
    known = folded | {"host", "user-agent", "accept-encoding", "accept", "connection", "cookie"}
    assert {name for request in server.received for name in request.headers} <= known


def test_cookies_for_others(server: WireServer, make_client: Callable[..., MastraClient]) -> None:
    """A server's cookies come back to it alone, and none that it sets for another host."""
    cookies = b"Set-Cookie: mine=1\r\nSet-Cookie: theirs=2; Domain=elsewhere.example\r\nContent-Length"
    server.on("GET", "/workflows", (NOTHING.replace(b"Content-Length", cookies),))
    client = make_client(retries=0)
    client.list_workflows()
    client.list_workflows()
    assert server.received[1].headers["cookie"] == "mine=1"
    other = make_client(server.base_url.replace("127.0.0.1", "localhost"), retries=0)
    other.list_workflows()
    assert "cookie" not in server.received[2].headers
