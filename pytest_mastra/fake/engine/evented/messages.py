"""What the evented engine tells itself: messages, and the workflow around a nested one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from mastra_sync.evented import STORED_STATE
from pytest_mastra.fake.engine.position import Restart, TimeTravel
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.graph import (
    ConditionalEntry,
    Entry,
    ForeachEntry,
    LoopEntry,
    MappingEntry,
    ParallelEntry,
    SleepEntry,
    StepEntry,
)
from pytest_mastra.fake.workflows.javascript import UNDEFINED, code_units

STATE = STORED_STATE
"""Key under which results have the state of the workflow as it was then."""

Leaf = StepEntry | MappingEntry
Block = ParallelEntry | ConditionalEntry
Results = dict[str, Any]


@dataclass(slots=True)
class Message:
    """What the engine is to do next, and all that it has to know for it.

    Attributes:
        workflow: The workflow.
        run_id: The run.
        path: Index of the entry, then of the child or item.
        prev: The result before, as an envelope.
        step_results: What the steps gave, by their id.
        active: Paths of the steps that run; messages share it.
        resume_steps: The step to resume, from the outside in.
        resume_data: What it is resumed with.
        parent: The workflow around this one.
        time_travel: What a time travel asked for.
        restart: Where a crash left the run.
        restarts_child: Whether a restart has come to the child of a block.
        per_step: Whether to stop after one step.
        state: The workflow's state.
        item: Which item of a foreach is resumed.
        retry_count: How often this step was tried before.
        nested: The workflow whose step has ended, if that step is a workflow.
        nested_run_id: That workflow's run.
    """

    workflow: Workflow
    run_id: str
    path: list[int] | None = None
    prev: dict[str, Any] | None = None
    step_results: Results | None = None
    active: Any = field(default_factory=dict)
    resume_steps: list[str] = field(default_factory=list)
    resume_data: Any = UNDEFINED
    parent: Parent | None = None
    time_travel: TimeTravel | None = None
    restart: Restart | None = None
    restarts_child: bool = False
    per_step: bool = False
    state: Any = None
    item: int | None = None
    retry_count: int = 0
    nested: Parent | None = None
    nested_run_id: str | None = None

    @property
    def place(self) -> list[int]:
        """Where it is about; nowhere if that is not said."""
        return self.path or []

    @property
    def results(self) -> Results:
        """What the steps gave."""
        return self.step_results or {}

    def at(self, path: list[int], **changes: Any) -> Message:
        """Return the message that goes on somewhere, without what was asked once."""
        once: dict[str, Any] = {"item": None, "retry_count": 0, "nested": None, "nested_run_id": None}
        return replace(self, path=path, **{**once, **changes})

    def current_state(self, step_result: dict[str, Any] | None = None) -> Any:
        """Return the state as the latest result has it."""
        for state in ((step_result or {}).get(STATE), self.results.get(STATE), self.state):
            if state is not None:
                return state
        return {}


@dataclass(frozen=True, slots=True)
class Parent:
    """The workflow around a nested one, as it was when that began.

    Attributes:
        workflow: The workflow.
        run_id: Its run.
        path: Where the nested workflow stands in it.
        step_results: What its steps gave.
        active: Paths of its steps that run.
        resume_steps: The step to resume, from there in.
        resume_data: What it is resumed with.
        input: The result before the nested workflow, as an envelope.
        parent: The workflow around this one.
    """

    workflow: Workflow
    run_id: str
    path: list[int]
    step_results: Results
    active: Any
    resume_steps: list[str]
    resume_data: Any
    input: dict[str, Any]
    parent: Parent | None

    @property
    def step_id(self) -> str | None:
        """The id that the nested workflow has as a step."""
        return step_id_at(self.workflow, self.path)


def entry_at(workflow: Workflow, path: list[int]) -> Entry | None:
    """Return the entry at a path, which may be the child of a block."""
    if not path or not 0 <= path[0] < len(workflow.entries):
        return None
    entry = workflow.entries[path[0]]
    if isinstance(entry, (ParallelEntry, ConditionalEntry)):
        return entry.steps[path[1]] if len(path) > 1 and path[1] < len(entry.steps) else None
    return entry


def leaf_of(entry: Entry | None) -> Leaf | None:
    """Return the step of an entry that has one of its own, or repeats one."""
    if isinstance(entry, (LoopEntry, ForeachEntry)):
        return entry.step
    return None if isinstance(entry, (ParallelEntry, ConditionalEntry, SleepEntry)) else entry


def step_id_at(workflow: Workflow, path: list[int]) -> str | None:
    """Return the id of the step at a path."""
    leaf = leaf_of(entry_at(workflow, path))
    return None if leaf is None else leaf.id


def nested_workflow(leaf: Leaf) -> Workflow | None:
    """Return the workflow that a step is, if it is one."""
    return leaf.step if isinstance(leaf.step, Workflow) else None


def output_of(result: Any) -> Any:
    """Return what an envelope holds."""
    return result.get("output", UNDEFINED) if isinstance(result, dict) else UNDEFINED


def report_of(results: Results, step_id: str) -> dict[str, Any]:
    """Return what is known of a step; nothing if that is no report."""
    report = results.get(step_id)
    return report if isinstance(report, dict) else {}


def length_of(value: Any) -> Any:
    """Return what JavaScript has for a value's length; None without any."""
    if isinstance(value, list):
        return len(value)
    if isinstance(value, str):
        return len(code_units(value))
    return value.get("length") if isinstance(value, dict) else None


def element_of(value: Any, index: int) -> Any:
    """Return the item of a value that JavaScript finds at an index."""
    if isinstance(value, list):
        return value[index] if index < len(value) else UNDEFINED
    if isinstance(value, str):
        units = code_units(value)
        return units[index] if index < len(units) else UNDEFINED
    return value.get(str(index), UNDEFINED) if isinstance(value, dict) else UNDEFINED


def as_written(value: Any) -> Any:
    """Return a value as JSON has it: undefined keys are none, undefined items null."""
    if isinstance(value, dict):
        return {key: as_written(item) for key, item in value.items() if item is not UNDEFINED}
    if isinstance(value, list):
        return [None if item is UNDEFINED else as_written(item) for item in value]
    return value
