"""What one run reached of its graph, and where nobody could look. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mastra_sync.normalise import canonical_result, items_of
from mastra_sync.statuses import SETTLED
from mastra_sync.step_paths import NESTED_META
from mastra_sync.workflow_graph import CONDITIONAL, FOREACH, LOOP, MAPPING, PARALLEL, SLEEP, WORKFLOW, Node
from pytest_mastra.coverage.answers import LABEL, Given, parts_of_answer
from pytest_mastra.coverage.goals import Key
from pytest_mastra.coverage.graph import Graph
from pytest_mastra.coverage.observed_run import ObservedRun, RunRequest
from pytest_mastra.http.bodies import FIRST_ERROR
from pytest_mastra.http.verbs import Effect

EVERYTHING = ""
"""A blind spot that is the whole run."""

_STEP_EVENT = "workflow-step-"
_FINISH = "workflow-finish"
_REFUSED_INPUT = "Invalid input data"
_ENDED = frozenset({"success", "bailed"})
_SUBMITTED = frozenset({"running", "waiting", "pending", "unknown"})

_OUTCOMES = {
    "success": "run_succeeded",
    "bailed": "run_succeeded",
    "failed": "run_failed",
    "canceled": "run_canceled",
    "tripwire": "run_tripwire",
    "suspended": "run_suspended",
}


@dataclass(slots=True)
class Evidence:
    """What a run reached, and what nobody could see of it.

    Attributes:
        reached: Keys of goals.
        unseen: Where it may have reached more: the key of a goal, or the beginning of paths, `outer.`.
        answers: What it might be answered, and whether it was: step, name and value of a part of the answer.
    """

    reached: set[Key] = field(default_factory=set)
    unseen: set[Key | str] = field(default_factory=set)
    answers: dict[Given, bool] = field(default_factory=dict)


def evidence_of(run: ObservedRun, graph: Graph) -> Evidence:
    """Return what a run reached of its workflow's graph.

    Never raises for what came over the wire: what cannot be understood is no evidence.
    """
    found = _Finder(graph, run.status)
    _note_labels(run, found)
    was_started = _note_requests(run.requests, run.status, found)
    found.note_events(run.events)
    steps = _steps_of(run.state, graph)
    if steps is not None:
        found.note_steps(steps)
    for name in run.retried:
        found.reached.update((node.path, "retried") for node in graph.nodes() if f".{node.path}".endswith(f".{name}"))
    outcome = _OUTCOMES.get(run.status)
    if outcome is not None:
        found.reached.add(("", outcome))
    is_blind = steps is None and not run.events
    is_under_way = run.origin == "server" and run.status in _SUBMITTED
    if (was_started or run.status in SETTLED) and (is_blind or is_under_way):
        found.unseen.add(EVERYTHING)
    found.note_dark_nested()
    return Evidence(found.reached, found.unseen, found.answers)


def _steps_of(state: Any, graph: Graph) -> Mapping[str, Any] | None:
    """Return a run's steps by name; None if what is known of it tells of none."""
    if not isinstance(state, Mapping):
        return None
    steps = state.get("steps")
    if isinstance(steps, Mapping) and graph.find("input") is None:
        return steps
    if "steps" not in state and "snapshot" not in state and "payload" not in state:
        return None
    try:
        canonical: Mapping[str, Any] = canonical_result(state)["steps"]
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None
    return canonical


def _note_requests(requests: Iterable[RunRequest], status: str, found: _Finder) -> bool:
    """Note what requests say; return whether one has had the run begin."""
    was_started = False
    for request in requests:
        is_refused = _refuses_input(request)
        is_accepted = 0 < request.status < FIRST_ERROR
        if request.effect is Effect.START:
            # a server accepts a start before it checks the input: the run stays as it was
            is_refused = is_refused or (is_accepted and status == "pending")
            was_started = was_started or (is_accepted and not is_refused)
            if is_refused:
                found.reached.add(("", "input_refused"))
        elif is_accepted and request.effect is Effect.RESTART:
            found.reached.add(("", "run_restarted"))
        elif is_accepted and request.effect is Effect.TRAVEL:
            found.reached.add(("", "run_travelled"))
        elif is_accepted and request.effect is Effect.RESUME:
            found.note_answer(request.asked)
    return was_started


def _note_labels(run: ObservedRun, found: _Finder) -> None:
    for account in (run.state, *(request.answered for request in run.requests)):
        if not isinstance(account, dict):
            continue
        found.note_labels(account.get("resumeLabels"))
        steps = account.get("steps")
        for step in steps.values() if isinstance(steps, dict) else ():
            # few steps of a suite have asked
            if isinstance(step, dict) and step.get("suspendPayload"):
                payload = step["suspendPayload"]
                meta = payload.get(NESTED_META) if isinstance(payload, dict) else None
                found.note_labels(meta.get("resumeLabels") if isinstance(meta, dict) else None)


def _refuses_input(request: RunRequest) -> bool:
    if request.effect is not Effect.START or request.status < FIRST_ERROR or not isinstance(request.answered, Mapping):
        return False
    reason = request.answered.get("error", request.answered.get("message"))
    return isinstance(reason, str) and _REFUSED_INPUT in reason


class _Finder:
    """Gathers what a run reached.

    Args:
        graph: Its workflow's.
        status: What it was last known to be.
    """

    def __init__(self, graph: Graph, status: str) -> None:
        self.reached: set[Key] = set()
        self.unseen: set[Key | str] = set()
        self.answers: dict[Given, bool] = {}
        self._labels: dict[tuple[str, Any], str] = {}
        self._graph = graph
        self._status = status
        self._counts: dict[str, int] = {}
        self._told_of_items: set[Key] = set()

    # -- events

    def note_events(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Note what the events of a run say."""
        said, name_of = self._graph.said, self._graph.name_of
        reached: list[tuple[Key, ...]] = []
        for event in events:
            payload = event.get("payload")
            if not isinstance(payload, dict):
                continue
            try:
                # most events of a suite say what others have said
                known = said.get((event["type"], name_of(payload["id"]), payload.get("status"), "resumedAt" in payload))
            except (KeyError, TypeError):
                known = None
            if known is None:
                self._note_event(event.get("type"), payload)
            else:
                reached.append(known)
        self.reached.update(*reached)

    def _note_event(self, kind: Any, payload: dict[str, Any]) -> None:
        if kind == _FINISH and _REFUSED_INPUT in str(payload.get("metadata", "")):
            self.reached.add(("", "input_refused"))
        name = payload.get("id")
        if not (isinstance(kind, str) and kind.startswith(_STEP_EVENT) and isinstance(name, str)):
            return
        node, change = self._graph.find(name), kind[len(_STEP_EVENT) :]
        if node is None:
            return
        if change == "progress":
            self._note_progress(node, payload)
        elif change in _CHANGES:
            status = payload.get("status") if change == "result" else _CHANGES[change]
            keys = self._note(node, status if isinstance(status, str) else "running", payload)
            if not node.repeats and status != "failed":
                self._graph.said[kind, self._graph.name_of(name), payload.get("status"), "resumedAt" in payload] = keys

    def _note_progress(self, node: Node, payload: dict[str, Any]) -> None:
        total = payload.get("totalCount")
        if isinstance(total, int):
            self._counts[node.path] = total
        if payload.get("iterationStatus") == "failed":
            self.reached.add((node.path, "item_failed"))

    # -- answers

    def note_answer(self, asked: Any) -> None:
        """Note an answer that was accepted: it says of which step, and of which item.

        Of the steps of an item's workflow nothing else may be known.
        """
        step = asked.get("step") if isinstance(asked, Mapping) else None
        name = ".".join(map(str, step)) if isinstance(step, list) else step
        if not isinstance(name, str):
            return
        self._note_parts(name, asked)
        if asked.get("forEachIndex") is not None:
            around = (node for node in self._graph.parts if node.repeats == FOREACH)
            self.reached.update(
                (node.path, "item_answered") for node in around if f"{name}.".startswith(f"{node.path}.")
            )
        node = self._graph.find(name)
        if node is None or node.repeats == FOREACH or node.flow:
            return
        if asked.get("forEachIndex") is None:
            self.reached.update((node.path, kind) for kind in ("suspended", "resumed"))
        else:
            kinds = ("taken" if node.is_branch else "entered", "suspended", "resumed")
            self._told_of_items.update((node.path, kind) for kind in kinds)

    def _note_parts(self, name: str, asked: Mapping[str, Any]) -> None:
        node = self._graph.find(name)
        if node is None or node.flow:
            return
        self.answers[node.path, "", ""] = True
        for part in parts_of_answer(asked.get("resumeData")):
            self.answers[(node.path, *part)] = True
        label = self._labels.get((node.path, asked.get("forEachIndex")))
        if label is not None:
            self.answers[node.path, LABEL, label] = True

    def note_labels(self, offered: Any) -> None:
        """Note the labels of suspensions: by them they may be answered."""
        for label, target in offered.items() if isinstance(offered, Mapping) else ():
            node = self._graph.find(str(target.get("stepId"))) if isinstance(target, Mapping) else None
            if node is not None:
                self._labels[node.path, target.get("foreachIndex")] = label
                self.answers.setdefault((node.path, LABEL, label), False)

    # -- the state of a run

    def note_steps(self, steps: Mapping[str, Any]) -> None:
        """Note what the state of a run says of its steps."""
        flows: dict[str, dict[str, Any]] = {}
        said, has_parts = self._graph.said, bool(self._graph.parts)
        reached: list[tuple[Key, ...]] = []
        for told, step in steps.items():
            name = self._graph.name_of(told)
            record = step if isinstance(step, dict) else {"status": "success"}
            status = _status_of(record)
            mark = (name, status, "resumedAt" in record or "resumePayload" in record)
            known = said.get(mark)
            node = self._graph.find(told) if known is None or has_parts else None
            if node is not None and has_parts:
                flows.setdefault(name[: len(name) - len(node.id)], {})[node.id] = record
            if known is not None:
                reached.append(known)
            elif node is not None:
                keys = self._note(node, status, record)
                if not node.repeats and status != "failed":
                    said[mark] = keys
        self.reached.update(*reached)
        if has_parts:
            self._note_flow(self._graph.flow, "", flows, has_ended=self._status in _ENDED)

    def _note_flow(
        self, flow: tuple[Node, ...], prefix: str, flows: Mapping[str, Mapping[str, Any]], *, has_ended: bool
    ) -> None:
        """Note what can be told only of a flow as a whole.

        Args:
            flow: The entries of one workflow.
            prefix: What stands before the names of its steps.
            flows: What is known of steps, by what stands before their names.
            has_ended: Whether all of it has been gone through.
        """
        steps = flows.get(prefix, {})
        latest = max((node.order for node in flow if any(one.id in steps for one in (node, *node.arms))), default=-1)
        for node in flow:
            is_past = has_ended or node.order < latest
            if node.kind in (CONDITIONAL, PARALLEL):
                self._note_block(
                    node, [_status_of(steps[arm.id]) for arm in node.arms if arm.id in steps], is_past=is_past
                )
            elif node.repeats == LOOP and node.id in steps and is_past:
                self._note_rounds(node, steps[node.id])
            elif node.kind == SLEEP and node.id in steps and self._status == "canceled" and not is_past:
                self._note_pause(node, steps[node.id])
            for nested in (node, *node.arms):
                if nested.kind == WORKFLOW and nested.id in steps:
                    ended = _status_of(steps[nested.id]) in _ENDED
                    own = f"{prefix}{nested.id}"
                    for one in flows:
                        if one == f"{own}." or (one.startswith(f"{own}[") and one.endswith("].")):
                            self._note_flow(nested.flow, one, flows, has_ended=ended)

    def _note_block(self, node: Node, statuses: list[str], *, is_past: bool) -> None:
        if node.kind == CONDITIONAL:
            if not statuses and is_past:
                self.reached.add((node.path, "none_taken"))
            if len(statuses) > 1:
                self.reached.add((node.path, "several_taken"))
            return
        if any(status in _ENDED for status in statuses):
            if "failed" in statuses:
                self.reached.add((node.path, "arm_failed"))
            if "suspended" in statuses:
                self.reached.add((node.path, "arm_suspended"))

    def _note_pause(self, node: Node, record: Mapping[str, Any]) -> None:
        if _status_of(record) not in _ENDED:
            self.reached.add((node.path, "canceled_within"))

    def _note_rounds(self, node: Node, record: Mapping[str, Any]) -> None:
        count = _round_of(record)
        if record.get("status") in _ENDED and (self._counts.get(node.path) if count is None else count) == 1:
            self.reached.add((node.path, "one_round"))

    def _note(self, node: Node, status: str, record: dict[str, Any]) -> tuple[Key, ...]:
        """Note what a step, or an event of it, says, and return that."""
        keys = tuple((node.path, kind) for kind in _kinds_said(node, status, record))
        self.reached.update(keys)
        if node.repeats == LOOP:
            self._note_round(node, status, record)
        elif node.repeats == FOREACH:
            self._note_items(node, status, record)
        return keys

    def _note_round(self, node: Node, status: str, record: Mapping[str, Any]) -> None:
        count = _round_of(record)
        if count is None:
            return
        self._counts[node.path] = max(count, self._counts.get(node.path, 0))
        if count > 1:
            self.reached.add((node.path, "more_rounds"))
            if status == "failed":
                self.reached.add((node.path, "later_round_failed"))

    def _note_items(self, node: Node, status: str, record: Mapping[str, Any]) -> None:
        known = [record.get("payload") if status != "failed" else None, items_of(record.get("suspendPayload"))]
        if status in _ENDED:
            known.append(record.get("output"))
        counts = [len(items) for items in known if isinstance(items, list)]
        if node.path in self._counts and (status == "failed" or not counts):
            counts.append(self._counts[node.path])
        if counts:
            count = self._counts[node.path] = max(counts)
            kind = "no_items" if not count else "one_item" if count == 1 else "more_items"
            self.reached.add((node.path, kind))
            if count > (node.concurrency or count):
                self.reached.add((node.path, "above_concurrency"))

    # -- what nobody could see

    def note_dark_nested(self) -> None:
        """Note the nested workflows that were entered and of whose steps nothing is known."""
        seen = {path for path, _ in self.reached} if self._graph.parts else ()
        for node in self._graph.parts:
            if node.path not in seen:
                continue
            if node.kind == WORKFLOW and node.flow and not any(one.path in seen for one in _steps_in(node)):
                self.unseen.add(f"{node.path}.")
            if node.repeats and node.path not in self._counts:
                self.unseen.update((node.path, kind) for kind in _COUNTED[node.repeats])
        self.reached |= self._told_of_items


_CHANGES = {"start": "running", "waiting": "waiting", "suspended": "suspended", "result": "success"}
"""What events there are of steps, and the status that each tells."""

_KINDS_OF_STATUS = {
    "success": ("succeeded",),
    "bailed": ("succeeded", "bailed"),
    "failed": ("failed",),
    "suspended": ("suspended",),
}
"""What a step reached that was left in a status, beside that it was entered."""

_COUNTED = {
    LOOP: ("one_round", "more_rounds", "later_round_failed"),
    FOREACH: ("no_items", "one_item", "more_items", "above_concurrency"),
}
"""What cannot be told where nobody has counted."""


def _steps_in(node: Node) -> Iterable[Node]:
    return (inner for entry in node.flow for inner in entry.nodes())


def _status_of(record: Mapping[str, Any]) -> str:
    status = record.get("status")
    return status if isinstance(status, str) else ""


def _round_of(record: Mapping[str, Any]) -> int | None:
    metadata = record.get("metadata")
    count = metadata.get("iterationCount") if isinstance(metadata, Mapping) else None
    return count if isinstance(count, int) else None


def _kinds_said(node: Node, status: str, record: Mapping[str, Any]) -> Iterable[str]:
    """Give the kinds of the goals that a step reached."""
    if node.kind in (SLEEP, MAPPING):
        if status in _ENDED:
            yield "passed"
        return
    yield "taken" if node.is_branch else "entered"
    for kind in _KINDS_OF_STATUS.get(status, ()):
        yield "item_failed" if kind == "failed" and node.repeats == FOREACH else kind
    if status == "failed" and record.get("tripwire") is not None:
        yield "tripwire"
    if "resumedAt" in record or "resumePayload" in record:
        yield "suspended"
        if node.repeats != FOREACH:
            yield "resumed"
