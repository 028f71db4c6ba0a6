"""Where a graph's entries are drawn: left to right, arms below each other. No I/O.

A graph of Mastra's is a tree, so two walks over it are enough: one measures, one places.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from mastra_sync.workflow_graph import CONDITIONAL, FOREACH, LOOP, MAPPING, SLEEP, WORKFLOW, Node
from pytest_mastra.text.width import cells, clipped

HEIGHT = 32
GAP = 26
LEAD = 26
"""How long the curves are that lead into an arm and out of it."""

_BETWEEN_ARMS = 12
_PADDING = 12
_TITLE = 22
"""Room for what stands above the steps of a nested workflow."""
_CAPTION = 16
"""Room for the condition above an arm."""
CELL = 7.4
"""How wide a character is."""
_BESIDE_LABEL = 40
_NARROWEST = 64
_MOST_CELLS = 24
_CAPTION_CELLS = 34
_CAPTION_CELL = 6.2
_SLEEP_CELLS = 12
_MARGIN = 6
_ARROW = re.compile(r"^(?:async\s*)?(?:\([^()]*\)|\w+)\s*=>\s*(?![\s{])")
"""What conditions begin with that all of them begin with: `async ({ inputData }) =>`."""
_COUNTS = {LOOP: 36, FOREACH: 84}
"""Room for what is counted: five rounds or 5,000, 343 of 500 items."""

_NAMES = {CONDITIONAL: "branch", WORKFLOW: "nested", MAPPING: "map"}
"""What drawings call some kinds of entries."""

BLOCKS = frozenset({"parallel", "branch"})
"""Kinds of boxes that hold arms."""


@dataclass(frozen=True, slots=True)
class Box:
    """An entry, placed; one of a block holds its arms, and is not drawn itself.

    Attributes:
        kind: A node's `repeats`, if it has any, or its kind: `step`, `nested`, `sleep`, `map`, `parallel`, `branch`.
        path: What results call it; empty for a block.
        label: As much of it as fits.
        title: All of it, and the detail.
        x: Of its left edge.
        y: Of its upper edge.
        width: In pixels, as all lengths.
        height: In pixels.
        axis: On which height lines come in and go out.
        last: The number of the last box inside of it; its own if there is none.
        caption: The condition by which it is come to.
    """

    kind: str
    path: str
    label: str
    title: str
    x: float
    y: float
    width: float
    height: float
    axis: float
    last: int
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """From one box to the next.

    It has been gone along if any box from `first` to `last` has been come to; one that leads out of an arm, if none of
    these stopped.
    """

    x1: float
    y1: float
    x2: float
    y2: float
    first: int
    last: int
    leads_out: bool = False

    @property
    def path(self) -> str:
        """The line as SVG has it: straight, or with a curve at its end."""
        if self.y1 == self.y2:
            return f"M{self.x1:g} {self.y1:g}H{self.x2:g}"
        bend, middle = self.x2 - LEAD, self.x2 - LEAD / 2
        start = f"M{self.x1:g} {self.y1:g}" + (f"H{bend:g}" if bend > self.x1 else "")
        return f"{start}C{middle:g} {self.y1:g} {middle:g} {self.y2:g} {self.x2:g} {self.y2:g}"


@dataclass(slots=True)
class Layout:
    """A graph, placed.

    Attributes:
        boxes: In the order of the graph, each before those inside of it.
        lines: Between them.
        width: Of the whole.
        height: Of the whole.
        nodes: The graph.
    """

    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0
    nodes: Sequence[Node] = ()


def lay_out(nodes: Sequence[Node]) -> Layout:
    """Return a graph, placed."""
    made = Layout(nodes=nodes)
    row = _Row.of(nodes)
    _place_row(row, _MARGIN, _MARGIN + row.above, made)
    made.width = row.width + 2 * _MARGIN
    made.height = row.above + row.below + 2 * _MARGIN
    return made


@dataclass(frozen=True, slots=True)
class _Size:
    """What an entry takes: its width, and how much is above and below its axis."""

    node: Node
    width: float
    above: float
    below: float
    arms: tuple[_Row, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """Entries one after the other."""

    sizes: tuple[_Size, ...]
    width: float
    above: float
    below: float
    caption: str = ""

    @classmethod
    def of(cls, nodes: Sequence[Node], caption: str = "") -> _Row:
        sizes = tuple(_size_of(node) for node in nodes)
        width = sum(size.width for size in sizes) + GAP * max(len(sizes) - 1, 0)
        above = max((size.above for size in sizes), default=0.0) + (_CAPTION if caption else 0)
        below = max((size.below for size in sizes), default=0.0)
        shown = clipped(caption, _CAPTION_CELLS)
        return cls(sizes, max(width, cells(shown) * _CAPTION_CELL), above, below, caption)


def _size_of(node: Node) -> _Size:
    if node.arms:
        arms = tuple(_Row.of([arm], _ARROW.sub("", arm.condition)) for arm in node.arms)
        height = sum(arm.above + arm.below for arm in arms) + _BETWEEN_ARMS * (len(arms) - 1)
        width = max(arm.width for arm in arms) + 2 * LEAD
        return _Size(node, width, height / 2, height / 2, arms)
    if node.flow:
        row = _Row.of(node.flow)
        width = max(row.width + 2 * _PADDING, _label_width(node))
        return _Size(node, width, row.above + _TITLE + _PADDING / 2, row.below + _PADDING, (row,))
    return _Size(node, _label_width(node), HEIGHT / 2, HEIGHT / 2)


def _label_width(node: Node) -> float:
    count = _COUNTS.get(node.repeats, 0)
    detail = cells(node.detail) * CELL + 4 if _is_pause(node) else 0
    return max(_NARROWEST, cells(_label(node)) * CELL + _BESIDE_LABEL + count + min(detail, 95))


def _is_pause(node: Node) -> bool:
    return node.kind == SLEEP and not node.repeats


def _label(node: Node) -> str:
    return clipped(node.label, _MOST_CELLS)


def _place_row(row: _Row, x: float, axis: float, made: Layout) -> None:
    """Place entries from `x` on, and the lines between them."""
    starts: list[tuple[float, float, int]] = []
    caption = row.caption
    for size in row.sizes:
        starts.append((x, x + size.width, len(made.boxes)))
        _place(size, x, axis, made, caption)
        caption = ""
        x += size.width + GAP
    last = len(made.boxes) - 1
    for (_, end, _), (begin, _, first) in pairwise(starts):
        made.lines.append(Line(end, axis, begin, axis, first, last))


def _place(size: _Size, x: float, axis: float, made: Layout, caption: str) -> None:
    node, number = size.node, len(made.boxes)
    made.boxes.append(_box(size, x, axis, number, caption))
    if node.arms:
        _place_arms(size, x, axis, made)
    elif size.arms:
        _place_row(size.arms[0], x + (size.width - size.arms[0].width) / 2, axis, made)
    made.boxes[number] = _box(size, x, axis, len(made.boxes) - 1, caption)


def _place_arms(size: _Size, x: float, axis: float, made: Layout) -> None:
    end = x + size.width
    top = axis - size.above
    for arm in size.arms:
        middle = top + arm.above
        first = len(made.boxes)
        _place_row(arm, x + LEAD, middle, made)
        last = len(made.boxes) - 1
        reached = made.boxes[first].x + made.boxes[first].width
        made.lines.append(Line(x, axis, x + LEAD, middle, first, last))
        made.lines.append(Line(reached, middle, end, axis, first, last, leads_out=True))
        top = middle + arm.below + _BETWEEN_ARMS


def _box(size: _Size, x: float, axis: float, last: int, caption: str) -> Box:
    node = size.node
    label = _label(node)
    if _is_pause(node) and node.detail:
        label = f"{label} {clipped(node.detail, _SLEEP_CELLS)}"
    title = f"{node.label}: {node.detail}" if node.detail else node.label
    above, below = size.above, size.below
    kind = node.repeats or _NAMES.get(node.kind, node.kind)
    return Box(kind, node.name, label, title, x, axis - above, size.width, above + below, axis, last, caption)
