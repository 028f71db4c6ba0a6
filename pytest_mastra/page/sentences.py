"""What broke, and where, in one sentence for each failed test. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mastra_sync.statuses import status_in_words
from mastra_sync.terminal.writing import one_line
from pytest_mastra.page.shown_run import GONE_WELL, ShownRun, describe_difference, describe_error, run_that_matters
from pytest_mastra.page.tested import Tested

_LONGEST = 400
_SAY_NO_MORE = ("AssertionError", "assert ", "mastra_sync.RunSuspended")
"""So begins what says of a suspended run only that it is: an assert without a message, in two ways, and our own."""


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


def _fails(test: Tested) -> str:
    return "fails in its setup or teardown" if test.outcome == "error" else "fails"


def _without_run(test: Tested) -> str:
    if test.outcome == "error":
        return "failed in its setup or teardown"
    return "failed" if test.load is None else "failed before it named a run"
