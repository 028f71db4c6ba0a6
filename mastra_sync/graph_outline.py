"""A workflow's graph in words, as an outline: what is inside stands below. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mastra_sync.workflow_graph import CONDITIONAL, FOREACH, PARALLEL, SLEEP, UNTIL, WORKFLOW, Node

_LONGEST_CODE = 100
"""Characters of a condition that are shown."""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of an outline.

    Attributes:
        title: What is executed, or what is done with what stands below.
        about: What is known of it besides, as it stands after the title; may be empty.
        name: What results and events call it; empty for what is no step.
        is_group: Whether it says no more than what is done with what stands below it.
        children: What stands below it, in order.
    """

    title: str
    about: str = ""
    name: str = ""
    is_group: bool = False
    children: tuple[Item, ...] = ()


def outline(nodes: Sequence[Node]) -> tuple[Item, ...]:
    """Return the outline of a graph, as `read_graph` gives it."""
    return tuple(map(_item, nodes))


def repetition(node: Node) -> str:
    """Return what is done with the step of a loop or a foreach: `for each item`."""
    if node.repeats == FOREACH:
        at_once = node.concurrency or 1
        return "for each item" if at_once == 1 else f"for each item, {at_once} at a time"
    return f"{'until' if node.loop_type == UNTIL else 'while'} {shortened(node.loop_condition) or 'a condition holds'}"


def title(node: Node) -> str:
    """Return what people call what is executed, with the length of a sleep."""
    return f"{node.label} {shortened(node.detail)}".strip() if node.kind == SLEEP else node.label


def shortened(code: str) -> str:
    """Return as much of a condition as is shown."""
    return code if len(code) <= _LONGEST_CODE else f"{code[: _LONGEST_CODE - 3]}..."


def _item(node: Node) -> Item:
    if node.kind == PARALLEL:
        return Item("at the same time", is_group=True, children=outline(node.arms))
    if node.kind == CONDITIONAL:
        return Item("each of these whose condition holds", is_group=True, children=tuple(map(_arm, node.arms)))
    return Item(repetition(node), is_group=True, children=(_item(node.once),)) if node.repeats else _executed(node)


def _arm(node: Node) -> Item:
    item = _item(node)
    return Item(f"if {shortened(node.condition)}", is_group=True, children=(item,)) if node.condition else item


def _executed(node: Node) -> Item:
    described = f": {node.description}" if node.description else ""
    if node.kind == WORKFLOW:
        return Item(title(node), f", a workflow{described}", node.name, children=outline(node.flow))
    return Item(title(node), f"{' (may suspend)' if node.can_suspend else ''}{described}", node.name)
