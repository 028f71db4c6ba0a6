"""One call of a verb, with what it may carry in its query and body."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.api import body_schemas, definition_bodies, schedule_bodies
from pytest_mastra.fake.api.body_schemas import Check, Issue, QueryCheck, shape
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.fake.workflows.javascript import UNDEFINED, iso_date, number_from_text
from pytest_mastra.http.verbs import VerbRow

if TYPE_CHECKING:
    from pytest_mastra.fake.api.journal import Journal
    from pytest_mastra.fake.api.run_counts import RunCounts
    from pytest_mastra.fake.api.stored_definitions import StoredDefinitions
    from pytest_mastra.fake.engine.progress import RunsInProgress
    from pytest_mastra.fake.engine.state import ServerState
    from pytest_mastra.fake.engine.store import StoredRun
    from pytest_mastra.fake.schedules.timer import ScheduleTimer
    from pytest_mastra.fake.workflows.definition import Workflow

RESERVED_KEYS = frozenset(
    {
        "organizationId",
        *(
            f"mastra__{name}"
            for name in (
                "resourceId",
                "threadId",
                "user",
                "userPermissions",
                "userRoles",
                "authToken",
                "isStudio",
                "authMode",
                "inheritedMemory",
            )
        ),
    }
)
"""Keys of the request context that are the server's own."""


@dataclass
class Call:
    """One call.

    Attributes:
        state: What the server knows.
        journal: What is recorded for the test.
        progress: What moves runs.
        run_counts: How many runs there are.
        row: The verb.
        workflow_name: The workflow's key or id.
        path_run_id: The run, where the path names it.
        subject: The schedule, or the stored definition, that the path names.
        timer: The schedules.
        definitions: The workflows that were stored over HTTP.
        query: The query.
        body: The body's fields.
    """

    state: ServerState
    journal: Journal
    progress: RunsInProgress
    run_counts: RunCounts
    row: VerbRow
    workflow_name: str
    path_run_id: str | None
    subject: str
    timer: ScheduleTimer
    definitions: StoredDefinitions
    query: dict[str, Any]
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def generation(self) -> Generation:
        """What the server behaves like."""
        return self.state.generation

    @property
    def run_id(self) -> str | None:
        """The run that is named, None if none is."""
        if self.path_run_id is not None:
            return self.path_run_id
        value = self.query.get("runId")
        if isinstance(value, list):
            value = value[0]
        return value

    def require_run_id(self, purpose: str) -> str:
        """Return the run that is named.

        Raises:
            Refusal: It is empty.
        """
        if not self.run_id:
            raise Refusal(f"runId required to {purpose}", 400)
        return self.run_id

    def find_workflow(self) -> Workflow:
        """Return the workflow that is named.

        Raises:
            Refusal: There is none.
        """
        found = self.state.workflow(self.workflow_name)
        if found is None:
            raise Refusal("Workflow not found", 404)
        return found

    def find_stored_run(self, run_id: str) -> tuple[Workflow, StoredRun]:
        """Return the workflow and the stored run that are named.

        Raises:
            Refusal: One of them is not there.
        """
        workflow = self.find_workflow()
        row = self.state.store.find(workflow.id, run_id)
        if row is None:
            raise Refusal("Workflow run not found", 404)
        return workflow, row

    def get(self, name: str) -> Any:
        """Return a field of the body, undefined if it is not there."""
        return self.body.get(name, UNDEFINED)

    def read_request_context(self) -> dict[str, Any]:
        """Return the request context that the body carries."""
        given = dict(self.body.get("requestContext") or {})
        if self.generation.drops_reserved_context:
            return {key: value for key, value in given.items() if key not in RESERVED_KEYS}
        return given

    @property
    def per_step(self) -> bool:
        """Whether to stop after one step."""
        return bool(self.body.get("perStep")) and self.generation.per_step


_FIELDS: dict[str, Check] = {
    "resourceId": body_schemas.string,
    "disableScorers": body_schemas.boolean,
    "inputData": body_schemas.anything,
    "initialState": body_schemas.anything,
    "resumeData": body_schemas.anything,
    "requestContext": body_schemas.record,
    "tracingOptions": shape(body_schemas.TRACING),
    "perStep": body_schemas.boolean,
    "closeOnSuspend": body_schemas.boolean,
    "step": body_schemas.step,
    "forEachIndex": body_schemas.index,
    "context": body_schemas.record,
    "nestedStepsContext": body_schemas.records,
}
"""What the fields of bodies may be, whichever verb has them."""

_UNTAGGED = shape({key: check for key, check in body_schemas.TRACING.items() if key == "metadata"})
_LATER: dict[str, frozenset[str]] = {
    "current": frozenset(),
    "1.2": frozenset({"forEachIndex"}),
    "1.0-beta": frozenset({"forEachIndex", "perStep", "resourceId", "disableScorers"}),
}
"""Fields that a generation does not know, and therefore ignores."""


_BODIES: dict[str, Check] = {
    "create_schedule": schedule_bodies.new_schedule,
    "update_schedule": schedule_bodies.changed_schedule,
    "upsert_dynamic_workflow": definition_bodies.definition,
}
"""What checks bodies that are more than some fields of runs."""


def body_check(row: VerbRow, generation: str) -> Check | None:
    """Return what checks the bodies of a verb; None if nothing does."""
    if row.name in _BODIES:
        return _BODIES[row.name]
    if not row.fields:
        return None
    checks = {name: _FIELDS[name] for name in row.fields if name not in _LATER[generation]}
    if not checks:
        return None
    if generation != "current" and "tracingOptions" in checks:
        checks["tracingOptions"] = _UNTAGGED
    return shape(checks, required=row.required_fields)


def query_check(row: VerbRow) -> QueryCheck:
    """Return what checks the queries of a verb."""
    check = _QUERIES.get(row.name)

    def find_issues(query: dict[str, Any], generation: Generation) -> list[Issue]:
        issues = _run_id(query, is_needed=row.needs_run_id) if row.needs_run_id or row.makes_run_id else []
        return issues + (check(query, generation) if check is not None else [])

    return find_issues


def _run_id(query: dict[str, Any], *, is_needed: bool) -> list[Issue]:
    value = query.get("runId", UNDEFINED)
    if isinstance(value, str) or (value is UNDEFINED and not is_needed):
        return []
    return [body_schemas.type_issue("string", value, ("runId",))]


def _observe(query: dict[str, Any], generation: Generation) -> list[Issue]:
    if generation.name != "current" or "offset" not in query:
        return []
    number = query["offset"]
    if isinstance(number, str) and not math.isnan(number_from_text(number)):
        return []
    return body_schemas.number_issues("offset", number)


FIELD_NAMES = ("result", "error", "payload", "steps", "activeStepsPath", "serializedStepGraph")


def split_fields(text: str) -> list[str]:
    """Return the names in a list of fields."""
    return [name.strip() for name in text.split(",")]


def _run_by_id(query: dict[str, Any], generation: Generation) -> list[Issue]:
    if generation.raw_rows:
        return []
    issues: list[Issue] = []
    text = query.get("fields", "")
    if not isinstance(text, str):
        issues.append(body_schemas.type_issue("string", text, ("fields",)))
    elif text and not set(split_fields(text)) <= set(FIELD_NAMES):
        message = f"Invalid field name. Available fields: {', '.join(FIELD_NAMES)}"
        issues.append({"code": "custom", "path": ["fields"], "message": message})
    return issues + body_schemas.option("withNestedWorkflows", query, ("true", "false"))


def _runs(query: dict[str, Any], generation: Generation) -> list[Issue]:
    issues: list[Issue] = []
    for name in ("page", "perPage", "offset", "limit"):
        if name in query:
            issues += body_schemas.number_issues(name, query[name])
    if generation.name != "current":
        issues = [issue for issue in issues if "NaN" in issue["message"]]
    for name in ("fromDate", "toDate"):
        if name in query and iso_date(query[name]) is None:
            message = "Invalid input: expected date, received Date"
            issues.append(
                {
                    "expected": "date",
                    "code": "invalid_type",
                    "received": "Invalid Date",
                    "path": [name],
                    "message": message,
                }
            )
    if isinstance(query.get("resourceId", ""), list):
        issues.append(body_schemas.type_issue("string", query["resourceId"], ("resourceId",)))
    known = {
        "current": body_schemas.STATUSES,
        "1.2": body_schemas.STATUSES[:-1],
        "1.0-beta": body_schemas.STATUSES[:-2],
    }
    return issues + body_schemas.option("status", query, known[generation.name])


_QUERIES: dict[str, QueryCheck] = {"observe": _observe, "run_by_id": _run_by_id, "runs": _runs} | {
    "list_schedules": schedule_bodies.list_query,
    "list_schedule_triggers": schedule_bodies.triggers_query,
    "list_dynamic_workflows": definition_bodies.list_query,
}
"""What else than a run's id is checked in queries."""
