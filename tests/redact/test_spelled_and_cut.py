"""Secrets however they are written, quoted, indented or cut."""

from __future__ import annotations

import base64
import html
import json
import textwrap
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mastra.redact.scrubber import Scrubber
from tests.cassettes.exchange_factory import exchange

SECRET = "Grüße \"an\" 'alle' <&> 漢字\\😀-x"
LINES = "first-line-of-it\nsecond-line-of-it\nthird-line-of-it"

SPELLINGS: dict[str, Callable[[str], str]] = {
    "repr": repr,
    "ascii": ascii,
    "bytes": lambda text: repr(text.encode()),
    "JSON": json.dumps,
    "JSON twice": lambda text: json.dumps(json.dumps(text)),
    "HTML": html.escape,
    "HTML but quotes": lambda text: html.escape(text, quote=False),
    "HTML, ASCII": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace").decode(),
    "a message in JSON": lambda text: json.dumps(f"refused {text!r}"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spellings(spelling: str) -> None:
    """A secret goes in each spelling that Python, JSON and HTML have of it."""
    clean = Scrubber(values=[SECRET]).text(f"<{SPELLINGS[spelling](SECRET)}>")
    assert "***" in clean
    assert not any(piece in clean for piece in ("Gr", "alle", "-x"))


@pytest.mark.parametrize("prefix", ["    ", "E       ", "> ", "| ", "  - ", "+ "])
def test_lines(prefix: str) -> None:
    """A secret of several lines goes however its lines are indented or marked, and where only some of them stand."""
    scrubber = Scrubber(values=[LINES])
    assert "line-of-it" not in scrubber.text(textwrap.indent(LINES, prefix))
    assert scrubber.text("... second-line-of-it ...") == "... *** ..."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("{'user': 'bob', 'access_token': 'abc'}", "{'user': 'bob', 'access_token': '***'}"),
        ("{'user': 'bob', 'access_token': 'abc...", "{'user': 'bob', 'access_token': '***"),
        ("{'user': 'bob', 'access_token': 'ab...yz'}", "{'user': 'bob', 'access_token': '***'}"),
        ("{'password': \"it's\", 'n': 1}", "{'password': \"***\", 'n': 1}"),
        ("User(name='a', password='b', n=1)", "User(name='a', password='***', n=1)"),
        ("{'api_key': 123, 'n': 123}", "{'api_key': ***, 'n': 123}"),
        ("{'credentials': {'user': 'u', 'key': ['k', 7]}, 'n': 'x'}", None),
        ("token = b'abc'", "token = b'***'"),
        ("{'token': None, 'tokens': 'abc', 'author': 'me'}", "{'token': None, 'tokens': 'abc', 'author': 'me'}"),
        ("password: 8 characters at least", "password: 8 characters at least"),
        ("<input name='token' value='abc'>", "<input name='token' value='***'>"),
        ('<input value="a>b" type=hidden name=csrf_token>', None),
        ('<input type=hidden value=abc name="csrf_token"/>', '<input type=hidden value=*** name="csrf_token"/>'),
        ('<meta name="csrf-token" content="abc">', '<meta name="csrf-token" content="***">'),
        ('<input name="city" value="abc">', '<input name="city" value="abc">'),
    ],
)
def test_what_is_quoted_under_a_name(text: str, left: str | None) -> None:
    """Python's values and arguments, and HTML's fields; broken off, nested, and what is none."""
    clean = Scrubber().text(text)
    if left is None:
        assert "'k'" not in clean
        assert " 7" not in clean
    else:
        assert clean == left
    assert Scrubber().text(clean) == clean


def test_a_field_of_a_page_is_learned() -> None:
    """What a page gave as a token is looked for in what is sent back."""
    scrubber = Scrubber()
    page = b"<form><input name='csrf' value='page-token-1'></form>"
    scrubber.learn(exchange("/login", answer=page, headers=(("content-type", "text/html"),)))
    assert scrubber.text("sent page-token-1") == "sent ***"
    assert scrubber.chunks([page]) == [b"<form><input name='csrf' value='***'></form>"]


def test_a_reason_is_learned_from_and_scrubbed() -> None:
    """The words of a status line are a server's too."""
    made = exchange("/x", asked_headers={"X-Api-Key": "key-key-1"})
    made.reason = "No key-key-1"
    scrubber = Scrubber()
    scrubber.learn(made)
    assert scrubber.exchange(made).reason == "No ***"


@given(st.integers(4, 39), st.integers(4, 39), st.sampled_from(["...", "…", "....."]))
def test_what_is_left_of_a_cut_secret(head: int, tail: int, cut: str) -> None:
    """Beginning and end beside a cut go, wherever it was cut."""
    secret = "".join(chr(97 + number * 7 % 26) for number in range(20)) + "".join(map(str, range(100, 107)))[:20]
    text = Scrubber(values=[secret]).text(f"a {secret[:head]}{cut}{secret[-tail:]} z")
    assert text == f"a ***{cut}*** z"


@pytest.mark.parametrize("text", ["sk-He", "sk-", "...", "and so on...", "a ...b", "sk-Hello..."])
def test_what_is_no_piece_of_one(text: str) -> None:
    """What no secret begins with stays, and what is too short to tell."""
    assert Scrubber(values=["xyz-secret-1"]).text(text) == text


def test_a_context_in_base64() -> None:
    """As a query has it, but alone; also if it breaks off."""
    coded = base64.b64encode(json.dumps({"accessToken": "abc", "plan": "premium"}).encode()).decode()
    harmless = base64.b64encode(json.dumps({"plan": "premium"}).encode()).decode()
    assert Scrubber().text(f"a {coded} b {coded[:30]}... {harmless}") == f"a *** b ***... {harmless}"


def test_json_stays_json() -> None:
    """Nothing that people write in quotes breaks the JSON of a body."""
    body = json.dumps({"m": "token='abc", "n": "don't", "o": "password='x\"y'", "p": "{'secret': 'z'}"}).encode()
    (clean,) = Scrubber().chunks([body])
    assert json.loads(clean)["n"] == "don't"
    assert json.loads(clean)["p"] == "{'secret': '***'}"
