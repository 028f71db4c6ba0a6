"""Infers a workflow's graph from what its steps were given and gave. No I/O.

This is for workflows that were recorded without their graph.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mastra_sync.step_paths import NESTED_META
from pytest_mastra.cassettes.as_fake.run_snapshots import RunSnapshot, StepReport, are_same
from pytest_mastra.fake.workflows.javascript import UNDEFINED

Entry = dict[str, Any]
"""One entry of a graph, as current servers serialize it."""


class GraphNotRecorded(ValueError):
    """A recording does not say what a workflow's graph is."""


def infer_graph(workflow: str, snapshots: Iterable[RunSnapshot], gaps: list[str]) -> list[Entry]:
    """Return the graph that agrees with all snapshots of a workflow.

    Args:
        workflow: The workflow's id.
        snapshots: The snapshots of its runs.
        gaps: Takes what was taken for granted, in words.

    Raises:
        GraphNotRecorded: The snapshots fit no one graph.
    """
    graph = _infer_undecided(workflow, snapshots, gaps)
    _decide_blocks(workflow, graph, gaps)
    return graph


def _infer_undecided(workflow: str, snapshots: Iterable[RunSnapshot], gaps: list[str]) -> list[Entry]:
    """Return a graph whose blocks do not say yet whether they have conditions."""
    merged: list[Entry] = []
    for snapshot in snapshots:
        merged = _merge(workflow, merged, _ChainWalk(workflow, snapshot, gaps).entries())
    return merged


def _decide_blocks(workflow: str, graph: Iterable[Entry], gaps: list[str]) -> None:
    for entry in graph:
        if entry["type"] == "parallel":
            _decide_blocks(workflow, entry["steps"], gaps)
            _decide_block(workflow, entry, gaps)
        elif entry["type"] == "workflow":
            _decide_blocks(entry["id"], entry["serializedStepFlow"], gaps)
        elif entry["type"] in ("loop", "foreach"):
            _decide_blocks(workflow, [entry["step"]], gaps)


def step_id(entry: Entry) -> str:
    """Return the id of an entry that is no block, of whichever server generation."""
    inner = entry.get("step")
    if isinstance(inner, dict):
        return step_id(inner) if "type" in inner else str(inner["id"])
    return str(entry["id"])


@dataclass
class _ChainWalk:
    """Follows one execution from output to input."""

    workflow: str
    snapshot: RunSnapshot
    gaps: list[str]
    before: Any = UNDEFINED
    found: list[Entry] = field(default_factory=list)

    def entries(self) -> list[Entry]:
        self.before = self.snapshot.input
        steps = list(self.snapshot.steps.items())
        index = 0
        while index < len(steps):
            index += self._take(steps, index)
        if (
            not are_same(self.before, self.snapshot.result)
            and self.snapshot.result == {}
            and self.snapshot.status == "success"
        ):
            self.found.append(_block([]))
        return self.found

    def _take(self, steps: list[tuple[str, StepReport]], index: int) -> int:
        """Add the entry of the next steps; return how many they are."""
        id_, step = steps[index]
        if step.get("payload", self.before) == {} and not are_same(self.before, {}):
            self.found.append(_block([]))
            self.before = {}
        special = self._special(id_, step, _payload(steps, index + 1, self.snapshot.result))
        count = 1 if special is not None else self._block_size(steps, index)
        if special is not None:
            self.found.append(special)
        elif count:
            children = [name for name, _ in steps[index : index + count]]
            self.found.append(_block([self._single(child) for child in children], conditions=has_conditions(step)))
            self.before = _outputs_of(steps[index : index + count])
            return count
        else:
            self.found.append(self._single(id_))
        self.before = step.get("output", UNDEFINED)
        return 1

    def _special(self, id_: str, step: StepReport, after: Any) -> Entry | None:
        """Return the entry of a step that shows by itself that it is no plain one."""
        if id_ in self.snapshot.pauses or id_.startswith("sleep_"):
            return {"type": "sleep", "id": id_, "duration": milliseconds(step)}
        if id_.startswith("mapping_"):
            return {"type": "mapping", "id": id_, "mapConfig": "(not recorded)"}
        if isinstance(step.get("metadata"), dict) and "iterationCount" in step["metadata"]:
            condition = {"id": f"{id_}-condition", "fn": "(not recorded)"}
            loop = {"type": "loop", "step": self._single(id_), "serializedCondition": condition}
            return {**loop, "loopType": "dountil"}
        if self._is_foreach(id_, step, after):
            return {"type": "foreach", "step": self._single(id_), "opts": {"concurrency": self._concurrency(id_, step)}}
        return None

    def _is_foreach(self, id_: str, step: StepReport, after: Any) -> bool:
        if id_ in self.snapshot.foreachs or _items(step) is not None:
            return True
        given, gave = step.get("payload"), step.get("output")
        is_list = isinstance(given, list) and isinstance(gave, list) and len(given) == len(gave)
        # plain steps are in the path, and what a child of a block gives goes on under its id
        return is_list and self.snapshot.path is not None and id_ not in self.snapshot.path and are_same(after, gave)

    def _concurrency(self, id_: str, step: StepReport) -> int:
        items = _items(step) or list(step.get("items", {}).values())
        states = [item.get("status", item.get("iterationStatus")) for item in items if isinstance(item, dict)]
        # after one that failed only those go on that had begun beside it
        begun = len(states) - states.index("failed") if "failed" in states else 1
        at_once = max(states.count("suspended"), begun)
        self._note_gap(f"how many items of {id_!r} run at once is not recorded: taken to be {at_once}")
        return at_once

    def _block_size(self, steps: list[tuple[str, StepReport]], index: int) -> int:  # noqa: PLR0911 -- one per sign
        """Return how many steps from an index on are one block; 0 before a plain step."""
        if self.snapshot.path is not None and steps[index][0] in self.snapshot.path:
            return 0
        most = index + 1
        while most < len(steps) and self._may_be_child(steps[index], steps[most]):
            if self._special(*steps[most], _payload(steps, most + 1, self.snapshot.result)) is not None:
                break
            most += 1
        if self.snapshot.path is not None:
            return max(1, most - index)
        side_by_side = [has_conditions(step) is False for _, step in steps[index:most]]
        if side_by_side[:1] == [True]:
            return [*side_by_side, False].index(False)
        for end in range(most, index, -1):
            if _is_output_of_block(steps[index:end], _payload(steps, end, self.snapshot.result)):
                return end - index
        after = _payload(steps, index + 1, self.snapshot.result)
        if are_same(steps[index][1].get("output", UNDEFINED), after):
            return 0
        if steps[index][1].get("status") == "bailed" and after is not UNDEFINED:
            return 1  # outside of a block the workflow would have ended with what it gave
        is_over = steps[index][1].get("status") == "success" and index + 1 == most
        return 0 if is_over or most - index == 1 else most - index

    def _may_be_child(self, first: tuple[str, StepReport], candidate: tuple[str, StepReport]) -> bool:
        id_, step = candidate
        if frozenset((first[0], id_)) in self.snapshot.concurrent:
            return True
        kinds = {has_conditions(first[1]), has_conditions(step)} - {None}
        streamed = {execution.step for execution in self.snapshot.executions}
        if len(kinds) > 1 or {first[0], id_} <= streamed:
            return False
        is_plain = self.snapshot.path is not None and id_ in self.snapshot.path
        return not is_plain and are_same(step.get("payload", UNDEFINED), self.before)

    def _single(self, id_: str) -> Entry:
        runs = self.snapshot.nested.get(id_)
        if not runs:
            return {"type": "step", "step": {"id": id_}}
        return {"type": "workflow", "id": id_, "serializedStepFlow": _infer_undecided(id_, runs.values(), self.gaps)}

    def _note_gap(self, words: str) -> None:
        note_gap(self.gaps, self.workflow, words)


def note_gap(gaps: list[str], workflow: str, words: str) -> None:
    """Note what a recording does not say, once."""
    gap = f"{workflow}: {words}"
    if gap not in gaps:
        gaps.append(gap)


def milliseconds(step: StepReport) -> float:
    """Return how long a step took; 0 if nobody says."""
    began, ended = step.get("startedAt"), step.get("endedAt")
    known = isinstance(began, (int, float)) and isinstance(ended, (int, float))
    return max(0, ended - began) if known else 0  # type: ignore[operator]


def has_conditions(step: StepReport) -> bool | None:
    """Return whether a step of a block stands behind a condition; None if unknown.

    Servers note steps that run side by side as running before they begin, so that their status comes first.
    """
    names = list(step)
    if not {"status", "payload"} <= set(names):
        return None
    if names == sorted(names):
        return None  # somebody has sorted them
    return names.index("payload") < names.index("status")


def _block(children: list[Entry], *, conditions: bool | None = None) -> Entry:
    """Return a block of which it may not be known yet whether it has conditions.

    `runs` holds which steps ran in it, each time.
    """
    names = [step_id(child) for child in children]
    return {"type": "parallel", "steps": children, "runs": [names], "conditions": conditions}


def _decide_block(workflow: str, entry: Entry, gaps: list[str]) -> None:
    runs, has_conditions_ = entry.pop("runs"), entry.pop("conditions")
    names = [step_id(child) for child in entry["steps"]]
    differ = any(sorted(run) != sorted(names) for run in runs)
    is_branch = has_conditions_ if has_conditions_ is not None else differ or len(names) < 2  # noqa: PLR2004 -- of one
    if has_conditions_ is None and not differ:
        kind = "a branch" if is_branch else "side by side, and not branches that were all taken"
        note_gap(gaps, workflow, f"{', '.join(map(repr, names)) or 'a block of nothing'}: taken to be {kind}")
    if is_branch:
        entry["type"] = "conditional"
        entry["serializedConditions"] = [{"id": f"{name}-condition", "fn": "(not recorded)"} for name in names]


def _merge(workflow: str, known: list[Entry], more: list[Entry]) -> list[Entry]:
    merged = []
    for index in range(max(len(known), len(more))):
        if index >= len(known) or index >= len(more):
            merged.append((known if index < len(known) else more)[index])
        else:
            merged.append(_merge_entry(workflow, known[index], more[index]))
    return merged


def _merge_entry(workflow: str, left: Entry, right: Entry) -> Entry:
    if left["type"] == right["type"] == "parallel":
        children = {step_id(child): child for child in left["steps"]}
        for child in right["steps"]:
            known = children.get(step_id(child))
            children[step_id(child)] = child if known is None else _merge_entry(workflow, known, child)
        conditions = right["conditions"] if left["conditions"] is None else left["conditions"]
        return {
            **left,
            "steps": list(children.values()),
            "runs": left["runs"] + right["runs"],
            "conditions": conditions,
        }
    if "parallel" in (left["type"], right["type"]):
        # what looked like a plain step may be the only one of a block that got to its end
        block, single = (left, right) if left["type"] == "parallel" else (right, left)
        if any(step_id(child) == step_id(single) for child in block["steps"]):
            return block
    elif step_id(left) == step_id(right):
        return _merge_step(workflow, left, right)
    raise GraphNotRecorded(
        f"the recording does not tell the graph of workflow {workflow!r}: where one run had {_name(left)}, another had "
        f"{_name(right)}. Record it again with a test that reads a whole run, client.get_workflow({workflow!r})"
        ".run_by_id(...), or the workflow's details"
    )


def _merge_step(workflow: str, left: Entry, right: Entry) -> Entry:
    # a step that failed at once shows less of what it is
    plain = {"step", "mapping"}
    richer = right if left["type"] in plain and right["type"] not in plain else left
    if left["type"] == right["type"] == "workflow":
        flow = _merge(workflow, left["serializedStepFlow"], right["serializedStepFlow"])
        return {**left, "serializedStepFlow": flow}
    return richer


def _name(entry: Entry) -> str:
    if entry["type"] == "parallel":
        return f"a block of {', '.join(step_id(child) for child in entry['steps']) or 'nothing'}"
    return repr(step_id(entry))


def _payload(steps: list[tuple[str, StepReport]], index: int, result: Any) -> Any:
    return steps[index][1].get("payload", UNDEFINED) if index < len(steps) else result


def _outputs_of(steps: list[tuple[str, StepReport]]) -> dict[str, Any]:
    return {id_: step["output"] for id_, step in steps if step.get("status") == "success" and "output" in step}


def _is_output_of_block(steps: list[tuple[str, StepReport]], after: Any) -> bool:
    """Return whether what came after some steps is what a block of them gives.

    One that bailed gives nothing.
    """
    gathered = _outputs_of(steps)
    if not isinstance(after, dict) or not after:
        return False
    return all(name in gathered and are_same(gathered[name], value) for name, value in after.items())


def _items(step: StepReport) -> list[Any] | None:
    payload = step.get("suspendPayload")
    meta = payload.get(NESTED_META) if isinstance(payload, dict) else None
    items = meta.get("foreachOutput") if isinstance(meta, dict) else None
    return items if isinstance(items, list) else None
