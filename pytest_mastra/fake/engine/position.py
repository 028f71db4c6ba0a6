"""Where an execution is in a graph, and what it was asked to go on from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

PRIOR_COMPLETION = frozenset(
    {"output", "error", "endedAt", "suspendedAt", "suspendPayload", "suspendOutput", "tripwire", "nonRetryable"}
)
"""What an earlier execution of a step left, and the next one drops."""


@dataclass(slots=True)
class Frame:
    """Where an execution is. Children of a block have frames of their own.

    Those share everything but the path.

    Attributes:
        path: Index of the entry, then of the child.
        execution_path: Ids of the top-level steps, in the order in which they ran.
        state: The run's state, mostly an object.
        active: Paths of the steps that run.
        suspended: Paths of the steps that have suspended.
        labels: Resume labels.
        item: Which item of a foreach this is.
    """

    path: list[int]
    execution_path: list[str]
    state: Any
    active: dict[str, list[int]] = field(default_factory=dict)
    suspended: dict[str, list[int]] = field(default_factory=dict)
    labels: dict[str, Any] = field(default_factory=dict)
    item: int | None = None

    def child(self, index: int) -> Frame:
        """Return the frame of a block's child."""
        return replace(self, path=[*self.path, index])

    def for_item(self, index: int) -> Frame:
        """Return the frame of a foreach's item."""
        return replace(self, item=index)

    def resumed_child(self, index: int) -> Frame:
        """Return the frame of a resumed child, which adds nothing to the path of execution."""
        return replace(self, path=[*self.path, index], execution_path=list(self.execution_path))


@dataclass(frozen=True, slots=True)
class Resume:
    """An answer to a suspension.

    Attributes:
        steps: The suspended step, from the outside in.
        payload: The answer.
        step_results: What the run knew.
        step_execution_path: What had run.
        item: Which item of a foreach is meant.
    """

    steps: list[str]
    payload: Any
    step_results: dict[str, Any]
    step_execution_path: list[str] | None = None
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Restart:
    """Where a crash left a run.

    Attributes:
        active: Paths of the steps that ran.
        step_results: What the run knew.
        state: The run's state.
        step_execution_path: What had run.
    """

    active: dict[str, list[int]]
    step_results: dict[str, Any]
    state: dict[str, Any] | None
    step_execution_path: list[str] | None = None


@dataclass(frozen=True, slots=True)
class TimeTravel:
    """A step to execute again, with another past.

    Attributes:
        steps: The step, from the outside in.
        input_data: What it gets.
        resume_data: What it is resumed with.
        step_results: What the run is taken to know.
        nested_results: What nested workflows are taken to know, by their id.
        state: The run's state.
        step_execution_path: What had run.
    """

    steps: list[str]
    input_data: Any
    resume_data: Any
    step_results: dict[str, Any]
    nested_results: Any
    state: dict[str, Any] | None
    step_execution_path: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Continuation:
    """What an execution, or a step of it, goes on from.

    There is one of the three, or nothing at a start.

    Attributes:
        resume: An answer to a suspension.
        restart: Where a crash left the run.
        time_travel: A step to execute again.
        path: Indexes that lead to where to go on, as many as are still to be walked.
    """

    resume: Resume | None = None
    restart: Restart | None = None
    time_travel: TimeTravel | None = None
    path: tuple[int, ...] = ()

    @property
    def past(self) -> Resume | Restart | TimeTravel | None:
        """Which of the three there is; None at a start."""
        return self.time_travel or self.restart or self.resume
