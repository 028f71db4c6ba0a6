"""What to do where a script did not survive, in a line."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mastra.fake.api.exactly_once import Repeated
    from pytest_mastra.sweep.points import Points

JOIN_RUN = "give the run an id of your own, and join it: if_started='join'"
JOIN_ANSWER = "name the suspension, and join: step=suspension, if_answered='join'"
KEEP_RUN = "keep a run that may be asked for again: who deletes it, forgets that it was done"
MAKE_ONCE = "give the schedule an id of your own (id=...), and look whether it is there"
READ_QUESTION = "read what is asked, each time before it is answered: suspension.payload"
LOOK_FIRST = "look at the run, as run_by_id does, before this is sent once more"
WAIT = "wait for a run at work; restart only what a dead server left"
LOOK_AT_SCHEDULE = "look at the schedule's triggers before this is sent once more"
OWN_IDS = "give the run one id of your own, the same in each attempt; join it"
LET_OUT = "let the error out, and have the script run again"

NOT_RESTARTED = "accept it: current servers cannot go on with such a run after a restart"

_STUCK = ("This workflow run was not suspended", "Available suspended steps: []", "Execution path is empty")
"""What is said of runs that current servers have restarted and lost: in an answer, or on the evented engine."""

_OF_WHAT = {"started": JOIN_RUN, "answered": JOIN_ANSWER, "restarted": WAIT}


def advice_on_error(error: BaseException | None, points: Points) -> str:
    """Return what to do about what a script ended by; empty where that says it."""
    is_restarted = any(point.family.restarts_runs for point in points)
    return NOT_RESTARTED if is_restarted and any(said in str(error) for said in _STUCK) else ""


def advice_on(repeated: Repeated, deleted: Collection[str | None] = ()) -> str:
    """Return what to do where something happened too often to a run.

    Args:
        repeated: What happened.
        deleted: The ids of the runs that the script has deleted.
    """
    if repeated.run_id in deleted:
        return KEEP_RUN
    return _OF_WHAT.get(repeated.what.partition(" ")[0], LOOK_FIRST)
