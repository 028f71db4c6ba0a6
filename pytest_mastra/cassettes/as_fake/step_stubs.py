"""Steps, conditions and pauses of a fake that do what was recorded.

What never was recorded is a clear error.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mastra_sync.normalise import parse_remote_error
from mastra_sync.step_paths import NESTED_META
from pytest_mastra.cassettes.as_fake.recorded_steps import (
    RecordedBehaviour,
    RecordedExecution,
    RecordedStep,
    StepOutcome,
)
from pytest_mastra.cassettes.as_fake.run_snapshots import are_same
from pytest_mastra.fake.workflows.errors import NonRetryable, Refusal, StepError, TripWire, UnstubbedStep
from pytest_mastra.fake.workflows.javascript import NULL, UNDEFINED, copied, truthy

if TYPE_CHECKING:
    from pytest_mastra.fake.server import FakeMastra
    from pytest_mastra.fake.workflows.step_context import StepContext


class NeverRecorded(StepError):
    """A step has an input that it never had when it was recorded.

    The run fails with this.
    """


class RecordedFailure(Refusal):
    """What a recorded step failed with, as the server reported it."""

    def __init__(self, error: Any) -> None:
        parsed = parse_remote_error(error)
        super().__init__(str(parsed.get("message", "")))
        self._error = error if isinstance(error, Mapping) else parsed

    def as_error(self) -> Any:
        """Return the error as it was recorded."""
        return copied(dict(self._error))


class FinalRecordedFailure(RecordedFailure, NonRetryable):  # type: ignore[misc]  # two errors that keep a cause each
    """What a recorded step failed with whose retries were not used."""


@dataclass(frozen=True)
class RecordedStart:
    """What a recorded run was started with.

    Attributes:
        run: The run's number.
        workflow: Its workflow.
        body: The request's body.
    """

    run: int
    workflow: str
    body: Mapping[str, Any]

    def was_alike(self, workflow: str, body: Mapping[str, Any]) -> bool:
        """Return whether another run was started alike."""
        names = ("inputData", "initialState", "requestContext")
        return self.workflow == workflow and all(
            are_same(self.body.get(name, UNDEFINED), body.get(name, UNDEFINED)) for name in names
        )


@dataclass(eq=False)
class StepStubs:
    """Stands in for steps, conditions and pauses: each does what it did when it was recorded.

    A run that is started as a recorded one was does what that one did, the second such run what the second recorded one
    did, and so on; other runs do what any recorded run did with the same input.

    Attributes:
        server: The fake.
        behaviour: What was recorded.
        starts: What the recorded runs were started with, in their order.
        pauses: The functions that say how long a pause takes, by workflow and id, and whether they say until when.
    """

    server: FakeMastra
    behaviour: RecordedBehaviour
    starts: list[RecordedStart]
    pauses: Mapping[tuple[str, str], bool]
    _recorded_runs: dict[tuple[str, int], int | None] = field(default_factory=dict)
    _counts: dict[tuple[str, ...], int] = field(default_factory=dict)

    def call(self, workflow: str, id_: str, ctx: StepContext) -> Any:
        """Do what a step did, or return what a function returned.

        Raises:
            NeverRecorded: The step never had this input.
            UnstubbedStep: The function never had it.
        """
        condition = self.behaviour.conditions.get((workflow, id_))
        if condition is not None:
            holds = condition.find(self._recorded_run(ctx), _input_of(ctx), ctx.iteration_count)
            if holds is None:
                raise UnstubbedStep(condition.explain_unknown(_input_of(ctx)))
            return holds
        recorded = self.behaviour.step(workflow, id_)
        is_until = self.pauses.get((workflow, id_))
        if is_until is not None:
            execution = recorded.find(self._recorded_run(ctx), _input_of(ctx), UNDEFINED, 0)
            if execution is None:
                raise UnstubbedStep(recorded.explain_unknown(_input_of(ctx), UNDEFINED))
            return self.server.clock.now() + execution.seconds if is_until else execution.seconds
        return self._step(recorded, ctx)

    def _step(self, recorded: RecordedStep, ctx: StepContext) -> Generator[Any, None, Any]:
        input_ = _input_of(ctx)
        answer = ctx.resume_data if ctx.resume_data is not None and truthy(ctx.resume_data) else UNDEFINED
        question = json.dumps([repr(input_), repr(answer)])
        key = (ctx.run_id, recorded.workflow, recorded.id, question)
        count = self._counts.get(key, 0)
        self._counts[key] = count + 1
        execution = recorded.find(self._recorded_run(ctx), input_, answer, count)
        if execution is None:
            raise NeverRecorded(recorded.explain_unknown(input_, answer), name="NeverRecorded")
        return (yield from self._repeat(recorded, execution, ctx))

    def _repeat(
        self, recorded: RecordedStep, execution: RecordedExecution, ctx: StepContext
    ) -> Generator[Any, None, Any]:
        about = f"{recorded.id!r} of workflow {recorded.workflow!r}"
        if execution.is_stand_in and execution.outcome is StepOutcome.GAVE and ctx.writer.is_read:
            raise NeverRecorded(
                f"what {about} gave in this round is not in the recording, which tells of the last round only; record "
                f"a stream of the run, or say what it does: server.stub({recorded.id!r}, lambda ctx: ...)",
                name="NeverRecorded",
            )
        for record in execution.written:
            _write(record, ctx)
        if execution.outcome is StepOutcome.RUNNING:
            yield ctx.gate_or_abort(self.server.gate(recorded.id))
            raise NeverRecorded(
                f"{about} {execution.outcome.value}: what it would have given is not known", name="NeverRecorded"
            )
        if execution.seconds:
            yield execution.seconds
        if execution.state is not None:
            ctx.set_state(execution.state)
        return _give_outcome(execution, ctx)

    def _recorded_run(self, ctx: StepContext) -> int | None:
        """Return the recorded run that a run repeats."""
        journal = self.server.journal
        started = [
            (workflow.id, notes.starts)
            for workflow in self.server.state.workflows.values()
            for notes in journal.runs(workflow.id)
            if notes.run_id == ctx.run_id and notes.starts
        ]
        if not started:
            return None
        workflow_id, starts = started[-1]
        key = (ctx.run_id, len(starts))
        if key not in self._recorded_runs:
            alike = [start.run for start in self.starts if start.was_alike(workflow_id, starts[-1])]
            before = sum(run in alike for run in self._recorded_runs.values())
            self._recorded_runs[key] = alike[min(before, len(alike) - 1)] if alike else None
        return self._recorded_runs[key]


def _input_of(ctx: StepContext) -> Any:
    if ctx.iteration_count is None and ctx.retry_count >= 0:
        return ctx.input_data if ctx.has_input else UNDEFINED
    return UNDEFINED if ctx.input_data is None else ctx.input_data


def _give_outcome(execution: RecordedExecution, ctx: StepContext) -> Any:
    """Return or raise what came of a step.

    Raises:
        TripWire: It was stopped.
        RecordedFailure: It failed.
    """
    if execution.outcome is StepOutcome.FAILED:
        if execution.tripwire is not None:
            tripwire = execution.tripwire
            raise TripWire(
                str(tripwire.get("reason", "")),
                retry=tripwire.get("retry"),
                metadata=tripwire.get("metadata"),
                processor_id=tripwire.get("processorId"),
            )
        raise (FinalRecordedFailure if execution.is_final else RecordedFailure)(execution.value)
    if execution.outcome is StepOutcome.SUSPENDED:
        payload = copied(execution.value)
        if execution.inner:
            known = payload if isinstance(payload, dict) else {}
            payload = {**known, NESTED_META: {"runId": ctx.run_id, "path": list(execution.inner)}}
        ctx.suspend(payload, resume_label=list(execution.labels))
        return _as_returned(execution.besides)
    if execution.outcome is StepOutcome.BAILED:
        ctx.bail(_as_returned(execution.value))
        return None
    return _as_returned(execution.value)


def _as_returned(value: Any) -> Any:
    """Return a value as a Python step gives it: None is undefined, null is `NULL`."""
    if value is UNDEFINED:
        return None
    return NULL if value is None else copied(value)


def _write(record: Mapping[str, Any], ctx: StepContext) -> None:
    """Write a record again that a stream held."""
    payload = record.get("payload")
    if record.get("type") == "workflow-step-output" and isinstance(payload, dict):
        ctx.writer.write(_as_returned(payload.get("output", UNDEFINED)))
        return
    custom = dict(record)
    if record.get("from") == "WORKFLOW":
        # what a stream adds to the record of a step; other streams leave it as it was written
        custom = {key: value for key, value in record.items() if key not in ("runId", "from")}
        if isinstance(payload, dict) and "id" in payload and payload.get("stepName") == payload["id"]:
            custom["payload"] = {key: value for key, value in payload.items() if key != "stepName"}
    ctx.writer.custom(custom)
