"""The goals of a graph: what a suite can try of it. No I/O.

A goal is reached or not; there are no weights. Three families are counted, and never mixed: *structure* (what is
entered and how often), *trouble* (what fails, is refused or canceled), *conversation* (what asks and is answered).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mastra_sync.workflow_graph import CONDITIONAL, FOREACH, LOOP, MAPPING, PARALLEL, SLEEP, Node
from pytest_mastra.coverage.graph import Graph

Family = Literal["structure", "trouble", "conversation"]

FAMILIES: tuple[Family, ...] = ("structure", "trouble", "conversation")

Key = tuple[str, str]
"""What tells a goal from the others of its graph: path and kind."""

_KINDS: Mapping[str, tuple[Family, str]] = {
    "entered": ("structure", "{} entered"),
    "taken": ("structure", "{} taken"),
    "succeeded": ("structure", "{} succeeded"),
    "bailed": ("structure", "{} bailed"),
    "passed": ("structure", "{} passed"),
    "none_taken": ("structure", "{}: no branch taken"),
    "several_taken": ("structure", "{}: two or more branches taken"),
    "one_round": ("structure", "{}: one round"),
    "more_rounds": ("structure", "{}: two or more rounds"),
    "no_items": ("structure", "{}: no items"),
    "one_item": ("structure", "{}: one item"),
    "more_items": ("structure", "{}: two or more items"),
    "above_concurrency": ("structure", "{}: more items than are at work at once"),
    "run_succeeded": ("structure", "the run succeeded"),
    "failed": ("trouble", "{} failed"),
    "item_failed": ("trouble", "{}: an item failed"),
    "later_round_failed": ("trouble", "{}: failed in a later round"),
    "arm_failed": ("trouble", "{}: one failed, another ended"),
    "retried": ("trouble", "{} succeeded after a retry"),
    "tripwire": ("trouble", "{} was stopped by a tripwire"),
    "canceled_within": ("trouble", "{}: canceled within"),
    "run_failed": ("trouble", "the run failed"),
    "run_canceled": ("trouble", "the run was canceled"),
    "run_tripwire": ("trouble", "the run was stopped by a tripwire"),
    "input_refused": ("trouble", "input refused"),
    "run_restarted": ("trouble", "the run was restarted"),
    "run_travelled": ("trouble", "the run was sent to another step"),
    "suspended": ("conversation", "{} suspended"),
    "resumed": ("conversation", "{} answered"),
    "item_answered": ("conversation", "{}: an item answered by its index"),
    "arm_suspended": ("conversation", "{}: one suspended, another ended"),
    "run_suspended": ("conversation", "the run ended suspended"),
}
"""For each kind of goal its family, and its words."""

KINDS = tuple(_KINDS)


def family_of(kind: str) -> Family:
    """Return the family of a kind of goals."""
    return _KINDS[kind][0]


ONLY_IF_SEEN = (
    "bailed",
    "tripwire",
    "canceled_within",
    "run_tripwire",
    "run_restarted",
    "run_travelled",
    "retried",
    "suspended",
    "resumed",
    "run_suspended",
)
"""Kinds that a graph need not tell of: those of one that does not are goals once a run has reached them."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that a suite can try of a workflow.

    Attributes:
        kind: One of `KINDS`.
        family: `structure`, `trouble` or `conversation`.
        path: Where in the graph: `pay`, `outer.inner`, `branch#1`; empty for the run as a whole.
        label: The goal in words: `pay failed`.
        reached_by: The node ids of the tests that reached it.
        cannot_tell: Whether a run may have reached it that nobody could look into; never so for a reached one.
        omitted: Why it is not counted, if it is not.
    """

    kind: str
    family: Family
    path: str
    label: str
    reached_by: tuple[str, ...] = ()
    cannot_tell: bool = False
    omitted: str | None = None

    @property
    def key(self) -> Key:
        """What tells it from the other goals of its graph."""
        return self.path, self.kind

    @property
    def verdict(self) -> Literal["reached", "cannot tell", "missed", "omitted"]:
        """What became of it."""
        if self.omitted is not None:
            return "omitted"
        if self.reached_by:
            return "reached"
        return "cannot tell" if self.cannot_tell else "missed"


@dataclass(frozen=True, slots=True)
class Declared:
    """What a workflow's graph does not tell of it, and its details do.

    Attributes:
        input_schema: JSON Schema of its input; None if it takes anything, or nobody knows.
        is_told: Whether anybody knows: without, its input may be refused or not.
        resume_schemas: JSON Schemas of answers, by path.
        retries: How often steps are tried again, by path; only fakes tell.
    """

    input_schema: Any = None
    is_told: bool = False
    resume_schemas: Mapping[str, Any] = field(default_factory=dict)
    retries: Mapping[str, int] = field(default_factory=dict)


def goals_of(graph: Any, declared: Declared | None = None, seen: Collection[Key] = ()) -> list[Goal]:
    """Return the goals of a workflow's graph in its order, those of the run last.

    Args:
        graph: `serializedStepGraph` of a run, `stepGraph` of details, or what `Graph.of` made of one.
        declared: What else is known of the workflow.
        seen: The keys of what runs have reached: some kinds are goals only if they ever were.
    """
    tree = graph if isinstance(graph, Graph) else Graph.of(graph)
    known = declared or Declared()
    keys = dict.fromkeys(_keys(tree, known))
    own = {node.path for node in tree.nodes()} | {""}
    seen_too = [key for key in seen if key[1] in ONLY_IF_SEEN and key[0] in own]
    keys |= dict.fromkeys(sorted(seen_too, key=lambda key: KINDS.index(key[1])))
    place = {path: number for number, path in enumerate([*(node.path for node in tree.nodes()), ""])}
    return [_goal(path, kind) for path, kind in sorted(keys, key=lambda key: place[key[0]])]


def _goal(path: str, kind: str) -> Goal:
    family, words = _KINDS[kind]
    return Goal(kind, family, path, words.format(path))


def _keys(tree: Graph, declared: Declared) -> Iterator[Key]:
    for node in tree.nodes():
        yield from ((node.path, kind) for kind in _RULES.get(node.kind, _of_step)(node))
        if declared.retries.get(node.path):
            yield node.path, "retried"
    yield "", "run_succeeded"
    yield "", "run_failed"
    yield "", "run_canceled"
    if declared.input_schema is not None or not declared.is_told:
        yield "", "input_refused"
    if any(node.can_suspend for node in tree.nodes()):
        yield "", "run_suspended"


def _of_step(node: Node) -> Iterable[str]:
    yield "taken" if node.is_branch else "entered"
    yield "succeeded"
    if node.repeats == LOOP:
        yield from ("one_round", "more_rounds")
    if node.repeats == FOREACH:
        yield from ("no_items", "one_item", "more_items")
        if (node.concurrency or 1) > 1:
            yield "above_concurrency"
    yield "item_failed" if node.repeats == FOREACH else "failed"
    if node.repeats == LOOP:
        yield "later_round_failed"
    if node.can_suspend:
        yield "suspended"
        yield "item_answered" if node.repeats == FOREACH else "resumed"


def _of_parallel(node: Node) -> Iterable[str]:
    if len(node.arms) > 1:
        yield "arm_failed"
        if any(inner.can_suspend for inner in node.nodes()):
            yield "arm_suspended"


def _of_conditional(node: Node) -> Iterable[str]:
    yield "none_taken"
    if len(node.arms) > 1:
        yield "several_taken"


def _of_passage(_: Node) -> Iterable[str]:
    yield "passed"


_RULES: Mapping[str, Callable[[Node], Iterable[str]]] = {
    PARALLEL: _of_parallel,
    CONDITIONAL: _of_conditional,
    SLEEP: _of_passage,
    MAPPING: _of_passage,
}
"""Which goals nodes have, by their kind; all others are steps."""
