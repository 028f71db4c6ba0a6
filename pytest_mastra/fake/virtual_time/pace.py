"""How a run progresses whose end nobody waits for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mastra_sync.suggest import did_you_mean, nearest_name


class NamedPace(Enum):
    """The paces that need no number."""

    AT_ONCE = "at once"
    """The run goes to its end, or to where it must wait, before the request that moved it is answered."""

    AS_TIMED = "as timed"
    """The run takes the virtual time that its sleeps and durations say; polls find it wherever it is by then."""

    BY_HAND = "by hand"
    """The run waits before each step until `run.advance()`."""


AT_ONCE = NamedPace.AT_ONCE
AS_TIMED = NamedPace.AS_TIMED
BY_HAND = NamedPace.BY_HAND


@dataclass(frozen=True, slots=True)
class Polls:
    """The run stays in its first step for so many polls; the last sees it settled."""

    count: int

    def __post_init__(self) -> None:
        if not isinstance(self.count, int) or isinstance(self.count, bool) or self.count < 0:
            raise ValueError(f"Polls takes a whole number of polls, not {self.count!r}")


@dataclass(frozen=True, slots=True)
class Seconds:
    """The run stays in its first step for so many virtual seconds."""

    seconds: float

    def __post_init__(self) -> None:
        if not isinstance(self.seconds, (int, float)) or isinstance(self.seconds, bool) or not self.seconds >= 0:
            raise ValueError(f"Seconds takes a number of virtual seconds, not {self.seconds!r}")


Pace = NamedPace | Polls | Seconds


def check_pace(given: object) -> None:
    """Refuse what is no pace.

    Raises:
        TypeError: It is none; says what may be meant.
    """
    if isinstance(given, Pace):
        return
    words = {"at_once": "AT_ONCE", "as_timed": "AS_TIMED", "by_hand": "BY_HAND", "polls": "Polls(3)"}
    words["seconds"] = "Seconds(60)"
    name = given.__name__ if isinstance(given, type) else given if isinstance(given, str) else ""
    near = nearest_name(name.lower().replace(" ", "_").replace("-", "_"), words)
    hint = did_you_mean(words[near], shown=str) if near else ""
    raise TypeError(
        f"a pace is AT_ONCE, AS_TIMED, BY_HAND, Polls(count) or Seconds(seconds) of pytest_mastra, not {given!r}{hint}"
    )
