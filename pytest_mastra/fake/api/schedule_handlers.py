"""What the routes of schedules answer."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.api.call import Call
from pytest_mastra.fake.api.schedule_bodies import OF_AGENTS, number_in
from pytest_mastra.fake.schedules.cron import Cron, milliseconds
from pytest_mastra.fake.schedules.cron_fields import CronError
from pytest_mastra.fake.schedules.schedule import PREFIX, Schedule, normalised_id, target_of
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.javascript import UNDEFINED, dumps, present, truthy

ENDED = frozenset({"success", "failed", "canceled", "bailed", "tripwire"})


def list_schedules(call: Call) -> bytes:
    """All schedules, in the order in which they were made."""
    query = call.query
    of_agents = any(query.get(name) for name in ("agentId", "threadId", "name"))
    chosen = [
        schedule
        for schedule in call.timer.stored
        if not of_agents
        and query.get("workflowId") in (None, "", schedule.workflow_id)
        and query.get("status") in (None, schedule.status)
        and query.get("resourceId") in (None, schedule.target.get("resourceId"))
    ]
    return dumps({"schedules": [_with_last_run(call, schedule) for schedule in chosen]})


def get_schedule(call: Call) -> bytes:
    """One schedule."""
    return dumps(_with_last_run(call, _find(call)))


def create_schedule(call: Call) -> bytes:
    """Store a schedule."""
    body = call.body
    workflow = next((one for one in call.state.workflows.values() if one.id == body["workflowId"]), None)
    if workflow is None:
        raise Refusal(f'Workflow "{body["workflowId"]}" not found', 404)
    zone = body.get("timezone") or None
    due = _due(body["cron"], zone)
    given_id = body.get("id")
    chosen = normalised_id(given_id) if given_id else PREFIX + call.state.new_id()
    if call.timer.stored.find(chosen) is not None:
        raise Refusal(
            f'schedules.create: a schedule with id "{chosen}" already exists. '
            "Use update() to modify it or choose a different id.",
            409,
        )
    target = {name: value for name, value in target_of(body).items() if name != "resourceId" or truthy(value)}
    # the request's own context takes the place of the one in its body, and is none once it is stored
    target["requestContext"] = {}
    try:
        made = call.timer.add(chosen, workflow.id, due, zone, target, body.get("metadata"))
    except CronError as error:
        raise Refusal(str(error)) from None
    return dumps(made.as_json())


def update_schedule(call: Call) -> bytes:
    """Change a schedule."""
    schedule = _find(call)
    body = call.body
    offenders = [name for name in OF_AGENTS if name in body]
    if offenders:
        raise Refusal(f"schedules.update: {', '.join(offenders)} only apply to agent schedules.", 400)
    cron = body.get("cron", schedule.cron)
    zone = body.get("timezone", schedule.timezone)
    recounts = "cron" in body or "timezone" in body or (schedule.status, body.get("status")) == ("paused", "active")
    due = _due(cron, zone) if recounts else schedule.due
    try:
        upcoming = milliseconds(due.next_after(call.state.clock.now())) if recounts else schedule.next_fire_at
    except CronError as error:
        raise Refusal(str(error)) from None
    schedule.cron, schedule.timezone, schedule.due, schedule.next_fire_at = cron, zone, due, upcoming
    schedule.target.update(target_of(body), requestContext={})
    schedule.metadata = body.get("metadata", schedule.metadata)
    schedule.status = body.get("status", schedule.status)
    _note_change(call, schedule)
    return dumps(schedule.as_json())


def delete_schedule(call: Call) -> bytes:
    """Forget a schedule."""
    call.timer.stored.remove(_find(call))
    return dumps({"message": "Schedule deleted"})


def pause_schedule(call: Call) -> bytes:
    """Keep a schedule from firing."""
    schedule = _find(call)
    if schedule.status != "paused":
        schedule.status = "paused"
        _note_change(call, schedule)
    return dumps(_with_last_run(call, schedule))


def resume_schedule(call: Call) -> bytes:
    """Have a paused schedule fire again, from its next moment on."""
    schedule = _find(call)
    if schedule.status != "active":
        try:
            call.timer.recount(schedule)
        except CronError as error:
            raise Refusal(str(error)) from None
        schedule.status = "active"
        _note_change(call, schedule)
    return dumps(_with_last_run(call, schedule))


def run_schedule(call: Call) -> bytes:
    """Fire a schedule now."""
    trigger = call.timer.fire_by_hand(_find(call))
    return dumps(
        {
            "scheduleId": trigger.schedule_id,
            "claimId": trigger.run_id,
            "scheduledFireAt": trigger.scheduled_fire_at,
        }
    )


def list_schedule_triggers(call: Call) -> bytes:
    """How often a schedule has fired, newest first."""
    schedule = call.timer.stored.find(call.subject)
    query = call.query
    triggers = call.timer.stored.triggers(
        call.subject.strip() if schedule is None else schedule.id,
        since=number_in(query, "fromActualFireAt"),
        until=number_in(query, "toActualFireAt"),
        limit=number_in(query, "limit"),
    )
    told = [present({**trigger.as_json(), "run": _run_summary(call, schedule, trigger.run_id)}) for trigger in triggers]
    return dumps({"triggers": told})


def _due(cron: str, zone: str | None) -> Cron:
    try:
        return Cron.of(cron, zone)
    except CronError as error:
        raise Refusal(str(error)) from None


def _find(call: Call) -> Schedule:
    found = call.timer.stored.find(call.subject)
    if found is None:
        raise Refusal("Schedule not found", 404)
    return found


def _note_change(call: Call, schedule: Schedule) -> None:
    schedule.updated_at = milliseconds(call.state.clock.now())


def _with_last_run(call: Call, schedule: Schedule) -> dict[str, Any]:
    last = UNDEFINED if schedule.last_run_id is None else _run_summary(call, schedule, schedule.last_run_id)
    return present({**schedule.as_json(), "lastRun": last})


def _run_summary(call: Call, schedule: Schedule | None, run_id: str) -> Any:
    """Return how a run stands that a schedule has started, undefined if it is not stored."""
    row = None if schedule is None else call.state.store.find(schedule.workflow_id, run_id)
    if row is None:
        return UNDEFINED
    began, error = milliseconds(row.created), row.snapshot.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    summary: dict[str, Any] = {"status": row.status, "startedAt": began}
    if row.status in ENDED:
        ended = milliseconds(row.updated)
        summary |= {"completedAt": ended, "durationMs": ended - began}
    return summary if message is None else {**summary, "error": message}
