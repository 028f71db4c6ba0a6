"""How far a stream has been read. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mastra_sync.events import STEP_START, STEP_WAITING, StreamEvent
from mastra_sync.lost_bodies import NOTHING_GIVEN, Given, may_lack_input
from mastra_sync.stream_position import ends_stream

BEGINNINGS = frozenset({STEP_START, STEP_WAITING})
"""Types of the events that tell what an entry of the graph gets."""


@dataclass(slots=True)
class Reading:
    """The part of a stream's state that each event may change.

    It stands in a class of its own because the attributes of one with a `__getattr__`, as what users hold has it, take
    ten times as long to read, and the loop over events reads them for each.

    Attributes:
        is_observer: True if what is read is the history of the run, False if it is one stream's own segment.
        skip: How many events are not handed out, because their reader has them.
        is_start_open: True while it is not known whether the replay begins where the run did.
        given: What the stream's verb gave the run.
        is_input_open: True while it is not known whether the input that was sent has arrived.
        may_lack_input: True if the run's first step shows none.
        position: How many events were handed out.
        last_event: The event that was handed out last.
        at_finish: True while the event that came last is a stream's end.
        complete: True once a `workflow-finish` was there after which nothing is missing.
        ended: True once nothing more is to be handed out.
        reconnects: How often the stream has got back on since it last saw something new.
    """

    is_observer: bool
    skip: int = 0
    is_start_open: bool = False
    given: Given = NOTHING_GIVEN
    is_input_open: bool = field(init=False)
    may_lack_input: bool = False
    position: int = 0
    last_event: StreamEvent | None = None
    at_finish: bool = False
    complete: bool = False
    ended: bool = False
    reconnects: int = 0

    def __post_init__(self) -> None:
        self.is_input_open = self.given.has_input

    def note_input(self, event: StreamEvent) -> None:
        """Note whether the first step of a run that was sent an input got one."""
        if self.is_input_open and event.type in BEGINNINGS and isinstance(event.payload, Mapping):
            self.is_input_open = False
            self.may_lack_input = may_lack_input(event.payload, self.given)

    def note_framing(self, event: StreamEvent) -> None:
        """Note that a stream's end is there, or that there was more after it."""
        self.at_finish = ends_stream(event)
        # an observer's stream is complete when the last of its segments is
        self.complete = self.at_finish or (self.complete and not self.is_observer)
