"""What servers take for stored definitions of workflows, in bodies and queries."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.api import body_schemas
from pytest_mastra.fake.api.body_schemas import Check, Issue, option, shape, type_issue
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.fake.workflows.zod_messages import no_such_tag

STATUSES = ("active", "archived")

ENTRY_TYPES = (
    "agent",
    "tool",
    "mapping",
    "workflow",
    "parallel",
    "foreach",
    "sleep",
    "sleepUntil",
    "conditional",
    "loop",
)
"""What an entry of a stored graph may be."""


def entry(value: Any) -> list[Issue]:
    """An entry of a graph: an object of a type that there is."""
    if not isinstance(value, dict):
        return [type_issue("object", value)]
    if value.get("type") in ENTRY_TYPES:
        return []
    return [{"code": "invalid_union", "errors": [], "path": ["type"], "message": no_such_tag(ENTRY_TYPES)}]


def _graph(value: Any) -> list[Issue]:
    return _listed(value, entry)


def _listed(value: Any, check: Check) -> list[Issue]:
    if not isinstance(value, list):
        return [type_issue("array", value)]
    return [{**issue, "path": [index, *issue["path"]]} for index, item in enumerate(value) for issue in check(item)]


_FIELDS: dict[str, Check] = {
    "id": body_schemas.string,
    "description": body_schemas.string,
    "metadata": body_schemas.record,
    "inputSchema": body_schemas.record,
    "outputSchema": body_schemas.record,
    "stateSchema": body_schemas.record,
    "requestContextSchema": body_schemas.record,
    "graph": _graph,
}
_REQUIRED = ("id", "inputSchema", "outputSchema", "graph")
_ALONE = shape(_FIELDS, required=_REQUIRED)


def _dependencies(value: Any) -> list[Issue]:
    return _listed(value, _ALONE)


definition = shape({**_FIELDS, "dependencies": _dependencies}, required=_REQUIRED)


def list_query(query: dict[str, Any], _generation: Generation) -> list[Issue]:
    """Which definitions to list."""
    return option("status", query, STATUSES)
