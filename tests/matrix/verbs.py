"""The verbs of the matrix: what each needs, how it is called, and which of its answers are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mastra_sync import MastraClient, Run, RunResult, RunStream, Schedule, Workflow
from tests.matrix.secrets import CONTEXT

WORKFLOW = "matrix"
DONE = {"done": True}


@dataclass(frozen=True)
class Target:
    """What a cell's verb is called on.

    Attributes:
        client: Goes through the proxy.
        run: The run it is about.
        timeout: Seconds, for every verb that takes them.
    """

    client: MastraClient
    run: Run
    timeout: float

    @property
    def workflow(self) -> Workflow:
        """The run's workflow."""
        return self.client.get_workflow(WORKFLOW)

    @property
    def schedule_id(self) -> str:
        """The id of the schedule that it is about."""
        return schedule_of(self.run.run_id)


Call = Callable[[Target], Any]


@dataclass(frozen=True)
class Verb:
    """A verb and a way to call it.

    Attributes:
        name: As the documentation names it.
        method: HTTP method of the request that meets the fault.
        path_end: How that request's path ends; `{run}` is the run's id, `{schedule}` the schedule's.
        needs: What the run is before: `nothing`, `pending`, `suspended`, `running`, `success`;
            of its schedule: `no schedule`, `schedule`.
        call: Calls it and returns what it gave.
        is_right: Whether what it gave is right, the run's events aside.
        moves: True if it executes a step once when it takes effect.
        reads: True if its answer tells all, and it may be asked again.
        looks: Whether the client looks what became of a request whose answer was lost.
    """

    name: str
    method: str
    path_end: str
    needs: str
    call: Call
    is_right: Callable[[Any], bool]
    moves: bool = False
    reads: bool = False
    looks: bool = True


def _is_run(answer: Any) -> bool:
    return isinstance(answer, Run)


def _is_done(answer: Any) -> bool:
    return isinstance(answer, RunResult) and answer.status == "success" and answer.result == DONE


def _events(stream: RunStream) -> list[str]:
    return [event.type for event in stream]


def _is_whole_stream(answer: Any) -> bool:
    return (
        isinstance(answer, list)
        and answer[0] == "workflow-start"
        and answer[-1] == "workflow-finish"
        and answer.count("workflow-step-output") == WRITTEN
    )


def schedule_of(run_id: str) -> str:
    """Return the id of the schedule that a cell is about, as servers make it of the one that they are given."""
    return f"schedule_{run_id.replace('-', '')}"


def _is_schedule(answer: Any) -> bool:
    return isinstance(answer, Schedule) and answer.workflow_id == WORKFLOW


NEVER = "0 0 1 1 *"
"""When no cell runs, in virtual time."""

WRITTEN = 4
"""How many records a step writes into its run's stream."""

ANSWER = {"yes": 1}

READS = (
    Verb(
        "list_workflows",
        "GET",
        "/workflows",
        "nothing",
        lambda on: on.client.list_workflows(),
        lambda got: isinstance(got, dict),
        reads=True,
    ),
    Verb(
        "list_workflow_run_counts",
        "GET",
        "/run-counts",
        "nothing",
        lambda on: on.client.list_workflow_run_counts(),
        lambda got: isinstance(got, dict),
        reads=True,
    ),
    Verb(
        "details",
        "GET",
        f"/{WORKFLOW}",
        "nothing",
        lambda on: on.workflow.details(request_context=CONTEXT),
        lambda got: got.name == WORKFLOW,
        reads=True,
    ),
    Verb("runs", "GET", "/runs", "success", lambda on: on.workflow.runs(), lambda got: got.total >= 1, reads=True),
    Verb(
        "run_by_id",
        "GET",
        "/runs/{run}",
        "success",
        lambda on: on.workflow.run_by_id(on.run.run_id),
        _is_done,
        reads=True,
    ),
    Verb(
        "run_execution_result",
        "GET",
        "/runs/{run}",
        "success",
        lambda on: on.workflow.run_execution_result(on.run.run_id),
        _is_done,
        reads=True,
    ),
    Verb("wait", "GET", "/runs/{run}", "success", lambda on: on.run.wait(on.timeout), _is_done, reads=True),
    Verb(
        "observe",
        "POST",
        "/observe",
        "streamed",
        lambda on: _events(on.run.observe(timeout=on.timeout)),
        _is_whole_stream,
        reads=True,
    ),
    Verb(
        "create_run",
        "POST",
        "/create-run",
        "nothing",
        lambda on: on.workflow.create_run(on.run.run_id),
        _is_run,
        reads=True,
    ),
    Verb(
        "delete_run_by_id",
        "DELETE",
        "/runs/{run}",
        "success",
        lambda on: on.workflow.delete_run_by_id(on.run.run_id),
        lambda got: isinstance(got, str),
        reads=True,
    ),
    Verb(
        'execute(if_started="join")',
        "GET",
        "/runs/{run}",
        "success",
        lambda on: on.workflow.execute({}, run_id=on.run.run_id, if_started="join", timeout=on.timeout),
        _is_done,
        reads=True,
    ),
    Verb(
        'resume_async(if_answered="join")',
        "GET",
        "/runs/{run}",
        "answered",
        lambda on: on.run.resume_async(ANSWER, if_answered="join", timeout=on.timeout),
        _is_done,
        reads=True,
    ),
    Verb("cancel", "POST", "/cancel", "running", lambda on: on.run.cancel(), lambda got: isinstance(got, str)),
)

EFFECTS = (
    Verb("start", "POST", "/start", "pending", lambda on: on.run.start({}), _is_run, moves=True),
    Verb(
        "start_async",
        "POST",
        "/start-async",
        "pending",
        lambda on: on.run.start_async({}, timeout=on.timeout),
        _is_done,
        moves=True,
    ),
    Verb(
        "execute",
        "POST",
        "/start",
        "nothing",
        lambda on: on.workflow.execute({}, run_id=on.run.run_id, timeout=on.timeout),
        _is_done,
        moves=True,
    ),
    Verb(
        "map",
        "POST",
        "/start",
        "nothing",
        lambda on: next(on.workflow.map([{}], timeout=on.timeout)),
        _is_done,
        moves=True,
    ),
    Verb(
        "stream",
        "POST",
        "/stream",
        "pending",
        lambda on: _events(on.run.stream({}, timeout=on.timeout)),
        _is_whole_stream,
        moves=True,
    ),
    Verb(
        "stream().result",
        "POST",
        "/stream",
        "pending",
        lambda on: on.run.stream({}, timeout=on.timeout).result(),
        _is_done,
        moves=True,
    ),
    Verb("resume", "POST", "/resume", "suspended", lambda on: on.run.resume(ANSWER), _is_run, moves=True),
    Verb(
        "resume_async",
        "POST",
        "/resume-async",
        "suspended",
        lambda on: on.run.resume_async(ANSWER, timeout=on.timeout),
        _is_done,
        moves=True,
    ),
    Verb(
        "resume_no_wait",
        "POST",
        "/resume-no-wait",
        "suspended",
        lambda on: on.run.resume_no_wait(ANSWER),
        lambda got: isinstance(got, str),
        moves=True,
    ),
    Verb(
        "resume_stream",
        "POST",
        "/resume-stream",
        "suspended",
        lambda on: _events(on.run.resume_stream(ANSWER, timeout=on.timeout)),
        _is_whole_stream,
        moves=True,
    ),
    Verb("restart", "POST", "/restart", "running", lambda on: on.run.restart(), _is_run, moves=True),
    Verb(
        "restart_async",
        "POST",
        "/restart-async",
        "running",
        lambda on: on.run.restart_async(timeout=on.timeout),
        _is_done,
        moves=True,
    ),
    Verb("time_travel", "POST", "/time-travel", "success", lambda on: on.run.time_travel("q"), _is_run, moves=True),
    Verb(
        "time_travel_async",
        "POST",
        "/time-travel-async",
        "success",
        lambda on: on.run.time_travel_async("q", timeout=on.timeout),
        _is_done,
        moves=True,
    ),
    Verb(
        "time_travel_stream",
        "POST",
        "/time-travel-stream",
        "success",
        lambda on: _events(on.run.time_travel_stream("q", timeout=on.timeout)),
        _is_whole_stream,
        moves=True,
    ),
)

VERBS = (*READS, *EFFECTS)

OF_SCHEDULES = (
    Verb(
        "list_schedules",
        "GET",
        "/schedules",
        "schedule",
        lambda on: on.client.list_schedules(),
        lambda got: isinstance(got, list),
        reads=True,
    ),
    Verb(
        "get_schedule",
        "GET",
        "/{schedule}",
        "schedule",
        lambda on: on.client.get_schedule(on.schedule_id),
        _is_schedule,
        reads=True,
    ),
    Verb(
        "list_schedule_triggers",
        "GET",
        "/triggers",
        "schedule",
        lambda on: on.client.list_schedule_triggers(on.schedule_id),
        lambda got: got == [],
        reads=True,
    ),
    Verb(
        "create_schedule",
        "POST",
        "/schedules",
        "no schedule",
        lambda on: on.client.create_schedule(WORKFLOW, NEVER, id=on.schedule_id.partition("_")[2]),
        _is_schedule,
        reads=True,
    ),
    Verb(
        "update_schedule",
        "PATCH",
        "/{schedule}",
        "schedule",
        lambda on: on.client.update_schedule(on.schedule_id, cron="0 0 2 1 *"),
        _is_schedule,
        reads=True,
    ),
    Verb(
        "pause_schedule",
        "POST",
        "/pause",
        "schedule",
        lambda on: on.client.pause_schedule(on.schedule_id),
        _is_schedule,
        reads=True,
    ),
    Verb(
        "resume_schedule",
        "POST",
        "/resume",
        "schedule",
        lambda on: on.client.resume_schedule(on.schedule_id),
        _is_schedule,
        reads=True,
    ),
    Verb(
        "delete_schedule",
        "DELETE",
        "/{schedule}",
        "schedule",
        lambda on: on.client.delete_schedule(on.schedule_id),
        lambda got: isinstance(got, str),
        reads=True,
    ),
    Verb(
        "run_schedule",
        "POST",
        "/run",
        "schedule",
        lambda on: on.client.run_schedule(on.schedule_id),
        lambda got: bool(got.run_id),
        moves=True,
        looks=False,
    ),
)
"""What can be done with schedules, which only current servers have."""

ALL = (*VERBS, *OF_SCHEDULES)
