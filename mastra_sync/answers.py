"""Which suspensions of a run were answered before, and with what, as its record tells.

Servers keep a step's last answer beside it. Current servers write it down when the step that got it has ended, older
ones at once; the answers for single items of a foreach are kept while other items wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from mastra_sync import evented
from mastra_sync.arguments import step_path
from mastra_sync.errors import InvalidArgument
from mastra_sync.normalise import items_of
from mastra_sync.recorded_data import is_same
from mastra_sync.statuses import ACTIVE

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult, StepResult, Suspension

UNTOLD: Final = object()
"""Stands for an answer that the record does not tell."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that a suspension got before.

    Attributes:
        path: The step.
        data: What it was answered with; `UNTOLD` where the record does not say.
        is_final: False while the run may yet tell, once it has come to rest.
    """

    path: list[str]
    data: Any
    is_final: bool = True


def answer_given(
    run: RunResult, step: str | Sequence[str] | Suspension | None, for_each_index: int | None, answer: Any
) -> Answer | None:
    """Return what the suspension that is meant was answered with, None if it was not.

    Args:
        run: The whole run.
        step: As callers name it. Only a `Suspension` says which asking of a step is meant.
        for_each_index: As callers give it.
        answer: What is to be answered now.

    Raises:
        InvalidArgument: The suspension that waits may or may not be the one that is meant.
    """
    from mastra_sync.models import Suspension  # noqa: PLC0415

    if isinstance(step, Suspension):
        index = step.for_each_index if for_each_index is None else for_each_index
        if step.suspended_at is not None:
            return _answer_since(run, step.path, index, step.suspended_at)
        return _only_answer(run, [step.path], index, answer)
    names = step_path(step)
    # a string may be the whole id of a step whose id has a dot
    spellings = [names, [step] if isinstance(step, str) else names] if names is not None else [[]]
    return _only_answer(run, [spelling for spelling in spellings if spelling is not None], for_each_index, answer)


def _answer_since(run: RunResult, path: list[str], index: int | None, asked_at: datetime) -> Answer | None:
    """Return the answer to what a step asked at that moment."""
    record = _item_of(run, path, index) if index is not None else _record_of(run, path)
    if index is not None and record is None:
        # the items' own records are gone once none of them waits
        whole = _record_of(run, path)
        return Answer(path, UNTOLD) if whole is not None and _is_after(whole.resumed_at, asked_at) else None
    if record is None:
        return None
    if _is_after(record.resumed_at, asked_at):
        # older servers keep when the step asked last: an answer to a later question is not the one to compare with
        is_later = _is_after(record.suspended_at, asked_at) and record.status != "suspended"
        return Answer(path, UNTOLD if is_later else record.resume_payload)
    return _untold(run, [path])


def _only_answer(run: RunResult, spellings: list[list[str]], index: int | None, answer: Any) -> Answer | None:
    """Return the answer to the one suspension that these names can mean."""
    waiting = [item.path for item in run.suspensions if _is_meant(item.path, spellings)]
    answered = [record for record in _answered(run) if _is_meant(record.path, spellings)]
    if waiting and index is not None:
        item = _item_of(run, waiting[0], index)
        return None if item is None or item.status == "suspended" else Answer(waiting[0], item.resume_payload)
    if waiting and answered:
        raise InvalidArgument(
            "step",
            f"{_listed(record.path for record in answered)} was answered before, and {_listed(waiting)} waits now: "
            "say which is meant by handing in the suspension, as in step=result.suspensions[0]",
        )
    if waiting:
        return None
    if not answered:
        return _untold(run, spellings)
    if index is not None:
        return Answer(answered[0].path, UNTOLD)
    same = [record for record in answered if is_same(record.resume_payload, answer)]
    if len(answered) > 1 and not same:
        raise InvalidArgument(
            "step", f"say which is meant: {_listed(record.path for record in answered)} were answered before"
        )
    told = (same or answered)[0]
    return Answer(told.path, told.resume_payload)


def _untold(run: RunResult, spellings: list[list[str]]) -> Answer | None:
    """Return an answer that current servers do not tell yet.

    The run is on its way, and its step still looks suspended.
    """
    if run.status not in ACTIVE:
        return None
    asked = [step.path for step in run.steps.values() if step.status == "suspended" and _is_meant(step.path, spellings)]
    return Answer(max(asked, key=len), UNTOLD, is_final=False) if asked else None


def _answered(run: RunResult) -> list[StepResult]:
    """Return the steps that were resumed, without the nested workflows around them."""
    resumed = [step for step in run.steps.values() if step.resumed_at is not None]
    return [
        step
        for step in resumed
        if not any(other is not step and _is_within(other.path, step.path) for other in resumed)
    ]


def _record_of(run: RunResult, path: list[str]) -> StepResult | None:
    """Return a step's record, or that of the workflow around it where there is no other."""
    found = [step for step in run.steps.values() if _is_within(path, step.path)]
    return max(found, key=lambda step: len(step.path), default=None)


def _item_of(run: RunResult, path: list[str], index: int) -> StepResult | None:
    """Return the record of one item of a foreach; None where the run has none."""
    from mastra_sync.models import StepResult  # noqa: PLC0415

    whole = next((step for step in run.steps.values() if step.path == path[:1]), None)
    items = _reports_of(whole) if whole is not None else {}
    return StepResult.model_validate({**items[index], "path": path}) if index in items else None


def _reports_of(whole: StepResult) -> dict[int, Mapping[str, Any]]:
    """Return what is recorded of the items of a foreach, by their index."""
    outputs = evented.items_of({"output": whole.output, "suspendPayload": whole.suspend_payload})
    if outputs is not None:
        return dict(evented.waiting_items(outputs))
    items = items_of(whole.suspend_payload) or []
    return {index: item for index, item in enumerate(items) if isinstance(item, Mapping)}


def _is_meant(path: list[str], spellings: list[list[str]]) -> bool:
    return any(_is_within(path, spelling) for spelling in spellings)


def _is_within(path: list[str], outer: list[str]) -> bool:
    return path[: len(outer)] == outer


def _is_after(moment: datetime | None, other: datetime) -> bool:
    return moment is not None and moment > other


def _listed(paths: Any) -> str:
    return ", ".join(dict.fromkeys(repr(".".join(path)) for path in paths))
