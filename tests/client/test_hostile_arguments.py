"""Addresses, prefixes and headers that lead elsewhere, or that two readers read in two ways, are refused."""

from __future__ import annotations

import pytest

from mastra_sync import InvalidArgument, MastraClient

SECRET = "s3cret"


@pytest.mark.parametrize(
    "base_url",
    [
        "http://here\\@elsewhere",
        "http://here/\\elsewhere",
        "http://here/\r\nX: y",
        "http://he\nre",
        "http://he\tre",
        "http://here/\0",
        "http://here/\x7f",
        "http://here/\ud800",
        f"http://{SECRET}:\ud800@here",
        f"http://{SECRET}\r\n:x@here",
    ],
)
def test_addresses_that_are_read_in_two_ways(base_url: str) -> None:
    """Some take a backslash for a slash, and drop line breaks: what is checked by one is not what another calls."""
    with pytest.raises(InvalidArgument) as caught:
        MastraClient(base_url)
    assert caught.value.argument == "base_url"
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "prefix",
    ["/api?x=1", "/api#x", "..", "/api/../..", "/api/./x", "/api\r\nX: y", "/api\0", "\\\\elsewhere", "\ud800"],
)
def test_prefixes_that_lead_elsewhere(prefix: str) -> None:
    """A query would swallow the route, dots lead out of the address, and so do backslashes for some."""
    with pytest.raises(InvalidArgument) as caught:
        MastraClient("http://here", api_prefix=prefix)
    assert caught.value.argument == "api_prefix"


@pytest.mark.parametrize("prefix", ["@elsewhere", "//elsewhere", "/elsewhere:80"])
def test_prefixes_that_stay(prefix: str) -> None:
    """What looks like another host is a path of this one."""
    assert MastraClient("http://here", api_prefix=prefix).base_url == f"http://here/{prefix.strip('/')}"


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "TRANSFER-ENCODING"])
def test_headers_that_say_where_a_body_ends(name: str) -> None:
    """A server would take the rest for a request of its own, or wait for what never comes."""
    with pytest.raises(InvalidArgument, match="follows from what is sent"):
        MastraClient("http://here", headers={name: "5"})


@pytest.mark.parametrize("mark", ["\r", "\n", "\r\n", "\0", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f"])
def test_control_characters_in_headers(mark: str) -> None:
    """They are refused wherever they stand in a value, which is not shown; a tab is none."""
    for given in ({"token": f"{SECRET}{mark}x"}, {"headers": {"X-Key": f"{SECRET}{mark}"}}):
        with pytest.raises(InvalidArgument) as caught:
            MastraClient("http://here", **given)
        assert SECRET not in str(caught.value)
    assert repr(MastraClient("http://here", headers={"X-Key": "a\tb"})) == "MastraClient('http://here/api')"
