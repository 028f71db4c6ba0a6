"""Commands that move a run on, checked before they are sent: a mistake costs nothing.

A resume is for one suspension, which is found in the run before anything is sent, for a wrong one can end the run.
Servers answer some mistakes with 200 and do nothing, some by failing the whole run, and older ones die of a few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mastra_sync.answers import UNTOLD, Answer, answer_given
from mastra_sync.arguments import OMIT, plain_json, request_body, resume_answer, step_path
from mastra_sync.error_replies import BODY_NOT_SEEN
from mastra_sync.errors import (
    InputMismatch,
    MastraError,
    RunAlreadyStarted,
    RunNotActive,
    RunNotFound,
    RunStillRunning,
    StepNotFound,
    UnsupportedByServer,
)
from mastra_sync.lost_bodies import Given, given_as_input
from mastra_sync.operations import RESUME_STREAM, Operation
from mastra_sync.options import if_started, joins_answered, sent_options
from mastra_sync.outages import Mark
from mastra_sync.recorded_data import differing_paths, is_same, listed_paths
from mastra_sync.resume_target import StepArgument, check_step_argument, check_streamed_item, find_resume_target
from mastra_sync.run_api import Command, RunApi
from mastra_sync.schema_hints import likely_mismatch
from mastra_sync.statuses import ACTIVE
from mastra_sync.step_graph import step_tree
from mastra_sync.suggest import did_you_mean, nearest_name
from mastra_sync.waiting import next_pause

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult

SUSPENSION_GRACE = 2.0
"""Seconds that a resume waits for a running run to suspend; current servers grant the same."""

Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Joined:
    """A run is to be gone on with as it is: there is nothing to send.

    Attributes:
        is_told: False if its record may yet show, once it has come to rest, that there is.
    """

    is_told: bool = True


class Commands:
    """Makes the commands of one run: reads and checks what a mistake would cost.

    Args:
        api: Reads the run, and the workflow's details for a hint why its input was rejected.
    """

    def __init__(self, api: RunApi) -> None:
        self._api = api

    def start(
        self,
        operation: Operation,
        input_data: Any,
        options: Options,
        *,
        fresh: bool,
        accepted: bool = False,
    ) -> Command | Joined:
        """Return a start, or that the run is joined.

        Args:
            operation: The verb.
            input_data: What the workflow gets.
            options: As the caller gave them.
            fresh: True if nobody can have started the run before.
            accepted: True if a start was accepted by the server, so that a pending run may be under way.

        Raises:
            RunAlreadyStarted: The run is not pending, and is neither to be joined nor to be run again.
            InputMismatch: The run that is to be joined was started with another input.
        """
        policy = if_started(options)
        body = request_body(input_data=input_data, **sent_options(options))
        run = None if fresh else self._run_before_start()
        self._check_per_step(options)
        if run is not None and policy == "join" and (accepted or run.status != "pending"):
            self._check_same_input(operation, run, input_data)
            return Joined()
        if run is not None and run.status != "pending" and policy == "raise":
            raise RunAlreadyStarted(
                f"the run is {run.status}: {operation.name} would execute it once more and overwrite its record; "
                "use if_started='join' to go on with it, wait() or result() to read it, another run_id for another "
                "run, or again=True",
                **self._api.error_context(operation),
            )
        before = None if run is None or run.status == "pending" else Mark.of(run)
        given = given_as_input(None if input_data is OMIT else input_data)
        return Command(operation, body, before, lambda: self._likely_cause(input_data, options), given)

    def resume(self, operation: Operation, resume_data: Any, step: StepArgument, options: Options) -> Command | Joined:
        """Return a resume of the suspension that is meant, or that its run is joined.

        Raises:
            RunNotSuspended, StepNotSuspended, SeveralStepsSuspended, InvalidArgument: There is none that fits.
            InputMismatch: The suspension was answered otherwise before.
            UnsupportedByServer: An option that the server would drop silently.
        """
        joins = joins_answered(options)
        answer = resume_answer(resume_data)
        fields = sent_options(options)
        check_step_argument(step, options)
        request_body(**fields)
        for_each_index = options.get("for_each_index")

        def find_answer(run: RunResult) -> Answer | None:
            # a label is forgotten once its suspension was answered
            if not joins or options.get("label") is not None:
                return None
            # a stored row has no steps of nested workflows
            whole = self._api.result() if self._api.generation().execution_result else run
            return answer_given(whole, step, for_each_index, answer)

        run = self._await_suspension(lambda run: (found := find_answer(run)) is not None and found.is_final)
        context = self._api.error_context(operation)
        if (found := find_answer(run)) is not None:
            self._check_same_answer(operation, found, answer)
            return Joined(is_told=found.is_final)
        target = find_resume_target(run, step, for_each_index, options.get("label"), context)
        items = [suspension for suspension in run.suspensions if suspension.path == target.path]
        if target.for_each_index is not None and len(items) > 1:
            self.require("for_each_index", "Without it every suspended item gets the same answer")
            if operation is RESUME_STREAM:
                check_streamed_item(run, target, [item.for_each_index for item in items])
        self._check_per_step(options)
        body = request_body(resume_data=answer, step=target.path, for_each_index=target.for_each_index, **fields)
        given = Given(answers=answer is not OMIT)
        return Command(
            operation, body, Mark.of(run), lambda: "the step's resume schema may reject the resume data", given
        )

    def restart(self, operation: Operation, options: Options, *, only_active: bool) -> Command:
        """Return a restart.

        Raises:
            RunNotActive: The run is neither active nor, unless `only_active`, ended.
        """
        body = request_body(**options)
        run = self._api.read()
        # current servers may execute a pending run, with the input of a nested run that left it behind
        if run.status not in ACTIVE and (only_active or not run.finished):
            raise RunNotActive(f"the run is {run.status}, not running or waiting", **self._api.error_context(operation))
        return Command(operation, body, Mark.of(run))

    def time_travel(
        self, operation: Operation, step: str | Sequence[str], input_data: Any, options: Options
    ) -> Command:
        """Return a time travel.

        Raises:
            RunStillRunning: The run is active.
            StepNotFound: The workflow's graph has no such step.
        """
        fields = dict(options)
        answer = resume_answer(fields.pop("resume_data", OMIT))
        path = step_path(step) or []
        body = request_body(step=path, input_data=input_data, resume_data=answer, **fields)
        run = self._api.read()
        if run.status in ACTIVE:
            raise RunStillRunning(
                f"the run is still {run.status}, cannot time travel", **self._api.error_context(operation)
            )
        steps = step_tree((run.model_extra or {}).get("serializedStepGraph"))
        if isinstance(step, str) and step in steps:
            # the whole id of a step whose id has a dot
            body = request_body(step=[step], input_data=input_data, resume_data=answer, **fields)
        else:
            self._check_step_exists(operation, path, steps)
        self._check_per_step(options)
        return Command(operation, body, Mark.of(run))

    def _run_before_start(self) -> RunResult | None:
        try:
            return self._api.read(nested=False)
        except RunNotFound:
            return None

    def _check_same_input(self, operation: Operation, run: RunResult, input_data: Any) -> None:
        """Raise if a run was started with another input, as far as its record tells.

        Raises:
            InputMismatch: It was.
        """
        if input_data is OMIT or run.input_data is None:
            return
        given = plain_json(input_data, "input_data")
        if is_same(given, run.input_data):
            return
        details = self._api.details()
        schema = details.input_schema if details.validates_inputs else None
        if paths := differing_paths(given, run.input_data, schema):
            raise InputMismatch(
                f"the run is {run.status} and was started with another input: {listed_paths(paths)}\n"
                "Give the input that it was started with, another run_id for another run, or go on with this one as it "
                "is by wait()",
                argument="input_data",
                paths=paths,
                **self._api.error_context(operation),
            )

    def _check_same_answer(self, operation: Operation, before: Answer, answer: Any) -> None:
        """Raise if a suspension was answered otherwise, as far as the run's record tells.

        Raises:
            InputMismatch: It was.
        """
        if answer is OMIT or before.data is UNTOLD or is_same(answer, before.data):
            return
        steps = self._api.details().all_steps
        step = steps.get(".".join(before.path))
        if paths := differing_paths(answer, before.data, step.resume_schema if step is not None else None):
            raise InputMismatch(
                f"step {'.'.join(before.path)!r} was answered before, and otherwise: {listed_paths(paths)}\n"
                "Give the answer that it got, or go on with the run as it is by wait()",
                argument="resume_data",
                paths=paths,
                **self._api.error_context(operation),
            )

    def _await_suspension(self, is_enough: Callable[[RunResult], bool]) -> RunResult:
        """Return the run; one that is still running gets time to suspend, or to show enough."""
        grace = self._api.deadline(SUSPENSION_GRACE)
        run = self._api.read()
        while run.status in ACTIVE and not is_enough(run) and not grace.expired:
            grace.sleep(next_pause(grace.elapsed))
            run = self._api.read()
        return run

    def _check_step_exists(self, operation: Operation, path: list[str], known: Mapping[str, Any]) -> None:
        """Raise if the graph has no such step.

        Inside a nested workflow a server would fail the whole run for it.
        """
        if not known:
            return
        for depth, name in enumerate(path):
            if name in known:
                known = known[name]
                continue
            hint = did_you_mean(nearest_name(name, known), before="", after=" ")
            where = f" in {'.'.join(path[:depth])!r}" if depth else ""
            raise StepNotFound(
                f"no step {name!r}{where} to travel to; {hint}steps: {', '.join(known) or 'none'}",
                **self._api.error_context(operation),
            )

    def _check_per_step(self, options: Options) -> None:
        if options.get("per_step"):
            self.require("per_step", "It would run to the end")

    def require(self, feature: str, advice: str) -> None:
        """Raise if the server's generation lacks a feature, named as in `Generation`.

        Raises:
            UnsupportedByServer: It does.
        """
        generation = self._api.generation()
        if not getattr(generation, feature):
            raise UnsupportedByServer(feature, generation=generation.name, advice=advice)

    def _likely_cause(self, input_data: Any, options: Options) -> str:
        try:
            details = self._api.details()
        except MastraError:
            return ""
        given = plain_json(None if input_data is OMIT else input_data, "input_data")
        if mismatch := likely_mismatch(details.input_schema, given):
            return f"the input may not fit the workflow's schema ({mismatch})"
        state = plain_json(options.get("initial_state") or {}, "initial_state")
        if mismatch := likely_mismatch(details.state_schema, state):
            return f"the initial state may not fit the workflow's schema of it ({mismatch})"
        causes = []
        if details.input_schema and given is not None:
            causes.append("the input fits the workflow's schema at first sight, but what is nested in it may not")
        if options.get("request_context"):
            causes.append("the request context may not be what the workflow asks for, which servers do not tell")
        return "; or ".join((*causes, BODY_NOT_SEEN)) if causes else ""
