"""What a run did, in one form whatever the server and the verb, to be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mastra_sync import StepResult, StreamEvent
from mastra_sync.generated_ids import generated_kind
from mastra_sync.normalise import without_meta
from pytest_mastra.http.aliases import Aliases

if TYPE_CHECKING:
    from mastra_sync import RemoteError, RunResult, Suspension

RUN = "<run>"

_SUSPENDED_IN_A_NESTED_RUN = "running"
_STEP_EVENTS = frozenset(
    {"workflow-step-start", "workflow-step-result", "workflow-step-suspended", "workflow-step-waiting"}
)
_SENT_BY_SOME = frozenset({"workflow-step-progress"})


def outcome_of(run: RunResult, aliases: Aliases | None = None) -> dict[str, Any]:
    """Return what a run did, as JSON.

    Left out is what is not the workflow's doing, or what only some servers or verbs tell: times, ids of the server's
    rows, the graph, the state, an error's code and cause, what a step had suspended with before it was resumed. A
    step's input is left out where it is the output of the step before it, or at first the input of the run. Ids are
    aliased, and steps that have no id of their own are numbered: `mapping 1`, `sleep 1`.

    Args:
        run: The run.
        aliases: The names given so far; new ones by default.
    """
    inputs = _inputs(run)
    made_up = _made_up_ids((step.path for step in run.steps.values()), run.workflow_id)
    aliases = _name_ids(aliases or Aliases(), run.run_id, made_up)
    outcome: dict[str, Any] = {"workflow": run.workflow_id, "status": run.status}
    if "input_data" in run.model_fields_set:
        outcome["input"] = run.input_data
    outcome["path"] = [name for name, step in run.steps.items() if len(step.path) == 1]
    outcome["steps"] = {name: _step(step, inputs[name], run) for name, step in run.steps.items()}
    if run.suspensions:
        # servers tell of several in different orders
        outcome["suspensions"] = [
            _suspension(suspension)
            for suspension in sorted(run.suspensions, key=lambda waiting: (waiting.step, waiting.for_each_index or 0))
        ]
    if run.ok:
        outcome["result"] = run.result
    if run.status == "failed":
        outcome["error"] = _error(run.error)
    if run.tripwire is not None:
        outcome["tripwire"] = run.tripwire
    aliased: dict[str, Any] = aliases.apply(outcome)
    return aliased


def comparable_outcomes(
    result: RunResult, recorded: RunResult, workflow_id: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a run and a recorded one did, as far as both answers tell it.

    Args:
        result: The run.
        recorded: The recorded one.
        workflow_id: The workflow, where the recorded run does not say.
    """
    if recorded.workflow_id is None:
        recorded = recorded.model_copy(update={"workflow_id": workflow_id})
    if not any(len(step.path) > 1 for step in recorded.steps.values()):
        top_level = {name: step for name, step in result.steps.items() if len(step.path) == 1}
        result = result.model_copy(update={"steps": top_level})
    actual, expected = outcome_of(result), outcome_of(recorded)
    actual["workflow"] = expected["workflow"]  # it may be called by its key
    return actual, expected


def event_outcomes(
    events: Iterable[StreamEvent | Mapping[str, Any]], aliases: Aliases | None = None
) -> list[dict[str, Any]]:
    """Return what a run did by its stream, as JSON.

    There is one item for each event that all generations send.

    Args:
        events: The events, or the records that they were made of.
        aliases: The names given so far; new ones by default.
    """
    parsed = [event if isinstance(event, StreamEvent) else StreamEvent(dict(event)) for event in events]
    run_id = next((event.run_id for event in parsed if event.run_id), None)
    starts = (event.payload for event in parsed if event.type == "workflow-start")
    workflow_id = next((start.get("workflowId") for start in starts if isinstance(start, Mapping)), None)
    made_up = _made_up_ids(((event.step_id or "").split(".") for event in parsed), workflow_id)
    aliases = _name_ids(aliases or Aliases(), run_id, made_up)
    return [aliases.apply(_event(event)) for event in parsed if event.type not in _SENT_BY_SOME]


def _step(step: StepResult, input_data: Mapping[str, Any], run: RunResult) -> dict[str, Any]:
    status = step.status
    if run.status == "suspended" and status == _SUSPENDED_IN_A_NESTED_RUN and _holds_suspension(step, run):
        status = "suspended"
    outcome: dict[str, Any] = {"status": status, **input_data}
    if "resume_payload" in step.model_fields_set:
        outcome["resumed_with"] = step.resume_payload
    if "output" in step.model_fields_set and status == "success":
        outcome["output"] = step.output
    if step.error is not None:
        outcome["error"] = _error(step.error)
    if step.iteration_count is not None:
        outcome["iterations"] = step.iteration_count
    return outcome


def _suspension(suspension: Suspension) -> dict[str, Any]:
    item = {} if suspension.for_each_index is None else {"item": suspension.for_each_index}
    return {"step": suspension.step, **item, "payload": suspension.payload}


def _error(error: RemoteError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    # Mastra's own errors are called so by 1.0 beta only, and have no name elsewhere
    name = {} if error.name in (None, "Error") else {"name": error.name}
    return {**name, "message": error.message}


def _holds_suspension(step: StepResult, run: RunResult) -> bool:
    depth = len(step.path)
    return any(suspension.path[:depth] == step.path and len(suspension.path) > depth for suspension in run.suspensions)


def _inputs(run: RunResult) -> dict[str, dict[str, Any]]:
    """Return each step's input, left out where it is the output before it.

    Current servers elide such too.
    """
    inputs: dict[str, dict[str, Any]] = {}
    given: dict[str, dict[str, Any]] = {"": _as_input(run, "input_data")}
    before: dict[str, dict[str, Any]] = {}
    elided = _elided_inputs(run)
    for name, step in run.steps.items():
        around = name.removesuffix(step.path[-1]).rstrip(".") if len(step.path) > 1 else ""
        given[name] = _as_input(step, "payload") or elided.get(name, {})
        preceding = before.get(around) or given.get(around, {})
        inputs[name] = given[name] if given[name] != preceding else {}
        before[around] = _as_input(step, "output") if step.status == "success" else {}
    return inputs


def _elided_inputs(run: RunResult) -> dict[str, dict[str, Any]]:
    """Return the inputs that current servers leave out: they equal the last output on the path."""
    inputs = {}
    before = _as_input(run, "input_data")
    for name in run.step_execution_path or ():
        inputs[name] = before
        step = run.steps.get(name)
        if step is not None and step.status == "success":
            before = _as_input(step, "output")
    return inputs


def _as_input(fields: RunResult | StepResult, name: str) -> dict[str, Any]:
    """Return a field as the `input` of a step; nothing if the server left it out."""
    return {"input": getattr(fields, name)} if name in fields.model_fields_set else {}


def _made_up_ids(paths: Iterable[list[str]], workflow_id: str | None) -> Iterator[str]:
    """Give the ids that a server made for steps without one.

    Those of current servers name the workflow around them.
    """
    for path in paths:
        around = path[-2] if len(path) > 1 else workflow_id
        own = path[-1]
        if generated_kind(own) or (around and re.fullmatch(rf"mapping_{re.escape(around)}_\d+", own)):
            yield own


def _name_ids(aliases: Aliases, run_id: str | None, made_up: Iterable[str]) -> Aliases:
    if run_id:
        aliases.name(run_id, RUN)
    for own in made_up:
        if own not in aliases.names:
            kind = own.partition("_")[0]
            number = 1 + sum(alias.startswith(f"{kind} ") for alias in aliases.names.values())
            aliases.name(own, f"{kind} {number}")
    return aliases


def _event(event: StreamEvent) -> dict[str, Any]:
    outcome: dict[str, Any] = {"event": event.type}
    if event.step_id:
        outcome["step"] = event.step_id
    step = event.step if event.type in _STEP_EVENTS else None
    if step is None:
        return outcome | _of_run(event)
    outcome["status"] = step.status
    if event.type == "workflow-step-start":
        outcome |= {"input": step.payload} if "payload" in step.model_fields_set else {}
        outcome |= {"resumed_with": step.resume_payload} if "resume_payload" in step.model_fields_set else {}
    elif event.type == "workflow-step-suspended":
        outcome["payload"] = without_meta(step.suspend_payload)
    elif event.type == "workflow-step-result":
        if "output" in step.model_fields_set and step.error is None:
            outcome["output"] = step.output
        if step.error is not None:
            outcome["error"] = _error(step.error)
    return outcome


def _of_run(event: StreamEvent) -> dict[str, Any]:
    if event.type == "workflow-finish":
        error = event.error
        return {"status": event.status} | ({"error": {"message": error.message}} if error else {})
    if event.type == "workflow-step-output":
        return {"output": event.output}
    if event.type == "workflow-start" or event.payload in (None, {}):
        return {}
    return {"payload": event.payload}
