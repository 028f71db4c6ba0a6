"""Which differences the order of steps side by side explains on the evented engine, and which it does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live.random_graphs.difference import Difference
from tests.live.random_graphs.known import known_as

ROW = "the evented engine: the order of what happens side by side"
GRAPH: Any = {
    "engine": "evented",
    "entries": [{"kind": "parallel", "children": [{"id": name, "body": {"do": "echo"}} for name in "ab"]}],
}


def told(asked: str, status: str = "suspended", steps: str = "ab") -> dict[str, Any]:
    """Return an exchange: a step asks, of some that were executed."""
    records = [{"type": "workflow-step-result", "id": step} for step in steps]
    return {"request": "POST /start", "status": 200, "records": [*records, {"path": [asked], "status": status}]}


def answer(gave: int, **sent: Any) -> dict[str, Any]:
    """Return an exchange: a step is answered."""
    return {"request": "POST /resume-async", "sent": {"resumeData": 1, **sent}, "status": 200, "body": {"result": gave}}


EXPLAINED: dict[str, tuple[list[Any], list[Any]]] = {
    "another path": ([told("a"), answer(1)], [told("b"), answer(1)]),
    "another order": ([told("a", steps="ab")], [told("b", steps="ba")]),
    "another step is answered": ([told("a"), answer(1)], [told("b"), answer(2)]),
    "the other one is answered no more": ([told("a"), answer(1)], [told("b")]),
}
UNEXPLAINED: dict[str, tuple[list[Any], list[Any]]] = {
    "another status": ([told("a")], [told("b", status="success")]),
    "a step more": ([told("a")], [told("b", steps="abc")]),
    "another result of a named step": ([told("a"), answer(1, step="a")], [told("b"), answer(2, step="a")]),
    "another result though the order was one": ([told("a"), answer(1)], [told("a"), answer(2)]),
    "something later": ([told("a"), told("a", steps="ab")], [told("b"), told("b", steps="a")]),
}


def row_of(real: list[Any], fake: list[Any]) -> str | None:
    """Return the row that documents a difference."""
    known = known_as(Difference("current", "", GRAPH, [], real, fake))
    return None if known is None else known.row


@pytest.mark.parametrize("case", EXPLAINED)
def test_what_the_order_explains(case: str) -> None:
    """The whole story is told alike but for it."""
    assert row_of(*EXPLAINED[case]) == ROW


@pytest.mark.parametrize("case", UNEXPLAINED)
def test_what_it_does_not(case: str) -> None:
    """Whatever comes after a difference in order is looked at too."""
    assert row_of(*UNEXPLAINED[case]) is None
