"""Checking values at the borders of workflows and steps, with the server's words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.fake.workflows.javascript import UNDEFINED, dumps, truthy
from pytest_mastra.fake.workflows.schemas import Schema
from pytest_mastra.fake.workflows.zod_parser import Issue

CauseOf = Callable[[list[Issue]], dict[str, Any] | None]
"""Gives the cause of a refusal."""

_OF_TYPE = re.compile(r"Invalid input: expected (\w+), received \w+")


def list_issues(issues: Iterable[Issue]) -> str:
    """Return issues as Mastra lists them."""
    return "\n".join(issue.line() for issue in issues)


def check_value(
    schema: Schema | None,
    value: Any,
    generation: Generation,
    complaint: str,
    code: str | None = None,
    cause: CauseOf = lambda _: None,
) -> Any:
    """Return a value as the schema leaves it.

    Raises:
        Refusal: It does not fit; the step fails with this.
    """
    if schema is None:
        return value
    fitted, issues = schema.check(value, generation.zod)
    if issues:
        raise Refusal(f"{complaint}: \n{list_issues(issues)}", code=code, cause=cause(issues))
    return fitted


def check_request_value(schema: Schema | None, value: Any, what: str, generation: Generation) -> Any:
    """Return what a request sent, as the schema leaves it.

    Raises:
        Refusal: It does not fit.
    """
    if schema is None:
        return value
    fitted, issues = schema.check(value, generation.zod)
    if issues:
        coded = generation.coded_refusals
        raise Refusal(
            f"Invalid {what}: \n{list_issues(issues)}",
            generation.validation_status,
            code="WORKFLOW_SCHEMA_VALIDATION_FAILED" if coded else None,
            details={"type": what},
        )
    return fitted


def check_step_input(schema: Schema | None, value: Any, generation: Generation) -> tuple[Any, Refusal | None]:
    """Return a step's input as its schema leaves it, and why it does not fit."""
    if schema is None:
        return value, None
    fitted, issues = schema.check(value, generation.zod)
    if issues:
        return value, Refusal(
            f"Step input validation failed: \n{list_issues(issues)}",
            code="WORKFLOW_STEP_INPUT_VALIDATION_FAILED",
            cause=validation_cause(issues, generation),
        )
    return (value if fitted == {} else fitted), None


def check_suspend_payload(schema: Schema | None, payload: Any, generation: Generation) -> Any:
    """Return what a step suspends with, as its schema leaves it.

    Raises:
        Refusal: It does not fit; the step fails with this.
    """
    if payload is UNDEFINED or not truthy(payload):
        return payload
    return check_value(
        schema,
        payload,
        generation,
        "Step suspend data validation failed",
        "WORKFLOW_STEP_SUSPEND_DATA_VALIDATION_FAILED",
        lambda issues: later_cause(issues, generation),
    )


def validation_cause(issues: list[Issue], generation: Generation) -> dict[str, Any]:
    """Return what Mastra gives as the cause of a step's refused input."""
    if generation.notes_issues:
        listed = {"issues": [{"path": list(issue.path), "message": issue.message} for issue in issues]}
        return {"message": dumps(listed).decode(), "name": "Error", **listed}
    faults = [_fault(issue) for issue in issues]
    return {"message": json.dumps(faults, indent=2, ensure_ascii=False), "name": "ZodError"}


def later_cause(issues: list[Issue], generation: Generation) -> dict[str, Any] | None:
    """Return the cause of refused suspend data and request contexts: current servers give none."""
    return None if generation.notes_issues else validation_cause(issues, generation)


def _fault(issue: Issue) -> dict[str, Any]:
    """Return an issue as zod itself has it.

    What zod would add to issues that are not about types is left out.
    """
    match = _OF_TYPE.fullmatch(issue.message)
    expected = {"expected": match[1], "code": "invalid_type"} if match else {"code": "custom"}
    return {**expected, "path": list(issue.path), "message": issue.message}
