"""The goals of graphs, as servers of three generations write them."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mastra.coverage import Goal, goals_of
from pytest_mastra.coverage.goals import KINDS, Declared
from pytest_mastra.coverage.graph import Graph
from pytest_mastra.fake import FakeMastra
from tests.coverage.constructs import declare_all

EXPECTED = {
    "steps": "a entered, a succeeded, a failed, sleep#1 passed, mapping passed, b entered, b succeeded, b failed",
    "branches": "branch#1: no branch taken, branch#1: two or more branches taken, positive taken, positive succeeded, "
    "positive failed, large taken, large succeeded, large failed",
    "arms": "parallel#1: one failed, another ended, parallel#1: one suspended, another ended, left entered, "
    "left succeeded, left failed, right entered, right succeeded, right failed, right suspended, right answered",
    "rounds": "more entered, more succeeded, more: one round, more: two or more rounds, more failed, "
    "more: failed in a later round",
    "items": "item entered, item succeeded, item: no items, item: one item, item: two or more items, "
    "item: more items than are at work at once, item: an item failed",
    "asked-items": "item entered, item succeeded, item: no items, item: one item, item: two or more items, "
    "item: an item failed, item suspended, item: an item answered by its index",
    "nested": "a entered, a succeeded, a failed, inner entered, inner succeeded, inner failed, inner.first entered, "
    "inner.first succeeded, inner.first failed, inner.ask entered, inner.ask succeeded, inner.ask failed, "
    "inner.ask suspended, inner.ask answered",
}
OF_RUNS = ["the run succeeded", "the run failed", "the run was canceled", "input refused"]


def graph_of(workflow: str, generation: str) -> Any:
    server = FakeMastra(generation=generation)
    declare_all(server)
    return server.state.serialized_graph(server.state.workflows[workflow])


def labels(goals: list[Goal]) -> list[str]:
    return [goal.label for goal in goals]


@pytest.mark.parametrize("generation", ["current", "1.2", "1.0-beta"])
@pytest.mark.parametrize("workflow", EXPECTED)
def test_each_construct_has_its_goals(workflow: str, generation: str) -> None:
    """Whichever generation writes the graph, it has the same goals, those of its run last."""
    found = labels(goals_of(graph_of(workflow, generation)))
    asks = ["the run ended suspended"] if "answered" in EXPECTED[workflow] else []
    shown = ", ".join(found).replace("mapping_steps_0", "mapping").replace("mapping#1", "mapping")
    assert shown == ", ".join([EXPECTED[workflow], *OF_RUNS, *asks])


@pytest.mark.parametrize("workflow", EXPECTED)
def test_the_same_graph_has_the_same_shape(workflow: str) -> None:
    """Ids that a server makes up do not tell two graphs apart."""
    shapes = {Graph.of(graph_of(workflow, generation)).shape for generation in ("current", "current", "1.2")}
    assert len(shapes) == (2 if workflow == "steps" else 1)  # before current, mappings have ids of their own each time


def test_a_family_each() -> None:
    """Goals know their family; the three are never mixed."""
    families = {goal.label: goal.family for goal in goals_of(graph_of("arms", "current"))}
    assert families["left entered"] == "structure"
    assert families["left failed"] == families["input refused"] == "trouble"
    assert families["right answered"] == families["the run ended suspended"] == "conversation"


def test_what_is_known_of_a_workflow_changes_its_goals() -> None:
    """One that takes any input refuses none; one whose step is tried again succeeds after a retry."""
    graph = graph_of("steps", "current")
    told = labels(goals_of(graph, Declared(is_told=True, retries={"a": 2})))
    assert "input refused" not in told
    assert "a succeeded after a retry" in told
    assert "input refused" in labels(goals_of(graph, Declared(input_schema={"type": "object"}, is_told=True)))


def test_some_kinds_are_goals_once_they_were_seen() -> None:
    """A graph does not tell which steps bail; a path that it does not have is no goal."""
    graph = graph_of("steps", "current")
    seen = [("a", "bailed"), ("", "run_restarted"), ("gone", "bailed"), ("b", "no_items")]
    more = set(labels(goals_of(graph, seen=seen))) - set(labels(goals_of(graph)))
    assert more == {"a bailed", "the run was restarted"}


@pytest.mark.parametrize(
    "graph", [None, [], "x", [None], [{}], [{"type": "new"}], [{"type": "loop"}], [{"type": "parallel", "steps": 1}]]
)
def test_graphs_that_nobody_understands(graph: Any) -> None:
    """What is no entry is passed over."""
    assert {goal.path for goal in goals_of(graph)} <= {"", "parallel#1"}


def test_a_graph_without_end() -> None:
    """One that nests deeper than can be read has no steps."""
    graph: list[Any] = []
    for _ in range(20_000):
        graph = [{"type": "workflow", "id": "x", "serializedStepFlow": graph}]
    assert {goal.path for goal in goals_of(graph)} == {""}


def test_an_entry_of_a_newer_server_is_a_step() -> None:
    """A kind that is not known counts by its id."""
    assert "later entered" in labels(goals_of([{"type": "race", "id": "later"}]))


def test_blocks_may_have_names() -> None:
    """A block with an id goes by it."""
    entry = {"type": "conditional", "id": "by-size", "steps": [{"type": "step", "step": {"id": "a"}}]}
    assert labels(goals_of([entry]))[0] == "by-size: no branch taken"


def test_every_kind_has_words() -> None:
    """The label of a goal names where it is, except for that of a whole run."""
    goals = goals_of([{"type": "step", "step": {"id": "pay"}}], seen=[("pay", kind) for kind in KINDS])
    assert all(goal.label.startswith("pay") for goal in goals if goal.path and not goal.kind.startswith("run_"))
