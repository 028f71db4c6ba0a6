"""Bodies of requests and replies as JSON values, texts and records."""

from __future__ import annotations

import gzip

import pytest

from pytest_mastra.http.bodies import is_stream, records_of, reply_json, request_json, rest_of
from pytest_mastra.http.content_coding import UnknownCoding
from tests.cassettes.exchange_factory import RUN, exchange

TARGET = f"/api/workflows/city/start-async?runId={RUN}"
STREAM = f"/api/workflows/city/stream?runId={RUN}"


@pytest.mark.parametrize(("body", "value"), [(b'{"n": 1}', {"n": 1}), (b"[1]", [1]), (b"null", None)])
def test_a_body_is_json(body: bytes, value: object) -> None:
    """What is JSON is that value, whether or not a text would do."""
    sent = exchange(TARGET, body, method="POST", sent=body)
    for or_text in (True, False):
        assert request_json(sent, or_text=or_text) == value
        assert reply_json(sent, or_text=or_text) == value


def test_a_body_is_no_json() -> None:
    """It is None, or its text if that is asked for; an empty request is None."""
    odd = exchange(TARGET, b"<html>\xff", method="POST", sent=b"<html>\xff")
    assert (request_json(odd), reply_json(odd)) == (None, None)
    assert request_json(odd, or_text=True) == reply_json(odd, or_text=True) == "<html>\N{REPLACEMENT CHARACTER}"
    assert request_json(exchange(TARGET, method="POST"), or_text=True) is None


def test_a_coded_body() -> None:
    """It is decoded; one of an unknown coding is None, and no text."""
    coded = exchange(TARGET, gzip.compress(b"[1]"), headers=(("content-encoding", "gzip"),))
    assert reply_json(coded) == [1]
    odd = exchange(TARGET, b"[1]", headers=(("content-encoding", "odd"),))
    assert reply_json(odd) is None
    with pytest.raises(UnknownCoding):
        reply_json(odd, or_text=True)


def test_a_stream_has_records() -> None:
    """A stream is no JSON value; an error in its stead is one."""
    stream = exchange(STREAM, method="POST", chunks=[b'{"n": 1}\x1e', b"odd\x1eres", b"t"])
    assert (is_stream(stream), reply_json(stream), reply_json(stream, or_text=True)) == (True, None, None)
    assert (records_of(stream), rest_of(stream)) == ([{"n": 1}, "odd"], "rest")
    refused = exchange(STREAM, {"error": "no"}, method="POST", status=400)
    assert (is_stream(refused), reply_json(refused)) == (False, {"error": "no"})
