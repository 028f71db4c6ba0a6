"""One run as a server keeps it in memory: start, resume, restart, time travel, cancel, and who watches it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mastra_sync.normalise import NESTED_META
from pytest_mastra.fake.engine.event_stream import RunOutput
from pytest_mastra.fake.engine.execution import Execution
from pytest_mastra.fake.engine.position import Resume
from pytest_mastra.fake.engine.time_travel import restart_from, stored_outcome, time_travel_from
from pytest_mastra.fake.engine.validation import accepted, lines
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Signal, Until
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.javascript import UNDEFINED

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.state import ServerState
    from pytest_mastra.fake.workflows.definition import Workflow

Event = dict[str, Any]

LONGEST_WAIT = 2.0
"""Seconds that a current server waits for a run to suspend before it refuses to resume it."""

SHORT_WAIT = 0.025


class Run:
    """One run. Lives in memory until it ends; what a server knows of it afterwards is in the store.

    Args:
        server_state: The server around it.
        workflow: Its workflow.
        run_id: Its id.
        resource_id: Whose run it is.
    """

    def __init__(self, server_state: ServerState, workflow: Workflow, run_id: str, resource_id: str | None) -> None:
        self._server_state = server_state
        self.workflow = workflow
        self.run_id = run_id
        self.resource_id = resource_id
        self.signal = Signal()
        self.output: RunOutput | None = None
        self.close_stream: Callable[[], None] | None = None
        self._watchers: list[Callable[[Event], None]] = []

    @property
    def graph(self) -> list[dict[str, Any]]:
        """The workflow's graph as it is stored."""
        return self._server_state.serialized_graph(self.workflow)

    def watch(self, watcher: Callable[[Event], None]) -> Callable[[], None]:
        """Call this with each event; return what ends the watch."""
        self._watchers.append(watcher)

        def forget() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return forget

    def publish(self, event: Event) -> None:
        """Tell the watchers."""
        self._server_state.note_event(self, event)
        for watcher in list(self._watchers):
            watcher(event)

    def publish_nested(self, event: Event) -> None:
        """Tell the watchers of what a nested workflow says."""
        for watcher in list(self._watchers):
            watcher(event)

    def start(self, input_data: Any, initial_state: Any, **shared: Any) -> Coroutine:
        """Execute the workflow from its beginning."""
        if self.workflow.validate_inputs:
            generation = self._server_state.generation
            input_data = accepted(self.workflow.input_schema, input_data, "input data", generation)
            state = {} if initial_state is UNDEFINED or initial_state is None else initial_state
            initial_state = accepted(self.workflow.state_schema, state, generation.bad_state, generation)
        self.check_request_context(shared["request_context"])
        execution = Execution(self._server_state, self, **shared)
        result = yield from execution.execute(input_data, initial_state)
        self._clean_up(result)
        return result

    def check_request_context(self, request_context: dict[str, Any]) -> None:
        """Refuse a request context that does not fit the workflow's schema."""
        schema = self.workflow.request_context_schema
        if (
            schema is None
            or not self.workflow.validate_inputs
            or not self._server_state.generation.checks_request_context
        ):
            return
        _, issues = schema.check(request_context)
        if issues:
            raise Refusal(f"Request context validation failed for workflow '{self.workflow.id}': \n{lines(issues)}")

    def resume(
        self, step: Any, payload: Any, *, item: int | None, is_streamed: bool = False, **shared: Any
    ) -> Coroutine:
        """Answer a suspension."""
        snapshot = yield from self._suspended_snapshot()
        steps = self._resumed_path(step, snapshot)
        if self.workflow.validate_inputs:
            inner = self.workflow.steps.get(steps[0]) if steps else None
            schema = inner.resume_schema if inner is not None else None
            payload = accepted(schema, payload, "resume data", self._server_state.generation)
        context = shared["request_context"]
        for key, value in snapshot.get("requestContext", {}).items():
            context.setdefault(key, value)
        self._claim(snapshot)
        resume = Resume(
            steps=steps,
            payload=payload,
            path=list(snapshot["suspendedPaths"].get(steps[0], [])),
            step_results=dict(snapshot["context"]),
            step_execution_path=snapshot.get("stepExecutionPath"),
            item=item,
        )
        execution = Execution(self._server_state, self, resume=resume, **shared)
        result = yield from execution.execute(UNDEFINED, snapshot["value"])
        if result["status"] != "suspended" and not is_streamed:
            self._close_open_stream()
        if not self._server_state.generation.remembers_resumed_runs:
            self._clean_up(result)
        return result

    def _suspended_snapshot(self) -> Coroutine:
        deadline = self._server_state.clock.now() + LONGEST_WAIT
        while True:
            row = self._server_state.store.find(self.workflow.id, self.run_id)
            if row is None:
                raise Refusal(f"No snapshot found for this workflow run: {self.workflow.id} {self.run_id}")
            status = row.status
            waits = self._server_state.generation.waits_for_suspension and status in ("running", "pending")
            if not waits or self._server_state.clock.now() >= deadline:
                break
            yield Until(self._server_state.clock.now() + SHORT_WAIT)
        if status != "suspended":
            raise Refusal("This workflow run was not suspended")
        return row.snapshot

    def _resumed_path(self, step: Any, snapshot: dict[str, Any]) -> list[str]:
        suspended = snapshot["suspendedPaths"]
        if isinstance(step, list) or step:
            steps = step.split(".") if isinstance(step, str) else list(step)
        else:
            paths = []
            for step_id in suspended:
                result = snapshot["context"].get(step_id)
                if isinstance(result, dict) and result.get("status") == "suspended":
                    meta = (result.get("suspendPayload") or {}).get(NESTED_META, {})
                    paths.append([step_id, *(meta.get("path") or [])])
            if not paths:
                raise Refusal("No suspended steps found in this workflow run")
            if len(paths) > 1:
                listed = ", ".join(f"[{', '.join(path)}]" for path in paths)
                raise Refusal(
                    f"Multiple suspended steps found: {listed}. "
                    'Please specify which step to resume using the "step" parameter.'
                )
            steps = paths[0]
        first = steps[0] if steps else "undefined"
        if first not in suspended:
            available = ", ".join(suspended)
            raise Refusal(f'This workflow step "{first}" was not suspended. Available suspended steps: [{available}]')
        return steps

    def _claim(self, snapshot: dict[str, Any]) -> None:
        """Take the suspension, before another resume does."""
        if not self._server_state.generation.waits_for_suspension:
            return
        row = self._server_state.store.find(self.workflow.id, self.run_id)
        current = row.status if row else "unknown"
        if row is not None and current == "suspended":
            self._server_state.store.set_status(row, "running")
            return
        raise Refusal(
            "This suspended workflow run was already resumed by another caller. "
            f'Workflow "{self.workflow.id}" run "{self.run_id}" moved from "{snapshot["status"]}" to "{current}" '
            "before this resume could claim it. Only one resume() call may continue a given suspension; re-read the "
            "run state before resuming again.",
            409,
            code="WORKFLOW_RESUME_ALREADY_CLAIMED",
            details={
                "workflowId": self.workflow.id,
                "runId": self.run_id,
                "expectedStatus": "suspended",
                "actualStatus": current,
            },
        )

    def restart(self, **shared: Any) -> Coroutine:
        """Go on where a crash left the run."""
        row = self._server_state.store.find(self.workflow.id, self.run_id)
        if row is None:
            raise Refusal(f"Snapshot not found for run {self.run_id}")
        if self._server_state.generation.keeps_finished_runs and row.status in ("success", "failed", "tripwire"):
            self._server_state.forget_run(self)
            return stored_outcome(row.snapshot)
        restart = restart_from(row.snapshot, self.workflow.entries)
        for key, value in row.snapshot.get("requestContext", {}).items():
            shared["request_context"].setdefault(key, value)
        shared["include_state"] = False
        execution = Execution(self._server_state, self, restart=restart, **shared)
        result = yield from execution.execute(UNDEFINED, UNDEFINED)
        self._clean_up(result)
        return result

    def time_travel(self, body: dict[str, Any], **shared: Any) -> Coroutine:
        """Execute again from a step, with another past."""
        travel = time_travel_from(self._server_state, self, body, per_step=shared["per_step"])
        row = self._server_state.store.find(self.workflow.id, self.run_id)
        if row is not None:
            for key, value in row.snapshot.get("requestContext", {}).items():
                shared["request_context"].setdefault(key, value)
        execution = Execution(self._server_state, self, time_travel=travel, **shared)
        result = yield from execution.execute(UNDEFINED, UNDEFINED)
        self._clean_up(result)
        return result

    def _clean_up(self, result: dict[str, Any]) -> None:
        if result["status"] != "suspended":
            self._server_state.forget_run(self)

    def _close_open_stream(self) -> None:
        if self.close_stream is not None:
            self.close_stream()

    def stream(
        self, steps: Callable[[Callable[[Event], None]], Coroutine], *, raw: bool, closes: bool = True
    ) -> Coroutine:
        """Move the run, with its events in a stream.

        Args:
            steps: What moves the run, given what takes the steps' own records.
            raw: Whether steps' own records go into the stream as they are, as all but `stream` itself do.
            closes: Whether a suspension ends the stream.
        """
        output = RunOutput(self, self._server_state.generation)
        self.output = output
        forget = self.watch(output.write_event)

        def close() -> None:
            forget()
            output.close()

        self.close_stream = close
        return self._run_with_stream(steps(output.write if raw else self.publish), output, close, closes=closes)

    def _run_with_stream(
        self, steps: Coroutine, output: RunOutput, close: Callable[[], None], *, closes: bool
    ) -> Coroutine:
        try:
            result = yield from steps
        except Refusal as refusal:
            output.reject(refusal)
            close()
            raise
        output.result = result
        if closes or result["status"] != "suspended":
            close()
        return result
