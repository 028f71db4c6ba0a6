"""How a run progresses whose end nobody waits for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Progress(Enum):
    """Ways to progress that need no number."""

    AT_ONCE = "at once"
    """The run goes to its end, or to where it must wait, before the request that moved it is answered."""

    AS_TIMED = "as timed"
    """The run takes the virtual time that its sleeps and durations say; polls find it wherever it is by then."""

    BY_HAND = "by hand"
    """The run waits before each step until `run.advance()`."""


AT_ONCE = Progress.AT_ONCE
AS_TIMED = Progress.AS_TIMED
BY_HAND = Progress.BY_HAND


@dataclass(frozen=True, slots=True)
class Polls:
    """The run stays in its first step for so many polls; the last sees it settled."""

    count: int


@dataclass(frozen=True, slots=True)
class Seconds:
    """The run stays in its first step for so many virtual seconds."""

    seconds: float


Pace = Progress | Polls | Seconds
