"""The ways through a run's graph that requests asked for, and which steps each executed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Cause(Enum):
    """What had a run's graph walked."""

    START = "started"
    RESUME = "answered"
    RESTART = "restarted"
    TRAVEL = "sent to another step"


@dataclass(frozen=True, slots=True)
class Retry:
    """An attempt of a step that failed, after which the step was tried again.

    Attributes:
        step: Its id; in a nested workflow `outer.inner`.
        at: When it failed, in seconds since 1970 on the server's clock.
        error: What it failed with, as servers tell it.
    """

    step: str
    at: float
    error: Any


@dataclass(slots=True)
class Walk:
    """One way through a run's graph.

    Attributes:
        cause: What had it walked.
        workflow_id: The run's workflow.
        run_id: The run.
        siblings: All walks of the run, this one too, in the order in which they were asked for.
        has_begun: Whether it was accepted: its request may have been refused.
        is_blind: Whether who asked for it was answered before it was known whether it is accepted.
        is_over: Whether it has come to an end, whichever.
        question: What it goes on from, for a resume or a restart: two that go on from the same have equal ones.
        asked: For a resume: what the step had suspended with.
        answer: For a resume: what it was given.
        steps: Ids of the steps that it executed, once for each time; those of nested workflows as `outer.inner`.
        retried: Ids of the steps that have succeeded after a retry, likewise.
        retries: The attempts that failed, and were followed by another.
    """

    cause: Cause
    workflow_id: str
    run_id: str
    siblings: list[Walk] = field(repr=False)
    has_begun: bool = False
    is_blind: bool = False
    is_over: bool = False
    question: tuple[Any, ...] = ()
    asked: Any = None
    answer: Any = None
    steps: list[str] = field(default_factory=list)
    retried: set[str] = field(default_factory=set)
    retries: list[Retry] = field(default_factory=list)

    @contextmanager
    def under_way(self, workflow_id: str) -> Iterator[None]:
        """Note that a workflow's graph is walked, if it is not a nested one."""
        if workflow_id != self.workflow_id:
            yield
            return
        self.has_begun = True
        if self.cause is Cause.RESTART:
            self.question = ((), None, self._count_over())
        try:
            yield
        finally:
            self.is_over = True

    def note_question(self, workflow_id: str, steps: list[str], item: int | None, asked: Any, answer: Any) -> None:
        """Note which suspension is answered, and how: what is asked after another walk is another question."""
        if workflow_id == self.workflow_id:
            self.question = (tuple(steps), item, self._count_over())
            self.asked, self.answer = asked, answer

    def note_step(self, workflow_id: str, step_id: str) -> None:
        """Note that a step is executed."""
        self.steps.append(self._name(workflow_id, step_id))

    def note_retried(self, workflow_id: str, step_id: str) -> None:
        """Note that a step has succeeded after a retry."""
        self.retried.add(self._name(workflow_id, step_id))

    def note_retry(self, workflow_id: str, step_id: str, milliseconds: int, error: Any) -> None:
        """Note that an attempt has failed, and another will follow."""
        self.retries.append(Retry(self._name(workflow_id, step_id), milliseconds / 1000, error))

    def _name(self, workflow_id: str, step_id: str) -> str:
        return step_id if workflow_id == self.workflow_id else f"{workflow_id}.{step_id}"

    def _count_over(self) -> int:
        return sum(walk.is_over for walk in self.siblings)
