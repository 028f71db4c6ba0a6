"""Which recorded run, or other id, one that a test asks for can be. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from mastra_sync.generated_ids import UUID, is_uuid
from pytest_mastra.cassettes.replay.entries import Entry
from pytest_mastra.cassettes.replay.renaming import Names
from pytest_mastra.cassettes.replay.request_key import loaded
from pytest_mastra.http.aliases import Aliases
from pytest_mastra.http.verbs import Effect, Kind

Key = tuple[str, str, str]
"""What a request asks: see `Shape.key`."""

_UUIDS = re.compile(UUID.encode())


class Identities:
    """Learns which recorded ids a test's own ids stand for, and takes it back where runs turn out to be others.

    Two runs that were created with the same words cannot be told apart until they are given different inputs; threads
    may create them in another order than when they were recorded. As long as nothing differs between them, one can
    take the other's place.

    Args:
        names: What has been learned.
        entries: The recording, in story order.
    """

    def __init__(self, names: Names, entries: Sequence[Entry]) -> None:
        self._names = names
        self._entries = entries
        self._asked_first: dict[str, int] | None = None
        self._told_first: dict[str, int] | None = None
        self._moves: dict[str, list[Entry]] | None = None

    def is_known(self, asked: str) -> bool:
        """Say whether an id stands for a recorded one."""
        return self._names.knows_asked(asked) or self._is_recorded(asked)

    def can_mean(self, asked: Sequence[str], recorded: Sequence[str], *, read: Key | None = None) -> bool:
        """Say whether ids that are asked for can stand for recorded ones, one by one.

        Args:
            asked: Ids of a request.
            recorded: As many recorded ones.
            read: What is asked, if it only reads: that is no way to get to know a run that was created before.
        """
        return all(self._can_be(one, other, read) for one, other in zip(asked, recorded, strict=True))

    def first_meant(
        self, asked: Sequence[str], candidates: Iterable[tuple[str, ...]], *, read: Key
    ) -> tuple[str, ...] | None:
        """Return the first recorded ids that ids which are asked for can stand for; None if there are none."""
        is_taken, own = self._names.knows_recorded, self._names.recorded(asked[0]) if asked else None
        for recorded in candidates:
            # there may be thousands, most of them taken
            if recorded and recorded[0] != own and is_taken(recorded[0]):
                continue
            if self.can_mean(asked, recorded, read=read):
                return recorded
        return None

    def learn(self, asked: Sequence[str], recorded: Sequence[str]) -> None:
        """Note that they do."""
        for one, other in zip(asked, recorded, strict=True):
            if one != other:
                self._names.tell(one, other)

    def can_change_places(self, asked: Sequence[str], recorded: Sequence[str]) -> bool:
        """Say whether the run that is asked for, the first of the ids, can take the place of another recorded one."""
        if not asked or not self.can_mean(asked[1:], recorded[1:]):
            return False
        before, now = self._names.recorded(asked[0]), recorded[0]
        if before == now:
            return False
        ours, theirs = self._moves_of(before), self._moves_of(now)
        count = max(_played(ours), _played(theirs))
        pairs = list(zip_longest(ours[:count], theirs[:count]))
        return bool(pairs) and all(one and other and _are_alike(one, other) for one, other in pairs)

    def change_places(self, asked: Sequence[str], recorded: Sequence[str]) -> list[tuple[Entry, bool]]:
        """Note that it does.

        Returns:
            Which moves count as played now, and which do not.
        """
        before, now = self._names.recorded(asked[0]), recorded[0]
        ours, theirs = self._moves_of(before), self._moves_of(now)
        if self._names.knows_recorded(now) or not self._was_made_by_test(now):
            self._names.exchange(asked[0], now)
        else:
            self._names.tell(asked[0], now)
        self.learn(asked[1:], recorded[1:])
        count, other_count = _played(ours), _played(theirs)
        return [
            *((entry, number < other_count) for number, entry in enumerate(ours)),
            *((entry, number < count) for number, entry in enumerate(theirs)),
        ]

    def _can_be(self, asked: str, recorded: str, read: Key | None) -> bool:
        if self._names.knows_asked(asked) or self._names.knows_recorded(recorded):
            return self._names.recorded(asked) == recorded
        if asked == recorded:
            return True
        if read is not None and self._entries[self._first[recorded]].shape.key != read:
            return False
        return self._was_made_by_test(recorded) and not self._is_recorded(asked)

    def _is_recorded(self, identifier: str) -> bool:
        return identifier in self._first or self._was_told_before(identifier, len(self._entries))

    def _was_made_by_test(self, recorded: str) -> bool:
        first = self._first.get(recorded)
        return first is not None and not self._was_told_before(recorded, first)

    @property
    def _first(self) -> dict[str, int]:
        """Where each id stands first in a request."""
        if self._asked_first is None:
            self._asked_first = {}
            for entry in self._entries:
                for identifier in entry.shape.ids:
                    self._asked_first.setdefault(identifier, entry.place)
        return self._asked_first

    def _was_told_before(self, identifier: str, place: int) -> bool:
        """Say whether an id stands in an answer before a place of the story."""
        if is_uuid(identifier):
            return self._told.get(identifier, place) < place
        wanted = identifier.encode()
        return any(wanted in entry.exchange.body for entry in self._entries[:place])

    @property
    def _told(self) -> dict[str, int]:
        """Where each UUID stands first in an answer."""
        if self._told_first is None:
            self._told_first = {}
            for entry in self._entries:
                for found in _UUIDS.findall(entry.exchange.body):
                    self._told_first.setdefault(found.decode().lower(), entry.place)
        return self._told_first

    def _moves_of(self, run: str) -> list[Entry]:
        """Return a recorded run's moves, its creation among them, whether or not that names it."""
        if self._moves is None:
            self._moves = {}
            for entry in self._entries:
                if entry.kind is Kind.MOVE and (named := entry.run or _created(entry)) is not None:
                    self._moves.setdefault(named, []).append(entry)
        return self._moves.get(run, [])


def _created(entry: Entry) -> str | None:
    """Return the run that a server named when it was created."""
    if entry.shape.call.row.effect is not Effect.CREATE:
        return None
    told = loaded(entry.exchange.body)
    run = told.get("runId") if isinstance(told, dict) else None
    return run.lower() if isinstance(run, str) else None


def _played(entries: Sequence[Entry]) -> int:
    return sum(entry.played for entry in entries)


def _are_alike(one: Entry, other: Entry) -> bool:
    """Say whether two moves asked and were answered the same, ids and times aside."""
    return one.shape.key == other.shape.key and list(_said(one)) == list(_said(other))


def _said(entry: Entry) -> Iterator[object]:
    aliases = Aliases()
    if entry.run:
        aliases.name(entry.run, "<run>")
    exchange = entry.exchange
    yield exchange.status
    yield exchange.ending
    yield aliases.apply(loaded(exchange.body))
