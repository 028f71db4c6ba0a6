"""What a server says about runs, as pydantic models: the same ones whichever generation answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    TypeAdapter,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mastra_sync import errors
from mastra_sync.evented import meaning_of
from mastra_sync.json_types import Code, Moment, Text, encodable, milliseconds, to_plain_json
from mastra_sync.normalise import canonical_result, canonical_step, parse_remote_error, without_meta
from mastra_sync.root_causes import with_root_cause
from mastra_sync.server_model import ServerModel
from mastra_sync.statuses import FINISHED, SETTLED, Status, status_in_words
from mastra_sync.step_graph import GRAPH
from mastra_sync.steps import Steps

_Output = TypeVar("_Output")

REPR_LENGTH = 100

_FROM_SERVER = "from_server"
"""Says, in a validation's context, that a server is said to have told this: a run without a status is none then."""

_ASKED = "asked"
"""Says there which run was asked for: an answer that names another one is none."""


class RemoteError(ServerModel):
    """An error that a step threw, or that Mastra raised for it.

    Servers of 1.0 beta send `"Error: boom"`, later ones an object; both parse into this. Further properties of the
    JavaScript error (`domain`, `category`, `details`, ...) are kept as extra fields. Mastra sends no stack.
    """

    message: Text = ""
    name: Text | None = None
    code: Code | None = None
    stack: Text | None = None
    cause: RemoteError | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_any_generation(cls, value: Any) -> Any:
        error = parse_remote_error(value)
        # pydantic takes no name with half a character in it, as JavaScript's properties may have: it is escaped
        return {encodable(name) if isinstance(name, str) else name: item for name, item in error.items()}

    def __str__(self) -> str:
        return f"{self.name}: {self.message}" if self.name else self.message


class StepResult(ServerModel):
    """What a run knows of one step.

    Attributes:
        path: The step's id, after those of the nested workflows around it.
        payload: The step's input. Current servers leave it out of the answers of the `_async` verbs where it equals
            the output of the step before.
        suspend_payload: What the step suspended with, and what the engine added to it under `__workflow_meta`. Servers
            of 1.2 and 1.0 beta keep it after the resume.
        metadata: `{"iterationCount": n}` on the steps of loops.
    """

    path: list[str] = Field(default_factory=list)
    status: Status = "unknown"
    payload: Any = None
    output: Any = None
    error: RemoteError | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None
    suspended_at: Moment | None = None
    resumed_at: Moment | None = None
    suspend_payload: Any = None
    suspend_output: Any = None
    resume_payload: Any = None
    metadata: dict[str, Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _canonical(cls, value: Any) -> Any:
        return canonical_step(value)

    @property
    def iteration_count(self) -> int | None:
        """Rounds of the loop that this step has made, counted from 1; None outside a loop."""
        return (self.metadata or {}).get("iterationCount")

    @property
    def duration(self) -> float | None:
        """Seconds from the step's start to its end, None while it has not ended.

        Waits for a resume are included.
        """
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()

    def __repr__(self) -> str:
        about = " ".join(part for part in (".".join(self.path), self.status) if part)
        return f"<StepResult {about}{self._shown()}>"

    __str__ = __repr__

    def _shown(self) -> str:
        if self.status == "failed":
            return f" {_clipped(str(self.error or 'the server gives no reason'))}"
        if self.status == "suspended":
            return f" {_clipped(repr(without_meta(self.suspend_payload)))}"
        return f" {_clipped(repr(self.output))}" if self.status == "success" or self.output is not None else ""


StepsById = Annotated[dict[str, StepResult], AfterValidator(Steps)]
"""A run's steps by id; asked for one that is not there, they say which ones are."""


class Suspension(ServerModel):
    """One place where a run waits for an answer; hand it to `Run.resume(step=...)`.

    Attributes:
        path: The step to resume, after the nested workflows around it.
        payload: What the step suspended with.
        for_each_index: Which item of a `foreach`, None outside of one.
        labels: The labels that the step gave to this suspension.
        suspended_at: When it did; tells this suspension from a later one of the same step.
    """

    path: list[str]
    payload: Any = None
    for_each_index: int | None = None
    labels: list[str] = Field(default_factory=list)
    # answers that tell the same run at different depth tell it a millisecond apart
    suspended_at: Moment | None = Field(default=None, exclude=True)

    @property
    def step(self) -> str:
        """The path as Mastra writes it, joined with dots."""
        return ".".join(self.path)

    def __repr__(self) -> str:
        index = "" if self.for_each_index is None else f"[{self.for_each_index}]"
        return f"<Suspension {self.step}{index} {_clipped(repr(self.payload))}>"

    __str__ = __repr__


class CurrentStep(ServerModel):
    """The step that a run result record is about."""

    id: str
    status: Status = "unknown"
    output: Any = None
    payload: Any = None


class WorkflowState(ServerModel):
    """The state of the whole run, as Mastra's run result records give it."""

    status: Status
    steps: StepsById = Field(default_factory=Steps)
    result: Any = None
    payload: Any = None
    error: RemoteError | None = None


class RunResult(ServerModel):
    """What a server says of one run: the same type from every verb and every generation.

    Parses the answers of the `_async` verbs, of run-by-id, of execution-result (1.0 beta), the rows of `runs`, and
    Mastra's run result records (`{runId, eventTimestamp, payload: {currentStep, workflowState}}`).

    Attributes:
        run_id: The run; None where the server does not say (the `_async` verbs before current servers).
        workflow_id: The run's workflow.
        input_data: What the run was started with.
        result: The output of the last step; None unless the run succeeded.
        error: Why the run failed.
        steps: The steps by id; steps of nested workflows as `nested.step`, where the server gives them.
        suspensions: What the run waits for.
        suspend_payload: What was suspended with, by id of the top-level step.
        state: The workflow's state as it is now, where the server gives it.
        tripwire: Why a guard stopped the run.
        step_execution_path: Top-level steps in the order in which they ran (current servers only).
    """

    run_id: str | None = None
    workflow_id: str | None = None
    status: Status = "unknown"
    input_data: Any = None
    result: Any = None
    error: RemoteError | None = None
    steps: StepsById = Field(default_factory=Steps)
    suspensions: list[Suspension] = Field(default_factory=list)
    suspend_payload: Any = None
    state: Any = None
    tripwire: dict[str, Any] | None = None
    resource_id: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    event_timestamp: Moment | None = None
    current_step: CurrentStep | None = None
    step_execution_path: list[str] | None = None

    _raw: Any = PrivateAttr(default=None)

    @model_validator(mode="wrap")
    @classmethod
    def _from_any_shape(cls, value: Any, handler: Any, info: ValidationInfo) -> RunResult:
        if isinstance(value, RunResult):
            return value
        context = info.context or {}
        graph = context.get(GRAPH)
        asked = context.get(_ASKED)
        fields = canonical_result(value, graph, asked) if isinstance(value, Mapping) else value
        if isinstance(fields, dict) and context.get(_FROM_SERVER) and "status" not in fields:
            raise ValueError("this is no run, for it has no status")
        result: RunResult = handler(fields)
        result._raw = value
        told = result.run_id
        if asked is not None and told not in (None, asked):
            shown = {"told": told, "shown": repr(told[:100]), "asked": repr(asked)}
            raise PydanticCustomError("another_run", "this tells of the run {shown}, and {asked} was asked for", shown)
        return result

    @classmethod
    def from_server(cls, raw: Any, *, workflow_id: str, run_id: str, graph: Any = None) -> RunResult:
        """Return a server's answer as a result that names its run, which not every answer does.

        Args:
            raw: The answer.
            workflow_id: The run's workflow.
            run_id: The run.
            graph: The workflow's graph; it tells the run's input from a step called `input` where the answer has none.

        Raises:
            pydantic.ValidationError: The answer is not what a server tells of a run.
        """
        result = cls.model_validate(raw, context={GRAPH: graph, _FROM_SERVER: True, _ASKED: run_id})
        names = {"workflow_id": workflow_id, "run_id": run_id}
        missing = {name: value for name, value in names.items() if getattr(result, name) is None}
        return result.model_copy(update=missing) if missing else result

    @property
    def raw(self) -> Any:
        """The server's answer, untouched."""
        return self._raw

    def __bool__(self) -> NoReturn:
        """Raise: a test, or a branch, on a bare result decides nothing.

        Raises:
            TypeError: Always; says what to ask.
        """
        raise TypeError(
            f"{self!r} is neither true nor false: ask result.ok, or result.raise_for_status(); whether there is one, "
            "`result is not None`"
        )

    @property
    def ok(self) -> bool:
        """True if the run has succeeded."""
        return self.status in ("success", "bailed")

    @property
    def settled(self) -> bool:
        """True if only someone outside can move the run on."""
        return self.status in SETTLED

    @property
    def finished(self) -> bool:
        """True if the run has ended: settled, and waiting for nobody."""
        return self.status in FINISHED

    @property
    def suspended(self) -> list[list[str]]:
        """The paths of the suspended steps, each once."""
        paths = {tuple(suspension.path): None for suspension in self.suspensions}
        return [list(path) for path in paths]

    @property
    def failed_step(self) -> StepResult | None:
        """The innermost step that failed, None if none did."""
        failed = [step for step in self.steps.values() if step.status == "failed"]
        return max(failed, key=lambda step: len(step.path), default=None)

    @property
    def workflow_state(self) -> WorkflowState:
        """The run as the `workflowState` of Mastra's run result records."""
        return WorkflowState(
            status=self.status, steps=self.steps, result=self.result, payload=self.input_data, error=self.error
        )

    def raise_for_status(self) -> RunResult:
        """Return this result if the run succeeded, or is still going.

        Raises:
            RunFailed: A step failed.
            RunSuspended: The run waits for a resume.
            RunPaused: The run stopped after one step.
            RunCanceled: The run was canceled.
            RunTripwire: A guard stopped the run.
        """
        error_type = ERRORS_BY_STATUS.get(self.status)
        if error_type is not None:
            raise error_type(self)
        return self

    def output_as(self, output_type: type[_Output]) -> _Output:
        """Return `result` as a model, dataclass or any type that pydantic can make.

        Raises:
            RunError: The run has not succeeded, as `raise_for_status` says.
            pydantic.ValidationError: The result does not fit the type.
        """
        self.raise_for_status()
        adapter: TypeAdapter[_Output] = TypeAdapter(output_type)
        return adapter.validate_python(self.result)

    def to_event(self) -> dict[str, Any]:
        """Return this result as one of Mastra's run result records, plain JSON."""
        state = to_plain_json(self.workflow_state.model_dump(by_alias=True, exclude_none=True))
        for name, step in self.steps.items():
            state["steps"][name] |= _times_of(step)
        payload: dict[str, Any] = {"workflowState": state}
        if self.current_step is not None:
            payload["currentStep"] = to_plain_json(self.current_step.model_dump(by_alias=True, exclude_none=True))
        moment = self.event_timestamp or self.updated_at
        return {
            "type": "watch",
            "runId": self.run_id,
            "eventTimestamp": moment.isoformat() if moment else None,
            "payload": payload,
        }

    def explain(self) -> str:
        """Return what became of the run in one line, and why in the lines below."""
        run = f"run {self.run_id}" if self.run_id else "run"
        workflow = f" of {self.workflow_id!r}" if self.workflow_id else ""
        return f"{run}{workflow} {status_in_words(self.status)}{self._reason()}"

    def _reason(self) -> str:
        if self.status == "failed":
            step = self.failed_step
            where = f" in step {'.'.join(step.path)!r}" if step else ""
            error = self.error or (step.error if step else None)
            meaning = meaning_of(error.message) if error and error.code == "MASTRA_WORKFLOW" else None
            advice = f"\n  {meaning}" if meaning else ""
            return f"{where}: {with_root_cause(error) if error else 'the server gives no reason'}{advice}"
        if self.status == "suspended" and self.suspensions:
            asks = "".join(f"\n  {suspension!r}" for suspension in self.suspensions)
            return f" at{asks}\n  Answer with run.resume_async(step=result.suspensions[0], resume_data=...)."
        if self.status == "tripwire":
            return f": {(self.tripwire or {}).get('reason', 'the server gives no reason')}"
        return ""

    def __eq__(self, other: object) -> bool:
        # whatever shape they were read from
        return self.model_dump() == other.model_dump() if isinstance(other, RunResult) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if self.ok:
            shown = f" {_clipped(repr(self.result))}"
        elif self.suspensions:
            shown = " at " + ", ".join(".".join(path) for path in self.suspended)
        else:
            reason = _clipped(self._reason())
            shown = f" {reason}" if reason and not reason.startswith(":") else reason
        about = " ".join(part for part in (self.workflow_id, self.run_id, self.status) if part)
        return f"<RunResult {about}{shown}>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from mastra_sync.notebooks import result_html  # noqa: PLC0415

        return result_html(self)


ERRORS_BY_STATUS: Mapping[str, type[errors.RunError]] = {
    "failed": errors.RunFailed,
    "suspended": errors.RunSuspended,
    "paused": errors.RunPaused,
    "canceled": errors.RunCanceled,
    "tripwire": errors.RunTripwire,
}


class RunPage(ServerModel):
    """One page of a workflow's runs, newest first.

    Attributes:
        runs: The page's runs.
        total: How many runs match, on all pages.
    """

    runs: list[RunResult]
    total: int = 0

    @classmethod
    def from_server(cls, raw: Any) -> RunPage:
        """Return a server's answer as a page.

        Raises:
            pydantic.ValidationError: The answer is no list of runs.
        """
        return cls.model_validate(raw, context={_FROM_SERVER: True})

    def __iter__(self) -> Iterator[RunResult]:  # type: ignore[override]
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)


def _times_of(step: StepResult) -> dict[str, int]:
    """Return a step's times as Mastra writes them."""
    moments = {
        "startedAt": step.started_at,
        "suspendedAt": step.suspended_at,
        "resumedAt": step.resumed_at,
        "endedAt": step.ended_at,
    }
    return {name: milliseconds(moment) for name, moment in moments.items() if moment is not None}


def _clipped(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= REPR_LENGTH else f"{one_line[: REPR_LENGTH - 3]}..."
