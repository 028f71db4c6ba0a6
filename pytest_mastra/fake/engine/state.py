"""What one fake server knows: its workflows, its runs in memory, its store, its clock."""

from __future__ import annotations

import random
import traceback
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pytest_mastra.fake.engine.event_stream import Histories
from pytest_mastra.fake.engine.held_command import HeldCommand
from pytest_mastra.fake.engine.position import PRIOR_COMPLETION
from pytest_mastra.fake.engine.recent import Recent
from pytest_mastra.fake.engine.runs import Event, Run
from pytest_mastra.fake.engine.store import Store
from pytest_mastra.fake.virtual_time.clock import ServerClock
from pytest_mastra.fake.virtual_time.scheduler import SchedulerDriver
from pytest_mastra.fake.workflows.definition import Workflow, renew_ids
from pytest_mastra.fake.workflows.describe import serialized_entry
from pytest_mastra.fake.workflows.errors import Refusal, is_meant, own_traceback
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present, without
from pytest_mastra.http.wire import ProcessDied


@dataclass(frozen=True, slots=True)
class UnexpectedError:
    """An exception that was not meant, in a declared step or function or in the fake.

    Attributes:
        workflow_id: The workflow; empty if the fake failed before it knew of one.
        run_id: The run; empty likewise.
        step_id: The step; for a condition, its id as graphs have it; empty if the fake itself failed.
        error: The exception, with its traceback.
        request: The request that the fake failed at, if it was at one.
    """

    workflow_id: str
    run_id: str
    step_id: str
    error: BaseException
    request: str = ""

    @property
    def traceback(self) -> str:
        """The traceback, as those need it who are to mend it."""
        if self.step_id:
            return own_traceback(self.error)
        return "".join(traceback.format_exception(self.error)).rstrip()

    @property
    def where(self) -> str:
        """Where it was raised, in words."""
        if self.step_id:
            return f"step {self.step_id!r} of workflow {self.workflow_id!r}, run {self.run_id}"
        workflow = f"workflow {self.workflow_id!r}" if self.workflow_id else ""
        run = f"run {self.run_id}" if self.run_id else ""
        return f"the fake server itself, at {', '.join(filter(None, (self.request, workflow, run)))}"


@dataclass(frozen=True, slots=True)
class UnusedName:
    """What a test has said of something by its name, and nothing has this name.

    Attributes:
        text: What it said, as it was written.
        place: File and line.
        reason: What there is instead, and what may be meant.
    """

    text: str
    place: str
    reason: str


class ServerState:
    """What one server knows.

    Args:
        generation: What it behaves like.
        clock: Its time.
        on_event: Called with a workflow's id, a run's and an event of it.
        patience: Real seconds that a request waits whose run cannot go on.
        seed: Makes ids repeatable.

    Attributes:
        lives: How many processes the server has been so far, the one that runs included.
        held_next: What holds the next command to a run; None if nothing does.
        on_executed: Called with a step's id when its function has done its work, before that is stored.
        name_checks: Give what tests have said by names that nothing has.
    """

    def __init__(
        self,
        generation: Generation,
        clock: ServerClock,
        on_event: Callable[[str, str, Event], None],
        *,
        patience: float,
        seed: int,
    ) -> None:
        self.generation = generation
        self.clock = clock
        self.store = Store(clock, replaces_rows=generation.replaces_rows, limits=generation.limits_stored)
        self.histories = Histories()
        self.driver = SchedulerDriver(clock, patience)
        self.lives = 1
        self.held_next: HeldCommand | None = None
        self.on_executed: list[Callable[[str], None]] = []
        self.workflows: dict[str, Workflow] = {}
        self.unexpected_errors: Recent[UnexpectedError] = Recent()
        self.holders: list[Callable[[str], list[str]]] = []
        self.name_checks: list[Callable[[], Iterable[UnusedName]]] = []
        self._on_event = on_event
        self._random = random.Random(seed)  # noqa: S311 -- ids, not secrets
        self._runs: dict[tuple[str, str], Run] = {}
        self._last_statuses: dict[tuple[str, str], str] = {}
        self._nested_inputs: dict[str, Any] = {}
        self._executions: dict[str, Counter[str]] = {}
        self._graphs: dict[int, tuple[int, list[dict[str, Any]]]] = {}

    def forget_memory(self) -> None:
        """Forget all but what is declared and stored, as a process does that is killed.

        What was begun in it finds `lives` counted up.
        """
        self.lives += 1
        self.histories = Histories()
        self._runs.clear()
        self._last_statuses.clear()
        self._nested_inputs.clear()
        self._executions.clear()
        self._graphs.clear()
        for workflow in self.workflows.values():
            renew_ids(workflow)

    def check_alive(self, life: int) -> None:
        """Check that the process lives still in which something was begun.

        Args:
            life: What `lives` was then.

        Raises:
            ProcessDied: It does not.
        """
        if life != self.lives:
            raise ProcessDied

    def new_id(self) -> str:
        """Return a UUID, the same ones in each test."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def workflow(self, name: str) -> Workflow | None:
        """Return a listed workflow by its key or its id."""
        found = self.workflows.get(name)
        if found is not None:
            return found
        return next((workflow for workflow in self.workflows.values() if workflow.id == name), None)

    def create_run(self, workflow: Workflow, run_id: str | None, resource_id: str | None) -> Run:
        """Return the run of this id; a new one is stored as pending.

        Raises:
            Refusal: The workflow has no steps.
        """
        if not workflow.entries:
            raise Refusal(
                "Execution flow of workflow is not defined. Add steps to the workflow via .then(), .branch(), etc."
            )
        chosen = run_id or self.new_id()
        key = (workflow.id, chosen)
        run = self._runs.get(key)
        if run is None:
            run = Run(workflow, chosen, resource_id, on_event=partial(self._on_event, *key))
            self._runs[key] = run
        if self.store.find(*key) is None:
            self.store.persist(*key, run.resource_id, self._pending_snapshot(run))
        return run

    def _pending_snapshot(self, run: Run) -> dict[str, Any]:
        return {
            "runId": run.run_id,
            "status": "pending",
            "value": {},
            # a workflow that once ran inside another workflow shows that run's input in all its new runs
            "context": present({"input": self._nested_inputs.get(run.workflow.id, UNDEFINED)}),
            "activePaths": [],
            "activeStepsPath": {},
            "serializedStepGraph": self.serialized_graph(run.workflow),
            "suspendedPaths": {},
            "resumeLabels": {},
            "waitingPaths": {},
            "timestamp": round(self.clock.now() * 1000),
        }

    def cancel(self, run: Run) -> None:
        """Cancel a run, whatever its status."""
        run.signal.abort()
        row = self.store.find(run.workflow.id, run.run_id)
        if row is not None and self.generation.stores_cancel:
            self.store.set_status(row, "canceled")

    def holds(self, run_id: str) -> list[str]:
        """Return where a run is held, and what lets it go on, in words."""
        return [words for holder in self.holders for words in holder(run_id)]

    def forget_run(self, workflow_id: str, run_id: str) -> None:
        """Drop a run from memory; the store keeps it."""
        self._runs.pop((workflow_id, run_id), None)

    def delete_run(self, workflow_id: str, run_id: str) -> None:
        """Drop a run from memory and store."""
        self.store.delete(workflow_id, run_id)
        self.forget_run(workflow_id, run_id)
        self._last_statuses.pop((workflow_id, run_id), None)

    def last_status(self, run: Run) -> str | None:
        """Return the status that an execution stored last."""
        return self._last_statuses.get((run.workflow.id, run.run_id))

    def remember_status(self, run: Run, status: str) -> None:
        """Note the status that an execution stored."""
        self._last_statuses[run.workflow.id, run.run_id] = status

    def forget_status(self, run: Run) -> None:
        """Note that an execution is over."""
        self._last_statuses.pop((run.workflow.id, run.run_id), None)

    def note_nested_input(self, workflow: Workflow, value: Any) -> None:
        """Note the input of a workflow that is a step of another workflow."""
        self._nested_inputs[workflow.id] = value

    def count_execution(self, workflow: Workflow, step_id: str) -> int:
        """Count an execution of a step; return how many there were before it.

        They are those of a workflow since an execution of its graph began, of whatever run.
        """
        counter = self._executions.setdefault(workflow.id, Counter())
        counter[step_id] += 1
        return counter[step_id] - 1

    def forget_executions(self, workflow: Workflow) -> None:
        """Count a workflow's steps anew."""
        self._executions.pop(workflow.id, None)

    def note_failure(self, run: Run, step_id: str, error: Exception) -> None:
        """Note a step's exception, if nobody meant it."""
        if not is_meant(error):
            self.unexpected_errors.append(UnexpectedError(run.workflow.id, run.run_id, step_id, error))

    def note_breakdown(
        self, error: Exception, *, workflow_id: str = "", run_id: str = "", request: str = ""
    ) -> Refusal:
        """Note an exception of the server's own, once; return what clients are told of it."""
        if all(known.error is not error for known in self.unexpected_errors):
            self.unexpected_errors.append(UnexpectedError(workflow_id, run_id, "", error, request))
        return Refusal(str(error) or type(error).__name__, name=type(error).__name__)

    def without_prior_completion(self, info: dict[str, Any]) -> dict[str, Any]:
        """Return what is known of a step without what its earlier execution left."""
        return dict(info) if self.generation.repeats_completions else without(info, PRIOR_COMPLETION)

    def serialized_graph(self, workflow: Workflow) -> list[dict[str, Any]]:
        """Return a workflow's graph as details and snapshots have it."""
        if workflow.shown_graph is not None:
            return workflow.shown_graph
        known = self._graphs.get(id(workflow))
        if known is None or known[0] != len(workflow.entries):
            graph = [serialized_entry(entry, self.generation) for entry in workflow.entries]
            known = self._graphs[id(workflow)] = (len(workflow.entries), graph)
        return known[1]
