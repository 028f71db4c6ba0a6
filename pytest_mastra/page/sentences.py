"""What broke, and where, in one sentence for each failed test. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from mastra_sync.statuses import status_in_words
from mastra_sync.terminal.writing import one_line
from pytest_mastra.page.shown_run import GONE_WELL, ShownRun, describe_difference, describe_error, run_that_matters
from pytest_mastra.page.tested import SWEPT, Tested
from pytest_mastra.text.values import counted

if TYPE_CHECKING:
    from pytest_mastra.suite.swept_point import SweptPoint

_LONGEST = 400
_SAY_NO_MORE = ("AssertionError", "assert ", "mastra_sync.RunSuspended")
"""So begins what says of a suspended run only that it is: an assert without a message, in two ways, and our own."""

_FOUND = "mastra: "
"""So begins what fails a test whose own code came to its end: a stray request, an unused fault."""


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
    message = one_line(_message(test), _LONGEST)
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


def _message(test: Tested) -> str:
    """Return what a failure says first; of what a test's end brought to light, the first."""
    if not _is_found_at_the_end(test):
        return test.message
    told = "\n".join(content for _, content in test.said).splitlines()
    details = told[told.index(test.message) + 1 :] if test.message in told else []
    found = [line.strip() for line in takewhile(lambda line: line.startswith("  "), details)][:2]
    place = f" ({found[1]})" if len(found) > 1 else ""
    return f"{test.message.removeprefix(_FOUND)}{f': {found[0]}{place}' if found else ''}"


def _is_found_at_the_end(test: Tested) -> bool:
    return test.outcome == "error" and test.message.startswith(_FOUND)


def _points(test: Tested) -> Sequence[SweptPoint]:
    """Return what became of the points of its sweep."""
    # reading a trace takes its time
    trace = test.trace if not test.message or test.message.startswith(SWEPT) else None
    return () if trace is None else trace.sweep


def _of_points(workflow_id: str, lost: Sequence[SweptPoint], count: int) -> Sentence:
    """Return what a sweep has found: the point whose runs are shown."""
    first = next((point for point in lost if point.is_shown), lost[0])
    beside = "" if len(lost) == 1 else ", one of them"
    why = one_line("; ".join(first.reasons), _LONGEST) if first.reasons else "the fault was not met"
    return Sentence(workflow_id, f"did not survive {len(lost)} of {counted(count, 'point')}{beside}", first.name, why)


def _fails(test: Tested) -> str:
    return "fails in its setup or teardown" if test.outcome == "error" and not _is_found_at_the_end(test) else "fails"


def _without_run(test: Tested) -> str:
    if _is_found_at_the_end(test):
        return "failed at its end"
    if test.outcome == "error":
        return "failed in its setup or teardown"
    return "failed" if test.load is None else "failed before it named a run"
