"""A resume finds the suspension that is meant, or refuses before a server could misunderstand it."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync import InvalidArgument, RunNotSuspended, RunResult, SeveralStepsSuspended, StepNotSuspended, Suspension
from mastra_sync.resume_target import ResumeTarget, find_resume_target
from tests.client.captures import capture

CONTEXT = {"method": "POST", "url": "http://h/x", "run_id": "r1"}


def at(*paths: list[str]) -> RunResult:
    return RunResult.model_validate({"status": "suspended", "suspended": list(paths)})


ONE = at(["q"])
NESTED = at(["outer", "inner", "q"])
DOTTED = at(["a.b"])
TWO = at(["p1"], ["p2"])
ALIKE = at(["outer", "p1"], ["outer", "p2"])
ITEMS = RunResult.model_validate(capture("suspended-foreach")["current"]["by_id"])
# run-by-id with `fields` does not say what a current server's run waits for
UNSAID = RunResult.model_validate({"status": "suspended"})


def target(run: RunResult, step: Any = None, index: int | None = None, label: str | None = None) -> ResumeTarget:
    return find_resume_target(run, step, index, label, CONTEXT)


@pytest.mark.parametrize(
    ("run", "step", "path"),
    [
        (ONE, None, ["q"]),
        (ONE, "q", ["q"]),
        (ONE, ["q"], ["q"]),
        (ONE, ("q",), ["q"]),
        (ONE, Suspension(path=["q"]), ["q"]),
        (NESTED, None, ["outer", "inner", "q"]),
        (NESTED, "outer", ["outer", "inner", "q"]),
        (NESTED, "outer.inner", ["outer", "inner", "q"]),
        (NESTED, "outer.inner.q", ["outer", "inner", "q"]),
        (NESTED, NESTED.suspensions[0], ["outer", "inner", "q"]),
        (DOTTED, "a.b", ["a.b"]),
        (DOTTED, ["a.b"], ["a.b"]),
        (TWO, "p2", ["p2"]),
        (ALIKE, "outer.p2", ["outer", "p2"]),
        (ITEMS, None, ["ask-item"]),
        (UNSAID, None, None),
        (UNSAID, "a.b", ["a", "b"]),
    ],
)
def test_the_suspension_that_is_meant(run: RunResult, step: Any, path: Any) -> None:
    """Any spelling that leads to one suspended step is completed to its whole path."""
    assert target(run, step) == ResumeTarget(path, None)


@pytest.mark.parametrize("index", [0, 2])
def test_one_item_of_a_foreach(index: int) -> None:
    """By its index, its label, or the suspension itself."""
    expected = ResumeTarget(["ask-item"], index)
    assert target(ITEMS, None, index) == expected
    assert target(ITEMS, "ask-item", index) == expected
    assert target(ITEMS, None, None, f"item-{index + 1}") == expected
    assert target(ITEMS, ITEMS.suspensions[index]) == expected
    assert target(ITEMS, ITEMS.suspensions[1], index) == expected


@pytest.mark.parametrize("step", ["p3", "p", ["p1", "x"], "p1.x", Suspension(path=["gone"])])
def test_a_step_that_is_not_suspended(step: Any) -> None:
    """The exception lists the steps that are."""
    with pytest.raises(StepNotSuspended, match=r"suspended: p1, p2  \[POST") as caught:
        target(TWO, step)
    assert caught.value.available == ["p1", "p2"]
    assert caught.value.status_code is None


@pytest.mark.parametrize(("run", "step"), [(TWO, None), (ALIKE, None), (ALIKE, "outer")])
def test_a_step_that_may_be_several(run: RunResult, step: Any) -> None:
    """One of them has to be named."""
    with pytest.raises(SeveralStepsSuspended, match="say which one by step=") as caught:
        target(run, step)
    assert caught.value.available == [".".join(path) for path in run.suspended]


@pytest.mark.parametrize("status", ["pending", "running", "success", "failed", "paused", "canceled"])
def test_a_run_that_waits_for_nobody(status: str) -> None:
    """Whatever step is named."""
    with pytest.raises(RunNotSuspended, match=f"the run is {status}, not suspended"):
        target(RunResult.model_validate({"status": status}), "q")


@pytest.mark.parametrize(
    ("run", "step", "index", "label", "message"),
    [
        (ITEMS, None, 3, None, "for_each_index: item 3 is not suspended; suspended: 0, 1, 2"),
        (ONE, None, 0, None, "for_each_index: item 0 is not suspended; suspended: none, it is no foreach"),
        (ITEMS, None, None, "item-9", "label: no suspension is labelled 'item-9'; labels: item-1, item-2, item-3"),
        (ONE, None, None, "x", "label: no suspension is labelled 'x'; labels: none"),
        (ITEMS, "ask-item", None, "item-1", "label: stands for a step and an item"),
        (ITEMS, None, 0, "item-1", "label: stands for a step and an item"),
        (ONE, "", None, None, "step: must be made of step ids"),
    ],
)
def test_items_and_labels_that_are_none(run: RunResult, step: Any, index: Any, label: Any, message: str) -> None:
    """Servers would answer 200 and resume nothing, or everything."""
    with pytest.raises(InvalidArgument) as caught:
        target(run, step, index, label)
    assert str(caught.value).startswith(message)
