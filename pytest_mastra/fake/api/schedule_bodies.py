"""What servers take for schedules, in bodies and queries."""

from __future__ import annotations

import math
from typing import Any

from pytest_mastra.fake.api import body_schemas
from pytest_mastra.fake.api.body_schemas import Check, Issue, option, shape, type_issue
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.fake.workflows.javascript import UNDEFINED, number_from_text
from pytest_mastra.fake.workflows.zod_messages import too_small, unrecognized_keys

STATUSES = ("active", "paused")

_TO_CHANGE: dict[str, Check] = {
    "cron": body_schemas.string,
    "timezone": body_schemas.string,
    "status": body_schemas.one_of(STATUSES),
    "metadata": body_schemas.record,
    "prompt": body_schemas.string,
    "name": body_schemas.string,
    "tagName": body_schemas.string,
    "providerOptions": body_schemas.record,
    "requestContext": body_schemas.record,
    "resourceId": body_schemas.string,
}
"""What may be changed of a schedule, of agents too, in the order in which servers look at it."""

_OF_WORKFLOWS: dict[str, Check] = {
    "cron": body_schemas.string,
    "timezone": body_schemas.string,
    "inputData": body_schemas.anything,
    "initialState": body_schemas.anything,
    "requestContext": body_schemas.record,
    "resourceId": body_schemas.string,
    "metadata": body_schemas.record,
}

OF_AGENTS = ("prompt", "name", "signalType", "tagName", "attributes", "providerOptions", "ifActive", "ifIdle")
"""What only schedules of agents have."""

_NEW: dict[str, Check] = {"id": body_schemas.string, "workflowId": body_schemas.string, **_OF_WORKFLOWS}
_NEW_CHECK = shape(_NEW, required=("workflowId", "cron"))


def new_schedule(value: Any) -> list[Issue]:
    """A new schedule of a workflow; servers name its unknown keys at most."""
    if isinstance(value, dict) and not _NEW_CHECK(value):
        unknown = [name for name in value if name not in _NEW]
        message = unrecognized_keys(unknown)
        short = {"code": "too_small", "path": ["workflowId"], "message": too_small("string", 1)}
        strange = {"code": "unrecognized_keys", "keys": unknown, "path": [], "message": message}
        return [*([] if value["workflowId"] else [short]), *([strange] if unknown else [])]
    return [{"code": "invalid_union", "errors": [], "path": [], "message": "Invalid input"}]


changed_schedule = shape(_TO_CHANGE)


def list_query(query: dict[str, Any], _generation: Generation) -> list[Issue]:
    """Which schedules to list."""
    names = ("agentId", "workflowId", "threadId", "resourceId", "name")
    issues = [type_issue("string", query[name], (name,)) for name in names if isinstance(query.get(name, ""), list)]
    return issues + option("status", query, STATUSES)


def triggers_query(query: dict[str, Any], _generation: Generation) -> list[Issue]:
    """Which triggers to list."""
    issues = []
    for name, least in (("limit", 1), ("fromActualFireAt", 0), ("toActualFireAt", 0)):
        if name in query:
            issues += _whole_number(name, query[name], least)
    return issues


def _whole_number(name: str, given: Any, least: int) -> list[Issue]:
    number = number_from_text(given) if isinstance(given, str) else math.nan
    if math.isnan(number):
        message = "Invalid input: expected number, received NaN"
        return [{"expected": "number", "code": "invalid_type", "received": "NaN", "path": [name], "message": message}]
    if not float(number).is_integer():
        message = "Invalid input: expected int, received number"
        return [{"expected": "int", "format": "safeint", "code": "invalid_type", "path": [name], "message": message}]
    if number < least:
        sign = ">0" if least else ">=0"
        bound = {"origin": "number", "code": "too_small", "minimum": 0, "inclusive": not least, "path": [name]}
        return [{**bound, "message": f"Too small: expected number to be {sign}"}]
    return []


def number_in(query: dict[str, Any], name: str) -> int | None:
    """Return a number of a query that has been checked, None if it is not there."""
    given = query.get(name, UNDEFINED)
    return None if given is UNDEFINED else int(number_from_text(given))
