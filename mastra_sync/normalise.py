"""The shapes in which servers of three generations tell of a run, brought into one.

Six shapes are known: the answers of the `_async` verbs, run-by-id of current and 1.2 servers, the stored row that
`runs` lists (and that run-by-id of 1.0 beta answers), execution-result of 1.0 beta, the envelope of the evented engine,
and Mastra's run result records. No field is dropped. Only what has to be taken apart is checked for its form, with
ValueError; `models.py` does the typing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from mastra_sync import evented, stored_order
from mastra_sync.run_input import INPUT, part_input_from_step
from mastra_sync.step_graph import GRAPH, step_tree
from mastra_sync.step_paths import NESTED_META, paths_of

_WITHOUT_RESULT = frozenset({"suspended", "paused", "running", "waiting", "canceled"})
_NAME_OF_ERROR = re.compile(r"([A-Za-z_$][\w$]*): ")


def canonical_result(raw: Mapping[str, Any], graph: Any = None, run_id: str | None = None) -> dict[str, Any]:
    """Return any of the known shapes as the fields of `RunResult`, in camelCase.

    Args:
        raw: What a server answered.
        graph: The workflow's graph, as the server writes it, where the answer has none.
        run_id: The run's id, where the answer has none.

    Raises:
        ValueError: A part that has to be taken apart is of a form that no server sends.
    """
    run = _unpacked(raw, graph)
    own_id = run_id if evented.is_answer(raw) else None
    told = evented.steps_of(run, graph)
    steps = _named_steps(told)
    if stored_order.is_lost(told):
        steps = stored_order.by_beginning(steps, step_tree(run.get(GRAPH, graph)))
        if run.get("suspendedPaths"):
            run["suspendedPaths"] = _in_order(run["suspendedPaths"], steps)
    run = evented.with_own_outcome(run, steps, graph)
    status = run.get("status", "unknown")
    run["steps"] = steps = {
        name: evented.own_report(step, own_id, run.get(GRAPH, graph)) for name, step in steps.items()
    }
    _rename(run, "workflowName", "workflowId")
    _rename(run, "initialState", "state")
    _rename(run, "input", "inputData")
    _rename(run, "payload", "inputData")
    if status == "pending":
        # a run that was never started has no input; servers show one that leaked from a nested run
        run.pop("inputData", None)
    if "result" in run and isinstance(status, str) and status in _WITHOUT_RESULT:
        # the evented engine stores one that is none
        run["result"] = None
    if "suspensions" not in run:
        run["suspensions"] = list(_Suspensions(run, steps, own_id, run.get(GRAPH, graph)))
    if status == "suspended":
        run["steps"] = steps = {name: _at_rest(step) for name, step in steps.items()}
    run.pop("suspended", None)
    if run.get("suspendPayload") is None and status == "suspended":
        run["suspendPayload"] = {
            name: without_meta(step.get("suspendPayload"))
            for name, step in steps.items()
            if len(step["path"]) == 1 and step.get("suspendPayload") is not None
        }
    if status == "tripwire" and run.get("tripwire") is None:
        # run-by-id tells it of the step only
        run["tripwire"] = next((step["tripwire"] for step in steps.values() if step.get("tripwire")), None)
    if run.get("currentStep") is None:
        run["currentStep"] = _current_step(steps)
    return run


def _at_rest(step: dict[str, Any]) -> dict[str, Any]:
    """Return a step of a suspended run, in which none runs, whatever run-by-id says."""
    asks = step.get("status") == "running" and step.get("suspendedAt") is not None
    return {**step, "status": "suspended"} if asks else step


def canonical_step(value: Any) -> Any:
    """Return what a server says of a step as a mapping, whatever it is."""
    return value if isinstance(value, Mapping) else {"output": value}


def without_meta(payload: Any) -> Any:
    """Return a suspend payload as the step gave it, without what the engine added."""
    if isinstance(payload, Mapping) and NESTED_META in payload:
        return {key: value for key, value in payload.items() if key != NESTED_META}
    return payload


def items_of(payload: Any) -> list[Any] | None:
    """Return the records of a foreach's items, kept in its suspend payload; None without any."""
    items = _meta(payload).get("foreachOutput")
    return items if isinstance(items, list) else None


def parse_remote_error(value: Any) -> Any:
    """Return an error as an object.

    1.0 beta sends `"Error: boom"`, and once more `"Error: "` for each nesting.
    """
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, str):
        return {"message": str(value)}
    name, start = None, 0
    while (named := _NAME_OF_ERROR.match(value, start)) and named[1] in (name or "Error", "Error"):
        name, start = named[1], named.end()
    return {"name": name, "message": value[start:]}


def schema_of(value: Any) -> Any:
    """Return a JSON Schema; servers send it as a string of superjson (`'{"json": {...}}'`)."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if isinstance(value, Mapping) and isinstance(value.get("json"), Mapping):
        return value["json"]
    return value


def _rename(run: dict[str, Any], old: str, new: str) -> None:
    if old in run:
        value = run.pop(old)
        run.setdefault(new, value)


def _unpacked(raw: Mapping[str, Any], graph: Any) -> dict[str, Any]:
    """Return any of the known shapes as one flat mapping, whose `steps` are steps."""
    run = dict(raw)
    is_record = _is_run_result_record(run)
    if is_record:
        run = _from_record(run)
    elif isinstance(run.get("snapshot"), (dict, str)) and "status" not in run:
        run = _from_row(run)
    for name in ("steps", "suspendedPaths", "resumeLabels"):
        _object(run.get(name) or {}, name)
    if not is_record:
        part_input_from_step(run, graph)
    return run


def _from_row(row: dict[str, Any]) -> dict[str, Any]:
    """A stored row: the state in `snapshot` (`context` holds the steps, and the input beside them)."""
    run = {key: value for key, value in row.items() if key != "snapshot"}
    snapshot = row["snapshot"]
    state = dict(_object(json.loads(snapshot) if isinstance(snapshot, str) else snapshot, "snapshot"))
    context = dict(_object(state.pop("context", None) or {}, "snapshot.context"))
    if evented.STORED_STATE not in step_tree(state.get(GRAPH)):
        context.pop(evented.STORED_STATE, None)
    run.setdefault("runId", run.pop("run_id", None))
    run.setdefault("workflowName", run.pop("workflow_name", None))
    if INPUT in context:
        run["payload"] = context.pop(INPUT)
    _rename(state, "value", "state")
    if not state.get("state"):
        state.pop("state", None)
    return {**state, **run, "steps": context}


def _is_run_result_record(run: Mapping[str, Any]) -> bool:
    payload = run.get("payload")
    return isinstance(payload, Mapping) and "workflowState" in payload and "status" not in run


def _from_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """A run result record: `{runId, eventTimestamp, payload: {currentStep, workflowState}}`."""
    payload = record["payload"]
    run = {key: value for key, value in record.items() if key not in ("payload", "type")}
    state = _object(payload["workflowState"], "payload.workflowState")
    return {**state, **run, "currentStep": payload.get("currentStep")}


def _named_steps(told: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the steps, each with its `path`."""
    steps = {name: canonical_step(step) for name, step in told.items()}
    paths = paths_of(steps)
    return {name: {**step, "path": _names(step.get("path")) or paths[name]} for name, step in steps.items()}


def _in_order(found: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return a mapping in the order of names, what has none of them last."""
    return {**{name: found[name] for name in names if name in found}, **found}


def _current_step(steps: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the step that moved last, the later in the list of equal ones."""
    moved = [(_last_moved(step), index, name) for index, (name, step) in enumerate(steps.items())]
    if not moved:
        return None
    name = max(moved)[2]
    step = steps[name]
    current = {"id": name, "status": step.get("status", "unknown")}
    return current | {key: step[key] for key in ("output", "payload") if key in step}


def _last_moved(step: Mapping[str, Any]) -> float:
    moments = [step.get(key) for key in ("startedAt", "suspendedAt", "resumedAt", "endedAt")]
    return max((moment for moment in moments if isinstance(moment, (int, float))), default=0.0)


class _Suspensions:
    """What a suspended run waits for, each place by itself."""

    def __init__(self, run: Mapping[str, Any], steps: Mapping[str, Any], run_id: str | None, graph: Any) -> None:
        self._run = run
        self._steps = steps
        self._run_id = run_id
        self._graph = graph

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if self._run.get("status") != "suspended":
            return
        of_run = _Labels(self._run.get("resumeLabels"))
        of_steps: dict[str, _Labels] = {}
        for path in self._paths():
            step = self._steps.get(path[0], {})
            if not of_run and path[0] not in of_steps:
                of_steps[path[0]] = _Labels(_meta(step.get("suspendPayload")).get("resumeLabels"))
            yield from self._at(path, step, of_run or of_steps[path[0]])

    def _paths(self) -> list[list[str]]:
        """Return the path of each suspended step, in the order in which the server gives them."""
        if self._run.get("suspended"):
            told = (tuple(self._told_path(path)) for path in _list(self._run["suspended"], "suspended"))
            return [list(path) for path in dict.fromkeys(told)]
        # a nested workflow may be told of as running while its step is suspended
        suspended: dict[str, list[list[str]]] = {}
        for step in self._steps.values():
            if step.get("status") == "suspended":
                suspended.setdefault(step["path"][0], []).append(step["path"])
        paths = []
        for top in self._run.get("suspendedPaths") or suspended:
            inner = [path for path in suspended.get(top, []) if len(path) > 1]
            paths += _deepest(inner) or [self._path_of(top, self._steps.get(top, {}))]
        return paths

    def _told_path(self, value: Any) -> list[str]:
        path = [value] if isinstance(value, str) else value
        if isinstance(path, list) and path and isinstance(path[0], str):
            path = self._own_path(path, self._steps.get(path[0], {}))
        names = _names(path)
        if not names:
            raise ValueError(f"suspended: expected the path of a step, got {value!r}")
        return names

    def _path_of(self, top: str, report: Mapping[str, Any]) -> list[str]:
        """Return the path of what asks in a top-level step, or in one of its items."""
        return self._own_path([top, *_names(_meta(report.get("suspendPayload")).get("path"))], report)

    def _own_path(self, path: list[Any], report: Mapping[str, Any]) -> list[Any]:
        return evented.own_path(path, _meta(report.get("suspendPayload")), self._run_id, self._graph)

    def _at(self, path: list[str], step: Mapping[str, Any], labels: _Labels) -> Iterator[dict[str, Any]]:
        payload = step.get("suspendPayload")
        items = evented.items_of(step)
        if items is not None:
            for index, item in evented.waiting_items(items):
                asked = without_meta(item.get("suspendPayload"))
                yield _item_suspension(self._path_of(path[0], item), index, item, asked, labels)
            return
        items = items_of(payload)
        if items is None:
            leaf = self._steps.get(".".join(path), step)
            yield {
                "path": path,
                "payload": without_meta(leaf.get("suspendPayload", payload)),
                "labels": labels.of(path, None),
                "suspendedAt": leaf.get("suspendedAt"),
            }
            return
        first = _meta(payload).get("foreachIndex")
        for index, item in enumerate(items):
            if not isinstance(item, Mapping) or item.get("status") != "suspended":
                continue
            asked = without_meta(item.get("suspendPayload"))
            if not asked and index == first:
                # 1.2 and 1.0 beta keep the payload of the first suspended item only, at the top
                asked = without_meta(payload)
            inner = _names(_meta(item.get("suspendPayload")).get("path")) or path[1:]
            yield _item_suspension([path[0], *inner], index, item, asked, labels)


def _item_suspension(
    path: list[str], index: int, item: Mapping[str, Any], asked: Any, labels: _Labels
) -> dict[str, Any]:
    return {
        "path": path,
        "payload": asked,
        "forEachIndex": index,
        "labels": labels.of(path, index),
        "suspendedAt": item.get("suspendedAt"),
    }


def _deepest(paths: list[list[str]]) -> list[list[str]]:
    """Return the paths that lead to no other one, each once."""
    distinct = dict.fromkeys(map(tuple, paths))
    outer = {path for path, following in pairwise(sorted(distinct)) if following[: len(path)] == path}
    return [list(path) for path in distinct if path not in outer]


class _Labels:
    """The labels that steps have given their suspensions, by step and item."""

    def __init__(self, labels: Any) -> None:
        self._by_place: dict[tuple[str, Any], list[tuple[int, str]]] = {}
        for position, (label, target) in enumerate(labels.items() if isinstance(labels, Mapping) else ()):
            step, index = (
                (target.get("stepId"), target.get("foreachIndex")) if isinstance(target, Mapping) else (None, 0)
            )
            if isinstance(step, str) and (index is None or isinstance(index, (int, float))):
                self._by_place.setdefault((step, index), []).append((position, label))
        self._is_given = bool(labels)

    def __bool__(self) -> bool:
        return self._is_given

    def of(self, path: list[str], index: int | None) -> list[str]:
        """Return the labels of a suspension, in the order in which the server gives them."""
        names = {path[0], path[-1], ".".join(path)}
        found = sorted(entry for name in names for entry in self._by_place.get((name, index), ()))
        return [label for _, label in found]


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name}: expected an object, got {type(value).__name__}")  # noqa: TRY004 - pydantic's way
    return value


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name}: expected a list, got {type(value).__name__}")  # noqa: TRY004 - pydantic's way
    return value


def _names(value: Any) -> list[str]:
    """Return a list of step ids; empty if it is no such list."""
    return list(value) if isinstance(value, list) and all(isinstance(name, str) for name in value) else []


def _meta(payload: Any) -> Mapping[str, Any]:
    meta = payload.get(NESTED_META) if isinstance(payload, Mapping) else None
    return meta if isinstance(meta, Mapping) else {}
