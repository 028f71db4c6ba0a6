"""Lines, lengths and chunk sizes of requests: what Node's parser takes for one, and how much room is made for it."""

from __future__ import annotations

import io
import tracemalloc
from http import HTTPStatus

import pytest

from pytest_mastra.http.request_parser import BadRequest, receive

CHUNKED = b"POST /it HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def body_of(data: bytes) -> bytes:
    received = receive(io.BytesIO(data), on_begin=lambda: None, say_continue=lambda: None)
    assert received is not None
    return received.request.body


def status_of(data: bytes) -> HTTPStatus:
    with pytest.raises(BadRequest) as caught:
        body_of(data)
    return caught.value.status


@pytest.mark.parametrize("line", [b"2", b"02", b"0" * 30 + b"2", b"2;a=b", b"2;" + b"x" * 2000])
def test_chunk_sizes(line: bytes) -> None:
    """Hexadecimal digits, and perhaps an extension."""
    assert body_of(CHUNKED + line + b"\r\nab\r\n0\r\n\r\n") == b"ab"


@pytest.mark.parametrize(
    "line",
    [b"0x2", b"+2", b"-2", b"0_2", b"2 ", b" 2", b"2\t", b"2;", b"2 ;a", b"", b"g", b"1" + b"0" * 16, b"f" * 10_000],
)
def test_no_chunk_sizes(line: bytes) -> None:
    """What else Python takes for a number is none, nor what no parser can count."""
    assert status_of(CHUNKED + line + b"\r\nab\r\n0\r\n\r\n") == HTTPStatus.BAD_REQUEST


def test_a_chunk_size_on_a_line_without_its_end() -> None:
    """A line ends with both of its characters."""
    assert status_of(CHUNKED + b"2\nab\r\n0\r\n\r\n") == HTTPStatus.BAD_REQUEST


def test_an_endless_extension() -> None:
    """It is given up as too large."""
    assert status_of(CHUNKED + b"2;" + b"x" * 20_000 + b"\r\nab\r\n") == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def with_length(length: bytes) -> bytes:
    return b"POST /it HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\nab"


@pytest.mark.parametrize("length", [b"2", b"0" * 5000 + b"2"])
def test_lengths(length: bytes) -> None:
    """Digits, and of zeros before them as many as one likes."""
    assert body_of(with_length(length)) == b"ab"


@pytest.mark.parametrize(
    "length", [b"+2", b"-2", b"0x2", b"0_2", b"2.0", b"1e1", b"2, 2", b"", b"18446744073709551616", b"9" * 5000]
)
def test_no_lengths(length: bytes) -> None:
    """Other numbers, and those that no parser can count, are none."""
    assert status_of(with_length(length)) == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("announced", [with_length(b"18446744073709551615"), CHUNKED + b"ffffffffffffffff\r\nab"])
def test_what_is_announced_takes_no_room(announced: bytes) -> None:
    """Only what comes does."""
    tracemalloc.start()
    try:
        assert status_of(announced) == HTTPStatus.BAD_REQUEST
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()


LINE = b"POST /it HTTP/1.1\r\n"
HOST = b"Host: x\r\n"


@pytest.mark.parametrize(
    "line",
    [
        b"POST /it HTTP/1.1\n",
        b"post /it HTTP/1.1\r\n",
        b"FOO /it HTTP/1.1\r\n",
        b"POS\xc9 /it HTTP/1.1\r\n",
        b"POST it HTTP/1.1\r\n",
        b"POST /\xe9 HTTP/1.1\r\n",
        b"POST /\x01 HTTP/1.1\r\n",
        b"POST /it HTTP/1.2\r\n",
        b"POST\t/it\tHTTP/1.1\r\n",
        b"POST  /it HTTP/1.1\r\n",
    ],
)
def test_no_request_lines(line: bytes) -> None:
    """Methods that Node does not know, targets that are none, other ends of a line."""
    assert status_of(line + HOST + b"\r\n") == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("target", [b"/it", b"/a?b=c#d", b"*", b"http://elsewhere/it"])
def test_targets(target: bytes) -> None:
    """All forms that HTTP has."""
    assert body_of(b"OPTIONS " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n") == b""


@pytest.mark.parametrize(
    "header",
    [
        b"X: a\n",
        b"X: a\r\n b\r\n",
        b"X: a\rContent-Length: 1\r\n",
        b"X: a\0b\r\n",
        b"X: a\x01b\r\n",
        b"X: a\x7fb\r\n",
        b"X(y): 1\r\n",
        b"X\xe9: 1\r\n",
        b"X : 1\r\n",
        b" X: 1\r\n",
        b": 1\r\n",
        b"X\r\n",
        b"Content-Length:\xa02\r\n",
        b"Content-Length: \x0b2\r\n",
        b"Content-Length: 2\r\ncontent-length: 1\r\n",
        b"Content-Length: 2\r\nContent-Length: 2\r\n",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: \x0bchunked\r\n",
        b"Transfer-Encoding:\xa0chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked\r\nTRANSFER-ENCODING: identity\r\n",
    ],
)
def test_no_headers(header: bytes) -> None:
    """What some take for the end of a line, or of a body, and others do not, is refused."""
    assert status_of(LINE + HOST + header + b"\r\n0\r\n\r\n") == HTTPStatus.BAD_REQUEST


def test_headers_of_the_same_name() -> None:
    """They are one, however they are spelled; tabs and what is no ASCII may stand in them."""
    data = LINE + HOST + b"X: a\tb \r\nx:\xe9\r\n\r\n"
    received = receive(io.BytesIO(data), on_begin=lambda: None, say_continue=lambda: None)
    assert received is not None
    assert received.request.headers == {"Host": "x", "X": "a\tb, \u00e9"}


@pytest.mark.parametrize(
    "trailer", [b"Content-Length: 1\r\n", b"transfer-encoding: chunked\r\n", b"X(: 1\r\n", b"X: 1\n"]
)
def test_no_trailers(trailer: bytes) -> None:
    """What says where a body ends comes too late behind it."""
    assert status_of(CHUNKED + b"0\r\n" + trailer + b"\r\n") == HTTPStatus.BAD_REQUEST


def test_a_trailer() -> None:
    """Another header behind the body is passed over."""
    assert body_of(CHUNKED + b"2\r\nab\r\n0\r\nX: 1\r\n\r\n") == b"ab"
