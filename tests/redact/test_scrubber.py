"""What counts as a secret, and what stands in its place."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mastra.redact.names import Names, is_sensitive
from pytest_mastra.redact.places import _in_json, _may_be_in_json, as_latin1
from pytest_mastra.redact.scrubber import Scrubber
from tests.cassettes.exchange_factory import JSON, RUN, exchange, record
from tests.properties import examples

TOKEN = "sk-Hello-123"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "proxy-authorization", "Cookie", "Set-Cookie", "X-API-Key", "api_key", "apiKey", "APIKEY",
        "token", "accessToken", "access_token", "refresh-token", "REFRESH_TOKEN", "idToken", "accessTokens",
        "mastra__authToken", "secret", "clientSecret", "client_secret", "password", "userPassword", "passwd",
        "credential", "credentials", "session", "sessionId", "session_id", "SESSION-TOKEN", "PHPSESSID", "JSESSIONID",
        "privateKey", "aws_secret_access_key", "secretAccessKey", "Ocp-Apim-Subscription-Key", "X-Amz-Signature",
        "dbpassword", "jwt", "x-csrf-token", "passphrase", "xApiKey", "X-Auth", "auth",
    ],
)  # fmt: skip
def test_sensitive_names(name: str) -> None:
    """A secret stands under each of these, in any case style."""
    assert is_sensitive(name)


@pytest.mark.parametrize(
    "name",
    [
        "tokens", "inputTokens", "totalTokens", "tokenCount", "token_count", "maxTokens", "max_tokens", "token_type",
        "tokenLimit", "author", "authors", "authored", "keyboard", "key", "keys", "monkey", "sessions", "sessionCount",
        "passwordPolicy", "password_required", "tokenExpiresAt", "runId", "resourceId", "secretary", "cookieCount",
        "passenger", "compass", "message", "side", "", "id", "status", "tokenizer",
    ],
)  # fmt: skip
def test_harmless_names(name: str) -> None:
    """None of these says that a secret stands under it: they count tokens, or only sound alike."""
    assert not is_sensitive(name)


def learned(**parts: Any) -> Scrubber:
    scrubber = Scrubber()
    scrubber.learn(exchange(parts.pop("target", "/api/workflows/w"), **parts))
    return scrubber


@pytest.mark.parametrize(
    ("scrubbed", "left"),
    [
        (TOKEN, "***"),
        (f"a {TOKEN}, b", "a ***, b"),
        (f"{TOKEN}{TOKEN}", "******"),
        ("sk-Hello-12", "sk-Hello-12"),
        ("Bearer abcdefgh1", "Bearer ***"),
        ("bearer of good news", "bearer of good news"),
        ("see https://me:pass@host/x?token=abc&n=1", "see https://***@host/x?token=***&n=1"),
        ("api_key=abc; tokens=12; author=me", "api_key=***; tokens=12; author=me"),
        ("mail me@example.com", "mail me@example.com"),
    ],
)
def test_texts(scrubbed: str, left: str) -> None:
    """Known secrets go, and what a text itself says to be one."""
    scrubber = Scrubber(values=[TOKEN])
    assert scrubber.text(scrubbed) == left
    assert scrubber.text(left) == left


def test_what_was_clean_is_looked_at_again_once_a_secret_is_known() -> None:
    """A text that was met before holds a secret that was learned since."""
    scrubber = Scrubber()
    assert scrubber.text("hunter22 is here") == "hunter22 is here"
    scrubber.learn_value("hunter22")
    assert scrubber.text("hunter22 is here") == "*** is here"


def test_data_keeps_its_shape() -> None:
    """By name and by value, in keys and in JSON inside of texts; what is no text and no number stays."""
    data = {
        "apiKey": "abc", "token": None, "secret": True, "password": 1234, "usage": {"tokens": 12, "inputTokens": 3},
        "credentials": {"user": "me", "list": ["x", 5, False, ""]}, f"key {TOKEN}": [f"a{TOKEN}"],
        "nested": json.dumps({"token": "abc", "n": 1}), "authorization": "Bearer abc",
    }  # fmt: skip
    assert Scrubber(values=[TOKEN]).data(data) == {
        "apiKey": "***", "token": None, "secret": True, "password": "***", "usage": {"tokens": 12, "inputTokens": 3},
        "credentials": {"user": "***", "list": ["***", "***", False, ""]}, "key ***": ["a***"],
        "nested": '{"token": "***", "n": 1}', "authorization": "Bearer ***",
    }  # fmt: skip


def test_two_keys_that_are_secrets_stay_two() -> None:
    """No value is lost where keys become the same."""
    assert Scrubber(values=["first-one", "second-one"]).data({"first-one": 1, "second-one": 2}) == {"***": 1, "****": 2}


def test_headers_say_what_kind_of_secret_was_there() -> None:
    """Schemes, names of cookies, and how long a cookie lives stay."""
    headers = [
        ("Authorization", "Bearer abc"), ("X-Api-Key", "abc"), ("Cookie", "sid=abc; theme=dark"),
        ("Set-Cookie", "sid=abc; Path=/; HttpOnly; Max-Age=3"), ("Content-Type", "application/json"), ("Token", ""),
    ]  # fmt: skip
    scrubbed = Scrubber().headers(headers)
    assert scrubbed == [
        ("Authorization", "Bearer ***"), ("X-Api-Key", "***"), ("Cookie", "sid=***; theme=***"),
        ("Set-Cookie", "sid=***; Path=/; HttpOnly; Max-Age=3"), ("Content-Type", "application/json"), ("Token", ""),
    ]  # fmt: skip
    assert Scrubber().headers(scrubbed) == scrubbed


@pytest.mark.parametrize(
    ("target", "left"),
    [
        ("/api/workflows/w?apiKey=a%20b&runId=r", "/api/workflows/w?apiKey=***&runId=r"),
        (f"/api/workflows/{TOKEN}/runs/r", "/api/workflows/***/runs/r"),
        ("/a?access_token=Bearer%20abc", "/a?access_token=Bearer%20***"),
        (
            "/a?requestContext=" + base64.b64encode(b'{"token":"abc","n":1}').decode(),
            "/a?requestContext=" + base64.b64encode(b'{"token":"***","n":1}').decode().replace("=", "%3D"),
        ),
        ("/a?requestContext=%7B%22token%22%3A%22abc%22%7D", "/a?requestContext=%7B%22token%22%3A%22***%22%7D"),
        ("/a?page=1&fields=result,steps", "/a?page=1&fields=result,steps"),
    ],
)
def test_targets(target: str, left: str) -> None:
    """Path and query, and a request context in the query, in either of its codings."""
    scrubber = Scrubber(values=[TOKEN])
    assert scrubber.target(target) == left
    assert scrubber.target(left) == left


@pytest.mark.parametrize("cut", range(1, len(f'{{"a":"{TOKEN}"}}')))
def test_a_secret_across_a_border(cut: int) -> None:
    """Wherever chunks are cut, the secret goes, and there are as many chunks."""
    body = f'{{"a":"{TOKEN}"}}'.encode()
    chunks = Scrubber(values=[TOKEN]).chunks([body[:cut], body[cut:]])
    assert b"".join(chunks) == b'{"a":"***"}'
    assert all(chunks)
    assert len(chunks) == 2


def test_a_secret_cut_into_bytes() -> None:
    """As many chunks as there were, also if a secret had more pieces than its replacement has characters."""
    chunks = Scrubber(values=[TOKEN]).chunks([bytes([byte]) for byte in f"<{TOKEN}>".encode()])
    assert chunks == [b"<", b"*", b"*", b"*", *[b""] * 9, b">"]


def test_other_bytes_stay() -> None:
    """What is no secret keeps its bytes: spaces, numbers, escapes, what is no UTF-8, what breaks off."""
    chunks = [b'{ "a" : 1.0e5, "b":"\\u00e9\xff', b'", "token": "abc" , "c":12345678901234567890}\x1e{"password":"ab']
    assert Scrubber().chunks(chunks) == [
        b'{ "a" : 1.0e5, "b":"\\u00e9\xff',
        b'", "token": "***" , "c":12345678901234567890}\x1e{"password":"***',
    ]


@pytest.mark.parametrize(
    ("place", "parts"),
    [
        ("header", {"asked_headers": {"Authorization": f"Bearer {TOKEN}"}}),
        ("reply's header", {"headers": (JSON, ("X-Auth-Token", TOKEN))}),
        ("cookie", {"asked_headers": {"cookie": f"a=1; sid={TOKEN}"}}),
        ("set cookie", {"headers": (JSON, ("set-cookie", f"sid={TOKEN}; Path=/"))}),
        ("basic", {"asked_headers": {"authorization": "Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode()}}),
        ("query", {"target": f"/a?api_key={TOKEN}"}),
        (
            "context",
            {"target": f"/a?requestContext={base64.b64encode(json.dumps({'token': TOKEN}).encode()).decode()}"},
        ),
        ("body", {"sent": {"requestContext": {"deep": [{"clientSecret": TOKEN}]}}}),
        ("nested", {"sent": {"inputData": json.dumps({"a": json.dumps({"password": TOKEN})})}}),
        ("form", {"sent": f"grant=x&client_secret={TOKEN}".encode()}),
        ("answer", {"answer": {"access_token": TOKEN}}),
        ("record", {"chunks": [record({"a": 1}), record({"payload": {"apiKey": TOKEN}})]}),
        ("URL", {"answer": {"see": f"https://me:{TOKEN}@host/"}}),
        ("prose", {"answer": {"error": f"Bearer {TOKEN} is no good"}}),
    ],
)
def test_what_stands_under_a_name_is_found_elsewhere(place: str, parts: dict[str, Any]) -> None:
    """A value that was once seen under a sensitive name is a secret wherever else it stands."""
    scrubber = learned(**parts)
    assert scrubber.text(f"echo: {TOKEN}!") == "echo: ***!", place
    assert scrubber.survivors(f"echo: {TOKEN}!".encode())


def test_basic_credentials_go_as_a_whole_and_in_parts() -> None:
    """`user:password`, its base64, and the password alone."""
    coded = base64.b64encode(b"ada:opensesame").decode()
    scrubber = learned(asked_headers={"authorization": f"Basic {coded}"})
    assert scrubber.text(f"{coded} ada:opensesame opensesame ada") == "*** *** *** ada"


@pytest.mark.parametrize("value", ["", "1", "true", "12345", "abcde", "success", "Bearer", "password", "***", RUN])
def test_trivial_values_stay_elsewhere(value: str) -> None:
    """What would be found in everything goes only where it stands under its name; so does a run's id."""
    scrubber = learned(target=f"/api/workflows/w/runs/{RUN}", sent={"token": value, "sessionId": value})
    assert scrubber.text(f"say {value}.") == f"say {value}."
    assert scrubber.survivors(f"say {value}.".encode()) == []


def test_a_number_goes_where_it_stands_alone() -> None:
    """Not inside of a longer number; JSON stays JSON."""
    scrubber = learned(sent={"password": 12345678})
    body = b'{"a":12345678,"b":112345678,"c":[12345678],"d":"is 12345678."}'
    assert scrubber.chunks([body]) == [b'{"a":"***","b":112345678,"c":["***"],"d":"is ***."}']
    assert scrubber.data({"a": 12345678, "b": 112345678}) == {"a": "***", "b": 112345678}


def test_a_number_is_found_behind_an_escape() -> None:
    """The end of `%20` is no digit of it, nor is that of a JSON escape."""
    scrubber = learned(sent={"password": "-00001234"})
    assert scrubber.target("/api/workflows/my%20-00001234") == "/api/workflows/my%20***"
    assert scrubber.text(r"\u00e9-00001234 \n-00001234") == r"\u00e9*** \n***"
    assert scrubber.text("20-00001234") == "20-00001234"


def test_given_values_must_not_be_too_short() -> None:
    """The message says which one, and not what it is."""
    with pytest.raises(ValueError, match=r"^secret 2 has 3 characters, and would be found in too much: give"):
        Scrubber(values=["abcd", "xyz"])


def test_variables_are_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mastra's own always, others if they are named."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "value-one")
    monkeypatch.setenv("OTHER", "value-two")
    assert Scrubber().text("value-one value-two") == "*** value-two"
    scrubber = Scrubber(environment=["OTHER", "UNSET"])
    assert scrubber.text("value-one value-two") == "*** ***"
    assert scrubber.survivors(b"value-two, value-one") == [
        "environment variable MASTRA_API_TOKEN",
        "environment variable OTHER",
    ]


def test_further_names() -> None:
    """In any case style, in every place."""
    scrubber = Scrubber(names=["tenant-code"])
    assert scrubber.data({"tenantCode": "abc"}) == {"tenantCode": "***"}
    assert scrubber.headers([("X", "1"), ("TENANT_CODE", "abc")]) == [("X", "1"), ("TENANT_CODE", "***")]
    assert scrubber.chunks([b'{"tenant_code":"abc"}']) == [b'{"tenant_code":"***"}']


def test_an_exchange_is_scrubbed_as_a_whole() -> None:
    """Address, headers, bodies of both sides, and what went wrong; the exchange itself stays as it was."""
    made = exchange(
        f"/api/workflows/w?token={TOKEN}",
        {"echo": TOKEN},
        sent={"a": TOKEN},
        asked_headers={"authorization": TOKEN},
        headers=(("x-echo", TOKEN),),
        failure=f"no {TOKEN}",
    )
    scrubber = Scrubber()
    scrubber.learn(made)
    clean = scrubber.exchange(made)
    assert clean.request.target == "/api/workflows/w?token=***"
    assert clean.request.headers == {"authorization": "***"}
    assert clean.request.body == b'{"a": "***"}'
    assert clean.headers == (("x-echo", "***"),)
    assert clean.body == b'{"echo": "***"}'
    assert clean.failure == "no ***"
    assert TOKEN in made.request.target


def test_a_body_is_scrubbed_without_its_coding() -> None:
    """A compressed body is looked into."""
    import gzip

    coded = gzip.compress(json.dumps({"echo": TOKEN, "token": "short"}).encode())
    made = exchange("/a", chunks=[coded[:9], coded[9:20], coded[20:]], headers=(("content-encoding", "gzip"),))
    clean = Scrubber(values=[TOKEN]).exchange(made)
    assert clean.body == b'{"echo": "***", "token": "***"}'
    assert len(clean.chunks) == 3
    assert clean.headers == ()


SPECIAL = st.text(alphabet="aZ9-._~ \"\\/'<>&+%=?#é€\U0001f600\n\t:;{}[]*,", min_size=6, max_size=14).filter(
    lambda text: len(text.strip()) >= 6 and "***" not in text
)


def spellings(secret: str) -> dict[str, str]:
    from urllib.parse import quote, quote_plus

    escaped = json.dumps(secret)[1:-1]
    return {
        "plain": secret,
        "percent": quote(secret, safe=""),
        "percent, path": quote(secret),
        "percent, small": quote(secret, safe="").lower() if secret.islower() else quote(secret, safe=""),
        "form": quote_plus(secret),
        "JSON": json.dumps(secret, ensure_ascii=False)[1:-1],
        "JSON, ASCII": escaped,
        "JSON in JSON": json.dumps(escaped)[1:-1],
        "JSON, slashes": escaped.replace("/", "\\/"),
        "JSON in a query": quote(escaped, safe=""),
    }


@given(SPECIAL.map(str.strip), st.text(max_size=5), st.text(max_size=5))
def test_every_spelling_is_found(secret: str, before: str, after: str) -> None:
    """However a secret is written down, it is found, and gone afterwards."""
    scrubber = Scrubber()
    scrubber.learn_value(secret)
    if not scrubber.survivors(secret.encode()):
        assert secret.strip().isdigit() or "***" in secret
        return
    for how, spelled in spellings(secret).items():
        text = f"{before}|{spelled}|{after}"
        left = scrubber.text(text)
        assert spelled not in left, how
        assert scrubber.survivors(left.encode("utf-8", "surrogatepass")) == [], how


@given(st.lists(SPECIAL, max_size=3), st.text(max_size=30), st.binary(max_size=30))
def test_scrubbing_twice_is_scrubbing_once(secrets: list[str], text: str, data: bytes) -> None:
    """What was scrubbed stays as it is, so that both sides of a comparison can be scrubbed at any time."""
    scrubber = Scrubber()
    for secret in secrets:
        scrubber.learn_value(secret)
    joined = text.join(secrets)
    for scrubbed in (joined, f'{{"token": "{joined}"}}', f"a?token={joined}"):
        once = scrubber.text(scrubbed)
        assert scrubber.text(once) == once
    chunks = scrubber.chunks([data, joined.encode("utf-8", "surrogatepass"), data])
    assert scrubber.chunks(chunks) == chunks


def test_a_secret_that_begins_with_another() -> None:
    """The longer one goes as a whole, in whatever order they were met; each is named as what it is."""
    secrets = ["abcdef", "abcdefghij", "abcdefxy", "bcdefg"]
    for order in (secrets, secrets[::-1]):
        scrubber = Scrubber()
        for secret in order:
            scrubber.learn_value(secret, f"name of {secret}")
        assert scrubber.text("abcdefghij abcdefxy abcdefgh bcdefgh") == "*** *** ***gh ***h"
        assert scrubber.survivors(b"abcdefxy") == ["name of abcdefxy"]


def test_many_secrets_are_found_as_fast_as_few() -> None:
    """A server that gives each run a token of its own makes nothing slow: that would be a matter of minutes."""
    scrubber = Scrubber()
    for number in range(3000):
        scrubber.learn_value(f"sk-{number:08d}-{'x' * (number % 50)}")
    text = f"nothing here, sk-00000 neither, and {'s' * 50} " * 2000
    assert scrubber.text(text + "sk-00002999-" + "x" * 49) == text + "***"


def test_a_very_long_secret() -> None:
    """A token may have any length."""
    secret = "a" * 5000 + 'é"\\' * 1000
    scrubber = Scrubber(values=[secret])
    assert scrubber.text(json.dumps(f"so {secret}")) == '"so ***"'


def test_an_id_that_is_known_later_is_no_secret_any_more() -> None:
    """A run's id may be met as a session's before it is met as a run's."""
    scrubber = learned(sent={"sessionId": RUN})
    assert scrubber.text(RUN) == "***"
    scrubber.learn(exchange(f"/api/workflows/w/runs/{RUN}"))
    assert scrubber.text(RUN) == RUN


def test_what_becomes_a_secret_beside_a_replacement() -> None:
    """Scrubbed until nothing is left, in texts and in chunks."""
    scrubber = Scrubber(values=["xyzxyz", "*abcd1"])
    assert scrubber.text("xyzxyzabcd1") == "*****"
    assert scrubber.chunks([b"xyzxyz", b"abcd1"]) == [b"***", b"**"]


def test_a_header_in_utf_8() -> None:
    """http.client reads headers as Latin-1; the same secret in a body is UTF-8."""
    misread = "geheim-é".encode().decode("latin-1")
    scrubber = learned(headers=(JSON, ("x-api-key", misread)))
    assert scrubber.text("is geheim-é") == "is ***"
    assert scrubber.text(f"is {misread}") == "is ***"


@pytest.mark.parametrize("value", ["00001234é", "é 00001234é", "\u2028 00001234é", "Ã 00001234é"])
def test_a_header_that_echoes_a_secret_in_utf_8(value: str) -> None:
    """It goes whether the header was read as UTF-8 or as Latin-1, and what stands beside it stays."""
    scrubber = learned(sent={"apiKey": "00001234é"})
    misread = value.encode().decode("latin-1")
    told = [("X-Echo", value), ("X-Echo", misread)]
    kept = value.removesuffix("00001234é")
    assert scrubber.headers(told) == [("X-Echo", f"{kept}***"), ("X-Echo", f"{kept.encode().decode('latin-1')}***")]


def test_what_a_misread_header_says_itself() -> None:
    """A secret that another header names as such goes from bodies too."""
    misread = "see?token=geheim-é".encode().decode("latin-1")
    assert learned(headers=(JSON, ("X-Link", misread))).text("is geheim-é") == "is ***"


PIECES = st.sampled_from(
    [
        *("{", "}", "[", "]", ",", ":", '"', "\\", "\x1e", " ", "5", "null", "é", '"token"', '"to', 'ken"', '"a"'),
        *('"n":1', '"token":"x"', '"side":', '"workflowKey"', '"é token"', '"tenant-code":', '"TENANT_CODE"', '"***"'),
        *('"{\\"token\\":\\"x\\"}"', '"\\u0074oken":"x"', '"[{\\"\\\\u0074oken\\": 5}]"'),
    ]
)


@settings(max_examples=examples(500))
@given(st.lists(PIECES, max_size=12).map("".join), st.sampled_from([(), ("tenant-code",)]))
def test_the_look_ahead_misses_nothing(text: str, further: tuple[str, ...]) -> None:
    """Where the quick look finds no sensitive name, the thorough one finds none, also in what is hardly JSON."""
    names, seen = Names(further), as_latin1(text)
    if names.may_be_in(seen) and not _may_be_in_json(seen, names):
        assert list(_in_json(seen, names)) == []


def test_a_known_value_that_reaches_into_a_named_one() -> None:
    """Both go, as one."""
    assert Scrubber(values=["my token=long"]).text("my token=longvalue, so") == "***, so"


def test_a_record_that_breaks_off_says_nothing_of_the_next() -> None:
    """The name under which it broke off ends with it."""
    chunks = [b'{"a":{"token":["x",\x1e{"b":"kept","token":"y"}\x1e']
    assert Scrubber().chunks(chunks) == [b'{"a":{"token":["***",\x1e{"b":"kept","token":"***"}\x1e']
