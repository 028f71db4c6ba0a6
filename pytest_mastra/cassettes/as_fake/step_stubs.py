"""Steps, conditions and pauses of a fake that do what was recorded; what never was is a clear error."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mastra_sync.normalise import NESTED_META, parse_remote_error
from pytest_mastra.cassettes.as_fake.recorded_steps import Evidence, Kind, RecordedStep, Seen
from pytest_mastra.cassettes.as_fake.run_snapshots import same
from pytest_mastra.fake.workflows.errors import NonRetryable, Refusal, StepError, TripWire, UnstubbedStep
from pytest_mastra.fake.workflows.javascript import NULL, UNDEFINED, copied, truthy

if TYPE_CHECKING:
    from pytest_mastra.fake.server import FakeMastra
    from pytest_mastra.fake.workflows.step_context import StepContext


class NeverRecorded(StepError):
    """A step was asked what it was never asked when it was recorded: the run fails with it."""


class RecordedFailure(Refusal):
    """What a recorded step failed with, as the server told it."""

    def __init__(self, error: Any) -> None:
        told = parse_remote_error(error)
        super().__init__(str(told.get("message", "")))
        self._error = error if isinstance(error, Mapping) else told

    def as_error(self) -> Any:
        """Return the error as it was recorded."""
        return copied(dict(self._error))


class FinalRecordedFailure(RecordedFailure, NonRetryable):  # type: ignore[misc]  # two errors that keep a cause each
    """The same, of a step whose retries were not used."""


@dataclass(frozen=True)
class Start:
    """What a recorded run was started with.

    Attributes:
        run: The run's number.
        workflow: Its workflow.
        body: The request's body.
    """

    run: int
    workflow: str
    body: Mapping[str, Any]

    def is_like(self, workflow: str, body: Mapping[str, Any]) -> bool:
        """Return whether another run was started alike."""
        names = ("inputData", "initialState", "requestContext")
        return self.workflow == workflow and all(
            same(self.body.get(name, UNDEFINED), body.get(name, UNDEFINED)) for name in names
        )


@dataclass(eq=False)
class Actors:
    """Does what steps did.

    A run that is started as a recorded one was does what that one did, the second such run what the second recorded one
    did, and so on; other runs do what any recorded run did with the same input.

    Attributes:
        server: The fake.
        evidence: What was recorded.
        starts: What the recorded runs were started with, in their order.
        pauses: The functions that say how long a pause takes, by workflow and id, and whether they say until when.
    """

    server: FakeMastra
    evidence: Evidence
    starts: list[Start]
    pauses: Mapping[tuple[str, str], bool]
    _casts: dict[tuple[str, int], int | None] = field(default_factory=dict)
    _counts: dict[tuple[str, ...], int] = field(default_factory=dict)

    def act(self, workflow: str, id_: str, ctx: StepContext) -> Any:
        """Do what a step did, or say what a function said.

        Raises:
            NeverRecorded: The step never had this input.
            UnstubbedStep: The function never had it.
        """
        condition = self.evidence.conditions.get((workflow, id_))
        if condition is not None:
            said = condition.find(self._run(ctx), _given(ctx), ctx.iteration_count)
            if said is None:
                raise UnstubbedStep(condition.complaint(_given(ctx)))
            return said
        recorded = self.evidence.step(workflow, id_)
        is_until = self.pauses.get((workflow, id_))
        if is_until is not None:
            seen = recorded.find(self._run(ctx), _given(ctx), UNDEFINED, 0)
            if seen is None:
                raise UnstubbedStep(recorded.complaint(_given(ctx), UNDEFINED))
            return self.server.clock.now() + seen.seconds if is_until else seen.seconds
        return self._step(recorded, ctx)

    def _step(self, recorded: RecordedStep, ctx: StepContext) -> Generator[Any, None, Any]:
        given = _given(ctx)
        answer = ctx.resume_data if ctx.resume_data is not None and truthy(ctx.resume_data) else UNDEFINED
        question = json.dumps([repr(given), repr(answer)])
        asked = (ctx.run_id, recorded.workflow, recorded.id, question)
        count = self._counts.get(asked, 0)
        self._counts[asked] = count + 1
        seen = recorded.find(self._run(ctx), given, answer, count)
        if seen is None:
            raise NeverRecorded(recorded.complaint(given, answer), name="NeverRecorded")
        return (yield from self._again(recorded, seen, ctx))

    def _again(self, recorded: RecordedStep, seen: Seen, ctx: StepContext) -> Generator[Any, None, Any]:
        about = f"{recorded.id!r} of workflow {recorded.workflow!r}"
        if seen.is_stand_in and seen.kind is Kind.GAVE and ctx.writer.is_read:
            raise NeverRecorded(
                f"what {about} gave in this round is not in the recording, which tells of the last round only; record "
                f"a stream of the run, or say what it does: server.stub({recorded.id!r}, lambda ctx: ...)",
                name="NeverRecorded",
            )
        for record in seen.written:
            _write(record, ctx)
        if seen.kind is Kind.RUNNING:
            yield ctx.gate_or_abort(self.server.gate(recorded.id))
            raise NeverRecorded(
                f"{about} {seen.kind.value}: what it would have given is not known", name="NeverRecorded"
            )
        if seen.seconds:
            yield seen.seconds
        if seen.state is not None:
            ctx.set_state(seen.state)
        return _outcome(seen, ctx)

    def _run(self, ctx: StepContext) -> int | None:
        """Return the recorded run that a run acts again."""
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
        if key not in self._casts:
            alike = [one.run for one in self.starts if one.is_like(workflow_id, starts[-1])]
            before = sum(run in alike for run in self._casts.values())
            self._casts[key] = alike[min(before, len(alike) - 1)] if alike else None
        return self._casts[key]


def _given(ctx: StepContext) -> Any:
    if ctx.iteration_count is None and ctx.retry_count >= 0:
        return ctx.input_data if ctx.has_input else UNDEFINED
    return UNDEFINED if ctx.input_data is None else ctx.input_data


def _outcome(seen: Seen, ctx: StepContext) -> Any:
    """Return or raise what came of a step.

    Raises:
        TripWire: It was stopped.
        RecordedFailure: It failed.
    """
    if seen.kind is Kind.FAILED:
        if seen.tripwire is not None:
            told = seen.tripwire
            raise TripWire(
                str(told.get("reason", "")),
                retry=told.get("retry"),
                metadata=told.get("metadata"),
                processor_id=told.get("processorId"),
            )
        raise (FinalRecordedFailure if seen.is_final else RecordedFailure)(seen.value)
    if seen.kind is Kind.SUSPENDED:
        payload = copied(seen.value)
        if seen.inner:
            known = payload if isinstance(payload, dict) else {}
            payload = {**known, NESTED_META: {"runId": ctx.run_id, "path": list(seen.inner)}}
        ctx.suspend(payload, resume_label=list(seen.labels))
        return _returned(seen.besides)
    if seen.kind is Kind.BAILED:
        ctx.bail(_returned(seen.value))
        return None
    return _returned(seen.value)


def _returned(value: Any) -> Any:
    """Return a value as a Python step gives it: None is undefined, and null has a name."""
    if value is UNDEFINED:
        return None
    return NULL if value is None else copied(value)


def _write(record: Mapping[str, Any], ctx: StepContext) -> None:
    """Write what a stream held again."""
    payload = record.get("payload")
    if record.get("type") == "workflow-step-output" and isinstance(payload, dict):
        ctx.writer.write(_returned(payload.get("output", UNDEFINED)))
        return
    custom = dict(record)
    if record.get("from") == "WORKFLOW":
        # what a stream adds to the record of a step; other streams leave it as it was written
        custom = {key: value for key, value in record.items() if key not in ("runId", "from")}
        if isinstance(payload, dict) and "id" in payload and payload.get("stepName") == payload["id"]:
            custom["payload"] = {key: value for key, value in payload.items() if key != "stepName"}
    ctx.writer.custom(custom)
