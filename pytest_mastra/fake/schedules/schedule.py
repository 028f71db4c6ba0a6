"""Schedules as a server stores them, and how often each has fired."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from pytest_mastra.fake.schedules.cron import Cron
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present, truthy

PREFIX = "schedule_"
"""How the ids begin of schedules that are made over HTTP."""


_TARGET = ("inputData", "initialState", "requestContext", "resourceId")
"""What a run gets, in the order in which servers tell it."""


@dataclass
class Schedule:
    """When a workflow is started by itself. Moments are milliseconds since 1970, as servers tell them.

    Attributes:
        id: Its id.
        workflow_id: What it starts.
        cron: When, as it was given.
        timezone: The zone that `cron` is of, as it was given; None for UTC.
        due: What the two say.
        next_fire_at: When it is due next.
        created_at: When it was made.
        updated_at: When it was changed last.
        target: What the run gets, as servers call it: `inputData`, `initialState`, `requestContext`,
            `resourceId`.
        metadata: What was noted with it; None for nothing.
        status: `active` or `paused`.
        last_fire_at: When it has fired last by itself.
        last_run_id: The run that it has started then.
    """

    id: str
    workflow_id: str
    cron: str
    timezone: str | None
    due: Cron
    next_fire_at: int
    created_at: int
    updated_at: int
    target: dict[str, Any] = field(default_factory=dict)
    metadata: Any = None
    status: str = "active"
    last_fire_at: int | None = None
    last_run_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as servers tell it."""
        return present(
            {
                "id": self.id,
                "workflowId": self.workflow_id,
                "cron": self.cron,
                "timezone": self.timezone or UNDEFINED,
                "status": self.status,
                "nextFireAt": self.next_fire_at,
                "lastFireAt": UNDEFINED if self.last_fire_at is None else self.last_fire_at,
                "lastRunId": self.last_run_id or UNDEFINED,
                **{name: self.target[name] for name in _TARGET if name in self.target},
                "metadata": self.metadata if truthy(self.metadata) else UNDEFINED,
                "createdAt": self.created_at,
                "updatedAt": self.updated_at,
            }
        )


@dataclass(frozen=True, slots=True)
class Trigger:
    """One firing of a schedule.

    Attributes:
        id: Its id.
        schedule_id: The schedule.
        run_id: The run that it has started.
        scheduled_fire_at: When it was due, in milliseconds since 1970.
        actual_fire_at: When it fired, likewise.
        kind: `schedule-fire` or `manual`.
    """

    id: str
    schedule_id: str
    run_id: str
    scheduled_fire_at: int
    actual_fire_at: int
    kind: str

    def as_json(self) -> dict[str, Any]:
        """Return it as servers tell it."""
        return {
            "id": self.id,
            "scheduleId": self.schedule_id,
            "runId": self.run_id,
            "scheduledFireAt": self.scheduled_fire_at,
            "actualFireAt": self.actual_fire_at,
            "outcome": "published",
            "triggerKind": self.kind,
        }


class StoredSchedules:
    """All schedules of a server, and what they have triggered."""

    def __init__(self) -> None:
        self._schedules: dict[str, Schedule] = {}
        self._triggers: dict[str, list[Trigger]] = {}

    def add(self, schedule: Schedule) -> None:
        """Store a schedule."""
        self._schedules[schedule.id] = schedule

    def find(self, schedule_id: str) -> Schedule | None:
        """Return a schedule, None if there is none."""
        return self._schedules.get(schedule_id.strip())

    def remove(self, schedule: Schedule) -> None:
        """Forget a schedule, and what it has triggered."""
        self._schedules.pop(schedule.id, None)
        self._triggers.pop(schedule.id, None)

    def __iter__(self) -> Iterator[Schedule]:
        return iter(sorted(self._schedules.values(), key=lambda schedule: schedule.created_at))

    def due(self, now: int) -> list[Schedule]:
        """Return the schedules that are due, those first that are due longest."""
        waiting = [one for one in self._schedules.values() if one.status == "active" and one.next_fire_at <= now]
        return sorted(waiting, key=lambda schedule: schedule.next_fire_at)

    def next_due(self) -> int | None:
        """Return when the next schedule is due, None if there is none."""
        return min((one.next_fire_at for one in self._schedules.values() if one.status == "active"), default=None)

    def note(self, trigger: Trigger) -> None:
        """Note a firing."""
        self._triggers.setdefault(trigger.schedule_id, []).append(trigger)

    def triggers(self, schedule_id: str, *, since: int | None, until: int | None, limit: int | None) -> list[Trigger]:
        """Return what a schedule has triggered, newest first; since one moment, and before another."""
        found = [
            trigger
            for trigger in reversed(self._triggers.get(schedule_id, ()))
            if (since is None or trigger.actual_fire_at >= since) and (until is None or trigger.actual_fire_at < until)
        ]
        return list(itertools.islice(found, limit))


_RUN_TOGETHER = (
    r"([A-Z]{2,})(\d+)",
    r"([a-z\d]+)([A-Z]{2,})",
    r"([a-z\d])([A-Z])",
    r"([A-Z]+)([A-Z][a-rt-z\d]+)",
)
"""Where servers take one word for two: `NightlyRun` becomes `nightly-run`."""


def normalised_id(given: str) -> str:
    """Return the id of a schedule that is to be called so.

    Raises:
        Refusal: Nothing is left of it.
    """
    name = given.strip().removeprefix(PREFIX)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    for words in _RUN_TOGETHER:
        plain = re.sub(words, r"\1 \2", plain)
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if not slug:
        raise Refusal(
            f'schedules.create: id "{given}" is empty after normalization. Provide an id with at least one '
            "alphanumeric character.",
            400,
        )
    return PREFIX + slug


def declared_id(workflow_id: str, own: str | None) -> str:
    """Return the id of a schedule that a workflow declares; `own` tells several apart."""
    encoded = _encoded(workflow_id)
    return f"wf_{encoded}" if own is None else f"wf_{encoded}__{_encoded(own)}"


def _encoded(name: str) -> str:
    return quote(name, safe="!'()*-.~").replace("_", "%5F")


def target_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a run gets, of all that was given."""
    return {name: given[name] for name in _TARGET if name in given}
