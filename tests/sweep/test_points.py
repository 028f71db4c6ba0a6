"""Points: how they are written, which there are, and which stand for others."""

from __future__ import annotations

import pytest

from pytest_mastra.sweep.families import FAMILIES, families_named
from pytest_mastra.sweep.points import (
    Asked,
    Point,
    all_points,
    as_text,
    in_both_but_for_looks,
    parse_points,
    sampled,
)

NO_BORDERS = range(0)


def asked(*names: str, runs: int = 1) -> list[Asked]:
    """Return requests in order: `run_by_id`, or `run_by_id/2` for one about run 2."""
    requests: list[Asked] = []
    for name in names:
        verb, _, run = name.partition("/")
        nth = sum(one.verb == verb for one in requests) + 1
        requests.append(Asked(verb, nth, int(run or runs), NO_BORDERS, in_process=True))
    return requests


def written(requests: list[Asked], families: str = "lost", *, is_quick: bool = False) -> list[str]:
    """Return the points of requests as they are written."""
    return [str(point) for point in all_points(requests, families_named(families), is_quick=is_quick)]


@pytest.mark.parametrize(
    "text",
    [
        "start#1:lost",
        "stream#12:lost@3",
        "start#1:killed_after+run_by_id#2:lost",
        "stream(order/1%2B1%20a:b)#2:lost@3",
    ],
)
def test_a_point_is_read_as_it_is_written(text: str) -> None:
    """Verb, number, family, place in a stream; two with a plus."""
    assert as_text(parse_points(text)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("start", "'start' is no point: one is written like 'resume_async#1:lost' or 'stream#1:lost@3'"),
        ("start#0:lost", "'start#0:lost' is no point"),
        ("strat#1:lost", "no verb 'strat': did you mean 'start'?"),
        ("start#1:lots", "no fault 'lots': did you mean 'lost'?"),
        ("start#1:lost@2", "'start#1:lost@2' is no point: @2 is for streams"),
        ("run_by_id#1:timed_out", "timed_out is for what has a run executed, such as start_async"),
        ("stream#1:refused@2", "@2 is for streams, and for what may happen between their events"),
    ],
)
def test_what_is_no_point_says_why(text: str, said: str) -> None:
    """The error has what is allowed, and what may be meant."""
    with pytest.raises(ValueError, match="no ") as caught:
        parse_points(text)
    assert said in str(caught.value)


def test_reads_that_lead_to_the_same_request_are_one_class() -> None:
    """Of polls only the first counts, and the last, which leads elsewhere."""
    requests = asked("start", "run_by_id", "run_by_id", "run_by_id", "run_by_id", "resume_async", "run_by_id")
    assert written(requests) == [
        "start#1:lost",
        "run_by_id#1:lost",
        "run_by_id#4:lost",
        "resume_async#1:lost",
        "run_by_id#5:lost",
    ]


def test_reads_of_different_runs_are_different() -> None:
    """Whose run is read makes another class."""
    assert len(written(asked("run_by_id/1", "run_by_id/2", "run_by_id/1", "run_by_id/2", "start"))) == 4


def test_moves_are_each_a_class() -> None:
    """A start after a start is another point."""
    assert written(asked("start", "start")) == ["start#1:lost", "start#2:lost"]


def test_a_stream_has_a_point_at_each_border() -> None:
    """For what may happen between two events."""
    requests = [Asked("stream", 1, 1, range(1, 4), in_process=True)]
    assert written(requests) == ["stream#1:lost", "stream#1:lost@1", "stream#1:lost@2", "stream#1:lost@3"]
    assert written(requests, "refused") == ["stream#1:refused"]


def test_a_quick_sweep_tries_few() -> None:
    """What moves a run, with a lost answer and with a killed script."""
    requests = asked("details", "start", "run_by_id")
    assert written(requests, "all", is_quick=True) == ["start#1:lost", "start#1:killed_after"]


def test_only_this_process_can_be_met_with_silence() -> None:
    """A request that came over a socket is waited for in real time."""
    requests = [Asked("start", 1, 1, NO_BORDERS, in_process=False)]
    assert {"start#1:lost", "start#1:killed_at_work"} < set(written(requests, "all"))
    assert not [point for point in written(requests, "all") if "silence" in point]


def test_all_does_not_mean_what_is_tried_by_name_only() -> None:
    """No client can prevent that a request is delivered twice."""
    assert "delivered_twice" not in {family.name for family in families_named("all")}
    assert [family.name for family in families_named(["delivered_twice", "killed"])] == [
        "killed_before",
        "killed_after",
        "killed_at_work",
        "delivered_twice",
    ]


def test_a_sample_is_the_same_each_time() -> None:
    """In order, of the size that is asked for, by its seed."""
    points = [(Point("start", number, FAMILIES["lost"]),) for number in range(1, 101)]
    first = sampled(points, 10, seed=5)
    assert (len(first), first) == (10, sampled(points, 10, seed=5))
    assert first == sorted(first, key=lambda one: one[0].nth)
    assert sampled(points, 10, seed=6) != first
    assert sampled(points, 100, seed=5) == points


def test_runs_that_are_looked_at_in_real_time() -> None:
    """How often that is does not count; what moves a run does, in its order."""
    some = asked("create_run", "start", "run_by_id", "run_by_id", "cancel")
    more = asked("create_run", "start", "run_by_id", "run_by_id", "run_by_id", "run_by_id", "cancel")
    assert in_both_but_for_looks(some, more) == in_both_but_for_looks(more, some) == some
    assert in_both_but_for_looks(some, asked("create_run", "start", "run_by_id", "cancel", "run_by_id")) == [
        *some[:3],
        some[4],
    ]
    assert in_both_but_for_looks(some, some[:-1]) == []
    assert in_both_but_for_looks(some, asked("create_run", "start", "cancel", "start")) == []
