"""The faults of a test in its trace: the rule as it was written, which requests met it, and why none did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mastra_sync import MastraClient, ServerError
from pytest_mastra.fake import FakeMastra
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.report import trace_records
from pytest_mastra.report.redacted import redact_scene
from pytest_mastra.report.trace_faults import TracedFault
from pytest_mastra.report.trace_reader import Trace, read_trace, trace_schema
from pytest_mastra.suite.scene import Scene
from tests.run_history.acted_scenes import acted


def traced(scene: Scene, folder: Path) -> Trace:
    """Return a scene's trace, read again after its records were held against the schema."""
    lines = list(trace_records.lines_of(scene, redact_scene(scene, learn_secrets(scene.log)), {"call": "failed"}))
    for line in lines:
        Draft202012Validator(trace_schema()).validate(json.loads(line))
    path = folder / "trace.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return read_trace(path)


def declare(server: FakeMastra) -> None:
    flow = server.workflow("city").then(server.step("look", lambda ctx: 1, duration=1))
    flow.then(server.step("book", lambda ctx: 2, duration=1)).commit()


def met(trace: Trace) -> list[tuple[str | None, list[str]]]:
    """Return the requests that met faults: verb, and the rules."""
    return [(one.verb, [trace.faults[number].rule for number in one.faults]) for one in trace.exchanges if one.faults]


def test_what_was_written_and_where_it_struck(tmp_path: Path) -> None:
    """Each fault has its rule, its line, how often it came about; the requests that met it name it."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        declare(server)
        server.faults.on("details", nth=2).status(503)
        server.faults.on("details").latency(3)
        server.faults.on("cancel", workflow="city").reset(after_effect=True)
        server.faults.clear()
        server.faults.on("start_async", nth=[1, 3]).status(500)
        workflow = client.get_workflow("city")
        workflow.details()
        with pytest.raises(ServerError):
            workflow.create_run().start_async({})

    trace = traced(acted(play, retries=0), tmp_path)
    first, slow, cancel, start = trace.faults
    assert (first.rule, first.fired) == ("faults.on('details', nth=2).status(503)", 0)
    assert (slow.rule, slow.what, slow.fired) == (
        "faults.on('details').latency(3)",
        "3 s late after it took effect",
        0,
    )
    assert cancel.rule == "faults.on('cancel', workflow='city').reset(after_effect=True)"
    assert cancel.why[0] == "It waited for `cancel` of workflow 'city', and none came."
    assert start == TracedFault(
        "faults.on('start_async', nth=[1, 3]).status(500)", start.place, "status 500 before it took effect", 1
    )
    assert start.place.rpartition(":")[0].endswith("tests/report/test_trace_faults.py")
    assert met(trace) == [("start_async", [start.rule])]


def test_a_fault_within_a_stream(tmp_path: Path) -> None:
    """A stream that is cut after some events has met its fault; one that ended before that has not."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        declare(server)
        server.faults.on("stream", nth=1).cut(after_events=2)
        server.faults.on("stream", nth=2).cut(after_events=500)
        for _ in range(2):
            with client.get_workflow("city").create_run().stream({}) as stream:
                assert [event.type for event in stream][-1] == "workflow-finish"

    trace = traced(acted(play), tmp_path)
    assert [fault.fired for fault in trace.faults] == [1, 0]
    assert met(trace) == [("stream", ["faults.on('stream', nth=1).cut(after_events=2)"])]


def test_faults_of_a_loop_are_one(tmp_path: Path) -> None:
    """What one line declares several times is one fault; latency and another fault may meet one request."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        declare(server)
        server.faults.on("start_async").latency(2)
        for turn in (1, 2):
            server.faults.on("start_async").status(500 + turn)
        with pytest.raises(ServerError):
            client.get_workflow("city").create_run().start_async({})

    trace = traced(acted(play, retries=0), tmp_path)
    assert [(fault.rule, fault.fired) for fault in trace.faults] == [
        ("faults.on('start_async').latency(2)", 1),
        ("faults.on('start_async').status(501)", 1),
        ("faults.on('start_async').status(502)", 0),
    ]
    assert met(trace) == [("start_async", [trace.faults[1].rule, trace.faults[0].rule])]


def test_a_rule_that_does_not_say_what_happens(tmp_path: Path) -> None:
    """It is there too, and says what it lacks; secrets of a rule are not."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        declare(server)
        server.faults.on("details")
        server.faults.on("start").status(401, {"token": "tok-12345678"})
        del client

    refused, unsaid = traced(acted(play), tmp_path).faults
    assert (unsaid.rule, unsaid.what, unsaid.why) == (
        "faults.on('details')",
        "",
        ("This says which requests are meant, and not what happens to them: .status(503), .reset(), ...",),
    )
    assert "tok-12345678" not in refused.rule
    assert "***" in refused.rule


def test_shared_fakes(tmp_path: Path) -> None:
    """Of a fake that several tests share, a test has the faults that its requests met."""
    server = FakeMastra()
    declare(server)
    server.faults.on("details").status(500)
    server.faults.on("cancel").status(500)

    def play(_: FakeMastra, client: MastraClient) -> None:
        with pytest.raises(ServerError):
            client.get_workflow("city").details()

    scene = acted_on(server, play)
    trace = traced(scene, tmp_path)
    assert [(fault.rule, fault.fired) for fault in trace.faults] == [("faults.on('details').status(500)", 1)]


def acted_on(server: FakeMastra, play: Any) -> Scene:
    """Return the scene of a test that only asks a shared fake."""
    from pytest_mastra.fake import InProcess
    from pytest_mastra.http.surface_recorder import WatchedSurface

    scene = Scene("t.py::test_it", "fake", "http://mastra.test", server.clock, shared=[server])
    with (
        InProcess(WatchedSurface(server, scene.log, scene.url, scene.now)) as front,
        MastraClient(front.url, clock=server.clock, retries=0) as client,
    ):
        play(server, client)
    return scene
