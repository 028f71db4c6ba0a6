"""Schedules of a fake: fired in virtual time, as the real scheduler would, and their nine routes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mastra_sync import BadRequestError, ConflictError, MastraClient, NotFoundError, WorkflowNotFound
from pytest_mastra.fake import AS_TIMED, FakeMastra, InProcess, RealClock, VirtualClock

DAY = 86_400
BERLIN = ZoneInfo("Europe/Berlin")


class Scene:
    """A server with a workflow that notes when it runs, and a client of its time.

    Attributes:
        moments: When it ran, in Berlin.
        inputs: What it got.
    """

    def __init__(self, *, start: float | None = None, schedule: Any = None, rests: float = 0) -> None:
        clock = VirtualClock() if start is None else VirtualClock(start)
        self.server = FakeMastra(clock=clock)
        self.moments: list[datetime] = []
        self.inputs: list[Any] = []
        workflow = self.server.workflow("report", schedule=schedule)
        workflow.then(self.server.step("note", self._note))
        if rests:
            workflow.sleep(rests)
        workflow.commit()
        self.front = InProcess(self.server)
        self.front.start()
        self.client = MastraClient(self.front.url, clock=clock)

    def _note(self, ctx: Any) -> Any:
        self.moments.append(datetime.fromtimestamp(self.server.clock.now(), BERLIN))
        self.inputs.append(ctx.input_data)
        return {"count": len(self.moments)}

    @property
    def hours(self) -> list[str]:
        """When it ran, as a clock in Berlin shows it."""
        return [f"{moment:%d %H:%M}" for moment in self.moments]


@pytest.fixture
def make_scene() -> Iterator[Any]:
    """A function that makes a scene, whose front ends with the test."""
    scenes: list[Scene] = []

    def make(**options: Any) -> Scene:
        scenes.append(Scene(**options))
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.front.stop()


NIGHTLY: Any = {"cron": "0 2 * * *", "timezone": "Europe/Berlin", "input_data": {"days": 1}}


def test_a_nightly_workflow_runs_each_night_of_a_month(make_scene: Any) -> None:
    """Thirty days go by in a moment; each night at two in Berlin it has run, to its end, with its input."""
    scene = make_scene(schedule=NIGHTLY, rests=3600)
    scene.server.clock.advance(30 * DAY)
    assert scene.hours == [f"{day:02} 02:00" for day in range(1, 31)]
    assert scene.inputs == [{"days": 1}] * 30
    assert [run.status for run in scene.server.runs("report")] == ["success"] * 30
    scene.server.check()
    scene.server.assert_exactly_once()


def test_summer_time_moves_the_night(make_scene: Any) -> None:
    """What is due in the hour that spring leaves out runs an hour later by the clock; other nights at their hour."""
    start = datetime(2026, 3, 28, tzinfo=BERLIN).timestamp()
    scene = make_scene(start=start, schedule={**NIGHTLY, "cron": "30 2 * * *"})
    scene.server.clock.advance(3 * DAY)
    assert scene.hours == ["28 02:30", "29 03:30", "30 02:30"]


def test_time_stops_at_what_is_due_however_it_passes(make_scene: Any) -> None:
    """A client that waits for a day moves time, and so does a run that sleeps: the night is not passed over."""
    scene = make_scene(schedule=NIGHTLY)
    other = scene.server.workflow("sleeper").sleep(DAY).commit()
    assert scene.client.get_workflow(other.id).execute({}).ok
    assert scene.hours == ["01 02:00"]
    scene.server.clock.sleep(DAY)
    assert scene.hours == ["01 02:00", "02 02:00"]


def test_a_server_looks_every_ten_seconds(make_scene: Any) -> None:
    """A schedule that is due every two seconds fires once a look, for what is due longest, and counts from there."""
    scene = make_scene()
    made = scene.client.create_schedule("report", "*/2 * * * * *", id="Often Enough")
    assert made.id == "schedule_often-enough"
    scene.server.clock.advance(30)
    triggers = scene.client.list_schedule_triggers(made.id)
    assert [(one.scheduled_fire_at.second, one.actual_fire_at.second) for one in triggers] == [
        (22, 30),
        (12, 20),
        (2, 10),
    ]
    assert [one.run_id for one in triggers] == [
        f"sched_{made.id}_{round(one.scheduled_fire_at.timestamp() * 1000)}" for one in triggers
    ]
    later = scene.client.list_schedule_triggers(made.id, from_actual_fire_at=triggers[1].actual_fire_at, limit=5)
    assert later == triggers[:2]
    assert scene.client.list_schedule_triggers(made.id, to_actual_fire_at=triggers[1].actual_fire_at) == triggers[2:]


def test_what_a_dead_server_missed_runs_once(make_scene: Any) -> None:
    """Five nights without a server are one run when it is back, due since the first of them; then nights are nights."""
    scene = make_scene(schedule=NIGHTLY)
    scene.server.die()
    scene.server.clock.advance(5 * DAY + 12 * 3600)
    assert scene.hours == []
    scene.server.revive()
    assert scene.hours == ["06 13:00"]
    (trigger,) = scene.client.list_schedule_triggers("wf_report")
    assert trigger.scheduled_fire_at.astimezone(BERLIN) == datetime(2026, 1, 1, 2, tzinfo=BERLIN)
    scene.server.clock.advance(DAY)
    assert scene.hours == ["06 13:00", "07 02:00"]


def test_a_server_that_comes_back_by_itself_is_there_for_the_night(make_scene: Any) -> None:
    """It is dead for half an hour of a day that is passed in one go."""
    scene = make_scene(schedule=NIGHTLY)
    scene.server.die(back_after=1800)
    scene.server.clock.advance(DAY)
    assert scene.hours == ["01 02:00"]


def test_a_server_may_die_of_its_night(make_scene: Any) -> None:
    """In a step of a run that a schedule has started: time passes on, and the run stays as it was stored."""
    scene = make_scene()
    workflow = scene.server.workflow("deadly", schedule=NIGHTLY)
    workflow.then(scene.server.step("die", lambda _: scene.server.die(back_after=60) if not scene.moments else {}))
    workflow.commit()
    scene.server.clock.advance(DAY / 2)
    assert not scene.server.is_dead
    (run,) = scene.server.runs("deadly")
    assert run.status == "running"
    scene.moments.append(datetime.now(BERLIN))
    scene.server.clock.advance(DAY)
    assert [run.status for run in scene.server.runs("deadly")] == ["running", "success"]


def test_a_paused_schedule_misses_its_nights(make_scene: Any) -> None:
    """Resumed, it goes on with the next one; both may be said twice."""
    scene = make_scene(schedule=NIGHTLY)
    for _ in range(2):
        assert scene.client.pause_schedule("wf_report").status == "paused"
    scene.server.clock.advance(3 * DAY)
    assert scene.hours == []
    for _ in range(2):
        resumed = scene.client.resume_schedule("wf_report")
    assert (resumed.status, resumed.next_fire_at.astimezone(BERLIN).day) == ("active", 4)
    scene.server.clock.advance(DAY)
    assert scene.hours == ["04 02:00"]


def test_a_schedule_is_fired_by_hand(make_scene: Any) -> None:
    """Its run can be waited for, and when it is due next stays as it is."""
    scene = make_scene(schedule=NIGHTLY)
    before = scene.client.get_schedule("wf_report")
    fire = scene.client.run_schedule("wf_report")
    result = scene.client.get_workflow("report").get_run(fire.run_id).wait()
    assert (result.input_data, result.result) == ({"days": 1}, {"count": 1})
    (trigger,) = scene.client.list_schedule_triggers("wf_report")
    assert (trigger.trigger_kind, trigger.run_id) == ("manual", fire.run_id)
    assert trigger.run is not None
    assert trigger.run.status == "success"
    assert scene.client.get_schedule("wf_report").next_fire_at == before.next_fire_at


def test_a_schedule_tells_of_its_last_run(make_scene: Any) -> None:
    """Of one that sleeps as of one that has ended."""
    scene = make_scene(schedule=NIGHTLY, rests=3600)
    scene.server.clock.advance(1.5 * 3600)
    first = scene.client.get_schedule("wf_report").last_run
    assert first is not None
    assert (first.status, first.completed_at) == ("running", None)
    scene.server.clock.advance(DAY + 3600)
    (told,) = scene.client.list_schedules(workflow_id="report")
    assert told.last_run is not None
    assert (told.last_run.status, told.last_run.duration_ms) == ("success", 3_600_000)
    assert told.last_fire_at == datetime(2026, 1, 2, 1, tzinfo=timezone.utc)


def test_a_schedule_is_changed_and_deleted(make_scene: Any) -> None:
    """A new expression counts from now on; what is deleted never fires again, and its id is free."""
    scene = make_scene()
    made = scene.client.create_schedule("report", "0 2 * * *", id="nightly")
    changed = scene.client.update_schedule(
        made.id, cron="0 3 * * *", timezone=BERLIN, input_data=[1], metadata={"a": 1}
    )
    assert (changed.cron, changed.timezone, changed.input_data) == ("0 3 * * *", "Europe/Berlin", [1])
    assert changed.next_fire_at.astimezone(BERLIN).hour == 3
    scene.server.clock.advance(DAY)
    assert (scene.hours, scene.inputs) == (["01 03:00"], [[1]])
    assert scene.client.update_schedule(made.id, status="paused").status == "paused"
    assert [one.id for one in scene.client.list_schedules(status="paused")] == [made.id]
    assert scene.client.delete_schedule(made.id) == "Schedule deleted"
    scene.server.clock.advance(DAY)
    assert len(scene.moments) == 1
    assert scene.client.create_schedule("report", "0 2 * * *", id="nightly").id == made.id


def test_runs_belong_to_whom_the_schedule_says(make_scene: Any) -> None:
    """Its runs, and the schedule itself, are found by that."""
    scene = make_scene()
    made = scene.client.create_schedule("report", "0 2 * * *", resource_id="ann")
    assert scene.client.update_schedule(made.id, resource_id="bob").resource_id == "bob"
    assert [one.id for one in scene.client.list_schedules(resource_id="bob")] == [made.id]
    assert scene.client.list_schedules(resource_id="ann") == []
    scene.server.clock.advance(DAY)
    assert scene.client.get_workflow("report").runs(resource_id="bob").total == 1


def test_refusals_are_the_servers(make_scene: Any) -> None:
    """What a real server refuses is refused in its words."""
    scene = make_scene()
    client = scene.client
    client.create_schedule("report", "0 2 * * *", id="nightly")
    with pytest.raises(ConflictError, match='with id "schedule_nightly" already exists'):
        client.create_schedule("report", "0 2 * * *", id="Nightly")
    with pytest.raises(WorkflowNotFound, match='Workflow "nope" not found'):
        client.create_schedule("nope", "0 2 * * *")
    with pytest.raises(BadRequestError, match="exactly five, six, or seven space separated parts are required"):
        client.create_schedule("report", "nightly")
    with pytest.raises(BadRequestError, match='Invalid timezone "Mars/Olympus": CronDate'):
        client.create_schedule("report", "0 2 * * *", timezone="Mars/Olympus")
    with pytest.raises(BadRequestError, match=r"no future occurrence after 2026-01-01T00:00:00.0\d\dZ"):
        client.create_schedule("report", "0 0 30 2 *")
    with pytest.raises(BadRequestError, match="is empty after normalization"):
        client.create_schedule("report", "0 2 * * *", id="!!")
    for call in (client.get_schedule, client.pause_schedule, client.run_schedule, client.delete_schedule):
        with pytest.raises(NotFoundError, match="Schedule not found"):
            call("nope")
    assert client.list_schedule_triggers("nope") == []


def test_several_schedules_of_one_workflow(make_scene: Any) -> None:
    """Each has an id of its own, and its own input."""
    scene = make_scene(
        schedule=[
            {"cron": "0 2 * * *", "id": "night", "input_data": "night"},
            {"cron": "@hourly", "id": "each_hour", "input_data": "hour", "timezone": BERLIN},
        ]
    )
    assert [one.id for one in scene.client.list_schedules()] == ["wf_report__night", "wf_report__each%5Fhour"]
    scene.server.clock.advance(2 * 3600)
    assert scene.inputs == ["hour", "night", "hour"]


@pytest.mark.parametrize(
    ("schedule", "kind", "words"),
    [
        ({"cron": "0 2 * *"}, ValueError, "exactly five, six, or seven"),
        ({"cron": "0 25 * * *"}, ValueError, "Invalid value for hour: 25"),
        ({"cron": "0 2 15W * *"}, ValueError, "this fake server does not read '15W'"),
        ({"cron": "0 0 30 2 *"}, ValueError, "no future occurrence"),
        ({"cron": "0 2 * * *", "timezone": "Europe/Berlim"}, ValueError, "did you mean 'Europe/Berlin'"),
        ({"cron": "0 2 * * *", "zone": "UTC"}, TypeError, "'zone'"),
        ({"timezone": "UTC"}, TypeError, "has no cron"),
        ("0 2 * * *", TypeError, "is a mapping like {'cron': '0 2 * * *'"),
        ([{"cron": "0 2 * * *"}], TypeError, "number 1, has no id"),
        ([{"cron": "0 2 * * *", "id": "a"}] * 2, ValueError, "two of several have the same id"),
        ({"cron": "0 2 * * *", "timezone": timezone(timedelta(hours=1))}, TypeError, "IANA name"),
        ({"cron": "0 2 * * *", "input_data": {1}}, TypeError, "input_data"),
    ],
)
def test_mistakes_are_told_where_they_are_made(schedule: Any, kind: type[Exception], words: str) -> None:
    """At the line that declares the workflow, which is not declared then."""
    server = FakeMastra()
    with pytest.raises(kind) as refused:
        server.workflow("report", schedule=schedule)
    assert words in str(refused.value)
    assert "the schedule of workflow 'report'" in str(refused.value)
    assert "report" not in server.state.workflows


def test_what_has_no_schedules_says_so() -> None:
    """Older servers, workflows that are only steps of others, and the engine that servers run none on."""
    with pytest.raises(ValueError, match=r"servers of 1\.2 have no schedules"):
        FakeMastra(generation="1.2").workflow("w", schedule=NIGHTLY)
    with pytest.raises(ValueError, match="listed=False"):
        FakeMastra().workflow("w", schedule=NIGHTLY, listed=False)
    with pytest.raises(ValueError, match="run workflows with a schedule on the evented engine"):
        FakeMastra().workflow("w", schedule=NIGHTLY, engine="default")


def test_a_schedule_whose_workflow_is_gone_is_deleted(make_scene: Any) -> None:
    """After three looks that find no workflow, as real servers do."""
    scene = make_scene(schedule={"cron": "* * * * * *"})
    scene.client.get_dynamic_workflow("report").delete()
    scene.server.clock.advance(20)
    assert len(scene.client.list_schedules()) == 1
    scene.server.clock.advance(10)
    assert scene.client.list_schedules() == []


def test_real_time_is_caught_up_with_when_a_request_comes() -> None:
    """Without virtual time nothing stops for what is due; it happens before the next answer."""

    class Hands(RealClock):
        moment = 1_767_225_600.0

        def now(self) -> float:
            return self.moment

    clock = Hands()
    server = FakeMastra(clock=clock, pace=AS_TIMED)
    server.workflow("report", schedule={"cron": "0 * * * *"}).returns({})
    with InProcess(server) as front, MastraClient(front.url) as client:
        clock.moment += 2 * 3600
        triggers = client.list_schedule_triggers("wf_report")
        assert [one.scheduled_fire_at.hour for one in triggers] == [2, 1]
