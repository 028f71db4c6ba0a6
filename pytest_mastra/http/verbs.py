"""The table of the Workflows API's verbs: a row says all that a verb is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from enum import Enum, auto
from typing import Literal
from urllib.parse import parse_qs, unquote

from mastra_sync import operations
from mastra_sync.operations import Operation
from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.http.wire import WireRequest

VerbName = Literal[
    "list_workflows",
    "list_workflow_run_counts",
    "details",
    "runs",
    "run_execution_result",
    "run_by_id",
    "delete_run_by_id",
    "cancel",
    "create_run",
    "start",
    "start_async",
    "stream",
    "observe",
    "resume",
    "resume_async",
    "resume_no_wait",
    "resume_stream",
    "restart",
    "restart_async",
    "restart_all_active_workflow_runs",
    "restart_all_active_workflow_runs_async",
    "time_travel",
    "time_travel_async",
    "time_travel_stream",
    "stream_legacy",
    "observe_stream_legacy",
    "list_schedules",
    "get_schedule",
    "create_schedule",
    "update_schedule",
    "delete_schedule",
    "pause_schedule",
    "resume_schedule",
    "run_schedule",
    "list_schedule_triggers",
    "list_dynamic_workflows",
    "dynamic_workflow_details",
    "upsert_dynamic_workflow",
    "delete_dynamic_workflow",
]
"""A verb by the name that it has in `mastra_sync`; the table's rows are of these."""


class Kind(Enum):
    """How often a verb may be asked for what it does."""

    MOVE = auto()  # it changes something: once is not twice
    POLL = auto()  # it reads how something stands; how often is a matter of time
    READ = auto()  # it reads something, once for each time that the test says so
    FIXED = auto()  # it reads what does not change while a server runs


class Effect(Enum):
    """What a move does to a run."""

    CREATE = auto()
    START = auto()
    RESUME = auto()
    RESTART = auto()
    TRAVEL = auto()
    CANCEL = auto()
    DELETE = auto()


_EXECUTING = (Effect.START, Effect.RESUME, Effect.RESTART, Effect.TRAVEL)

_STATUS_AFTER = {
    Effect.CREATE: "pending",
    Effect.START: "running",
    Effect.RESUME: "running",
    Effect.RESTART: "running",
    Effect.TRAVEL: "running",
    Effect.CANCEL: "canceled",
}


@dataclass(frozen=True, slots=True)
class VerbRow:
    """A row of the table: one verb, and what it does.

    Attributes:
        operation: Its name, method and path.
        beta_path: Another path that it has on 1.0 beta.
        kind: How often it may be asked for what it does.
        effect: What it does to the run, or the runs, that it is about.
        streams: It is answered with events.
        replays: Its stream begins with the events that came before.
        joins: Asked again, it joins the stream that the run has already.
        answers_run: It is answered with the run as a whole.
        lists_runs: Its answer tells of runs that the request does not name.
        names_workflow: Its answer tells the workflow's id, which the request may call otherwise.
        needs_run_id: Its query must name a run.
        makes_run_id: Its query may name a run; otherwise the server makes up an id, and answers it.
        fields: The fields that its body may have.
        required_fields: Those of them that it must have.
    """

    operation: Operation
    _: KW_ONLY
    beta_path: str | None = None
    kind: Kind = Kind.MOVE
    effect: Effect | None = None
    streams: bool = False
    replays: bool = False
    joins: bool = False
    answers_run: bool = False
    lists_runs: bool = False
    names_workflow: bool = False
    needs_run_id: bool = False
    makes_run_id: bool = False
    fields: tuple[str, ...] = ()
    required_fields: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The verb, as users know it; empty for what is no verb."""
        return self.operation.name

    @property
    def method(self) -> str:
        """HTTP method."""
        return self.operation.method

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths, with `{workflow}` and `{run}` for the ids; the first is that of all servers."""
        own = self.operation.path
        return (own,) if self.beta_path is None else (own, self.beta_path)

    @property
    def polls_run(self) -> bool:
        """Whether it asks how one run stands, once or often."""
        return self.kind is Kind.POLL and "{run}" in self.operation.path

    @property
    def begins_run(self) -> bool:
        """Whether it creates or starts a run: it is about one even if it names none."""
        return self.effect in (Effect.CREATE, Effect.START)

    @property
    def executes(self) -> bool:
        """Whether it has one run executed, from its beginning or from somewhere else."""
        return self.effect in _EXECUTING and (self.needs_run_id or self.makes_run_id)

    @property
    def status_after(self) -> str | None:
        """The status of a run once the verb was accepted; None if only the answer tells."""
        is_about_one_run = self.needs_run_id or self.makes_run_id or "{run}" in self.operation.path
        if self.effect is None or self.streams or self.answers_run or not is_about_one_run:
            return None
        return _STATUS_AFTER.get(self.effect)


NO_VERB = VerbRow(Operation("", "", ""))
"""The row of requests that ask for no verb."""

_STARTED_WITH = ("resourceId", "inputData", "initialState", "requestContext", "tracingOptions", "perStep")
_STREAMED_WITH = (*_STARTED_WITH, "closeOnSuspend")
_RESUMED_WITH = ("step", "resumeData", "requestContext", "tracingOptions", "perStep", "forEachIndex")
_RESTARTED_WITH = ("requestContext", "tracingOptions")
_TRAVELLED_WITH = (
    "inputData",
    "resumeData",
    "initialState",
    "step",
    "context",
    "nestedStepsContext",
    "requestContext",
    "tracingOptions",
    "perStep",
)

_ROWS = (
    VerbRow(operations.LIST_WORKFLOWS, kind=Kind.FIXED, names_workflow=True),
    VerbRow(operations.RUN_COUNTS, kind=Kind.POLL, lists_runs=True),
    VerbRow(operations.DETAILS, kind=Kind.FIXED, names_workflow=True),
    VerbRow(operations.RUNS, kind=Kind.POLL, lists_runs=True),
    VerbRow(operations.EXECUTION_RESULT, kind=Kind.POLL, answers_run=True),
    VerbRow(operations.RUN_BY_ID, kind=Kind.POLL, answers_run=True, names_workflow=True),
    VerbRow(operations.DELETE_RUN, effect=Effect.DELETE),
    VerbRow(operations.CANCEL, effect=Effect.CANCEL),
    VerbRow(
        operations.CREATE_RUN,
        effect=Effect.CREATE,
        makes_run_id=True,
        fields=("resourceId", "disableScorers"),
    ),
    VerbRow(operations.START, effect=Effect.START, needs_run_id=True, fields=_STARTED_WITH),
    VerbRow(
        operations.START_ASYNC,
        effect=Effect.START,
        answers_run=True,
        makes_run_id=True,
        fields=_STARTED_WITH,
    ),
    VerbRow(
        operations.STREAM,
        beta_path="/workflows/{workflow}/streamVNext",
        effect=Effect.START,
        streams=True,
        joins=True,
        needs_run_id=True,
        fields=_STREAMED_WITH,
    ),
    VerbRow(
        operations.OBSERVE,
        beta_path="/workflows/{workflow}/observe-streamVNext",
        kind=Kind.READ,
        streams=True,
        replays=True,
        needs_run_id=True,
    ),
    VerbRow(operations.RESUME, effect=Effect.RESUME, needs_run_id=True, fields=_RESUMED_WITH),
    VerbRow(
        operations.RESUME_ASYNC,
        effect=Effect.RESUME,
        answers_run=True,
        needs_run_id=True,
        fields=_RESUMED_WITH,
    ),
    VerbRow(operations.RESUME_NO_WAIT, effect=Effect.RESUME, needs_run_id=True, fields=_RESUMED_WITH),
    VerbRow(
        operations.RESUME_STREAM,
        effect=Effect.RESUME,
        streams=True,
        needs_run_id=True,
        fields=_RESUMED_WITH,
    ),
    VerbRow(operations.RESTART, effect=Effect.RESTART, needs_run_id=True, fields=_RESTARTED_WITH),
    VerbRow(
        operations.RESTART_ASYNC,
        effect=Effect.RESTART,
        answers_run=True,
        needs_run_id=True,
        fields=_RESTARTED_WITH,
    ),
    VerbRow(operations.RESTART_ALL, effect=Effect.RESTART),
    VerbRow(operations.RESTART_ALL_ASYNC, effect=Effect.RESTART),
    VerbRow(
        operations.TIME_TRAVEL,
        effect=Effect.TRAVEL,
        needs_run_id=True,
        fields=_TRAVELLED_WITH,
        required_fields=("step",),
    ),
    VerbRow(
        operations.TIME_TRAVEL_ASYNC,
        effect=Effect.TRAVEL,
        answers_run=True,
        needs_run_id=True,
        fields=_TRAVELLED_WITH,
        required_fields=("step",),
    ),
    VerbRow(
        operations.TIME_TRAVEL_STREAM,
        effect=Effect.TRAVEL,
        streams=True,
        needs_run_id=True,
        fields=_TRAVELLED_WITH,
        required_fields=("step",),
    ),
    VerbRow(
        Operation("stream_legacy", "POST", "/workflows/{workflow}/stream-legacy"),
        effect=Effect.START,
        streams=True,
        needs_run_id=True,
        fields=_STREAMED_WITH,
    ),
    VerbRow(
        Operation("observe_stream_legacy", "POST", "/workflows/{workflow}/observe-stream-legacy"),
        kind=Kind.READ,
        streams=True,
        replays=True,
        needs_run_id=True,
    ),
    VerbRow(operations.LIST_SCHEDULES, kind=Kind.POLL),
    VerbRow(operations.GET_SCHEDULE, kind=Kind.POLL),
    VerbRow(operations.SCHEDULE_TRIGGERS, kind=Kind.POLL),
    VerbRow(operations.CREATE_SCHEDULE),
    VerbRow(operations.UPDATE_SCHEDULE),
    VerbRow(operations.DELETE_SCHEDULE),
    VerbRow(operations.PAUSE_SCHEDULE),
    VerbRow(operations.RESUME_SCHEDULE),
    VerbRow(operations.RUN_SCHEDULE),
    VerbRow(operations.LIST_DYNAMIC_WORKFLOWS, kind=Kind.POLL),
    VerbRow(operations.DYNAMIC_WORKFLOW, kind=Kind.POLL),
    VerbRow(operations.UPSERT_DYNAMIC_WORKFLOW),
    VerbRow(operations.DELETE_DYNAMIC_WORKFLOW),
)


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """What a request asks for.

    Attributes:
        verb: A name in `VERBS`; None for a route that is none.
        workflow: Id or registered key, as the request has it.
        run: The run's id.
        subject: The id of the schedule, or of the stored definition.
    """

    verb: str | None = None
    workflow: str | None = None
    run: str | None = None
    subject: str | None = None

    @property
    def row(self) -> VerbRow:
        """The verb's row of the table; that of no verb if there is none."""
        return NO_VERB if self.verb is None else VERBS.get(self.verb, NO_VERB)


class VerbTable(Mapping[str, VerbRow]):
    """Rows by the names of their verbs.

    Args:
        rows: One for each verb.
    """

    def __init__(self, rows: Iterable[VerbRow]) -> None:
        self._rows = {row.name: row for row in rows}
        # by method and length; a path without placeholders goes before one that would take its last word for an id
        self._routes: dict[tuple[str, int], list[tuple[str, re.Pattern[str]]]] = {}
        paths = [(row, path) for row in self._rows.values() for path in row.paths]
        for row, path in sorted(paths, key=lambda pair: pair[1].count("{")):
            self._routes.setdefault((row.method, path.count("/")), []).append((row.name, path_pattern(path)))

    def call_of(self, request: WireRequest) -> RouteMatch:
        """Return what a request asks for, whatever the API prefix."""
        path = request.path
        begins = _RESOURCES.search(path)
        if begins is None:
            return RouteMatch()
        start = begins.start()
        method = "GET" if request.method == "HEAD" else request.method
        for verb, pattern in self._routes.get((method, path.count("/", start)), ()):
            found = pattern.fullmatch(path, start)
            if found is not None:
                named = {name: unquote(value) for name, value in found.groupdict().items()}
                run = named.get("run") or parse_qs(request.query).get("runId", [None])[0]
                return RouteMatch(verb, named.get("workflow"), run, named.get("schedule") or named.get("definition"))
        return RouteMatch()

    def __getitem__(self, verb: str) -> VerbRow:
        return self._rows[verb]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def path_pattern(path: str) -> re.Pattern[str]:
    """Return a path's pattern, with a group for each of its placeholders."""
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


# whatever the prefix, the first such segment is it: a workflow may be called so too
_RESOURCES = re.compile(r"/(?:stored/workflows|workflows|schedules)(?=/|$)")

VERBS = VerbTable(_ROWS)
"""All verbs, by the names that users know them by."""


def call_of(request: WireRequest) -> RouteMatch:
    """Return what a request asks for, whatever the API prefix."""
    return VERBS.call_of(request)


def check_verb(verb: str) -> str:
    """Return a verb that there is.

    Raises:
        ValueError: There is none of this name; says which one may be meant.
    """
    if verb in VERBS:
        return verb
    meant = did_you_mean(nearest_name(verb, VERBS), before="", after=" ")
    raise ValueError(f"no verb {verb!r}: {meant}there are {', '.join(sorted(VERBS))}")
