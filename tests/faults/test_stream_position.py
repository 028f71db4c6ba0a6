"""Finding one's place in any replay of any history: equal records are legal, repetitions are not new."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mastra_sync.events import StreamEvent
from mastra_sync.stream_position import (
    LARGE_RECORD,
    Digests,
    History,
    OwnSegment,
    Placement,
    Record,
    WholeHistory,
    digest_of,
)
from tests.properties import examples

many = settings(max_examples=examples(200), derandomize=True)

Texts = list[str]


def text(kind: str, value: Any = None) -> str:
    return json.dumps({"type": kind, "payload": {"value": value}})


START = text("workflow-start")

finishes = st.sampled_from([text("workflow-finish", status) for status in ("success", "failed")])
outputs = st.lists(st.sampled_from([text("workflow-step-output", value) for value in "ab"]), max_size=4)


@st.composite
def segments_of_steps(draw: st.DrawFn) -> list[Texts]:
    """Streams as servers send them: what a step says of itself has an id of its own, what it writes may repeat."""
    return [
        [START, text("workflow-step-start", number), *draw(outputs), draw(finishes)]
        for number in range(draw(st.integers(1, 4)))
    ]


@st.composite
def segments_of_anything(draw: st.DrawFn) -> list[Texts]:
    """Streams that may be equal as wholes: refused resumes say the same each time."""
    return [[START, *draw(outputs), draw(finishes)] for _ in range(draw(st.integers(1, 4)))]


@dataclass(frozen=True)
class Replayed:
    """What `observe` sends: a history, and what the last stream's own source adds."""

    history: Texts
    wire: Texts


@st.composite
def replays(draw: st.DrawFn, segments: list[Texts]) -> Replayed:
    """Any answer to `observe` for a run with these streams."""
    *earlier, last = segments
    history = [one for segment in earlier for one in segment]
    kind = draw(st.sampled_from(["finished", "suspended", "live"]))
    if kind == "finished":
        return Replayed(history + last, history + last)
    if kind == "suspended":
        return Replayed(history + last, history + last + last[:-1])
    cached = draw(st.integers(0, len(last) - 1))
    return Replayed(history + last, history + last[:cached] + last)


def records(texts: Iterable[str]) -> list[Record]:
    return [Record.of(StreamEvent(json.loads(one)), one.encode()) for one in texts]


def placed(placement: Placement | History, texts: Texts) -> Texts:
    return [json.dumps(new.event.raw) for record in records(texts) for new in placement.feed(record)]


def seen(texts: Texts) -> Digests:
    digests = Digests()
    for record in records(texts):
        digests.append(record)
    return digests


@many
@given(st.data())
def test_a_history_is_given_once(data: st.DataObject) -> None:
    """Whatever of it the last stream's source repeats."""
    replay = data.draw(replays(data.draw(segments_of_steps())))
    assert placed(History(), replay.wire) == replay.history


@many
@given(st.data())
def test_streams_that_are_equal_as_wholes_are_all_given(data: st.DataObject) -> None:
    """A second stream that says the same as the first is no repetition, in the history of a finished run."""
    segments = data.draw(segments_of_anything())
    history = [one for segment in segments for one in segment]
    assert placed(History(), history) == history


@many
@given(st.data())
def test_a_suspended_run_repeats_its_last_stream_only(data: st.DataObject) -> None:
    """Also where the streams before it were equal to it."""
    segments = data.draw(segments_of_anything())
    history = [one for segment in segments for one in segment]
    assert placed(History(), history + segments[-1][:-1]) == history


@many
@given(st.data())
def test_the_rest_of_ones_own_stream(data: st.DataObject) -> None:
    """Streams before it and after it are left out, wherever the caller had come to."""
    segments = data.draw(segments_of_steps())
    replay = data.draw(replays(segments))
    own = data.draw(st.sampled_from(segments))
    had = data.draw(st.integers(2, len(own)))
    assert placed(OwnSegment(seen(own[:had]), only_segment=False), replay.wire) == own[had:]


@many
@given(st.data())
def test_ones_own_stream_is_the_last_one_if_nothing_of_it_tells_it_apart(data: st.DataObject) -> None:
    """All streams begin alike: who has had nothing more gets the last one, once it is known which that is."""
    segments = data.draw(segments_of_steps())
    replay = data.draw(replays(segments))
    had = data.draw(st.integers(0, 1))
    placement = OwnSegment(seen(segments[-1][:had]), only_segment=False)
    early = placed(placement, replay.wire)
    assert early + [json.dumps(record.event.raw) for record in placement.close()] == segments[-1][had:]


@many
@given(st.data())
def test_the_only_stream_of_a_run_is_given_at_once(data: st.DataObject) -> None:
    """There is no doubt which one it is, so nothing is held back to the end."""
    own = data.draw(segments_of_steps())[0]
    replay = data.draw(replays([own]))
    had = data.draw(st.integers(0, 1))
    assert placed(OwnSegment(seen(own[:had]), only_segment=True), replay.wire) == own[had:]


@many
@given(st.data())
def test_the_rest_of_the_whole_history(data: st.DataObject) -> None:
    """An observer goes on where it was, in whichever stream that is."""
    replay = data.draw(replays(data.draw(segments_of_steps())))
    had = data.draw(st.integers(0, len(replay.history)))
    assert placed(WholeHistory(seen(replay.history[:had])), replay.wire) == replay.history[had:]


@many
@given(st.data())
def test_another_history_is_not_continued(data: st.DataObject) -> None:
    """A server that was started anew tells another history; its records do not follow what was seen."""
    segments = data.draw(segments_of_steps())
    history = [one for segment in segments for one in segment]
    other = [START, text("workflow-step-start", "another"), *history]
    had = data.draw(st.integers(2, len(history)))
    assert placed(WholeHistory(seen(history[:had])), other) == []
    assert placed(OwnSegment(seen(segments[0]), only_segment=False), [*other[:2], segments[0][-1]]) == []


@many
@given(st.data())
def test_nothing_new_is_given_out_of_a_shorter_history(data: st.DataObject) -> None:
    """What a server has forgotten is not made up."""
    segments = data.draw(segments_of_steps())
    own = segments[-1]
    history = [one for segment in segments for one in segment]
    had = data.draw(st.integers(2, len(own)))
    forgotten = data.draw(st.integers(0, had))
    shorter = history[: len(history) - len(own) + had - forgotten]
    assert placed(OwnSegment(seen(own[:had]), only_segment=False), shorter) == []


def test_records_noted_together() -> None:
    """Noting texts is noting their records one by one, large ones among them."""
    sizes = [0, 10, LARGE_RECORD, 3 * LARGE_RECORD]
    texts = [text("workflow-step-output", "x" * size) for size in sizes]
    digests = Digests()
    digests.extend([one.encode() for one in texts])
    assert [digests.matches(index, one) for index, one in enumerate(records(texts))] == [True] * len(texts)


@pytest.mark.parametrize("size", [100, LARGE_RECORD, LARGE_RECORD + 1, 200_000])
def test_records_that_differ_are_known_apart(size: int) -> None:
    """By their length, their beginning, their end, or a stretch of text anywhere between."""
    plain = b"x" * size
    others = [plain + b"x", b"y" + plain[1:], plain[:-1] + b"y"]
    others += [plain[:at] + b"y" * 50 + plain[at + 50 :] for at in range(0, size - 50, size // 20)]
    assert digest_of(plain) not in {digest_of(other) for other in others}
