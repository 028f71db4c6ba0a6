"""Streams of events: what they say, how they end, and one loop across suspensions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mastra_sync import (
    InvalidArgument,
    InvalidInput,
    MastraClient,
    Run,
    RunStream,
    RunTimeout,
    StreamEvent,
    Suspension,
    UnsupportedByServer,
)
from tests.live.client.listening_session import Listener
from tests.live.patience import with_growing_deadlines
from tests.live.server import LiveServer


def said(events: Iterable[StreamEvent]) -> list[str]:
    """Return events as short words: `start`, `step-start t1`, ..."""
    return [" ".join(filter(None, (event.type.removeprefix("workflow-"), event.step_id))) for event in events]


ASKED = ["start", "step-start first", "step-result first", "step-start q", "step-suspended q", "finish"]
ANSWERED = ["start", "step-start q", "step-result q", "step-start rest", "step-result rest", "finish"]


# -- what they say


def test_a_stream_tells_a_run_from_start_to_finish(client: MastraClient, live_server: LiveServer) -> None:
    """Each step's start and result come in order; the stream is complete, and the run ran once."""
    run = client.get_workflow("three").create_run()
    with run.stream({"i": 1}) as stream:
        events = list(stream)
        assert said(events) == [
            "start",
            *(f"step-{part} t{n}" for n in (1, 2, 3) for part in ("start", "result")),
            "finish",
        ]
        assert (stream.complete, stream.position, stream.last_event) == (True, 8, events[-1])
        assert stream.result().result == {"c": 3}
    assert {event.run_id for event in events} == {run.run_id}
    assert {event.from_ for event in events} == {"WORKFLOW"}
    assert live_server.executions(run.run_id) == {"t1": 1, "t2": 1, "t3": 1}


def test_events_are_typed(client: MastraClient, generation: str) -> None:
    """Status, output, step, error and usage are there to be asked for; current servers send the result at the end."""
    run = client.get_workflow("failing").create_run()
    *_, failed, finish = run.stream({"kind": "error"})
    step = failed.step
    assert step is not None
    assert (failed.status, step.path, step.status, step.payload) == ("failed", ["boom"], "failed", {"kind": "error"})
    assert str(failed.error).startswith("Error: outer")
    assert step.started_at is not None
    assert step.started_at.tzinfo is not None
    assert (finish.status, finish.error, finish.output) == ("failed", None, None)
    assert finish.usage is not None
    assert finish.usage["totalTokens"] == 0
    *_, finish = client.get_workflow("three").create_run().stream({})
    assert finish.output == ({"c": 3} if generation == "current" else None)


def test_steps_write_into_the_stream(client: MastraClient) -> None:
    """What a step writes comes as it wrote it, custom records under their own types."""
    events = list(client.get_workflow("writer").create_run().stream({"events": 1}))
    written = [event.output for event in events if event.type == "workflow-step-output"]
    assert written[0] == {"index": 0, "filler": ""}
    assert written[1:] == ["plain text", 5, None, [1, 2], {"nested": {"deep": True}}, "naïve 鏡 🎈", "a\x1eb\nc"]
    assert {event.step_id for event in events if event.from_ == "USER"} == {"write"}
    progress, own, bare = [event for event in events if not event.type.startswith("workflow-")]
    assert (progress.type, progress.payload) == ("data-progress", {"percent": 60, "label": "halb fertig \u2013 半分"})
    assert (progress.raw["id"], progress.raw["transient"]) == ("x1", True)
    assert (own.type, own.payload) == ("my-event", {"hello": "wörld"})
    assert (bare.type, bare.step) == ("no-payload", None)


def test_events_come_while_the_run_goes(client: MastraClient, live_server: LiveServer, gate: str) -> None:
    """The first events are there while a later step still stands at its gate, however short they are."""
    stream = client.get_workflow("slow").create_run().stream({"gate": gate})
    first = [next(stream) for _ in range(4)]
    assert said(first) == ["start", "step-start begin", "step-result begin", "step-start wait"]
    live_server.wait_for_gate(gate)
    live_server.open_gate(gate)
    assert said(stream)[-1] == "finish"


def test_large_records_come_whole(client: MastraClient) -> None:
    """A record of a megabyte is one event."""
    events = client.get_workflow("writer").create_run().stream({"events": 2, "bytes": 1_000_000})
    written = [event.output for event in events if event.type == "workflow-step-output"]
    assert [len(output["filler"]) for output in written[:2]] == [1_000_000, 1_000_000]


def test_nested_steps_have_dotted_names(client: MastraClient) -> None:
    """Steps of a nested workflow are told of between its start and its result."""
    events = list(client.get_workflow("nested").create_run().stream({"n": 1}))
    assert said(events)[1:7] == [
        "step-start inner",
        "step-start inner.increment",
        "step-result inner.increment",
        "step-start inner.double",
        "step-result inner.double",
        "step-result inner",
    ]
    assert events[2].step is not None
    assert events[2].step.path == ["inner", "increment"]


def test_each_round_of_a_loop_is_told(client: MastraClient) -> None:
    """The rounds are counted."""
    events = client.get_workflow("dowhile").create_run().stream({"n": 0})
    rounds = [event.step.iteration_count for event in events if event.type == "workflow-step-result" and event.step]
    assert rounds == [1, 2, 3]


def test_progress_of_a_foreach_is_told_by_current_servers(client: MastraClient, generation: str) -> None:
    """Each item's result comes as it is done; older servers tell of what items write only."""
    events = list(client.get_workflow("foreach").create_run().stream([1, 2]))
    progress = [event for event in events if event.type == "workflow-step-progress"]
    written = [event.output for event in events if event.type == "workflow-step-output"]
    told = [("success", 10), ("success", 20)] if generation == "current" else []
    assert [(event.status, event.output) for event in progress] == told
    assert written == [{"item": 1}, {"item": 2}]
    assert [event.step for event in progress] == [None] * len(told)


def test_sleeps_and_pauses_are_told(client: MastraClient, generation: str) -> None:
    """A sleep waits, and `per_step` pauses, under events of their own; 1.0 beta has no pauses."""
    assert "step-waiting" in {text.partition(" ")[0] for text in said(_stream(client, "sleep", {"ms": 1}))}
    if generation == "1.0-beta":
        with pytest.raises(UnsupportedByServer):
            _stream(client, "three", {}, per_step=True)
    else:
        assert said(_stream(client, "three", {}, per_step=True))[-2:] == ["paused", "finish"]


def _stream(client: MastraClient, workflow_id: str, input_data: Any, **options: Any) -> RunStream:
    return client.get_workflow(workflow_id).create_run().stream(input_data, **options)


def test_a_cancel_ends_the_stream(client: MastraClient, live_server: LiveServer, gate: str) -> None:
    """The canceled run's stream says so and is complete."""
    run = client.get_workflow("cancellable").create_run()
    stream = run.stream({"gate": gate})
    live_server.wait_for_gate(gate)
    run.cancel()
    events = list(stream)
    assert said(events)[-2:] == ["canceled", "finish"]
    assert (events[-1].status, stream.result().status) == ("canceled", "canceled")


def test_input_that_is_refused_inside_the_stream(client: MastraClient) -> None:
    """The stream ends at once with the reason, and its result raises it; the run is still pending."""
    run = client.get_workflow("city-workflow").create_run()
    stream = run.stream({"city": 3})
    events = list(stream)
    assert said(events) == ["start", "finish"]
    assert "expected string, received number" in str(events[-1].error)
    with pytest.raises(InvalidInput, match="- city: Invalid input: expected string, received number") as raised:
        stream.result()
    assert raised.value.url == f"{client.base_url}/workflows/city-workflow/stream"
    assert run.result().status == "pending"


# -- how they end


def test_leaving_early_leaves_the_run_alone(client: MastraClient, live_server: LiveServer, gate: str) -> None:
    """A loop that is left closes its connection; the run goes on to its end, once."""
    run = client.get_workflow("slow").create_run()
    with run.stream({"gate": gate}) as stream:
        assert next(stream).type == "workflow-start"
    assert list(stream) == []
    live_server.open_gate(gate)
    assert stream.result().ok
    assert not stream.complete
    assert live_server.executions(run.run_id) == {"begin": 1, "wait": 1, "end": 1}


def test_a_stream_has_a_time_limit(client: MastraClient, live_server: LiveServer, gate: str) -> None:
    """A stream that says nothing more raises at its timeout; the run goes on."""

    def cut_short(seconds: float) -> RunStream | None:
        stream = client.get_workflow("slow").create_run().stream({"gate": gate}, timeout=seconds)
        with pytest.raises(RunTimeout, match=stream.run_id):
            list(stream)
        return stream if stream.position == 4 else None

    stream = with_growing_deadlines(cut_short)
    live_server.open_gate(gate)
    assert client.get_workflow("slow").get_run(stream.run_id).wait().ok


def test_a_quiet_stream_is_not_a_dead_one(
    heard: MastraClient, listener: Listener, live_server: LiveServer, gate: str
) -> None:
    """Silence far beyond the idle timeout is borne while the run is running; the run is only looked at."""
    run = heard.get_workflow("slow").create_run()
    stream = run.stream({"gate": gate}, idle_timeout=0.05)
    with ThreadPoolExecutor(1) as pool:
        events = pool.submit(list, stream)
        live_server.wait_for_gate(gate)
        # six looks are six periods of silence
        listener.wait_for(len(listener.sent) + 6)
        live_server.open_gate(gate)
        assert said(events.result())[-1] == "finish"


# -- across suspensions


def test_a_stream_ends_at_a_suspension(client: MastraClient) -> None:
    """By default the stream is complete when the run asks; a resume has a stream of its own."""
    run = client.get_workflow("asker").create_run()
    stream = run.stream({"n": 1})
    assert said(stream) == ASKED
    assert (stream.complete, stream.result().suspended) == (True, [["q"]])
    assert said(run.resume_stream({"answer": "a"})) == ANSWERED
    assert run.result().result == {"rest": "a"}


def test_a_handler_answers_within_the_loop(client: MastraClient, live_server: LiveServer) -> None:
    """`on_suspend` gets what the run waits for; its answer goes in and the same loop goes on."""
    asked: list[Suspension] = []

    def answer(suspension: Suspension) -> dict[str, str]:
        asked.append(suspension)
        return {"answer": f"to {suspension.payload['ask']}"}

    run = client.get_workflow("asker").create_run()
    stream = run.stream({}, on_suspend=answer)
    assert said(stream) == ASKED + ANSWERED
    assert stream.result().result == {"rest": "to q?"}
    assert [suspension.path for suspension in asked] == [["q"]]
    assert live_server.executions(run.run_id) == {"first": 1, "q": 2, "rest": 1}


@pytest.mark.parametrize(
    ("workflow_id", "input_data", "answers", "result"),
    [
        ("ask-twice", {}, [{"answer": "a"}, {"answer": "b"}], {"first": "a", "second": "b"}),
        ("parallel-ask", {}, [{"answer": "a"}, {"answer": "b"}], {"p1": "a", "p2": "b"}),
        ("deep-ask", {}, [{"answer": "a"}], {"after": "a"}),
        ("dotted", {}, [{"answer": "a"}], {"end": "a"}),
        ("foreach-suspend-one", [1, 2], [{"add": 10}, {"add": 20}], [11, 22]),
    ],
)
def test_a_handler_answers_every_kind_of_suspension(
    client: MastraClient, workflow_id: str, input_data: Any, answers: list[Any], result: Any
) -> None:
    """One loop goes through all the questions of a run."""
    left = iter(answers)
    stream = _stream(client, workflow_id, input_data, on_suspend=lambda _suspension: next(left))
    assert stream.result().result == result
    assert list(left) == []


@pytest.mark.parametrize("begin", ["resume_stream", "time_travel_stream"])
def test_a_handler_goes_with_every_stream(client: MastraClient, begin: str) -> None:
    """Streams of resumed and travelling runs take it too."""
    run = client.get_workflow("ask-twice").create_run()
    run.start_async({})
    streams: dict[str, Callable[..., RunStream]] = {
        "resume_stream": lambda **options: run.resume_stream({"answer": "a"}, **options),
        "time_travel_stream": lambda **options: run.time_travel_stream("q", {}, **options),
    }
    stream = streams[begin](on_suspend=lambda suspension: {"answer": suspension.payload["ask"]})
    first = "a" if begin == "resume_stream" else "first?"
    assert stream.result().result == {"first": first, "second": "second?"}


def test_a_handler_may_leave_the_run_suspended(client: MastraClient, live_server: LiveServer) -> None:
    """None is no answer: the loop ends where it would have ended without a handler."""
    run = client.get_workflow("asker").create_run()
    stream = run.stream({}, on_suspend=lambda _suspension: None)
    assert said(stream) == ASKED
    assert stream.result().status == "suspended"
    assert live_server.executions(run.run_id) == {"first": 1, "q": 1}


def test_a_stream_can_stay_open_while_the_run_is_suspended(
    heard: MastraClient, listener: Listener, live_server: LiveServer
) -> None:
    """With `close_on_suspend=False` the stream waits for whoever answers, however long, and tells the rest."""
    run = heard.get_workflow("asker").create_run()
    suspended = threading.Event()

    def read(stream: RunStream) -> list[StreamEvent]:
        events = []
        for event in stream:
            events.append(event)
            if event.type == "workflow-step-suspended":
                suspended.set()
        return events

    stream = run.stream({}, close_on_suspend=False, idle_timeout=0.05)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read, stream)
        assert suspended.wait(30)
        # ten looks are ten periods of silence
        listener.wait_for(len(listener.sent) + 10)
        assert _elsewhere(live_server, run).resume_async({"answer": "a"}).ok
        events = reading.result()
    assert said(events) == ASKED[:-1] + ANSWERED[1:]
    assert not [request for request in listener.sent if str(request.url).partition("?")[0].endswith("/observe")]
    assert stream.result().result == {"rest": "a"}


def _elsewhere(live_server: LiveServer, run: Run) -> Run:
    """Return a handle on a run as another process would have it."""
    return MastraClient(live_server.base_url, token="").get_workflow(run.workflow_id).get_run(run.run_id)


def test_an_open_stream_takes_no_handler(client: MastraClient, live_server: LiveServer) -> None:
    """The handler would never be asked, so the two are refused together, before anything runs."""
    run = client.get_workflow("asker").create_run()
    with pytest.raises(InvalidArgument, match="close_on_suspend: on_suspend answers once the stream has closed"):
        run.stream({}, close_on_suspend=False, on_suspend=lambda _suspension: {"answer": "a"})
    assert live_server.executions(run.run_id) == {}
