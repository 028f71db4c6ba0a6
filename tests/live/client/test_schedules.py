"""Schedules on real servers: all nine verbs, firing by hand and by the clock."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from mastra_sync import (
    BadRequestError,
    ConflictError,
    MastraClient,
    NotFoundError,
    Schedule,
    UnsupportedByServer,
    WorkflowNotFound,
)
from tests.live.http_calls import new_run_id
from tests.live.server import LiveServer

LONGEST_TICK = 60.0
"""Seconds for a schedule that is due each second to fire: servers look every ten."""


@pytest.fixture
def scheduling(current_server: LiveServer) -> Iterator[MastraClient]:
    """A client of the generation that has schedules."""
    with MastraClient(current_server.base_url, token="") as client:
        yield client


@pytest.fixture
def made(scheduling: MastraClient) -> Iterator[Schedule]:
    """A schedule of this test alone, every night at two in New York."""
    schedule = scheduling.create_schedule(
        "evented", "0 2 * * *", id=new_run_id(), timezone="America/New_York", input_data={"n": 3}, metadata={"a": 1}
    )
    yield schedule
    with contextlib.suppress(NotFoundError):
        scheduling.delete_schedule(schedule.id)


def test_only_current_servers_have_them(client: MastraClient, generation: str) -> None:
    """Schedules came after 1.2; a workflow that declares one is listed with it."""
    if generation == "current":
        declared = client.get_schedule("wf_evented")
        assert (declared.workflow_id, declared.cron, declared.timezone) == ("evented", "0 0 1 1 *", None)
    else:
        with pytest.raises(UnsupportedByServer, match="get_schedule is not supported"):
            client.get_schedule("wf_evented")


def test_a_schedule_is_made_listed_changed_and_deleted(scheduling: MastraClient, made: Schedule) -> None:
    """What is told of it is what was given, and the next moment is of its own zone, summer time too."""
    assert made.id.startswith("schedule_")
    assert (made.workflow_id, made.input_data, made.metadata, made.status) == ("evented", {"n": 3}, {"a": 1}, "active")
    now = datetime.now(timezone.utc)
    assert now < made.next_fire_at <= now + timedelta(days=1, hours=1)
    assert made.next_fire_at.hour in (6, 7)
    assert scheduling.get_schedule(made.id) == made
    assert [one.id for one in scheduling.list_schedules(workflow_id="evented")] >= ["wf_evented"]
    changed = scheduling.update_schedule(made.id, cron="30 4 * * *", timezone="UTC", input_data={"n": 4})
    assert (changed.cron, changed.timezone, changed.input_data) == ("30 4 * * *", "UTC", {"n": 4})
    assert (changed.next_fire_at.hour, changed.next_fire_at.minute) == (4, 30)
    assert scheduling.delete_schedule(made.id) == "Schedule deleted"
    with pytest.raises(NotFoundError, match="Schedule not found"):
        scheduling.get_schedule(made.id)


def test_a_paused_schedule_is_listed_as_such(scheduling: MastraClient, made: Schedule) -> None:
    """Pausing twice, and resuming twice, is pausing and resuming."""
    for _ in range(2):
        assert scheduling.pause_schedule(made.id).status == "paused"
    assert made.id in [one.id for one in scheduling.list_schedules(status="paused")]
    for _ in range(2):
        assert scheduling.resume_schedule(made.id).status == "active"
    assert made.id not in [one.id for one in scheduling.list_schedules(status="paused")]


def test_a_schedule_is_fired_by_hand(scheduling: MastraClient, made: Schedule) -> None:
    """The run that it starts can be waited for, its trigger is listed, and its next moment stays."""
    fire = scheduling.run_schedule(made.id)
    run = scheduling.get_workflow("evented").get_run(fire.run_id)
    deadline = time.monotonic() + LONGEST_TICK
    while True:
        try:
            result = run.wait(LONGEST_TICK)
            break
        except NotFoundError:
            # the run is made a moment after the answer
            assert time.monotonic() < deadline
    assert (result.status, result.result, result.input_data) == ("success", {"greeting": "hi 3"}, {"n": 3})
    (trigger,) = scheduling.list_schedule_triggers(made.id, limit=5)
    assert (trigger.run_id, trigger.trigger_kind, trigger.outcome) == (fire.run_id, "manual", "published")
    assert trigger.run is not None
    assert trigger.run.status == "success"
    after = fire.scheduled_fire_at + timedelta(milliseconds=1)
    assert scheduling.list_schedule_triggers(made.id, from_actual_fire_at=after) == []
    assert scheduling.get_schedule(made.id).next_fire_at == made.next_fire_at


def test_a_schedule_fires_by_the_clock(scheduling: MastraClient, made: Schedule) -> None:
    """One that is due each second is fired when the server next looks, once for all that it missed."""
    scheduling.update_schedule(made.id, cron="* * * * * *")
    deadline = time.monotonic() + LONGEST_TICK
    while not scheduling.list_schedule_triggers(made.id):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    scheduling.pause_schedule(made.id)
    trigger = scheduling.list_schedule_triggers(made.id)[-1]
    assert trigger.trigger_kind == "schedule-fire"
    assert trigger.scheduled_fire_at <= trigger.actual_fire_at
    assert trigger.run_id == f"sched_{made.id}_{round(trigger.scheduled_fire_at.timestamp() * 1000)}"


def test_mistakes_are_the_callers(scheduling: MastraClient, made: Schedule) -> None:
    """A bad expression and an unknown zone are bad requests, though servers answer them with 500."""
    with pytest.raises(BadRequestError, match="Invalid cron expression"):
        scheduling.create_schedule("evented", "every night")
    with pytest.raises(BadRequestError, match="Invalid timezone"):
        scheduling.create_schedule("evented", "0 2 * * *", timezone="Mars/Olympus")
    with pytest.raises(BadRequestError, match="no future occurrence"):
        scheduling.create_schedule("evented", "0 0 30 2 *")
    with pytest.raises(WorkflowNotFound, match='Workflow "nope" not found'):
        scheduling.create_schedule("nope", "0 2 * * *")
    with pytest.raises(ConflictError, match="already exists"):
        scheduling.create_schedule("evented", "0 2 * * *", id=made.id)
    assert scheduling.list_schedule_triggers("nope") == []
