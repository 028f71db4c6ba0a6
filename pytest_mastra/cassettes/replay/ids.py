"""Which recorded ids a test's own ids mean. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, pairwise, zip_longest

from mastra_sync.generated_ids import UUID, is_uuid
from pytest_mastra.cassettes.replay.entries import Entry
from pytest_mastra.cassettes.replay.request_key import Question, parse_body
from pytest_mastra.http.aliases import Aliases
from pytest_mastra.http.exchanges_by_run import answered_run_id
from pytest_mastra.http.verbs import Effect, Kind

_UUIDS = re.compile(UUID)
_UUIDS_IN_BYTES = re.compile(UUID.encode())


class IdMap:
    """Which recorded id is meant by a test's own id, and the other way round.

    An id that is paired with none means itself. No two ids mean the same. One thread at a time.
    """

    __slots__ = ("_chosen", "_own", "_own_spellings", "_pattern", "_recorded", "_recorded_spellings")

    def __init__(self) -> None:
        self._recorded: dict[str, str] = {}
        self._own: dict[str, str] = {}
        self._own_spellings: dict[str, str] = {}
        self._recorded_spellings: dict[str, str] = {}
        self._chosen: set[str] = set()
        self._pattern: re.Pattern[bytes] | None = None

    @property
    def differ(self) -> bool:
        """Whether any id of the test is another one than in the recording."""
        return bool(self._recorded)

    def recorded(self, own: str) -> str:
        """Return the recorded id that the test's own id means."""
        return self._recorded.get(own, own)

    def own(self, recorded: str) -> str:
        """Return the test's own id that means a recorded id."""
        return self._own.get(recorded, recorded)

    def has_own(self, own: str) -> bool:
        """Return whether the test's own id is paired with a recorded one."""
        return own in self._recorded

    def has_recorded(self, recorded: str) -> bool:
        """Return whether a recorded id is paired with one of the test's own."""
        return recorded in self._own

    def pair(self, own: str, recorded: str) -> None:
        """Have an id mean a recorded one, and so the UUIDs in them.

        What either meant before is forgotten.
        """
        if own in self._recorded:
            del self._own[self._recorded[own]]
        if recorded in self._own:
            del self._recorded[self._own[recorded]]
        self._recorded[own] = recorded
        self._own[recorded] = own
        if not is_uuid(recorded):
            self._chosen.add(recorded)
            self._pattern = None
            # where an id is no run's, its UUID is all that is visible of it
            for own_uuid, recorded_uuid in _uuids_in(own, recorded):
                self.pair(own_uuid, recorded_uuid)

    def note_own_spellings(self, spellings: Iterable[str]) -> None:
        """Note how a request of the test writes its ids."""
        _note_spellings(self._own_spellings, spellings)

    def note_recorded_spellings(self, spellings: Iterable[str]) -> None:
        """Note how a recorded request writes its ids."""
        _note_spellings(self._recorded_spellings, spellings)

    def swap(self, own: str, recorded: str) -> None:
        """Have an id mean another recorded one; whatever meant that one now means what this did."""
        before, rival = self.recorded(own), self.own(recorded)
        self.pair(own, recorded)
        if rival != own:
            self.pair(rival, before)

    def with_own_ids(self, chunks: Sequence[bytes]) -> list[bytes]:
        """Return a recorded body with the test's own ids, in as many chunks.

        An id that a border of chunks goes through is found too; if its length changes, it stands before the border.
        """
        return _replaced(chunks, self._recorded_ids(), self._own_bytes)

    def with_own_ids_in_text(self, text: str) -> str:
        """Return a header's value with the test's own ids."""
        return b"".join(self.with_own_ids([text.encode("utf-8", "surrogateescape")])).decode("utf-8", "surrogateescape")

    def _recorded_ids(self) -> re.Pattern[bytes]:
        if self._pattern is None:
            chosen = sorted(self._chosen, key=len, reverse=True)
            # what is no UUID may be any word; in JSON, and in a path, it stands alone
            words = "".join(rf'|(?<=["/=]){re.escape(word)}(?=["/?&]|$)' for word in chosen)
            self._pattern = re.compile((UUID + words).encode())
        return self._pattern

    def _own_bytes(self, found: bytes) -> bytes:
        text = found.decode()
        recorded = text.lower() if is_uuid(text) else text
        own = self._own.get(recorded)
        return found if own is None else self._as_written(text, own, recorded).encode()

    def _as_written(self, text: str, own: str, recorded: str) -> str:
        """Return the test's own id in the letters that the server would have used."""
        spelling = self._own_spellings.get(own, own)
        if text == self._recorded_spellings.get(recorded, recorded):
            return spelling
        # the server writes it otherwise than it was sent
        return {text.lower(): spelling.lower(), text.upper(): spelling.upper()}.get(text, spelling)


def _note_spellings(known: dict[str, str], spellings: Iterable[str]) -> None:
    """Add how UUIDs are written, also those in other ids; what is known already stays."""
    for spelling in spellings:
        for uuid in _UUIDS.findall(spelling):
            known.setdefault(uuid.lower(), uuid)


def _uuids_in(own: str, recorded: str) -> Iterator[tuple[str, str]]:
    """Give the UUIDs in two ids that differ in nothing else."""
    if _UUIDS.sub("", own) == _UUIDS.sub("", recorded):
        for own_uuid, recorded_uuid in zip(_UUIDS.findall(own), _UUIDS.findall(recorded), strict=False):
            yield own_uuid.lower(), recorded_uuid.lower()


def _replaced(chunks: Sequence[bytes], pattern: re.Pattern[bytes], by: Callable[[bytes], bytes]) -> list[bytes]:
    """Return chunks with what a pattern finds in their whole replaced, borders in place."""
    whole = b"".join(chunks)
    parts: list[bytes] = []
    borders = list(accumulate(map(len, chunks)))
    new_borders: list[int] = []
    read = written = 0
    for found in pattern.finditer(whole):
        new = by(found[0])
        while len(new_borders) < len(borders) and borders[len(new_borders)] <= found.start():
            new_borders.append(written + borders[len(new_borders)] - read)
        while len(new_borders) < len(borders) and borders[len(new_borders)] < found.end():
            inside = borders[len(new_borders)] - found.start() if len(new) == len(found[0]) else len(new)
            new_borders.append(written + found.start() - read + inside)
        parts += [whole[read : found.start()], new]
        written += found.start() - read + len(new)
        read = found.end()
    parts.append(whole[read:])
    new_borders += [written + border - read for border in borders[len(new_borders) :]]
    new_whole = b"".join(parts)
    return [new_whole[start:end] for start, end in pairwise([0, *new_borders])]


class IdMatcher:
    """Learns which recorded ids a test's own ids mean.

    It takes that back where runs turn out to be others.

    Two runs that were created with the same words cannot be told apart until they are given different inputs; threads
    may create them in another order than when they were recorded. As long as nothing differs between them, one can
    take the other's place.

    Args:
        ids: What has been learned.
        entries: The recording, in its order.
    """

    def __init__(self, ids: IdMap, entries: Sequence[Entry]) -> None:
        self._ids = ids
        self._entries = entries

    def is_known(self, own: str) -> bool:
        """Return whether an id means a recorded one."""
        return self._ids.has_own(own) or self._is_recorded(own)

    def can_mean(self, own: Sequence[str], recorded: Sequence[str], *, read: Question | None = None) -> bool:
        """Return whether ids of a request can mean recorded ones, one by one.

        Args:
            own: Ids of a request.
            recorded: As many recorded ones.
            read: What is asked, if it only reads: that is no way to get to know a run that was created before.
        """
        return all(self._can_mean(own_id, recorded_id, read) for own_id, recorded_id in zip(own, recorded, strict=True))

    def first_match(
        self, own: Sequence[str], candidates: Iterable[tuple[str, ...]], *, read: Question
    ) -> tuple[str, ...] | None:
        """Return the first recorded ids that a request's ids can mean, if there are any."""
        is_taken, meant = self._ids.has_recorded, self._ids.recorded(own[0]) if own else None
        for recorded in candidates:
            # there may be thousands, most of them taken
            if recorded and recorded[0] != meant and is_taken(recorded[0]):
                continue
            if self.can_mean(own, recorded, read=read):
                return recorded
        return None

    def learn(self, own: Sequence[str], recorded: Sequence[str]) -> None:
        """Note that ids of a request mean recorded ones."""
        for own_id, recorded_id in zip(own, recorded, strict=True):
            if own_id != recorded_id:
                self._ids.pair(own_id, recorded_id)

    def can_swap(self, own: Sequence[str], recorded: Sequence[str], wanted: Sequence[Entry]) -> bool:
        """Return whether a run, the first of the ids, can become another recorded one.

        Args:
            own: Ids of a request.
            recorded: As many recorded ones.
            wanted: Moves of the recorded run of which one must still be to come when it has taken the other's place.
        """
        if not own or not self.can_mean(own[1:], recorded[1:]):
            return False
        before, now = self._ids.recorded(own[0]), recorded[0]
        if before == now:
            return False
        moves_before, moves_now = self._moves.get(before, []), self._moves.get(now, [])
        count = max(_count_played(moves_before), _count_played(moves_now))
        pairs = list(zip_longest(moves_before[:count], moves_now[:count]))
        is_to_come = any(entry in wanted for entry in moves_now[_count_played(moves_before) :])
        return bool(pairs) and is_to_come and all(left and right and _are_alike(left, right) for left, right in pairs)

    def swap(self, own: Sequence[str], recorded: Sequence[str]) -> list[tuple[Entry, bool]]:
        """Have a test's run take the place of another recorded one.

        Returns:
            Which moves count as played now, and which do not.
        """
        before, now = self._ids.recorded(own[0]), recorded[0]
        moves_before, moves_now = self._moves.get(before, []), self._moves.get(now, [])
        if self._ids.has_recorded(now) or not self._was_made_by_test(now):
            self._ids.swap(own[0], now)
        else:
            self._ids.pair(own[0], now)
        self.learn(own[1:], recorded[1:])
        count_before, count_now = _count_played(moves_before), _count_played(moves_now)
        return [
            *((entry, number < count_now) for number, entry in enumerate(moves_before)),
            *((entry, number < count_before) for number, entry in enumerate(moves_now)),
        ]

    def _can_mean(self, own: str, recorded: str, read: Question | None) -> bool:
        if self._ids.has_own(own) or self._ids.has_recorded(recorded):
            return self._ids.recorded(own) == recorded
        if own == recorded:
            return True
        if read is not None and self._entries[self._first_asked[recorded]].request_key.question != read:
            return False
        return self._was_made_by_test(recorded) and not self._is_recorded(own)

    def _is_recorded(self, identifier: str) -> bool:
        return identifier in self._first_asked or self._was_answered_before(identifier, len(self._entries))

    def _was_made_by_test(self, recorded: str) -> bool:
        first = self._first_asked.get(recorded)
        return first is not None and not self._was_answered_before(recorded, first)

    @cached_property
    def _first_asked(self) -> dict[str, int]:
        """Where each id stands first in a request."""
        first: dict[str, int] = {}
        for entry in self._entries:
            for identifier in entry.request_key.ids:
                first.setdefault(identifier, entry.index)
        return first

    def _was_answered_before(self, identifier: str, index: int) -> bool:
        """Return whether an id stands in an answer before an exchange of the recording."""
        if is_uuid(identifier):
            return self._first_answered.get(identifier, index) < index
        wanted = identifier.encode()
        return any(wanted in entry.exchange.body for entry in self._entries[:index])

    @cached_property
    def _first_answered(self) -> dict[str, int]:
        """Where each UUID stands first in an answer."""
        first: dict[str, int] = {}
        for entry in self._entries:
            for found in _UUIDS_IN_BYTES.findall(entry.exchange.body):
                first.setdefault(found.decode().lower(), entry.index)
        return first

    @cached_property
    def _moves(self) -> dict[str, list[Entry]]:
        """The moves of each recorded run, its creation among them, whether or not that names it."""
        moves: dict[str, list[Entry]] = {}
        for entry in self._entries:
            if entry.kind is Kind.MOVE and (run := entry.run or _created_run(entry)) is not None:
                moves.setdefault(run, []).append(entry)
        return moves


def _created_run(entry: Entry) -> str | None:
    """Return the run that a server named when it was created."""
    if entry.request_key.call.row.effect is not Effect.CREATE:
        return None
    run = answered_run_id(entry.exchange)
    return None if run is None else run.lower()


def _count_played(entries: Sequence[Entry]) -> int:
    return sum(entry.played for entry in entries)


def _are_alike(left: Entry, right: Entry) -> bool:
    """Return whether two moves asked and were answered the same, ids and times aside."""
    return left.request_key.question == right.request_key.question and _answer_of(left) == _answer_of(right)


def _answer_of(entry: Entry) -> tuple[object, ...]:
    aliases = Aliases()
    if entry.run:
        aliases.name(entry.run, "<run>")
    exchange = entry.exchange
    return exchange.status, exchange.ending, aliases.apply(parse_body(exchange.body))
