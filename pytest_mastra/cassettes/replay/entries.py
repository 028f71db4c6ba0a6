"""The exchanges of a recording as a replay sees them, and which are still to come."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field

from pytest_mastra.cassettes.replay.request_key import RequestKey
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
        index: Which exchange of the recording it is, from 0.
        exchange: The exchange.
        request_key: What its request is matched by.
        kind: What it does.
        played: Whether it has been an answer.
        move_scopes: What it changes, the narrowest first.
        read_scope: What it tells of; None for what does not change.
    """

    index: int
    exchange: Exchange
    request_key: RequestKey
    kind: Kind
    played: bool = False
    move_scopes: tuple[Scope, ...] = field(init=False)
    read_scope: Scope | None = field(init=False)

    def __post_init__(self) -> None:
        self.move_scopes = self._scopes()
        self.read_scope = None if self.kind is Kind.FIXED else self.move_scopes[0]

    @property
    def wording(self) -> tuple[str, bytes]:
        """What was asked, to the letter: path and query, body."""
        return self.exchange.request.target, self.exchange.request.body

    @property
    def run(self) -> str | None:
        """The run that its request names, as ids are written in request keys."""
        return self.request_key.ids[0] if self.request_key.call.run else None

    def _scopes(self) -> tuple[Scope, ...]:
        call = self.request_key.call
        if call.verb is None:
            return (OTHERS,)
        wider = (("workflow", call.workflow or ""), _ALL_RUNS) if call.workflow else (_ALL_RUNS,)
        return (("run", self.run), *wider) if self.run else wider


def kind_of(key: RequestKey, method: str) -> Kind:
    """Return what a request does."""
    if key.call.verb is None:
        return Kind.READ if method in {"GET", "HEAD", "OPTIONS"} else Kind.MOVE
    return key.call.row.kind


@dataclass(slots=True)
class ScopeMoves:
    """The moves of one scope, and how far they have been played."""

    indexes: list[int] = field(default_factory=list)
    _unplayed: list[int] | None = None
    _last: int = -1

    def mark(self, index: int, *, played: bool) -> None:
        """Note whether a move has been played, or is to be played again."""
        unplayed = self.unplayed
        at = bisect_left(unplayed, index)
        if played:
            del unplayed[at]
            self._last = max(self._last, index)
        else:
            insort(unplayed, index)
            self._last = max((known for known in self.indexes if known not in set(unplayed)), default=-1)

    @property
    def unplayed(self) -> list[int]:
        """Those that are still to be played."""
        if self._unplayed is None:
            self._unplayed = list(self.indexes)
        return self._unplayed

    @property
    def window(self) -> tuple[int, float]:
        """Between which exchanges reads tell how things stand now.

        That is after the last move that has been played, and before the next one.
        """
        return self._last, self.unplayed[0] if self.unplayed else float("inf")


class EntryGroup:
    """The entries that ask the same of the same ids, in the recording's order."""

    __slots__ = ("entries", "indexes", "unplayed")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.indexes: list[int] = []
        self.unplayed: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Add an entry that comes after all others."""
        self.entries.append(entry)
        self.indexes.append(entry.index)
        self.unplayed.append(entry)

    def between(self, after: int, before: float) -> list[Entry]:
        """Return the entries between two exchanges of the recording."""
        return self.entries[bisect_right(self.indexes, after) : bisect_left(self.indexes, before)]

    def first_between(self, after: int, before: float) -> Entry | None:
        """Return the first entry between two exchanges of the recording."""
        at = bisect_right(self.indexes, after)
        return self.entries[at] if at < len(self.indexes) and self.indexes[at] < before else None

    def last_between(self, after: int, before: float) -> Entry | None:
        """Return the last entry between two exchanges of the recording."""
        at = bisect_left(self.indexes, before) - 1
        return self.entries[at] if at >= 0 and self.indexes[at] > after else None
