"""Plain vcrpy and this plugin: each plays what the other recorded, and the cassette is one of vcrpy's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import vcr
from vcr.cassette import Cassette
from vcr.errors import UnhandledHTTPRequestError
from vcr.record_mode import RecordMode
from vcr.request import Request

from pytest_mastra.cassettes import StoryCassette, read_cassette
from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.http.wire import WireReply, WireRequest
from tests.cassettes.counting_server import Live
from tests.cassettes.record_and_replay import (
    FIRST,
    JSON,
    answer_from,
    create,
    move,
    poll,
    recording_of,
    replaying_client,
    serve,
)
from tests.fake.client_outcomes import Scripted
from tests.suites_in_folders import RunSuite

EVENTS = (b'{"type":"one"}\x1e', b'{"type":"two"}\x1e')


@pytest.fixture
def surface() -> Scripted:
    """Whole replies, errors, streams, binary."""

    def answer(request: WireRequest) -> WireReply:
        if request.path == "/stream":
            return WireReply(200, (("content-type", "text/plain"),), iter(EVENTS))
        if request.path == "/binary":
            return WireReply(200, (("content-type", "application/octet-stream"),), bytes(range(256)))
        if request.path == "/error":
            return WireReply(418, (*JSON, ("set-cookie", "a=1"), ("set-cookie", "b=2")), b'{"error":"tea"}')
        return WireReply(200, JSON, request.body or b'{"text":"\xc3\xa9"}')

    return Scripted(answer)


def ask(url: str) -> Iterator[tuple[int, Any, list[str]]]:
    for method, path, body in [
        *(("GET", "/it?a=1&b=2", None), ("POST", "/it", b'{"n": 1}'), ("POST", "/it", "text é".encode())),
        *(("GET", "/stream", None), ("GET", "/binary", None), ("GET", "/error", None)),
    ]:
        # vcrpy compares JSON as JSON only where its type is said
        headers = {"Content-Type": "application/json"} if body and body.startswith(b"{") else {}
        response = requests.request(method, f"{url}{path}", data=body, headers=headers, timeout=30)
        is_json = response.headers["content-type"] == "application/json"
        # cassettes lay JSON out for readers; what a cookie says is a secret
        yield (
            response.status_code,
            _loaded(response.content) if is_json else response.content,
            sorted(response.cookies.keys()),
        )


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body


def test_vcrpy_plays_ours(surface: Scripted, tmp_path: Path) -> None:
    """What we wrote, plain vcrpy reads, finds and answers with: status, body, headers; nothing goes out."""
    cassette = StoryCassette(tmp_path / "ours.yaml", "once")
    with serve(surface) as (url, log):
        live = list(ask(url))
    cassette.add(recording_of(log))
    assert cassette.save() is True
    with vcr.use_cassette(
        str(tmp_path / "ours.yaml"), record_mode="none", match_on=["method", "uri", "body"]
    ) as played:
        assert list(ask("http://mastra.test")) == live
    assert played.all_played
    assert len(surface.requests) == len(live)


@pytest.mark.parametrize("compressed", [False, True])
def test_ours_plays_vcrpys(surface: Scripted, tmp_path: Path, compressed: bool) -> None:  # noqa: FBT001
    """What plain vcrpy recorded, we read and answer with, as the server did."""
    path = tmp_path / "theirs.yaml"
    with OnSocket(surface) as front, vcr.use_cassette(str(path), decode_compressed_response=compressed):
        live = list(ask(front.url))
    recording = read_cassette(path).exchanges
    with answer_from(recording) as (url, replay):
        assert list(ask(url)) == live
    assert replay.playback.unplayed == []
    assert len(surface.requests) == len(live)


def test_a_cassette_of_vcrpys_answers_a_test(run_suite: RunSuite, live: Live, alone: pytest.Pytester) -> None:
    """A test whose cassette was recorded by plain vcrpy is replayed from it."""
    with vcr.use_cassette(str(alone.path / "cassettes/test_suite/test_it.yaml")):
        requests.get(f"{live.url}/api/workflows/report", timeout=30)
    before = live.asked
    run_suite("""
    import pytest

    @pytest.mark.mastra_cassette(record="none")
    def test_it(mastra_client):
        assert mastra_client.get_workflow("report").details().name == "report"
    """).assert_outcomes(passed=1)
    assert live.since(before) == 0


@pytest.mark.parametrize(
    ("mode", "theirs", "protected"),
    [
        ("none", RecordMode.NONE, True),
        ("once", RecordMode.ONCE, True),
        ("new_episodes", RecordMode.NEW_EPISODES, False),
        ("rewrite", RecordMode.ALL, False),
        ("verify", RecordMode.NONE, True),
    ],
)
def test_modes_by_their_names(tmp_path: Path, mode: str, theirs: RecordMode, protected: bool) -> None:  # noqa: FBT001
    """Each record mode is one of vcrpy's, which says whether a file may be written."""
    first = StoryCassette(tmp_path / "it.yaml", "once")
    assert isinstance(first, Cassette)
    first.add([create(FIRST)])
    first.save()
    cassette = StoryCassette.load(path=tmp_path / "it.yaml", mode=mode)
    assert (cassette.record_mode, cassette.write_protected, cassette.rewound) == (theirs, protected, True)


def test_vcrpys_face(tmp_path: Path) -> None:
    """Requests, responses, counts and playing, as code that knows vcrpy's cassette expects them."""
    cassette = StoryCassette(tmp_path / "it.yaml", "new_episodes")
    assert (len(cassette), cassette.all_played, cassette.dirty) == (0, True, False)
    cassette.append(
        Request("GET", "http://mastra.test/api/workflows?a=1", None, {"X": "1"}),
        {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Content-Type": ["text/plain"], "X-One": "1"},
            "body": {"string": "text"},
        },
    )
    assert (len(cassette), cassette.dirty) == (1, True)
    cassette._save()
    assert cassette.dirty is False
    loaded = StoryCassette.load(path=tmp_path / "it.yaml", mode="none")
    (request,) = loaded.requests
    assert (request.method, request.uri) == ("GET", "http://mastra.test/api/workflows?a=1")
    assert loaded.responses[0]["body"] == {"string": b"text"}
    assert request in loaded
    assert loaded.can_play_response_for(request)
    assert loaded.play_count == 0
    response = loaded.play_response(request)
    assert response["status"] == {"code": 200, "message": "OK"}
    assert response["headers"] == {"Content-Type": ["text/plain"], "X-One": ["1"]}
    assert (loaded.play_count, loaded.all_played) == (1, True)
    loaded.rewind()
    assert loaded.play_count == 0
    unknown = Request("GET", "http://mastra.test/api/other", None, {})
    assert unknown not in loaded
    assert not loaded.can_play_response_for(unknown)
    with pytest.raises(UnhandledHTTPRequestError, match="no recorded reply to GET /api/other"):
        loaded.play_response(unknown)
    assert str(loaded) == "<Cassette containing 1 recorded response(s)>"


def test_all_threads_add(tmp_path: Path) -> None:
    """What 8 threads add at once is all there."""
    cassette = StoryCassette(tmp_path / "it.yaml", "once")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: cassette.add([move("start", FIRST, str(number))]), range(500)))
    assert len(cassette) == 500


def test_polls_by_vcrpys_way_too() -> None:
    """A repeated poll through vcrpy's own methods gets the last answer as well."""
    with replaying_client([create(FIRST), move("start", FIRST), poll(FIRST, "success")]) as (client, replay):
        run = client.get_workflow("report").create_run(FIRST)
        assert run.run_id == FIRST
        assert replay.playback.played == 1
