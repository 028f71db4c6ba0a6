"""What was seen of each run: how far it had come each time that a server told of it. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mastra_sync.normalise import NESTED_META, canonical_result
from pytest_mastra.fake.engine.position import PRIOR_COMPLETION
from pytest_mastra.fake.workflows.javascript import UNDEFINED, deep_equal
from pytest_mastra.http.bodies import OK, is_stream, records_of, reply_json, request_json
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.exchanges_by_run import RunExchanges
from pytest_mastra.http.verbs import Effect

Step = dict[str, Any]
"""What a server tells of one step."""

_ITEM = re.compile(r"(?P<step>.+)\[(?P<index>\d+)\]")


@dataclass(eq=False)
class Sight:
    """One execution of a workflow, as far as it had come.

    Attributes:
        workflow: The workflow's id; for a nested one the id of the step that it is.
        status: The run's, or the nested workflow's as a step.
        input: What it was given; `UNDEFINED` if nobody says.
        result: What it gave.
        steps: Its own steps by id, in the order in which they began.
        nested: What was seen inside of its steps that are workflows: by step and, in a foreach, by item.
        path: Its plain steps in the order in which they ran, where the server says (current ones do).
        graph: Its graph, where the server says.
        state: The state of the workflow at that time, where the server says; `UNDEFINED` where it does not.
        labels: The labels of its suspensions.
        answer: The body of the last resume before.
        answers: How many resumes there were before.
        calls: Each execution of a step that a stream told of, and what was written in it, in their order.
        beside: Pairs of steps that a stream has shown side by side.
        waits: Steps that a stream has shown to be pauses.
        lists: Steps that a stream has shown to be a foreach.
        shows_nested: Whether it would show the steps of nested workflows.
    """

    workflow: str
    status: str = "unknown"
    input: Any = UNDEFINED
    result: Any = UNDEFINED
    steps: dict[str, Step] = field(default_factory=dict)
    nested: dict[str, dict[int | None, Sight]] = field(default_factory=dict)
    path: list[str] | None = None
    graph: list[dict[str, Any]] | None = None
    state: Any = UNDEFINED
    labels: Mapping[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] | None = None
    answers: int = 0
    calls: list[StepCall] = field(default_factory=list)
    beside: set[frozenset[str]] = field(default_factory=set)
    waits: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)
    shows_nested: bool = False


@dataclass(eq=False)
class StepCall:
    """One execution of a step, as a stream told of it.

    Attributes:
        step: The step's id.
        told: What the event at its end says of it.
        resumed: Whether it answered a suspension.
        written: The records that were written in it.
    """

    step: str
    told: Step
    resumed: bool
    written: list[dict[str, Any]] = field(default_factory=list)


def sights_of(story: RunExchanges, names: Mapping[str, str]) -> list[Sight]:
    """Return what was seen of a run, in the order in which it was seen.

    Args:
        story: What was said of the run.
        names: The ids of workflows that requests name by their keys.
    """
    sights: list[Sight] = []
    answer: dict[str, Any] | None = None
    answers = 0
    workflow = names.get(story.workflow, story.workflow)
    for exchange in story.exchanges:
        if exchange.call.row.effect is Effect.RESUME and exchange.status == OK:
            body = request_json(exchange)
            answer = body if isinstance(body, dict) else {}
            answers += 1
        sight = sight_of(exchange, workflow)
        if sight is None:
            continue
        if is_stream(exchange):
            _complete(sight, exchange, sights[-1] if sights else None)
        sight.answer, sight.answers = answer, answers
        sights.append(sight)
    return sights


def _complete(sight: Sight, exchange: Exchange, before: Sight | None) -> None:
    """Add to a stream's sight what the stream does not tell: what was before it."""
    if exchange.call.row.effect is Effect.START or before is None:
        body = request_json(exchange)
        sent = body.get("inputData", UNDEFINED) if isinstance(body, dict) else UNDEFINED
        # the first step may come after a branch of which nothing was taken
        if sight.input is UNDEFINED or sight.input == {}:
            sight.input = sent
    else:
        sight.input = UNDEFINED
        _carry(before, sight)
    if sight.status == "success" and any(step.get("status") == "suspended" for step in sight.steps.values()):
        # a stream knows of its own steps only
        sight.status, sight.result = "suspended", UNDEFINED


def _carry(before: Sight, sight: Sight) -> None:
    sight.input = before.input
    sight.graph = before.graph
    sight.steps = {**before.steps, **sight.steps}
    for step_id, runs in before.nested.items():
        for index, inner in runs.items():
            known = sight.nested.setdefault(step_id, {}).setdefault(
                index, nested_sight(sight.steps[step_id], step_id, index)
            )
            _carry(inner, known)


def sight_of(exchange: Exchange, workflow: str) -> Sight | None:
    """Return what one answer tells of a run; None if it tells nothing, or of a refusal."""
    if is_stream(exchange):
        if exchange.call.row.replays:
            return None  # it tells again what was told
        return StreamFold(workflow).of([record for record in records_of(exchange) if isinstance(record, dict)])
    answer = reply_json(exchange) if exchange.status == OK else None
    if not isinstance(answer, dict) or not ("status" in answer or "snapshot" in answer):
        return None
    sight = sight_of_answer(answer, workflow, is_read=exchange.call.row.polls_run)
    is_whole = exchange.call.row.polls_run and "withNestedWorkflows=false" not in exchange.request.query
    sight.shows_nested = is_whole and "snapshot" not in answer
    return sight


def sight_of_answer(answer: dict[str, Any], workflow: str, *, is_read: bool) -> Sight:
    """Return what a run's state or result tells.

    Args:
        answer: The answer.
        workflow: The run's workflow.
        is_read: Whether it was asked after, and not moved.
    """
    told = canonical_result(_with_payloads(answer))
    sight = Sight(
        workflow,
        status=told.get("status", "unknown"),
        input=told.get("inputData", UNDEFINED),
        result=told.get("result", UNDEFINED),
        path=told.get("stepExecutionPath"),
        graph=told.get("serializedStepGraph"),
        labels=told.get("resumeLabels") or {},
    )
    knows_state = is_read and "steps" in {**answer, **(answer.get("snapshot") or {"steps": 1})}
    sight.state = told.get("state", {} if knows_state and sight.graph is not None else UNDEFINED)
    steps = {name: (step["path"], without(step, "path")) for name, step in told["steps"].items()}
    _settle(sight, [(name, path, step) for name, (path, step) in steps.items()])
    return sight


def without(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a mapping but one of its keys."""
    return {key: item for key, item in value.items() if key != name}


def _settle(sight: Sight, steps: list[tuple[str, list[str], Step]]) -> None:
    """Put steps where they belong: into the sight, or into those of the workflows nested in it."""
    inner: dict[tuple[str, int | None], list[tuple[str, list[str], Step]]] = {}
    for name, path, step in steps:
        if len(path) == 1:
            if not _ITEM.fullmatch(name) or path[0] == name:
                sight.steps[path[0]] = step
            continue
        index, rest = _inside(name, path[0])
        inner.setdefault((path[0], index), []).append((rest, path[1:], step))
    for (step_id, index), own in inner.items():
        sight.nested.setdefault(step_id, {})[index] = nested_sight(sight.steps.get(step_id, {}), step_id, index)
        _settle(sight.nested[step_id][index], own)


def nested_sight(outer: Step, step_id: str, index: int | None) -> Sight:
    """Return a sight of a workflow nested in another one, out of what is told of it as a step."""
    given, gave = outer.get("payload", UNDEFINED), outer.get("output", UNDEFINED)
    status = outer.get("status", "unknown")
    if index is not None:
        item = _item(outer, index)
        given = item.get("payload", _at(given, index))
        gave = item.get("output", _at(gave, index))
        status = item.get("status", status)
    return Sight(step_id, status=status, input=given, result=gave)


def _item(outer: Step, index: int) -> Step:
    asked = outer.get("suspendPayload")
    items = (asked.get(NESTED_META) or {}).get("foreachOutput") if isinstance(asked, dict) else None
    item = _at(items, index)
    return item if isinstance(item, dict) else {}


def _at(value: Any, index: int) -> Any:
    return value[index] if isinstance(value, list) and index < len(value) else UNDEFINED


def _inside(name: str, outer: str) -> tuple[int | None, str]:
    """Take the outermost workflow off a step's full name."""
    rest = name[len(outer) :]
    if rest.startswith("["):
        index, _, rest = rest[1:].partition("]")
        return int(index), rest[1:]
    return None, rest[1:]


def _with_payloads(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with the payloads that current servers leave out: what equals the output before."""
    path, steps = answer.get("stepExecutionPath"), answer.get("steps")
    if not isinstance(path, list) or not isinstance(steps, dict):
        return answer
    steps = dict(steps)
    before = steps.get("input", UNDEFINED)
    for step_id in path:
        step = steps.get(step_id)
        if not isinstance(step, dict):
            continue
        if "payload" not in step and before is not UNDEFINED:
            steps[step_id] = {"payload": before, **step}
        if step.get("status") == "success":
            before = step.get("output", UNDEFINED)
    return {**answer, "steps": steps}


class StreamFold:
    """Makes one sight of a stream's events.

    Args:
        workflow: The run's workflow.
    """

    def __init__(self, workflow: str) -> None:
        self._sight = Sight(workflow, shows_nested=True)
        self._calls: list[StepCall] = []
        self._open: dict[str, list[dict[str, Any]]] = {}
        self._steps: dict[str, Step] = {}
        self._resumed: set[str] = set()
        self._waits: set[str] = set()
        self._lists: set[str] = set()
        self._beside: set[frozenset[str]] = set()

    def of(self, events: list[dict[str, Any]]) -> Sight:
        """Return the sight."""
        for event in events:
            self._take(event)
        root = self._sight
        paths = {name: path_in(name, self._steps) for name in self._steps}
        _settle(root, [(name, paths[name], step) for name, step in self._steps.items()])
        for call in self._calls:
            path = paths[call.step]
            self._owner(path).calls.append(call)
            call.step = path[-1]
        for names, attribute in ((self._waits, "waits"), (self._lists, "lists")):
            for name in names:
                getattr(self._owner(paths[name]), attribute).add(paths[name][-1])
        for pair in self._beside:
            first, second = (paths[name] for name in pair)
            if first[:-1] == second[:-1]:
                self._owner(first).beside.add(frozenset((first[-1], second[-1])))
        return root

    def _owner(self, path: list[str]) -> Sight:
        sight = self._sight
        for step_id in path[:-1]:
            runs = sight.nested.setdefault(step_id, {})
            sight = next(iter(runs.values()), None) or runs.setdefault(
                None, nested_sight(sight.steps.get(step_id, {}), step_id, None)
            )
        return sight

    def _take(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        payload = event.get("payload")
        told: dict[str, Any] = payload if isinstance(payload, dict) else {}
        name = told.get("id")
        if name and not self._steps:
            # the first step of a run is given what the run is given
            self._sight.input = told.get("payload", UNDEFINED)
        if kind == "workflow-finish":
            self._sight.status = told.get("workflowStatus", "unknown")
            self._sight.result = told.get("finalWorkflowResult", UNDEFINED)
        elif kind == "workflow-step-start" and name:
            self._start(name, told)
        elif kind == "workflow-step-waiting" and name:
            self._waits.add(name)
            self._steps[name] = _told(told)
        elif kind == "workflow-step-progress" and name:
            self._progress(name, told)
        elif kind in ("workflow-step-result", "workflow-step-suspended") and name:
            self._end(name, told)
        elif kind not in ("workflow-start", "workflow-canceled", "workflow-paused"):
            self._written(event, told)

    def _start(self, name: str, told: Step) -> None:
        for other in self._open:
            if not name.startswith(f"{other}."):
                self._beside.add(frozenset((name, other)))
        if "stepCallId" not in told:
            self._lists.add(name)
        known = self._steps.get(name)
        waited = _is_resume(told) if known is None else known.get("status") == "suspended"
        if waited and "resumePayload" in told:
            self._resumed.add(name)
        self._open[name] = []
        # servers before the current ones repeat here what the step gave, or asked, the last time
        self._steps[name] = {key: value for key, value in _told(told).items() if key not in PRIOR_COMPLETION}

    def _progress(self, name: str, told: Step) -> None:
        step = self._steps.setdefault(name, {})
        items = step.setdefault("items", {})
        items[told.get("currentIndex")] = {**told, "written": self._open.get(name, [])}
        self._open[name] = []

    def _end(self, name: str, told: Step) -> None:
        known = self._steps.get(name, {})
        written = self._open.pop(name, [])
        step = {**known, **_told(told)}
        self._steps[name] = step
        if name in self._lists and written:
            step["loose"] = written
        if name not in self._waits and name not in self._lists:
            self._calls.append(StepCall(name, step, resumed=name in self._resumed, written=written))
        self._resumed.discard(name)

    def _written(self, event: dict[str, Any], told: Step) -> None:
        """Give a record to the step that wrote it: the one that it names, or the last one that began."""
        writer = told.get("stepName")
        named = [name for name in self._open if name == writer or name.endswith(f".{writer}")]
        for name in [*named, *reversed(self._open)]:
            self._open[name].append(event)
            return


def _is_resume(started: Step) -> bool:
    """Tell a step that is resumed from one that was, and begins again: that one's start is the later."""
    began, resumed = started.get("startedAt"), started.get("resumedAt")
    return not (isinstance(began, (int, float)) and isinstance(resumed, (int, float)) and began > resumed)


def _told(payload: Step) -> Step:
    return {key: value for key, value in payload.items() if key not in ("id", "stepName", "stepCallId")}


def path_in(name: str, names: Mapping[str, Any]) -> list[str]:
    """Split the full name of a step in a nested workflow; an id with a dot stays whole."""
    for position in range(len(name) - 1, 0, -1):
        if name[position] == "." and name[:position] in names:
            return [*path_in(name[:position], names), name[position + 1 :]]
    return [name]


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same, of which either may be undefined."""
    if one is UNDEFINED or other is UNDEFINED:
        return one is other
    return deep_equal(one, other)
