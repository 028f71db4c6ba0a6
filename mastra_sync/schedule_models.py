"""What a server says about schedules: when each fires, what it starts, what came of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from mastra_sync.json_types import Moment
from mastra_sync.server_model import ServerModel
from mastra_sync.statuses import Status

ScheduleStatus = Literal["active", "paused"]
"""Whether a schedule fires."""


class ScheduleRunSummary(ServerModel):
    """How a run stands that a schedule has started.

    Attributes:
        status: The run's.
        started_at: When the run was made.
        completed_at: When it ended; None while it goes on, or is suspended.
        duration_ms: Milliseconds from the one to the other.
        error: What it failed with, in words.
    """

    status: Status = "unknown"
    started_at: Moment | None = None
    completed_at: Moment | None = None
    duration_ms: float | None = None
    error: str | None = None


class Schedule(ServerModel):
    """When a workflow (or an agent) is started by itself, and with what.

    All moments are in UTC.

    Attributes:
        id: `schedule_...` if made over HTTP, `wf_...` if a workflow declares it.
        workflow_id: The workflow; None if it is an agent's schedule.
        agent_id: The agent; what else an agent's schedule has is kept as extra fields (`prompt`, `threadId`, ...).
        cron: The expression, of five to seven parts.
        timezone: IANA name of the zone that the expression is of; None for the server's own.
        status: `active` or `paused`.
        next_fire_at: When it is due next; a paused one keeps the moment that it had, and does not fire.
        last_fire_at: When it has fired last by itself.
        last_run_id: The run that it has started then.
        last_run: How that run stands; not told by `create_schedule` and `update_schedule`.
        input_data: What the workflow gets.
        initial_state: The state that it begins with.
        request_context: Values for its steps.
        resource_id: Whom its runs belong to.
        metadata: Whatever was noted with it.
    """

    id: str
    workflow_id: str | None = None
    agent_id: str | None = None
    cron: str
    timezone: str | None = None
    status: str = "active"
    next_fire_at: Moment
    last_fire_at: Moment | None = None
    last_run_id: str | None = None
    last_run: ScheduleRunSummary | None = None
    input_data: Any = None
    initial_state: Any = None
    request_context: dict[str, Any] | None = None
    resource_id: str | None = None
    metadata: dict[str, Any] | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class ScheduleList(ServerModel):
    """What servers answer to `list_schedules`."""

    schedules: list[Schedule] = Field(...)


class ScheduleFire(ServerModel):
    """A schedule that was fired by hand.

    Attributes:
        schedule_id: The schedule.
        claim_id: The id of the run that it starts, of the schedule's workflow.
        scheduled_fire_at: When.
    """

    schedule_id: str
    claim_id: str
    scheduled_fire_at: Moment

    @property
    def run_id(self) -> str:
        """The run: `client.get_workflow(schedule.workflow_id).get_run(fire.run_id).wait()` waits for it."""
        return self.claim_id


class ScheduleTrigger(ServerModel):
    """One firing of a schedule.

    Attributes:
        schedule_id: The schedule.
        run_id: The run that it started; None if none was.
        scheduled_fire_at: When it was due.
        actual_fire_at: When it was fired: servers look every ten seconds.
        outcome: `published` once the run was handed to the engine, `failed`, ...
        error: Why it failed.
        trigger_kind: `schedule-fire` or `manual`.
        run: How the run stands; None if the server does not know it (yet).
    """

    id: str | None = None
    schedule_id: str
    run_id: str | None = None
    scheduled_fire_at: Moment
    actual_fire_at: Moment
    outcome: str = "published"
    error: str | None = None
    trigger_kind: str | None = None
    metadata: dict[str, Any] | None = None
    run: ScheduleRunSummary | None = None


class ScheduleTriggerList(ServerModel):
    """What servers answer to `list_schedule_triggers`."""

    triggers: list[ScheduleTrigger] = Field(...)
