"""Schedules as a client sends and reads them: what is refused, what is asked for again, what a moment is."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mastra_sync import (
    BadRequestError,
    ConflictError,
    InvalidArgument,
    NotFoundError,
    ServerError,
    UnsupportedByServer,
    WorkflowNotFound,
)
from mastra_sync.error_replies import Reply
from mastra_sync.request import Request
from tests.client.scripted import client_of, reply

NIGHT = 1_768_446_000_000
MADE = {
    "id": "schedule_nightly",
    "workflowId": "report",
    "cron": "0 2 * * *",
    "timezone": "Europe/Berlin",
    "status": "active",
    "nextFireAt": NIGHT,
    "inputData": {"n": 3},
    "createdAt": 0,
    "updatedAt": 0,
    "brandNew": 1,
}
TAKEN = reply({"error": 'schedules.create: a schedule with id "schedule_nightly" already exists. Use update()'}, 409)
LOST = reply({"error": "boom"}, 500)


def test_a_schedule_is_made_of_what_is_given() -> None:
    """Names go in camelCase, a zone by its name; moments come back aware, unknown fields are kept."""
    client, sent = client_of(lambda _: MADE)
    made = client.create_schedule(
        "report", "0 2 * * *", id="nightly", timezone=ZoneInfo("Europe/Berlin"), input_data={"n": 3}, metadata={"a": 1}
    )
    assert (made.id, made.workflow_id, made.timezone) == ("schedule_nightly", "report", "Europe/Berlin")
    assert made.next_fire_at == datetime(2026, 1, 15, 3, 0, tzinfo=timezone.utc)
    assert made.model_extra == {"brandNew": 1}
    assert json.loads(sent.requests[0].body or b"") == {
        "id": "nightly",
        "workflowId": "report",
        "cron": "0 2 * * *",
        "timezone": "Europe/Berlin",
        "inputData": {"n": 3},
        "metadata": {"a": 1},
    }


def test_each_verb_has_its_route() -> None:
    """Ids are one segment of a path each; filters and moments go in the query."""
    fire = {"scheduleId": "s", "claimId": "sched_s_5", "scheduledFireAt": 5}
    trigger = {"scheduleId": "s", "runId": None, "scheduledFireAt": 0, "actualFireAt": 9, "outcome": "failed"}

    def answer(request: Request) -> Any:
        if request.url.endswith("/triggers"):
            return {"triggers": [trigger]}
        if request.url.endswith("/run"):
            return fire
        if request.method == "DELETE":
            return {"message": "Schedule deleted"}
        return {"schedules": [MADE]} if request.url.endswith("/schedules") else MADE

    client, sent = client_of(answer)
    assert client.list_schedules(workflow_id="report", status="paused")[0].id == "schedule_nightly"
    assert client.get_schedule("a/b").cron == "0 2 * * *"
    client.update_schedule("s", cron="0 3 * * *", status="active")
    client.pause_schedule("s")
    client.resume_schedule("s")
    assert client.run_schedule("s").run_id == "sched_s_5"
    since = datetime(1970, 1, 1, 0, 0, 1, tzinfo=timezone.utc)
    (fired,) = client.list_schedule_triggers("s", limit=2, from_actual_fire_at=since)
    assert (fired.outcome, fired.run_id, fired.run, fired.actual_fire_at.microsecond) == ("failed", None, None, 9000)
    assert client.delete_schedule("s") == "Schedule deleted"
    assert sent.routes == [
        "GET /schedules",
        "GET /schedules/a%2Fb",
        "PATCH /schedules/s",
        "POST /schedules/s/pause",
        "POST /schedules/s/resume",
        "POST /schedules/s/run",
        "GET /schedules/s/triggers",
        "DELETE /schedules/s",
    ]
    assert sent.requests[0].query == (("workflowId", "report"), ("status", "paused"))
    assert sent.requests[6].query == (("limit", "2"), ("fromActualFireAt", "1000"))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda c: c.create_schedule("w", " "), "cron: must not be empty; '0 2 * * *' is every night at two"),
        (
            lambda c: c.create_schedule("w", "* * * * *", timezone=timezone(timedelta(hours=1))),
            "'Europe/Berlin' or a Z",
        ),
        (lambda c: c.create_schedule("w", "* * * * *", input_data={1}), "input_data: set is not JSON"),
        (lambda c: c.update_schedule("s"), "was given nothing to change: cron, timezone"),
        (lambda c: c.update_schedule("s", status="pause"), "'active' or 'paused', not 'pause'"),
        (lambda c: c.list_schedule_triggers("s", limit=0), "limit: must be at least 1"),
        (lambda c: c.list_schedule_triggers("s", to_actual_fire_at=datetime(2026, 1, 1)), "must have a time zone"),  # noqa: DTZ001
        (lambda c: c.get_schedule(".."), "schedule_id: must not be '..'"),
    ],
    ids=["no cron", "an offset", "no JSON", "nothing", "no status", "no limit", "naive", "a place"],
)
def test_what_cannot_be_meant_is_refused(call: Any, words: str) -> None:
    """The exception names the argument and what is allowed, and nothing is sent."""
    client, sent = client_of(lambda _: MADE)
    with pytest.raises(InvalidArgument) as refused:
        call(client)
    assert words in str(refused.value)
    assert sent.requests == []


def test_a_zone_may_be_utc_itself() -> None:
    """`datetime.timezone.utc` is the zone UTC."""
    client, sent = client_of(lambda _: MADE)
    client.create_schedule("w", "* * * * *", timezone=timezone.utc)
    assert json.loads(sent.requests[0].body or b"")["timezone"] == "UTC"


def test_a_lost_answer_makes_no_second_schedule() -> None:
    """What was to be made stands there when it is asked for again, so that it is handed out."""
    answers = iter([LOST, TAKEN, MADE])
    client, sent = client_of(lambda _: next(answers))
    assert client.create_schedule("report", "0 2 * * *", id="nightly", input_data={"n": 3}).id == "schedule_nightly"
    assert sent.routes == ["POST /schedules", "POST /schedules", "GET /schedules/schedule_nightly"]


@pytest.mark.parametrize("before", [[], [LOST]], ids=["at once", "after a lost answer"])
def test_another_schedule_of_that_id_is_none_of_ours(before: list[Reply]) -> None:
    """Where what stands there is not what was to be made, its id is taken."""
    answers = iter([*before, TAKEN, MADE])
    client, _ = client_of(lambda _: next(answers))
    with pytest.raises(ConflictError, match="already exists"):
        client.create_schedule("report", "0 4 * * *", id="nightly")


def test_a_schedule_without_an_id_gets_one_here() -> None:
    """Sent twice, it is the same id, so that the server makes one."""
    answers = iter([LOST, MADE])
    client, sent = client_of(lambda _: next(answers))
    client.create_schedule("report", "0 2 * * *")
    first, second = (json.loads(request.body or b"")["id"] for request in sent.requests)
    assert first == second


def test_a_deletion_whose_answer_was_lost_is_one() -> None:
    """The second request finds nothing there any more; the first one that finds nothing is told."""
    answers = iter([LOST, reply({"error": "Schedule not found"}, 404)])
    client, _ = client_of(lambda _: next(answers))
    assert client.delete_schedule("s") == "Schedule deleted"
    client, _ = client_of(lambda _: reply({"error": "Schedule not found"}, 404))
    with pytest.raises(NotFoundError, match="Schedule not found"):
        client.delete_schedule("s")


def test_a_firing_is_never_sent_twice() -> None:
    """A schedule that is fired twice runs twice."""
    client, sent = client_of(lambda _: LOST)
    with pytest.raises(ServerError):
        client.run_schedule("s")
    assert sent.routes == ["POST /schedules/s/run"]


@pytest.mark.parametrize(
    ("message", "status", "kind"),
    [
        ('Invalid cron expression "x": CronPattern: ...', 500, BadRequestError),
        ('Invalid timezone "Mars/X": CronDate: ...', 500, BadRequestError),
        ('Cron expression "0 0 30 2 *" has no future occurrence after 2026-01-01T00:00:00.000Z', 500, BadRequestError),
        ('Workflow "nope" not found', 404, WorkflowNotFound),
    ],
)
def test_a_callers_mistake_is_told_as_one(message: str, status: int, kind: type[Exception]) -> None:
    """Servers answer a bad expression with 500; it is not asked for again."""
    client, sent = client_of(lambda _: reply({"error": message}, status))
    with pytest.raises(kind):
        client.create_schedule("nope", "x")
    assert len([request for request in sent.requests if not request.is_look]) == 1


def test_older_servers_have_none() -> None:
    """They serve nothing there, which another address may be the reason of too."""
    client, _ = client_of(lambda _: Reply(404, {}, b"404 Not Found"))
    with pytest.raises(UnsupportedByServer, match=r"list_schedules is not supported .*/api/schedules: an older server"):
        client.list_schedules()
