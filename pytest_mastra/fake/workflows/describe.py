"""What servers say of workflows: details, steps, graphs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.function_source import source_of
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.fake.workflows.graph import (
    AnyStep,
    ConditionalEntry,
    Entry,
    ForeachEntry,
    LoopEntry,
    MappingEntry,
    ParallelEntry,
    SleepEntry,
    StepEntry,
)
from pytest_mastra.fake.workflows.javascript import UNDEFINED, dumps, iso, present, to_json_value
from pytest_mastra.fake.workflows.schemas import Schema

LONGEST_MAPPING = 1000
"""Characters of a mapping that graphs show."""


def workflow_details(workflow: Workflow, graph: list[dict[str, Any]], generation: Generation) -> dict[str, Any]:
    """Return what a server says of a workflow."""
    if workflow.shown_details is not None:
        return workflow.shown_details
    details = {
        "name": workflow.id,
        "description": _given(workflow.description),
        "metadata": _given(workflow.metadata) if generation.metadata else UNDEFINED,
        "origin": workflow.origin if generation.metadata else UNDEFINED,
        "steps": {id_: _step_details(step, generation) for id_, step in _listed_steps(workflow, generation)},
        "allSteps": dict(_all_steps(workflow, "", generation)),
        "stepGraph": graph,
        "inputSchema": _schema_text(workflow.input_schema, generation, always=True),
        "outputSchema": _schema_text(workflow.output_schema, generation, always=True),
        "stateSchema": _state_schema(workflow, generation),
        "requestContextSchema": _context_schema(workflow, generation),
        "options": _options(workflow, generation),
        "isProcessorWorkflow": False,
    }
    return present(details)


def partial_details(workflow: Workflow, graph: list[dict[str, Any]], generation: Generation) -> dict[str, Any]:
    """Return what a server says of a workflow to a request for little."""
    details = {
        "name": workflow.id,
        "description": _given(workflow.description),
        "metadata": _given(workflow.metadata) if generation.metadata else UNDEFINED,
        "stepCount": len(_listed_steps(workflow, generation)),
        "stepGraph": graph,
        "options": _options(workflow, generation),
        "steps": {},
        "allSteps": {},
        "origin": workflow.origin if generation.metadata else UNDEFINED,
    }
    return present(details)


def serialized_entry(entry: Entry, generation: Generation) -> dict[str, Any]:  # noqa: PLR0911 -- one per kind
    """Return an entry as graphs have it."""
    if isinstance(entry, StepEntry):
        return _step_entry(entry.step, generation)
    if isinstance(entry, MappingEntry):
        shown = {"id": entry.id, **_options_of(entry.options), "mapConfig": _mapping_text(entry.config)}
        return {"type": "mapping", **shown} if generation.nested_entries else {"type": "step", "step": shown}
    if isinstance(entry, ParallelEntry):
        steps = [_step_entry(child.step, generation) for child in entry.steps]
        return {"type": "parallel", **_options_of(entry.options), "steps": steps}
    if isinstance(entry, ConditionalEntry):
        return {
            "type": "conditional",
            **_options_of(entry.options),
            "steps": [_step_entry(child.step, generation) for child in entry.steps],
            "serializedConditions": [
                {"id": f"{child.id}-condition", "fn": source_of(condition)}
                for child, condition in zip(entry.steps, entry.conditions, strict=True)
            ],
        }
    if isinstance(entry, LoopEntry):
        return {
            "type": "loop",
            **_options_of(entry.options),
            "step": _inner_entry(entry.step.step, generation),
            "serializedCondition": {"id": f"{entry.step.id}-condition", "fn": source_of(entry.condition)},
            "loopType": entry.kind,
        }
    if isinstance(entry, ForeachEntry):
        wish = entry.concurrency
        opts = {"fn": source_of(wish)} if callable(wish) else {"concurrency": wish}
        inner = _inner_entry(entry.step.step, generation)
        return {"type": "foreach", **_options_of(entry.options), "step": inner, "opts": opts}
    return _sleep_entry(entry)


def _sleep_entry(entry: SleepEntry) -> dict[str, Any]:
    wish = entry.seconds if entry.until is None else entry.until
    head = {"type": "sleep" if entry.until is None else "sleepUntil", "id": entry.id, **_options_of(entry.options)}
    if callable(wish):
        return {**head, "fn": source_of(wish)}
    if entry.until is None:
        return {**head, "duration": to_json_value(float(wish or 0) * 1000)}  # type: ignore[arg-type]
    return {**head, "date": iso(wish) if isinstance(wish, float) else to_json_value(wish)}


def _inner_entry(step: AnyStep, generation: Generation) -> dict[str, Any]:
    entry = _step_entry(step, generation)
    return entry if generation.nested_entries else entry["step"]


def _step_entry(step: AnyStep, generation: Generation) -> dict[str, Any]:
    described = present({"description": _given(step.description)})
    if not isinstance(step, Workflow):
        metadata = present({"metadata": _given(step.metadata)}) if generation.metadata else {}
        if step.component is not None and generation.nested_entries:
            kind = step.component.lower()
            return {"type": kind, "id": step.id, f"{kind}Id": step.id, **described, **step.reference}
        made_of = present({"component": step.component or UNDEFINED})
        can_suspend = step.resume_schema is not None or step.suspend_schema is not None
        shown = {"id": step.id, **described, **metadata, **made_of, "canSuspend": can_suspend}
        return {"type": "step", "step": shown}
    flow = [serialized_entry(entry, generation) for entry in step.entries] if step.shows_steps else []
    if generation.nested_entries:
        head = {"type": "workflow", "id": step.id, "workflowId": step.id}
        return {**head, **described, "serializedStepFlow": flow}
    head = {"id": step.id, **described, "component": "WORKFLOW"}
    return {"type": "step", "step": {**head, "serializedStepFlow": flow, "canSuspend": False}}


def _all_steps(workflow: Workflow, prefix: str, generation: Generation) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for id_, step in _listed_steps(workflow, generation):
        shown = _step_details(step, generation)
        shown.pop("requestContextSchema", None)
        component = shown.pop("component", UNDEFINED)
        metadata = shown.pop("metadata", UNDEFINED)
        more = {"isWorkflow": step.is_workflow, "component": component, "metadata": metadata}
        found.append((prefix + id_, present({**shown, **more})))
        if isinstance(step, Workflow) and step.shows_steps:
            found += _all_steps(step, f"{prefix}{id_}.", generation)
    return found


def _listed_steps(workflow: Workflow, generation: Generation) -> list[tuple[str, AnyStep]]:
    made_up = [entry.id for entry in workflow.entries if isinstance(entry, MappingEntry)]
    return [(id_, step) for id_, step in workflow.steps.items() if generation.lists_mappings or id_ not in made_up]


def _step_details(step: AnyStep, generation: Generation) -> dict[str, Any]:
    return present(
        {
            "id": step.id,
            "description": _given(step.description),
            "inputSchema": _schema_text(step.input_schema, generation, always=True),
            "outputSchema": _schema_text(step.output_schema, generation, always=True),
            "resumeSchema": _schema_text(step.resume_schema, generation),
            "suspendSchema": _schema_text(step.suspend_schema, generation),
            "stateSchema": _state_schema(step, generation),
            "requestContextSchema": _context_schema(step, generation),
            "component": step.component or UNDEFINED,
            "metadata": _given(step.metadata) if generation.metadata else UNDEFINED,
        }
    )


def _state_schema(step: AnyStep, generation: Generation) -> Any:
    return _schema_text(step.state_schema, generation) if generation.state_schemas else UNDEFINED


def _context_schema(step: AnyStep, generation: Generation) -> Any:
    return _schema_text(step.request_context_schema, generation) if generation.checks_request_context else UNDEFINED


def _schema_text(schema: Schema | None, generation: Generation, *, always: bool = False) -> Any:
    if schema is not None:
        return schema.as_superjson(generation.schema_dialect, generation.zod)
    if always:  # what workflows in JavaScript say with z.any()
        return dumps({"json": {"$schema": generation.schema_dialect}}).decode()
    return UNDEFINED


def _options(workflow: Workflow, generation: Generation) -> dict[str, Any]:
    more = {"emitStepEvents": True} if generation.metadata else {}
    return {"validateInputs": workflow.validate_inputs, **more}


def _options_of(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: to_json_value(options[key]) for key in ("id", "description", "metadata") if key in options}


def _given(value: Any) -> Any:
    return UNDEFINED if value is None else to_json_value(value)


def _mapping_text(config: Any) -> str:
    if callable(config):
        return source_of(config)
    shown = {key: _source_text(source) for key, source in config.items()}
    text = _indented(shown)
    return text if len(text) <= LONGEST_MAPPING else text[:LONGEST_MAPPING] + "...\n}"


def _source_text(source: Mapping[str, Any]) -> dict[str, Any]:
    if "value" in source:
        return {"value": to_json_value(source["value"])}
    if "fn" in source:
        return {"fn": source_of(source["fn"])}
    if "request_context_path" in source:
        return {"requestContextPath": source["request_context_path"]}
    if "template" in source:
        return {"template": source["template"]}
    if "init_data" in source:
        given = source["init_data"]
        name = given if isinstance(given, str) else getattr(given, "id", True)
        return {"initData": name, "path": source.get("path", ".")}
    step = source["step"]
    is_list = isinstance(step, (list, tuple))
    named = [getattr(option, "id", option) for option in step] if is_list else getattr(step, "id", step)
    return {"step": named, "path": source.get("path", ".")}


def _indented(value: Any) -> str:

    return json.dumps(value, indent=2, ensure_ascii=False)
