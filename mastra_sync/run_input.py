"""A run's input, which engines keep among the steps, and a step called `input`.

Both are kept under `input`: what the run was started with until a step of that id begins, and from then on the report
of the step, laid over what was there. The graph says which of the two it is; where none is known, the report's form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from mastra_sync.step_graph import GRAPH, gets_run_input, step_tree

INPUT = "input"
"""Under which name engines keep a run's input among its steps."""

_OF_MODELS = frozenset({"workflowId", "workflow_id", "suspensions"})
_LAST_MILLISECOND = 253_402_300_799_999


def needs_graph(raw: Any) -> bool:
    """True if only the graph says what an answer has under `input`."""
    if not isinstance(raw, Mapping) or GRAPH in raw or "snapshot" in raw or _OF_MODELS & raw.keys():
        return False
    steps = raw.get("steps")
    among = steps.get(INPUT) if isinstance(steps, Mapping) else None
    return _may_be_report(among) or _may_be_report(raw.get("payload"))


def part_input_from_step(run: dict[str, Any], graph: Any) -> None:
    """Take a run's input from among its steps; a step called `input` stays.

    Args:
        run: What a server told of a run, changed in place. Of a stored row, what its snapshot holds.
        graph: The workflow's graph, where that has none.
    """
    if _OF_MODELS & run.keys():
        return
    graph = run.get(GRAPH, graph)
    steps = dict(run.get("steps") or {})
    beside = run.get("payload")
    if not ("workflowName" in run or GRAPH in run):
        if INPUT not in steps:
            return
        # the answers of the `_async` verbs
        beside = steps.pop(INPUT)
        run.setdefault("payload", beside)
    if INPUT not in steps and _is_report(beside, graph):
        steps = _insert(_without_input(beside), steps, list(step_tree(graph)) or _path_of(run))
        whole = run.pop(INPUT, None)
        # current servers leave out of the steps' reports what is a step's input here
        report = {**(whole if isinstance(whole, Mapping) else {}), **run.pop("payload")}
        if "payload" in report and _is_first(run, graph):
            run["inputData"] = report["payload"]
    run["steps"] = steps


def _is_report(value: Any, graph: Any) -> TypeGuard[Mapping[str, Any]]:
    return _may_be_report(value) and (not isinstance(graph, list) or INPUT in step_tree(graph))


def _may_be_report(value: Any) -> bool:
    """True if a value has what every report of a step has."""
    return isinstance(value, Mapping) and isinstance(value.get("status"), str) and _is_moment(value.get("startedAt"))


def _is_first(run: Mapping[str, Any], graph: Any) -> bool:
    if isinstance(graph, list):
        return gets_run_input(graph, INPUT)
    return _path_of(run)[:1] == [INPUT]


def _path_of(run: Mapping[str, Any]) -> list[Any]:
    path = run.get("stepExecutionPath")
    return path if isinstance(path, list) else []


def _insert(report: dict[str, Any], steps: dict[str, Any], order: list[Any]) -> dict[str, Any]:
    """Return the steps with the report in its place in this order."""
    later = order[order.index(INPUT) + 1 :] if INPUT in order else list(steps)
    names = list(steps)
    index = next((index for index, name in enumerate(names) if name in later), len(names))
    return {**{name: steps[name] for name in names[:index]}, INPUT: report, **{n: steps[n] for n in names[index:]}}


def _without_input(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return a report without what shows through of the input and cannot be the step's."""
    return {name: value for name, value in report.items() if name not in _FORMS or _FORMS[name](value, report)}


def _is_moment(value: Any, _: object = None) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _LAST_MILLISECOND


def _is_object(value: Any, _: object = None) -> bool:
    return isinstance(value, Mapping)


_FORMS: Mapping[str, Callable[[Any, Mapping[str, Any]], bool]] = {
    "path": lambda _, __: False,
    "error": lambda _, report: report["status"] == "failed",
    "tripwire": lambda value, report: report["status"] == "failed" and _is_object(value),
    "metadata": _is_object,
    "endedAt": _is_moment,
    "suspendedAt": _is_moment,
    "resumedAt": _is_moment,
    "suspendPayload": lambda _, report: _is_moment(report.get("suspendedAt")),
    "suspendOutput": lambda _, report: _is_moment(report.get("suspendedAt")),
    "resumePayload": lambda _, report: _is_moment(report.get("resumedAt")),
}
"""What a step's report may have under a name that the input may have too."""
