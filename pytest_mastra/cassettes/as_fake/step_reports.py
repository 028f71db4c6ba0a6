"""What a step, or an item of a foreach, did, by a server's report. No I/O."""

from __future__ import annotations

from typing import Any

from mastra_sync.normalise import without_meta
from mastra_sync.step_paths import NESTED_META
from pytest_mastra.cassettes.as_fake.infer_graph import Entry, milliseconds
from pytest_mastra.cassettes.as_fake.recorded_steps import RecordedExecution, StepOutcome
from pytest_mastra.cassettes.as_fake.run_snapshots import StepReport
from pytest_mastra.fake.workflows.javascript import UNDEFINED

MILLISECONDS = 1000


def execution_of(step: StepReport, *, resumed_with: Any, labels: list[str]) -> RecordedExecution | None:
    """Return what a step did, by its report; None if that does not say it."""
    status = step.get("status")
    head = {
        "input": step.get("payload", UNDEFINED),
        "resumed_with": resumed_with,
        "seconds": _seconds(step),
        "moments": moments_of(step),
    }
    if status == "success":
        return RecordedExecution(StepOutcome.GAVE, value=step.get("output", UNDEFINED), **head)
    if status == "bailed":
        return RecordedExecution(StepOutcome.BAILED, value=step.get("output", UNDEFINED), **head)
    if status == "failed":
        is_final, tripwire = step.get("nonRetryable") is True, step.get("tripwire")
        return RecordedExecution(
            StepOutcome.FAILED, value=step.get("error"), tripwire=tripwire, is_final=is_final, **head
        )
    if status == "suspended":
        payload = without_meta(step.get("suspendPayload", UNDEFINED))
        besides = step.get("suspendOutput", UNDEFINED)
        inner = [str(name) for name in meta_of(step).get("path") or ()]
        return RecordedExecution(
            StepOutcome.SUSPENDED, value=payload, besides=besides, labels=labels, inner=inner, **head
        )
    if status == "running":
        return RecordedExecution(StepOutcome.RUNNING, **head)
    return None


def flow_of(entry: Entry) -> list[Entry] | None:
    """Return the graph of the workflow that an entry, a loop or a foreach holds.

    None if it holds a step.
    """
    if entry["type"] in ("loop", "foreach") and "type" in entry["step"]:
        return flow_of(entry["step"])
    if entry["type"] == "workflow":
        return entry.get("serializedStepFlow") or []
    inner = entry.get("step", {})
    return (inner.get("serializedStepFlow") or []) if inner.get("component") == "WORKFLOW" else None


def round_of(step: StepReport) -> int | None:
    """Return the round of a loop that a report is of; None outside of loops."""
    metadata = step.get("metadata")
    count = metadata.get("iterationCount") if isinstance(metadata, dict) else None
    return count if isinstance(count, int) else None


def moments_of(step: StepReport) -> tuple[Any, ...]:
    """Return when an execution was, as the server says."""
    return (round_of(step), step.get("startedAt"), step.get("resumedAt"))


def _seconds(step: StepReport) -> float:
    """Return how long an execution took: since it was resumed, if it was."""
    ended = step.get("suspendedAt") if step.get("status") == "suspended" else step.get("endedAt")
    began = [moment for key in ("startedAt", "resumedAt") if isinstance(moment := step.get(key), (int, float))]
    earlier = [moment for moment in began if isinstance(ended, (int, float)) and moment <= ended]
    return milliseconds({"startedAt": max(earlier, default=None), "endedAt": ended}) / MILLISECONDS


def meta_of(step: StepReport) -> dict[str, Any]:
    """Return what the engine keeps with what a step suspended with."""
    payload = step.get("suspendPayload")
    meta = payload.get(NESTED_META) if isinstance(payload, dict) else None
    return meta if isinstance(meta, dict) else {}


def item_of(step: StepReport, index: int) -> StepReport:
    """Return the report of an item of a foreach; empty if there is none."""
    if step.get("status") == "success" and isinstance(step.get("output"), list):
        output = step["output"]
        return {"status": "success", "output": output[index]} if index < len(output) else {}
    items = meta_of(step).get("foreachOutput")
    item = items[index] if isinstance(items, list) and index < len(items) else None
    if isinstance(item, dict):
        if item.get("status") == "suspended" and not without_meta(item.get("suspendPayload")):
            # servers before the current ones keep the payload of the first suspended item only, at the top
            is_first = meta_of(step).get("foreachIndex") == index
            payload = without_meta(step.get("suspendPayload")) if is_first else None
            bare = {key: value for key, value in item.items() if key != "suspendPayload"}
            return {**item, "suspendPayload": payload} if payload else bare
        return item
    return _progress_of(step, index)


def item_beside_ended(step: StepReport, index: int, only: int) -> StepReport:
    """Return the report of an item of a foreach that one of its items has ended.

    That one failed, or bailed.
    """
    if index == only:
        return {**step, "status": "bailed"} if step.get("status") in ("success", "bailed") else step
    report = item_of({**step, "status": ""}, index)
    progress = step.get("items", {}).get(index, {}).get("iterationStatus")
    if not report and progress == "failed":
        return (
            {"status": "bailed"}
            if step.get("status") in ("success", "bailed")
            else {"status": "failed", "error": step.get("error")}
        )
    # one that runs beside the one that bails has begun, and nobody says what it gave
    return report or ({"status": "success"} if step.get("status") in ("success", "bailed") else {})


def _progress_of(step: StepReport, index: int) -> StepReport:
    """Return the report of an item by its progress in a stream."""
    items = step.get("items", {})
    progress = items.get(index)
    if progress is None:
        return {}
    status = progress.get("iterationStatus")
    if status == "success":
        return {
            "status": "success",
            **({"output": progress["iterationOutput"]} if "iterationOutput" in progress else {}),
        }
    if status == "failed" and step.get("status") == "failed":
        return {key: step[key] for key in ("status", "error", "tripwire") if key in step}
    if status == "suspended":
        first = min(number for number, item in items.items() if item.get("iterationStatus") == "suspended")
        is_first = index == first and "suspendPayload" in step
        return {"status": "suspended", **({"suspendPayload": step["suspendPayload"]} if is_first else {})}
    return {}
