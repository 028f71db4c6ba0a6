"""Where graphs are drawn: nothing overlaps, and what is inside is drawn inside."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from mastra_sync.workflow_graph import read_graph
from pytest_mastra.page.layout import BLOCKS, Box, Layout, lay_out
from tests.client.graph_examples import FLOW, GRAPH, NESTED_NOW, step


def test_nothing_to_draw() -> None:
    """A graph without entries has no boxes."""
    assert lay_out(()).boxes == []


@pytest.mark.parametrize(
    ("condition", "caption"),
    [
        ("async ({ inputData }) => inputData.amount < 100", "inputData.amount < 100"),
        ("async({inputData:e})=>e.amount<100", "e.amount<100"),
        ("ctx => ctx.amount < 100", "ctx.amount < 100"),
        ("({ n }) => { return n > 1 }", "({ n }) => { return n > 1 }"),
        ("ctx.input_data['amount'] < 100", "ctx.input_data['amount'] < 100"),
    ],
)
def test_what_a_condition_says(condition: str, caption: str) -> None:
    """It stands above its arm without what all of them begin with."""
    branch = {"type": "conditional", "steps": [step("a")], "serializedConditions": [{"id": "c", "fn": condition}]}
    assert [box.caption for box in lay_out(read_graph([branch])).boxes if box.caption] == [caption]


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def inside(layout: Layout, number: int) -> range:
    return range(number + 1, layout.boxes[number].last + 1)


@pytest.mark.parametrize("graph", [GRAPH, FLOW, [NESTED_NOW], [step(f"s{number}") for number in range(200)]])
def test_nothing_overlaps(graph: list[Any]) -> None:
    """Boxes are apart unless one is inside of the other, all are on the drawing, and lines go from left to right."""
    layout = lay_out(read_graph(graph))
    for one, other in combinations(range(len(layout.boxes)), 2):
        outer, inner = layout.boxes[one], layout.boxes[other]
        if other in inside(layout, one):
            assert outer.x <= inner.x
            assert inner.x + inner.width <= outer.x + outer.width + 0.01
            assert outer.y <= inner.y
            assert inner.y + inner.height <= outer.y + outer.height + 0.01
        else:
            assert not overlap(outer, inner), (outer, inner)
    assert all(box.x >= 0 and box.x + box.width <= layout.width for box in layout.boxes)
    assert all(box.y >= 0 and box.y + box.height <= layout.height for box in layout.boxes)
    assert all(line.x1 < line.x2 for line in layout.lines)
    drawn = [box for box in layout.boxes if box.kind not in BLOCKS]
    assert len({(box.x, box.y) for box in drawn}) == len(drawn)


def test_labels_are_short() -> None:
    """A long name is cut, and whole where it is pointed at."""
    (box,) = lay_out(read_graph([step("x" * 500)])).boxes
    assert len(box.label) < 30
    assert box.title == "x" * 500
    assert box.width < 300
