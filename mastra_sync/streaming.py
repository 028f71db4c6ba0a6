"""Records -> events, and getting back on after a cut."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from typing_extensions import Self

from mastra_sync.attributes import tells_missing
from mastra_sync.deadline import Deadline, Seconds, seconds_of
from mastra_sync.error_replies import BODY_NOT_SEEN, refusal_in_stream
from mastra_sync.errors import (
    APIConnectionError,
    APIStatusError,
    MalformedRecord,
    RateLimitError,
    RecordTooLarge,
    ResponseFormatError,
    RunTimeout,
    ServerError,
    StreamInterrupted,
)
from mastra_sync.events import FINISH, StreamEvent
from mastra_sync.followed_run import FollowedRun, StreamSettings
from mastra_sync.foreign_streams import refuse_foreign
from mastra_sync.idle import IdleWatch
from mastra_sync.lost_bodies import NOTHING_GIVEN, Given
from mastra_sync.operations import RESUME_STREAM, Operation
from mastra_sync.records import RecordDecoder, parse_records
from mastra_sync.sent_secrets import NOTHING_SENT
from mastra_sync.stream_position import (
    FRAMING,
    Digests,
    OwnSegment,
    Placement,
    Record,
    WholeHistory,
    new_events,
    noted_events,
    repeats_stream,
    starts_run,
)
from mastra_sync.stream_reading import Reading
from mastra_sync.transport import ByteStream
from mastra_sync.waiting import interruption

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult

logger = logging.getLogger("mastra_sync")

RECONNECTS = 5
"""How often a stream gets back on without seeing anything new."""

LONGEST_PAUSE = 2.0
"""Seconds between two looks for a server that cannot be reached."""


class RunStream:
    """The events of one run, as they come: an iterator over a connection.

    As a context manager it closes the connection.

    The start and the finish that the evented engine says besides those of the stream are left out.

    `for` loops and `next` share one place: each goes on where the one before it was left.

    A connection that is cut is taken up again through `observe`; each event is handed out exactly once, in order. The
    stream is complete once `workflow-finish` has come.

    Attributes:
        run_id: The run.
    """

    def __init__(
        self,
        run: FollowedRun,
        source: ByteStream | None,
        settings: StreamSettings,
        operation: Operation,
        *,
        whole_history: bool = False,
        only_segment: bool = False,
        skip: int = 0,
        joined: bool = False,
        given: Given = NOTHING_GIVEN,
    ) -> None:
        self._run = run
        self._settings = settings
        self._operation = operation
        self._deadline = settings.deadline
        self._only_segment = only_segment
        self._reading = Reading(is_observer=whole_history, skip=skip, is_start_open=joined, given=given)
        self._arrived: Iterator[StreamEvent] = iter(())
        self._digests = Digests()
        self._cut_by: Exception | None = None
        # what is observed may end by itself, because no more was kept of it
        self._was_cut = not whole_history
        self._vain_looks = 0
        self._replays_all = False
        self.run_id: str = run.run_id
        self._attach(source, replay=whole_history)

    def __iter__(self) -> Iterator[StreamEvent]:
        """Give the events that have not been handed out, each as soon as it is there.

        Raises:
            MalformedRecord: The server sent something that is not a record.
            RecordTooLarge: The server sent a record beyond all measure.
            StreamInterrupted: Events are missing and cannot be had again.
            RunTimeout: The deadline passed.
            ResponseFormatError, BadRequestError: The server lost the body; raised after the last event.
        """
        reading = self._reading
        try:
            while not reading.ended:
                for event in self._arrived:
                    reading.reconnects = 0
                    if reading.at_finish or event.raw.get("type") in FRAMING:
                        if repeats_stream(event):
                            continue
                        reading.note_framing(event)
                    if reading.is_start_open or reading.is_input_open:
                        self._check_beginning(event)
                    if reading.skip:
                        reading.skip -= 1
                        continue
                    reading.position += 1
                    reading.last_event = event
                    yield event
                    if reading.ended:
                        return
                self._read_on()
        except (MalformedRecord, RecordTooLarge, StreamInterrupted):
            self.close()
            raise
        except KeyboardInterrupt:
            self.close()
            raise interruption(self._run) from None

    def __next__(self) -> StreamEvent:
        """Wait for the next event; raises what the loop would."""
        for event in self:
            return event
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # when the interpreter ends, its daemon threads have been stopped where they were: the watch may hold its lock
        if sys.is_finalizing():
            return
        # a stream that was left half read must not hold its connection
        with contextlib.suppress(Exception):
            self.close()

    @property
    def position(self) -> int:
        """How many events were handed out."""
        return self._reading.position

    @property
    def last_event(self) -> StreamEvent | None:
        """The event that was handed out last."""
        return self._reading.last_event

    @property
    def complete(self) -> bool:
        """True once `workflow-finish` was handed out: nothing is missing."""
        return self._reading.complete

    def close(self) -> None:
        """Close the connection; the run goes on. What has not been read is given up."""
        self._reading.ended = True
        self._detach()

    def result(self, timeout: Seconds = None) -> RunResult:
        """Read the stream to its end and return the run's own result.

        `workflow-finish` is not believed: its status is computed from the events of one stream and can be wrong. A
        stream that was interrupted, or closed, does not matter either: the run is polled.

        Args:
            timeout: How long to wait, from now; by default what the stream's own timeout leaves, which is the longest
                that its events are waited for.

        Raises:
            APIStatusError: The server refused the request that opened the stream (it says so inside the stream).
            RunTimeout: The time was up.
        """
        own = self._settings.deadline
        seconds = seconds_of(timeout, "timeout")
        deadline = own if seconds is None else own.sibling(seconds)
        self._keep_to(own.part(seconds))
        try:
            with contextlib.suppress(StreamInterrupted):
                for _ in self:
                    pass
        finally:
            self._keep_to(own)
        if (refusal := self._refusal()) is not None:
            raise refusal
        # servers store the run's end before they tell it
        if self.complete and (end := self._run.read_end(deadline.for_last_look())) is not None:
            return end
        return self._run.wait_until(deadline)

    def __repr__(self) -> str:
        return f"<RunStream of run {self.run_id}: {self.position} events, {self._state}>"

    def _repr_html_(self) -> str:
        from mastra_sync.notebooks import stream_html  # noqa: PLC0415

        return stream_html(self.run_id, self.position, self._state, self.last_event, self._run.look())

    @property
    def _state(self) -> str:
        return "complete" if self.complete else "closed" if self._reading.ended else "open"

    # -- reading

    def _attach(self, source: ByteStream | None, *, replay: bool) -> None:
        """Read from a new source, None if it was lost before it was read."""
        self._source = source
        self._secrets = source.secrets if source is not None else NOTHING_SENT
        self._decoder = RecordDecoder()
        self._placement: Placement | None = self._new_placement() if replay else None
        # the watch runs in a thread; it must not keep this object alive
        run, settings, deadline = self._run, self._settings, self._deadline
        self._watch = IdleWatch(
            is_settled=lambda: settings.is_over(run.poll(deadline)),
            shut_down=source.shut_down if source is not None else lambda: None,
            idle_timeout=self._settings.idle_timeout,
            deadline=deadline,
        )

    def _keep_to(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._watch.keep_to(deadline)

    def _new_placement(self) -> Placement:
        if self._reading.is_observer:
            return WholeHistory(self._digests)
        return OwnSegment(self._digests, only_segment=self._only_segment)

    def _detach(self) -> None:
        # an object whose construction failed has neither
        watch, source = getattr(self, "_watch", None), getattr(self, "_source", None)
        if watch is not None:
            watch.stop()
        if source is not None:
            source.close()
        self._source = None

    def _read_on(self) -> None:
        """Take in the next bytes, or find out why there are none."""
        if self.complete and self._is_own_replay:
            # what comes now is of later streams of the run
            self._detach()
        if self._source is None:
            if self.complete:
                self._after_finish()
            else:
                self._get_back_on()
            return
        try:
            with self._watch:
                chunk = self._source.read(self._deadline)
        except APIConnectionError as error:
            self._on_end(error)
            return
        if not chunk:
            self._on_end(None)
            return
        self._take_in(chunk)

    @property
    def _is_own_replay(self) -> bool:
        return self._placement is not None and not self._reading.is_observer

    def _take_in(self, chunk: bytes) -> None:
        """Have a chunk's records ready to be parsed, each when its turn comes."""
        offset = self._decoder.offset
        records = self._decoder.feed(chunk)
        if not records:
            refuse_foreign(self._decoder, self._secrets, is_whole=False)
        texts = list(filter(bytes.strip, records))
        events = map(StreamEvent, parse_records(records, offset, self._secrets))
        if self._placement is None:
            self._digests.extend(texts)
            self._arrived = events
        else:
            self._arrived = new_events(map(Record.of, events, texts), self._placement, self._digests)

    # -- ends and cuts

    def _on_end(self, error: APIConnectionError | None) -> None:
        """The source has ended: with the stream, or before it."""
        if error is None:
            refuse_foreign(self._decoder, self._secrets, is_whole=True)
        if error is not None or self._decoder.unfinished():
            self._was_cut = True
        if self._placement is not None and error is None:
            self._arrived = noted_events(self._placement.close(), self._digests)
        if self._reading.is_observer:
            # a cut between two of its segments is no end
            self._reading.complete = self._reading.at_finish and error is None
        if error is None and self._replays_all and self._reading.reconnects and not self._decoder.unfinished():
            # all that there is was shown, and nothing of it was new
            self._reading.reconnects = RECONNECTS
        if not self.complete:
            logger.debug(
                "run %s: stream cut after %d events: %s", self.run_id, len(self._digests), error or "body ended"
            )
        self._cut_by = error
        self._detach()

    def _get_back_on(self) -> None:
        """Attach to the run again, or say that this cannot be done.

        A server that cannot be reached is asked until the time is up.
        """
        deadline = self._deadline
        if deadline.expired:
            raise RunTimeout(
                workflow_id=self._run.workflow_id,
                run_id=self.run_id,
                last_status=None,
                waited=deadline.elapsed,
                advice=self._run.outages.advice,
            ) from self._cut_by
        if self._reading.reconnects >= RECONNECTS:
            self._on_gap(self._gap_in_words())
            return
        if self._reading.reconnects + self._vain_looks:
            asked = getattr(self._cut_by, "retry_after", None) or 0.0
            deadline.sleep(max(asked, _next_pause(self._reading.reconnects + self._vain_looks)))
        try:
            was_over = self._settings.is_over(self._run.poll(deadline))
            source = self._run.open_observe(deadline)
        except (APIConnectionError, RateLimitError, ResponseFormatError, ServerError) as problem:
            logger.debug("run %s: could not get back on: %s", self.run_id, problem)
            self._cut_by = problem
            self._vain_looks += 1
            return
        except APIStatusError as refused:
            self._cut_by = refused
            self._on_gap(f"the server does not let it be taken up again ({refused.message})")
            return
        self._reading.reconnects += 1
        self._vain_looks = 0
        self._replays_all = was_over
        self._attach(source, replay=True)

    def _gap_in_words(self) -> str:
        if not len(self._digests) and (self._reading.is_observer or self._reading.is_start_open):
            return "the server holds no events of it: it was begun without a stream, or they have expired"
        if not self._was_cut:
            return "the server holds no events of its end: it went on without a stream, or they have expired"
        return "it was cut and the server cannot replay the rest"

    def _check_beginning(self, event: StreamEvent) -> None:
        self._reading.note_input(event)
        if not self._reading.is_start_open:
            return
        shown = starts_run(event)
        self._reading.is_start_open = shown is None
        if shown is False and self._settings.on_gap == "raise":
            raise self._interruption("the server holds no events of its beginning, only those since a resume")

    def _on_gap(self, problem: str) -> None:
        if self._settings.on_gap == "follow":
            self._run.wait_until(self._deadline)
            self._reading.ended = True
            return
        raise self._interruption(problem) from self._cut_by

    def _interruption(self, problem: str) -> StreamInterrupted:
        return StreamInterrupted(
            problem,
            workflow_id=self._run.workflow_id,
            run_id=self.run_id,
            last_event=self.last_event.type if self.last_event else None,
            position=self.position,
            advice=self._run.outages.advice,
        )

    def _after_finish(self) -> None:
        """Go on with the run resumed if there is someone to answer for it, else end."""
        self._raise_if_body_was_lost()
        handler = self._settings.on_suspend
        run = self._run.read_result(self._deadline) if handler is not None else None
        if handler is None or run is None or run.status != "suspended" or not run.suspensions:
            self._reading.ended = True
            return
        answer = handler(run.suspensions[0])
        if answer is None:
            self._reading.ended = True
            return
        # from here on it is a stream of its own, also for what began as an observer
        self._digests = Digests()
        self._reading.is_observer = False
        self._only_segment = False
        self._was_cut = True
        self._operation = RESUME_STREAM
        self._reading.complete = False
        source = self._run.open_resume(run.suspensions[0], answer, self._deadline)
        self._attach(source, replay=False)

    def _raise_if_body_was_lost(self) -> None:
        """Raise if a finish is none, for the server executed, or refused, what nobody has sent."""
        if self._reading.may_lack_input:
            self._run.read_result(self._deadline.for_last_look())
        if (refusal := self._refusal()) is not None and BODY_NOT_SEEN in refusal.message:
            self.close()
            raise refusal

    def _refusal(self) -> APIStatusError | None:
        error = self.last_event.error if self.last_event and self.last_event.type == FINISH else None
        if error is None:
            return None
        url = self._run.url_of(self._operation)
        return refusal_in_stream(error.message, url=url, run_id=self.run_id, secrets=self._secrets)

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(
            events="for event in stream",
            full_stream="for event in stream",
            status="result().status",
            steps="result().steps",
        )


def _next_pause(looks: int) -> float:
    """Return the seconds to wait before getting back on, after so many attempts in vain."""
    return min(LONGEST_PAUSE, 0.05 * 2.0 ** min(looks, 10))
