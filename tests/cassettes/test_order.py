"""The order of a recording: told by run, whatever order threads sent things in."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mastra.cassettes.file.order import group_for_order, order_by_run
from pytest_mastra.http.exchanges import Exchange
from tests.cassettes.exchange_factory import OTHER_RUN, RUN, exchange
from tests.properties import examples


def run_of(run: str, workflow: str = "w", *, began: float = 0.0, data: Any = 1) -> list[Exchange]:
    """Return a run's exchanges: created, started, asked after twice."""
    base = f"/api/workflows/{workflow}"
    return [
        exchange(f"{base}/create-run?runId={run}", {"runId": run}, method="POST", began=began, took=0.1),
        exchange(f"{base}/start?runId={run}", {}, method="POST", sent={"inputData": data}, began=began + 1, took=0.1),
        exchange(f"{base}/runs/{run}", {"status": "running"}, began=began + 2, took=0.1),
        exchange(f"{base}/runs/{run}", {"status": "success"}, began=began + 3, took=0.1),
    ]


def targets(exchanges: list[Exchange]) -> list[str]:
    return [f"{one.request.method} {one.request.target}" for one in exchanges]


def test_a_runs_calls_stand_together() -> None:
    """Two runs that went on at once are told one after the other."""
    one, other = run_of(RUN, "a"), run_of(OTHER_RUN, "b", began=0.05)
    mixed = [exchange for pair in zip(one, other, strict=True) for exchange in pair]
    assert targets(order_by_run(mixed, like=[])) == targets(one + other)


def test_runs_after_one_another_keep_their_order() -> None:
    """What comes first is told first, whatever its name."""
    exchanges = [*run_of(RUN, "b"), *run_of(OTHER_RUN, "a", began=10)]
    assert targets(order_by_run(exchanges, like=[])) == targets(exchanges)


@settings(max_examples=examples(50))
@given(st.integers(), st.lists(st.floats(0, 0.4), min_size=5, max_size=5))
def test_jitter_does_not_matter(seed: int, jitter: list[float]) -> None:
    """Threads that run the same five inputs at once give the same story, whoever is first."""
    runs = [
        run_of(f"{seed % 10**6:08d}-0000-4000-8000-{place:012d}", data=place, began=late)
        for place, late in enumerate(jitter)
    ]
    exchanges = sorted((one for run in runs for one in run), key=lambda one: (one.began, random.random()))
    story = order_by_run(exchanges, like=[])
    assert targets(story) == targets([one for run in runs for one in run])
    assert [one.number for one in story] == list(range(len(story)))


def test_a_run_that_the_server_names_belongs_together() -> None:
    """The answer says which run was created."""
    created = exchange("/api/workflows/w/create-run", {"runId": RUN}, method="POST")
    started = exchange(f"/api/workflows/w/start?runId={RUN}", {}, method="POST")
    between = exchange("/api/workflows", {})
    assert [len(group.exchanges) for group in group_for_order([created, between, started])] == [2, 1]


def test_a_list_of_runs_stands_where_it_was_asked() -> None:
    """Amid the calls of the only run under way it tells of that run as it stood; details tell the same at any time."""
    base = "/api/workflows/w"
    created, started, *polls = run_of(RUN)
    listed = exchange(f"{base}/runs?status=suspended", {"runs": [{"runId": RUN}]}, began=1.5, took=0.1)
    details = exchange(base, {}, began=1.7, took=0.1)
    story = order_by_run([created, started, listed, details, *polls], like=[])
    assert targets(story) == targets([created, started, listed, *polls, details])
    assert targets(order_by_run(story, like=story)) == targets(story)


def test_what_is_said_amid_several_runs_comes_after_them() -> None:
    """It may name any of them, and a replay must meet their ids where the caller chose them."""
    one, other = run_of(RUN, "a"), run_of(OTHER_RUN, "b", began=0.05)
    listed = exchange("/api/workflows/a/runs", {"runs": [{"runId": RUN}]}, began=1.5, took=0.1)
    mixed = sorted([*one, *other, listed], key=lambda said: said.began)
    assert targets(order_by_run(mixed, like=[])) == targets([*one, *other, listed])


def test_the_same_id_of_two_workflows_are_two_runs() -> None:
    """Ids are unique in a workflow only."""
    exchanges = [*run_of("r", "a"), *run_of("r", "b", began=9)]
    assert [len(group.exchanges) for group in group_for_order(exchanges)] == [4, 4]


def test_equal_answers_to_a_poll_stand_once() -> None:
    """Ten times running are one; what was told on the way stays, and so does what comes after a move."""
    poll = "/api/workflows/w/runs/r"
    answers = ["pending", "running", "running", "running", "suspended", "suspended"]
    exchanges = [exchange(poll, {"status": answer}, began=number) for number, answer in enumerate(answers)]
    exchanges.append(exchange("/api/workflows/w/resume?runId=r", {}, method="POST", began=7.0))
    exchanges += [exchange(poll, {"status": answer}, began=8.0) for answer in ["suspended", "success", "success"]]
    said = [one.body.decode() for one in order_by_run(exchanges, like=[])]
    assert said == [
        '{"status": "pending"}',
        '{"status": "running"}',
        '{"status": "suspended"}',
        "{}",
        '{"status": "suspended"}',
        '{"status": "success"}',
    ]


def test_different_questions_are_not_one_poll() -> None:
    """The cheap poll and the whole record are told apart, whichever way they alternate."""
    cheap, whole = "/api/workflows/w/runs/r?fields=result", "/api/workflows/w/runs/r"
    order = [cheap, whole, cheap, whole]
    exchanges = [exchange(target, {"status": "running"}, began=number) for number, target in enumerate(order)]
    assert targets(order_by_run(exchanges, like=[])) == [f"GET {cheap}", f"GET {whole}"]


def test_other_repeated_requests_stay() -> None:
    """Only reads of a run are polls: starting twice is starting twice."""
    exchanges = [exchange("/api/workflows/w/start?runId=r", {}, method="POST", began=number) for number in range(3)]
    assert len(order_by_run(exchanges, like=[])) == 3


@pytest.mark.parametrize("first", [0, 1])
def test_the_order_before_counts(first: int) -> None:
    """Runs that were recorded before keep their order, also if now they come the other way round."""
    one, other = run_of("one", began=[0, 10][first]), run_of("other", began=[10, 0][first])
    old = order_by_run([*run_of("other"), *run_of("one", began=10)], like=[])
    assert targets(order_by_run([*one, *other], like=old)) == targets([*other, *one])


def test_a_new_run_stands_where_it_was_made() -> None:
    """After the one that it came after."""
    one, new, other = run_of("one"), run_of("new", began=10), run_of("other", began=20)
    old = order_by_run([*one, *(replace(exchange, began=exchange.began - 10) for exchange in other)], like=[])
    assert targets(order_by_run([*one, *new, *other], like=old)) == targets([*one, *new, *other])


def test_a_long_run_holds_those_together_that_it_went_on_beside() -> None:
    """Two short ones after one another, both while a long one went on: all three went on at once."""
    long = run_of("long", "c")
    long.append(exchange("/api/workflows/c/runs/long?late", {}, began=50.0, took=0.1))
    short, shorter = run_of("short", "b", began=5), run_of("shorter", "a", began=20)
    assert targets(order_by_run([*long, *short, *shorter], like=[])) == targets([*shorter, *short, *long])
