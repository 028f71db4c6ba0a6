"""Observing a run: servers send history twice, or none at all; each event comes once, in order, or its lack is said."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mastra_sync import InvalidArgument, MastraClient, Run, RunNotFound, StreamEvent, StreamInterrupted
from tests.live.http_calls import new_run_id
from tests.live.server import LiveServer


def finished(client: MastraClient) -> tuple[Run, list[StreamEvent]]:
    """Return a run that was streamed to its end, and its events."""
    run = client.get_workflow("three").create_run()
    return run, list(run.stream({}))


def with_equal_records(client: MastraClient) -> tuple[Run, list[StreamEvent]]:
    """Return a run whose step wrote the same value several times."""
    run = client.get_workflow("foreach").create_run()
    return run, list(run.stream([1, 1, 1, 1]))


def suspended(client: MastraClient) -> tuple[Run, list[StreamEvent]]:
    """Return a run that waits for an answer."""
    run = client.get_workflow("ask-twice").create_run()
    return run, list(run.stream({}))


def suspended_again(client: MastraClient) -> tuple[Run, list[StreamEvent]]:
    """Return a run that waits for its second answer."""
    run, events = suspended(client)
    return run, events + list(run.resume_stream({"answer": "a"}))


def resumed_twice(client: MastraClient) -> tuple[Run, list[StreamEvent]]:
    """Return a run that has ended after two answers."""
    run, events = suspended_again(client)
    return run, events + list(run.resume_stream({"answer": "b"}))


def resumed_in_vain(client: MastraClient) -> tuple[Run, list[StreamEvent]]:
    """Return a run with two streams of two records each that look alike, for they were refused alike."""
    run, events = suspended(client)
    for _ in range(2):
        events += list(run.resume_stream({"answer": 5}))
    return run, events + list(run.resume_stream({"answer": "a"}))


def travelled(client: MastraClient) -> tuple[Run, list[StreamEvent]]:
    """Return a run that was sent back in time."""
    run, events = finished(client)
    return run, events + list(run.time_travel_stream("t2", {"a": 5}))


HISTORIES = [finished, with_equal_records, suspended, suspended_again, resumed_twice, resumed_in_vain, travelled]
every_history = pytest.mark.parametrize("make", HISTORIES)


@every_history
def test_an_observer_sees_each_event_once(
    client: MastraClient, make: Callable[[MastraClient], tuple[Run, list[StreamEvent]]]
) -> None:
    """What the run's streams sent comes once, in order, however often it is asked for."""
    run, events = make(client)
    for _ in range(2):
        observer = run.observe()
        assert list(observer) == events
        assert observer.complete


@every_history
def test_an_observer_can_leave_out_the_beginning(
    client: MastraClient, make: Callable[[MastraClient], tuple[Run, list[StreamEvent]]]
) -> None:
    """`offset` counts events from the beginning of the run's history, on every generation."""
    run, events = make(client)
    for offset in (1, 3, len(events) - 1, len(events), len(events) + 5):
        assert list(run.observe(offset)) == events[offset:]


@pytest.mark.parametrize("offset", [0, 1, 4, 6])
def test_an_observer_of_a_running_run_sees_each_event_once(
    client: MastraClient, live_server: LiveServer, gate: str, offset: int
) -> None:
    """History and live stream overlap on the wire; two observers see both without seam, beside the stream itself."""
    run = client.get_workflow("writer").create_run()
    stream = run.stream({"gate": gate})
    # start, step-start and three writes; the step stands at its gate
    events = [next(stream) for _ in range(5)]
    live_server.wait_for_gate(gate)
    with ThreadPoolExecutor(2) as pool:
        observers = [run.observe(offset) for _ in range(2)]
        reading = [pool.submit(list, observer) for observer in observers]
        live_server.open_gate(gate)
        events += stream
        for seen in reading:
            assert seen.result() == events[offset:]
    assert [observer.result().result for observer in observers] == [{"written": 13}] * 2
    assert live_server.executions(run.run_id) == {"write": 1}


def test_an_observer_can_answer(client: MastraClient) -> None:
    """With a handler the loop of an observer goes on into the resumed stream."""
    run, events = suspended(client)
    observer = run.observe(2, on_suspend=lambda suspension: {"answer": suspension.payload["ask"]})
    seen = list(observer)
    assert seen[:2] == events[2:]
    assert [event.type for event in seen[2:]] == [
        "workflow-start",
        "workflow-step-start",
        "workflow-step-suspended",
        "workflow-finish",
        "workflow-start",
        "workflow-step-start",
        "workflow-step-result",
        "workflow-finish",
    ]
    assert observer.result().result == {"first": "first?", "second": "second?"}


# -- runs without a history


def started(client: MastraClient, _gate: str) -> Run:
    """Return a run that has ended and was never streamed."""
    run = client.get_workflow("three").create_run()
    run.start_async({})
    return run


def started_and_suspended(client: MastraClient, _gate: str) -> Run:
    """Return a run that waits for an answer and was never streamed."""
    run = client.get_workflow("asker").create_run()
    run.start_async({})
    return run


def started_and_running(client: MastraClient, gate: str) -> Run:
    """Return a run that is running and was never streamed."""
    return client.get_workflow("slow").create_run().start({"gate": gate})


@pytest.mark.parametrize("make", [started, started_and_suspended, started_and_running])
def test_a_run_that_was_not_streamed_has_no_history(
    hurried_client: MastraClient, gate: str, make: Callable[[MastraClient, str], Run]
) -> None:
    """Servers answer 200 with nothing; that is said, and the run itself is not affected."""
    run = make(hurried_client, gate)
    observer = run.observe()
    with pytest.raises(
        StreamInterrupted, match=f"stream of run {run.run_id} .* holds no events of it: .* no event was seen"
    ):
        list(observer)
    assert (observer.position, observer.complete) == (0, False)


@pytest.mark.parametrize(
    ("make", "status"), [(started, "success"), (started_and_suspended, "suspended"), (started_and_running, "success")]
)
def test_a_run_without_a_history_can_be_followed(
    hurried_client: MastraClient,
    live_server: LiveServer,
    gate: str,
    make: Callable[[MastraClient, str], Run],
    status: str,
) -> None:
    """With `on_gap="follow"` the loop ends, without events, when the run has settled."""
    run = make(hurried_client, gate)
    with ThreadPoolExecutor(1) as pool:
        observer = run.observe(on_gap="follow")
        seen = pool.submit(list, observer)
        live_server.open_gate(gate)
        assert seen.result() == []
    assert observer.result().status == status


def test_a_history_that_nobody_read_to_its_end(
    hurried_client: MastraClient, live_server: LiveServer, generation: str, gate: str
) -> None:
    """Current servers keep what a stream that was left would have sent; older ones do not, and that is said."""
    run = hurried_client.get_workflow("slow").create_run()
    with run.stream({"gate": gate}) as stream:
        events = [next(stream) for _ in range(4)]
    live_server.open_gate(gate)
    run.wait()
    observer = run.observe()
    if generation == "current":
        seen = list(observer)
        assert (seen[:4], seen[-1].type) == (events, "workflow-finish")
    else:
        with pytest.raises(StreamInterrupted):
            list(observer)
        assert list(run.observe(on_gap="follow")) == events[: observer.position]
    assert observer.result().ok


# -- what is refused


def test_an_unknown_run_cannot_be_observed(client: MastraClient) -> None:
    """Nobody made it."""
    with pytest.raises(RunNotFound):
        client.get_workflow("three").get_run(new_run_id()).observe()


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"offset": -1}, "offset"),
        ({"offset": 1.5}, "offset"),
        ({"on_gap": "ignore"}, "on_gap"),
        ({"idle_timeout": 0}, "idle_timeout"),
        ({"timeout": -1}, "timeout"),
    ],
)
def test_an_option_out_of_range_is_refused(client: MastraClient, options: dict[str, Any], argument: str) -> None:
    """Servers count a negative offset from the end and round others; here it is refused before anything is sent."""
    with pytest.raises(InvalidArgument) as caught:
        client.get_workflow("three").get_run("r").observe(**options)
    assert caught.value.argument == argument
