"""What a request said is in no text that is shown of its answer."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from mastra_sync.sent_secrets import NOTHING_SENT, SentSecrets

SECRET = "sé<cret>\"'/+ 1"
CONTEXT = base64.b64encode(json.dumps({"tenant": SECRET, "ids": [12345678, "short"]}).encode()).decode()

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "percent-encoded": lambda text: quote(text, safe=""),
    "in a path": quote,
    "in JSON": json.dumps,
    "in JSON as it is": lambda text: json.dumps(text, ensure_ascii=False),
    "in Python": repr,
    "in Python, ASCII": ascii,
    "in HTML": html.escape,
    "misread": lambda text: text.encode().decode("latin-1"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_however_it_is_written(spelling: str) -> None:
    """A secret goes as it is and in each spelling that servers and exceptions have."""
    written = SPELLINGS[spelling](SECRET)
    masked = SentSecrets({"X-Api-Key": SECRET}).text(f"<{written}>")
    assert "cret" not in masked
    assert masked.startswith("<")


@pytest.mark.parametrize(
    ("headers", "echoed"),
    [
        ({"Authorization": "Bearer abcd-1234"}, "abcd-1234"),
        ({"authorization": b"Bearer abcd-1234"}, "abcd-1234"),
        ({"Authorization": "abcd-1234"}, "abcd-1234"),
        ({"Authorization": "Basic bWU6cGFzcw=="}, "bWU6cGFzcw"),
        ({"Authorization": "Basic bWU6cGFzcw=="}, "me:pass"),
        ({"Authorization": "Basic bWU6cGFzcw=="}, "pass"),
        ({"Proxy-Authorization": "Basic bWU6cGFzcw=="}, "pass"),
        ({"Cookie": 'a=b; sid="x%20yz1"'}, "x yz1"),
        ({"Cookie": "sid=x%20yz1"}, "x%20yz1"),
        ({"X-Tenant": "tenant-7"}, "tenant-7"),
    ],
)
def test_headers(headers: dict[str, Any], echoed: str) -> None:
    """Credentials in each form, each cookie, and the value of any header of one's own."""
    assert SentSecrets(headers).text(f"no {echoed}!") == "no ***!"


def test_the_request_context() -> None:
    """What stands in it, and itself as a query has it; in a body too."""
    in_query = SentSecrets(query=(("requestContext", CONTEXT), ("page", "1234567")))
    assert in_query.text(f"{CONTEXT} {SECRET} 12345678 short 1234567") == "*** *** *** short 1234567"
    body = json.dumps({"inputData": {"city": "Bergen"}, "requestContext": {"a": {"b": SECRET}}}).encode()
    assert SentSecrets(body=body).data({"error": ["Bergen", SECRET, 7, None, True]}) == {
        "error": ["Bergen", "***", 7, None, True]
    }


def test_what_is_no_secret_stays() -> None:
    """What every client sends, and what is too short to be looked for."""
    sent = SentSecrets({"Accept": "application/json", "User-Agent": "python-requests/2", "X-A": "abc", "Cookie": "a=1"})
    text = "application/json python-requests/2 abc a=1"
    assert sent.text(text) == text
    assert NOTHING_SENT.text(text) == text


def test_numbers_and_keys() -> None:
    """A number that was sent is masked as one that comes back, and what was sent is in no key."""
    sent = SentSecrets(query=(("requestContext", CONTEXT),))
    assert sent.data({SECRET: 12345678, "n": 1.5}) == {"***": "***", "n": 1.5}


def test_it_shows_nothing_itself() -> None:
    """Not in its own repr, which stands in tracebacks with variables."""
    assert SECRET not in repr(SentSecrets({"X-Api-Key": SECRET}))
