"""What is read and checked before a verb is sent, so that a mistake costs nothing.

Servers answer some mistakes with 200 and do nothing, some by failing the whole run, and older ones die of a few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mastra_sync.api import Caller
from mastra_sync.arguments import OMIT, checked_count, plain_json, request_body, resume_answer, step_path
from mastra_sync.deadline import Deadline
from mastra_sync.errors import (
    MastraError,
    RunAlreadyStarted,
    RunNotActive,
    RunNotFound,
    RunStillRunning,
    StepNotFound,
    UnsupportedByServer,
)
from mastra_sync.models import RunResult, Suspension
from mastra_sync.normalise import step_tree
from mastra_sync.operations import Operation
from mastra_sync.options import check_names
from mastra_sync.reading import Reader
from mastra_sync.resuming import StepArgument, resume_target
from mastra_sync.run_api import Move
from mastra_sync.schema_hints import likely_mismatch
from mastra_sync.statuses import ACTIVE
from mastra_sync.suggest import did_you_mean, nearest_name
from mastra_sync.waiting import Mark, next_pause
from mastra_sync.workflow_models import WorkflowDetails

SUSPENSION_GRACE = 2.0
"""Seconds that a resume waits for a running run to suspend; current servers grant the same."""

Options = Mapping[str, Any]


class Preparation:
    """Makes the moves of one run.

    Args:
        caller: Knows addresses and the clock.
        reader: Reads the run.
        workflow_id: The run's workflow.
        run_id: The run.
        details: Reads the workflow's details, for a hint why its input was rejected.
    """

    def __init__(
        self, caller: Caller, reader: Reader, workflow_id: str, run_id: str, details: Callable[[], WorkflowDetails]
    ) -> None:
        self._caller = caller
        self._reader = reader
        self._workflow_id = workflow_id
        self._run_id = run_id
        self._details = details

    def start(self, operation: Operation, input_data: Any, options: Options, known: type, *, fresh: bool) -> Move:
        """Return a start; `fresh` says that nobody can have started the run before.

        Raises:
            RunAlreadyStarted: The run is not pending, and the option `again` was not given.
        """
        check_names(options, known, operation.name)
        fields = {name: value for name, value in options.items() if name != "again"}
        body = request_body(input_data=input_data, **fields)
        before = None if fresh else self._before_start(operation, again=bool(options.get("again")))
        self._check_per_step(options)
        return Move(operation, body, before, lambda: self._why_not_started(input_data))

    def resume(self, operation: Operation, resume_data: Any, step: StepArgument, options: Options, known: type) -> Move:
        """Return a resume of the suspension that is meant.

        Raises:
            RunNotSuspended, StepNotSuspended, SeveralStepsSuspended, InvalidArgument: There is none that fits.
            UnsupportedByServer: An option that the server would drop silently.
        """
        check_names(options, known, operation.name)
        answer = resume_answer(resume_data)
        fields = {name: value for name, value in options.items() if name not in ("label", "for_each_index")}
        _check_target(step, options)
        request_body(**fields)
        run = self._suspended_run()
        target = resume_target(run, step, options.get("for_each_index"), options.get("label"), self.context(operation))
        items = [suspension for suspension in run.suspensions if suspension.path == target.path]
        if target.for_each_index is not None and len(items) > 1:
            self.require("for_each_index", "Without it every suspended item gets the same answer")
        self._check_per_step(options)
        body = request_body(resume_data=answer, step=target.path, for_each_index=target.for_each_index, **fields)
        return Move(operation, body, Mark.of(run), lambda: "the step's resume schema may reject the resume data")

    def restart(self, operation: Operation, options: Options, known: type, *, only_active: bool) -> Move:
        """Return a restart.

        Raises:
            RunNotActive: The run is neither active nor, unless `only_active`, ended.
        """
        check_names(options, known, operation.name)
        body = request_body(**options)
        run = self._read()
        # current servers may execute a pending run, with the input of a nested run that left it behind
        if run.status not in ACTIVE and (only_active or not run.finished):
            raise RunNotActive(f"the run is {run.status}, not running or waiting", **self.context(operation))
        return Move(operation, body, Mark.of(run))

    def time_travel(
        self, operation: Operation, step: str | Sequence[str], input_data: Any, options: Options, known: type
    ) -> Move:
        """Return a time travel.

        Raises:
            RunStillRunning: The run is active.
            StepNotFound: The workflow's graph has no such step.
        """
        check_names(options, known, operation.name)
        fields = dict(options)
        answer = resume_answer(fields.pop("resume_data", OMIT))
        path = step_path(step) or []
        body = request_body(step=path, input_data=input_data, resume_data=answer, **fields)
        run = self._read()
        if run.status in ACTIVE:
            raise RunStillRunning(f"the run is still {run.status}, cannot time travel", **self.context(operation))
        steps = step_tree((run.model_extra or {}).get("serializedStepGraph"))
        if isinstance(step, str) and step in steps:
            # the whole id of a step whose id has a dot
            body = request_body(step=[step], input_data=input_data, resume_data=answer, **fields)
        else:
            self._check_step_exists(operation, path, steps)
        self._check_per_step(options)
        return Move(operation, body, Mark.of(run))

    def context(self, operation: Operation) -> dict[str, Any]:
        """Return what an exception says of a call that was not sent."""
        url = self._caller.url_of(operation, self._workflow_id, self._run_id)
        return {"method": operation.method, "url": url, "run_id": self._run_id}

    def _read(self) -> RunResult:
        return self._reader.by_id(self._workflow_id, self._run_id)

    def _before_start(self, operation: Operation, *, again: bool) -> Mark | None:
        try:
            run = self._reader.by_id(self._workflow_id, self._run_id, nested=False)
        except RunNotFound:
            return None
        if run.status == "pending":
            return None
        if again:
            return Mark.of(run)
        raise RunAlreadyStarted(
            f"the run is {run.status}: {operation.name} would execute it once more and overwrite its record; "
            "use wait() or result() to read it, another run_id for another run, or again=True",
            **self.context(operation),
        )

    def _suspended_run(self) -> RunResult:
        """Return the run; one that is still running gets some time to suspend."""
        grace = Deadline(SUSPENSION_GRACE, self._caller.clock)
        run = self._read()
        while run.status in ACTIVE and not grace.expired:
            grace.sleep(next_pause(grace.elapsed))
            run = self._read()
        return run

    def _check_step_exists(self, operation: Operation, path: list[str], known: Mapping[str, Any]) -> None:
        """Raise if the graph has no such step; inside a nested workflow a server would fail the whole run for it."""
        if not known:
            return
        for depth, name in enumerate(path):
            if name in known:
                known = known[name]
                continue
            hint = did_you_mean(nearest_name(name, known), before="", after=" ")
            place = f" in {'.'.join(path[:depth])!r}" if depth else ""
            raise StepNotFound(
                f"no step {name!r}{place} to travel to; {hint}steps: {', '.join(known) or 'none'}",
                **self.context(operation),
            )

    def _check_per_step(self, options: Options) -> None:
        if options.get("per_step"):
            self.require("per_step", "It would run to the end")

    def require(self, feature: str, advice: str) -> None:
        """Raise if the server's dialect lacks a feature, named as in `Dialect`.

        Raises:
            UnsupportedByServer: It does.
        """
        dialect = self._reader.dialect(self._workflow_id, self._run_id)
        if not getattr(dialect, feature):
            raise UnsupportedByServer(feature, generation=dialect.generation, advice=advice)

    def _why_not_started(self, input_data: Any) -> str:
        try:
            schema = self._details().input_schema
        except MastraError:
            return ""
        given = plain_json(None if input_data is OMIT else input_data, "input_data")
        mismatch = likely_mismatch(schema, given)
        return f"the input may not fit the workflow's schema ({mismatch})" if mismatch else ""


def _check_target(step: StepArgument, options: Options) -> None:
    if not isinstance(step, Suspension):
        step_path(step)
    checked_count(options.get("for_each_index"), "for_each_index", least=0)
