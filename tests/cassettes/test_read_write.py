"""Cassette files: read and written whole, and left alone where nothing changed."""

from __future__ import annotations

import gzip
import json
import os
import stat
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from vcr.request import Request
from vcr.serialize import deserialize, serialize
from vcr.serializers import yamlserializer

from pytest_mastra.cassettes.file.read_write import read_cassette, write_cassette
from pytest_mastra.http.content_coding import UnknownCoding
from pytest_mastra.http.exchanges import Ending, Exchange
from tests.cassettes.exchange_factory import DATE, JSON, LIVE, NOON, RUN, exchange, facts, record

FIRST = "00000000-0000-4000-8000-000000000001"
BASE = 1767225600000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassettes" / "a.yaml"


def kept(path: Path, *made: Exchange) -> list[Exchange]:
    """Return what a file keeps of exchanges."""
    write_cassette(path, made)
    return read_cassette(path).exchanges


def test_a_stream_keeps_everything(path: Path) -> None:
    """Borders, pace, ending and failure are there again; ids and times are others."""
    chunks = [
        record({"type": "workflow-start", "runId": RUN}),
        record({"type": "workflow-step-start", "payload": {"id": "a", "startedAt": NOON}})[:-9],
        b'"late":1}}\x1e{"type":"wo',
    ]
    made = exchange(
        f"/api/workflows/w/stream?runId={RUN}",
        method="POST",
        sent={"inputData": 1},
        chunks=chunks,
        headers=(("content-type", "text/plain"),),
        ending=Ending.CUT,
        failure=f"{LIVE} went away",
    )
    made.arrivals = [0.1, 0.1, 2.1]
    (read,) = kept(path, made)
    assert facts(read) == facts(made) | {
        "url": "http://mastra.test",
        "target": f"/api/workflows/w/stream?runId={FIRST}",
        "asked": b'{\n  "inputData": 1\n}',
        "chunks": [
            chunks[0].replace(RUN.encode(), FIRST.encode()),
            chunks[1].replace(str(NOON).encode(), str(BASE).encode()),
            chunks[2],
        ],
        "failure": "http://mastra.test went away",
    }


def test_what_changes_by_itself_is_dropped(path: Path) -> None:
    """Nothing of the connection, of the clock and of the client's version is kept."""
    (read,) = kept(
        path,
        exchange(
            "/a",
            {"a": 1},
            asked_headers={
                "Host": "x", "User-Agent": "python-requests/2", "Accept": "*/*", "Accept-Encoding": "gzip",
                "Connection": "keep-alive", "Content-Length": "2", "traceparent": "00-1", "X-Mine": "1",
            },
            headers=(
                DATE, ("Server", "node"), ("Connection", "keep-alive"), ("Keep-Alive", "timeout=5"),
                ("Transfer-Encoding", "chunked"), ("Content-Length", "8"), JSON, ("X-Theirs", "1"),
            ),
        ),
    )  # fmt: skip
    assert read.request.headers == {"X-Mine": "1"}
    assert read.headers == (JSON, ("X-Theirs", "1"))


def test_a_coded_stream_is_kept_decoded(path: Path) -> None:
    """A compressed stream stands in plain text, each record in the chunk in which it came."""
    import zlib

    packer = zlib.compressobj(wbits=31)
    records = [record({"n": number}) for number in range(3)]
    chunks = [packer.compress(one) + packer.flush(zlib.Z_SYNC_FLUSH) for one in records] + [packer.flush()]
    (read,) = kept(path, exchange("/a", chunks=chunks, headers=(("Content-Encoding", "gzip"),)))
    assert read.chunks == records
    assert read.headers == ()


def test_an_unknown_coding_is_refused(path: Path) -> None:
    """Nobody knows what secrets are in it."""
    with pytest.raises(UnknownCoding) as caught:
        write_cassette(path, [exchange("/a", b"xyz", headers=(("Content-Encoding", "rot13"),))])
    assert str(caught.value) == (
        "a body is coded as 'rot13', which cannot be decoded here: install what urllib3 needs for it, or have it sent "
        "without coding (header 'Accept-Encoding: identity')"
    )
    assert not path.exists()


@pytest.mark.parametrize("body", [b"", b"plain", b"a\nb\n", b"\xff\x00", b" {}", b'"text"', b"null", b"\xef\xbb\xbf{}"])
def test_bodies_of_all_kinds(path: Path, body: bytes) -> None:
    """What is no JSON object keeps its bytes."""
    (read,) = kept(path, exchange("/a", body, method="POST", sent=body))
    assert read.body.strip() == body.strip()
    assert read.request.body.strip() == body.strip()


def test_no_reply_at_all(path: Path) -> None:
    """A server that could not be reached is recorded as such."""
    (read,) = kept(path, exchange("/a", b"", status=0, headers=(), ending=Ending.NONE, failure="refused"))
    assert (read.status, read.chunks, read.ending, read.failure) == (0, [], Ending.NONE, "refused")


def test_nothing_is_a_cassette_too(path: Path) -> None:
    """No exchanges make a file that can be read."""
    assert kept(path) == []
    assert deserialize(path.read_text(), yamlserializer) == ([], [])


def test_a_reader_who_is_open_has_left(path: Path) -> None:
    """A reply that nobody read to its end is recorded as left."""
    (read,) = kept(path, exchange("/a", {}, ending=Ending.OPEN))
    assert read.ending is Ending.LEFT


def test_the_file_is_utf_8_with_unix_lines(path: Path) -> None:
    """On every system; what stands for a line break in YAML is escaped."""
    kept(path, exchange("/a", {"é": "\u2028"}, method="POST", sent={"a": "\r"}))
    data = path.read_bytes()
    assert b"\r" not in data
    assert "\u2028" not in data.decode("utf-8")
    assert data.endswith(b"\n...\n")


def test_writing_says_whether_something_changed(path: Path) -> None:
    """The same again leaves the file alone, even its time."""
    assert write_cassette(path, [exchange("/a", {"a": 1})])
    os.utime(path, ns=(1, 1))
    assert not write_cassette(path, [exchange("/a", {"a": 1})])
    assert path.stat().st_mtime_ns == 1
    assert write_cassette(path, [exchange("/a", {"a": 2})])


def test_writing_what_was_read_changes_nothing(path: Path, tmp_path: Path) -> None:
    """Also into another file: ids, times and order are those of a recording."""
    made = [
        exchange("/api/workflows/w/create-run", {"runId": RUN}, method="POST", headers=(JSON, DATE)),
        exchange(f"/api/workflows/w/runs/{RUN}", {"startedAt": NOON, "at": "2026-11-23T12:00:01.250Z"}, began=3.0),
    ]
    read = kept(path, *made)
    assert not write_cassette(path, read)
    write_cassette(tmp_path / "b.yaml", read)
    assert (tmp_path / "b.yaml").read_bytes() == path.read_bytes()


def test_the_exchanges_are_not_changed(path: Path) -> None:
    """Reports still say what was really said."""
    made = exchange(f"/api/workflows/w/runs/{RUN}", {"token": "t0p-secret"}, headers=(JSON, DATE))
    before = facts(made)
    kept(path, made)
    assert facts(made) == before


def test_half_a_file_is_never_seen(path: Path) -> None:
    """What goes wrong while writing leaves the old file, and nothing beside it."""
    kept(path, exchange("/a", {"a": 1}))
    before = path.read_bytes()
    full = mock.patch.object(Path, "replace", side_effect=OSError("disk full"))
    with full, pytest.raises(OSError, match="disk full"):
        write_cassette(path, [exchange("/a", {"a": 2})])
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["a.yaml"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_rights_are_those_of_any_file(path: Path) -> None:
    """As `open` would make it; of a file that is there they stay."""
    kept(path, exchange("/a", {}))
    other = path.parent / "other"
    other.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)
    path.chmod(0o640)
    kept(path, exchange("/b", {}))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_vcrpys_own_files_are_read(tmp_path: Path) -> None:
    """As vcrpy records them: glued streams, decoded bodies under a coding, binary bodies, hop-by-hop headers."""
    requests = [
        Request("POST", f"{LIVE}/api/workflows/w/stream?runId=r", b'{"a":1}', {"Content-Type": "application/json"}),
        Request("GET", f"{LIVE}/a", None, {"A": "1"}),
        Request("GET", LIVE, b"\xff\xfe", {}),
    ]
    responses = [
        {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Transfer-Encoding": ["chunked"], "Content-Type": ["text/plain"]},
            "body": {"string": b'{"n":1}\x1e{"n":2}\x1edata: [DONE]\n\n'},
        },
        {
            "status": {"code": 200, "message": None},
            "headers": {"Content-Encoding": ["gzip"], "Set-Cookie": ["a=1", "b=2"], "Content-Length": ["54"]},
            "body": {"string": b'{"plain": true}'},
        },
        {
            "status": {"code": 500, "message": "Oh"},
            "headers": {"Content-Encoding": ["gzip"]},
            "body": {"string": gzip.compress(b"packed", mtime=0)},
        },
    ]
    path = tmp_path / "vcr.yaml"
    path.write_text(serialize({"requests": requests, "responses": responses}, yamlserializer))
    first, second, third = read_cassette(path).exchanges
    assert first.request.target == "/api/workflows/w/stream?runId=r"
    assert first.request.body == b'{"a":1}'
    assert first.request.headers == {"Content-Type": "application/json"}
    assert first.chunks == [b'{"n":1}\x1e', b'{"n":2}\x1e', b"data: [DONE]\n\n"]
    assert first.is_stream
    assert first.headers == (("Content-Type", "text/plain"),)
    assert (second.body, second.reason, second.is_stream) == (b'{"plain": true}', "", False)
    assert second.headers == (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))
    assert (third.body, third.request.body, third.request.target) == (b"packed", b"\xff\xfe", "/")


def test_vcrpys_tags_of_python_are_read(tmp_path: Path) -> None:
    """Older files of vcrpy's hold texts, tuples and files with tags of Python's; they are harmless."""
    path = tmp_path / "vcr.yaml"
    path.write_text(
        "interactions:\n"
        "- request:\n"
        "    body: !!python/object/new:_io.BytesIO\n"
        "      state: !!python/tuple [!!binary YWJj, 0, null]\n"
        "    headers: {A: !!python/tuple [b]}\n"
        "    method: !!python/unicode 'POST'\n"
        "    uri: !!python/str 'http://x/a'\n"
        "  response: {body: {string: !!python/unicode 'x'}, headers: {}, status: {code: 200, message: OK}}\n"
        "version: 1\n"
    )
    (read,) = read_cassette(path).exchanges
    assert (read.request.method, read.request.body, read.request.headers) == ("POST", b"abc", {"A": "b"})


def test_a_file_of_vcrpys_becomes_one_of_ours(tmp_path: Path) -> None:
    """Written anew it has our layout, and says the same."""
    path = tmp_path / "vcr.yaml"
    request = Request("GET", f"{LIVE}/api/workflows/w/runs/{RUN}", None, {})
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Type": ["application/json"]},
        "body": {"string": json.dumps({"status": "success"}).encode()},
    }
    path.write_text(serialize({"requests": [request], "responses": [response]}, yamlserializer))
    assert write_cassette(path, read_cassette(path).exchanges)
    assert path.read_text().startswith("# HTTP interactions in vcrpy's format")
    assert json.loads(read_cassette(path).exchanges[0].body) == {"status": "success"}


def test_both_readers_give_what_a_hand_made_of_ours(path: Path) -> None:
    """A comment, or another order of keys, and the file is still read."""
    before = [facts(one) for one in kept(path, exchange("/a", {"a": [1, 2]}, took=0.5))]
    text = path.read_text()
    path.write_text(text.replace("- request:", "# by hand\n- request:").replace('message: "OK"', "message: OK"))
    assert [facts(one) for one in read_cassette(path).exchanges] == before


def test_requests_of_any(path: Path) -> None:
    """A recording remembers where it was read from."""
    kept(path, exchange("/a", {}))
    recording: Any = read_cassette(str(path))
    assert recording.path == path
