"""What happened more than once on a server, and what was begun and left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from pytest_mastra.fake.engine.walks import Cause, Walk
from pytest_mastra.text.values import counted

if TYPE_CHECKING:
    from pytest_mastra.fake.api.journal import RunNotes
    from pytest_mastra.fake.engine.store import Store

SETTLED = frozenset({"success", "failed", "canceled", "tripwire", "bailed"})
"""Statuses of runs that nobody needs to go on with."""


def begun_walks(notes: RunNotes, cause: Cause) -> list[Walk]:
    """Return the walks of a run that were accepted, of one cause."""
    return [walk for walk in notes.walks if walk.has_begun and walk.cause is cause]


def blind_answers(notes: RunNotes) -> list[Walk]:
    """Return the answers to a run that had asked nothing, whose sender was not told."""
    return [walk for walk in notes.walks if walk.is_blind and walk.cause is Cause.RESUME and not walk.has_begun]


def find_repeated(runs: Iterable[RunNotes]) -> Iterator[str]:
    """Give a line for each start, answer or restart that took effect more than once."""
    for notes in runs:
        starts = begun_walks(notes, Cause.START)
        if len(starts) > 1:
            yield describe_repeated(notes, starts, 1)
        for cause in (Cause.RESUME, Cause.RESTART):
            accepted = begun_walks(notes, cause)
            for question, count in Counter(walk.question for walk in accepted).items():
                if count > 1:
                    yield describe_repeated(notes, [one for one in accepted if one.question == question], 1)


def describe_repeated(notes: RunNotes, walks: list[Walk], allowed: int) -> str:
    """Return what happened too often to a run, and which steps were executed again."""
    cause, times = walks[0].cause, counted(len(walks), "time")
    what = cause.value
    if cause is Cause.RESUME and walks[0].question:
        what = f"answered at {'.'.join(walks[0].question[0])!r}"
    expected = "" if allowed == 1 else f", not {allowed}"
    steps = Counter(step for walk in walks for step in dict.fromkeys(walk.steps))
    twice = [step for step, count in steps.items() if count > 1]
    executed = f"; executed again: {', '.join(twice)}" if twice else ""
    return f"{notes.workflow_id!r} was {what} {times}{expected}{executed} (run {notes.run_id})"


def find_left_behind(runs: Iterable[RunNotes], named: Collection[str | None], store: Store) -> Iterator[str]:
    """Give a line for each unfinished run that a request made, and none names.

    Args:
        runs: What the runs went through.
        named: The ids that requests name.
        store: Says how the runs stand.
    """
    for notes in runs:
        row = store.find(notes.workflow_id, notes.run_id)
        if notes.is_asked_for and notes.run_id not in named and row is not None and row.status not in SETTLED:
            yield describe_left_behind(notes, row.status)


def describe_left_behind(notes: RunNotes, status: str) -> str:
    """Return that a run is left, and what it did."""
    steps = [step for walk in notes.walks for step in walk.steps]
    did = f", having executed {', '.join(dict.fromkeys(steps))}" if steps else ""
    return f"{notes.workflow_id!r} was left {status}{did}, and nobody names it (run {notes.run_id})"
