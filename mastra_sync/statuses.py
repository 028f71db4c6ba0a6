"""The statuses of runs: which of them last, and how each reads in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    KnownStatus: TypeAlias = Literal[
        "pending",
        "running",
        "waiting",
        "suspended",
        "paused",
        "success",
        "failed",
        "canceled",
        "bailed",
        "tripwire",
        "skipped",
        "unknown",
    ]
    Status: TypeAlias = KnownStatus | str
    """A status of a run or a step; newer servers may have others."""
else:
    # pydantic would hold each value against the literals, and take any other all the same
    Status = str

SETTLED = frozenset({"success", "failed", "canceled", "bailed", "tripwire", "suspended", "paused"})
"""Statuses that only someone outside can move a run on from."""

FINISHED = SETTLED - {"suspended", "paused"}
"""Statuses that a run keeps, unless it is started or sent back in time again."""

ACTIVE = frozenset({"running", "waiting"})
"""Statuses that may change by themselves."""

_BY_NEED = ("failed", "tripwire", "suspended", "paused", "running", "waiting")


def need_of(status: str) -> int:
    """Return how soon a status needs a reader's eye; of several, the lowest is shown."""
    return _BY_NEED.index(status) if status in _BY_NEED else len(_BY_NEED)


STATUS_IN_WORDS: Mapping[str, str] = {
    "success": "succeeded",
    "bailed": "succeeded",
    "failed": "failed",
    "suspended": "is suspended",
    "paused": "is paused after one step",
    "canceled": "was canceled",
    "tripwire": "was stopped by a tripwire",
}
"""What follows a run's name; statuses of newer servers are not in it."""


def status_in_words(status: str, words: Mapping[str, str] = STATUS_IN_WORDS) -> str:
    """Return what a status says of a run: `failed`, `was canceled`, `is paused after one step`."""
    return words.get(status, f"is {status}")
