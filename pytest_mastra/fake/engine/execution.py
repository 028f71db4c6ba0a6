"""One execution of a workflow's graph: what it keeps while it goes from entry to entry, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.engine import result as results
from pytest_mastra.fake.engine.execute_entry import execute_entry, output_before
from pytest_mastra.fake.engine.position import Frame, Restart, Resume, TimeTravel
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Scheduler, Signal
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present
from pytest_mastra.fake.workflows.step_context import shown_context

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.runs import Run
    from pytest_mastra.fake.engine.state import ServerState

StreamWriter = Callable[[dict[str, Any]], None]


@dataclass
class Execution:
    """One way through a graph: a start, a resume, a restart or a time travel.

    Attributes:
        server_state: The server around it.
        run: The run that is executed.
        scheduler: Where its tasks take turns.
        request_context: What steps see; they may change it.
        write: Takes what steps write into the stream.
        per_step: Whether to stop after one step.
        resume: What was suspended, and the answer to it.
        restart: Where a crash left the run.
        time_travel: Where to go on from, and with what.
        include_state: Whether the result holds the state and labels, for the workflow around this one.
    """

    server_state: ServerState
    run: Run
    scheduler: Scheduler
    request_context: dict[str, Any]
    write: StreamWriter | None = None
    per_step: bool = False
    resume: Resume | None = None
    restart: Restart | None = None
    time_travel: TimeTravel | None = None
    include_state: bool = False
    held: Callable[[], Coroutine] | None = None
    step_results: dict[str, Any] = field(default_factory=dict)
    step_execution_path: list[str] = field(default_factory=list)

    @property
    def signal(self) -> Signal:
        """Says whether the run was cancelled."""
        return self.run.signal

    def emit(self, type: str, payload: dict[str, Any]) -> None:  # noqa: A002 -- the wire's word
        """Tell the watchers of the run."""
        self.run.publish({"type": type, "payload": payload})

    def now(self) -> int:
        """Return the time as Mastra notes it."""
        return self.scheduler.milliseconds()

    def execute(self, input_data: Any, initial_state: Any) -> Coroutine:
        """Execute; return what the `-async` verbs answer."""
        entries = self.run.workflow.entries
        if not entries:
            raise Refusal("Workflow must have at least one step", code="WORKFLOW_EXECUTE_EMPTY_GRAPH")
        first = self._first_entry()
        self._take_over(input_data)
        state = self._first_state(initial_state)
        frame = Frame([first], self.step_execution_path, state)
        outcome: dict[str, Any] = {}
        for index in range(first, len(entries)):
            if self.signal.aborted and self.server_state.generation.checks_abort_first:
                return (
                    yield from self._canceled(frame if outcome else Frame([index], self.step_execution_path, state))
                )
            frame = Frame([index], self.step_execution_path, state)
            outcome = yield from execute_entry(self, frame, entries[index], entries[index - 1] if index else None)
            state = frame.state
            if outcome["status"] != "success":
                return (yield from self._stopped(frame, outcome))
            if self.per_step:
                return (yield from self._paused(frame, outcome))
        result = results.formatted(self, outcome)
        yield from self.persist(frame, result["status"], result=result.get("result", UNDEFINED), error=UNDEFINED)
        if result["status"] != "suspended":
            self.server_state.forget_status(self.run)
        return self._answer(result, frame)

    def _first_entry(self) -> int:
        for move in (self.time_travel, self.restart, self.resume):
            if move is not None:
                return move.path.pop(0) if move.path else 0
        return 0

    def _take_over(self, input_data: Any) -> None:
        move = self.time_travel or self.restart or self.resume
        if move is None:
            self.step_results = present({"input": input_data})
        else:
            self.step_results = move.step_results
            self.step_execution_path = list(move.step_execution_path or [])

    def _first_state(self, initial_state: Any) -> dict[str, Any]:
        if self.time_travel is not None:
            return dict(self.time_travel.state or {})
        if self.restart is not None:
            return dict(self.restart.state or {})
        return dict(initial_state) if isinstance(initial_state, dict) else {}

    def _canceled(self, frame: Frame) -> Coroutine:
        yield from self.persist(frame, "canceled")
        return self._answer(results.formatted(self, {"status": "canceled"}), frame)

    def _stopped(self, frame: Frame, outcome: dict[str, Any]) -> Coroutine:
        if outcome["status"] == "bailed":
            outcome["status"] = "success"
        result = results.formatted(self, outcome)
        yield from self.persist(
            frame,
            result["status"],
            result=result.get("result", UNDEFINED),
            error=result.get("error", UNDEFINED),
            tracing={} if self.server_state.generation.notes_tracing else UNDEFINED,
        )
        if outcome["status"] == "paused":
            self.emit("workflow-paused", {})
        if outcome["status"] not in ("suspended", "paused"):
            self.server_state.forget_status(self.run)
        return self._answer(result, frame)

    def _paused(self, frame: Frame, outcome: dict[str, Any]) -> Coroutine:
        result = results.formatted(self, outcome)
        yield from self.persist(frame, "paused")
        self.emit("workflow-paused", {})
        result.pop("result", None)
        return self._answer({**result, "status": "paused"}, frame)

    def _answer(self, result: dict[str, Any], frame: Frame) -> dict[str, Any]:
        answer = dict(result)
        if self.server_state.generation.run_id_in_results:
            answer["runId"] = self.run.run_id
        if self.include_state:
            answer["state"] = frame.state
            answer["resumeLabels"] = frame.labels
        return answer

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
        last = self.server_state.last_status(self.run)
        freezes = self.server_state.generation.freezes_resumed_runs
        if not (freezes and status == "running" and last in ("suspended", "paused")):
            self.server_state.store.persist(
                self.run, self._snapshot(frame, status, result, error, tracing, step_results)
            )
            self.server_state.remember_status(self.run, status)
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
            "value": dict(frame.state),
            "context": dict(self.step_results if step_results is None else step_results),
            "activePaths": list(frame.path),
        }
        if self.server_state.generation.execution_path:
            snapshot["stepExecutionPath"] = list(self.step_execution_path)
        snapshot |= {
            "activeStepsPath": dict(frame.active),
            "serializedStepGraph": self.run.graph,
            "suspendedPaths": dict(frame.suspended),
            "waitingPaths": {},
            "resumeLabels": dict(frame.labels),
        }
        if result is not UNDEFINED:
            snapshot["result"] = result
        if error is not UNDEFINED:
            snapshot["error"] = error
        snapshot["requestContext"] = shown_context(self.request_context) if self.request_context else {}
        snapshot["timestamp"] = self.now()
        if tracing is not UNDEFINED:
            snapshot["tracingContext"] = tracing
        return snapshot

    def previous_output(self, before: Any) -> Any:
        """Return what the entry before gave."""
        return output_before(self.step_results, before)
