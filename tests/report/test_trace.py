"""What a trace holds, its schema, and reading it again."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from pytest_mastra.http.exchanges import Ending
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.report import trace_records
from pytest_mastra.report.redacted import redact_scene
from pytest_mastra.report.timeline import timeline
from pytest_mastra.report.trace_reader import TracedBody, TracedChunk, trace_schema
from pytest_mastra.report.trace_writer import Trace, TraceError, read_trace
from pytest_mastra.run_history.runs import touched_runs
from pytest_mastra.suite.scene import Scene
from tests.properties import examples
from tests.report.test_timeline import JOURNEY, journey
from tests.run_history.acted_scenes import EPOCH, TEST, URL, acted, empty_scene, run_event, said, step_event, stream_of
from tests.run_history.odd_exchanges import scenes

SCHEMA = trace_schema()
CHECK = Draft202012Validator(SCHEMA)
RUN = "/workflows/city/runs/r1"


def lines(scene: Scene, **phases: str) -> list[str]:
    redacted = redact_scene(scene, learn_secrets(scene.log))
    return list(trace_records.lines_of(scene, redacted, phases or {"call": "failed"}))


def written(scene: Scene, folder: Path, **phases: str) -> Path:
    path = folder / "trace.jsonl"
    path.write_bytes("".join(f"{line}\n" for line in lines(scene, **phases)).encode("utf-8", "backslashreplace"))
    return path


def traced(scene: Scene, folder: Path, **phases: str) -> Trace:
    return read_trace(written(scene, folder, **phases))


def test_the_schema_is_one() -> None:
    """The schema file is a JSON Schema."""
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("generation", ["current", "1.2", "1.0-beta"])
@pytest.mark.parametrize("target", ["fake", "live"])
def test_everything_is_there(target: str, generation: str, tmp_path: Path) -> None:
    """Runs, events and exchanges of a whole journey are written by the schema, and read again as they were."""
    scene = acted(journey, generation=generation, target=target)
    for line in lines(scene):
        CHECK.validate(json.loads(line))
    trace = traced(scene, tmp_path, setup="passed", call="failed")
    assert (trace.test, trace.outcome, trace.target, trace.url) == (TEST, "failed", target, URL)
    assert (trace.is_virtual, trace.phases) == (True, {"setup": "passed", "call": "failed"})
    assert {"python", "mastra-sync", "pytest", "requests"} <= trace.versions.keys()
    (run,) = touched_runs(scene)
    (again,) = trace.touched_runs()
    assert (again.workflow_id, again.run_id, again.status, again.input_data) == (
        *(run.workflow_id, run.run_id, run.status),
        run.input_data,
    )
    assert again.result == run.result
    assert again.events == run.events
    assert timeline(again) == timeline(run)
    assert [exchange.number for exchange in trace.exchanges] == list(range(len(scene.log)))


def test_times(tmp_path: Path) -> None:
    """Times are seconds after the first request; records stand in their order, behind the runs."""
    scene = acted(journey)
    trace = traced(scene, tmp_path)
    assert trace.epoch == pytest.approx(EPOCH, abs=0.01)
    stream = next(exchange for exchange in trace.exchanges if exchange.verb == "stream")
    assert stream.reply is not None
    assert [chunk.at for chunk in stream.reply.chunks] == [
        event.at for event in trace.events if event.exchange == stream.number
    ]
    kinds = [json.loads(line) for line in lines(scene)]
    assert [record["record"] for record in kinds[:2]] == ["trace", "run"]
    moments = [record["at"] for record in kinds[2:]]
    assert moments == sorted(moments)
    assert {record["record"] for record in kinds[2:]} == {"event", "exchange"}


def test_an_exchange(tmp_path: Path) -> None:
    """Request and reply are there: headers, bodies as values, and when the reply came."""
    scene = empty_scene()
    answer = {"runId": "r1", "status": "success"}
    headers = [("Content-Type", "application/json")]
    sent = {"inputData": {"é": 1}}
    said(scene, "POST", "/workflows/city/start-async?runId=r1", answer, body=sent, headers=headers)
    (exchange,) = traced(scene, tmp_path).exchanges
    assert (exchange.verb, exchange.workflow, exchange.run_id, exchange.run) == ("start_async", "city", "r1", 0)
    assert (exchange.method, exchange.target, exchange.url) == ("POST", "/api/workflows/city/start-async?runId=r1", URL)
    assert exchange.body == TracedBody(len(json.dumps(sent)), json=sent)
    assert (exchange.at, exchange.ending, exchange.failure) == (0.0, "whole", None)
    reply = exchange.reply
    assert reply is not None
    assert reply.body is not None
    assert (reply.status, reply.headers, reply.is_stream, reply.body.json) == (200, headers, False, answer)
    assert reply.chunks == [TracedChunk(0.1, reply.body.size)]


def test_no_reply(tmp_path: Path) -> None:
    """A request that met no reply says what it met instead, and is of no run if it named none."""
    scene = empty_scene()
    said(scene, "GET", "/workflows", ending=Ending.NONE, failure="ConnectionResetError")
    (exchange,) = traced(scene, tmp_path).exchanges
    assert (exchange.reply, exchange.ending, exchange.failure, exchange.run) == (
        None,
        "none",
        "ConnectionResetError",
        None,
    )
    assert exchange.body is None


BIG = b"x" * (trace_records.LARGEST + 1)


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'{"a": [1, null]}', TracedBody(16, json={"a": [1, None]})),
        (b"null", TracedBody(4)),
        ("Größe".encode(), TracedBody(7, text="Größe")),
        (b"\xff\x00", TracedBody(2, data=b"\xff\x00")),
        (b"a\x00b", TracedBody(3, data=b"a\x00b")),
        (BIG, TracedBody(len(BIG), text="x" * trace_records.LARGEST, is_clipped=True)),
        (b'"' + BIG + b'"', TracedBody(len(BIG) + 2, text='"' + "x" * (trace_records.LARGEST - 1), is_clipped=True)),
        (
            b"x" * (trace_records.LARGEST - 1) + "é".encode(),
            TracedBody(trace_records.LARGEST + 1, text="x" * (trace_records.LARGEST - 1), is_clipped=True),
        ),
    ],
)
def test_bodies(body: bytes, read: TracedBody, tmp_path: Path) -> None:
    """A body is a JSON value, a text or bytes; of a huge one the beginning is kept."""
    scene = empty_scene()
    said(scene, "GET", "/elsewhere", body)
    (exchange,) = traced(scene, tmp_path).exchanges
    assert exchange.reply is not None
    assert exchange.reply.body == read


def test_a_stream_that_was_cut(tmp_path: Path) -> None:
    """A stream's records are values; what came of the one that was cut is there as text."""
    chunks = [*stream_of([run_event("start"), step_event("start", "a")]), b"nonsense\x1e", b'{"type": "wor']
    scene = empty_scene()
    said(scene, "POST", "/workflows/city/stream?runId=r1", chunks=chunks, ending=Ending.CUT, failure="cut")
    trace = traced(scene, tmp_path)
    (exchange,) = trace.exchanges
    assert exchange.reply is not None
    assert exchange.reply.body is not None
    body = exchange.reply.body
    assert body.records == [run_event("start"), step_event("start", "a"), {"raw": "nonsense"}]
    assert (body.rest, body.is_clipped, len(exchange.reply.chunks)) == ('{"type": "wor', False, 4)
    assert [event.at for event in trace.events] == pytest.approx([0.1, 0.2, 0.3])


def test_a_huge_stream_is_clipped(tmp_path: Path) -> None:
    """Of a huge stream the first records are kept with the exchange, and all events with the run."""
    events = [step_event("output", "a", output="x" * 100_000) for _ in range(15)]
    scene = empty_scene()
    said(scene, "POST", "/workflows/city/stream?runId=r1", chunks=stream_of(events))
    trace = traced(scene, tmp_path)
    body = trace.exchanges[0].reply.body if trace.exchanges[0].reply else None
    assert body is not None
    assert body.records is not None
    assert (len(body.records), body.is_clipped, len(trace.events)) == (10, True, 15)


def test_a_huge_value_is_clipped(tmp_path: Path) -> None:
    """A value that takes more room than there is for one stands with its beginning and its size."""
    scene = empty_scene()
    said(scene, "POST", "/workflows/city/start?runId=r1", {}, body={"inputData": BIG.decode()})
    (run,) = traced(scene, tmp_path).runs
    assert run.input_data == {"clipped": '"' + "x" * 1023, "size": len(BIG) + 2}


def test_content_coding(tmp_path: Path) -> None:
    """A body that was compressed is there decoded, with what it took on the wire; one that cannot be, with its size."""
    packed = gzip.compress(b'{"a": 1}')
    scene = empty_scene()
    said(scene, "GET", "/a", packed, headers=[("Content-Encoding", "gzip"), ("X-A", "b")])
    said(scene, "GET", "/b", b"12345", headers=[("Content-Encoding", "unheard-of")])
    one, other = (exchange.reply for exchange in traced(scene, tmp_path).exchanges)
    assert one is not None
    assert other is not None
    assert (one.coding, one.body, one.headers) == ("gzip", TracedBody(8, json={"a": 1}), [("X-A", "b")])
    assert one.chunks[0].size == len(packed)
    assert (other.coding, other.body) == ("unheard-of", TracedBody(5))


def test_numbers_that_are_none() -> None:
    """What is no JSON, though Python reads it, is null."""
    scene = empty_scene()
    said(scene, "GET", RUN, b'{"status": "success", "result": [NaN, -Infinity, 1e999, 2]}')
    for line in lines(scene):
        record = json.loads(line, parse_constant=pytest.fail)
        assert record["record"] != "run" or record["account"]["result"] == [None, None, None, 2]


def test_events_that_nobody_read(tmp_path: Path) -> None:
    """What only the fake knows stands at its own time, without an exchange."""

    def play(server: Any, client: Any) -> None:
        server.workflow("city").sleep(60).then(server.step("a", lambda ctx: 1, duration=5)).commit()
        client.get_workflow("city").create_run("r1").start({})

    trace = traced(acted(play), tmp_path)
    assert [event.exchange for event in trace.events] == [None] * 4
    assert [event.at for event in trace.events] == pytest.approx([0, 60, 60, 65], abs=0.01)


@pytest.mark.parametrize(
    ("phases", "outcome"),
    [
        ({"setup": "passed", "call": "passed", "teardown": "passed"}, "passed"),
        ({"setup": "passed", "call": "failed", "teardown": "failed"}, "failed"),
        ({"setup": "failed"}, "error"),
        ({"setup": "passed", "call": "passed", "teardown": "failed"}, "error"),
        ({"setup": "passed", "call": "skipped", "teardown": "passed"}, "skipped"),
    ],
)
def test_outcomes(phases: dict[str, str], outcome: str) -> None:
    """The outcome is what pytest calls it."""
    assert trace_records.outcome_of(phases) == outcome


@settings(max_examples=examples(40))
@given(scene=scenes())
def test_whatever_was_said_can_be_read_again(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No exchange makes a trace that breaks the schema or cannot be read."""
    path = written(scene, tmp_path_factory.mktemp("traces"))
    for line in path.read_bytes().splitlines():
        CHECK.validate(json.loads(line))
    trace = read_trace(path)
    assert len(trace.exchanges) == len(scene.log)
    assert len(trace.touched_runs()) == len(touched_runs(scene))


# -- broken files

HEADER: dict[str, Any] = {
    "record": "trace",
    "schema": 1,
    "test": "t",
    "outcome": "failed",
    "phases": {},
    "target": "fake",
    "url": "",
    "clock": "virtual",
    "epoch": 0,
    "versions": {},
}
A_RUN: dict[str, Any] = {
    "record": "run",
    "run": 0,
    "workflow": "w",
    "id": "r",
    "status": "success",
    "at": None,
    "input": None,
    "account": None,
    "exchanges": [],
}
AN_EVENT = {"record": "event", "run": 0, "at": None, "exchange": None, "event": {}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "1: the file is empty"),
        (
            b"PK\x03\x04\n",
            "1: not JSON in UTF-8: Expecting value: line 1 column 1 (char 0); pytest --mastra-trace=on writes traces",
        ),
        (b'{"record": "run"}\n', "1: no trace of pytest_mastra: the first line is no header"),
        ([{**HEADER, "schema": 2}], "1: of version 2; this release reads version 1"),
        ([{**HEADER, "epoch": "now"}], "1: $.epoch: 'now' is not of type 'number'"),
        ([HEADER, [1]], "2: no record: an object with a key 'record' is expected"),
        ([HEADER, {**A_RUN, "exchanges": [-1]}], "2: $.exchanges[0]: -1 is less than the minimum of 0"),
        ([HEADER, {**A_RUN, "run": 1}], "2: expected run 0, got run 1"),
        ([HEADER, AN_EVENT], "2: there is no run 0"),
        ([HEADER, A_RUN, HEADER], "3: a second header: are these two traces?"),
        (json.dumps(HEADER).encode(), "1: the line does not end; the file may have been cut here"),
        (json.dumps(HEADER).encode() + b'\n{"rec', "2: the line does not end; the file may have been cut here"),
    ],
)
def test_a_broken_file(content: Any, message: str, tmp_path: Path) -> None:
    """What is wrong is told with its line."""
    path = tmp_path / "t.jsonl"
    data = content if isinstance(content, bytes) else b"".join(json.dumps(item).encode() + b"\n" for item in content)
    path.write_bytes(data)
    with pytest.raises(TraceError) as caught:
        read_trace(path)
    assert str(caught.value) == f"{path}:{message}"


def test_records_of_later_kinds_are_passed_over(tmp_path: Path) -> None:
    """A kind of record that is not known, and keys that are not, do no harm."""
    path = tmp_path / "t.jsonl"
    parts = [{**HEADER, "more": 1}, {"record": "screenshot"}, A_RUN, AN_EVENT]
    path.write_text("".join(json.dumps(part) + "\n" for part in parts), encoding="utf-8")
    trace = read_trace(str(path))
    assert (len(trace.runs), len(trace.events), trace.exchanges) == (1, 1, [])


def test_the_documentation_names_everything() -> None:
    """docs/traces.md tells of each key of the schema, and shows the timeline as it is."""
    text = (Path(__file__).parents[2] / "docs" / "traces.md").read_text(encoding="utf-8")
    for kind in ("trace", "fault", "run", "difference", "event", "exchange"):
        section = text[text.index(f"**`{kind}`**") :].split("\n\n**`")[0]
        keys = set(SCHEMA["$defs"][kind]["properties"]) - {"record"}
        assert {key for key in keys if f"`{key}`" not in section} == set()
    (body,) = (part for part in SCHEMA["$defs"]["body"]["anyOf"] if "properties" in part)
    assert {key for key in body["properties"] if f"`{key}`" not in text} == set()
    assert "\n".join(JOURNEY.splitlines()[1:]) in text
