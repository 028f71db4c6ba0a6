"""A step that is a workflow: its run goes on by messages too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_mastra.fake.engine.evented.bus import Bus
from pytest_mastra.fake.engine.evented.messages import (
    Leaf,
    Message,
    Parent,
    Results,
    as_written,
    output_of,
    report_of,
    step_id_at,
)
from pytest_mastra.fake.engine.suspend_payloads import meta_of
from pytest_mastra.fake.engine.time_travel import plan_nested_time_travel, plan_restart
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.javascript import UNDEFINED, dumps, spread


def run_nested(bus: Bus, message: Message, leaf: Leaf, workflow: Workflow, state: Any) -> Coroutine:
    """Have a nested workflow start, or go on as the workflow around it does."""
    steps, travel, restart = message.resume_steps, message.time_travel, message.restart
    inner = replace(
        message,
        workflow=workflow,
        parent=_parent_of(message),
        state=state,
        time_travel=None,
        restart=None,
        restarts_child=False,
        item=None,
        retry_count=0,
        nested=None,
        nested_run_id=None,
    )
    if steps and steps[0] == leaf.id:
        yield from _resume(bus, message, inner, leaf)
    elif travel is not None and len(travel.steps) > 1 and travel.steps[0] == leaf.id:
        yield from _time_travel(bus, message, inner, leaf)
    elif restart is not None and restart.active.get(leaf.id):
        yield from _restart(bus, message, inner, leaf)
    else:
        yield from _start(bus, message, inner)


def _parent_of(message: Message) -> Parent:
    return Parent(
        workflow=message.workflow,
        run_id=message.run_id,
        path=message.place,
        step_results=message.results,
        active=message.active,
        resume_steps=message.resume_steps,
        resume_data=message.resume_data,
        input=message.prev or {},
        parent=message.parent,
    )


def _start(bus: Bus, message: Message, inner: Message) -> Coroutine:
    run_id = bus.server_state.new_id()
    resource_id = yield from bus.snapshots.resource_id(message.workflow, message.run_id)
    pending = bus.snapshots.pending(inner.workflow, run_id)
    yield from bus.snapshots.persist(inner.workflow, run_id, resource_id, pending)
    bus.publish("workflow.start", replace(inner, run_id=run_id, path=[0], step_results=None))


def _resume(bus: Bus, message: Message, inner: Message, leaf: Leaf) -> Coroutine:
    steps = message.resume_steps[1:]
    run_id = meta_of(report_of(message.results, leaf.id).get("suspendPayload")).get("runId")
    if not run_id:
        why = "" if steps else " for auto-detection"
        text = dumps(as_written(message.results)).decode()
        bus.fail_as(message, f"Nested workflow run id not found{why}: {text}")
        return
    snapshot = yield from bus.snapshots.load(inner.workflow, run_id)
    suspended: dict[str, list[int]] = (snapshot or {}).get("suspendedPaths", {})
    if not steps:
        steps = list(suspended)[:1]
        if not steps:
            bus.fail_as(message, f"No suspended step found in nested workflow: {leaf.id}")
            return
    results: Results = (snapshot or {}).get("context", {})
    payload = report_of(results, steps[0]).get("payload")
    prev = {"status": "success", "output": output_of(message.prev) if payload is None else payload}
    resumed = replace(inner, run_id=run_id, path=suspended.get(steps[0]), step_results=results)
    bus.publish("workflow.resume", replace(resumed, resume_steps=steps, prev=prev))


def _time_travel(bus: Bus, message: Message, inner: Message, leaf: Leaf) -> Coroutine:
    assert message.time_travel is not None  # noqa: S101 -- for the type checker
    run_id = _known_run_id(message, leaf) or bus.server_state.new_id()
    snapshot = yield from bus.snapshots.load(inner.workflow, run_id)
    plan = plan_nested_time_travel(
        bus.server_state, inner.workflow, snapshot, message.time_travel, per_step=message.per_step
    )
    travel = plan.time_travel
    assert travel is not None  # noqa: S101 -- for the type checker
    results, path = travel.step_results, list(plan.path)
    travelled = replace(inner, run_id=run_id, path=path, step_results=results, time_travel=travel)
    prev = _input_at(inner.workflow, path, results)
    bus.publish("workflow.start", replace(travelled, prev=prev, resume_steps=[], resume_data=UNDEFINED))


def _restart(bus: Bus, message: Message, inner: Message, leaf: Leaf) -> Coroutine:
    run_id = _known_run_id(message, leaf) or bus.server_state.new_id()
    snapshot = yield from bus.snapshots.load(inner.workflow, run_id)
    plan = plan_restart(snapshot or {"status": "", "context": {}}, inner.workflow.entries)
    restart = plan.restart
    assert restart is not None  # noqa: S101 -- for the type checker
    results, path = restart.step_results, list(plan.path)
    restarted = replace(inner, run_id=run_id, path=path, step_results=results, restart=restart, state=restart.state)
    prev = _input_at(inner.workflow, path, results)
    bus.publish("workflow.start", replace(restarted, prev=prev, resume_steps=[], resume_data=UNDEFINED))


def _known_run_id(message: Message, leaf: Leaf) -> str | None:
    run_id = spread(report_of(message.results, leaf.id).get("metadata")).get("nestedRunId")
    return run_id if isinstance(run_id, str) else None


def _input_at(workflow: Workflow, path: list[int], results: Results) -> dict[str, Any]:
    report = results.get(step_id_at(workflow, path) or "input")
    return {"status": "success", "output": spread(report).get("payload", UNDEFINED)}
