"""Schedules that workflows declare: `server.workflow(id, schedule={"cron": "0 2 * * *"})`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, TypedDict

from pytest_mastra.fake.schedules.cron import Cron
from pytest_mastra.fake.schedules.cron_fields import CronError
from pytest_mastra.fake.schedules.schedule import declared_id
from pytest_mastra.fake.workflows.arguments import check_json, check_names, check_text
from pytest_mastra.fake.workflows.engines import DEFAULT, EVENTED
from pytest_mastra.text.values import shown

if TYPE_CHECKING:
    from pytest_mastra.fake.schedules.timer import ScheduleTimer
    from pytest_mastra.fake.workflows.definition import Workflow
    from pytest_mastra.fake.workflows.generations import Generation
    from pytest_mastra.fake.workflows.workflow_options import WorkflowOptions

AN_EXAMPLE = "{'cron': '0 2 * * *', 'timezone': 'Europe/Berlin'}"


class ScheduleOptions(TypedDict, total=False):
    """What a workflow's schedule may say; `cron` it must."""

    cron: str
    id: str
    timezone: str | tzinfo
    input_data: Any
    initial_state: Any
    request_context: Mapping[str, Any]
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DeclaredSchedule:
    """A schedule that has been read.

    Attributes:
        id: Its id.
        due: When it is due.
        zone: The name of its zone; None if there is none.
        target: What the run gets, as servers call it.
        metadata: What is noted with it.
    """

    id: str
    due: Cron
    zone: str | None
    target: dict[str, Any]
    metadata: Any


def read_schedules(
    given: ScheduleOptions | Iterable[ScheduleOptions] | None,
    workflow_id: str,
    generation: Generation,
    now: float,
    *,
    listed: bool,
    options: WorkflowOptions,
) -> list[DeclaredSchedule]:
    """Return the schedules that a workflow is to have.

    Its options are told the engine that it runs on then.

    Raises:
        TypeError: What was given is no schedule.
        ValueError: The server has no schedules, or the expression or zone is none that it reads.
    """
    if given is None:
        return []
    what = f"the schedule of workflow {workflow_id!r}"
    if not generation.evented:
        raise ValueError(
            f"{what}: servers of {generation.name} have no schedules; FakeMastra(generation='current') is one that has"
        )
    if not listed:
        raise ValueError(f"{what}: a server does not know a workflow with listed=False by itself, so nothing starts it")
    if options.get("engine", EVENTED) == DEFAULT:
        raise ValueError(f"{what}: servers run workflows with a schedule on the evented engine; leave engine out")
    options["engine"] = EVENTED
    if isinstance(given, Mapping):
        return [_read(given, workflow_id, what, now)]
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"{what} is a mapping like {AN_EXAMPLE}, not {shown(given)}")
    numbered = ((f"{what}, number {number},", one) for number, one in enumerate(given, 1))
    several = [_read(one, workflow_id, which, now, own=True) for which, one in numbered]
    ids = [one.id for one in several]
    if len(set(ids)) < len(ids):
        raise ValueError(f"{what}: two of several have the same id")
    return several


def _read(given: Any, workflow_id: str, what: str, now: float, *, own: bool = False) -> DeclaredSchedule:
    if not isinstance(given, Mapping):
        raise TypeError(f"{what} is a mapping like {AN_EXAMPLE}, not {shown(given)}")
    check_names(given, ScheduleOptions.__annotations__, what)
    if "cron" not in given:
        raise TypeError(f"{what} has no cron: {AN_EXAMPLE} is one that has")
    check_text(given["cron"], f"the cron of {what}")
    if own and "id" not in given:
        raise TypeError(f"{what} has no id, which tells several schedules of one workflow apart")
    if "id" in given:
        check_text(given["id"], f"the id of {what}")
    zone = _zone_of(given.get("timezone"), what)
    names = {"input_data": "inputData", "initial_state": "initialState", "request_context": "requestContext"}
    for name in (*names, "metadata"):
        check_json(given.get(name), f"{name} of {what}")
    try:
        due = Cron.of(given["cron"], zone)
        due.next_after(now)
    except CronError as error:
        raise ValueError(f"{what}: {error}") from None
    target = {wire: given[name] for name, wire in names.items() if name in given}
    schedule_id = declared_id(workflow_id, given.get("id") if own else None)
    return DeclaredSchedule(schedule_id, due, zone, target, given.get("metadata"))


def _zone_of(given: Any, what: str) -> str | None:
    if given is None or isinstance(given, str):
        return given
    name = getattr(given, "key", None)
    if not isinstance(name, str):
        raise TypeError(
            f"the timezone of {what} is an IANA name like 'Europe/Berlin' or a ZoneInfo, not {shown(given)}"
        )
    return name


def declare_schedules(schedules: Iterable[DeclaredSchedule], workflow: Workflow, timer: ScheduleTimer) -> None:
    """Have schedules of a workflow fire."""
    for one in schedules:
        timer.add(one.id, workflow.id, one.due, one.zone, one.target, one.metadata)
