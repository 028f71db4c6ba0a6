"""One execution of a workflow's graph: what it knows, emits and stores."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from pytest_mastra.fake.engine.options import ExecutionOptions
from pytest_mastra.fake.engine.position import Continuation, Frame
from pytest_mastra.fake.engine.runs import Run
from pytest_mastra.fake.engine.state import ServerState
from pytest_mastra.fake.engine.suspend_payloads import meta_of
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Scheduler, Signal
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.fake.workflows.graph import AnyStep, ConditionalEntry, Entry, ForeachEntry, LoopEntry, ParallelEntry
from pytest_mastra.fake.workflows.javascript import (
    PROTOTYPE,
    UNDEFINED,
    SparseObject,
    present,
    spread,
    to_json_value,
    without,
)


@dataclass(frozen=True, slots=True)
class NestedCommands:
    """What executes a nested workflow's run.

    It is handed in: executing a graph executes graphs inside it, the one recursion of the engine.

    Attributes:
        start: Given the input and the state.
        resume: Given the step and the answer.
        restart: Given nothing.
        time_travel: Given what a request would ask for.
    """

    start: Callable[[ServerState, Run, Any, Any, ExecutionOptions], Coroutine]
    resume: Callable[[ServerState, Run, Any, Any, ExecutionOptions], Coroutine]
    restart: Callable[[ServerState, Run, ExecutionOptions], Coroutine]
    time_travel: Callable[[ServerState, Run, dict[str, Any], ExecutionOptions], Coroutine]


@dataclass
class Execution:
    """One way through a graph: a start, a resume, a restart or a time travel.

    Attributes:
        server_state: The server around it.
        run: The run that is executed.
        options: What it is executed with.
        nested: Executes the runs of nested workflows.
        continuation: What it goes on from.
        step_results: What the steps gave, by their id; under `input` what the run was started with.
        step_execution_path: Ids of the top-level steps, in the order in which they ran.
        generation: What the server behaves like.
        scheduler: Where the tasks take turns.
        signal: Says whether the run was cancelled.
    """

    server_state: ServerState
    run: Run
    options: ExecutionOptions
    nested: NestedCommands
    continuation: Continuation = field(default_factory=Continuation)
    step_results: dict[str, Any] = field(default_factory=dict)
    step_execution_path: list[str] = field(default_factory=list)
    generation: Generation = field(init=False)
    scheduler: Scheduler = field(init=False)
    signal: Signal = field(init=False)

    def __post_init__(self) -> None:
        self.generation = self.server_state.generation
        self.scheduler = self.options.scheduler
        self.signal = self.run.signal

    def emit(self, type: str, payload: dict[str, Any]) -> None:  # noqa: A002 -- the wire's word
        """Tell the watchers of the run."""
        self.run.publish({"type": type, "payload": payload})

    def now(self) -> int:
        """Return the time as Mastra notes it."""
        return self.scheduler.milliseconds()

    @property
    def is_frozen(self) -> bool:
        """Whether what is stored stays as it was until the run has been resumed."""
        last = self.server_state.last_status(self.run)
        return self.generation.freezes_resumed_runs and last in ("suspended", "paused")

    @property
    def awaits_events(self) -> bool:
        """Whether emitting an event takes a turn; what is stored between two events takes longer."""
        return self.generation.awaits_events or self.is_frozen

    def persist(
        self,
        frame: Frame,
        status: str,
        *,
        result: Any = UNDEFINED,
        error: Any = UNDEFINED,
        tracing: Any = UNDEFINED,
        step_results: dict[str, Any] | None = None,
    ) -> Coroutine:
        """Store where the run is; storing takes a turn, as it takes real servers some milliseconds."""
        run, server_state = self.run, self.server_state
        if not (status == "running" and self.is_frozen):
            snapshot = self._snapshot(frame, status, result, error, tracing, step_results)
            server_state.store.persist(run.workflow.id, run.run_id, run.resource_id, snapshot)
            server_state.remember_status(run, status)
        yield None

    def _snapshot(
        self,
        frame: Frame,
        status: str,
        result: Any,
        error: Any,
        tracing: Any,
        step_results: dict[str, Any] | None,
    ) -> dict[str, Any]:
        snapshot: dict[str, Any] = {
            "runId": self.run.run_id,
            "status": status,
            "value": copy(frame.state),
            "context": dict(self.step_results if step_results is None else step_results),
            "activePaths": list(frame.path),
        }
        if self.generation.execution_path:
            snapshot["stepExecutionPath"] = list(self.step_execution_path)
        snapshot |= {
            "activeStepsPath": dict(frame.active),
            "serializedStepGraph": self.server_state.serialized_graph(self.run.workflow),
            "suspendedPaths": dict(frame.suspended),
            "waitingPaths": {},
            "resumeLabels": dict(frame.labels),
        }
        if result is not UNDEFINED:
            snapshot["result"] = result
        if error is not UNDEFINED:
            snapshot["error"] = error
        context = self.options.request_context
        snapshot["requestContext"] = stored_context(context) if context else {}
        snapshot["timestamp"] = self.now()
        if tracing is not UNDEFINED:
            snapshot["tracingContext"] = tracing
        return snapshot


@dataclass
class StepExecution:
    """What all attempts at one execution of a step share.

    Attributes:
        execution: The execution around it.
        frame: Where it is.
        step: The step.
        continuation: What to go on from.
        call_id: Shared by the events of this execution.
        input_data: The step's input, checked.
        refusal: Why the input does not fit.
        resume_data: What the step is resumed with.
        suspend_data: What it had suspended with.
        item_run_id: In a foreach over a workflow: the id of this item's own run.
    """

    execution: Execution
    frame: Frame
    step: AnyStep
    continuation: Continuation
    call_id: str
    input_data: Any
    refusal: Refusal | None
    resume_data: Any
    suspend_data: Any
    item_run_id: str | None


def recorded_report(step_results: dict[str, Any], step_id: str) -> dict[str, Any]:
    """Return what is recorded of a step.

    Of one called `input` that has not begun it is the run's input.
    """
    return spread(step_results.get(step_id))


def recorded_meta(report: dict[str, Any]) -> dict[str, Any]:
    """Return what Mastra keeps for itself in what a step suspended with."""
    return meta_of(report.get("suspendPayload"))


def output_before(step_results: dict[str, Any], before: Entry | None) -> Any:
    """Return what the entry before gave; of a block, what each of its children gave."""
    if before is None:
        return step_results.get("input", UNDEFINED)
    if isinstance(before, (ParallelEntry, ConditionalEntry)):
        outputs = {step.id: _output(step_results, step.id) for step in before.steps}
        return SparseObject(outputs) if UNDEFINED in outputs.values() else outputs
    return _output(step_results, before.step.id if isinstance(before, (LoopEntry, ForeachEntry)) else before.id)


def _output(step_results: dict[str, Any], step_id: str) -> Any:
    result = step_results.get(step_id)
    return result.get("output", UNDEFINED) if isinstance(result, dict) else UNDEFINED


def stored_context(request_context: dict[str, Any]) -> dict[str, Any]:
    """Return a request context as it is stored."""
    return without(to_json_value(present(request_context)), frozenset({PROTOTYPE}))
