"""The exchanges of a recording as a replay sees them: which move a run, which only read, and what is still to come."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field

from pytest_mastra.cassettes.replay.request_key import Shape
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.verbs import Kind

Scope = tuple[str, str]
"""What a read tells of, and a move changes: a run, a workflow's runs, all runs, or what is no workflow."""

_ALL_RUNS: Scope = ("all runs", "")
OTHERS: Scope = ("others", "")


@dataclass(slots=True, eq=False)
class Entry:
    """One recorded exchange.

    Attributes:
        place: Its place in the story, from 0.
        exchange: The exchange.
        shape: What it is matched by.
        kind: What it does.
        played: Whether it has been an answer.
        move_scopes: What it changes, the narrowest first.
        read_scope: What it tells of; None for what does not change.
    """

    place: int
    exchange: Exchange
    shape: Shape
    kind: Kind
    played: bool = False
    move_scopes: tuple[Scope, ...] = field(init=False)
    read_scope: Scope | None = field(init=False)

    def __post_init__(self) -> None:
        self.move_scopes = self._scopes()
        self.read_scope = None if self.kind is Kind.FIXED else self.move_scopes[0]

    @property
    def words(self) -> tuple[str, bytes]:
        """What was asked, to the letter: path and query, body."""
        return self.exchange.request.target, self.exchange.request.body

    @property
    def run(self) -> str | None:
        """The run that its request names, as ids are written in shapes."""
        return self.shape.ids[0] if self.shape.call.run else None

    def _scopes(self) -> tuple[Scope, ...]:
        call = self.shape.call
        if call.verb is None:
            return (OTHERS,)
        wider = (("workflow", call.workflow or ""), _ALL_RUNS) if call.workflow else (_ALL_RUNS,)
        return (("run", self.run), *wider) if self.run else wider


def kind_of(shape: Shape, method: str) -> Kind:
    """Return what a request does."""
    if shape.call.verb is None:
        return Kind.READ if method in {"GET", "HEAD", "OPTIONS"} else Kind.MOVE
    return shape.call.row.kind


@dataclass(slots=True)
class Moves:
    """The moves of one scope, and how far they have been played."""

    places: list[int] = field(default_factory=list)
    _left: list[int] | None = None
    _last: int = -1

    def note(self, place: int, *, played: bool) -> None:
        """Note that a move has been played, or that it is to be played again."""
        left = self.left
        at = bisect_left(left, place)
        if played:
            del left[at]
            self._last = max(self._last, place)
        else:
            insort(left, place)
            self._last = max((known for known in self.places if known not in set(left)), default=-1)

    @property
    def left(self) -> list[int]:
        """The places of those that are still to be played."""
        if self._left is None:
            self._left = list(self.places)
        return self._left

    @property
    def window(self) -> tuple[int, float]:
        """Between which places reads tell how things stand now: after the last move played, before the next one."""
        return self._last, self.left[0] if self.left else float("inf")


class Group:
    """The entries of one shape with the same ids, in story order."""

    __slots__ = ("entries", "left", "places")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.places: list[int] = []
        self.left: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Add an entry that comes after all others."""
        self.entries.append(entry)
        self.places.append(entry.place)
        self.left.append(entry)

    def between(self, after: int, before: float) -> list[Entry]:
        """Return the entries between two places of the story."""
        return self.entries[bisect_right(self.places, after) : bisect_left(self.places, before)]

    def first_between(self, after: int, before: float) -> Entry | None:
        """Return the first entry between two places of the story."""
        at = bisect_right(self.places, after)
        return self.entries[at] if at < len(self.places) and self.places[at] < before else None

    def last_between(self, after: int, before: float) -> Entry | None:
        """Return the last entry between two places of the story."""
        at = bisect_left(self.places, before) - 1
        return self.entries[at] if at >= 0 and self.places[at] > after else None
