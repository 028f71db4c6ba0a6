"""Graphs of workflows that were recorded without theirs: derived from what their steps were given and gave. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mastra_sync.normalise import NESTED_META
from pytest_mastra.cassettes.as_fake.run_snapshots import Sight, Step, same
from pytest_mastra.fake.workflows.javascript import UNDEFINED

Entry = dict[str, Any]
"""One entry of a graph, as current servers serialize it."""


class NotTold(ValueError):
    """A recording does not tell a workflow's graph."""


def derived_graph(workflow: str, sights: Iterable[Sight], gaps: list[str]) -> list[Entry]:
    """Return the graph that agrees with everything that was seen of a workflow.

    Args:
        workflow: The workflow's id.
        sights: What was seen of it.
        gaps: Takes what was taken for granted, in words.

    Raises:
        NotTold: What was seen fits no one graph.
    """
    graph = _unsettled(workflow, sights, gaps)
    _settle(workflow, graph, gaps)
    return graph


def _unsettled(workflow: str, sights: Iterable[Sight], gaps: list[str]) -> list[Entry]:
    """Return a graph whose blocks do not say yet whether they have conditions."""
    merged: list[Entry] = []
    for sight in sights:
        merged = _merged(workflow, merged, _Chain(workflow, sight, gaps).entries())
    return merged


def _settle(workflow: str, graph: Iterable[Entry], gaps: list[str]) -> None:
    for entry in graph:
        if entry["type"] == "parallel":
            _settle(workflow, entry["steps"], gaps)
            _settle_block(workflow, entry, gaps)
        elif entry["type"] == "workflow":
            _settle(entry["id"], entry["serializedStepFlow"], gaps)
        elif entry["type"] in ("loop", "foreach"):
            _settle(workflow, [entry["step"]], gaps)


def graph_of_steps(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Return for each step of a graph, those in blocks too, its own entry."""
    found: dict[str, Entry] = {}
    for entry in entries:
        for child in entry["steps"] if entry["type"] in ("parallel", "conditional") else [entry]:
            found[step_id(child)] = child
    return found


def step_id(entry: Entry) -> str:
    """Return the id of an entry that is no block, whichever server generation serialized it."""
    inner = entry.get("step")
    if isinstance(inner, dict):
        return step_id(inner) if "type" in inner else str(inner["id"])
    return str(entry["id"])


@dataclass
class _Chain:
    """Follows one execution from output to input."""

    workflow: str
    sight: Sight
    gaps: list[str]
    before: Any = UNDEFINED
    found: list[Entry] = field(default_factory=list)

    def entries(self) -> list[Entry]:
        self.before = self.sight.input
        steps = list(self.sight.steps.items())
        place = 0
        while place < len(steps):
            place += self._take(steps, place)
        if not same(self.before, self.sight.result) and self.sight.result == {} and self.sight.status == "success":
            self.found.append(_block([]))
        return self.found

    def _take(self, steps: list[tuple[str, Step]], place: int) -> int:
        """Add the entry of the next steps; return how many they are."""
        id_, step = steps[place]
        if step.get("payload", self.before) == {} and not same(self.before, {}):
            self.found.append(_block([]))
            self.before = {}
        special = self._special(id_, step, _payload(steps, place + 1, self.sight.result))
        count = 1 if special is not None else self._block_size(steps, place)
        if special is not None:
            self.found.append(special)
        elif count:
            children = [name for name, _ in steps[place : place + count]]
            self.found.append(_block([self._single(child) for child in children], conditions=has_conditions(step)))
            self.before = _gathered(steps[place : place + count])
            return count
        else:
            self.found.append(self._single(id_))
        self.before = step.get("output", UNDEFINED)
        return 1

    def _special(self, id_: str, step: Step, after: Any) -> Entry | None:
        """Return the entry of a step that shows by itself that it is no plain one."""
        if id_ in self.sight.waits or id_.startswith("sleep_"):
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

    def _is_foreach(self, id_: str, step: Step, after: Any) -> bool:
        if id_ in self.sight.lists or _items(step) is not None:
            return True
        given, gave = step.get("payload"), step.get("output")
        is_list = isinstance(given, list) and isinstance(gave, list) and len(given) == len(gave)
        # plain steps are in the path, and what a child of a block gives goes on under its id
        return is_list and self.sight.path is not None and id_ not in self.sight.path and same(after, gave)

    def _concurrency(self, id_: str, step: Step) -> int:
        items = _items(step) or list(step.get("items", {}).values())
        states = [one.get("status", one.get("iterationStatus")) for one in items if isinstance(one, dict)]
        # after one that failed only those go on that had begun beside it
        beside = len(states) - states.index("failed") if "failed" in states else 1
        at_once = max(states.count("suspended"), beside)
        self._say(f"how many items of {id_!r} run at once is not recorded: taken to be {at_once}")
        return at_once

    def _block_size(self, steps: list[tuple[str, Step]], place: int) -> int:  # noqa: PLR0911 -- one per sign
        """Return how many steps from a place on are one block; 0 if the next one is a plain step."""
        if self.sight.path is not None and steps[place][0] in self.sight.path:
            return 0
        most = place + 1
        while most < len(steps) and self._may_be_child(steps[place], steps[most]):
            if self._special(*steps[most], _payload(steps, most + 1, self.sight.result)) is not None:
                break
            most += 1
        if self.sight.path is not None:
            return max(1, most - place)
        side_by_side = [has_conditions(step) is False for _, step in steps[place:most]]
        if side_by_side[:1] == [True]:
            return [*side_by_side, False].index(False)
        for end in range(most, place, -1):
            if _explains(steps[place:end], _payload(steps, end, self.sight.result)):
                return end - place
        after = _payload(steps, place + 1, self.sight.result)
        if same(steps[place][1].get("output", UNDEFINED), after):
            return 0
        if steps[place][1].get("status") == "bailed" and after is not UNDEFINED:
            return 1  # outside of a block the workflow would have ended with what it gave
        is_over = steps[place][1].get("status") == "success" and place + 1 == most
        return 0 if is_over or most - place == 1 else most - place

    def _may_be_child(self, first: tuple[str, Step], other: tuple[str, Step]) -> bool:
        id_, step = other
        if frozenset((first[0], id_)) in self.sight.beside:
            return True
        kinds = {has_conditions(first[1]), has_conditions(step)} - {None}
        told = {call.step for call in self.sight.calls}
        if len(kinds) > 1 or {first[0], id_} <= told:
            return False
        is_plain = self.sight.path is not None and id_ in self.sight.path
        return not is_plain and same(step.get("payload", UNDEFINED), self.before)

    def _single(self, id_: str) -> Entry:
        runs = self.sight.nested.get(id_)
        if not runs:
            return {"type": "step", "step": {"id": id_}}
        return {"type": "workflow", "id": id_, "serializedStepFlow": _unsettled(id_, runs.values(), self.gaps)}

    def _say(self, words: str) -> None:
        say(self.gaps, self.workflow, words)


def say(gaps: list[str], workflow: str, words: str) -> None:
    """Note what a recording does not tell, once."""
    told = f"{workflow}: {words}"
    if told not in gaps:
        gaps.append(told)


def milliseconds(step: Step) -> float:
    """Return how long a step took; 0 if nobody says."""
    began, ended = step.get("startedAt"), step.get("endedAt")
    known = isinstance(began, (int, float)) and isinstance(ended, (int, float))
    return max(0, ended - began) if known else 0  # type: ignore[operator]


def has_conditions(step: Step) -> bool | None:
    """Return whether a step of a block stands behind a condition; None if that cannot be seen.

    Servers note steps that run side by side as running before they begin, so that their status comes first.
    """
    names = list(step)
    if not {"status", "payload"} <= set(names):
        return None
    if names == sorted(names):
        return None  # somebody has sorted them
    return names.index("payload") < names.index("status")


def _block(children: list[Entry], *, conditions: bool | None = None) -> Entry:
    """Return a block of which it may not be known yet whether it has conditions; in `seen` who ran in it, each time."""
    names = [step_id(child) for child in children]
    return {"type": "parallel", "steps": children, "seen": [names], "conditions": conditions}


def _settle_block(workflow: str, entry: Entry, gaps: list[str]) -> None:
    seen, has_conditions_ = entry.pop("seen"), entry.pop("conditions")
    names = [step_id(child) for child in entry["steps"]]
    differ = any(sorted(one) != sorted(names) for one in seen)
    is_branch = has_conditions_ if has_conditions_ is not None else differ or len(names) < 2  # noqa: PLR2004 -- of one
    if has_conditions_ is None and not differ:
        kind = "a branch" if is_branch else "side by side, and not branches that were all taken"
        say(gaps, workflow, f"{', '.join(map(repr, names)) or 'a block of nothing'}: taken to be {kind}")
    if is_branch:
        entry["type"] = "conditional"
        entry["serializedConditions"] = [{"id": f"{name}-condition", "fn": "(not recorded)"} for name in names]


def _merged(workflow: str, known: list[Entry], more: list[Entry]) -> list[Entry]:
    merged = []
    for place in range(max(len(known), len(more))):
        if place >= len(known) or place >= len(more):
            merged.append((known if place < len(known) else more)[place])
        else:
            merged.append(_merged_entry(workflow, known[place], more[place]))
    return merged


def _merged_entry(workflow: str, one: Entry, other: Entry) -> Entry:
    if one["type"] == other["type"] == "parallel":
        children = {step_id(child): child for child in one["steps"]}
        for child in other["steps"]:
            known = children.get(step_id(child))
            children[step_id(child)] = child if known is None else _merged_entry(workflow, known, child)
        conditions = other["conditions"] if one["conditions"] is None else one["conditions"]
        return {**one, "steps": list(children.values()), "seen": one["seen"] + other["seen"], "conditions": conditions}
    if "parallel" in (one["type"], other["type"]):
        # what looked like a plain step may be the only one of a block that got to its end
        block, single = (one, other) if one["type"] == "parallel" else (other, one)
        if any(step_id(child) == step_id(single) for child in block["steps"]):
            return block
    elif step_id(one) == step_id(other):
        return _merged_step(workflow, one, other)
    raise NotTold(
        f"the recording does not tell the graph of workflow {workflow!r}: where one run had {_name(one)}, another had "
        f"{_name(other)}. Record it again with a test that reads a whole run, client.get_workflow({workflow!r})"
        ".run_by_id(...), or the workflow's details"
    )


def _merged_step(workflow: str, one: Entry, other: Entry) -> Entry:
    # a step that failed at once shows less of what it is
    plain = {"step", "mapping"}
    richer = other if one["type"] in plain and other["type"] not in plain else one
    if one["type"] == other["type"] == "workflow":
        flow = _merged(workflow, one["serializedStepFlow"], other["serializedStepFlow"])
        return {**one, "serializedStepFlow": flow}
    return richer


def _name(entry: Entry) -> str:
    if entry["type"] == "parallel":
        return f"a block of {', '.join(step_id(child) for child in entry['steps']) or 'nothing'}"
    return repr(step_id(entry))


def _payload(steps: list[tuple[str, Step]], place: int, result: Any) -> Any:
    return steps[place][1].get("payload", UNDEFINED) if place < len(steps) else result


def _gathered(steps: list[tuple[str, Step]]) -> dict[str, Any]:
    return {id_: step["output"] for id_, step in steps if step.get("status") == "success" and "output" in step}


def _explains(steps: list[tuple[str, Step]], after: Any) -> bool:
    """Return whether what came after some steps is what a block of them gives; one that bailed gives nothing."""
    gathered = _gathered(steps)
    if not isinstance(after, dict) or not after:
        return False
    return all(name in gathered and same(gathered[name], value) for name, value in after.items())


def _items(step: Step) -> list[Any] | None:
    asked = step.get("suspendPayload")
    meta = asked.get(NESTED_META) if isinstance(asked, dict) else None
    items = meta.get("foreachOutput") if isinstance(meta, dict) else None
    return items if isinstance(items, list) else None
