"""One workflow: its details, its runs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import Self, Unpack

from mastra_sync import many_runs
from mastra_sync.api import Api
from mastra_sync.arguments import (
    OMIT,
    checked_callable,
    checked_count,
    checked_id,
    checked_inputs,
    checked_switch,
    checked_text,
    plain_json,
    request_body,
)
from mastra_sync.attributes import refuses_unknown, tells_missing
from mastra_sync.deadline import DEFAULT_RUN_TIMEOUT, DISPLAY_TIMEOUT, Clock, Seconds, seconds_of
from mastra_sync.errors import InvalidArgument, MastraError
from mastra_sync.keywords import takes
from mastra_sync.many_runs import PlannedRun, RunIds
from mastra_sync.operations import DETAILS, RESTART_ALL, RESTART_ALL_ASYNC, RUNS
from mastra_sync.options import StartOptions, if_started, sent_options
from mastra_sync.progress import find_progress, wait_shown
from mastra_sync.run import Run
from mastra_sync.run_api import RunApi
from mastra_sync.run_filters import DEFAULT_PER_PAGE, context_query, iso_moment, paging

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from concurrent.futures import Executor

    from mastra_sync.models import RunPage, RunResult
    from mastra_sync.statuses import Status
    from mastra_sync.workflow_models import WorkflowDetails, WorkflowSchema

RUN_FIELDS = ("result", "error", "payload", "steps", "activeStepsPath", "serializedStepGraph")
"""What run-by-id can be asked for (servers of 1.0 beta always answer with everything)."""

_VERBS_OF_RUNS = (
    *("cancel", "observe", "restart", "restart_async", "result", "resume", "resume_async", "resume_stream"),
    *("time_travel", "time_travel_async", "time_travel_stream", "wait"),
)
"""What one looks for on a workflow that is its runs'."""


class Client(Protocol):
    """What a workflow needs of its client.

    A client that is pickled makes the same workflow in another process.
    """

    api: Api

    @property
    def base_url(self) -> str:
        """Where the server is."""

    def get_workflow(self, workflow_id: str) -> Workflow:
        """Return a handle on a workflow."""


@refuses_unknown(timeout="execute(..., timeout=...)")
class Workflow:
    """A handle on one workflow. Making one sends nothing; get one from `MastraClient.get_workflow`.

    Attributes:
        id: The workflow's id, or the key that it is registered under.
    """

    def __init__(self, client: Client, workflow_id: str, *, api: Api | None = None) -> None:
        self.client = client
        self.id = checked_id(workflow_id, "workflow_id")
        # the only way to the server, also for this handle's runs: no other clock can be left behind
        self.api = client.api.about(self.id) if api is None else api

    def on_clock(self, clock: Clock) -> Self:
        """Return a handle on this workflow whose waits all take another clock's time."""
        return type(self)(self.client, self.id, api=self.api.on_clock(clock))

    @takes()
    def details(self, *, request_context: Mapping[str, Any] | None = None) -> WorkflowDetails:
        """Return the workflow's steps, graph and schemas.

        Raises:
            WorkflowNotFound: The server has no such workflow.
        """
        from mastra_sync.workflow_models import WorkflowDetails  # noqa: PLC0415

        answer = self.api.call(DETAILS, query=context_query(request_context))
        return self.api.parse(answer, DETAILS, WorkflowDetails.model_validate)

    def get_schema(self) -> WorkflowSchema:
        """Return the workflow's JSON Schemas: of its input, its output, its state."""
        return self.details().schema_set

    # -- runs

    @takes()
    def runs(
        self,
        *,
        page: int | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        offset: int | None = None,
        resource_id: str | None = None,
        status: Status | None = None,
        from_date: datetime | date | str | None = None,
        to_date: datetime | date | str | None = None,
        request_context: Mapping[str, Any] | None = None,
    ) -> RunPage:
        """Return stored runs, newest first.

        Args:
            page: Which page, counted from 0.
            per_page: Runs on a page; without any of the four numbers the server answers with all of them.
            limit: Mastra's older name for `per_page`.
            offset: Mastra's older way to say where to begin; a multiple of `limit`, for servers round it to a page.
            resource_id: Only runs that belong to it (1.0 beta stores none).
            status: Only runs with this status.
            from_date: Only runs made at or after this moment.
            to_date: Only runs made at or before it.
            request_context: Values for servers that choose by them.

        Raises:
            InvalidArgument: A number out of range, both ways of paging at once, or a filter that cannot be sent.
        """
        from mastra_sync.models import RunPage  # noqa: PLC0415

        query: list[tuple[str, str | None]] = [
            *paging(page, per_page, limit, offset),
            ("resourceId", None if resource_id is None else checked_text(resource_id, "resource_id")),
            ("status", None if status is None else checked_text(status, "status")),
            ("fromDate", iso_moment(from_date, "from_date")),
            ("toDate", iso_moment(to_date, "to_date")),
            *context_query(request_context),
        ]
        answer = self.api.call(RUNS, query=query)
        return self.api.parse(answer, RUNS, RunPage.from_server)

    @takes()
    def iter_runs(
        self,
        *,
        per_page: int = DEFAULT_PER_PAGE,
        resource_id: str | None = None,
        status: Status | None = None,
        from_date: datetime | date | str | None = None,
        to_date: datetime | date | str | None = None,
        request_context: Mapping[str, Any] | None = None,
    ) -> Iterator[RunResult]:
        """Give all stored runs, newest first, asking for a page when it is needed.

        Runs that are made meanwhile push others to the next page; no run is given twice for that. Arguments as `runs`.
        """
        given: set[str | None] = set()
        page = 0
        while True:
            found = self.runs(
                page=page,
                per_page=per_page,
                resource_id=resource_id,
                status=status,
                from_date=from_date,
                to_date=to_date,
                request_context=request_context,
            )
            for run in found:
                if run.run_id not in given:
                    given.add(run.run_id)
                    yield run
            page += 1
            if not found.runs or page * per_page >= found.total:
                return

    @takes()
    def run_by_id(
        self,
        run_id: str,
        *,
        fields: Sequence[str] | None = None,
        with_nested_workflows: bool | None = None,
        request_context: Mapping[str, Any] | None = None,
    ) -> RunResult:
        """Return a run as it is now.

        Args:
            run_id: The run.
            fields: Only these of `RUN_FIELDS`; status and times always come. With `fields` current servers do not say
                what a run is suspended at.
            with_nested_workflows: False leaves out the steps of nested workflows.
            request_context: Values for servers that choose by them.

        Raises:
            RunNotFound: No such run.
        """
        if isinstance(fields, str) or not isinstance(fields, (Collection, type(None))):
            raise InvalidArgument("fields", f"must be a list of names, not {type(fields).__name__}")
        for name in fields or ():
            if name not in RUN_FIELDS:
                raise InvalidArgument("fields", f"{name!r} is not one of {', '.join(RUN_FIELDS)}")
        if with_nested_workflows is not None:
            checked_switch(with_nested_workflows, "with_nested_workflows")
        return self._run_api(run_id).read(fields, nested=with_nested_workflows, query=context_query(request_context))

    def run_execution_result(self, run_id: str) -> RunResult:
        """Return a run's whole result, or what there is of it.

        Servers of 1.0 beta have a route for it, execution-result; later ones answer it with run-by-id.

        Raises:
            RunNotFound: No such run.
        """
        return self._run_api(run_id).result()

    def delete_run_by_id(self, run_id: str) -> str:
        """Delete a run's record and return the server's message.

        A run that is running is not stopped by it.

        Raises:
            RunNotFound: No such run (1.0 beta answers as if there had been one).
        """
        return self._run_api(run_id).delete()

    @takes()
    def create_run(
        self, run_id: str | None = None, *, resource_id: str | None = None, disable_scorers: bool | None = None
    ) -> Run:
        """Make a run on the server, pending, and return a handle on it.

        Args:
            run_id: The run's id; a UUID is made here if none is given. Give one of your own (an order number, say) and
                a script that is run twice cannot start its run twice: the second `start` raises `RunAlreadyStarted`,
                or goes on with the run (`if_started="join"`).
            resource_id: Whom the run belongs to (not stored by 1.0 beta).
            disable_scorers: True runs it without the workflow's scorers.
        """
        run_api = self._run_api(str(uuid.uuid4()) if run_id is None else run_id)
        run_api.create(request_body(resource_id=resource_id, disable_scorers=disable_scorers))
        return Run(run_api, fresh=run_id is None, has_owner=resource_id is not None)

    def get_run(self, run_id: str) -> Run:
        """Return a handle on a run that exists; sends nothing."""
        return Run(self._run_api(run_id), fresh=False)

    def restart_all_active(self) -> str:
        """Have all runs executed again that are `running` or `waiting`; return the server's message.

        For runs that died with their server: each goes on from its active step, and one that is at work in truth does
        that step twice. Never sent twice. Answered at once; `restart_all_active_async` when all have settled.

        Raises:
            WorkflowNotFound: The server has no such workflow.
        """
        return self.api.message(self.api.call(RESTART_ALL), RESTART_ALL)

    @takes()
    def restart_all_active_async(self, *, timeout: Seconds = DEFAULT_RUN_TIMEOUT) -> str:
        """Have all runs executed again that are `running` or `waiting`, and wait for them.

        As `restart_all_active`; a run that fails, or cannot go on, is not told of: `runs(status=...)` shows it.

        Raises:
            APITimeoutError: They did not all settle in time; they go on.
        """
        deadline = self.api.deadline(seconds_of(timeout, "timeout"))
        answer = self.api.call(RESTART_ALL_ASYNC, deadline=deadline, hold=True)
        return self.api.message(answer, RESTART_ALL_ASYNC)

    # -- running

    @takes(StartOptions)
    def execute(
        self,
        input_data: Any = OMIT,
        *,
        run_id: str | None = None,
        timeout: Seconds = DEFAULT_RUN_TIMEOUT,
        on_update: Callable[[RunResult], Any] | None = None,
        progress: bool = False,
        disable_scorers: bool | None = None,
        **options: Unpack[StartOptions],
    ) -> RunResult:
        """Make a run, start it, and return its result once settled, whatever it is.

        With a `run_id` and `if_started="join"` a script may be killed anywhere and run again: its run is made and
        started once, then gone on with. A run that has failed or was canceled is returned as it is.

        Args:
            input_data: What the workflow gets: JSON values, pydantic models, dataclasses.
            run_id: As `create_run`.
            timeout: How long all this may take; None without limit.
            on_update: As `Run.wait`.
            progress: Show the run's steps on the terminal, as `mastra-sync run` does; nothing if stderr is none. Needs
                the extra `cli`.
            disable_scorers: As `create_run`.
            **options: See `StartOptions`.

        Raises:
            InvalidArgument: `if_started` without a `run_id`: nobody can have started a run with a new id.
            RunAlreadyStarted: The run has run before, and `if_started` is not given.
            InputMismatch: The run that is to be joined was started with another input.
            RunNotStarted: The run did not move, probably because its input was rejected.
            RunTimeout: The run goes on.
            OutcomeUnknown: The start's answer was lost and the run has not moved; it was not sent again.
        """
        _check_start(input_data, timeout, options)
        if run_id is None:
            _check_needs_no_id(options, "a run_id, such as an order's number")
        checked_callable(on_update, "on_update")
        checked_switch(progress, "progress")
        deadline = self.api.deadline(seconds_of(timeout, "timeout"))
        bounded = type(self)(self.client, self.id, api=self.api.within(deadline))
        makes_progress = find_progress() if progress else None
        run = bounded.create_run(run_id, resource_id=options.get("resource_id"), disable_scorers=disable_scorers)
        run.start(input_data, **options)
        shown = makes_progress(self.id, run.run_id, self.client.base_url) if makes_progress is not None else None
        return wait_shown(run, shown, deadline, on_update)

    @takes(StartOptions)
    def map(
        self,
        inputs: Iterable[Any],
        *,
        run_ids: RunIds | None = None,
        executor: Executor | None = None,
        max_workers: int | None = None,
        timeout: Seconds = DEFAULT_RUN_TIMEOUT,
        return_exceptions: bool = False,
        **options: Unpack[StartOptions],
    ) -> Iterator[RunResult]:
        """Execute the workflow once for each input, several at a time.

        The results are given in the inputs' order. Whoever stops reading them, or ends the script, begins no further
        run; those under way go on at the server.

        Args:
            inputs: One run each.
            run_ids: The runs' ids: a function that makes one of an input, or a list in the inputs' order. Runs that
                were started before are joined, so that a batch which was killed goes on where it was; `if_started` may
                say otherwise.
            executor: Any `concurrent.futures.Executor`: threads, processes, or a cluster's. It is not shut down. By
                default threads of its own.
            max_workers: How many runs at a time, with threads of its own; 8 by default.
            timeout: How long each run may take.
            return_exceptions: Give a run's exception in its place, instead of raising it there.
            **options: See `StartOptions`.

        Raises:
            InvalidArgument: `max_workers` together with an executor, an input or option that cannot be sent, or ids
                that are no ids, too few, too many or the same for two inputs: nothing is run then.
        """
        checked_count(max_workers, "max_workers", least=1)
        if executor is not None and not callable(getattr(executor, "submit", None)):
            raise InvalidArgument(
                "executor", f"must have submit(), as executors have, not be {type(executor).__name__}"
            )
        if executor is not None and max_workers is not None:
            raise InvalidArgument("max_workers", "is for threads of its own; the executor has its own number")
        _check_start(OMIT, timeout, options)
        given = checked_inputs(inputs)
        planned = [
            PlannedRun(plain_json(item, f"inputs[{index}]"), {"timeout": timeout, **options})
            for index, item in enumerate(given)
        ]
        if run_ids is None:
            _check_needs_no_id(options, "run_ids")
        else:
            planned = many_runs.with_run_ids(planned, given, run_ids)
        return many_runs.run_all(self, planned, executor, max_workers, return_exceptions=return_exceptions)

    def _run_api(self, run_id: str) -> RunApi:
        return RunApi(self.api, self.id, checked_id(run_id, "run_id"))

    def __repr__(self) -> str:
        return f"<Workflow {self.id!r} of {self.client.base_url}>"

    def _repr_html_(self) -> str | None:
        # None: the notebook shows the repr
        from mastra_sync.notebooks import workflow_html  # noqa: PLC0415

        try:
            api = self.api.within(self.api.deadline(DISPLAY_TIMEOUT))
            details = type(self)(self.client, self.id, api=api).details()
        except MastraError:
            return None
        return workflow_html(details.name or self.id, details.description, details.step_graph)

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(
            run="execute",
            create_run_async="create_run",
            **{verb: f"create_run().{verb}(...), or execute(...)" for verb in ("start", "start_async")},
            stream="create_run().stream(...)",
            **{verb: f"get_run(run_id).{verb}(...)" for verb in _VERBS_OF_RUNS},
        )


def _check_start(input_data: Any, timeout: Seconds, options: StartOptions) -> None:
    """Find what cannot be sent before anything is.

    A run that was made and cannot be started stays on the server.
    """
    seconds_of(timeout, "timeout")
    if_started(options)
    request_body(input_data=input_data, **sent_options(options))


def _check_needs_no_id(options: StartOptions, needed: str) -> None:
    """Refuse what cannot take effect on a run whose id is made up by this call.

    Raises:
        InvalidArgument: Someone is said to have started the run before.
    """
    policy = options.get("if_started", "raise")
    if policy != "raise":
        raise InvalidArgument("if_started", f"{policy!r} needs {needed}: nobody can have started a run with a new id")
