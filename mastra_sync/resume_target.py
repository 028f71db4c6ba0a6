"""Which suspension of a run an answer is for, found before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from mastra_sync import evented
from mastra_sync.arguments import checked_count, step_path
from mastra_sync.errors import (
    InvalidArgument,
    RunNotSuspended,
    SeveralStepsSuspended,
    StepNotSuspended,
    UnsupportedByServer,
)
from mastra_sync.step_graph import graph_of

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult, Suspension

StepArgument: TypeAlias = "str | Sequence[str] | Suspension | None"
"""How callers name a step: `"a"`, `"nested.a"`, `["nested", "a"]`, or the suspension itself."""


@dataclass(frozen=True, slots=True)
class ResumeTarget:
    """What to resume.

    Attributes:
        path: The step, after the nested workflows around it; None where the run does not say what it waits for.
        for_each_index: The item of a foreach, None for all of them.
    """

    path: list[str] | None
    for_each_index: int | None


def check_streamed_item(run: RunResult, target: ResumeTarget, waiting: Sequence[int | None]) -> None:
    """Find an answer that would reach another item of a foreach.

    Raises:
        UnsupportedByServer: The evented engine would give it to another one.
    """
    step = run.steps.get(target.path[0]) if target.path else None
    if step is None or target.for_each_index is None:
        return
    report = {"path": step.path, "output": step.output, "suspendPayload": step.suspend_payload}
    if evented.misleads_streamed_answer(report, graph_of(run.raw), waiting, target.for_each_index):
        raise UnsupportedByServer(
            "for_each_index of resume_stream",
            generation="its evented engine, which workflows with a schedule run on",
            advice="The first items that wait would get the answer; resume_async gives it to the one that is meant",
        )


def check_step_argument(step: StepArgument, options: Mapping[str, Any]) -> None:
    """Refuse what names no step, or no item."""
    from mastra_sync.models import Suspension  # noqa: PLC0415

    if not isinstance(step, Suspension):
        step_path(step)
    checked_count(options.get("for_each_index"), "for_each_index", least=0)


def find_resume_target(
    run: RunResult, step: StepArgument, for_each_index: int | None, label: str | None, context: dict[str, Any]
) -> ResumeTarget:
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
    from mastra_sync.models import Suspension  # noqa: PLC0415

    if run.status != "suspended":
        raise RunNotSuspended(f"the run is {run.status}, not suspended", **context)
    if label is not None:
        return _target_of_label(run, step, for_each_index, label)
    if isinstance(step, Suspension):
        index = step.for_each_index if for_each_index is None else for_each_index
        return _target_at(run, _suspended_path(run, step.path, context), index)
    return _target_at(run, _suspended_path(run, step, context), for_each_index)


def _target_of_label(run: RunResult, step: StepArgument, for_each_index: int | None, label: str) -> ResumeTarget:
    if step is not None or for_each_index is not None:
        raise InvalidArgument("label", "stands for a step and an item; give the label alone, or those without it")
    for suspension in run.suspensions:
        if label in suspension.labels:
            return ResumeTarget(suspension.path, suspension.for_each_index)
    known = sorted(label for suspension in run.suspensions for label in suspension.labels)
    raise InvalidArgument("label", f"no suspension is labelled {label!r}; labels: {', '.join(known) or 'none'}")


def _suspended_path(run: RunResult, step: str | Sequence[str] | None, context: dict[str, Any]) -> list[str] | None:
    """Return the path of the suspended step that is meant.

    None where the run does not say what it waits for.
    """
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


def _target_at(run: RunResult, path: list[str] | None, for_each_index: int | None) -> ResumeTarget:
    if for_each_index is not None and path is not None:
        items = [item.for_each_index for item in run.suspensions if item.path == path]
        if for_each_index not in items:
            waiting = ", ".join(str(item) for item in items if item is not None) or "none, it is no foreach"
            raise InvalidArgument("for_each_index", f"item {for_each_index} is not suspended; suspended: {waiting}")
    return ResumeTarget(path, for_each_index)
