"""Streams of real servers that a proxy cuts: each event comes exactly once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mastra_sync import MastraClient, RunStream, StreamInterrupted
from tests.faults.proxy import FaultProxy, cut_after, pass_on_and_set
from tests.faults.wire_server import Action, close, reset
from tests.live.server import LiveServer

BEFORE_GATE = range(0, 700, 70)
"""Where streams are cut whose step waits at a gate after about 800 bytes."""

endings = pytest.mark.parametrize("ending", [reset, close], ids=["reset", "closed"])


def shown(stream: RunStream) -> list[tuple[str, Any]]:
    """Return of each event what is the same in every run."""
    return [(event.type, event.output or event.step_id or event.payload) for event in stream]


@pytest.fixture
def observing(live_server: LiveServer, gate: str) -> Iterator[threading.Event]:
    """Set once a stream has been taken up again; the gate opens then, and not before."""
    event = threading.Event()

    def open_gate() -> None:
        event.wait(60)
        live_server.open_gate(gate)

    opening = threading.Thread(target=open_gate)
    opening.start()
    yield event
    event.set()
    opening.join(60)


@pytest.fixture
def written(client: MastraClient) -> list[tuple[str, Any]]:
    """What `writer` sends, when nothing is cut."""
    return shown(client.get_workflow("writer").create_run().stream({}))


def same(events: list[tuple[str, Any]], expected: list[tuple[str, Any]]) -> bool:
    """Compare, but for the usage and the ids that are new in each run."""
    return [event[0] for event in events] == [event[0] for event in expected] and [
        event for event in events if event[0] == "workflow-step-output"
    ] == [event for event in expected if event[0] == "workflow-step-output"]


@endings
@pytest.mark.parametrize("offset", BEFORE_GATE)
def test_a_live_stream(
    offset: int,
    ending: Action,
    client: MastraClient,
    proxy: FaultProxy,
    live_server: LiveServer,
    gate: str,
    observing: threading.Event,
    written: list[tuple[str, Any]],
) -> None:
    """The run goes on only when the stream was taken up again: what comes before and after comes once."""
    run = client.get_workflow("writer").create_run()
    proxy.arm("POST", "/stream", cut_after(offset, ending))
    proxy.arm("POST", "/observe", pass_on_and_set(observing))
    assert same(shown(run.stream({"gate": gate})), written)
    assert live_server.executions(run.run_id) == {"write": 1}


@pytest.mark.parametrize("offset", range(0, 1600, 200))
def test_a_live_stream_that_is_cut_again(
    offset: int,
    client: MastraClient,
    proxy: FaultProxy,
    gate: str,
    observing: threading.Event,
    written: list[tuple[str, Any]],
) -> None:
    """The replay repeats what it has sent; wherever that is cut, the next one is understood."""
    run = client.get_workflow("writer").create_run()
    proxy.arm("POST", "/stream", cut_after(430, reset))
    proxy.arm("POST", "/observe", cut_after(offset, reset), pass_on_and_set(observing))
    assert same(shown(run.stream({"gate": gate})), written)


@pytest.mark.parametrize("offset", range(0, 900, 90))
def test_a_resumed_stream(
    offset: int, client: MastraClient, proxy: FaultProxy, gate: str, live_server: LiveServer, observing: threading.Event
) -> None:
    """The history begins with another stream of the same run."""
    run = client.get_workflow("ask-slow").create_run()
    assert shown(run.stream({"gate": gate}))[-1][0] == "workflow-finish"
    proxy.arm("POST", "/resume-stream", cut_after(offset, reset))
    proxy.arm("POST", "/observe", pass_on_and_set(observing))
    types = [event for event, _ in shown(run.resume_stream({"answer": "yes"}))]
    steps = ["workflow-step-start", "workflow-step-result"]
    assert types == ["workflow-start", *steps, *steps, *steps, "workflow-finish"]
    assert live_server.executions(run.run_id) == {"q": 2, "wait": 1, "end": 1}


@pytest.mark.parametrize("offset", range(0, 3400, 200))
def test_a_stream_of_a_run_that_does_not_wait(
    offset: int, client: MastraClient, proxy: FaultProxy, live_server: LiveServer, written: list[tuple[str, Any]]
) -> None:
    """Current servers replay all; older ones what they kept, and then the gap is named."""
    run = client.get_workflow("writer").create_run()
    proxy.arm("POST", "/stream", cut_after(offset, reset))
    stream = run.stream({})
    events: list[tuple[str, Any]] = []
    with contextlib.nullcontext() if live_server.generation == "current" else contextlib.suppress(StreamInterrupted):
        events.extend((event.type, event.output or event.step_id or event.payload) for event in stream)
    assert same(events, written[: len(events)])
    assert stream.complete is (len(events) == len(written))
    assert stream.position == len(events)
    assert stream.result().ok


@pytest.mark.parametrize("offset", range(0, 2400, 200))
def test_an_observer(offset: int, client: MastraClient, proxy: FaultProxy, live_server: LiveServer) -> None:
    """Who watches from outside sees both streams of a run, each event once."""
    run = client.get_workflow("asker").create_run()
    expected = shown(run.stream({"n": 1})) + shown(run.resume_stream({"answer": "yes"}))
    proxy.arm("POST", "/observe", cut_after(offset, reset))
    assert same(shown(run.observe()), expected)
