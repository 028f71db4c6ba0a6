"""What is written is read back: by our own reader, by YAML's, and by vcrpy."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests
import vcr
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from pytest_mastra.cassettes.file.format import CHUNKS_ARE_RECORDS, HEAD, chunk_borders_of, coarse, parse, render
from pytest_mastra.cassettes.file.yaml_reader import read_yaml
from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.http.wire import WireRequest
from tests.cassettes.exchange_factory import JSON, exchange, facts, record
from tests.properties import examples

TEXTS = st.text(max_size=20) | st.text(alphabet=" \t\n\r\"\\'#:-{}[],\x1e\x7f\x85\u2028\ufeff\U0001f600aé", max_size=20)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def jsons(draw: st.DrawFn) -> bytes:
    """JSON in one of the ways to write it, lone surrogates escaped."""
    spacing = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n\t", " : ")]))
    text = json.dumps(draw(VALUES), separators=spacing, ensure_ascii=draw(st.booleans()))
    return text.encode("utf-8", "replace")


BODIES = jsons() | st.binary(max_size=40) | TEXTS.map(lambda text: text.encode("utf-8", "replace"))
RECORDS = st.lists(jsons().map(lambda data: data + b"\x1e"), min_size=1, max_size=4).map(b"".join)
HEADERS = st.dictionaries(st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,9}", fullmatch=True), TEXTS, max_size=3)


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """A body in chunks, cut anywhere."""
    body = draw(RECORDS | BODIES)
    borders = sorted(draw(st.sets(st.integers(1, max(len(body) - 1, 1)), max_size=4)))
    ends = [border for border in borders if border < len(body)] + [len(body)]
    return [body[start:end] for start, end in zip([0, *ends], ends, strict=False) if end > start]


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    """Any exchange, as files hold them."""
    is_stream = draw(st.booleans())
    chunks = draw(streams()) if is_stream else [body for body in [draw(BODIES)] if body]
    headers = [item for name, value in draw(HEADERS).items() for item in [(name, value)] * draw(st.integers(1, 2))]
    return Exchange(
        0,
        "http://mastra.test",
        WireRequest(
            draw(st.sampled_from(["GET", "POST", "M-SEARCH", "no"])),
            "/" + draw(TEXTS | st.just("api/workflows/w?runId=1")),
            draw(HEADERS),
            draw(BODIES),
        ),
        0.0,
        draw(st.integers(0, 599)),
        draw(TEXTS),
        tuple(headers),
        chunks,
        [0.0] * len(chunks),
        is_stream,
        draw(st.sampled_from([Ending.WHOLE, Ending.CUT, Ending.LEFT, Ending.NONE])),
        draw(st.none() | TEXTS),
    )


def as_kept(one: Exchange, number: int) -> dict[str, Any]:
    """Return what a file keeps of an exchange: whole JSON bodies by their meaning."""
    kept = facts(one) | {"number": number}
    kept["asked"] = meaning(one.request.body)
    if len(one.chunks) == 1:
        kept["chunks"] = [meaning(one.chunks[0])]
    return kept


def meaning(body: bytes) -> Any:
    """Return the JSON of a body, with its numbers as they stand; else the body."""
    try:
        return json.loads(body.decode(), parse_int=str, parse_float=str, object_pairs_hook=list)
    except ValueError:
        return body


@settings(max_examples=examples(200))
@given(st.lists(exchanges(), max_size=3))
@example([exchange("/", '["{}", "\ufeff\ufeff\ufeff"]'.format("x" * 80).encode())])
def test_what_is_written_is_read(made: list[Exchange]) -> None:
    """Our reader gives what was written, others find the same, and written again it has the same bytes."""
    text = render(made)
    read = parse(text)
    assert read is not None
    # exact chunks of streams, JSON of whole bodies in its meaning
    assert [as_kept(one, one.number) for one in read] == [as_kept(one, number) for number, one in enumerate(made)]
    # what our reader reads fast, a reader of any YAML reads too
    assert [facts(one) for one in read_yaml(text)] == [facts(one) for one in read]
    plain_yaml_readers_agree(text, read)
    vcrpy_reads_it(text, read)
    assert render(read) == text


def plain_yaml_readers_agree(text: str, read: list[Exchange]) -> None:
    """PyYAML's readers, the one in C and the one in Python, find the same bodies as ours."""
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        told = yaml.load(text, loader)["interactions"]
        assert [as_bytes(one["response"]["body"]["string"]) for one in told] == [one.body for one in read]
        assert [as_bytes(one["request"]["body"]) for one in told] == [one.request.body for one in read]


def vcrpy_reads_it(text: str, read: list[Exchange]) -> None:
    """Plain vcrpy finds each request and each reply with its real content."""
    requests, responses, *_ = deserialize(text, yamlserializer)
    assert [one.method for one in requests] == [one.request.method for one in read]
    assert [as_bytes(one.body) for one in requests] == [one.request.body for one in read]
    assert [one["body"]["string"] for one in responses] == [one.body for one in read]
    assert [one["status"]["code"] for one in responses] == [one.status for one in read]


def as_bytes(content: str | bytes | None) -> bytes:
    return content if isinstance(content, bytes) else (content or "").encode()


@given(streams())
def test_chunks_keep_their_borders(chunks: list[bytes]) -> None:
    """Wherever a stream was cut into chunks, the file says it."""
    made = exchange("/", chunks=chunks, headers=())
    read = parse(render([made]))
    assert read is not None
    if len(chunks) > 1:
        assert read[0].chunks == chunks
    assert read[0].is_stream


@pytest.mark.parametrize(
    ("chunks", "told"),
    [
        ([b"{}\x1e", b"{}\x1e"], CHUNKS_ARE_RECORDS),
        ([b"{}\x1e", b"{}\x1e", b"data: [DONE]\n\n"], CHUNKS_ARE_RECORDS),
        ([b"{}\x1e{}\x1e", b"{}\x1e"], "[2]"),
        ([b"{}\x1e{", b"}\x1e"], "[1+1]"),
        ([b'data: {"a":1}\n\n', b"data: [DONE]\n\n"], "[0+15]"),
        ([b"{}\x1e"], "[]"),
        ([], "[]"),
    ],
)
def test_chunks_are_told_by_records(chunks: list[bytes], told: str) -> None:
    """Borders are places between records, so that they stay where another record becomes longer."""
    assert chunk_borders_of(exchange("/", chunks=chunks)) == told


def test_a_whole_body_has_no_chunks() -> None:
    """Only streams have borders."""
    assert chunk_borders_of(exchange("/", {"a": 1})) is None


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.0, 0), (0.049, 0), (0.06, 0.1), (0.14, 0.1), (0.16, 0.2), (1.4, 1), (3.6, 5), (61, 50), (float("inf"), 0)],
)
def test_pace_is_coarse(seconds: float, told: float) -> None:
    """Seconds are told as one of 1, 2, 5 and their tens; what nobody notices is none."""
    assert coarse(seconds) == told


def test_a_file_looks_like_this() -> None:
    """The layout, for all to see; docs/cassette-files.md describes it."""
    made = [
        exchange(
            "/api/workflows/greet/start-async?runId=r1",
            {"status": "success", "steps": {"a": {"output": [1, 2]}}, "result": {}},
            method="POST",
            sent={"inputData": {"name": "Zoë"}},
            took=0.5,
        ),
        exchange(
            "/api/workflows/greet/stream?runId=r2",
            method="POST",
            chunks=[
                record({"type": "workflow-start", "payload": {"workflowId": "greet"}}),
                record({"type": "workflow-step-result", "payload": {"id": "a", "output": {"text": "x" * 70}}}),
            ],
            headers=(("content-type", "text/plain"), ("set-cookie", "a=1"), ("set-cookie", "b=2")),
            ending=Ending.CUT,
            failure="the connection was reset",
        ),
        exchange("/api/logo", b"\xff\x00" * 4, headers=()),
    ]
    assert render(made) == LAYOUT
    assert JSON in made[0].headers


LAYOUT = (
    HEAD
    + r"""
- request:
    method: POST
    uri: http://localhost:4111/api/workflows/greet/start-async?runId=r1
    headers: {}
    body: |-
      {
        "inputData": {
          "name": "Zo\u00eb"
        }
      }
  response:
    status: {code: 200, message: "OK"}
    headers:
      content-type: ["application/json"]
    body:
      string: |-
        {
          "status": "success",
          "steps": {
            "a": {
              "output": [1, 2]
            }
          },
          "result": {}
        }
      pace: [0.5]
- request:
    method: POST
    uri: http://localhost:4111/api/workflows/greet/stream?runId=r2
    headers: {}
    body: null
  response:
    status: {code: 200, message: "OK"}
    headers:
      content-type: ["text/plain"]
      set-cookie: ["a=1", "b=2"]
    body:
      string: "\
        {\"type\":\"workflow-start\",\"payload\":{\"workflowId\":\"greet\"}}\u001e\
        {\
          \"type\":\"workflow-step-result\",\
          \"payload\":{\
            \"id\":\"a\",\
            \"output\":{\"text\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}\
          }\
        }\u001e"
      chunks: records
  ending: cut
  failure: "the connection was reset"
- request:
    method: GET
    uri: http://localhost:4111/api/logo
    headers: {}
    body: null
  response:
    status: {code: 200, message: "OK"}
    headers: {}
    body:
      string: !!binary | # 8 bytes
        /wD/AP8A/wA=
...
"""
)


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A cassette that somebody changed by hand: a line lost, twice there, or a piece of one replaced."""
    lines = LAYOUT.splitlines(keepends=True)
    place = draw(st.integers(3, len(lines) - 1))
    how = draw(st.sampled_from(["lost", "twice", "swapped", "changed"]))
    if how == "lost":
        del lines[place]
    elif how == "twice":
        lines.insert(place, lines[place])
    elif how == "swapped":
        other = draw(st.integers(3, len(lines) - 1))
        lines[place], lines[other] = lines[other], lines[place]
    else:
        line = lines[place]
        start = draw(st.integers(0, len(line)))
        end = draw(st.integers(start, min(start + 3, len(line))))
        new = draw(st.text(alphabet="\"\\ \t\n:#-[]{},0a+'\x85é&*!|>%@`\r", max_size=3))
        lines[place] = line[:start] + new + line[end:]
    return "".join(lines)


@settings(max_examples=examples(1500))
@given(edited())
def test_no_edit_is_read_in_two_ways(text: str) -> None:
    """What our reader takes for its own, YAML reads the same; anything else is left to YAML."""
    read = parse(text)
    if read is not None:
        assert [facts(one) for one in read_yaml(text)] == [facts(one) for one in read]


def test_vcrpy_replays_it(tmp_path: Path) -> None:
    """Plain vcrpy answers requests from our file: JSON by its meaning, a stream byte by byte."""
    path = tmp_path / "a.yaml"
    events = [record({"n": 1, "text": 'é"\\\n'}), record({"n": 2})]
    sent = {"a": [1, "é"]}
    made = [
        exchange("/a?b=1", {"x": 1}, method="POST", sent=sent),
        exchange("/stream", chunks=events, headers=(("content-type", "text/plain"),)),
        exchange("/logo", b"\xff\x00", status=404, headers=()),
    ]
    for one in made:
        one.url = "http://mastra.test"
    path.write_text(render(made), encoding="utf-8")
    with vcr.use_cassette(str(path), record_mode="none") as cassette:
        answer = requests.post("http://mastra.test/a?b=1", json=sent, timeout=5)
        assert (answer.json(), answer.headers["content-type"]) == ({"x": 1}, "application/json")
        with requests.get("http://mastra.test/stream", stream=True, timeout=5) as answer:
            assert b"".join(answer.iter_content(16)) == b"".join(events)
        answer = requests.get("http://mastra.test/logo", timeout=5)
        assert (answer.status_code, answer.content) == (404, b"\xff\x00")
        assert cassette.all_played


@pytest.mark.parametrize("body", [b"a\n  b\n \n", b' {"a":1}\x1e\t{}\x1e  x\x1e', b" \n \n", b"\\\n\\", b'"\n"'])
def test_space_at_the_beginning_of_a_line_stays(body: bytes) -> None:
    """What YAML would take for indentation is not lost."""
    text = render([exchange("/", chunks=[body[:1], body[1:]])])
    read = parse(text)
    assert read is not None
    assert read[0].body == body
    assert read_yaml(text)[0].body == body


@pytest.mark.parametrize("place", ["OK", "text/plain", "the connection was reset", "workflow-start", "start-async"])
def test_halves_of_characters_are_left_to_yaml(place: str) -> None:
    """JSON makes one character of two escapes, YAML does not; and it is YAML that others read."""
    quoted_uri = re.sub("uri: (.*)", r'uri: "\1"', LAYOUT)
    assert parse(quoted_uri) is not None
    assert parse(quoted_uri.replace(place, "\\ud83d\\ude00", 1)) is None
