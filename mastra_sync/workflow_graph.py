"""A workflow's graph as one tree, whichever generation of servers wrote it. No I/O.

Who only needs the ids of a graph's steps, for each answer of a server, has `step_graph`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from mastra_sync.durations import duration
from mastra_sync.generated_ids import generated_kind
from mastra_sync.mapping_config import sources_of

STEP = "step"
WORKFLOW = "workflow"
MAPPING = "mapping"
SLEEP = "sleep"
PARALLEL = "parallel"
CONDITIONAL = "conditional"

BLOCKS = frozenset({PARALLEL, CONDITIONAL})
"""Kinds of entries that have arms, and no report of their own among the steps of a run."""

LOOP = "loop"
FOREACH = "foreach"

UNTIL = "dountil"
_WHILE = "dowhile"
_LOOP_WORDS = {_WHILE: "while", UNTIL: "until"}
_LOOPS = frozenset({LOOP, *_LOOP_WORDS})
_SLEEPS = frozenset({"sleep", "sleepUntil"})
_BLOCK_NAMES = {PARALLEL: PARALLEL, CONDITIONAL: "branch"}
_MILLISECONDS = 1000

_DEEPEST = 50
"""How deep entries are read that stand in each other: no server runs deeper ones, but anybody may send them."""


@dataclass(frozen=True, slots=True)
class Node:
    """An entry of a graph; a loop and its step are one.

    Attributes:
        kind: `step`, `workflow` (a nested one), `mapping`, `sleep`, `parallel` or `conditional`.
        type: The server's word for it: `sleepUntil`, `agent`, or one of a newer server, which is a step.
        id: The id under which its workflow's results have it; of a block its name, often empty.
        name: What results and events of the run call it: `outer.inner`; empty for a block.
        path: Where it stands, by names that stay the same: `outer.inner`, `sleep#1`, `branch#1`.
        description: What its author says of it.
        can_suspend: Whether the server says that it can.
        repeats: `loop`, `foreach` or nothing.
        loop_type: Of a loop: `dowhile` or `dountil`.
        loop_condition: By which it goes on, or ends, as the server writes it, in one line.
        concurrency: How many items of a foreach are at work at once; None where only the server can tell.
        seconds: How long a sleep takes; None where only the server can tell.
        code: What gives a sleep its end, or a mapping its value, as the server writes it, in one line.
        is_branch: Whether it is an arm of a branch.
        condition: By which that arm is taken, as the server writes it, in one line.
        order: Its place among the entries of its workflow.
        arms: What a block is made of.
        flow: The entries of a nested workflow.
    """

    kind: str
    type: str
    id: str
    name: str
    path: str
    description: str = ""
    can_suspend: bool = False
    repeats: str = ""
    loop_type: str = ""
    loop_condition: str = ""
    concurrency: int | None = 1
    seconds: float | None = None
    code: str = ""
    is_branch: bool = False
    condition: str = ""
    order: int = 0
    arms: tuple[Node, ...] = ()
    flow: tuple[Node, ...] = ()

    @property
    def inner(self) -> tuple[Node, ...]:
        """What is inside of it: the arms of a block, the entries of a nested workflow."""
        return self.arms or self.flow

    @property
    def label(self) -> str:
        """What people call it: its id, unless a server has made that up."""
        if self.kind == MAPPING:
            return "map"
        if self.kind == SLEEP:
            return "sleep until" if self.type == "sleepUntil" else "sleep"
        return generated_kind(self.id) or self.id or self.type

    @property
    def detail(self) -> str:
        """Its loop's condition, how many items are at work at once, or a sleep's length."""
        if self.repeats == FOREACH:
            return f"{self.concurrency} at once" if (self.concurrency or 1) > 1 else "one by one"
        if self.repeats == LOOP:
            return f"{_LOOP_WORDS.get(self.loop_type, 'repeat')} {self.loop_condition}".strip()
        return self.code if self.seconds is None else duration(self.seconds)

    @property
    def is_told(self) -> bool:
        """Whether a mapping's values, or a sleep's end, are known without the code of the server."""
        if self.kind == MAPPING:
            return sources_of(self.code) is not None
        # a moment begins with its year, which no function does
        return self.kind == SLEEP and (self.seconds is not None or self.code[:1].isdigit())

    @property
    def once(self) -> Node:
        """The step of a loop without the loop."""
        return replace(self, repeats="", loop_type="", loop_condition="", concurrency=1)

    def nodes(self) -> Iterator[Node]:
        """Give this one and all that are inside of it, in their order."""
        yield self
        for node in self.inner:
            yield from node.nodes()


def read_graph(graph: Any, *, keep_unknown: bool = False) -> tuple[Node, ...]:
    """Return the entries of a graph; what is none has none.

    Neither has a graph that is nested beyond all measure.

    Entries of a kind that is not known are steps if they have an id, and are left out otherwise.

    Args:
        graph: `serializedStepGraph` of a run, or `stepGraph` of a workflow's details.
        keep_unknown: Whether entries that are not understood are kept, as steps without id.
    """
    try:
        return _read_flow(graph, "", "", 0, keep_unknown=keep_unknown)
    except _NestsTooDeep:
        return ()


def graph_of_steps(names: Iterable[str]) -> tuple[Node, ...]:
    """Return steps one after the other: the graph of a workflow whose own is not known.

    Args:
        names: What results call the steps; those of nested workflows are left out where theirs is among them.
    """
    known = [name for name in names if name]
    outer = [name for name in known if not any(name.startswith((f"{other}.", f"{other}[")) for other in known)]
    return tuple(Node(STEP, STEP, name, name, name, order=order) for order, name in enumerate(outer))


class _NestsTooDeep(Exception):
    """Entries stand in each other deeper than is read."""


def _read_flow(entries: Any, names: str, paths: str, depth: int, *, keep_unknown: bool) -> tuple[Node, ...]:
    reader = _FlowReader(names, paths, keep_unknown=keep_unknown)
    found: list[Node] = []
    for entry in entries if isinstance(entries, list) else ():
        node = reader.read(entry, len(found), depth)
        if node is not None:
            found.append(node)
    return tuple(found)


class _FlowReader:
    """Reads the entries of one workflow.

    Args:
        names: What stands before the names of its steps in results: `outer.`.
        paths: The same, of paths.
        keep_unknown: Whether entries that are not understood are kept.
    """

    def __init__(self, names: str, paths: str, *, keep_unknown: bool) -> None:
        self._names = names
        self._paths = paths
        self._keep_unknown = keep_unknown
        self._count: Counter[str] = Counter()

    def read(self, entry: Any, order: int, depth: int) -> Node | None:
        """Return an entry as a node; None for what is none.

        Args:
            entry: As the server writes it.
            order: Its place among the entries of the workflow.
            depth: In how many others it stands.

        Raises:
            _NestsTooDeep: There are too many.
        """
        if depth > _DEEPEST:
            raise _NestsTooDeep
        if not isinstance(entry, Mapping):
            return None
        written = _text(entry.get("type")) or STEP
        if written in BLOCKS:
            return self._read_block(written, entry, order, depth)
        if written in _LOOPS or written == FOREACH:
            body = self.read(entry.get("step"), order, depth + 1)
            is_understood = body is not None and body.kind not in BLOCKS and body.id
            return _repeated(body, written, entry) if body is not None and is_understood else self._unknown(written)
        return self._read_step(written, entry, order, depth)

    def _read_block(self, kind: str, entry: Mapping[str, Any], order: int, depth: int) -> Node | None:
        block_id = _text(entry.get("id"))
        path = self._paths + (block_id or self._numbered(_BLOCK_NAMES[kind]))
        children, conditions = _list(entry.get("steps")), _list(entry.get("serializedConditions"))
        arms: list[Node] = []
        for number, child in enumerate(children):
            arm = self.read(child, order, depth + 1)
            if arm is not None and kind == CONDITIONAL:
                condition = conditions[number] if number < len(conditions) else None
                arm = replace(arm, is_branch=True, condition=_condition(condition))
            if arm is not None:
                arms.append(arm)
        return Node(kind, kind, block_id, "", path, order=order, arms=tuple(arms)) if arms else self._unknown(kind)

    def _read_step(self, written: str, entry: Mapping[str, Any], order: int, depth: int) -> Node | None:
        """Return what is executed by itself: a step, a nested workflow, a mapping, a pause."""
        inner = entry.get("step")
        own = inner if isinstance(inner, Mapping) else entry
        step_id = _text(entry.get("id")) or _text(own.get("id"))
        if not step_id:
            return self._unknown(written)
        generated = generated_kind(step_id)
        name, path = self._names + step_id, self._paths + (self._numbered(generated) if generated else step_id)
        node = Node(
            STEP,
            written,
            step_id,
            name,
            path,
            description=_text(own.get("description")),
            can_suspend=own.get("canSuspend") is True,
            order=order,
        )
        if written in _SLEEPS:
            code = _text(entry.get("date")) or _text(entry.get("fn"))
            return replace(node, kind=SLEEP, seconds=_seconds(entry.get("duration")), code=_one_line(code))
        if written == MAPPING or "mapConfig" in own:
            return replace(node, kind=MAPPING, code=_one_line(own.get("mapConfig")))
        flow = own.get("serializedStepFlow")
        if written == WORKFLOW or own.get("component") == "WORKFLOW" or isinstance(flow, list):
            entries = _read_flow(flow, f"{name}.", f"{path}.", depth + 1, keep_unknown=self._keep_unknown)
            return replace(node, kind=WORKFLOW, flow=entries)
        return node

    def _unknown(self, written: str) -> Node | None:
        return Node(STEP, written, "", "", self._paths + self._numbered(written)) if self._keep_unknown else None

    def _numbered(self, word: str) -> str:
        self._count[word] += 1
        return f"{word}#{self._count[word]}"


def _repeated(body: Node, written: str, entry: Mapping[str, Any]) -> Node:
    """Return the step of a loop or foreach, with what is said of its repetition."""
    if written == FOREACH:
        options = entry.get("opts")
        wish = options.get("concurrency") if isinstance(options, Mapping) else 1
        return replace(body, repeats=FOREACH, concurrency=int(wish) if _is_finite(wish) else None)
    loop_type = _text(entry.get("loopType")) or (written if written in _LOOP_WORDS else "")
    condition = _condition(entry.get("serializedCondition"))
    return replace(body, repeats=LOOP, loop_type=loop_type, loop_condition=condition)


def _condition(condition: Any) -> str:
    return _one_line(condition.get("fn")) if isinstance(condition, Mapping) else ""


def _seconds(milliseconds: Any) -> float | None:
    return milliseconds / _MILLISECONDS if _is_finite(milliseconds) else None


def _is_finite(value: Any) -> TypeGuard[float]:
    """True for a number that is a float, which not all integers of JSON are."""
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _one_line(text: Any) -> str:
    return " ".join(_text(text).split())
