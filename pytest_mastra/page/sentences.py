"""What broke, and where, in one sentence for each failed test. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mastra_sync.statuses import status_in_words
from mastra_sync.terminal.writing import one_line
from pytest_mastra.page.shown_run import GONE_WELL, ShownRun, describe_difference, describe_error, run_that_matters
from pytest_mastra.page.tested import Tested
from pytest_mastra.text.values import counted

if TYPE_CHECKING:
    from pytest_mastra.suite.swept_point import SweptPoint

_LONGEST = 400
_SAY_NO_MORE = ("AssertionError", "assert ", "mastra_sync.RunSuspended")
"""So begins what says of a suspended run only that it is: an assert without a message, in two ways, and our own."""

_SWEPT = "mastra sweep of "
"""So begins what says that a sweep failed."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, in the parts that are set differently; each may be empty but the words.

    Attributes:
        workflow: Of the run that it is about.
        words: What became of it.
        step: Where.
        why: The error, what is asked, or what the test says.
    """

    workflow: str
    words: str
    step: str = ""
    why: str = ""

    def __str__(self) -> str:
        said = " ".join(part for part in (self.workflow, self.words, self.step) if part)
        return f"{said}: {self.why}" if self.why else said


def sentence_of(test: Tested, runs: Sequence[ShownRun]) -> Sentence:
    """Return what broke in a failed test."""
    number = run_that_matters(runs)
    message = one_line(test.message, _LONGEST)
    if number < 0:
        return Sentence("", _without_run(test), why=message)
    run = runs[number]
    points = _points(test)
    lost = [point for point in points if not point.survived]
    if lost:
        return _of_points(run.traced.workflow_id, lost, len(points))
    words = status_in_words(run.traced.status)
    step = run.steps[run.failing] if run.failing >= 0 else None
    if run.traced.status in GONE_WELL:
        return Sentence(
            run.traced.workflow_id, f"{words}; then the test {_fails(test)}", why=describe_difference(run) or message
        )
    if step is None:
        return Sentence(run.traced.workflow_id, words, why=describe_error(run.error) or message)
    if step.status in ("suspended", "paused"):
        # what was raised tells more than the question, unless it only says that there is one
        asks = one_line(step.asked, _LONGEST) if step.asked else ""
        is_bare = not message or message.startswith(_SAY_NO_MORE)
        why = asks or message if is_bare else message
        return Sentence(run.traced.workflow_id, f"{words} at", step.path, why)
    return Sentence(run.traced.workflow_id, f"{words} in step", step.path, describe_error(run.error) or message)


def _points(test: Tested) -> Sequence[SweptPoint]:
    """Return what became of the points of its sweep; a trace is read only where it may have one."""
    trace = test.trace if not test.message or test.message.startswith(_SWEPT) else None
    return () if trace is None else trace.sweep


def _of_points(workflow_id: str, lost: Sequence[SweptPoint], count: int) -> Sentence:
    """Return what a sweep has found: the point whose runs are shown."""
    first = next((point for point in lost if point.is_shown), lost[0])
    beside = "" if len(lost) == 1 else ", one of them"
    why = one_line("; ".join(first.reasons), _LONGEST) if first.reasons else "the fault was not met"
    return Sentence(workflow_id, f"did not survive {len(lost)} of {counted(count, 'point')}{beside}", first.name, why)


def _fails(test: Tested) -> str:
    return "fails in its setup or teardown" if test.outcome == "error" else "fails"


def _without_run(test: Tested) -> str:
    if test.outcome == "error":
        return "failed in its setup or teardown"
    return "failed" if test.load is None else "failed before it named a run"
