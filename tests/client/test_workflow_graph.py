"""Graphs of workflows as trees, whichever generation wrote them and whatever a server sends."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mastra_sync.cli.mermaid import flowchart
from mastra_sync.generated_ids import generated_kind
from mastra_sync.graph_outline import outline
from mastra_sync.notebooks import workflow_html
from mastra_sync.step_graph import step_tree
from mastra_sync.workflow_graph import BLOCKS, MAPPING, Node, graph_of_steps, read_graph
from pytest_mastra.coverage.graph import Graph
from pytest_mastra.page.layout import lay_out
from tests.client.graph_examples import GRAPH, step
from tests.conformance.transcript_files import FOLDER as TRANSCRIPTS
from tests.properties import examples

GENERATIONS = ("current", "1.2", "1.0-beta")


def test_what_is_read() -> None:
    """Kinds, paths, conditions and details, whichever generation wrote it; what is not known is left out."""
    nodes = read_graph(GRAPH)
    assert [(node.kind, node.repeats, node.path, node.label, node.detail) for node in nodes] == [
        ("step", "", "first", "first", ""),
        ("conditional", "", "branch#1", "conditional", ""),
        ("mapping", "", "mapping_x", "map", "async () => 1"),
        ("step", "loop", "again", "again", "while n < 3"),
        ("step", "foreach", "each", "each", "3 at once"),
        ("workflow", "foreach", "inner", "inner", "one by one"),
        ("sleep", "", "sleep#1", "sleep", "2 h 00 min"),
        ("sleep", "", "until", "sleep until", "() => new Date()"),
    ]
    assert [arm.condition for arm in nodes[1].arms] == ["async ({ inputData }) => inputData.a", "x"]
    assert [node.name for node in nodes[1].nodes()] == ["", "a", "inner", "inner.i1", "", "inner.i2", "inner.i3"]
    assert nodes[5].flow == nodes[1].arms[1].flow
    assert [node.label for node in read_graph(GRAPH, keep_unknown=True)][-1] == "of a newer server"


def test_a_graph_that_nobody_told() -> None:
    """Steps stand one after the other, nested ones within theirs."""
    assert [node.name for node in graph_of_steps(["a", "b", "b.c", "b[0].c", "d"])] == ["a", "b", "d"]


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        "text",
        {},
        [None, 1, {"type": "step"}],
        [{"type": "parallel", "steps": 3}],
        [{"type": "loop", "step": {"type": "parallel", "steps": [step("a")]}}],
        [{"type": ["step"]}],
    ],
)
def test_nonsense(nonsense: Any) -> None:
    """What is no graph has no entries."""
    assert read_graph(nonsense) == ()


@pytest.mark.parametrize("number", [10**400, float("nan"), float("inf"), True, "3", None])
def test_numbers_that_are_none(number: Any) -> None:
    """A length or a concurrency that is no number is not known."""
    sleep, each = read_graph(
        [
            {"type": "sleep", "id": "s", "duration": number},
            {"type": "foreach", "step": step("a"), "opts": {"concurrency": number}},
        ]
    )
    assert (sleep.seconds, sleep.detail, each.concurrency, each.detail) == (None, "", None, "one by one")


@pytest.mark.parametrize(
    "around",
    [
        lambda graph: [{"type": "workflow", "id": "x", "serializedStepFlow": graph}],
        lambda graph: [{"type": "parallel", "steps": graph}],
        lambda graph: [{"type": "loop", "step": graph[0] if graph else {}}],
    ],
)
def test_a_graph_without_end(around: Any) -> None:
    """One that nests deeper than can be read has no entries; one of twenty levels is read whole."""
    graph: list[Any] = [step("innermost")]
    for level in range(20_000):
        graph = around(graph)
        if level == 20:
            assert any(node.id == "innermost" for entry in read_graph(graph) for node in entry.nodes())
    assert read_graph(graph) == ()


@cache
def recorded(generation: str) -> dict[str, Any]:
    """Return the graphs of the workflows that a real server has, by their ids."""
    text = (TRANSCRIPTS / generation / "details_of_each_workflow.json").read_text(encoding="utf-8")
    text = re.sub(r"<id (\d+)>", lambda match: f"{int(match[1]):08x}-0000-4000-8000-000000000000", text)
    bodies = [exchange.get("body") for exchange in json.loads(text)]
    return {body["name"]: body["stepGraph"] for body in bodies if isinstance(body, dict) and "name" in body}


def without_generated_ids(node: Node) -> Node:
    """Return a node without the ids that each server makes up in its own way, and its word for the kind."""
    is_generated = generated_kind(node.id) is not None or node.kind == MAPPING
    plain = replace(node, id="", name="", path="") if is_generated else node
    return replace(
        plain,
        type="",
        arms=tuple(map(without_generated_ids, node.arms)),
        flow=tuple(map(without_generated_ids, node.flow)),
    )


@pytest.mark.parametrize("generation", GENERATIONS[1:])
def test_generations_agree(generation: str) -> None:
    """What real servers of three generations tell of one workflow is one tree."""
    older, newer = recorded(generation), recorded("current")
    assert len(older) >= 20
    for name in older.keys() & newer.keys():
        trees = [tuple(map(without_generated_ids, read_graph(graph))) for graph in (older[name], newer[name])]
        assert trees[0] == trees[1] != (), name


def ids(nodes: tuple[Node, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in nodes:
        found |= ids(node.arms) if node.kind in BLOCKS else {node.id: ids(node.flow)}
    return found


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_quick_reader_agrees(generation: str) -> None:
    """The ids that each answer is read with are those of the tree."""
    for name, graph in {**recorded(generation), "all": GRAPH}.items():
        assert step_tree(graph) == ids(read_graph(graph)), name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just("a"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "id", "step", "steps", "opts", "duration"]), inner, max_size=4)
    ),
    max_leaves=8,
)
KINDS = (
    "step",
    "workflow",
    "mapping",
    "parallel",
    "conditional",
    "loop",
    "dowhile",
    "foreach",
    "sleep",
    "agent",
    "new",
)
FIELDS = (
    "id",
    "opts",
    "duration",
    "date",
    "fn",
    "mapConfig",
    "loopType",
    "serializedCondition",
    "serializedConditions",
)


def entries(inner: Any) -> Any:
    fields = dict.fromkeys(FIELDS, JSON)
    steps = st.lists(inner, max_size=3)
    return st.fixed_dictionaries(
        {"type": st.sampled_from(KINDS) | JSON},
        optional={**fields, "id": st.sampled_from("abc"), "step": inner, "steps": steps, "serializedStepFlow": steps},
    )


@settings(max_examples=examples(50))
@given(st.lists(st.recursive(JSON, entries, max_leaves=10), max_size=4) | JSON)
def test_whatever_a_server_sends(graph: Any) -> None:
    """No JSON makes the reader raise, nor what is drawn and said of its tree."""
    for keep_unknown in (False, True):
        nodes = read_graph(graph, keep_unknown=keep_unknown)
        lay_out(nodes)
        assert outline(nodes) is not None
        assert flowchart(nodes).startswith("flowchart TD")
        assert all(isinstance(node.detail, str) for entry in nodes for node in entry.nodes())
    assert Graph.of(graph).shape
    assert workflow_html("w", None, graph)
