"""Plays a recording: each move once, reads as the run stood between its moves. No I/O."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from mastra_sync.statuses import SETTLED
from pytest_mastra.cassettes.replay.entries import Entry, EntryGroup, Scope, ScopeMoves, kind_of
from pytest_mastra.cassettes.replay.ids import IdMap, IdMatcher
from pytest_mastra.cassettes.replay.no_match import Miss, describe_entry
from pytest_mastra.cassettes.replay.request_key import RequestKey, key_of
from pytest_mastra.http.bodies import reply_json, run_in
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.verbs import Kind
from pytest_mastra.http.wire import WireRequest

Scrub = Callable[[WireRequest], WireRequest]
"""Returns a request as a recording would have it."""


class Playback:
    """A recording that is being played. Any number of threads may ask it.

    A move is played once. What reads a run is answered as the run stood at this point: after the moves
    that have been played, before those that have not. Asked more often than recorded, it says again what it said last.

    Args:
        exchanges: The recording, in its order, as cassettes hold it: without content coding.
        scrub: Makes a request look as it would in the recording, where secrets are replaced.

    Attributes:
        ids: Which ids of the test stand for which recorded ones.
        extra_polls: How many reads there were beyond the recorded ones.
    """

    def __init__(self, exchanges: Iterable[Exchange], *, scrub: Scrub | None = None) -> None:
        self.ids = IdMap()
        self.extra_polls = 0
        self.entries: list[Entry] = []
        self._id_matcher = IdMatcher(self.ids, self.entries)
        self._scrub = scrub
        self._lock = threading.Lock()
        self._keys: dict[tuple[str, str, bytes], RequestKey] = {}
        self._groups: dict[tuple[str, str, str], dict[tuple[str, ...], EntryGroup]] = {}
        self._cursors: dict[Scope | None, int] = {}
        self._moves: dict[Scope, ScopeMoves] = {}
        for exchange in exchanges:
            self._add(exchange)
        for entry in self.entries:
            if entry.kind in {Kind.POLL, Kind.READ} and entry.read_scope is not None:
                self._moves.setdefault(entry.read_scope, ScopeMoves())
        for entry in self._all_moves():
            for moves in self._moves_of(entry):
                moves.indexes.append(entry.index)

    @property
    def played(self) -> int:
        """How many of the recorded exchanges have been answers."""
        return sum(entry.played for entry in self.entries)

    @property
    def unplayed(self) -> list[Exchange]:
        """What nobody has asked for, but polls.

        How often is asked how things stand is a matter of time.
        """
        return [entry.exchange for entry in self.unplayed_entries]

    @property
    def unplayed_entries(self) -> list[Entry]:
        """The recorded exchanges that nobody has asked for, but polls and looks, as entries."""
        return [
            entry
            for entry in self.entries
            if not (entry.played or entry.kind is Kind.POLL or entry.exchange.request.is_look)
        ]

    def answer(self, request: WireRequest) -> Exchange | Miss:
        """Return the recorded exchange that answers a request; where there is none, why.

        Its reply has the ids as the test knows them.
        """
        with self._lock:
            key = self._key_of(request)
            self.ids.note_own_spellings(key.spellings)
            kind = kind_of(key, request.method)
            entry = self._move(key, request) if kind is Kind.MOVE else self._read(key)
            if isinstance(entry, Entry):
                self._play(entry)
                return self._with_own_ids(entry.exchange)
            return Miss(self._scrubbed(request), key, entry, tuple(self.entries))

    def has_answer(self, request: WireRequest) -> bool:
        """Say whether anything is left that asks the same; asking plays nothing."""
        with self._lock:
            key = self._key_of(request)
            groups = self._groups.get(key.question, {}).values()
            return any(group.unplayed or group.entries[0].kind is not Kind.MOVE for group in groups)

    def is_about_a_recorded_run(self, key: RequestKey) -> bool:
        """Say whether a request is about a run that the recording knows."""
        with self._lock:
            return key.call.run is not None and self._id_matcher.is_known(key.ids[0])

    # -- what there is

    def _add(self, exchange: Exchange) -> None:
        request = exchange.request
        wording = (request.method, request.target, request.body)
        key = self._keys.get(wording)
        if key is None:
            key = self._keys[wording] = key_of(request)
        entry = Entry(len(self.entries), exchange, key, kind_of(key, request.method))
        self.entries.append(entry)
        self.ids.note_recorded_spellings(key.spellings)
        self._groups.setdefault(key.question, {}).setdefault(key.ids, EntryGroup()).add(entry)

    def _key_of(self, request: WireRequest) -> RequestKey:
        wording = (request.method, request.target, request.body)
        key = self._keys.get(wording)
        if key is None:
            key = key_of(request)
            if key.question not in self._groups:
                key = key_of(self._scrubbed(request))
            self._keys[wording] = key
        return key

    def _scrubbed(self, request: WireRequest) -> WireRequest:
        return request if self._scrub is None else self._scrub(request)

    def _all_moves(self) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.kind is Kind.MOVE)

    def _moves_of(self, entry: Entry) -> Iterator[ScopeMoves]:
        return (self._moves[scope] for scope in entry.move_scopes if scope in self._moves)

    def _with_own_ids(self, exchange: Exchange) -> Exchange:
        # now, not when the reply is read: threads may change what ids mean meanwhile
        ids = self.ids
        if not ids.differ:
            return exchange
        headers = tuple((name, ids.with_own_ids_in_text(value)) for name, value in exchange.headers)
        return replace(exchange, headers=headers, chunks=ids.with_own_ids(exchange.chunks))

    # -- playing

    def _play(self, entry: Entry) -> None:
        if entry.kind is not Kind.MOVE:
            self.extra_polls += entry.played
            scope = entry.read_scope
            self._cursors[scope] = max(self._cursors.get(scope, -1), entry.index)
        self._mark(entry, played=True)

    def _mark(self, entry: Entry, *, played: bool) -> None:
        if entry.played == played:
            return
        entry.played = played
        group = self._groups[entry.request_key.question][entry.request_key.ids]
        if played:
            group.unplayed.remove(entry)
        else:
            group.unplayed.append(entry)
            group.unplayed.sort(key=lambda each: each.index)
        if entry.kind is Kind.MOVE:
            for moves in self._moves_of(entry):
                moves.mark(entry.index, played=played)

    # -- reads

    def _read(self, key: RequestKey) -> Entry | str:
        groups = self._groups.get(key.question)
        if groups is None:
            return "nothing like it was recorded"
        ids = self._ids_of_read(key, groups)
        if ids is None:
            return "it was recorded of other runs only"
        found = self._read_in(groups[ids])
        if isinstance(found, Entry):
            self._id_matcher.learn(key.ids, ids)
        return found

    def _read_in(self, group: EntryGroup) -> Entry | str:
        first = group.entries[0]
        scope = first.read_scope
        if first.kind is Kind.FIXED or scope is None:
            return group.unplayed[0] if group.unplayed else group.entries[-1]
        after, before = self._moves[scope].window
        if first.kind is Kind.POLL:
            found = group.first_between(max(after, self._cursors.get(scope, -1)), before)
        else:
            found = next((entry for entry in group.between(after, before) if not entry.played), None)
        found = found or group.last_between(after, before)
        if found is None and not first.request_key.call.run:
            # what is about no run may have been asked amid several, which are told one after the other
            return group.unplayed[0] if group.unplayed else group.entries[-1]
        if found is None:
            return self._why_not_now(group, after, before)
        if self._goes_back(found, scope):
            return "what was recorded is how the run stood before the last answer, which was another"
        return found

    def _ids_of_read(self, key: RequestKey, groups: dict[tuple[str, ...], EntryGroup]) -> tuple[str, ...] | None:
        """Return which recorded ids a read asks for."""
        exact = tuple(map(self.ids.recorded, key.ids))
        if exact in groups:
            return exact
        return self._id_matcher.first_match(key.ids, groups, read=key.question)

    def _goes_back(self, found: Entry, scope: Scope) -> bool:
        """Say whether an answer would be older than what has been said.

        That is what another read of the same run has said since the last move.
        """
        cursor = self._cursors.get(scope, -1)
        if found.kind is not Kind.POLL or found.index >= cursor:
            return False
        return _is_settled(self.entries[cursor].exchange) and not _is_settled(found.exchange)

    def _why_not_now(self, group: EntryGroup, after: int, before: float) -> str:
        # a later move may have been played before an earlier one: what is still to come need not come after the last
        if group.indexes[-1] > after:
            move = self.entries[int(before)]
            return f"it was recorded after {describe_entry(move)}, which has not been played yet"
        move = self.entries[after]
        return f"it was not recorded after {describe_entry(move)}, which has been played"

    # -- moves

    def _move(self, key: RequestKey, request: WireRequest) -> Entry | str:
        groups = self._groups.get(key.question, {})
        exact = groups.get(tuple(map(self.ids.recorded, key.ids)))
        if exact is not None and exact.unplayed:
            return _closest(exact.unplayed, request)
        for ids, group in groups.items():
            if group.unplayed and self._id_matcher.can_mean(key.ids, ids):
                self._id_matcher.learn(key.ids, ids)
                return _closest(group.unplayed, request)
        for ids, group in groups.items():
            if group.unplayed and self._id_matcher.can_swap(key.ids, ids, group.entries):
                for entry, played in self._id_matcher.swap(key.ids, ids):
                    self._mark(entry, played=played)
                return _closest(group.unplayed, request)
        if not groups:
            return "nothing like it was recorded"
        if exact is None and any(group.unplayed for group in groups.values()):
            return "it was recorded of other runs only"
        return "all that was recorded of it has been played"


def _closest(entries: Sequence[Entry], request: WireRequest) -> Entry:
    """Return the entry that was asked for in the very same words, else the first."""
    wording = (request.target, request.body)
    return next((entry for entry in entries if entry.wording == wording), entries[0])


def _is_settled(exchange: Exchange) -> bool:
    return run_in(reply_json(exchange)).get("status") in SETTLED
