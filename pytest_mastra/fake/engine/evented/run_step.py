"""Running what stands at a path of a graph."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_mastra.fake.engine.evented.blocks import run_branches, run_parallel
from pytest_mastra.fake.engine.evented.bus import Bus
from pytest_mastra.fake.engine.evented.execute_leaf import execute_leaf
from pytest_mastra.fake.engine.evented.lifecycle import end_workflow
from pytest_mastra.fake.engine.evented.messages import (
    STATE,
    Leaf,
    Message,
    leaf_of,
    nested_workflow,
    output_of,
    report_of,
)
from pytest_mastra.fake.engine.evented.repeat_and_wait import go_round, sleep
from pytest_mastra.fake.engine.evented.run_items import run_items
from pytest_mastra.fake.engine.evented.run_nested import run_nested
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.graph import (
    ConditionalEntry,
    Entry,
    ForeachEntry,
    LoopEntry,
    MappingEntry,
    ParallelEntry,
    SleepEntry,
    StepEntry,
)
from pytest_mastra.fake.workflows.javascript import UNDEFINED, truthy
from pytest_mastra.fake.workflows.zod_releases import Zod


def run_step(bus: Bus, message: Message) -> Coroutine:
    """Run what stands at the message's path."""
    state, path, entries = message.current_state(), message.place, message.workflow.entries
    if not path:
        bus.fail_as(message, "Execution path is empty: []")
        return
    if path[0] >= len(entries):
        ended = message.at(path, per_step=False, resume_data=UNDEFINED, state=state)
        yield from end_workflow(bus, replace(ended, time_travel=None, restart=None))
        return
    entry: Entry = entries[path[0]]
    is_child = len(path) > 1 and (message.restart is None or message.restarts_child)
    if isinstance(entry, (ParallelEntry, ConditionalEntry)) and is_child:
        entry = entry.steps[path[1]]
    elif isinstance(entry, ParallelEntry):
        run_parallel(bus, replace(message, state=state), entry)
        return
    elif isinstance(entry, ConditionalEntry):
        run_branches(bus, replace(message, state=state), entry)
        return
    if isinstance(entry, SleepEntry):
        yield from sleep(bus, message, entry)
    elif isinstance(entry, ForeachEntry) and len(path) == 1:
        yield from run_items(bus, replace(message, state=state), entry)
    else:
        yield from _run_leaf(bus, message, entry, state)


def _run_leaf(bus: Bus, message: Message, entry: Entry, state: Any) -> Coroutine:
    leaf = leaf_of(entry)
    assert leaf is not None  # noqa: S101 -- for the type checker
    message.active[leaf.id] = message.place
    inner = nested_workflow(leaf)
    if inner is not None:
        yield from run_nested(bus, message, leaf, inner, state)
        return
    prev = message.prev or {}
    if isinstance(entry, (StepEntry, MappingEntry)):
        payload = output_of(prev) if prev.get("status") == "success" else UNDEFINED
        event = {"id": leaf.id, "startedAt": bus.now(), "payload": payload, "status": "running"}
        bus.emit(message.run_id, "workflow-step-start", event)
    item = message.place[1] if isinstance(entry, ForeachEntry) else None
    resume_data = _resume_data(message, leaf, bus.server_state.generation.zod)
    signal = bus.signal_of(message.run_id)
    result = yield from execute_leaf(bus, message, leaf, state=state, item=item, resume_data=resume_data)
    yield from _go_on_after(bus, message, entry, leaf, result, state, is_aborted=signal.aborted)


def _go_on_after(
    bus: Bus, message: Message, entry: Entry, leaf: Leaf, result: dict[str, Any], state: Any, *, is_aborted: bool
) -> Coroutine:
    """Publish what follows from the result of a step."""
    after = result.get(STATE, state)
    results = {**message.results, leaf.id: result, STATE: after}
    if is_aborted:
        canceled = {**result, "status": "canceled"}
        bus.publish("workflow.cancel", replace(message, step_results=results, prev=canceled, state=after))
        return
    if result["status"] == "bailed":
        result["status"] = "success"
        bailed = {**message.results, leaf.id: result}
        yield from end_workflow(bus, replace(message, step_results=bailed, prev=result, state=state))
        return
    if result["status"] == "failed":
        if not _is_final(message, leaf, result):
            again = replace(message, per_step=False, resume_data=UNDEFINED, item=None, state=state)
            bus.publish("workflow.step.run", replace(again, retry_count=message.retry_count + 1))
            return
        # the engine goes on below, so that the end of a step that failed is told twice
        failed = message.at(message.place, prev=result, state=state, per_step=False)
        bus.publish("workflow.step.end", replace(failed, time_travel=None, restart=None, resume_data=UNDEFINED))
    ended = message.at(message.place, step_results=results, prev=result, state=after, resume_data=UNDEFINED)
    if not isinstance(entry, LoopEntry):
        bus.publish("workflow.step.end", replace(ended, item=message.item))
    elif result["status"] == "suspended":
        bus.publish("workflow.step.end", ended)
    else:
        fresh = replace(message, prev=result, per_step=False, state=None, time_travel=None, restart=None)
        go_round(bus, replace(fresh, retry_count=message.retry_count + 1), entry)


def _is_final(message: Message, leaf: Leaf, result: dict[str, Any]) -> bool:
    retries = leaf.step.retries
    most = message.workflow.retry_config.attempts if retries is None else retries
    return message.retry_count >= most or bool(result.get("nonRetryable"))


def _resume_data(message: Message, leaf: Leaf, zod: Zod) -> Any:
    travel = message.time_travel
    if travel is not None and report_of(travel.step_results, leaf.id).get("status") == "suspended":
        answer = travel.resume_data
        schema = leaf.step.resume_schema
        if answer is not UNDEFINED and truthy(answer):
            fitted, issues = (answer, []) if schema is None else schema.check(answer, zod)
            return UNDEFINED if issues else fitted
    return message.resume_data if message.resume_steps[:1] == [leaf.id] else UNDEFINED
