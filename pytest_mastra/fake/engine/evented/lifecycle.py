"""How runs begin, end, suspend, fail and are cancelled in the evented engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mastra_sync.step_paths import NESTED_META
from pytest_mastra.fake.engine.evented.bus import Bus
from pytest_mastra.fake.engine.evented.messages import STATE, Message, Parent, output_of, report_of, step_id_at
from pytest_mastra.fake.engine.evented.repeat_and_wait import go_round
from pytest_mastra.fake.engine.suspend_payloads import meta_of, path_of
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.graph import LoopEntry
from pytest_mastra.fake.workflows.javascript import UNDEFINED, spread


def begin(bus: Bus, message: Message) -> Coroutine:
    """Store that a run goes on, and run its first or next step."""
    bus.emit(message.run_id, "workflow-start", {"runId": message.run_id})
    workflow, run_id, parent = message.workflow, message.run_id, message.parent
    state = {} if message.state is None else message.state
    if parent is not None:
        bus.note_nested(run_id, parent.run_id)
    resource_id = yield from bus.snapshots.resource_id(workflow, run_id)
    known = message.step_results
    if known is None:
        prev = message.prev or {}
        known = {"input": output_of(prev) if prev.get("status") == "success" else UNDEFINED}
    results = {**known, STATE: state}
    snapshot = bus.snapshots.running(workflow, run_id, results, state)
    yield from bus.snapshots.persist(workflow, run_id, resource_id, snapshot)
    if parent is not None:
        yield from _note_in_parent(bus, message, parent)
    path = [0] if message.path is None else message.path
    bus.publish("workflow.step.run", replace(message, path=path, step_results=results, active={}, state=state))


def _note_in_parent(bus: Bus, message: Message, parent: Parent) -> Coroutine:
    snapshot = yield from bus.snapshots.load(parent.workflow, parent.run_id)
    known = report_of((snapshot or {}).get("context", {}), message.workflow.id)
    payload = known.get("payload")
    if payload is None:
        payload = output_of(parent.input)
    report = {
        "startedAt": known.get("startedAt", bus.now()),
        "status": "running",
        "payload": {} if payload is None or payload is UNDEFINED else payload,
        **known,
        "metadata": {**spread(known.get("metadata")), "nestedRunId": message.run_id},
    }
    yield from bus.snapshots.update_result(parent.workflow, parent.run_id, message.workflow.id, report)


def end_workflow(bus: Bus, message: Message, status: str = "success") -> Coroutine:
    """Store that a run has ended, with the envelope of what came last."""
    prev = message.prev or {"status": status}
    final = "paused" if message.per_step and status == "success" else status
    yield from bus.snapshots.update_state(
        message.workflow,
        message.run_id,
        status=final,
        result=prev,
        activePaths=UNDEFINED if message.path is None else message.path,
        activeStepsPath=message.active,
    )
    if message.per_step:
        bus.emit(message.run_id, "workflow-paused", {})
    finish: dict[str, Any] = {"runId": message.run_id, "workflowStatus": prev["status"]}
    if prev["status"] == "success":
        finish["finalWorkflowResult"] = output_of(prev)
    bus.emit(message.run_id, "workflow-finish", finish)
    bus.publish("workflow.end", replace(message, prev=prev))


def end(bus: Bus, message: Message) -> Coroutine:
    """Tell the workflow around this one that it has ended, and whoever waits for the run."""
    state = message.current_state()
    bus.forget(message.run_id)
    parent = message.parent
    if parent is not None:
        entry = parent.workflow.entries[parent.path[0]]
        if isinstance(entry, LoopEntry):
            outer = _as_parent(message, parent)
            go_round(
                bus,
                replace(
                    outer,
                    active=parent.active,
                    resume_steps=parent.resume_steps,
                    resume_data=parent.resume_data,
                    per_step=False,
                    state=None,
                    nested=None,
                    nested_run_id=None,
                    time_travel=None,
                    restart=None,
                ),
                entry,
            )
        else:
            bus.publish("workflow.step.end", replace(_as_parent(message, parent), state=state, restart=None))
    bus.finish(replace(message, state=state))
    yield None


def _as_parent(message: Message, parent: Parent) -> Message:
    """Return the message that a nested workflow's result is, to the workflow around it."""
    return message.at(
        parent.path,
        workflow=parent.workflow,
        run_id=parent.run_id,
        step_results=parent.step_results,
        parent=parent.parent,
        nested=parent,
        nested_run_id=message.run_id,
    )


def suspend(bus: Bus, message: Message) -> Coroutine:
    """Tell the workflow around this one, and whoever waits for the run, that it waits."""
    state = message.current_state()
    parent, prev = message.parent, message.prev or {}
    if parent is not None:
        payload = prev.get("suspendPayload")
        meta, path = meta_of(payload), path_of(payload)
        step_id = step_id_at(message.workflow, message.place)
        if step_id is not None and path[:1] != [step_id]:
            path = [step_id, *path]
        labels = {
            label: {"stepId": parent.step_id, "foreachIndex": spread(target).get("foreachIndex", UNDEFINED)}
            for label, target in spread(meta.get("resumeLabels")).items()
        }
        meta = {**meta, "resumeLabels": labels or UNDEFINED, "runId": message.run_id, "path": path}
        suspended = {**prev, "suspendPayload": {**spread(payload), NESTED_META: meta}}
        outer = replace(_as_parent(message, parent), prev=suspended, state=state, per_step=False)
        bus.publish("workflow.step.end", outer)
    bus.finish(replace(message, state=state))
    yield None


def fail(bus: Bus, message: Message) -> Coroutine:
    """Store that a run has failed, and tell whom it concerns."""
    state = message.current_state()
    bus.forget(message.run_id)
    prev = message.prev or {}
    yield from bus.snapshots.update_state(
        message.workflow,
        message.run_id,
        status="failed",
        error=prev.get("error", UNDEFINED),
        activePaths=UNDEFINED if message.path is None else message.path,
        activeStepsPath=message.active,
    )
    if message.parent is not None:
        outer = replace(_as_parent(message, message.parent), state=state, per_step=False)
        bus.publish("workflow.step.end", outer)
    bus.finish(replace(message, state=state))


def cancel(bus: Bus, message: Message) -> Coroutine:
    """Give up a run's steps, and end it."""
    bus.abort(message.run_id)
    yield from bus.snapshots.load(message.workflow, message.run_id)
    yield from end_workflow(bus, message, "canceled")
