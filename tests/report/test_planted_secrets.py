"""Secrets of many kinds are planted in a suite, and none is in anything that pytest writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.suites_in_folders import RunSuite

JWT = (
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI5ODc2NTQzMjEwIiwibmFtZSI6IkFkYSBMb3ZlbGFjZSIsImlhdCI6MTUxNjIzOTAyMn0."
    "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJVadQssw5c"
)
PEM_LINES = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj", "MzEfYyjiWA4R4Qmo2SVn"]
PEM = "\n".join(["-----BEGIN PRIVATE KEY-----", *PEM_LINES, "-----END PRIVATE KEY-----"])

PLANTED = {
    "access_token": JWT,
    "refreshToken": "rt-" + "".join(f"{number * 7919 % 1000:03}x" for number in range(150)),
    "private_key": PEM,
    "credentials": "first-half-of-it\nsecond-half-of-it\nthird-part-of-it",
    "password": "Grüße-aus-Köln-übermorgen",
    "passphrase": "correct horse battery staple",
    "client_secret": "q\"uo't\\ed/sl+ash=%41&x<y>",
    "apiKey": "sk-live-9f8e7d6c5b4a",
    "session_id": "漢字-secret-漢字-keeps",
    "db_password": "p@ss:w0rd/with#marks",
    "pin_token": "40718293",
    "X-Api-Key": "header-key-5512-abcd",
    "Authorization": "bearer-value-7731-wxyz",
    "Cookie": "cookie-value-1199-mnop",
    "Proxy-Authorization": "pr0xy-value-8832-ghij",
    "query": "asked-in-query-6620",
    "userinfo": "in-the-address-3345",
    "html": "csrf-field-value-9091",
    "context": "tenant-context-token-4417",
    "nested JSON": "nested-in-a-text-2284",
    "reason": "reason-words-secret-7070",
    "own name": "named-by-the-ini-file-5151",
    "variable": "from-the-environment-6363",
    "MASTRA_API_TOKEN": "api-token-of-the-env-1212",
}
"""By the name that each stands under, or the place where it does."""

SUITE = '''
import base64, html, json, logging, os, pathlib, textwrap, urllib.parse, warnings
import pytest, requests
from mastra_sync import MastraClient
from pytest_mastra import StepError

PLANTED = json.loads(pathlib.Path("planted.json").read_text(encoding="utf-8"))
PLACES = ("X-Api-Key", "Authorization", "Cookie", "Proxy-Authorization", "query", "userinfo", "html", "context",
          "nested JSON", "reason", "own name", "variable", "MASTRA_API_TOKEN")

def teach(kind, value, server, client):
    """Have a secret be said where its place tells that it is one."""
    address = os.environ["MASTRA_BASE_URL"]
    given, options, path, said = {}, {}, "/api/workflows", None
    if kind in ("X-Api-Key", "Authorization", "Cookie"):
        options = {"headers": {kind: {"Authorization": "Bearer ", "Cookie": "sid="}.get(kind, "") + value}}
    elif kind == "query":
        path += "?apiKey=" + urllib.parse.quote(value, safe="")
    elif kind == "userinfo":
        given = {"at": f"https://me:{value}@host/x"}
    elif kind == "html":
        given = {"page": f"<form><input value='{value}' type=hidden name='csrf_token'></form>"}
    elif kind == "context":
        path += "?requestContext=" + base64.b64encode(json.dumps({"accessToken": value}).encode()).decode()
    elif kind == "nested JSON":
        given = {"text": json.dumps({"credentials": {"it": [value]}})}
    elif kind == "own name":
        given = {"geheimnis": value}
    elif kind == "Proxy-Authorization":
        options = {"headers": {kind: "Basic " + base64.b64encode(f"me:{value}".encode()).decode()}}
    elif kind not in PLACES:
        given = {"user": "bob", "deep": [{kind: int(value) if value.isdigit() else value}]}
    if kind == "reason":
        given = {"say": f"token={value}"}
    requests.get(address + path, timeout=5, **options)
    return given

def shapes(name, value):
    return [value, repr({"user": "bob", name: value}), ascii(value), json.dumps({"a": value}), repr(value)[:40] + "...",
            urllib.parse.quote(value), urllib.parse.quote_plus(value), html.escape(value),
            html.escape(value, quote=False),
            textwrap.indent(value, "        "), repr(value.encode()), json.dumps(json.dumps(value)), value[:60] + "...",
            "..." + value[-30:], value[:20] + "..." + value[-20:]]

def given_to(mastra_server, mastra_client, kind, value, end):
    given = teach(kind, value, mastra_server, mastra_client)
    mastra_server.workflow("city").then(mastra_server.step("look", end)).commit()
    run = mastra_client.get_workflow("city").create_run("r1")
    return run.start_async(given)

@pytest.mark.parametrize("number", range(len(PLANTED)))
class TestPlanted:
    @pytest.fixture
    def kind(self, number):
        return sorted(PLANTED)[number]

    def test_result(self, kind, mastra_server, mastra_client):
        value = PLANTED[kind]
        r = given_to(mastra_server, mastra_client, kind, value, lambda ctx: {"user": "bob", kind: value, "x": [value]})
        assert not r.ok

    def test_compared(self, kind, mastra_server, mastra_client):
        value = PLANTED[kind]
        r = given_to(mastra_server, mastra_client, kind, value, lambda ctx: {"user": "bob", kind: value})
        assert r.result == {"user": "alice", kind: value, "more": value}

    def test_error(self, kind, mastra_server, mastra_client):
        value = PLANTED[kind]
        def fail(ctx):
            raise StepError(f"refused {value!r}, {kind}={value} or {value[:30]}...")
        given_to(mastra_server, mastra_client, kind, value, fail).raise_for_status()

    def test_unexpected_error(self, kind, mastra_server, mastra_client):
        value = PLANTED[kind]
        def fail(ctx):
            raise ValueError("\\n".join(shapes(kind, value)))
        given_to(mastra_server, mastra_client, kind, value, fail)

    def test_suspension(self, kind, mastra_server, mastra_client):
        value = PLANTED[kind]
        r = given_to(mastra_server, mastra_client, kind, value, lambda ctx: ctx.suspend({"ask": value, kind: value}))
        assert not r.suspensions

    def test_raises(self, kind, mastra_server, mastra_client):
        value = PLANTED[kind]
        given_to(mastra_server, mastra_client, kind, value, lambda ctx: {})
        def inner(value, kind):
            raise RuntimeError("\\n".join(shapes(kind, value)))
        try:
            inner(value, kind)
        except RuntimeError as error:
            raise KeyError(value) from error

    def test_fails(self, kind, mastra_server, mastra_client):
        value = PLANTED[kind]
        given_to(mastra_server, mastra_client, kind, value, lambda ctx: {})
        pytest.fail("\\n".join(shapes(kind, value)), pytrace=False)

    def test_skips(self, kind, mastra_server, mastra_client):
        value = PLANTED[kind]
        given_to(mastra_server, mastra_client, kind, value, lambda ctx: {})
        pytest.skip(f"no {value!r} today")

    def test_passes(self, kind, mastra_server, mastra_client, record_property):
        value = PLANTED[kind]
        given_to(mastra_server, mastra_client, kind, value, lambda ctx: {})
        for shape in shapes(kind, value):
            print(shape)
            logging.getLogger("app").warning("saw %s", shape)
            warnings.warn(UserWarning(shape))
        record_property("seen", value)

    def test_teardown(self, kind, mastra_server, mastra_client, request):
        value = PLANTED[kind]
        given_to(mastra_server, mastra_client, kind, value, lambda ctx: {})
        def finish():
            print(value)
            raise RuntimeError(value)
        request.addfinalizer(finish)
'''

INI = (
    *("-o", "mastra_secret_names=geheimnis", "-o", "mastra_secret_variables=OWN_SECRET", "-o", "junit_logging=all"),
    *("--junit-xml=report.xml", "--mastra-trace=on", "-p", "no:randomly"),
)

PIECE = 8
"""Characters of a secret in a row that are found nowhere."""


def pieces_of(secret: str) -> Iterator[str]:
    """Give all of a secret that might be recognised: pieces of it, but what a key file says of itself."""
    for line in secret.split("\n"):
        if not line.startswith("-----"):
            yield from (line[start : start + PIECE] for start in range(max(len(line) - PIECE + 1, 1)))


def found_in(text: str) -> dict[str, list[str]]:
    """Return what pieces of which secrets stand in a text, each with what is around it."""
    found = {}
    for kind, secret in PLANTED.items():
        for piece in pieces_of(secret):
            if piece in text and not set(piece) <= set("-_ "):
                at = text.index(piece)
                found[kind] = [text[max(at - 60, 0) : at + 60]]
    return found


@pytest.fixture
def planted(alone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    (alone.path / "planted.json").write_text(json.dumps(PLANTED), encoding="utf-8")
    monkeypatch.setenv("MASTRA_API_TOKEN", PLANTED["MASTRA_API_TOKEN"])
    monkeypatch.setenv("OWN_SECRET", PLANTED["variable"])
    return alone.path


@pytest.mark.parametrize(
    "options",
    [
        ("-rA", "-vv", "--showlocals"),
        ("--tb=native", "--assert=plain"),
        ("--tb=short", "-p", "xdist", "-n", "2"),
    ],
    ids=" ".join,
)
def test_nothing_is_found(planted: Path, run_process: RunSuite, options: tuple[str, ...]) -> None:
    """Not in the terminal, in junit, in traces; of failures, skips, output, logs, warnings and properties."""
    result = run_process(SUITE, *INI, *options)
    outcomes = result.parseoutcomes()
    count = len(PLANTED)
    assert outcomes["skipped"] == count
    assert outcomes["failed"] == 6 * count
    assert outcomes["errors"] == 2 * count
    traces = sorted((planted / ".mastra-report").glob("*.jsonl"))
    assert len(traces) == 10 * count
    written = {
        "terminal": result.stdout.str() + result.stderr.str(),
        "junit": (planted / "report.xml").read_text(encoding="utf-8"),
        "traces": "".join(path.read_text(encoding="utf-8") for path in traces),
        "names": "".join(path.name for path in traces),
    }
    assert len(re.findall(re.escape("***"), written["terminal"])) > count
    assert {where: found for where, text in written.items() if (found := found_in(text))} == {}
