"""Requests without what is another one each time."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_mastra.cassettes.replay.request_key import key_of
from tests.cassettes.record_and_replay import FIRST, OTHER, OWN, SECOND, request_of

START = "/api/workflows/report/start"

LEAVES = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def body(value: Any, **options: Any) -> bytes:
    return json.dumps(value, **options).encode()


def of_context(value: Any) -> str:
    return "/api/workflows?requestContext=" + base64.b64encode(body(value)).decode()


SAME = {
    "another run": (
        request_of("GET", f"/api/workflows/a/runs/{FIRST}"),
        request_of("GET", f"/api/workflows/a/runs/{SECOND}"),
    ),
    "another chosen run": (
        request_of("GET", "/api/workflows/a/runs/one"),
        request_of("GET", "/api/workflows/a/runs/two"),
    ),
    "another prefix": (request_of("GET", "/api/workflows/a"), request_of("GET", "/mastra/v1/workflows/a")),
    "keys in another order": (
        request_of("POST", START, b'{"inputData":{"a":1,"b":2},"c":3}'),
        request_of("POST", START, b'{ "c": 3, "inputData": {"b": 2, "a": 1} }'),
    ),
    "parameters in another order": (
        request_of("GET", "/api/workflows?a=1&b=2"),
        request_of("GET", "/api/workflows?b=2&a=1"),
    ),
    "percent-encoded otherwise": (request_of("GET", "/api/workflows?a=%7E1"), request_of("GET", "/api/workflows?a=~1")),
    "a number written otherwise": (request_of("POST", START, b'{"n":1}'), request_of("POST", START, b'{"n":1.0}')),
    "escaped otherwise": (
        request_of("POST", START, body("é")),
        request_of("POST", START, body("é", ensure_ascii=False)),
    ),
    "another id in it": (
        request_of("POST", START, body({"key": FIRST})),
        request_of("POST", START, body({"key": OWN})),
    ),
    "ids in a text": (request_of("POST", START, body(f"of {FIRST}!")), request_of("POST", START, body(f"of {OWN}!"))),
    "another time": (
        request_of("POST", START, body({"at": "2026-01-01T00:00:00Z"})),
        request_of("POST", START, body({"at": "2027-12-31T23:59:59.123+02:00"})),
    ),
    "another moment": (
        request_of("POST", START, body({"createdAt": 1767225600000})),
        request_of("POST", START, body({"createdAt": 1798761600000})),
    ),
    "a time in the query": (
        request_of("GET", "/api/workflows/a/runs?fromDate=2026-01-01T00%3A00%3A00Z"),
        request_of("GET", "/api/workflows/a/runs?fromDate=2027-01-01T00%3A00%3A00Z"),
    ),
    "an id in a request context": (
        request_of("GET", of_context({"user": FIRST})),
        request_of("GET", of_context({"user": OWN})),
    ),
    "an id in another route": (request_of("GET", f"/api/memory/{FIRST}"), request_of("GET", f"/api/memory/{OWN}")),
}

OTHERWISE = {
    "another method": (request_of("GET", "/api/memory"), request_of("POST", "/api/memory")),
    "headers only": (request_of("GET", "/api/workflows"), request_of("HEAD", "/api/workflows")),
    "another workflow": (request_of("GET", "/api/workflows/a"), request_of("GET", "/api/workflows/b")),
    "another verb": (request_of("POST", START), request_of("POST", f"{START}-async")),
    "another value": (request_of("POST", START, b'{"n":1}'), request_of("POST", START, b'{"n":2}')),
    "true is not one": (request_of("POST", START, b'{"n":1}'), request_of("POST", START, b'{"n":true}')),
    "text is not a number": (request_of("POST", START, b'{"n":1}'), request_of("POST", START, b'{"n":"1"}')),
    "a list in another order": (request_of("POST", START, b"[1,2]"), request_of("POST", START, b"[2,1]")),
    "null is not nothing": (request_of("POST", START, b"null"), request_of("POST", START, b"")),
    "another parameter": (request_of("GET", "/api/workflows?partial=true"), request_of("GET", "/api/workflows")),
    "values of a parameter in another order": (
        request_of("GET", "/api/workflows?a=1&a=2"),
        request_of("GET", "/api/workflows?a=2&a=1"),
    ),
    "another context": (request_of("GET", of_context({"user": "a"})), request_of("GET", of_context({"user": "b"}))),
    "ids placed otherwise": (
        request_of("POST", START, body([FIRST, FIRST])),
        request_of("POST", START, body([FIRST, SECOND])),
    ),
    "the run's own id in it, or another": (
        request_of("POST", f"{START}?runId={FIRST}", body({"of": FIRST})),
        request_of("POST", f"{START}?runId={FIRST}", body({"of": SECOND})),
    ),
    "a date without time": (
        request_of("POST", START, b'{"on":"2026-01-01"}'),
        request_of("POST", START, b'{"on":"2026-01-02"}'),
    ),
    "a duration": (request_of("POST", START, b'{"durationMs":5}'), request_of("POST", START, b'{"durationMs":6}')),
    "no JSON": (request_of("POST", START, b"\xff\x00"), request_of("POST", START, b"\xff\x01")),
}


@pytest.mark.parametrize("case", SAME)
def test_the_same(case: str) -> None:
    """These two ask the same, of whatever their ids stand for."""
    one, other = SAME[case]
    assert key_of(one).question == key_of(other).question
    assert len(key_of(one).ids) == len(key_of(other).ids)


@pytest.mark.parametrize("case", OTHERWISE)
def test_otherwise(case: str) -> None:
    """These two do not."""
    one, other = OTHERWISE[case]
    assert key_of(one).question != key_of(other).question


def test_ids_in_their_order() -> None:
    """The run's id comes first, then the others as they are met; each once, in small letters."""
    request = request_of(
        "POST", f"{START}?resourceId={OTHER}&runId={FIRST.upper()}", body({"a": [OWN, FIRST], "b": OWN})
    )
    assert key_of(request).ids == (FIRST, OTHER, OWN)


def test_what_is_asked_for() -> None:
    """Verb, workflow and run stand in the shape."""
    call = key_of(request_of("GET", f"/api/workflows/report/runs/{FIRST}/execution-result")).call
    assert (call.verb, call.workflow, call.run) == ("run_execution_result", "report", FIRST)


@given(VALUES, st.uuids(version=4), st.uuids(version=4), st.randoms())
def test_any_body_with_other_ids_and_in_another_order(
    value: Any, one: uuid.UUID, other: uuid.UUID, random: Any
) -> None:
    """Whatever else a body holds: other ids and another order of its keys change nothing, another value does."""

    def shuffled(inner: Any) -> Any:
        if isinstance(inner, dict):
            keys = list(inner)
            random.shuffle(keys)
            return {key: shuffled(inner[key]) for key in keys}
        return [shuffled(item) for item in inner] if isinstance(inner, list) else inner

    here = key_of(request_of("POST", f"{START}?runId={one}", body({"inputData": value, "id": str(one)})))
    there = key_of(request_of("POST", f"{START}?runId={other}", body({"id": str(other), "inputData": shuffled(value)})))
    assert here.question == there.question
    assert (here.ids[0], there.ids[0]) == (str(one), str(other))
    changed = key_of(request_of("POST", f"{START}?runId={one}", body({"inputData": [value], "id": str(one)})))
    assert changed.question != here.question


@given(VALUES, VALUES)
def test_other_values_have_other_keys(one: Any, other: Any) -> None:
    """Two values without ids and times have the same key only if they are equal."""
    assume(json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True))
    assert (
        key_of(request_of("POST", START, body(one))).question != key_of(request_of("POST", START, body(other))).question
    )


@given(st.binary(max_size=40), st.text(max_size=20))
def test_nothing_raises(data: bytes, text: str) -> None:
    """Whatever a test sends has a shape."""
    key_of(request_of("POST", f"{START}?{text}", data))
    key_of(request_of("GET", f"/{text}?requestContext={text}", b""))
