"""Which recorded exchange answers a request: each move once, reads as the run stood between its moves. No I/O."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from mastra_sync.statuses import SETTLED
from pytest_mastra.cassettes.replay.entries import Entry, Group, Moves, Scope, kind_of
from pytest_mastra.cassettes.replay.ids import Identities, Names
from pytest_mastra.cassettes.replay.no_match import Miss, told
from pytest_mastra.cassettes.replay.request_key import Shape, shape_of
from pytest_mastra.http.bodies import reply_json, run_in
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.verbs import Kind
from pytest_mastra.http.wire import WireRequest

Scrub = Callable[[WireRequest], WireRequest]
"""Returns a request as a recording would have it."""


class Playback:
    """A recording that is being played. Any number of threads may ask it.

    A move is played once. What reads a run is answered as the run stood at this point of the story: after the moves
    that have been played, before those that have not. Asked more often than recorded, it says again what it said last.

    Args:
        exchanges: The recording, in story order, as cassettes hold it: without content coding.
        scrub: Makes a request look as it would in the recording, where secrets are replaced.

    Attributes:
        names: What ids are called in the test, and in the recording.
        extra_polls: How many reads there were beyond the recorded ones.
    """

    def __init__(self, exchanges: Iterable[Exchange], *, scrub: Scrub | None = None) -> None:
        self.names = Names()
        self.extra_polls = 0
        self.entries: list[Entry] = []
        self._identities = Identities(self.names, self.entries)
        self._scrub = scrub
        self._lock = threading.Lock()
        self._shapes: dict[tuple[str, str, bytes], Shape] = {}
        self._groups: dict[tuple[str, str, str], dict[tuple[str, ...], Group]] = {}
        self._cursors: dict[Scope | None, int] = {}
        self._moves: dict[Scope, Moves] = {}
        for exchange in exchanges:
            self._add(exchange)
        for entry in self.entries:
            if entry.kind in {Kind.POLL, Kind.READ} and entry.read_scope is not None:
                self._moves.setdefault(entry.read_scope, Moves())
        for entry in self._all_moves():
            for moves in self._moves_of(entry):
                moves.places.append(entry.place)

    @property
    def played(self) -> int:
        """How many of the recorded exchanges have been answers."""
        return sum(entry.played for entry in self.entries)

    @property
    def unplayed(self) -> list[Exchange]:
        """What nobody has asked for, but polls: how often is asked how things stand is a matter of time."""
        return [entry.exchange for entry in self.unplayed_entries]

    @property
    def unplayed_entries(self) -> list[Entry]:
        """The same, with their places."""
        return [entry for entry in self.entries if not entry.played and entry.kind is not Kind.POLL]

    def answer(self, request: WireRequest) -> Exchange | Miss:
        """Return the recorded exchange that answers a request, its reply with ids as the test knows them.

        Where there is none, return why.
        """
        with self._lock:
            shape = self._asked_shape(request)
            kind = kind_of(shape, request.method)
            entry = self._move(shape, request) if kind is Kind.MOVE else self._read(shape)
            if isinstance(entry, Entry):
                self._play(entry)
                return self._as_asked(entry.exchange)
            return Miss(self._cleaned(request), shape, entry, tuple(self.entries))

    def has_answer(self, request: WireRequest) -> bool:
        """Say whether anything is left that asks the same; asking plays nothing."""
        with self._lock:
            shape = self._asked_shape(request)
            groups = self._groups.get(shape.key, {}).values()
            return any(group.left or group.entries[0].kind is not Kind.MOVE for group in groups)

    def is_about_a_recorded_run(self, shape: Shape) -> bool:
        """Say whether a request is about a run that the recording knows."""
        with self._lock:
            return shape.call.run is not None and self._identities.is_known(shape.ids[0])

    # -- what there is

    def _add(self, exchange: Exchange) -> None:
        request = exchange.request
        words = (request.method, request.target, request.body)
        shape = self._shapes.get(words)
        if shape is None:
            shape = self._shapes[words] = shape_of(request)
        entry = Entry(len(self.entries), exchange, shape, kind_of(shape, request.method))
        self.entries.append(entry)
        self._groups.setdefault(shape.key, {}).setdefault(shape.ids, Group()).add(entry)

    def _asked_shape(self, request: WireRequest) -> Shape:
        words = (request.method, request.target, request.body)
        shape = self._shapes.get(words)
        if shape is None:
            shape = shape_of(request)
            if shape.key not in self._groups:
                shape = shape_of(self._cleaned(request))
            self._shapes[words] = shape
        return shape

    def _cleaned(self, request: WireRequest) -> WireRequest:
        return request if self._scrub is None else self._scrub(request)

    def _all_moves(self) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.kind is Kind.MOVE)

    def _moves_of(self, entry: Entry) -> Iterator[Moves]:
        return (self._moves[scope] for scope in entry.move_scopes if scope in self._moves)

    def _as_asked(self, exchange: Exchange) -> Exchange:
        # now, not when the reply is read: threads may change what ids mean meanwhile
        names = self.names
        if not names.differ:
            return exchange
        headers = tuple((name, names.as_asked_text(value)) for name, value in exchange.headers)
        return replace(exchange, headers=headers, chunks=names.as_asked(exchange.chunks))

    # -- playing

    def _play(self, entry: Entry) -> None:
        if entry.kind is not Kind.MOVE:
            self.extra_polls += entry.played
            scope = entry.read_scope
            self._cursors[scope] = max(self._cursors.get(scope, -1), entry.place)
        self._mark(entry, played=True)

    def _mark(self, entry: Entry, *, played: bool) -> None:
        if entry.played == played:
            return
        entry.played = played
        group = self._groups[entry.shape.key][entry.shape.ids]
        if played:
            group.left.remove(entry)
        else:
            group.left.append(entry)
            group.left.sort(key=lambda each: each.place)
        if entry.kind is Kind.MOVE:
            for moves in self._moves_of(entry):
                moves.note(entry.place, played=played)

    # -- reads

    def _read(self, shape: Shape) -> Entry | str:
        groups = self._groups.get(shape.key)
        if groups is None:
            return "nothing like it was recorded"
        ids = self._ids_of_read(shape, groups)
        if ids is None:
            return "it was recorded of other runs only"
        found = self._read_in(groups[ids])
        if isinstance(found, Entry):
            self._identities.learn(shape.ids, ids)
        return found

    def _read_in(self, group: Group) -> Entry | str:
        first = group.entries[0]
        scope = first.read_scope
        if first.kind is Kind.FIXED or scope is None:
            return group.left[0] if group.left else group.entries[-1]
        after, before = self._moves[scope].window
        if first.kind is Kind.POLL:
            found = group.first_between(max(after, self._cursors.get(scope, -1)), before)
        else:
            found = next((entry for entry in group.between(after, before) if not entry.played), None)
        found = found or group.last_between(after, before)
        if found is None and not first.shape.call.run:
            # what is about no run may have been asked amid several, which are told one after the other
            return group.left[0] if group.left else group.entries[-1]
        if found is None:
            return self._why_not_now(group, after)
        if self._goes_back(found, scope):
            return "what was recorded is how the run stood before the last answer, which was another"
        return found

    def _ids_of_read(self, shape: Shape, groups: dict[tuple[str, ...], Group]) -> tuple[str, ...] | None:
        """Return which recorded ids a read asks for."""
        exact = tuple(map(self.names.recorded, shape.ids))
        if exact in groups:
            return exact
        return self._identities.first_meant(shape.ids, groups, read=shape.key)

    def _goes_back(self, found: Entry, scope: Scope) -> bool:
        """Say whether an answer would be less than what another read of the same run has said since the last move."""
        cursor = self._cursors.get(scope, -1)
        if found.kind is not Kind.POLL or found.place >= cursor:
            return False
        return _is_settled(self.entries[cursor].exchange) and not _is_settled(found.exchange)

    def _why_not_now(self, group: Group, after: int) -> str:
        if group.places[-1] > after:
            move = next(entry for entry in self._all_moves() if not entry.played and entry.place > after)
            return f"it was recorded after {told(move)}, which has not been played yet"
        move = self.entries[after]
        return f"it was not recorded after {told(move)}, which has been played"

    # -- moves

    def _move(self, shape: Shape, request: WireRequest) -> Entry | str:
        groups = self._groups.get(shape.key, {})
        exact = groups.get(tuple(map(self.names.recorded, shape.ids)))
        if exact is not None and exact.left:
            return _likest(exact.left, request)
        for ids, group in groups.items():
            if group.left and self._identities.can_mean(shape.ids, ids):
                self._identities.learn(shape.ids, ids)
                return _likest(group.left, request)
        for ids, group in groups.items():
            if group.left and self._identities.can_change_places(shape.ids, ids):
                for entry, played in self._identities.change_places(shape.ids, ids):
                    self._mark(entry, played=played)
                return _likest(group.left, request)
        if not groups:
            return "nothing like it was recorded"
        if exact is None and any(group.left for group in groups.values()):
            return "it was recorded of other runs only"
        return "all that was recorded of it has been played"


def _likest(entries: Sequence[Entry], request: WireRequest) -> Entry:
    """Return the entry that was asked for in the very same words; the first if none was."""
    words = (request.target, request.body)
    return next((entry for entry in entries if entry.words == words), entries[0])


def _is_settled(exchange: Exchange) -> bool:
    return run_in(reply_json(exchange)).get("status") in SETTLED
