"""What happened more than once on a server, and what was begun and left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mastra_sync.statuses import status_in_words
from pytest_mastra.fake.engine.walks import Cause, Walk
from pytest_mastra.text.values import counted

if TYPE_CHECKING:
    from pytest_mastra.fake.api.journal import RunNotes
    from pytest_mastra.fake.engine.store import Store

SETTLED = frozenset({"success", "failed", "canceled", "tripwire", "bailed"})
"""Statuses of runs that nobody needs to go on with."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """What happened too often to a run; as a text, a line that says so.

    Attributes:
        workflow_id: The run's workflow.
        run_id: The run.
        what: What happened to it: `started`, `restarted`, `answered at 'ask'`, ...
        count: How often.
        allowed: How often it may have.
        steps: Ids of the steps that were executed again by it.
    """

    workflow_id: str
    run_id: str
    what: str
    count: int
    allowed: int
    steps: tuple[str, ...]

    def __str__(self) -> str:
        expected = {0: ", never without the fault", 1: ""}.get(self.allowed, f", not {self.allowed}")
        executed = f"; executed again: {', '.join(self.steps)}" if self.steps else ""
        times = counted(self.count, "time")
        return f"{self.workflow_id!r} was {self.what} {times}{expected}{executed} (run {self.run_id})"


def begun_walks(notes: RunNotes, cause: Cause) -> list[Walk]:
    """Return the walks of a run that were accepted, of one cause."""
    return [walk for walk in notes.walks if walk.has_begun and walk.cause is cause]


def blind_answers(notes: RunNotes) -> list[Walk]:
    """Return the answers to a run that had asked nothing, whose sender was not told."""
    return [walk for walk in notes.walks if walk.is_blind and walk.cause is Cause.RESUME and not walk.has_begun]


def find_repeated(runs: Iterable[RunNotes]) -> Iterator[Repeated]:
    """Give each start, answer or restart that took effect more than once."""
    for notes in runs:
        starts = begun_walks(notes, Cause.START)
        if len(starts) > 1:
            yield repeated_of(notes, starts, 1)
        for cause in (Cause.RESUME, Cause.RESTART):
            accepted = begun_walks(notes, cause)
            for question, count in Counter(walk.question for walk in accepted).items():
                if count > 1:
                    yield repeated_of(notes, [one for one in accepted if one.question == question], 1)


def repeated_of(notes: RunNotes, walks: list[Walk], allowed: int) -> Repeated:
    """Return what happened too often to a run, and which steps were executed again."""
    cause = walks[0].cause
    what = cause.value
    if cause is Cause.RESUME and walks[0].question:
        what = f"answered at {'.'.join(walks[0].question[0])!r}"
    # a restart executes what another walk has begun
    all_walks = [walk for walk in notes.walks if walk.has_begun] if cause is Cause.RESTART else walks
    steps = Counter(step for walk in all_walks for step in dict.fromkeys(walk.steps))
    twice = tuple(step for step, count in steps.items() if count > 1)
    return Repeated(notes.workflow_id, notes.run_id, what, len(walks), allowed, twice)


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
    # the steps first: they are what may be done once more, under another id
    did = f"executed {', '.join(dict.fromkeys(steps))} and " if steps else ""
    ended = status_in_words(status) if status in SETTLED else f"was left {status}"
    return f"{notes.workflow_id!r} {did}{ended}, and nobody names it (run {notes.run_id})"


def describe_violations(notes: Collection[RunNotes], named: Collection[str | None], store: Store, of: str) -> list[str]:
    """Return in a line each what was not done exactly once.

    Args:
        notes: What is known of the runs.
        named: The ids that requests have named.
        store: What is stored of them.
        of: Whose runs they are, as it stands after "no run"; empty for those of all workflows.
    """
    found = [*map(str, find_repeated(notes)), *find_left_behind(notes, named, store)]
    if not any(walk.has_begun for run in notes for walk in run.walks):
        found.append(f"no run{of} was started")
    return found
