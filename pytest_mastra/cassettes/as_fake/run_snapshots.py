"""How far a run had come, each time that a server reported on it. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mastra_sync.normalise import canonical_result
from mastra_sync.step_paths import NESTED_META
from pytest_mastra.fake.engine.position import PRIOR_COMPLETION
from pytest_mastra.fake.workflows.javascript import UNDEFINED, as_parsed, deep_equal
from pytest_mastra.http.bodies import OK, is_stream, records_of, reply_json, request_json
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.exchanges_by_run import RunExchanges
from pytest_mastra.http.verbs import Effect

StepReport = dict[str, Any]
"""What a server reports of one step."""

_ITEM = re.compile(r"(?P<step>.+)\[(?P<index>\d+)\]")


@dataclass(eq=False)
class RunSnapshot:
    """One execution of a workflow, as far as it had come.

    Attributes:
        workflow: The workflow's id; for a nested one the id of the step that it is.
        status: The run's, or the nested workflow's as a step.
        input: What it was given; `UNDEFINED` if nobody says.
        result: What it gave.
        steps: Its own steps by id, in the order in which they began.
        nested: The snapshots of its steps that are workflows: by step and, in a foreach, by item.
        path: Its plain steps in the order in which they ran, where the server says (current ones do).
        graph: Its graph, where the server says.
        state: The state of the workflow at that time, where the server says; `UNDEFINED` where it does not.
        labels: The labels of its suspensions.
        resume_body: The body of the last resume before.
        resumes: How many resumes there were before.
        executions: Each execution of a step that a stream reported, and what was written in it, in their order.
        concurrent: Pairs of steps that a stream has shown side by side.
        pauses: Steps that a stream has shown to be pauses.
        foreachs: Steps that a stream has shown to be a foreach.
        shows_nested: Whether it would show the steps of nested workflows.
    """

    workflow: str
    status: str = "unknown"
    input: Any = UNDEFINED
    result: Any = UNDEFINED
    steps: dict[str, StepReport] = field(default_factory=dict)
    nested: dict[str, dict[int | None, RunSnapshot]] = field(default_factory=dict)
    path: list[str] | None = None
    graph: list[dict[str, Any]] | None = None
    state: Any = UNDEFINED
    labels: Mapping[str, Any] = field(default_factory=dict)
    resume_body: dict[str, Any] | None = None
    resumes: int = 0
    executions: list[StreamedExecution] = field(default_factory=list)
    concurrent: set[frozenset[str]] = field(default_factory=set)
    pauses: set[str] = field(default_factory=set)
    foreachs: set[str] = field(default_factory=set)
    shows_nested: bool = False


@dataclass(eq=False)
class StreamedExecution:
    """One execution of a step, as a stream reported it.

    Attributes:
        step: The step's id.
        report: What the event at its end says of it.
        resumed: Whether it answered a suspension.
        written: The records that were written in it.
    """

    step: str
    report: StepReport
    resumed: bool
    written: list[dict[str, Any]] = field(default_factory=list)


def snapshots_of(run: RunExchanges, names: Mapping[str, str]) -> list[RunSnapshot]:
    """Return the snapshots of a run, in their order.

    Args:
        run: The run's exchanges.
        names: The ids of workflows that requests name by their keys.
    """
    snapshots: list[RunSnapshot] = []
    resume_body: dict[str, Any] | None = None
    resumes = 0
    workflow = names.get(run.workflow, run.workflow)
    for exchange in run.exchanges:
        if exchange.call.row.effect is Effect.RESUME and exchange.status == OK:
            body = request_json(exchange)
            resume_body = body if isinstance(body, dict) else {}
            resumes += 1
        snapshot = snapshot_of(exchange, workflow)
        if snapshot is None:
            continue
        if is_stream(exchange):
            _add_what_was_before(snapshot, exchange, snapshots[-1] if snapshots else None)
        snapshot.resume_body, snapshot.resumes = resume_body, resumes
        snapshots.append(snapshot)
    return snapshots


def _add_what_was_before(snapshot: RunSnapshot, exchange: Exchange, before: RunSnapshot | None) -> None:
    """Add to a stream's snapshot what was before the stream."""
    if exchange.call.row.effect is Effect.START or before is None:
        body = request_json(exchange)
        sent = body.get("inputData", UNDEFINED) if isinstance(body, dict) else UNDEFINED
        # the first step may come after a branch of which nothing was taken
        if snapshot.input is UNDEFINED or snapshot.input == {}:
            snapshot.input = sent
    else:
        snapshot.input = UNDEFINED
        _carry(before, snapshot)
    if snapshot.status == "success" and any(step.get("status") == "suspended" for step in snapshot.steps.values()):
        # a stream knows of its own steps only
        snapshot.status, snapshot.result = "suspended", UNDEFINED


def _carry(before: RunSnapshot, snapshot: RunSnapshot) -> None:
    snapshot.input = before.input
    snapshot.graph = before.graph
    snapshot.steps = {**before.steps, **snapshot.steps}
    for step_id, runs in before.nested.items():
        for index, inner in runs.items():
            known = snapshot.nested.setdefault(step_id, {}).setdefault(
                index, nested_snapshot(snapshot.steps[step_id], step_id, index)
            )
            _carry(inner, known)


def snapshot_of(exchange: Exchange, workflow: str) -> RunSnapshot | None:
    """Return the snapshot that one answer gives of a run.

    None if it reports nothing, or a refusal.
    """
    if is_stream(exchange):
        if exchange.call.row.replays:
            return None  # it repeats what was streamed
        return StreamFold(workflow).fold([record for record in records_of(exchange) if isinstance(record, dict)])
    answer = reply_json(exchange) if exchange.status == OK else None
    if not isinstance(answer, dict) or not ("status" in answer or "snapshot" in answer):
        return None
    snapshot = snapshot_of_answer(answer, workflow, is_read=exchange.call.row.polls_run)
    is_whole = exchange.call.row.polls_run and "withNestedWorkflows=false" not in exchange.request.query
    snapshot.shows_nested = is_whole and "snapshot" not in answer
    return snapshot


def snapshot_of_answer(answer: dict[str, Any], workflow: str, *, is_read: bool) -> RunSnapshot:
    """Return the snapshot that a run's state or result gives.

    Args:
        answer: The answer.
        workflow: The run's workflow.
        is_read: Whether it was asked after, and not moved.
    """
    result = canonical_result(_fill_in_payloads(answer))
    snapshot = RunSnapshot(
        workflow,
        status=result.get("status", "unknown"),
        input=result.get("inputData", UNDEFINED),
        result=result.get("result", UNDEFINED),
        path=result.get("stepExecutionPath"),
        graph=result.get("serializedStepGraph"),
        labels=result.get("resumeLabels") or {},
    )
    knows_state = is_read and "steps" in {**answer, **(answer.get("snapshot") or {"steps": 1})}
    snapshot.state = result.get("state", {} if knows_state and snapshot.graph is not None else UNDEFINED)
    steps = {name: (step["path"], _without(step, "path")) for name, step in result["steps"].items()}
    _nest_steps(snapshot, [(name, path, step) for name, (path, step) in steps.items()])
    return snapshot


def _without(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a mapping but one of its keys."""
    return {key: item for key, item in value.items() if key != name}


def _nest_steps(snapshot: RunSnapshot, steps: list[tuple[str, list[str], StepReport]]) -> None:
    """Put steps into a snapshot, or into those of the workflows nested in it."""
    inner: dict[tuple[str, int | None], list[tuple[str, list[str], StepReport]]] = {}
    for name, path, step in steps:
        if len(path) == 1:
            if not _ITEM.fullmatch(name) or path[0] == name:
                snapshot.steps[path[0]] = step
            continue
        index, rest = _split_outermost(name, path[0])
        inner.setdefault((path[0], index), []).append((rest, path[1:], step))
    for (step_id, index), own in inner.items():
        snapshot.nested.setdefault(step_id, {})[index] = nested_snapshot(
            snapshot.steps.get(step_id, {}), step_id, index
        )
        _nest_steps(snapshot.nested[step_id][index], own)


def nested_snapshot(outer: StepReport, step_id: str, index: int | None) -> RunSnapshot:
    """Return a snapshot of a nested workflow, out of its report as a step."""
    given, gave = outer.get("payload", UNDEFINED), outer.get("output", UNDEFINED)
    status = outer.get("status", "unknown")
    if index is not None:
        item = _item(outer, index)
        given = item.get("payload", _at(given, index))
        gave = item.get("output", _at(gave, index))
        status = item.get("status", status)
    return RunSnapshot(step_id, status=status, input=given, result=gave)


def _item(outer: StepReport, index: int) -> StepReport:
    payload = outer.get("suspendPayload")
    items = (payload.get(NESTED_META) or {}).get("foreachOutput") if isinstance(payload, dict) else None
    item = _at(items, index)
    return item if isinstance(item, dict) else {}


def _at(value: Any, index: int) -> Any:
    return value[index] if isinstance(value, list) and index < len(value) else UNDEFINED


def _split_outermost(name: str, outer: str) -> tuple[int | None, str]:
    """Take the outermost workflow off a step's full name."""
    rest = name[len(outer) :]
    if rest.startswith("["):
        index, _, rest = rest[1:].partition("]")
        return int(index), rest[1:]
    return None, rest[1:]


def _fill_in_payloads(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with the payloads that current servers leave out.

    They do so where a payload equals the output before.
    """
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
    """Folds a stream's events into one snapshot.

    Args:
        workflow: The run's workflow.
    """

    def __init__(self, workflow: str) -> None:
        self._snapshot = RunSnapshot(workflow, shows_nested=True)
        self._executions: list[StreamedExecution] = []
        self._open: dict[str, list[dict[str, Any]]] = {}
        self._steps: dict[str, StepReport] = {}
        self._resumed: set[str] = set()
        self._pauses: set[str] = set()
        self._foreachs: set[str] = set()
        self._concurrent: set[frozenset[str]] = set()

    def fold(self, events: list[dict[str, Any]]) -> RunSnapshot:
        """Return the snapshot."""
        for event in events:
            self._take(event)
        root = self._snapshot
        paths = {name: split_name(name, self._steps) for name in self._steps}
        _nest_steps(root, [(name, paths[name], step) for name, step in self._steps.items()])
        for execution in self._executions:
            path = paths[execution.step]
            self._owner(path).executions.append(execution)
            execution.step = path[-1]
        for names, attribute in ((self._pauses, "pauses"), (self._foreachs, "foreachs")):
            for name in names:
                getattr(self._owner(paths[name]), attribute).add(paths[name][-1])
        for pair in self._concurrent:
            first, second = (paths[name] for name in pair)
            if first[:-1] == second[:-1]:
                self._owner(first).concurrent.add(frozenset((first[-1], second[-1])))
        return root

    def _owner(self, path: list[str]) -> RunSnapshot:
        snapshot = self._snapshot
        for step_id in path[:-1]:
            runs = snapshot.nested.setdefault(step_id, {})
            snapshot = next(iter(runs.values()), None) or runs.setdefault(
                None, nested_snapshot(snapshot.steps.get(step_id, {}), step_id, None)
            )
        return snapshot

    def _take(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        payload = event.get("payload")
        report: dict[str, Any] = payload if isinstance(payload, dict) else {}
        name = report.get("id")
        if name and not self._steps:
            # the first step of a run is given what the run is given
            self._snapshot.input = report.get("payload", UNDEFINED)
        if kind == "workflow-finish":
            self._snapshot.status = report.get("workflowStatus", "unknown")
            self._snapshot.result = report.get("finalWorkflowResult", UNDEFINED)
        elif kind == "workflow-step-start" and name:
            self._start(name, report)
        elif kind == "workflow-step-waiting" and name:
            self._pauses.add(name)
            self._steps[name] = _report_of(report)
        elif kind == "workflow-step-progress" and name:
            self._progress(name, report)
        elif kind in ("workflow-step-result", "workflow-step-suspended") and name:
            self._end(name, report)
        elif kind not in ("workflow-start", "workflow-canceled", "workflow-paused"):
            self._written(event, report)

    def _start(self, name: str, report: StepReport) -> None:
        for open_step in self._open:
            if not name.startswith(f"{open_step}."):
                self._concurrent.add(frozenset((name, open_step)))
        if "stepCallId" not in report:
            self._foreachs.add(name)
        known = self._steps.get(name)
        waited = _is_resume(report) if known is None else known.get("status") == "suspended"
        if waited and "resumePayload" in report:
            self._resumed.add(name)
        self._open[name] = []
        # servers before the current ones repeat here what the step gave, or asked, the last time
        self._steps[name] = {key: value for key, value in _report_of(report).items() if key not in PRIOR_COMPLETION}

    def _progress(self, name: str, report: StepReport) -> None:
        step = self._steps.setdefault(name, {})
        items = step.setdefault("items", {})
        items[report.get("currentIndex")] = {**report, "written": self._open.get(name, [])}
        self._open[name] = []

    def _end(self, name: str, report: StepReport) -> None:
        known = self._steps.get(name, {})
        written = self._open.pop(name, [])
        step = {**known, **_report_of(report)}
        self._steps[name] = step
        if name in self._foreachs and written:
            step["loose"] = written
        if name not in self._pauses and name not in self._foreachs:
            self._executions.append(StreamedExecution(name, step, resumed=name in self._resumed, written=written))
        self._resumed.discard(name)

    def _written(self, event: dict[str, Any], report: StepReport) -> None:
        """Give a record to the step that it names, else to the last that began."""
        writer = report.get("stepName")
        named = [name for name in self._open if name == writer or name.endswith(f".{writer}")]
        for name in [*named, *reversed(self._open)]:
            self._open[name].append(event)
            return


def _is_resume(started: StepReport) -> bool:
    """Return whether a step is resumed now, and was not resumed before and begins again.

    In the latter case the start is the later.
    """
    began, resumed = started.get("startedAt"), started.get("resumedAt")
    return not (isinstance(began, (int, float)) and isinstance(resumed, (int, float)) and began > resumed)


def _report_of(payload: StepReport) -> StepReport:
    return {key: value for key, value in payload.items() if key not in ("id", "stepName", "stepCallId")}


def split_name(name: str, names: Mapping[str, Any]) -> list[str]:
    """Split the full name of a nested workflow's step; an id with a dot stays whole."""
    for position in range(len(name) - 1, 0, -1):
        if name[position] == "." and name[:position] in names:
            return [*split_name(name[:position], names), name[position + 1 :]]
    return [name]


def are_same(left: Any, right: Any) -> bool:
    """Return whether two values are the same, of which either may be undefined."""
    if left is UNDEFINED or right is UNDEFINED:
        return left is right
    # what was recorded is JSON
    return deep_equal(as_parsed(left), as_parsed(right))
