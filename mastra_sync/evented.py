"""Runs of the evented engine, told as the default engine tells its own. No I/O.

Current servers run workflows that declare a `schedule` on it. Nothing in an answer names the engine, so that each
difference is known by what only this engine can have said; whatever the default engine can have said stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mastra_sync.run_input import INPUT
from mastra_sync.step_graph import GRAPH, step_tree
from mastra_sync.step_paths import NESTED_META, paths_of

STORED_STATE = "__state"
"""Key under which the engine stores the state of a workflow among its steps, for its own use."""

_NOT_TAKEN = {"status": "skipped"}
"""What the engine stores of a branch's step whose condition did not hold."""

_MOMENTS = {"startedAt", "endedAt"}
_STEP_KEYS = _MOMENTS | {
    "status",
    "payload",
    "output",
    "error",
    "tripwire",
    "suspendPayload",
    "suspendedAt",
    "suspendOutput",
    "resumePayload",
    "resumedAt",
    "metadata",
}
_OF_BLOCKS = {"status", "output"}
_BLOCKS = frozenset({"parallel", "conditional"})
_SLEEPS = frozenset({"sleep", "sleepUntil"})


_OF_ENGINE = "The evented engine, which workflows with a schedule run on, cannot"
_FAULTS = {
    "Execution path is empty": f"{_OF_ENGINE} go on with a run that a crash interrupted. Start a new run.",
    "Nested workflow run id not found": f"{_OF_ENGINE} give an answer to an item of a foreach over a workflow.",
}
"""How the messages of the engine's own faults begin, and what they mean."""


def meaning_of(message: str) -> str | None:
    """Return what an error means that is the engine's own fault; None of any other."""
    return next((meaning for start, meaning in _FAULTS.items() if message.startswith(start)), None)


def is_answer(raw: Mapping[str, Any]) -> bool:
    """True if an answer of an `_async` verb is this engine's.

    It has the run's input among the steps only; the default engine's have it beside them too.
    """
    steps = raw.get("steps")
    beside = {INPUT, "runId", "suspendPayload", "stepExecutionPath", "workflowName", GRAPH}
    return isinstance(steps, Mapping) and INPUT in steps and not beside & raw.keys()


def needs_graph(raw: Any) -> bool:
    """True if only the graph says whether an answer's result is the envelope of a block.

    Those of restarts may have one.
    """
    if not isinstance(raw, Mapping) or GRAPH in raw:
        return False
    steps, result = raw.get("steps"), raw.get("result")
    return (
        isinstance(steps, Mapping)
        and STORED_STATE in steps
        and isinstance(result, Mapping)
        and set(result) == _OF_BLOCKS
    )


def steps_of(run: Mapping[str, Any], graph: Any) -> dict[str, Any]:
    """Return the steps of a run without what the engine stores among them.

    That is the state of each workflow, and the steps of branches that were not taken.
    """
    steps = run.get("steps") or {}
    stored = [name for name in steps if name.rpartition(".")[2] == STORED_STATE]
    no_steps = {name for name in stored if not _is_step(name, steps, run.get(GRAPH, graph))}
    return {name: step for name, step in steps.items() if name not in no_steps and step != _NOT_TAKEN}


def _is_step(name: str, steps: Mapping[str, Any], graph: Any) -> bool:
    if isinstance(graph, list):
        tree: Any = step_tree(graph)
        for part in paths_of(steps)[name]:
            tree = tree.get(part.partition("[")[0]) if isinstance(tree, Mapping) else None
        return tree is not None
    report = steps[name]
    return isinstance(report, Mapping) and {"status", "startedAt"} <= set(report)


def with_own_outcome(run: dict[str, Any], steps: Mapping[str, Mapping[str, Any]], graph: Any) -> dict[str, Any]:
    """Return a run with the status, result and error that `start_async` tells of it.

    The engine stores the envelope of what came last, `{"status", "output", ...}`, as the run's result: while a step is
    suspended too, and of a foreach that failed.

    Args:
        run: What a server told of it.
        steps: Its steps, by name.
        graph: The workflow's graph, where the run has none.
    """
    outer = {name: step for name, step in steps.items() if len(step["path"]) == 1}
    status = run.get("status")
    if status == "failed" and (tripwire := _tripwire(run, outer)):
        return {**run, "status": "tripwire", "tripwire": tripwire}
    envelope = run.get("result")
    if status != "success" or not isinstance(envelope, Mapping):
        return run
    if not _agrees(envelope, run, outer, run.get(GRAPH, graph)):
        return run
    if envelope.get("status") == "failed":
        return {**run, "status": "failed", "result": None, "error": envelope.get("error")}
    return {**run, "result": envelope.get("output")}


def _tripwire(run: Mapping[str, Any], steps: Mapping[str, Mapping[str, Any]]) -> Any:
    """Return why a guard stopped a run that is told of as failed."""
    for step in steps.values():
        tripwire = step.get("tripwire")
        if step.get("status") == "failed" and isinstance(tripwire, Mapping) and step.get("error") == run.get("error"):
            return tripwire
    return None


def _is_output(result: Mapping[str, Any], steps: Mapping[str, Mapping[str, Any]]) -> bool:
    """True if a step gave this, which is what the default engine has for a result."""
    return any(step.get("output") == result for step in steps.values())


def _agrees(
    envelope: Mapping[str, Any], run: Mapping[str, Any], steps: Mapping[str, Mapping[str, Any]], graph: Any
) -> bool:
    """True if an object is the envelope of what the run did last."""
    keys = set(envelope)
    if keys == _OF_BLOCKS and envelope["status"] == "success":
        gathered = _output_of_block(graph, steps)
        # where the block's children have run, the default engine's result is what they gave
        return bool(envelope["output"] == gathered and (gathered or not _is_output(envelope, steps)))
    if _is_output(envelope, steps):
        return False
    if keys <= _STEP_KEYS and {"status", *_MOMENTS} <= keys:
        compared = ("status", *_MOMENTS, "output")
        return any(all(step.get(key) == envelope.get(key) for key in compared) for step in steps.values())
    if envelope.get("status") != "success":
        return False
    # a step that bailed is not stored, and the engine still takes it for active
    is_bailed = STORED_STATE in keys and keys <= {STORED_STATE, *_STEP_KEYS} and keys >= _MOMENTS
    return is_bailed and (bool(run.get("activeStepsPath")) or STORED_STATE in (run.get("steps") or {}))


def _output_of_block(graph: Any, steps: Mapping[str, Mapping[str, Any]]) -> Any:
    """Return what the block gives that a graph ends in; None if there is none."""
    entries = [entry for entry in graph if isinstance(entry, Mapping)] if isinstance(graph, list) else []
    last = next((entry for entry in reversed(entries) if entry.get("type") not in _SLEEPS), {})
    if last.get("type") not in _BLOCKS:
        return None
    children = [steps.get(name, {}) for name in step_tree([last])]
    return {
        child["path"][0]: child["output"]
        for child in children
        if child.get("status") == "success" and "output" in child
    }


def own_report(step: dict[str, Any], run_id: str | None, graph: Any) -> dict[str, Any]:
    """Return the report of a step that asks without a path to the step itself.

    Args:
        step: What a server told of it, with its `path`.
        run_id: The run's own id, where it is known and this engine is.
        graph: The workflow's graph, where it is known.
    """
    path, meta = step["path"], _meta(step)
    if len(path) > 1 or meta.get("path") != path or own_path([*path, *path], meta, run_id, graph) != path:
        return step
    own = {key: value for key, value in meta.items() if key != "path"}
    return {**step, "suspendPayload": {**step["suspendPayload"], NESTED_META: own}}


def own_path(path: Sequence[Any], meta: Mapping[str, Any], run_id: str | None, graph: Any) -> list[Any]:
    """Return the path of a suspended step, as the default engine tells it.

    This engine tells `["q", "q"]`, and of a foreach `["q", 0, 1]`.

    Args:
        path: As a server tells it.
        meta: What the engine added to the step's suspend payload.
        run_id: The run's own id, where it is known and this engine is.
        graph: The workflow's graph, where it is known.
    """
    names = list(path)
    while len(names) > 1 and _is_index(names[-1]):
        names.pop()
    if len(names) != 2 or names[0] != names[1]:  # noqa: PLR2004 - a step, named twice
        return names
    if isinstance(graph, list):
        is_nested = names[1] in step_tree(graph).get(names[0], {})
    else:
        # a nested workflow's step asks in a run of its own
        is_nested = run_id is None or meta.get("runId") != run_id
    return names if is_nested else names[:1]


def items_of(step: Mapping[str, Any]) -> list[Any] | None:
    """Return the items of a foreach that asks.

    They are reports of those that wait, and outputs of the others. It is None of any other step, and of every step
    that the default engine tells of.
    """
    path, items = _meta(step).get("path"), step.get("output")
    if isinstance(items, list) and isinstance(path, list) and path and all(map(_is_index, path)):
        return items
    return None


def misleads_streamed_answer(step: Mapping[str, Any], graph: Any, waiting: Sequence[int | None], index: int) -> bool:
    """True if a streamed answer would reach other items of a foreach, or more of them.

    The engine forgets which item it is for: the first that wait get it, as many as are executed at once.

    Args:
        step: What is told of the foreach's step.
        graph: The workflow's graph.
        waiting: The items that wait, in order.
        index: The item that is meant.
    """
    if items_of(step) is None or len(waiting) < 2:  # noqa: PLR2004 - another one may get it
        return False
    entries = [entry for entry in graph if isinstance(entry, Mapping)] if isinstance(graph, list) else []
    entry = next((entry for entry in entries if step["path"][0] in step_tree([entry])), {})
    options = entry.get("opts")
    return index != waiting[0] or not isinstance(options, Mapping) or options.get("concurrency") != 1


def waiting_items(items: Iterable[Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Give the index and the report of each item that waits for an answer."""
    for index, item in enumerate(items):
        if isinstance(item, Mapping) and item.get("status") == "suspended" and _meta(item):
            yield index, item


def _meta(step: Mapping[str, Any]) -> Mapping[str, Any]:
    payload = step.get("suspendPayload")
    meta = payload.get(NESTED_META) if isinstance(payload, Mapping) else None
    return meta if isinstance(meta, Mapping) else {}


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
