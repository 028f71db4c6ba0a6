"""Steps side by side, all or those whose condition holds, and what comes of them together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_mastra.fake.engine.evented.bus import Bus
from pytest_mastra.fake.engine.evented.callbacks import call_back
from pytest_mastra.fake.engine.evented.messages import (
    STATE,
    Block,
    Message,
    output_of,
    report_of,
)
from pytest_mastra.fake.engine.result import STATE_DELTA
from pytest_mastra.fake.engine.suspend_payloads import meta_of
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.graph import ConditionalEntry, ParallelEntry
from pytest_mastra.fake.workflows.javascript import spread, without


def run_parallel(bus: Bus, message: Message, entry: ParallelEntry) -> None:
    """Have all children run, or the first one if it is to be one step."""
    restart = message.restart
    for index, child in enumerate(entry.steps):
        if restart is None or restart.active.get(child.id):
            bus.publish("workflow.step.run", _to_child(message, index))
        if message.per_step:
            break


def run_branches(bus: Bus, message: Message, entry: ConditionalEntry) -> None:
    """Have those children run whose condition holds; the others end as skipped."""
    holding = [
        index
        for index, condition in enumerate(entry.conditions)
        if call_back(bus, message, condition, f"{entry.steps[index].id}-condition", state=message.state)
    ]
    if message.per_step and holding:
        index = holding[0]
        only = _to_child(message, index)
        message.active[entry.steps[index].id] = only.path
        bus.publish("workflow.step.run", replace(only, restarts_child=message.restarts_child))
        return
    for index, child in enumerate(entry.steps):
        to_child = _to_child(message, index)
        if index in holding:
            message.active[child.id] = to_child.path
            bus.publish("workflow.step.run", to_child)
        else:
            skipped = replace(to_child, prev={"status": "skipped"}, time_travel=None, restart=None)
            bus.publish("workflow.step.end", skipped)


def _to_child(message: Message, index: int) -> Message:
    path = message.place[:-1] if message.restart is not None else message.place
    return message.at([*path, index], restarts_child=message.restart is not None)


def gather(bus: Bus, message: Message, entry: Block, latest: dict[str, Any], state: Any) -> Coroutine:
    """Go on after a block, or suspend, once all its children have come to something.

    Args:
        bus: The messages.
        message: The end of one child.
        entry: The block.
        latest: What that child gave.
        state: The workflow's state before it.
    """
    here, state = message.place[0], dict(spread(state))
    ended = message.place[1] if len(message.place) > 1 else None
    outputs: dict[str, Any] = {}
    suspended: dict[str, list[int]] = {}
    labels: dict[str, Any] = {}
    skipped = 0
    for index, child in enumerate(entry.steps):
        report = report_of(message.results, child.id)
        is_latest = index == ended
        changed = (latest.get(STATE_DELTA) if is_latest else None) or report.get(STATE_DELTA)
        state |= spread(changed)
        match report.get("status"):
            case "success":
                is_own = is_latest and latest.get("status") == "success"
                outputs[child.id] = output_of(latest if is_own else report)
            case "skipped":
                skipped += 1
            case "suspended":
                suspended[child.id] = [here, index]
                labels |= spread(meta_of(report.get("suspendPayload")).get("resumeLabels"))
    if len(outputs) + skipped + len(suspended) < len(entry.steps):
        return
    after = message.at(message.place, state=state, per_step=False)
    if suspended:
        waiting = {"status": "suspended"}
        yield from store_suspension(bus, after, result=waiting, suspendedPaths=suspended, resumeLabels=labels)
        results = {**message.results, STATE: state}
        bus.publish("workflow.suspend", replace(after, step_results=results, prev=waiting))
        return
    clean = {
        id_: without(report, frozenset({STATE_DELTA})) if isinstance(report, dict) else report
        for id_, report in {**message.results, STATE: state}.items()
    }
    gathered = {"status": "success", "output": outputs}
    bus.publish("workflow.step.end", replace(after, path=message.place[:-1], step_results=clean, prev=gathered))


def store_suspension(bus: Bus, message: Message, **about: Any) -> Coroutine:
    """Store that a run waits, with its state beside the steps."""
    workflow, run_id = message.workflow, message.run_id
    yield from bus.snapshots.update_result(workflow, run_id, STATE, message.state)
    yield from bus.snapshots.update_state(workflow, run_id, status="suspended", **about)
