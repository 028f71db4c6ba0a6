"""The runs that a test touched: which there are, and what is known of each."""

from __future__ import annotations

import contextlib
import gzip
from typing import Any

import pytest

from mastra_sync import MastraClient, StreamError
from pytest_mastra.fake import FakeMastra
from pytest_mastra.http.surface_recorder import WatchedSurface
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.run_history.runs import touched_runs, user_properties
from pytest_mastra.suite.scene import Scene
from tests.run_history.acted_scenes import (
    URL,
    acted,
    approval,
    empty_scene,
    kinds,
    one,
    run_event,
    said,
    step_event,
    stream_of,
)

GENERATIONS = ["current", "1.2", "1.0-beta"]
TARGETS = ["fake", "live"]

RUN = "/workflows/city/runs/r1"
DONE = {"runId": "r1", "workflowName": "city", "status": "success", "result": 3, "payload": {"n": 1}, "steps": {}}


STORY = [
    *("start", "start:look", "result:look", "start:ask", "suspended:ask", "finish"),
    *("start", "start:ask", "result:ask", "finish"),
]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_run_that_was_streamed(generation: str, target: str) -> None:
    """Two streams and a replay of both tell each event once; status, result and input are known too."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        approval(server)
        run = client.get_workflow("cityReport").create_run("r1")
        with run.stream({"city": "Oslo"}) as stream:
            list(stream)
        with run.resume_stream({"yes": 1}) as stream:
            list(stream)
        list(run.observe())
        run.result()

    run = one(acted(play, generation=generation, target=target))
    assert (run.workflow_id, run.run_id, run.status, run.input_data) == ("city", "r1", "success", {"city": "Oslo"})
    assert kinds(run) == STORY
    assert run.result is not None
    assert run.result.result == {"ok": True}
    assert run.result.workflow_id == "city"
    verbs = {exchange.number: exchange.call.verb for exchange in run.exchanges}
    brought_by = [verbs[arrival[1]] if arrival else None for arrival in run.arrivals]
    assert brought_by == ["stream"] * 6 + ["resume_stream"] * 4


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_fake_knows_what_nobody_asked(generation: str) -> None:
    """A run that was started and left is known with events, status and steps, though no answer tells of them."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        approval(server)
        client.get_workflow("city").create_run("r1").start({"city": "Oslo"})

    run = one(acted(play, generation=generation))
    assert (run.status, run.input_data) == ("suspended", {"city": "Oslo"})
    assert kinds(run) == ["start:look", "result:look", "start:ask", "suspended:ask"]
    assert run.arrivals == [None] * 4
    assert run.result is not None
    assert run.result.steps["ask"].suspend_payload == {"ask": "ok?"}
    assert run.events[0]["runId"] == "r1"
    assert run.events[0]["payload"]["stepName"] == "look"


def test_a_fake_completes_a_stream_that_was_left() -> None:
    """Events that were read stand where they happened, among those that nobody read."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        approval(server)
        run = client.get_workflow("city").create_run("r1")
        with run.stream({}) as stream:
            next(iter(stream))
            next(iter(stream))
        server.clock.advance(10)
        run.result()

    run = one(acted(play))
    assert kinds(run) == STORY[:5]
    assert [arrival is not None for arrival in run.arrivals] == [True, True, False, False, False]


@pytest.mark.parametrize("target", TARGETS)
def test_a_stream_that_was_cut(target: str) -> None:
    """What a cut stream told is kept, and what came after it is added."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        approval(server)
        server.faults.on("stream").cut(after_events=3)
        run = client.get_workflow("city").create_run("r1")
        with contextlib.suppress(StreamError), run.stream({}, on_gap="raise") as stream:
            list(stream)
        list(run.observe())

    run = one(acted(play, target=target))
    assert kinds(run) == STORY[:6]


def test_equal_events_are_kept_apart() -> None:
    """A step may write the same twice; a replay that says so too adds nothing, also from an offset."""
    out = step_event("output", "a", output=1)
    events = [
        run_event("start"),
        step_event("start", "a"),
        out,
        out,
        out,
        run_event("finish", workflowStatus="success"),
    ]
    scene = empty_scene()
    said(scene, "POST", "/workflows/city/stream?runId=r1", chunks=stream_of(events[:4]))
    said(scene, "POST", "/workflows/city/observe?runId=r1", chunks=stream_of([*events[:5], *events]))
    assert one(scene).events == events


def test_a_second_stream_joins() -> None:
    """`stream` of a run that is streamed already is told all from the beginning, and adds only what is new."""
    events = [run_event("start"), step_event("start", "a"), step_event("result", "a"), run_event("finish")]
    scene = empty_scene()
    for count in (2, 4):
        said(scene, "POST", "/workflows/city/stream?runId=r1", chunks=stream_of(events[:count]))
    assert one(scene).events == events


def test_records_that_are_no_events() -> None:
    """What is no JSON object is kept as its text; the mark at the end of older streams is none."""
    scene = empty_scene()
    chunks = [b'{"type": "x"}\x1e\x1enonsense\x1e[1]\x1e\xff\x1e{"type"', b"data: [DONE]\n\n"]
    said(scene, "POST", "/workflows/city/stream?runId=r1", chunks=chunks)
    assert one(scene).events == [{"type": "x"}, {"raw": "nonsense"}, {"raw": "[1]"}, {"raw": "\ufffd"}]


def test_a_stream_that_was_compressed() -> None:
    """Content coding is undone, also of a stream that was cut."""
    data = gzip.compress(b"".join(stream_of([run_event("start"), step_event("start", "a")])))
    scene = empty_scene()
    headers = [("Content-Encoding", "gzip")]
    said(scene, "POST", "/workflows/city/stream?runId=r1", chunks=[data[:30], data[30:-8]], headers=headers)
    assert kinds(one(scene)) == ["start", "start:a"]


def test_runs_in_the_order_in_which_they_were_named() -> None:
    """A run stands where it was first named; lists, counts and details touch none."""
    scene = empty_scene()
    said(scene, "GET", "/workflows", {"city": {"name": "city"}})
    said(scene, "GET", "/workflows/city/runs?page=0&perPage=10", {"runs": [{**DONE, "runId": "r9"}], "total": 1})
    said(scene, "GET", "/workflows/run-counts", {"city": {"running": 1}})
    said(scene, "POST", "/workflows/city/create-run?runId=r2", {"runId": "r2"})
    said(scene, "GET", RUN, DONE)
    said(scene, "POST", "/workflows/city/start?runId=r2", {"message": "Workflow run started"})
    said(scene, "GET", "/elsewhere/runs/r3", {})
    assert [(run.run_id, run.status, len(run.exchanges)) for run in touched_runs(scene)] == [
        ("r2", "running", 2),
        ("r1", "success", 1),
    ]


def test_the_id_that_a_server_made_up() -> None:
    """A run that was named by no request is named by the answer."""
    scene = empty_scene()
    said(scene, "POST", "/workflows/city/create-run", {"runId": "made"})
    said(scene, "POST", "/workflows/city/start-async", {"status": "success", "runId": "made", "steps": {}})
    said(scene, "POST", "/workflows/city/start-async", {"status": "success", "steps": {}})
    (run,) = touched_runs(scene)
    assert (run.run_id, run.status, len(run.exchanges)) == ("made", "success", 2)


def test_one_run_under_two_names_of_its_workflow() -> None:
    """A registered key and the id mean the same workflow, wherever an answer says so."""
    scene = empty_scene()
    said(scene, "POST", "/workflows/cityReport/create-run?runId=r1", {"runId": "r1"})
    said(scene, "GET", "/workflows", {"cityReport": {"name": "city"}, "odd": 3})
    said(scene, "GET", RUN, DONE)
    assert [(run.workflow_id, len(run.exchanges)) for run in touched_runs(scene)] == [("city", 2)]


def test_a_fake_knows_its_workflows() -> None:
    """A fake's workflow has its id, though no answer tells it."""
    server = FakeMastra()
    server.workflow("city", key="cityReport").returns(1)
    scene = Scene("t", "fake", URL, servers=[server])
    surface = WatchedSurface(server, scene.log, URL, server.clock.now)
    surface.handle(WireRequest("POST", "/api/workflows/cityReport/create-run?runId=r1"))
    run = one(scene)
    assert (run.workflow_id, run.status) == ("city", "pending")


def test_the_same_id_under_two_workflows() -> None:
    """A run id is unique within its workflow only."""
    scene = empty_scene()
    said(scene, "GET", RUN, DONE)
    said(scene, "GET", "/workflows/other/runs/r1", {**DONE, "workflowName": "other", "status": "failed"})
    assert [(run.workflow_id, run.status) for run in touched_runs(scene)] == [("city", "success"), ("other", "failed")]


def test_two_fakes_that_make_up_the_same_ids() -> None:
    """Each fake's run is told by that fake."""
    servers = [FakeMastra(), FakeMastra()]
    scene = Scene("t", "fake", URL, servers=servers)
    for number, server in enumerate(servers):
        server.workflow("city").returns(number)
        front = f"http://fake{number}.test"
        surface = WatchedSurface(server, scene.log, front, server.clock.now)
        body = b'{"inputData": {}}'
        surface.handle(
            WireRequest("POST", "/api/workflows/city/start-async", {"content-type": "application/json"}, body)
        )
    runs = touched_runs(scene)
    assert [run.result.result if run.result is not None else None for run in runs] == [0, 1]
    assert runs[0].run_id == runs[1].run_id


@pytest.mark.parametrize(
    ("said_of_it", "status"),
    [
        ([("POST", "/workflows/city/create-run?runId=r1", {"runId": "r1"})], "pending"),
        ([("POST", "/workflows/city/start?runId=r1", {"message": ""})], "running"),
        ([("POST", "/workflows/city/resume-no-wait?runId=r1", {"runId": "r1"})], "running"),
        ([("GET", RUN, DONE), ("POST", "/workflows/city/create-run?runId=r1", {"runId": "r1"})], "success"),
        ([("GET", RUN, DONE), ("POST", f"{RUN}/cancel", {"message": ""})], "canceled"),
        ([("GET", RUN, DONE), ("DELETE", RUN, {"message": ""})], "success"),
        ([("GET", RUN, {"runId": "r1", "snapshot": {"status": "waiting", "context": {}}})], "waiting"),
        ([("GET", RUN, {"runId": "r1", "snapshot": '{"status": "waiting", "context": {}}'})], "waiting"),
        ([("GET", f"{RUN}/execution-result", {"status": "failed", "steps": {}})], "failed"),
        ([("GET", RUN, {"status": 7})], "unknown"),
        ([("GET", RUN, b"<html>")], "unknown"),
        ([("GET", RUN, None)], "unknown"),
    ],
)
def test_what_answers_say_of_the_status(said_of_it: list[Any], status: str) -> None:
    """The last answer that tells a status counts."""
    scene = empty_scene()
    for number, parts in enumerate(said_of_it):
        said(scene, *parts, at=number)
    assert one(scene).status == status


def test_a_run_that_there_is_not() -> None:
    """A run of which every answer says that there is none is told as that."""
    scene = empty_scene()
    said(scene, "GET", RUN, {"error": "Workflow run not found"}, status=404)
    assert one(scene).status == "not found"


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([run_event("start"), step_event("start", "a")], "running"),
        ([run_event("start"), run_event("finish", workflowStatus="failed", metadata={})], "failed"),
        ([run_event("finish", workflowStatus="failed", metadata={"errorMessage": "Invalid input data"})], "pending"),
        ([run_event("finish", workflowStatus=["odd"])], "pending"),
    ],
)
def test_what_streams_say_of_the_status(events: list[Any], status: str) -> None:
    """A stream's finish tells the status, unless it speaks of the request; without one the run was still going."""
    scene = empty_scene()
    said(scene, "POST", "/workflows/city/create-run?runId=r1", {"runId": "r1"})
    said(scene, "POST", "/workflows/city/stream?runId=r1", chunks=stream_of(events), at=1)
    assert one(scene).status == status


def test_the_answer_that_came_last_counts() -> None:
    """A request that was sent first and answered last tells how the run ended."""
    scene = empty_scene()
    slow = said(scene, "POST", "/workflows/city/start-async?runId=r1", {**DONE, "status": "failed"})
    said(scene, "GET", RUN, {**DONE, "status": "running"}, at=1)
    slow.arrivals = [60.0]
    assert one(scene).status == "failed"


def test_a_poll_for_a_part_completes_the_whole() -> None:
    """What an answer in part tells is put into the last whole one, which has the steps."""
    scene = empty_scene()
    steps = {"a": {"status": "success", "output": 1, "startedAt": 1, "endedAt": 2}}
    said(scene, "GET", RUN, {**DONE, "status": "running", "steps": steps, "result": None})
    said(scene, "GET", f"{RUN}?fields=result", {"runId": "r1", "status": "success", "result": 3}, at=1)
    run = one(scene)
    assert run.result is not None
    assert (run.status, run.result.status, run.result.result) == ("success", "success", 3)
    assert run.result.steps["a"].output == 1


def test_another_answers_graph_tells_an_input_from_a_step() -> None:
    """An input that looks like a step's report is no step, if any answer had the graph."""
    scene = empty_scene()
    graph = [{"type": "step", "step": {"id": "store"}}]
    said(scene, "GET", RUN, {**DONE, "status": "pending", "steps": {}, "serializedStepGraph": graph})
    report = {"status": "success", "output": 1, "startedAt": 1, "endedAt": 2}
    answer = {"status": "success", "result": 1, "steps": {"input": report, "store": report}, "input": report}
    said(scene, "POST", "/workflows/city/start-async?runId=r1", answer, at=1)
    result = one(scene).result
    assert result is not None
    assert (list(result.steps), result.input_data) == (["store"], report)


def test_a_stream_goes_on_from_an_answer() -> None:
    """What a stream told after the last answer is part of the result: steps, status, error."""
    scene = empty_scene()
    asked = {"status": "suspended", "suspendPayload": {"ask": 1}, "startedAt": 1, "suspendedAt": 2}
    said(scene, "GET", RUN, {**DONE, "status": "suspended", "suspendedPaths": {"ask": [0]}, "steps": {"ask": asked}})
    events = [
        step_event("start", "ask", status="running", startedAt=1, resumedAt=5),
        step_event("result", "ask", status="success", output=7, startedAt=1, resumedAt=5, endedAt=6),
        step_event("start", "pay", status="running", startedAt=6),
        step_event("result", "pay", status="failed", error={"message": "no"}, startedAt=6, endedAt=7),
        run_event("finish", workflowStatus="failed", metadata={}),
    ]
    said(scene, "POST", "/workflows/city/resume-stream?runId=r1", chunks=stream_of(events), at=1)
    result = one(scene).result
    assert result is not None
    assert (result.status, str(result.error), result.suspensions, result.result) == ("failed", "no", [], None)
    assert [(name, step.status, step.output) for name, step in result.steps.items()] == [
        ("ask", "success", 7),
        ("pay", "failed", None),
    ]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_run_that_only_a_stream_tells_of(generation: str) -> None:
    """Without any answer the result is what the stream told."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        approval(server)
        with client.get_workflow("city").get_run("r1").stream({"city": "Oslo"}) as stream:
            list(stream)

    result = one(acted(play, generation=generation, target="live")).result
    assert result is not None
    assert (result.status, result.workflow_id, list(result.steps)) == ("suspended", "city", ["look", "ask"])
    assert [(item.step, item.payload) for item in result.suspensions] == [("ask", {"ask": "ok?"})]


def test_a_refused_stream_says_nothing_of_the_run() -> None:
    """A finish that is about the request leaves result and status as the answers before told them."""
    scene = empty_scene()
    said(scene, "GET", RUN, {**DONE, "status": "suspended"})
    refused = run_event("finish", workflowStatus="failed", metadata={"errorMessage": "was not suspended"})
    said(scene, "POST", "/workflows/city/resume-stream?runId=r1", chunks=stream_of([run_event("start"), refused]), at=1)
    run = one(scene)
    assert run.result is not None
    assert (run.status, run.result.status) == ("suspended", "suspended")


def test_a_failure_that_was_overcome() -> None:
    """A step that failed and then, the run sent back in time, succeeded leaves no error."""
    failed = step_event("result", "a", status="failed", error={"message": "no"}, startedAt=1, endedAt=2)
    done = step_event("result", "a", status="success", output=1, startedAt=3, endedAt=4)
    ends = [run_event("finish", workflowStatus=status, metadata={}) for status in ("failed", "success")]
    scene = empty_scene()
    said(scene, "POST", "/workflows/city/stream?runId=r1", chunks=stream_of([failed, ends[0]]))
    said(scene, "POST", "/workflows/city/time-travel-stream?runId=r1", chunks=stream_of([done, ends[1]]), at=1)
    result = one(scene).result
    assert result is not None
    assert (result.status, result.error, result.steps["a"].status) == ("success", None, "success")


def test_what_steps_write_themselves() -> None:
    """What a step wrote is told once and as it was streamed, though streams dress it in several ways."""

    def write(ctx: Any) -> Any:
        ctx.writer.custom({"type": "mine", "payload": {"id": "x"}})
        ctx.writer.custom({"type": "data-mine", "data": {"n": 1}})
        ctx.writer.write("out")
        return {} if ctx.resume_data else ctx.suspend({})

    def play(server: FakeMastra, client: MastraClient) -> None:
        server.workflow("city").then(server.step("a", write)).commit()
        run = client.get_workflow("city").create_run("r1")
        list(run.stream({}))
        list(run.resume_stream({"yes": 1}))

    run = one(acted(play))
    written = [event["type"] for event in run.events if not event["type"].startswith("workflow-st")]
    assert written == ["mine", "data-mine", "workflow-finish"] * 2
    assert None not in run.arrivals


def test_a_replay_changes_nothing_of_what_has_ended() -> None:
    """`observe` tells of the past, and its end may be wrong; an answer that the run has ended counts."""
    scene = empty_scene()
    said(scene, "GET", RUN, {**DONE, "status": "canceled"})
    events = [run_event("start"), step_event("start", "a"), run_event("finish", workflowStatus="success", metadata={})]
    said(scene, "POST", "/workflows/city/observe?runId=r1", chunks=stream_of(events), at=1)
    run = one(scene)
    assert run.result is not None
    assert (run.status, run.result.status, run.result.steps, len(run.events)) == ("canceled", "canceled", {}, 3)


def test_the_last_start_tells_the_input() -> None:
    """A run that was started again has the input of the last start; without a start, what an answer tells."""
    scene = empty_scene()
    for number in (1, 2):
        said(scene, "POST", "/workflows/city/start?runId=r1", {}, body={"inputData": {"n": number}})
    said(scene, "GET", "/workflows/city/runs/r2", {**DONE, "runId": "r2"})
    assert [run.input_data for run in touched_runs(scene)] == [{"n": 2}, {"n": 1}]


def test_what_is_no_account_is_kept() -> None:
    """An answer that cannot be understood gives no result, and stays as it is."""
    scene = empty_scene()
    said(scene, "GET", RUN, {"status": "success", "steps": "none"})
    run = one(scene)
    assert (run.result, run.last_state) == (None, {"status": "success", "steps": "none"})


def test_a_nested_workflow_is_no_run_of_its_own() -> None:
    """A fake's nested run, which no request named, is told by the run around it."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        inner = server.workflow("inner").then(server.step("i", lambda ctx: 1)).commit()
        server.workflow("outer").then(inner).commit()
        client.get_workflow("outer").execute({})

    run = one(acted(play))
    assert run.workflow_id == "outer"
    assert run.result is not None
    assert list(run.result.steps) == ["inner", "inner.i"]


def test_properties() -> None:
    """Reports name each run with its status."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        approval(server)
        client.get_workflow("cityReport").create_run("r1").start_async({})
        client.get_workflow("city").create_run("r2")

    assert user_properties(acted(play)) == [("mastra_run", "city r1 suspended"), ("mastra_run", "city r2 pending")]
    assert user_properties(empty_scene()) == []


def test_properties_hold_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that found its way into a run's id is not told."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "hush-hush")
    scene = empty_scene()
    said(scene, "POST", "/workflows/city/create-run?runId=of-hush-hush-1", {"runId": "of-hush-hush-1"})
    assert user_properties(scene) == [("mastra_run", "city of-***-1 pending")]
