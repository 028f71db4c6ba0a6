"""The run that a failed statement is about, and what the scene knows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mastra_sync.escapes import escaped
from mastra_sync.models import RunResult, StepResult, Suspension
from mastra_sync.statuses import FINISHED
from pytest_mastra.explain.run_summary import run_in_words, summarise_run, summarise_step, summarise_suspension
from pytest_mastra.redact.differences import redact_difference
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.run_history.runs import TouchedRun, touched_runs
from pytest_mastra.text.differences import Difference
from pytest_mastra.text.distinctions import distinctions_within
from pytest_mastra.text.values import WIDTH, bounded, counted, shown
from pytest_mastra.text.width import clipped

if TYPE_CHECKING:
    from types import FrameType

    import pytest

    from pytest_mastra.suite.scene import Scene

_OTHERS = 1
"""Further runs that are shown."""


class Mask:
    """Takes secrets out of what is shown.

    Args:
        scene: The test's; its exchanges show secrets that stand elsewhere too.
        config: pytest's, which has further names of secrets.
    """

    def __init__(self, scene: Scene | None, config: pytest.Config | None) -> None:
        self._scrubber = learn_secrets(scene.log if scene is not None else (), config)

    def __call__(self, value: Any) -> Any:
        """Return a value without secrets, and no more of it than may be shown."""
        return self._scrubber.data(bounded(value))

    def difference(self, difference: Difference) -> Difference:
        """Return a difference without secrets, not even in the names on its path."""
        return redact_difference(difference, self._scrubber)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a statement is about.

    Attributes:
        runs: Runs, the one that is to blame first.
        part: A step or suspension that was named; or what was named of a run of which nothing is known.
        events: What the streams of the first run said.
        holds: Where a fake holds the first run, and what lets it go on.
        on_server: Whether the runs are on a server that other processes can ask too.
        later: The first run as it stands by now, if it has gone on since.
    """

    runs: list[RunResult]
    part: Any = None
    events: Sequence[Mapping[str, Any]] = ()
    holds: Sequence[str] = ()
    on_server: bool = False
    later: RunResult | None = None

    def summarise(self, mask: Mask, *, short: bool = False) -> list[str]:
        """Return at most 25 lines of `WIDTH` cells, 8 if it is to be short."""
        if not self.runs:
            return self._summarise_part(mask)
        run, *others = self.runs
        apart = self._told_apart(mask)
        about_part = [] if short or self._is_part_in_summary(run) else self._summarise_part(mask)
        lines = summarise_run(
            run,
            events=self.events,
            holds=self.holds,
            scrub=mask,
            on_server=self.on_server,
            short=short or bool(about_part),
            apart=apart[0],
            later=self.later,
        )
        if others and not short:
            beside = list(zip(others, apart[1:], strict=True))[:_OTHERS]
            lines += [clipped(escaped(f"beside it {_in_a_line(*other, mask)}"), WIDTH) for other in beside]
            lines += [f"... and {counted(len(others) - _OTHERS, 'more run')}"] * (len(others) > _OTHERS)
        return about_part + lines

    def _told_apart(self, mask: Mask) -> list[str]:
        """Return what of its input tells each run from others of its workflow."""
        return distinctions_within([run.workflow_id for run in self.runs], [mask(run.input_data) for run in self.runs])

    def _is_part_in_summary(self, run: RunResult) -> bool:
        return isinstance(self.part, Suspension) or self.part == run.failed_step

    def _summarise_part(self, mask: Mask) -> list[str]:
        if isinstance(self.part, StepResult):
            return summarise_step(self.part, scrub=mask)
        if isinstance(self.part, Suspension):
            return summarise_suspension(self.part, scrub=mask)
        return [] if self.part is None else [clipped(escaped(mask(repr(self.part))), WIDTH)]


def find_subject(values: Sequence[Any], frames: Sequence[FrameType], scene: Scene | None = None) -> Subject:
    """Return the runs that objects are about.

    Args:
        values: Run results, steps, suspensions, runs, streams, events.
        frames: The functions where they were found, the innermost first; their variables may have the run of a step.
        scene: The test's.
    """
    touched = {run.run_id: run for run in (touched_runs(scene) if scene is not None else ())}
    known = [run.result for run in touched.values() if run.result is not None]
    runs = [value for value in values if isinstance(value, RunResult)]
    near = [*runs, *_results_in(frames)]
    part = None
    for value in values:
        run = next((result for result in near if _is_of(value, result)), None)
        if run is None:
            equal = [result for result in known if _equals_part_of(value, result)]
            run = equal[0] if len(equal) == 1 else None
        if run is not None and all(run is not result and run.run_id != result.run_id for result in runs):
            runs.append(run)
        if isinstance(value, (StepResult, Suspension)) or (run is None and not isinstance(value, RunResult)):
            part = part or value
    runs.sort(key=lambda run: run.ok)
    of_first = touched.get(runs[0].run_id or "") if runs else None
    return Subject(
        runs,
        part,
        of_first.events if of_first is not None else (),
        of_first.holds if of_first is not None else (),
        on_server=scene is not None and scene.target == "live",
        later=_gone_on(runs[0], of_first) if runs else None,
    )


def _gone_on(run: RunResult, touched: TouchedRun | None) -> RunResult | None:
    """Return a run as it stands by now, if it has come to an end since."""
    now = None if touched is None else touched.result
    return now if now is not None and now.status != run.status and now.status in FINISHED else None


def _in_a_line(result: RunResult, apart: str, mask: Mask) -> str:
    if not apart:
        return str(mask(repr(result)))
    more = shown(mask(result.result)) if result.ok else str(mask(str(result.error or "")))
    return run_in_words(result, mask, apart) + (f": {more}" if more else "")


def _results_in(frames: Sequence[FrameType]) -> list[RunResult]:
    return [value for frame in frames for value in frame.f_locals.values() if type(value) is RunResult]


def _is_of(value: Any, run: RunResult) -> bool:
    """Whether a step or suspension is of a run, or another value is about it."""
    if isinstance(value, (StepResult, Suspension)):
        return any(value is part for part in _parts(run))
    return not isinstance(value, RunResult) and value.run_id is not None and value.run_id == run.run_id


def _equals_part_of(value: Any, run: RunResult) -> bool:
    """Whether a value equals a part of a run that was read anew."""
    if isinstance(value, (StepResult, Suspension)):
        return any(value == part for part in _parts(run))
    return _is_of(value, run)


def _parts(run: RunResult) -> list[StepResult | Suspension]:
    return [*run.steps.values(), *run.suspensions]
