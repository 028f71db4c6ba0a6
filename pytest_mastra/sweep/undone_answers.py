"""Answers that died with a server: the step that had them asks again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.api.exactly_once import begun_walks
from pytest_mastra.fake.engine.walks import Cause

if TYPE_CHECKING:
    from pytest_mastra.fake.api.journal import RunNotes
    from pytest_mastra.fake.engine.walks import Walk


def count_undone(notes: RunNotes) -> int:
    """Return how many answers of a run were undone, and may be given once more."""
    return sum(
        sum(1 for _ in _undone(answers, restarted))
        for restarted in begun_walks(notes, Cause.RESTART)
        for answers in _answers_before(notes, restarted)
    )


def _answers_before(notes: RunNotes, restarted: Walk) -> Iterator[list[Walk]]:
    """Give a run's answers before a restart, by the step or item that asked."""
    places: dict[tuple[Any, ...], list[Walk]] = {}
    for walk in notes.walks[: notes.walks.index(restarted)]:
        if walk.cause is Cause.RESUME and walk.has_begun:
            places.setdefault(walk.question[:2], []).append(walk)
    yield from places.values()


def _undone(answers: Sequence[Walk], restarted: Walk) -> Iterator[Walk]:
    """Give those of a step's answers that a restart has undone, the latest first."""
    executed = ""
    for walk in reversed(answers):
        asked = _answered_step(walk)
        if not executed:
            # the latest: nothing came of it yet, or the step is executed again before what came after it
            came_of_it = walk.steps[walk.steps.index(asked) :] if asked else []
            if asked and next((step for step in restarted.steps if step in came_of_it), None) != asked:
                return
            executed = asked
        elif walk.steps[-1:] != [executed] or walk.steps.count(executed) > 1:
            # it led to another step, or to the next round of a loop: the step was done by it
            return
        yield walk


def _answered_step(walk: Walk) -> str:
    """Return the name of the step that an answer had executed; empty if none was."""
    last = walk.question[0][-1] if walk.question and walk.question[0] else ""
    return next((step for step in walk.steps if step == last or step.endswith(f".{last}")), "".join(walk.steps[:1]))
