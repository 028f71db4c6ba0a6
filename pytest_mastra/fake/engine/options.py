"""What an execution gets from whoever begins it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pytest_mastra.fake.engine.walks import Walk
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Scheduler

StreamWriter = Callable[[dict[str, Any]], None]
"""Takes what steps write into a stream."""


@dataclass(frozen=True, slots=True)
class ExecutionOptions:
    """What a run's commands are to be executed with.

    Attributes:
        scheduler: Where the tasks of the execution take turns.
        hold_step: Holds each step back before it runs; None if nothing does.
        request_context: What steps see; they may change it.
        write: Takes what steps write into the stream.
        per_step: Whether to stop after one step.
        include_state: Whether the result holds the state and labels, for the workflow around this one.
        walk: Where it is noted which steps are executed; nested workflows note theirs there too. None if nowhere.
    """

    scheduler: Scheduler
    hold_step: Callable[[], Coroutine] | None = None
    request_context: dict[str, Any] = field(default_factory=dict)
    write: StreamWriter | None = None
    per_step: bool = False
    include_state: bool = False
    walk: Walk | None = None


Command = Callable[[ExecutionOptions], Coroutine]
"""Starts, resumes, restarts or time travels a run, once it is given what to execute it with."""
