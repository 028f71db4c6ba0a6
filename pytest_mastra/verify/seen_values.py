"""Values that a fake's runs took and gave, held against a live server's schemas."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mastra_sync import StepDetails, WorkflowDetails
from mastra_sync.normalise import without_meta
from pytest_mastra.fake.workflows.javascript import UNDEFINED
from pytest_mastra.fake.workflows.schemas import Schema
from pytest_mastra.fake.workflows.zod_releases import ZOD_4_6
from pytest_mastra.text.differences import child_path
from pytest_mastra.verify.graphs import ComparedNode, looped_steps, steps_of
from pytest_mastra.verify.schema_conflicts import without_defaults

if TYPE_CHECKING:
    from pytest_mastra.fake.api.seen_runs import RunView

_ITEM = re.compile(r"\[\d+\]")


def find_misfits(
    view: RunView, live: WorkflowDetails, graph: tuple[ComparedNode, ...], around: str = ""
) -> Iterator[str]:
    """Give what of a run a live server's schemas do not allow, one sentence each.

    No value is in it. Keys that a schema does not know are dropped by servers where they come in, and are forgiven
    there; where a stub made them up, they are in it.

    Args:
        view: The run.
        live: What the live server says of the workflow.
        graph: Its graph.
        around: The workflows around it, each with a dot behind it, if the run is one of a nested workflow.
    """
    events = [event for event in view.events if str(event.get("type")).startswith("workflow-step-")]
    if not events:
        return  # its start was refused
    if not around:
        yield from _of_start(view.starts[-1] if view.starts else {}, live)
    known = {name for name, _ in steps_of(graph)}
    in_foreach = set(looped_steps(graph))
    for event in events:
        payload = event.get("payload") or {}
        name = around + _ITEM.sub("", str(payload.get("id")))
        if name in known and name in live.all_steps:
            yield from _of_step(event["type"], payload, name, live.all_steps[name], in_foreach)
    bailed = any((event.get("payload") or {}).get("status") == "bailed" for event in events)
    if view.status == "success" and not bailed and not around:
        yield from _misfits("result", view.snapshot.get("result", UNDEFINED), live.output_schema)


def _of_start(started: Mapping[str, Any], live: WorkflowDetails) -> Iterator[str]:
    if "inputData" in started:
        yield from _misfits("input", started["inputData"], live.input_schema, strips=True)
    if "initialState" in started:
        yield from _misfits("initial state", started["initialState"], live.state_schema, strips=True)


def _of_step(
    kind: str, payload: Mapping[str, Any], name: str, step: StepDetails, in_foreach: Container[str]
) -> Iterator[str]:
    of = f"of step {name!r}"
    if kind == "workflow-step-start":
        for value in _each(payload.get("payload", UNDEFINED), is_list=name in in_foreach):
            yield from _misfits(f"input {of}", value, step.input_schema, strips=True)
        if "resumePayload" in payload:
            yield from _misfits(f"resume data {of}", payload["resumePayload"], step.resume_schema, strips=True)
    elif kind == "workflow-step-result" and payload.get("status") == "success":
        for value in _each(payload.get("output", UNDEFINED), is_list=name in in_foreach):
            yield from _misfits(f"output {of}", value, step.output_schema)
    elif kind == "workflow-step-suspended":
        suspend_payload = without_meta(payload.get("suspendPayload", UNDEFINED))
        yield from _misfits(f"suspend payload {of}", suspend_payload, step.suspend_schema)


def _each(value: Any, *, is_list: bool) -> list[Any]:
    return value if is_list and isinstance(value, list) else [value]


def _misfits(what: str, value: Any, schema: Mapping[str, Any] | None, *, strips: bool = False) -> Iterator[str]:
    if not schema:
        return
    _, issues = Schema(schema if strips else without_defaults(schema), strips=strips).check(value, ZOD_4_6)
    for issue in issues:
        path = "$"
        for part in issue.path:
            path = child_path(path, part)
        yield f"{what}: {path}: {issue.message}"
