"""`mastra_sync` against every fault, on both fronts: no run starts twice, each event comes once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mastra_sync import MalformedRecord, MastraClient, MastraError, OutcomeUnknown, Run, RunResult, RunStream
from pytest_mastra.fake.api.fault_target import Target
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from pytest_mastra.http.verbs import VerbName
from pytest_mastra.http.wire import Surface

Serve = Callable[[Surface], str]
Declare = Callable[[Target], object]

READ_TIMEOUT = 1.0
"""Seconds of real time that tests of stalls wait; any other answer is there sooner, on a loaded machine too."""


class Scene:
    """A fake server with faults in front of it, and a client that shares its clock.

    Its one workflow has two steps.

    Attributes:
        executions: How often each step ran.
    """

    def __init__(self, serve: Serve, **options: Any) -> None:
        self.executions: Counter[str] = Counter()
        self.clock = VirtualClock()
        server = FakeMastra(clock=self.clock)
        self.faults = server.faults
        first = server.step("first", self._step("first"))
        second = server.step("second", self._step("second"))
        server.workflow("two-steps").then(first).then(second).commit()
        self.client = MastraClient(serve(server), clock=self.clock, timeout=(5.0, READ_TIMEOUT), **options)

    def _step(self, name: str) -> Callable[[Any], Any]:
        def run(context: Any) -> Any:
            self.executions[name] += 1
            return {"n": context.input_data["n"] + 1}

        return run

    def run(self) -> Run:
        return self.client.get_workflow("two-steps").create_run()


@pytest.fixture
def scene(serve: Serve) -> Iterator[Scene]:
    made = Scene(serve)
    yield made
    made.client.close()


def start(run: Run) -> RunResult:
    return run.start({"n": 1}).wait(60)


def start_async(run: Run) -> RunResult:
    return run.start_async({"n": 1}, timeout=60)


def stream(run: Run) -> RunResult:
    with run.stream({"n": 1}, idle_timeout=0.05) as events:
        return events.result(60)


STARTS: dict[str, Callable[[Run], RunResult]] = {"start": start, "start_async": start_async, "stream": stream}

ANSWER_LOST: dict[str, Declare] = {
    "reset": lambda on: on.reset(after_effect=True),
    "hang_up": lambda on: on.hang_up(after_effect=True),
    "not_http": lambda on: on.not_http(after_effect=True),
    "status 500": lambda on: on.status(500, after_effect=True),
    "status 502 in HTML": lambda on: on.status(502, html=True, after_effect=True),
    "status 503": lambda on: on.status(503, after_effect=True),
    "status 504": lambda on: on.status(504, after_effect=True),
    "latency": lambda on: on.latency(20),
    "stall": lambda on: on.stall(),
    "cut": lambda on: on.cut(after_bytes=7),
    "cut by a reset": lambda on: on.cut(after_bytes=7, reset=True),
    "stall in the body": lambda on: on.stall(after_bytes=7),
    "drip": lambda on: on.drip(5, seconds=0.01),
    "content type": lambda on: on.content_type("text/html"),
}


@pytest.mark.parametrize("fault", ANSWER_LOST)
@pytest.mark.parametrize("verb", STARTS)
def test_a_start_whose_answer_is_lost(scene: Scene, verb: VerbName, fault: str) -> None:
    """The run is not started again, and its result is had all the same."""
    declared = scene.faults.on(verb)
    if verb == "start_async" and "stall" in fault:
        # a verb that waits for the run's end has no read timeout, so a stall has to end by itself
        declared.stall(seconds=20) if fault == "stall" else declared.stall(after_bytes=7, seconds=20)
    else:
        ANSWER_LOST[fault](declared)
    result = STARTS[verb](scene.run())
    assert (result.status, result.result) == ("success", {"n": 3})
    assert scene.executions == {"first": 1, "second": 1}
    assert scene.faults.unused == ()


REQUEST_LOST: dict[str, Declare] = {
    "reset": lambda on: on.reset(),
    "hang_up": lambda on: on.hang_up(),
    "not_http": lambda on: on.not_http(),
    "status 401": lambda on: on.status(401),
    "status 404": lambda on: on.status(404),
    "status 409": lambda on: on.status(409),
    "status 500": lambda on: on.status(500),
    "status 503 in HTML": lambda on: on.status(503, html=True),
}


@pytest.mark.parametrize("fault", REQUEST_LOST)
@pytest.mark.parametrize("verb", STARTS)
def test_a_start_that_never_arrives(scene: Scene, verb: VerbName, fault: str) -> None:
    """The caller hears of it, and nothing runs, not even by another try."""
    REQUEST_LOST[fault](scene.faults.on(verb))
    with pytest.raises(MastraError):
        STARTS[verb](scene.run())
    assert scene.executions == {}
    assert [fault.fired for fault in scene.faults] == [1]


@pytest.mark.parametrize("verb", STARTS)
def test_a_start_that_is_put_off(scene: Scene, verb: VerbName) -> None:
    """A refusal that says when to come again is heeded, on the virtual clock: one start, no sooner."""
    scene.faults.on(verb, nth=[1, 2]).status(429, retry_after=3)
    began = scene.clock.now()
    assert STARTS[verb](scene.run()).status == "success"
    assert scene.executions == {"first": 1, "second": 1}
    assert scene.clock.now() - began >= 6


def test_a_start_that_arrives_late(scene: Scene) -> None:
    """A request that takes effect only after its client has given up runs once."""
    scene.faults.on("start").latency(20, after_effect=False)
    run = scene.run()
    try:
        run.start({"n": 1})
    except OutcomeUnknown:
        assert scene.executions in ({}, {"first": 1, "second": 1})
    run.wait(60)
    assert scene.executions == {"first": 1, "second": 1}


READS = {
    "create_run": lambda scene: scene.run(),
    "run_by_id": lambda scene: scene.run().result(),
    "details": lambda scene: scene.client.get_workflow("two-steps").details(),
    "runs": lambda scene: scene.client.get_workflow("two-steps").runs(),
    "list_workflows": lambda scene: scene.client.list_workflows(),
}
PASSING: dict[str, Declare] = {
    name: declare
    for name, declare in {**ANSWER_LOST, **REQUEST_LOST, "status 429": lambda on: on.status(429, retry_after=1)}.items()
    if name not in ("status 401", "status 404", "status 409")
}


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("verb", READS)
def test_what_may_be_repeated_is(scene: Scene, verb: VerbName, fault: str) -> None:
    """A request that does nothing twice gets over a fault that passes."""
    PASSING[fault](scene.faults.on(verb, nth=1))
    READS[verb](scene)
    assert scene.faults.unused == ()


def cut(count: int) -> Declare:
    return lambda on: on.cut(after_events=count)


def cut_within(count: int) -> Declare:
    return lambda on: on.cut(after_bytes=count)


def reset(count: int) -> Declare:
    return lambda on: on.cut(after_events=count, reset=True)


def half_record(count: int) -> Declare:
    return lambda on: on.half_record(after_events=count)


def silence(count: int) -> Declare:
    return lambda on: on.stall(after_events=count)


STREAM_FAULTS: dict[str, Declare] = {
    **{f"cut after {count} events": cut(count) for count in range(7)},
    **{f"cut after {count} bytes": cut_within(count) for count in (1, 100, 300, 700)},
    **{f"reset after {count} events": reset(count) for count in (1, 4)},
    **{f"half a record after {count} events": half_record(count) for count in (1, 3, 5)},
    **{f"silence after {count} events": silence(count) for count in (0, 2, 5)},
    "a short silence": lambda on: on.stall(after_events=2, seconds=0.2),
    "drip": lambda on: on.drip(7, seconds=0.01),
    "latency": lambda on: on.latency(0.2),
    "wrong content type": lambda on: on.content_type("application/json"),
}


def take(events: RunStream, taken: list[tuple[str, str | None]]) -> None:
    for event in events:
        taken.append((event.type, event.step_id))  # noqa: PERF401 - what came before an error counts


def events_of(run: Run) -> list[tuple[str, str | None]]:
    taken: list[tuple[str, str | None]] = []
    with run.stream({"n": 1}, idle_timeout=0.05, timeout=60) as events:
        take(events, taken)
    return taken


UNDISTURBED = [
    ("workflow-start", None),
    ("workflow-step-start", "first"),
    ("workflow-step-result", "first"),
    ("workflow-step-start", "second"),
    ("workflow-step-result", "second"),
    ("workflow-finish", None),
]


@pytest.mark.parametrize("fault", STREAM_FAULTS)
def test_each_event_once(scene: Scene, fault: str) -> None:
    """However a stream is disturbed, its events come once each, in order, and the run ran once."""
    STREAM_FAULTS[fault](scene.faults.on("stream"))
    assert events_of(scene.run()) == UNDISTURBED
    assert scene.executions == {"first": 1, "second": 1}
    assert scene.faults.unused == ()


@pytest.mark.parametrize("second", ["cut after 2 events", "cut after 4 events", "reset after 1 events", "drip"])
@pytest.mark.parametrize("first", ["cut after 1 events", "cut after 3 events", "half a record after 5 events"])
def test_each_event_once_through_two_faults(scene: Scene, first: str, second: str) -> None:
    """A stream that is taken up again, and disturbed again, still tells each event once."""
    STREAM_FAULTS[first](scene.faults.on("stream"))
    STREAM_FAULTS[second](scene.faults.on("observe", nth=1))
    assert events_of(scene.run()) == UNDISTURBED
    assert scene.executions == {"first": 1, "second": 1}
    assert scene.faults.unused == ()


def test_garbage_in_a_stream(scene: Scene) -> None:
    """A record that is no JSON is an error, after the events before it; the run is not affected."""
    scene.faults.on("stream").garbage(after_events=2)
    run = scene.run()
    taken: list[tuple[str, str | None]] = []
    with run.stream({"n": 1}, timeout=60) as events, pytest.raises(MalformedRecord):
        take(events, taken)
    assert taken == UNDISTURBED[:2]
    assert run.wait(60).status == "success"
    assert scene.executions == {"first": 1, "second": 1}


def test_a_server_that_says_an_event_twice(scene: Scene) -> None:
    """Equal records are legal, so what a server says twice comes twice; the run ran once."""
    scene.faults.on("stream").double_event(2)
    assert events_of(scene.run()) == [*UNDISTURBED[:2], UNDISTURBED[1], *UNDISTURBED[2:]]
    assert scene.executions == {"first": 1, "second": 1}
