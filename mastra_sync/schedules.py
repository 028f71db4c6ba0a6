"""The schedules of a client's server: when workflows are started by themselves."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import datetime, tzinfo
from datetime import timezone as utc
from typing import TYPE_CHECKING, Any

from mastra_sync.api import Api
from mastra_sync.arguments import OMIT, camel_case, checked_count, checked_id, checked_text, plain_json, request_body
from mastra_sync.errors import ConflictError, InvalidArgument, NotFoundError
from mastra_sync.keywords import takes
from mastra_sync.operations import (
    CREATE_SCHEDULE,
    DELETE_SCHEDULE,
    GET_SCHEDULE,
    LIST_SCHEDULES,
    PAUSE_SCHEDULE,
    RESUME_SCHEDULE,
    RUN_SCHEDULE,
    SCHEDULE_TRIGGERS,
    UPDATE_SCHEDULE,
    Operation,
)
from mastra_sync.options import checked_choice

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.schedule_models import Schedule, ScheduleFire, ScheduleStatus, ScheduleTrigger


class Schedules:
    """What a client can do with schedules, on current servers.

    Attributes:
        api: The server's operations.
    """

    api: Api

    @takes()
    def list_schedules(
        self,
        *,
        workflow_id: str | None = None,
        status: ScheduleStatus | None = None,
        resource_id: str | None = None,
        agent_id: str | None = None,
        thread_id: str | None = None,
        name: str | None = None,
    ) -> list[Schedule]:
        """Return the schedules of the server, in the order in which they were made.

        Args:
            workflow_id: Only those that start this workflow.
            status: Only those that are `active`, or `paused`.
            resource_id: Only those whose runs belong to it.
            agent_id: Only those that run this agent.
            thread_id: Only those of agents, with this thread.
            name: Only those of agents, with this name.

        Raises:
            UnsupportedByServer: A server before the current ones.
        """
        from mastra_sync.schedule_models import ScheduleList, ScheduleStatus  # noqa: PLC0415

        texts = {"workflow_id": workflow_id, "resource_id": resource_id, "agent_id": agent_id}
        texts |= {"thread_id": thread_id, "name": name}
        query: list[tuple[str, str | None]] = [
            (camel_case(argument), None if value is None else checked_text(value, argument))
            for argument, value in texts.items()
        ]
        if status is not None:
            query.append(("status", checked_choice(status, "status", ScheduleStatus)))
        answer = self.api.call_current(LIST_SCHEDULES, query=query)
        return self.api.parse(answer, LIST_SCHEDULES, ScheduleList.model_validate).schedules

    def get_schedule(self, schedule_id: str) -> Schedule:
        """Return a schedule, with how its last run stands.

        Raises:
            NotFoundError: No such schedule.
            UnsupportedByServer: A server before the current ones.
        """
        return self._schedule(GET_SCHEDULE.at(schedule=checked_id(schedule_id, "schedule_id")))

    @takes()
    def create_schedule(
        self,
        workflow_id: str,
        cron: str,
        *,
        id: str | None = None,  # noqa: A002 - Mastra's word
        timezone: str | tzinfo | None = None,
        input_data: Any = OMIT,
        initial_state: Any = None,
        resource_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Schedule:
        """Have a workflow started by itself, and return the schedule.

        It takes no request context, for servers lose the one that a request for a schedule has.
        An answer that is lost is asked for again: the server makes no second schedule of the same id.

        Args:
            workflow_id: The workflow.
            cron: When: minute, hour, day of the month, month, day of the week, as `"0 2 * * *"`; a sixth part before
                them is seconds, a seventh behind them years.
            id: The schedule's id; servers put `schedule_` before it, and take what is no letter or digit out of it.
            timezone: IANA name of the zone that `cron` is of (`"Europe/Berlin"`), or a `zoneinfo.ZoneInfo`; by default
                the server's own.
            input_data: What the workflow gets: JSON values, pydantic models, dataclasses.
            initial_state: The state that it begins with.
            resource_id: Whom its runs belong to (servers from 1.69 on; those before refuse it).
            metadata: Whatever is to be noted with it.

        Raises:
            WorkflowNotFound: The server has no such workflow.
            BadRequestError: The expression or the zone is none, or is never due.
            ConflictError: There is another schedule of this id.
            UnsupportedByServer: A server before the current ones.
        """
        body = {
            "workflow_id": checked_id(workflow_id, "workflow_id"),
            "cron": _checked_cron(cron),
            "timezone": _zone_name(timezone),
            "input_data": input_data,
            "initial_state": initial_state,
            "resource_id": resource_id,
            "metadata": metadata,
        }
        # with an id from here the request can be sent twice without making two
        chosen = str(uuid.uuid4()) if id is None else checked_id(id, "id")
        try:
            return self._schedule(CREATE_SCHEDULE, body=request_body(id=chosen, **body))
        except ConflictError as error:
            made = self._made_by_an_earlier_attempt(error, body)
            if made is None:
                raise
            return made

    def _made_by_an_earlier_attempt(self, error: ConflictError, body: Mapping[str, Any]) -> Schedule | None:
        """Return the schedule that stands where one was to be made, if it may be ours.

        Its answer was lost then.
        """
        named = _QUOTED_ID.search(str(error))
        if error.attempts == 1 or named is None:
            return None
        found = self.get_schedule(named[1])
        asked = {name: plain_json(value, name) for name, value in body.items() if value not in (None, OMIT)}
        told = {name: plain_json(getattr(found, name), name) for name in asked}
        return found if told == asked else None

    @takes()
    def update_schedule(
        self,
        schedule_id: str,
        *,
        cron: str | None = None,
        timezone: str | tzinfo | None = None,
        status: ScheduleStatus | None = None,
        input_data: Any = OMIT,
        initial_state: Any = None,
        resource_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Schedule:
        """Change what is given of a schedule, and return it.

        A new `cron` or `timezone`, and `status="active"`, have it count from now on.

        Raises:
            InvalidArgument: Nothing is given that would change.
            NotFoundError: No such schedule.
            BadRequestError: The expression or the zone is none, or is never due.
            UnsupportedByServer: A server before the current ones.
        """
        from mastra_sync.schedule_models import ScheduleStatus  # noqa: PLC0415

        operation = UPDATE_SCHEDULE.at(schedule=checked_id(schedule_id, "schedule_id"))
        body = request_body(
            cron=None if cron is None else _checked_cron(cron),
            timezone=_zone_name(timezone),
            status=None if status is None else checked_choice(status, "status", ScheduleStatus),
            input_data=input_data,
            initial_state=initial_state,
            resource_id=resource_id,
            metadata=metadata,
        )
        if body == b"{}":
            raise InvalidArgument(
                "update_schedule", "was given nothing to change: cron, timezone, status, input_data, ..."
            )
        return self._schedule(operation, body=body)

    def delete_schedule(self, schedule_id: str) -> str:
        """Delete a schedule, and return the server's message. Its runs stay.

        Raises:
            NotFoundError: No such schedule.
            UnsupportedByServer: A server before the current ones.
        """
        operation = DELETE_SCHEDULE.at(schedule=checked_id(schedule_id, "schedule_id"))
        try:
            answer = self.api.call_current(operation)
        except NotFoundError as error:
            if error.attempts == 1:
                raise
            # an earlier attempt has done it, only its answer was lost
            return "Schedule deleted"
        return self.api.message(answer, operation)

    def pause_schedule(self, schedule_id: str) -> Schedule:
        """Keep a schedule from firing, and return it; one that is paused stays as it is.

        Raises:
            NotFoundError: No such schedule.
            UnsupportedByServer: A server before the current ones.
        """
        return self._schedule(PAUSE_SCHEDULE.at(schedule=checked_id(schedule_id, "schedule_id")))

    def resume_schedule(self, schedule_id: str) -> Schedule:
        """Have a paused schedule fire again, from its next moment on, and return it.

        What it missed is left out; one that is active stays as it is.

        Raises:
            NotFoundError: No such schedule.
            UnsupportedByServer: A server before the current ones.
        """
        return self._schedule(RESUME_SCHEDULE.at(schedule=checked_id(schedule_id, "schedule_id")))

    def run_schedule(self, schedule_id: str) -> ScheduleFire:
        """Fire a schedule now, also a paused one; its next moment stays as it is.

        The run begins beside: `client.get_workflow(schedule.workflow_id).get_run(fire.run_id).wait()`. Where the answer
        is lost, or is a 429, it is not sent again; `list_schedule_triggers` shows what became of it.

        Raises:
            NotFoundError: No such schedule.
            UnsupportedByServer: A server before the current ones.
        """
        from mastra_sync.schedule_models import ScheduleFire  # noqa: PLC0415

        operation = RUN_SCHEDULE.at(schedule=checked_id(schedule_id, "schedule_id"))
        return self.api.parse(self.api.call_current(operation), operation, ScheduleFire.model_validate)

    @takes()
    def list_schedule_triggers(
        self,
        schedule_id: str,
        *,
        limit: int | None = None,
        from_actual_fire_at: datetime | None = None,
        to_actual_fire_at: datetime | None = None,
    ) -> list[ScheduleTrigger]:
        """Return when a schedule has fired, newest first; nothing for one that there is not.

        Args:
            schedule_id: The schedule.
            limit: At most so many.
            from_actual_fire_at: Only those fired at or after this moment.
            to_actual_fire_at: Only those fired before it.

        Raises:
            InvalidArgument: A moment without a time zone, or a limit below 1.
            UnsupportedByServer: A server before the current ones.
        """
        from mastra_sync.schedule_models import ScheduleTriggerList  # noqa: PLC0415

        checked_count(limit, "limit", least=1)
        query = [
            ("limit", None if limit is None else str(limit)),
            ("fromActualFireAt", _milliseconds(from_actual_fire_at, "from_actual_fire_at")),
            ("toActualFireAt", _milliseconds(to_actual_fire_at, "to_actual_fire_at")),
        ]
        operation = SCHEDULE_TRIGGERS.at(schedule=checked_id(schedule_id, "schedule_id"))
        answer = self.api.call_current(operation, query=query)
        return self.api.parse(answer, operation, ScheduleTriggerList.model_validate).triggers

    def _schedule(self, operation: Operation, *, body: bytes | None = None) -> Schedule:
        from mastra_sync.schedule_models import Schedule  # noqa: PLC0415

        return self.api.parse(self.api.call_current(operation, body=body), operation, Schedule.model_validate)


_QUOTED_ID = re.compile(r'id "([^"]+)" already exists')


def _checked_cron(cron: str) -> str:
    if not checked_text(cron, "cron").strip():
        raise InvalidArgument("cron", "must not be empty; '0 2 * * *' is every night at two")
    return cron


def _zone_name(timezone: str | tzinfo | None) -> str | None:
    """Return a zone's IANA name.

    Raises:
        InvalidArgument: A zone without one: an offset has no summer time.
    """
    if timezone is None or isinstance(timezone, str):
        return timezone if timezone is None else checked_text(timezone, "timezone")
    if timezone is utc.utc:
        return "UTC"
    name = getattr(timezone, "key", None)
    if not isinstance(name, str):
        raise InvalidArgument(
            "timezone", f"must be an IANA name like 'Europe/Berlin' or a ZoneInfo, not {type(timezone).__name__}"
        )
    return name


def _milliseconds(moment: datetime | None, argument: str) -> str | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        raise InvalidArgument(argument, f"must be a datetime, not {type(moment).__name__}")
    if moment.tzinfo is None:
        raise InvalidArgument(argument, "must have a time zone, as in datetime.now(timezone.utc)")
    return str(round(moment.timestamp() * 1000))
