"""Finding one's place again in what `observe` replays. No I/O here.

`observe` answers with the history of the run, everything that its streams ever sent, and then with the live stream,
which begins anew at its own `workflow-start`: whatever of it stands in the history already comes twice. Equal records
are legal (a step may write the same value twice, two refused resumes look the same), so records are never compared with
a set of seen ones, but always with the one that stands at the same place.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mastra_sync.events import FINISH, START, STEP_START, StreamEvent

FRAMING = (START, FINISH)
"""Types of the events that a stream begins and ends with."""


def begins_stream(event: StreamEvent) -> bool:
    """True for the `workflow-start` that a stream begins with."""
    return event.type == START and not repeats_stream(event)


def ends_stream(event: StreamEvent) -> bool:
    """True for the `workflow-finish` that a stream ends with."""
    return event.type == FINISH and not repeats_stream(event)


def starts_run(event: StreamEvent) -> bool | None:
    """Return whether an event shows that its stream started the run; None if nothing does."""
    if event.type != STEP_START:
        return None
    return not isinstance(event.payload, Mapping) or event.payload.get("resumedAt") is None


def repeats_stream(event: StreamEvent) -> bool:
    """True for the start and finish that the evented engine says besides the stream's.

    They have the run's id in their payload; a stream's own have not.
    """
    payload = event.payload
    if not isinstance(payload, Mapping) or payload.get("runId") != event.run_id or event.from_ != "WORKFLOW":
        return False
    if event.type == START:
        return payload.keys() == {"runId"}
    return event.type == FINISH and {"runId", "workflowStatus"} <= payload.keys() <= _OF_ENGINES_FINISH


_OF_ENGINES_FINISH = {"runId", "workflowStatus", "finalWorkflowResult"}


@dataclass(frozen=True, slots=True)
class Record:
    """An event, and a digest of the bytes that it came as."""

    event: StreamEvent
    digest: int

    @classmethod
    def of(cls, event: StreamEvent, text: bytes) -> Record:
        """Return an event with the digest of its text."""
        return cls(event, digest_of(text))


LARGE_RECORD = 16 * 1024
SAMPLE_SIZE = 4 * 1024


def digest_of(text: bytes) -> int:
    """Return what a record is known by.

    A large one is known by its length, its beginning, its end and bytes from all over it: the ids and times that tell
    one record from another stand at its ends.
    """
    if len(text) <= LARGE_RECORD:
        return hash(text)
    samples = text[:: len(text) // SAMPLE_SIZE]
    return hash((len(text), text[:SAMPLE_SIZE], text[-SAMPLE_SIZE:], samples))


class Digests:
    """The digests of records that were seen, in order: eight bytes for each."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values = array("q")

    def append(self, record: Record) -> None:
        """Note a record."""
        self._values.append(record.digest)

    def extend(self, texts: Collection[bytes]) -> None:
        """Note records by their texts, in order."""
        has_large = max(map(len, texts), default=0) > LARGE_RECORD
        self._values.extend(map(digest_of if has_large else hash, texts))

    def __len__(self) -> int:
        return len(self._values)

    def matches(self, index: int, record: Record) -> bool:
        """True if the record seen at this index is the same."""
        return index < len(self._values) and self._values[index] == record.digest


class Placement(Protocol):
    """Picks what is new out of a replay."""

    def feed(self, record: Record) -> Sequence[Record]:
        """Return the records that are now known to be new, in order."""

    def close(self) -> Sequence[Record]:
        """Return the records that are known to be new now that nothing more will come."""


def new_events(records: Iterable[Record], placement: Placement, digests: Digests) -> Iterator[StreamEvent]:
    """Give the events of a replay's records that are new, and note their digests."""
    for record in records:
        yield from noted_events(placement.feed(record), digests)


def noted_events(records: Iterable[Record], digests: Digests) -> Iterator[StreamEvent]:
    """Give the records' events, and note the digest of each."""
    for record in records:
        digests.append(record)
        yield record.event


@dataclass(slots=True)
class History:
    """Takes what `observe` sends and gives each record of the run's history once.

    The history falls into segments, each from a `workflow-start` to its `workflow-finish`. A segment that begins like
    the one before is held back until it differs from it, which makes it a new one, or has come as far as that one,
    which makes it the live stream saying the same again: that is dropped, and what follows it is new. The live stream
    of a suspended run repeats its segment without the finish and ends.
    """

    _segment: Digests = field(default_factory=Digests)
    _finished: bool = False
    _held: list[Record] | None = None

    def feed(self, record: Record) -> list[Record]:
        """Return the records that are now known to be no repetition."""
        if self._held is not None:
            return self._compare(record, self._held)
        if begins_stream(record.event) and len(self._segment):
            self._held = []
            return self._compare(record, self._held)
        return self._accept(record)

    def _compare(self, record: Record, held: list[Record]) -> list[Record]:
        if self._segment.matches(len(held), record):
            held.append(record)
            whole_again = self._finished and len(held) == len(self._segment)
            return self._begin_segment(held) if whole_again else []
        if not self._finished and len(held) == len(self._segment):
            self._held = None
            return self._accept(record)
        if begins_stream(record.event) and held:
            released = [] if self._is_repetition(held) else self._begin_segment(held)
            self._held = []
            return released + self._compare(record, self._held)
        return self._begin_segment([*held, record])

    def _is_repetition(self, held: list[Record]) -> bool:
        return len(held) == len(self._segment) - self._finished

    def _begin_segment(self, records: list[Record]) -> list[Record]:
        self._segment = Digests()
        self._finished = False
        self._held = None
        for record in records:
            self._accept(record)
        return records

    def _accept(self, record: Record) -> list[Record]:
        self._segment.append(record)
        self._finished = self._finished or ends_stream(record.event)
        return [record]


class OwnSegment:
    """Picks out of a replay what one's own stream has not had yet.

    Args:
        digests: What the stream has had, from its `workflow-start` on.
        only_segment: True if the run has had no other stream, so that the first segment must be the own one.
    """

    def __init__(self, digests: Digests, *, only_segment: bool) -> None:
        self._digests = digests
        self._known_count = len(digests)
        # every segment may begin with the same workflow-start: one record alone does not tell which is which
        self._is_certain = only_segment or len(digests) > 1
        self._history = History()
        self._position = 0
        self._is_ours = False
        self._has_ended = False
        self._candidates: list[Record] = []

    def feed(self, record: Record) -> list[Record]:
        """Return the records that are now known to be new, in order."""
        return [new for distinct in self._history.feed(record) for new in self._new_records(distinct)]

    def close(self) -> list[Record]:
        """Return what was held back for doubt: the last segment that can be the stream's own."""
        return self._candidates

    def _new_records(self, record: Record) -> list[Record]:
        if begins_stream(record.event) and not self._has_ended:
            self._position = 0
            self._is_ours = True
            self._candidates = []
        if not self._is_ours:
            return []
        position = self._position
        self._position += 1
        if position < self._known_count:
            self._is_ours = self._digests.matches(position, record)
            return []
        # a replay goes on with what later streams of the run sent
        self._is_ours = not ends_stream(record.event)
        if self._is_certain:
            self._has_ended = not self._is_ours
            return [record]
        self._candidates.append(record)
        return []


class WholeHistory:
    """Picks out of a replay what an observer has not had yet.

    Args:
        digests: What the observer has had, from the beginning of the run's history on.
    """

    def __init__(self, digests: Digests) -> None:
        self._digests = digests
        self._known_count = len(digests)
        self._history = History()
        self._position = 0
        self._is_another = False

    def feed(self, record: Record) -> list[Record]:
        """Return the records that are now known to be new, in order."""
        return [new for distinct in self._history.feed(record) for new in self._new_records(distinct)]

    def close(self) -> list[Record]:
        """Return nothing: there is no doubt about positions in a whole history."""
        return []

    def _new_records(self, record: Record) -> list[Record]:
        position = self._position
        self._position += 1
        if position < self._known_count:
            # another process, or one that was started anew, may tell another history
            self._is_another = self._is_another or not self._digests.matches(position, record)
            return []
        return [] if self._is_another else [record]
