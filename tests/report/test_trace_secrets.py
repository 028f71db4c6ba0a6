"""No secret is in a trace, a timeline or a property, wherever it stood."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mastra import StepError
from pytest_mastra.http.exchanges import Ending
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.redact.scrubber import Scrubber, learn_secrets
from pytest_mastra.report import trace_records
from pytest_mastra.report.redacted import redact_scene
from pytest_mastra.report.timeline import Look, draw_runs
from pytest_mastra.report.trace_text import trace_text
from pytest_mastra.run_history.runs import user_properties
from pytest_mastra.suite.scene import Scene
from tests.properties import examples
from tests.run_history.acted_scenes import URL, acted, empty_scene, run_event, said, step_event

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
SECRETS = st.text(alphabet='abcdefghijkXYZ0123456789-_.~+/="\\é漢 ', min_size=9, max_size=30).filter(
    lambda text: text == text.strip() and len(set(text)) > 5 and not NUMBER.fullmatch(text)
)
"""Long and mixed enough to be none of the words, or pieces of the numbers, that a trace is made of."""

RUN = "/workflows/city/runs/r1"


def strings_in(value: Any) -> Iterator[str]:
    """Give every text in a JSON value, keys too, and what texts in base64 stand for."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            if key == "base64":
                yield base64.b64decode(item).decode("latin-1")
            yield from strings_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)
    elif isinstance(value, str):
        yield value


def whole_text_of(scene: Scene) -> Iterator[str]:
    """Give every text that is handed on of a scene, which is looked through as a whole first."""
    for line in trace_text(scene, learn_secrets(scene.log), {"call": "failed"}).decode().splitlines():
        yield line
        yield from strings_in(json.loads(line))


def everything_of(scene: Scene) -> Iterator[str]:
    """Give every text that is kept or shown of a scene."""
    told = redact_scene(scene, learn_secrets(scene.log))
    for line in trace_records.lines_of(scene, told, {"call": "failed"}):
        yield line
        yield from strings_in(json.loads(line))
    yield from whole_text_of(scene)
    for look in (Look(), Look(width=30, ascii=True), Look(in_short=True)):
        yield from draw_runs(told.runs, look)
    for name, value in user_properties(scene):
        yield f"{name} {value}"


def spellings(secret: str) -> list[str]:
    """Return how a secret may be written."""
    return [
        *(secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1]),
        *(json.dumps(secret, ensure_ascii=False)[1:-1], secret.encode().decode("latin-1")),
    ]


def assert_nowhere(secret: str, scene: Scene) -> None:
    for text in everything_of(scene):
        for spelling in spellings(secret):
            assert spelling not in text


def events_with(secret: str) -> bytes:
    """Return a stream that holds a secret in texts, keys and errors."""
    error = {"name": "Error", "message": f"refused {secret}!", "token": secret}
    told = [
        run_event("start"),
        step_event("start", "a", payload={"text": f"x{secret}y", secret: 1}),
        step_event("output", "a", output=secret),
        step_event("result", "a", status="failed", error=error, startedAt=1, endedAt=2),
        {"type": "data-x", "data": [secret]},
        run_event("finish", workflowStatus="failed", metadata={}),
    ]
    return b"".join(json.dumps(event, ensure_ascii=len(secret) % 2 == 0).encode() + b"\x1e" for event in told)


SOURCES = ["authorization", "cookie", "api key header", "reply header", "query", "body", "answer", "context"]


def teach(scene: Scene, source: str, secret: str) -> None:
    """Say a secret once where its name tells that it is one."""
    sent: dict[str, str] = {}
    parts: dict[str, Any] = {"body": {}}
    target = RUN
    latin = secret.encode().decode("latin-1")
    if source == "authorization":
        sent = {"Authorization": f"Bearer {latin}"}
    elif source == "cookie":
        sent = {"Cookie": f"a=b; session={quote(secret)}"}
    elif source == "api key header":
        sent = {"X-Api-Key": latin}
    elif source == "reply header":
        parts["headers"] = [("X-Auth-Token", latin)]
    elif source == "query":
        target = f"{RUN}?apiKey={quote(secret, safe='')}"
    elif source == "body":
        parts["body"] = {"inputData": {"deep": [{"password": secret}]}}
    elif source == "context":
        parts["body"] = {"requestContext": {"accessToken": secret}}
    answer = {"runId": "r1", "status": "running", "steps": {}}
    exchange = said(scene, "GET", target, answer | ({"clientSecret": secret} if source == "answer" else {}), **parts)
    request = exchange.request
    exchange.request = WireRequest(request.method, request.target, sent, request.body)


@settings(max_examples=examples(50))
@given(data=st.data(), secret=SECRETS, source=st.sampled_from(SOURCES))
def test_wherever_it_stands(data: st.DataObject, secret: str, source: str) -> None:
    """A secret that stood once under its name is nowhere: bodies, events in any pieces, addresses, failures, ids."""
    if source == "cookie" and set(secret) & set(';="\\ '):
        source = "body"
    scene = empty_scene()
    if data.draw(st.booleans()):
        teach(scene, source, secret)
    stream = events_with(secret)
    is_packed = data.draw(st.booleans())
    wire = gzip.compress(stream) if is_packed else stream
    end = data.draw(st.integers(len(wire) // 2, len(wire)))
    cuts = sorted(data.draw(st.lists(st.integers(0, end), max_size=12)))
    chunks = [wire[begin:stop] for begin, stop in zip([0, *cuts], [*cuts, end], strict=True)]
    said(
        scene,
        *("POST", "/workflows/city/stream?runId=r1"),
        chunks=[chunk for chunk in chunks if chunk],
        headers=[("Content-Encoding", "gzip")] if is_packed else [("X-Echo", f"é{secret}".encode().decode("latin-1"))],
        ending=Ending.CUT,
        failure=f"cut after {secret}",
        at=1,
    )
    said(scene, "GET", f"/elsewhere/{quote(secret, safe='')}?q={quote(secret)}", secret.encode() + b"\xff\x00", at=2)
    given = {"inputData": f"{secret}{secret}"}
    said(scene, "POST", "/workflows/city/start?runId=r1", b"<p>" + secret.encode(), status=500, body=given, at=3)
    account = {"runId": "r1", "status": "failed", "steps": {secret: {"status": "failed", "error": secret}}}
    said(scene, "GET", RUN, account, at=4)
    said(
        scene, "POST", f"/workflows/{quote('my ' + secret, safe='')}/create-run?runId=r-{quote(secret, safe='')}-1", {}
    )
    if len(scene.log) == 5:
        teach(scene, source, secret)
    scene.test = f"test_it[{secret}]"
    assert_nowhere(secret, scene)


@settings(max_examples=examples(15))
@given(secret=SECRETS)
def test_what_only_a_fake_knows(secret: str) -> None:
    """A secret in steps that nobody watched, and in errors that nobody read, is nowhere either."""

    def play(server: Any, client: Any) -> None:
        def fail(ctx: Any) -> Any:
            raise StepError(f"refused: {ctx.get_step_result('sign-in')['accessToken']}")

        sign_in = server.step("sign-in", lambda ctx: {"accessToken": secret, "note": f"({secret})"})
        server.workflow("city").then(sign_in).then(server.step("call", fail)).commit()
        client.get_workflow("city").create_run("r1").start({})

    assert_nowhere(secret, acted(play))


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret of the environment is nowhere, though no name tells that it is one."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "hush-hush-hush")
    scene = empty_scene()
    said(scene, "GET", RUN, {"runId": "r1", "status": "success", "result": "hush-hush-hush"})
    assert_nowhere("hush-hush-hush", scene)


def test_a_body_that_cannot_be_looked_through() -> None:
    """A body in an unknown coding is not kept: nobody can tell what is in it."""
    scene = empty_scene()
    said(scene, "GET", RUN, b"opaque opaque", headers=[("Content-Encoding", "br, unheard-of")])
    (exchange,) = redact_scene(scene, learn_secrets(scene.log)).exchanges
    assert (exchange.body, exchange.failure) == (
        b"",
        "its body is left out: a body is coded as 'unheard-of', which cannot be decoded here: install what urllib3 "
        "needs for it, or have it sent without coding (header 'Accept-Encoding: identity')",
    )
    assert all("opaque" not in text for text in everything_of(scene))


KEYS = st.sampled_from(["note", "token", "X-Api-Key", "steps", "tokenCount", "password", "a\nb"])
VALUES = st.recursive(
    st.none()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=9)
    | st.sampled_from(
        [
            *("hush-hush-hush", "x=hush%2Dhush%2Dhush&y=1", "aHVzaC1odXNoLWh1c2g", "hush-hush\u2026", "...hush-hush"),
            *("https://me:let-me-in@host/", "Bearer 0123456789abcdef", "password = 'let-me-in'", "?api_key=let-me-in"),
            *('{"token": "let-me-in"}', "eyJ0b2tlbiI6ICJsZXQtbWUtaW4ifQ==", "x=eyJhIjogImh1c2gtaHVzaC1odXNoIn0"),
            *("line one\nE   hush-hush-hush", "<input name='password' value='let-me-in'>", "session", "keep going"),
            *("471147", 471147, "***"),
        ]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=examples(150))
@given(value=VALUES, known=st.sampled_from(["", "hush-hush-hush", "line one\nhush-hush-hush", "471147"]))
def test_what_is_seen_to_be_clean_at_once(value: Any, known: str) -> None:
    """A value of which a look at its text says that it holds no secret holds none: to look into it changes nothing."""
    scrubber = Scrubber(values=[known] if known else [])
    is_clean = scrubber.is_clean(trace_records.as_json(value))
    assert not is_clean or scrubber.data(value) == value


@settings(max_examples=examples(100))
@given(answer=VALUES, given=VALUES, is_told=st.booleans())
def test_a_look_at_the_whole_hides_as_much(answer: Any, given: Any, *, is_told: bool) -> None:
    """A trace that is looked through as one text is the one of which each value was looked through."""
    scene = empty_scene()
    if is_told:
        teach(scene, "api key header", "hush-hush-hush")
    said(scene, "POST", "/workflows/city/start?runId=r1", {"message": "ok"}, body={"inputData": given})
    said(scene, "GET", RUN, {"runId": "r1", "status": "success", "steps": {"a": {"output": answer}}})
    said(scene, "POST", "/workflows/city/stream?runId=r1", chunks=[json.dumps(answer).encode() + b"\x1e"])
    told = redact_scene(scene, learn_secrets(scene.log))
    lines = [f"{line}\n" for line in trace_records.lines_of(scene, told, {"call": "failed"})]
    text = trace_text(scene, learn_secrets(scene.log), {"call": "failed"})
    assert text.decode() == "".join(lines).encode("utf-8", "backslashreplace").decode()


def test_the_scene_itself_stays() -> None:
    """What is taken out is taken out of copies."""
    scene = empty_scene()
    said(scene, "POST", "/workflows/city/start?runId=r1", {"token": "hush-hush"}, body={"token": "hush-hush"})
    (before,) = [replace(exchange) for exchange in scene.log]
    list(everything_of(scene))
    (after,) = scene.log
    assert (after.chunks, after.request, after.url) == (before.chunks, before.request, URL)
