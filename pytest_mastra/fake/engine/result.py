"""What the `-async` verbs answer, out of an execution's results."""

from __future__ import annotations

from typing import Any

from mastra_sync.evented import STORED_STATE
from pytest_mastra.fake.engine.execution import Execution
from pytest_mastra.fake.engine.suspend_payloads import fields_of, path_of
from pytest_mastra.fake.workflows.errors import error_of_value
from pytest_mastra.fake.workflows.javascript import UNDEFINED, deep_equal, spread, truthy, without

STATE_DELTA = "__stateDelta"
"""Key under which the evented engine has what a block's step changed of the state."""

INTERNAL_METADATA = frozenset({"nestedRunId"})


def format_result(execution: Execution, outcome: dict[str, Any]) -> dict[str, Any]:
    """Return an execution's result as the wire has it.

    Args:
        execution: The execution.
        outcome: What its last entry gave.
    """
    generation = execution.generation
    steps = dict(execution.step_results)
    if generation.moves_metadata:
        steps = {id_: clean_step(result) for id_, result in steps.items()}
    result: dict[str, Any] = {"status": outcome["status"], "steps": steps}
    if "input" in steps:
        result["input"] = steps["input"]
    if generation.execution_path:
        result["stepExecutionPath"] = list(execution.step_execution_path)
        if generation.elides_payloads:
            result["steps"] = elide_payloads(steps, execution.step_execution_path)
    if outcome["status"] == "success" and "output" in outcome:
        result["result"] = outcome["output"]
    elif outcome["status"] == "failed":
        _add_failure(result, outcome, error_objects=generation.error_objects)
    elif outcome["status"] == "suspended":
        _add_suspension(result, execution.step_results, with_payload=generation.suspend_payload_in_results)
    return result


def clean_step(result: Any) -> Any:
    """Return a step's result as the `-async` verbs answer it, without what Mastra notes for itself.

    They take a run's input for a step's result too.
    """
    if not isinstance(result, dict) or not truthy(result.get("metadata")):
        return result
    metadata = without(spread(result["metadata"]), INTERNAL_METADATA)
    rest = without(result, frozenset({"metadata"}))
    return {**rest, "metadata": metadata} if metadata else rest


def clean_stored_step(result: Any) -> Any:
    """Return a step's result as run-by-id answers it.

    Objects in a list that the step gave are cleaned as its result is.
    """
    if isinstance(result, list):
        return [_clean_stored(item) for item in result]
    cleaned = _clean_stored(result)
    if isinstance(cleaned, dict) and isinstance(cleaned.get("output"), list):
        cleaned["output"] = [_clean_stored(item) for item in cleaned["output"]]
    return cleaned


def _clean_stored(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    metadata = value.get("metadata")
    own = without(metadata, INTERNAL_METADATA) if isinstance(metadata, dict) else {}
    rest = without(value, frozenset({"metadata", STORED_STATE, STATE_DELTA}))
    return {**rest, "metadata": own} if own else rest


def elide_payloads(steps: dict[str, Any], path: list[str]) -> dict[str, Any]:
    """Leave out each payload that equals the output before it."""
    shortened = dict(steps)
    before: Any = steps.get("input", UNDEFINED)
    for step_id in path:
        step = steps.get(step_id)
        if not step:
            continue
        if before is not UNDEFINED and "payload" in step and deep_equal(step["payload"], before):
            shortened[step_id] = without(step, frozenset({"payload"}))
        else:
            shortened[step_id] = step
        if step.get("status") == "success":
            before = step.get("output", UNDEFINED)
    return shortened


def _add_failure(result: dict[str, Any], outcome: dict[str, Any], *, error_objects: bool) -> None:
    if "tripwire" in outcome:
        result["status"] = "tripwire"
        result["tripwire"] = outcome["tripwire"]
        return
    error = outcome.get("error")
    if error_objects:
        result["error"] = error if isinstance(error, dict) else error_of_value(error, "Unknown workflow error")
    else:
        result["error"] = error


def _add_suspension(result: dict[str, Any], steps: dict[str, Any], *, with_payload: bool) -> None:
    suspended = {
        id_: step for id_, step in steps.items() if isinstance(step, dict) and step.get("status") == "suspended"
    }
    payloads = {id_: step.get("suspendPayload") for id_, step in suspended.items()}
    result["suspended"] = [[id_, *path_of(payload)] for id_, payload in payloads.items()]
    if with_payload:
        result["suspendPayload"] = {id_: fields_of(payload) for id_, payload in payloads.items()}
