"""Workflows' graphs, as servers of all generations serialize them, and their differences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from mastra_sync import workflow_graph
from mastra_sync.generated_ids import generated_kind
from mastra_sync.suggest import did_you_mean, nearest_name
from mastra_sync.workflow_graph import BLOCKS, MAPPING, STEP, WORKFLOW, read_graph

_NUMBERED = re.compile(r"(?:sleep|mapping)_.+_\d+")
_SHORT_FORM = re.compile(r"(?:return|fail)(?:-\d+)?")
_MADE_OF = frozenset({"agent", "tool", "classifier"})
"""What current servers call a step by its kind; a fake declares a step."""

_NAMES = {"mapping": "a map", "sleep": "a sleep", "sleepUntil": "a sleep until a moment", "conditional": "branch"}


@dataclass(frozen=True, slots=True)
class ComparedNode:
    """One entry of a graph.

    Attributes:
        kind: `step`, `workflow`, `mapping`, `parallel`, `conditional`, `dowhile`, `dountil`, `foreach`, `sleep`, ...
        id: Its id; empty if it has none of its own.
        inner: The steps of a block, the step of a loop, the entries of a workflow.
    """

    kind: str
    id: str = ""
    inner: tuple[ComparedNode, ...] = ()

    def __str__(self) -> str:
        own = f" {self.id!r}" if self.id else ""
        if self.kind in ("step", "workflow") or not self.inner:
            return f"{_NAMES.get(self.kind, self.kind)}{own}"
        return f"{_NAMES.get(self.kind, self.kind)}{own} of {', '.join(map(str, self.inner))}"


def nodes_of(graph: Any) -> tuple[ComparedNode, ...]:
    """Return a serialized graph of any generation; unknown entries are kept by their type."""
    return tuple(map(_comparable, read_graph(graph, keep_unknown=True)))


def _comparable(read: workflow_graph.Node) -> ComparedNode:
    if read.repeats:
        return ComparedNode(read.loop_type or read.repeats, inner=(_comparable(read.once),))
    if read.kind in BLOCKS:
        return ComparedNode(read.kind, inner=tuple(sorted(map(_comparable, read.arms), key=lambda node: node.id)))
    if read.kind == WORKFLOW:
        return ComparedNode(read.kind, read.id, tuple(map(_comparable, read.flow)))
    kind = read.kind if read.kind == MAPPING or read.type in _MADE_OF else read.type
    is_generated = generated_kind(read.id) is not None or _NUMBERED.fullmatch(read.id) is not None
    return ComparedNode(kind, "" if kind != STEP and is_generated else read.id)


def steps_of(nodes: Sequence[ComparedNode], around: str = "") -> Iterator[tuple[str, ComparedNode]]:
    """Give a graph's steps and nested workflows, by ids after those of the workflows around."""
    for node in nodes:
        own = f"{around}{node.id}"
        if node.kind in ("step", "workflow"):
            yield own, node
        yield from steps_of(node.inner, f"{own}." if node.kind == "workflow" else around)


def looped_steps(nodes: Sequence[ComparedNode], around: str = "") -> Iterator[str]:
    """Give the steps that a foreach runs for each item, named as by `steps_of`."""
    for node in nodes:
        if node.kind == "foreach":
            yield from (f"{around}{step.id}" for step in node.inner)
        inside = f"{around}{node.id}." if node.kind == "workflow" else around
        yield from looped_steps(node.inner, inside)


def graph_differences(fake: Sequence[ComparedNode], live: Sequence[ComparedNode]) -> list[str]:
    """Return in what a fake's graph differs from the live server's, one sentence each.

    A fake that ends with what `returns` or `fails` made stands for the whole rest of the workflow.
    """
    known = dict(steps_of(live))
    is_short = bool(fake) and fake[-1].id not in known and _SHORT_FORM.fullmatch(fake[-1].id) is not None
    declared = fake[:-1] if is_short else fake
    unknown = {name: nearest_name(name, known) for name, _ in steps_of(declared) if name not in known}
    sentences = [f"step {name!r} is not there{did_you_mean(near)}" for name, near in unknown.items()]
    misspelled = {(name.rpartition(".")[2], near.rpartition(".")[2]) for name, near in unknown.items() if near}
    return sentences + list(_compare(declared, live, "", misspelled, is_open=is_short))


def _compare(
    fake: Sequence[ComparedNode],
    live: Sequence[ComparedNode],
    around: str,
    misspelled: set[tuple[str, str]],
    *,
    is_open: bool = False,
) -> Iterator[str]:
    if fake != live and Counter(fake) == Counter(live):
        of = f" of {around}" if around else ""
        yield f"the order{of} differs: the fake has {_listed(fake)}, the live server has {_listed(live)}"
        return
    matcher = SequenceMatcher(None, live, fake, autojunk=False)
    for what, live_from, live_to, fake_from, fake_to in matcher.get_opcodes():
        there, here = live[live_from:live_to], fake[fake_from:fake_to]
        if what == "equal" or (is_open and not here and live_to == len(live)):
            continue
        pairs = min(len(there), len(here))
        for index in range(pairs):
            position = _position_of(live, live_from + index, around)
            yield from _compare_pair(here[index], there[index], position, misspelled)
        position = _position_of(live, live_from + pairs, around)
        if here[pairs:]:
            yield f"{position} the fake has {_listed(here[pairs:])}, the live server has not"
        if there[pairs:] and not (is_open and live_to == len(live)):
            yield f"{position} the live server has {_listed(there[pairs:])}, the fake has not"


def _position_of(live: Sequence[ComparedNode], index: int, around: str) -> str:
    position = f"after {live[index - 1]}" if index else "at the beginning"
    return f"{position} of {around}" if around else position


def _compare_pair(
    fake: ComparedNode, live: ComparedNode, position: str, misspelled: set[tuple[str, str]]
) -> Iterator[str]:
    if fake.kind == live.kind and (fake.id, live.id) in misspelled | {(live.id, live.id)} and fake.inner and live.inner:
        yield from _compare(fake.inner, live.inner, f"{live.kind} {live.id!r}" if live.id else live.kind, misspelled)
    elif (fake.id, live.id) not in misspelled or fake.kind != live.kind:
        yield f"{position} the fake has {fake}, the live server has {live}"


def _listed(nodes: Sequence[ComparedNode]) -> str:
    return ", ".join(map(str, nodes))
