"""Which suspension a resume is for: found in the run before anything is sent, for a wrong one can end the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mastra_sync.arguments import step_path
from mastra_sync.errors import InvalidArgument, RunNotSuspended, SeveralStepsSuspended, StepNotSuspended
from mastra_sync.models import RunResult, Suspension

StepArgument = str | Sequence[str] | Suspension | None
"""How callers name a step: `"a"`, `"nested.a"`, `["nested", "a"]`, or the suspension itself."""


@dataclass(frozen=True, slots=True)
class Target:
    """What to resume.

    Attributes:
        path: The step, after the nested workflows around it; None where the run does not say what it waits for.
        for_each_index: The item of a foreach, None for all of them.
    """

    path: list[str] | None
    for_each_index: int | None


def resume_target(
    run: RunResult, step: StepArgument, for_each_index: int | None, label: str | None, context: dict[str, Any]
) -> Target:
    """Return what a resume is for.

    Args:
        run: The run as it is now.
        step: As the caller gave it; None for the only suspended step.
        for_each_index: As the caller gave it.
        label: As the caller gave it.
        context: What an exception says of the call (`method`, `url`, `run_id`).

    Raises:
        RunNotSuspended: The run waits for nobody.
        StepNotSuspended: The run waits for other steps.
        SeveralStepsSuspended: The run waits for several steps and none was named.
        InvalidArgument: No such item or label.
    """
    if run.status != "suspended":
        raise RunNotSuspended(f"the run is {run.status}, not suspended", **context)
    if label is not None:
        return _target_of_label(run, step, for_each_index, label)
    if isinstance(step, Suspension):
        index = step.for_each_index if for_each_index is None else for_each_index
        return _at(run, _named(run, step.path, context), index)
    return _at(run, _named(run, step, context), for_each_index)


def _target_of_label(run: RunResult, step: StepArgument, for_each_index: int | None, label: str) -> Target:
    if step is not None or for_each_index is not None:
        raise InvalidArgument("label", "stands for a step and an item; give the label alone, or those without it")
    for suspension in run.suspensions:
        if label in suspension.labels:
            return Target(suspension.path, suspension.for_each_index)
    known = sorted(label for suspension in run.suspensions for label in suspension.labels)
    raise InvalidArgument("label", f"no suspension is labelled {label!r}; labels: {', '.join(known) or 'none'}")


def _named(run: RunResult, step: str | Sequence[str] | None, context: dict[str, Any]) -> list[str] | None:
    """Return the path of the suspended step that is meant; None where the run does not say what it waits for."""
    waiting = run.suspended
    if not waiting:
        return step_path(step)
    names = step_path(step)
    # a string may be the whole id of a step whose id has a dot
    spellings = [names or [], [step] if isinstance(step, str) else names or []]
    meant = [path for path in waiting if any(path[: len(spelling)] == spelling for spelling in spellings)]
    available = [".".join(path) for path in waiting]
    if not meant:
        raise StepNotSuspended(
            f"step {step!r} is not suspended; suspended: {', '.join(available)}", available=available, **context
        )
    if len(meant) > 1:
        raise SeveralStepsSuspended(
            f"several steps are suspended ({', '.join(available)}); say which one by step=",
            available=available,
            **context,
        )
    return meant[0]


def _at(run: RunResult, path: list[str] | None, for_each_index: int | None) -> Target:
    if for_each_index is not None and path is not None:
        items = [item.for_each_index for item in run.suspensions if item.path == path]
        if for_each_index not in items:
            waiting = ", ".join(str(item) for item in items if item is not None) or "none, it is no foreach"
            raise InvalidArgument("for_each_index", f"item {for_each_index} is not suspended; suspended: {waiting}")
    return Target(path, for_each_index)
