"""The shapes of queries and bodies, and how a server refuses others."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.fake.workflows.javascript import UNDEFINED, number_from_text, truthy
from pytest_mastra.fake.workflows.zod_messages import INVALID, type_name
from pytest_mastra.fake.workflows.zod_releases import Zod

Issue = dict[str, Any]
"""What zod finds wrong."""

Check = Callable[[Any], list[Issue]]
"""Returns what is wrong with a value, paths beginning at it."""

QueryCheck = Callable[[dict[str, Any], Generation], list[Issue]]
"""Returns what is wrong with a query on a server of a generation."""

STATUSES = (
    "running",
    "waiting",
    "suspended",
    "success",
    "failed",
    "canceled",
    "pending",
    "bailed",
    "tripwire",
    "paused",
    "skipped",
)


def type_issue(expected: str, value: Any, path: tuple[str | int, ...] = ()) -> Issue:
    """Return zod's issue with a value of another type."""
    message = f"Invalid input: expected {expected}, received {type_name(value)}"
    return {"expected": expected, "code": "invalid_type", "path": list(path), "message": message}


def string(value: Any) -> list[Issue]:
    """A string."""
    return [] if isinstance(value, str) else [type_issue("string", value)]


def boolean(value: Any) -> list[Issue]:
    """A boolean."""
    return [] if isinstance(value, bool) else [type_issue("boolean", value)]


def record(value: Any) -> list[Issue]:
    """An object of anything."""
    return [] if isinstance(value, dict) else [type_issue("record", value)]


def anything(_value: Any) -> list[Issue]:
    """Whatever it is."""
    return []


def strings(value: Any) -> list[Issue]:
    """A list of strings."""
    if not isinstance(value, list):
        return [type_issue("array", value)]
    return [type_issue("string", item, (index,)) for index, item in enumerate(value) if not isinstance(item, str)]


def step(value: Any) -> list[Issue]:
    """A step's id, or its path as a list."""
    if isinstance(value, str) or (isinstance(value, list) and not strings(value)):
        return []
    choices = [[type_issue("string", value)], strings(value)]
    return [{"code": "invalid_union", "errors": choices, "path": [], "message": "Invalid input"}]


def index(value: Any) -> list[Issue]:
    """A whole number from 0 on."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return [type_issue("number", value)]
    if isinstance(value, float):
        return [{"expected": "int", "format": "safeint", "code": "invalid_type", "path": [], "message": _NOT_WHOLE}]
    return [] if value >= 0 else [_TOO_SMALL]


_NOT_WHOLE = "Invalid input: expected int, received number"
_TOO_SMALL: Issue = {
    "origin": "number",
    "code": "too_small",
    "minimum": 0,
    "inclusive": True,
    "path": [],
    "message": "Too small: expected number to be >=0",
}


def one_of(options: tuple[str, ...]) -> Check:
    """Return the check for one of some texts."""
    listed = "|".join(json.dumps(one) for one in options)
    issue = {"code": "invalid_value", "values": list(options), "path": []}
    return lambda value: [] if value in options else [{**issue, "message": f"Invalid option: expected one of {listed}"}]


def option(name: str, given: Mapping[str, Any], options: tuple[str, ...]) -> list[Issue]:
    """A field, or a parameter, that is one of some texts, or is not there."""
    return shape({name: one_of(options)})(given)


def records(value: Any) -> list[Issue]:
    """An object of objects."""
    if not isinstance(value, dict):
        return [type_issue("record", value)]
    return [type_issue("record", inner, (key,)) for key, inner in value.items() if not isinstance(inner, dict)]


def shape(fields: Mapping[str, Check], *, required: tuple[str, ...] = ()) -> Check:
    """Return the check for an object with some fields, of which others are ignored."""

    def check(value: Any) -> list[Issue]:
        if not isinstance(value, dict):
            return [type_issue("object", value)]
        issues = []
        for name, inner in fields.items():
            given = value.get(name, UNDEFINED)
            if given is UNDEFINED and name not in required:
                continue
            issues += [{**issue, "path": [name, *issue["path"]]} for issue in inner(given)]
        return issues

    return check


TRACING = {
    "rootSpanName": string,
    "metadata": record,
    "requestContextKeys": strings,
    "traceId": string,
    "parentSpanId": string,
    "tags": strings,
    "hideInput": boolean,
    "hideOutput": boolean,
}


def check_body(body: Any, check: Check, generation: Generation) -> None:
    """Refuse a body of another shape.

    One that is missing, or that is not sent as JSON, counts as an empty object, if that is enough. Before current
    servers nothing is said against it, nor against what JavaScript takes for false.

    Raises:
        Refusal: It has one.
    """
    issues = check({} if body is UNDEFINED else body)
    if issues and body is UNDEFINED:
        issues = [type_issue("object", UNDEFINED)]
    if generation.issues == "listed" or (body is not UNDEFINED and truthy(body)):
        _refuse("Invalid request body", issues, generation)


def check_query(query: dict[str, Any], check: QueryCheck, generation: Generation) -> None:
    """Refuse a query of another shape.

    Raises:
        Refusal: It has one.
    """
    _refuse("Invalid query parameters", check(query, generation), generation)


def _refuse(message: str, issues: list[Issue], generation: Generation) -> None:
    if not issues:
        return
    if generation.issues == "listed":
        told = _beside_unknown_keys(issues) if generation.zod.unknown_keys_abort else issues
        listed = [{"field": _field(issue), "message": _words(issue, generation.zod)} for issue in told]
        raise Refusal(message, 400, fields={"issues": listed})
    dump = json.dumps(issues, indent=2, ensure_ascii=False)
    if generation.issues == "dumped":
        raise Refusal(message, 400, fields={"issues": [{"field": "unknown", "message": dump}]})
    raise Refusal(message, 400, fields={"details": dump})


def _beside_unknown_keys(issues: list[Issue]) -> list[Issue]:
    """Return issues as older releases tell them: beside unknown keys nothing else of their object."""
    unknown = [issue for issue in issues if issue["code"] == "unrecognized_keys"]
    return [
        issue
        for issue in issues
        if all(issue is one or issue["path"][: len(one["path"])] != one["path"] for one in unknown)
    ]


def _words(issue: Issue, zod: Zod) -> str:
    """Return zod's words for an issue; older ones say of unions that nothing fits."""
    names_what_is_wrong = {"invalid_union": zod.names_options, "unrecognized_keys": not zod.unknown_keys_abort}
    return issue["message"] if names_what_is_wrong.get(issue["code"], True) else INVALID


def _field(issue: Issue) -> str:
    return ".".join(map(str, issue["path"])) or "root"


def number_issues(name: str, value: Any) -> list[Issue]:
    """Return what is wrong with the text of a whole number from 0 on."""
    number = number_from_text(value) if isinstance(value, str) else math.nan
    if math.isnan(number):
        message = "Invalid input: expected number, received NaN"
        return [{"expected": "number", "code": "invalid_type", "received": "NaN", "path": [name], "message": message}]
    if not number.is_integer():
        return [{"expected": "int", "code": "invalid_type", "path": [name], "message": _NOT_WHOLE}]
    return [] if number >= 0 else [{**_TOO_SMALL, "path": [name]}]
