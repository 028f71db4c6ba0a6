"""Steps in the order in which they began, where a database has sorted their keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastra_sync.normalise import canonical_result

GRAPH = [
    {"type": "step", "step": {"id": "lookup"}},
    {
        "type": "parallel",
        "steps": [{"type": "step", "step": {"id": "second"}}, {"type": "step", "step": {"id": "first"}}],
    },
    {
        "type": "workflow",
        "id": "inner",
        "serializedStepFlow": [{"type": "step", "step": {"id": name}} for name in "ba"],
    },
]


def stored(began: float, **more: Any) -> dict[str, Any]:
    """Return a step as Postgres gives it back: shorter keys first."""
    step = {"status": "success", "startedAt": began, **more}
    return {key: step[key] for key in sorted(step, key=lambda key: (len(key), key))}


STEPS = {"first": 2, "inner": 3, "inner.a": 4, "inner.b": 4, "lookup": 1, "second": 2}
BEGAN = ["lookup", "second", "first", "inner", "inner.b", "inner.a"]


def order(steps: dict[str, Any], **more: Any) -> list[str]:
    """Return the names of steps as the client gives them."""
    return list(canonical_result({"status": "success", "steps": steps, "serializedStepGraph": GRAPH, **more})["steps"])


def test_steps_that_were_sorted() -> None:
    """The sooner first; of those that began at once, the first of the graph; nested ones behind theirs."""
    assert order({name: stored(began) for name, began in STEPS.items()}) == BEGAN


def test_steps_in_a_servers_order_stay() -> None:
    """Who writes `startedAt` before `status` has sorted nothing."""
    steps = {name: {"startedAt": began, "status": "success"} for name, began in STEPS.items()}
    assert order(steps) == list(STEPS)


def test_steps_of_which_some_were_sorted() -> None:
    """A resume answers with what was stored, and behind it what it has executed, fresh from the engine."""
    held = {"a": stored(2, endedAt=3), "bb": stored(1, endedAt=2), "c": {"startedAt": 4, "status": "success"}}
    assert order(held) == ["bb", "a", "c"]
    running = {"a": stored(2), "bb": {"startedAt": 1, "status": "success"}}
    assert order(running) == ["a", "bb"]


def test_steps_that_began_within_a_millisecond() -> None:
    """What a resume answers has no graph: the step that has ended first is the first."""
    held = {
        "q": stored(1, suspendedAt=1, endedAt=9),
        "first": stored(1, endedAt=1),
        "rest": {"startedAt": 9, "status": "success", "endedAt": 9},
    }
    assert order(held, serializedStepGraph=None) == ["first", "q", "rest"]


def test_suspensions_that_were_sorted() -> None:
    """The question that was asked first is the first."""
    steps = {name: stored(1, status="suspended", suspendPayload={"ask": name}) for name in ("first", "second")}
    paths = {"first": [1, 1], "second": [1, 0]}
    run = {"status": "suspended", "steps": steps, "suspendedPaths": paths, "serializedStepGraph": GRAPH}
    assert [one["path"] for one in canonical_result(run)["suspensions"]] == [["second"], ["first"]]


@pytest.mark.parametrize("began", [None, "x", True])
def test_a_step_that_does_not_say_when_it_began(began: Any) -> None:
    """It comes last."""
    steps = {"aa": stored(began), "bb": stored(1)}
    assert order(steps)[0 if began is True else -1] == "aa"


@given(st.dictionaries(st.text("ab.[0]", max_size=6), st.integers(0, 3) | st.none(), max_size=8))
def test_no_step_is_lost(began: dict[str, Any]) -> None:
    """Whatever steps are called, each is there once."""
    names = sorted(began, key=lambda name: (len(name), name))
    assert sorted(order({name: stored(began[name]) for name in names})) == sorted(names)
