"""Which recorded id, a run's or another, stands for one that a test asks for. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise, zip_longest

from mastra_sync.generated_ids import UUID, is_uuid
from pytest_mastra.cassettes.replay.entries import Entry
from pytest_mastra.cassettes.replay.request_key import loaded
from pytest_mastra.http.aliases import Aliases
from pytest_mastra.http.exchanges_by_run import answered_run_id
from pytest_mastra.http.verbs import Effect, Kind

Key = tuple[str, str, str]
"""What a request asks: see `Shape.key`."""

_UUIDS = re.compile(UUID)
_UUIDS_IN_BYTES = re.compile(UUID.encode())


class Names:
    """Which recorded id is meant by one that is asked for, and the other way round.

    What nobody has told is called the same on both sides. No two ids have one name. One thread at a time.
    """

    __slots__ = ("_asked", "_pattern", "_recorded", "_words")

    def __init__(self) -> None:
        self._recorded: dict[str, str] = {}
        self._asked: dict[str, str] = {}
        self._words: set[str] = set()
        self._pattern: re.Pattern[bytes] | None = None

    @property
    def differ(self) -> bool:
        """Whether anything is called otherwise in the test than in the recording."""
        return bool(self._recorded)

    def recorded(self, asked: str) -> str:
        """Return what an id is called in the recording."""
        return self._recorded.get(asked, asked)

    def asked(self, recorded: str) -> str:
        """Return what a recorded id is called in the test."""
        return self._asked.get(recorded, recorded)

    def knows_asked(self, asked: str) -> bool:
        """Say whether it was told what an id is called in the recording."""
        return asked in self._recorded

    def knows_recorded(self, recorded: str) -> bool:
        """Say whether it was told what a recorded id is called in the test."""
        return recorded in self._asked

    def tell(self, asked: str, recorded: str) -> None:
        """Note that two ids mean the same, and UUIDs in them too; what either was called before is forgotten."""
        if asked in self._recorded:
            del self._asked[self._recorded[asked]]
        if recorded in self._asked:
            del self._recorded[self._asked[recorded]]
        self._recorded[asked] = recorded
        self._asked[recorded] = asked
        if not is_uuid(recorded):
            self._words.add(recorded)
            self._pattern = None
            # where an id is no run's, its UUID is all that is seen of it
            for one, other in _inner(asked, recorded):
                self.tell(one, other)

    def exchange(self, asked: str, recorded: str) -> None:
        """Have an id mean another recorded one; whatever meant that one now means what this did."""
        before, other = self.recorded(asked), self.asked(recorded)
        self.tell(asked, recorded)
        if other != asked:
            self.tell(other, before)

    def as_asked(self, chunks: Sequence[bytes]) -> list[bytes]:
        """Return a recorded body with its ids as the test knows them, in as many chunks.

        An id that a border of chunks goes through is found too; if its length changes, it stands before the border.
        """
        return replaced(chunks, self._found_ids(), self._asked_bytes)

    def as_asked_text(self, text: str) -> str:
        """Return a header's value with its ids as the test knows them."""
        return b"".join(self.as_asked([text.encode("utf-8", "surrogateescape")])).decode("utf-8", "surrogateescape")

    def _found_ids(self) -> re.Pattern[bytes]:
        if self._pattern is None:
            words = sorted(self._words, key=len, reverse=True)
            # what is no UUID may be any word; in JSON, and in a path, it stands alone
            given = "".join(rf'|(?<=["/=]){re.escape(word)}(?=["/?&]|$)' for word in words)
            self._pattern = re.compile((UUID + given).encode())
        return self._pattern

    def _asked_bytes(self, found: bytes) -> bytes:
        text = found.decode()
        return self._asked.get(text.lower() if is_uuid(text) else text, text).encode()


def _inner(asked: str, recorded: str) -> Iterator[tuple[str, str]]:
    """Give the UUIDs in two ids that differ in nothing else."""
    if _UUIDS.sub("", asked) == _UUIDS.sub("", recorded):
        for one, other in zip(_UUIDS.findall(asked), _UUIDS.findall(recorded), strict=False):
            yield one.lower(), other.lower()


def replaced(chunks: Sequence[bytes], pattern: re.Pattern[bytes], by: Callable[[bytes], bytes]) -> list[bytes]:
    """Return chunks with what a pattern finds in their whole replaced; the borders stay where they were in it."""
    whole = b"".join(chunks)
    parts: list[bytes] = []
    borders = list(accumulate(map(len, chunks)))
    moved: list[int] = []
    place = made = 0
    for found in pattern.finditer(whole):
        new = by(found[0])
        while len(moved) < len(borders) and borders[len(moved)] <= found.start():
            moved.append(made + borders[len(moved)] - place)
        while len(moved) < len(borders) and borders[len(moved)] < found.end():
            inside = borders[len(moved)] - found.start() if len(new) == len(found[0]) else len(new)
            moved.append(made + found.start() - place + inside)
        parts += [whole[place : found.start()], new]
        made += found.start() - place + len(new)
        place = found.end()
    parts.append(whole[place:])
    moved += [made + border - place for border in borders[len(moved) :]]
    new_whole = b"".join(parts)
    return [new_whole[start:end] for start, end in pairwise([0, *moved])]


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
                for found in _UUIDS_IN_BYTES.findall(entry.exchange.body):
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
    run = answered_run_id(entry.exchange)
    return None if run is None else run.lower()


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
