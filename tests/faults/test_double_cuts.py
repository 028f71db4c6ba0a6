"""Recorded streams that are cut, and whose replays are cut as well: at places that hypothesis chooses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.recordings import body, records
from tests.faults.replaying_server import FakeTransport, Memory, NoWatch, cut, events_of, whole, workflow_on
from tests.properties import examples

GENERATIONS = ["current", "1.2", "1.0-beta"]

generations = st.sampled_from(GENERATIONS)
single = st.sampled_from(["writer", "equal", "nested", "parallel"])
offsets = st.lists(st.integers(0, 4000), min_size=1, max_size=4)

many = settings(
    max_examples=examples(150),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    derandomize=True,
)


@pytest.fixture(autouse=True)
def no_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mastra_sync.streaming.IdleWatch", NoWatch)


def memory_of(generation: str, *segments: str, **how: Any) -> Memory:
    return Memory([records(generation, name) for name in segments], end_mark=generation != "current", **how)


@many
@given(generations, single, st.integers(0, 4000), offsets)
def test_a_stream_of_a_run_that_has_finished(generation: str, name: str, first: int, later: list[int]) -> None:
    """However often the replay of a finished run is cut, the next one is asked for."""
    transport = FakeTransport()
    memory = memory_of(generation, name)
    replay = memory.replay()
    transport.play(
        ["success"],
        [cut(body(generation, name), first), *(cut(replay, offset) for offset in later), whole(replay)],
    )
    assert [event.raw for event in workflow_on(transport).create_run().stream({})] == memory.history()


@many
@given(generations, single, st.data())
def test_a_stream_of_a_run_that_goes_on(generation: str, name: str, data: st.DataObject) -> None:
    """Each replay holds more of the run than the one before, and is cut too."""
    transport = FakeTransport()
    own = records(generation, name)
    sent = data.draw(st.lists(st.integers(1, len(own) - 1), min_size=2, max_size=4).map(sorted))
    streams = [cut(b"".join(own), len(b"".join(own[: sent[0]])))]
    for cached in sent[1:]:
        replay = memory_of(generation, name, cached=cached, source="live").replay()
        streams.append(cut(replay, data.draw(st.integers(0, len(replay)))))
    streams.append(whole(memory_of(generation, name).replay()))
    transport.play(["running"], streams)
    assert [event.raw for event in workflow_on(transport).create_run().stream({})] == events_of(own)


@many
@given(generations, st.integers(0, 2000), offsets, st.sampled_from(["gone", "open", "live"]), st.integers(1, 5))
def test_a_resumed_stream(generation: str, first: int, later: list[int], source: str, cached: int) -> None:
    """The caller's stream is the second one, in each of the replays."""
    transport = FakeTransport()
    own = body(generation, "resumed")
    is_live = source == "live"
    replay = memory_of(generation, "asking", "resumed", source=source, cached=cached if is_live else None).replay()
    # what was read of the stream is in the history
    read = min(first, len(b"".join(records(generation, "resumed")[:cached]))) if is_live else first
    transport.play(
        ["suspended", "running" if is_live else "success"],
        [cut(own, read), *(cut(replay, offset) for offset in later), whole(replay)],
    )
    stream = workflow_on(transport).get_run("r").resume_stream({"answer": "yes"})
    assert [event.raw for event in stream] == events_of(records(generation, "resumed"))


@many
@given(generations, offsets, st.sampled_from(["gone", "live"]), st.integers(1, 5))
def test_an_observer(generation: str, offsets: list[int], source: str, cached: int) -> None:
    """An observer gets both streams, each event once, in however many pieces."""
    transport = FakeTransport()
    memory = memory_of(generation, "asking", "resumed", source=source, cached=cached if source == "live" else None)
    replay = memory.replay()
    transport.play(
        ["running" if source == "live" else "success"],
        [*(cut(replay, offset) for offset in offsets), whole(replay)],
    )
    assert [event.raw for event in workflow_on(transport).get_run("r").observe()] == memory.history()
