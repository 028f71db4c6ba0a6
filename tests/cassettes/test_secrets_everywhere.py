"""Secrets are planted in every place of a recording, and none is ever found in its file."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mastra.cassettes.file.read_write import SecretSurvives, read_cassette, write_cassette
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.redact.scrubber import Scrubber
from tests.cassettes.exchange_factory import JSON, exchange, record
from tests.properties import examples

# one of digits alone is only looked for where it stands alone
SECRETS = st.from_regex(r"[A-Z0-9a-z][A-Za-z0-9_\-.~\"'\\/ +=é€%&<>{}]{6,20}[A-Za-z0-9]", fullmatch=True).filter(
    lambda secret: not secret.replace(".", "").isdigit()
)

NAMED = (
    "authorization", "x-api-key", "misread x-api-key", "cookie", "query", "basic", "body", "context", "answer",
    "record", "nested",
)  # fmt: skip
ECHOED = (
    "nowhere", "path", "query", "header", "misread header", "body", "key", "answer", "answer key", "text", "record",
    "escaped", "reply's header", "reply's misread header", "binary", "failure", "base64 context",
)  # fmt: skip


def planted(secret: str, named: str, echoed: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two exchanges' parts: one that has a secret under its name, one that has it in another place."""
    coded = quote(secret, safe="")
    misread = secret.encode().decode("latin-1")
    places: dict[str, dict[str, Any]] = {
        "authorization": {"asked_headers": {"Authorization": f"Bearer {secret}"}},
        "x-api-key": {"asked_headers": {"X-API-Key": secret}},
        "misread x-api-key": {"asked_headers": {"X-API-Key": misread}},
        "cookie": {"asked_headers": {"cookie": f"sid={coded}"}},
        "query": {"target": f"/api/workflows/w?apiKey={coded}"},
        "basic": {"asked_headers": {"authorization": f"Basic {base64.b64encode(f'me:{secret}'.encode()).decode()}"}},
        "body": {"sent": {"inputData": [{"clientSecret": secret}]}},
        "context": {"sent": {"requestContext": {"accessToken": secret}}},
        "answer": {"answer": {"deep": {"password": secret}}},
        "record": {"chunks": [record({"n": 1}), record({"payload": {"refresh_token": secret}})]},
        "nested": {"answer": {"text": json.dumps({"credentials": {"it": secret}})}},
    }
    context = base64.b64encode(json.dumps({"a": secret}).encode()).decode()
    echoes: dict[str, dict[str, Any]] = {
        "nowhere": {},
        "path": {"target": f"/api/things/{coded}/runs"},
        "query": {"target": f"/api/workflows/w?q={coded}"},
        "header": {"asked_headers": {"X-Echo": f"<{secret}>"}},
        "misread header": {"asked_headers": {"X-Echo": f"<{misread}>"}},
        "body": {"sent": {"inputData": f"so {secret}"}},
        "key": {"sent": {secret: 1}},
        "answer": {"answer": {"echo": [secret]}},
        "answer key": {"answer": {f"k {secret}": 1}},
        "text": {"answer": f"You sent {secret}.".encode(), "headers": (("content-type", "text/plain"),)},
        "record": {"chunks": [record({"text": f"a{secret}b"})]},
        "escaped": {"answer": {"text": json.dumps({"text": json.dumps(secret)})}},
        "reply's header": {"headers": (JSON, ("x-echo", secret))},
        "reply's misread header": {"headers": (JSON, ("x-echo", f"é {misread}"))},
        "binary": {"answer": b"\xff\xfe" + secret.encode() + b"\x00"},
        "failure": {"failure": f"refused {secret}"},
        "base64 context": {"target": f"/api/workflows/w?requestContext={quote(context, safe='')}"},
    }
    return places[named], echoes[echoed]


def in_chunks(one: Exchange, cuts: list[int]) -> Exchange:
    """Return an exchange whose reply comes in chunks cut at these places."""
    body = one.body
    ends = [*sorted({cut % max(len(body), 1) for cut in cuts} - {0}), len(body)]
    one.chunks = [body[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    one.arrivals = [0.0] * len(ends)
    one.is_stream = True
    return one


def contents(path: Path) -> list[str]:
    """Return everything that a file says: its text, and each text in it as YAML and JSON understand it, and decoded."""
    text = path.read_text(encoding="utf-8")
    said = [text]
    waiting: list[Any] = [yaml.safe_load(text)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, bytes):
            said.append(one.decode("utf-8", "replace"))
        elif isinstance(one, str):
            said.append(one)
            for piece in one.split("\x1e"):
                try:
                    inner = json.loads(piece)
                except ValueError:
                    continue
                if inner != piece:
                    waiting.append(inner)
    return said


@settings(max_examples=examples(300))
@given(
    SECRETS,
    st.sampled_from(NAMED),
    st.sampled_from(ECHOED),
    st.booleans(),
    st.none() | st.lists(st.integers(0, 300), max_size=5),
)
def test_no_secret_is_ever_in_the_file(
    secret: str,
    named: str,
    echoed: str,
    echoed_first: bool,  # noqa: FBT001 -- hypothesis gives it
    cuts: list[int] | None,
) -> None:
    """Whatever name it stood under, wherever else it stands, before or after, and however the reply is cut."""
    made = [exchange(**({"target": "/api/workflows"} | parts)) for parts in planted(secret, named, echoed)]
    if cuts is not None:
        made = [in_chunks(one, cuts) for one in made]
    if echoed_first:
        made.reverse()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.yaml"
        write_cassette(path, made)
        forms = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        forms |= {form.encode().decode("latin-1") for form in list(forms)}
        forms |= {json.dumps(form)[1:-1] for form in list(forms)}
        for said in contents(path):
            assert not [form for form in forms if form in said]


@pytest.mark.parametrize("cut", range(1, len(record({"a": "x-secret-é-x"}))))
def test_a_secret_across_every_border(tmp_path: Path, cut: int) -> None:
    """A stream cut at each byte, given and read back: no piece of the secret is left, and the borders are."""
    body = record({"a": "x-secret-é-x"})
    write_cassette(
        tmp_path / "a.yaml", [exchange("/a", chunks=[body[:cut], body[cut:]])], scrubber=Scrubber(values=["secret-é"])
    )
    (read,) = read_cassette(tmp_path / "a.yaml").exchanges
    assert read.body == b'{"a":"x-***-x"}\x1e'
    assert len(read.chunks) == 2


class Blind(Scrubber):
    """A scrubber that knows of secrets, and leaves them where they are."""

    def exchange(self, one: Exchange) -> Exchange:
        return one


def test_a_survivor_is_never_written(tmp_path: Path) -> None:
    """The error names where and under which name, never the value; the file is left as it was."""
    path = tmp_path / "a.yaml"
    path.write_text("version: 1\ninteractions: []\n")
    made = [
        exchange("/api/workflows/w/start?runId=r", {"e": "t0p-secret"}, method="POST", sent={"apiKey": "t0p-secret"})
    ]
    with pytest.raises(SecretSurvives) as caught:
        write_cassette(path, made, scrubber=Blind())
    assert str(caught.value) == (
        f"{path}: not written, for secrets would stand in it:\n"
        "  interaction 1, body of start: what stood under 'apiKey'\n"
        "  interaction 1, reply to start: what stood under 'apiKey'\n"
        "  Please report this: the scrubber should have replaced them."
    )
    assert path.read_text() == "version: 1\ninteractions: []\n"
    assert [one.name for one in tmp_path.iterdir()] == ["a.yaml"]


def test_what_stood_in_the_file_is_scrubbed_too(tmp_path: Path) -> None:
    """An answer on the way that is kept from a file of vcrpy's is kept without its secrets."""
    path = tmp_path / "a.yaml"
    poll = "uri: http://x/api/workflows/w/runs/r, method: GET, body: null, headers: {}"
    path.write_text(
        "interactions:\n"
        + "".join(
            f"- request: {{{poll}}}\n"
            "  response:\n"
            "    status: {code: 200, message: OK}\n"
            "    headers: {}\n"
            f"    body: {{string: '{json.dumps(answer)}'}}\n"
            for answer in ({"status": "running", "token": "t0p-secret", "echo": "t0p-secret"}, {"status": "success"})
        )
        + "version: 1\n"
    )
    write_cassette(path, [exchange("/api/workflows/w/runs/r", {"status": "success"})])
    assert "t0p-secret" not in path.read_text()
    assert json.loads(read_cassette(path).exchanges[0].body) == {"status": "running", "token": "***", "echo": "***"}


def test_a_chunk_that_was_nothing_but_secret_is_gone(tmp_path: Path) -> None:
    """With its pace: an HTTP chunk cannot be empty."""
    made = exchange("/a", chunks=[b"a", b"top", b"se", b"cr", b"et", b"b"])
    made.arrivals = [0, 1, 2, 3, 4, 6]
    write_cassette(tmp_path / "a.yaml", [made], scrubber=Scrubber(values=["topsecret"]))
    (read,) = read_cassette(tmp_path / "a.yaml").exchanges
    assert read.chunks == [b"a", b"*", b"*", b"*", b"b"]
    assert read.arrivals == [0, 1, 2, 3, 5]
