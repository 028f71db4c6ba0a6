"""What an execution knows while it is in one entry, and what it was asked to go on from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(slots=True)
class Frame:
    """Where an execution is. Children of a block have frames of their own that share all but the path.

    Attributes:
        path: Index of the entry, then of the child.
        execution_path: Ids of the top-level steps, in the order in which they ran.
        state: The run's state.
        active: Paths of the steps that run.
        suspended: Paths of the steps that have suspended.
        labels: Resume labels.
        item: Which item of a foreach this is.
    """

    path: list[int]
    execution_path: list[str]
    state: dict[str, Any]
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
        """Return the frame of a block's child that is resumed; what it adds to the path of execution is not kept."""
        return replace(self, path=[*self.path, index], execution_path=list(self.execution_path))


@dataclass(slots=True)
class Resume:
    """An answer to a suspension.

    Attributes:
        steps: The suspended step, from the outside in.
        payload: The answer.
        path: Where the suspended step is in the graph; taken apart on the way there.
        step_results: What the run knew.
        step_execution_path: What had run.
        item: Which item of a foreach is meant.
    """

    steps: list[str]
    payload: Any
    path: list[int]
    step_results: dict[str, Any]
    step_execution_path: list[str] | None = None
    item: int | None = None


@dataclass(slots=True)
class Restart:
    """Where a crash left a run."""

    path: list[int]
    active: dict[str, list[int]]
    step_results: dict[str, Any]
    state: dict[str, Any] | None
    step_execution_path: list[str] | None = None


@dataclass(slots=True)
class TimeTravel:
    """Where to go on from, and with what."""

    steps: list[str]
    path: list[int]
    input_data: Any
    resume_data: Any
    step_results: dict[str, Any]
    nested_results: Any
    state: dict[str, Any] | None
    step_execution_path: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Moves:
    """What a step is to go on from."""

    resume: Resume | None = None
    restart: Restart | None = None
    time_travel: TimeTravel | None = None
