"""Replies as bytes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pytest_mastra.http.framing import frame
from pytest_mastra.http.wire import WireReply

OPEN = b"Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n"


def framed(reply: WireReply, **options: Any) -> list[bytes]:
    pieces = [piece for piece in frame(reply, **options) if isinstance(piece, bytes)]
    return [re.sub(rb"Date: [^\r]+\r\n", b"", piece) for piece in pieces]


def test_a_whole_body_goes_out_at_once() -> None:
    """Headers and body are one write, with the body's length."""
    reply = WireReply(200, (("content-type", "application/json"),), b"{}")
    assert framed(reply) == [
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 2\r\n" + OPEN + b"{}"
    ]


def test_a_stream_goes_out_item_by_item() -> None:
    """Each item is a chunk and a write; an empty one, which would be the end, is none."""
    assert framed(WireReply(200, (), iter([b"one", b"", b"three"]))) == [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n" + OPEN,
        b"3\r\none\r\n",
        b"5\r\nthree\r\n",
        b"0\r\n\r\n",
    ]


@pytest.mark.parametrize("body", [b"whole", iter([b"chunk"])])
def test_headers_alone(body: Any) -> None:
    """A HEAD gets no body and no word of its length, as from a real server."""
    assert framed(WireReply(200, (), body), to_head=True) == [b"HTTP/1.1 200 OK\r\n" + OPEN]


def test_no_content_has_no_length() -> None:
    """A 204 says nothing of a body."""
    assert framed(WireReply(204)) == [b"HTTP/1.1 204 No Content\r\n" + OPEN]


def test_the_last_reply_of_a_connection() -> None:
    """A connection that ends with the reply is said to."""
    assert framed(WireReply(404, (), b""), keeps_alive=False) == [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ]


def test_the_date_is_now() -> None:
    """There is a date, in the form that HTTP has for it."""
    (reply,) = frame(WireReply(200))
    assert isinstance(reply, bytes)
    assert re.search(rb"\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n", reply)
