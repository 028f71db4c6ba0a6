"""What a server's words on one step, or on one item of a foreach, say of what it did. No I/O."""

from __future__ import annotations

from typing import Any

from mastra_sync.normalise import NESTED_META, without_meta
from pytest_mastra.cassettes.as_fake.infer_graph import Entry, milliseconds
from pytest_mastra.cassettes.as_fake.recorded_steps import Kind, Seen
from pytest_mastra.cassettes.as_fake.run_snapshots import Step
from pytest_mastra.fake.workflows.javascript import UNDEFINED

MILLISECONDS = 1000


def seen_of(step: Step, *, resumed_with: Any, labels: list[str]) -> Seen | None:
    """Return what a step did, out of what is told of it; None if it is not told."""
    status = step.get("status")
    head = {
        "input": step.get("payload", UNDEFINED),
        "resumed_with": resumed_with,
        "seconds": _seconds(step),
        "marks": marks_of(step),
    }
    if status == "success":
        return Seen(Kind.GAVE, value=step.get("output", UNDEFINED), **head)
    if status == "bailed":
        return Seen(Kind.BAILED, value=step.get("output", UNDEFINED), **head)
    if status == "failed":
        final = step.get("nonRetryable") is True
        return Seen(Kind.FAILED, value=step.get("error"), tripwire=step.get("tripwire"), is_final=final, **head)
    if status == "suspended":
        asked = without_meta(step.get("suspendPayload", UNDEFINED))
        besides = step.get("suspendOutput", UNDEFINED)
        inner = [str(name) for name in meta_of(step).get("path") or ()]
        return Seen(Kind.SUSPENDED, value=asked, besides=besides, labels=labels, inner=inner, **head)
    if status == "running":
        return Seen(Kind.RUNNING, **head)
    return None


def flow_of(entry: Entry) -> list[Entry] | None:
    """Return the graph of a nested workflow that an entry, a loop or a foreach holds; None if it holds a step."""
    if entry["type"] in ("loop", "foreach") and "type" in entry["step"]:
        return flow_of(entry["step"])
    if entry["type"] == "workflow":
        return entry.get("serializedStepFlow") or []
    inner = entry.get("step", {})
    return (inner.get("serializedStepFlow") or []) if inner.get("component") == "WORKFLOW" else None


def round_of(step: Step) -> int | None:
    """Return the round of a loop that a step is told of in; None outside of loops."""
    metadata = step.get("metadata")
    count = metadata.get("iterationCount") if isinstance(metadata, dict) else None
    return count if isinstance(count, int) else None


def marks_of(step: Step) -> tuple[Any, ...]:
    """Return when an execution was, as the server tells."""
    return (round_of(step), step.get("startedAt"), step.get("resumedAt"))


def _seconds(step: Step) -> float:
    """Return how long an execution took: since it was resumed, if it was."""
    ended = step.get("suspendedAt") if step.get("status") == "suspended" else step.get("endedAt")
    began = [moment for key in ("startedAt", "resumedAt") if isinstance(moment := step.get(key), (int, float))]
    earlier = [moment for moment in began if isinstance(ended, (int, float)) and moment <= ended]
    return milliseconds({"startedAt": max(earlier, default=None), "endedAt": ended}) / MILLISECONDS


def meta_of(step: Step) -> dict[str, Any]:
    """Return what the engine keeps with what a step suspended with."""
    asked = step.get("suspendPayload")
    meta = asked.get(NESTED_META) if isinstance(asked, dict) else None
    return meta if isinstance(meta, dict) else {}


def item_of(step: Step, index: int) -> Step:
    """Return what is told of an item of a foreach; empty if nothing is."""
    if step.get("status") == "success" and isinstance(step.get("output"), list):
        output = step["output"]
        return {"status": "success", "output": output[index]} if index < len(output) else {}
    told = meta_of(step).get("foreachOutput")
    item = told[index] if isinstance(told, list) and index < len(told) else None
    if isinstance(item, dict):
        if item.get("status") == "suspended" and not without_meta(item.get("suspendPayload")):
            # servers before the current ones keep the payload of the first suspended item only, at the top
            is_first = meta_of(step).get("foreachIndex") == index
            asked = without_meta(step.get("suspendPayload")) if is_first else None
            bare = {key: value for key, value in item.items() if key != "suspendPayload"}
            return {**item, "suspendPayload": asked} if asked else bare
        return item
    return _progress_of(step, index)


def item_beside(step: Step, index: int, only: int) -> Step:
    """Return what is told of an item of a foreach that one of them has ended: it failed, or bailed."""
    if index == only:
        return {**step, "status": "bailed"} if step.get("status") in ("success", "bailed") else step
    told = item_of({**step, "status": ""}, index)
    progress = step.get("items", {}).get(index, {}).get("iterationStatus")
    if not told and progress == "failed":
        return (
            {"status": "bailed"}
            if step.get("status") in ("success", "bailed")
            else {"status": "failed", "error": step.get("error")}
        )
    # one that runs beside the one that bails has begun, and nobody tells what it gave
    return told or ({"status": "success"} if step.get("status") in ("success", "bailed") else {})


def _progress_of(step: Step, index: int) -> Step:
    """Return what a stream told of an item's progress."""
    items = step.get("items", {})
    told = items.get(index)
    if told is None:
        return {}
    status = told.get("iterationStatus")
    if status == "success":
        return {"status": "success", **({"output": told["iterationOutput"]} if "iterationOutput" in told else {})}
    if status == "failed" and step.get("status") == "failed":
        return {key: step[key] for key in ("status", "error", "tripwire") if key in step}
    if status == "suspended":
        first = min(place for place, one in items.items() if one.get("iterationStatus") == "suspended")
        is_first = index == first and "suspendPayload" in step
        return {"status": "suspended", **({"suspendPayload": step["suspendPayload"]} if is_first else {})}
    return {}
