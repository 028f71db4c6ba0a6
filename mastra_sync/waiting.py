"""How a blocking call waits for a run: how often it polls, how long.

There is no HTTP here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from mastra_sync import unmoved_runs
from mastra_sync.deadline import Deadline
from mastra_sync.errors import (
    APIConnectionError,
    APIStatusError,
    RateLimitError,
    ReplyTooLarge,
    ResponseFormatError,
    RunNotStarted,
    RunTimeout,
    ServerError,
)
from mastra_sync.lost_bodies import NOTHING_GIVEN, Given
from mastra_sync.outages import Mark, Outages
from mastra_sync.partial_ends import EndGrace
from mastra_sync.statuses import SETTLED

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult

logger = logging.getLogger("mastra_sync")

SHORTEST_PAUSE = 0.05
"""Seconds between the first polls."""

SHARE_OF_ELAPSED = 0.05
"""Each pause is this share of the time already waited: 151 polls for a run of ten minutes."""

START_GRACE = 10.0
"""Seconds that a run may take to move after the server accepted a verb that moves it."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A verb that was accepted: the run has to leave where it stood before.

    Attributes:
        operation: The verb.
        mark: Where the run stood; None for a start, which leaves `pending`.
        grace: Seconds from the beginning of the wait.
        likely_cause: Says why a run may not have moved; asked only if it has not.
        given: What the verb gave the run.
    """

    operation: str
    mark: Mark | None
    grace: float
    likely_cause: Callable[[], str]
    given: Given = NOTHING_GIVEN

    def with_grace(self, grace: float) -> Departure:
        """Return a departure that has another grace period."""
        return replace(self, grace=grace)

    def is_at(self, run: RunResult) -> bool:
        """True while the run has not moved."""
        return run.status == "pending" if self.mark is None else Mark.of(run) == self.mark


class AwaitedRun(Protocol):
    """What a message needs of the run that it is about."""

    workflow_id: str
    run_id: str

    @property
    def outages(self) -> Outages:
        """What its readings have shown of its server."""


class ReadableRun(AwaitedRun, Protocol):
    """What a wait needs of the run that it waits for."""

    def poll(self, deadline: Deadline) -> RunResult:
        """Return the run with its status and no more; one request without retries."""

    def result(self, deadline: Deadline | None = None) -> RunResult:
        """Return the whole run."""


class Wait:
    """One wait for one run.

    Args:
        run: The run.
        deadline: When to give up.
        on_update: Called with each reading whose status or time of change differs from the one before.
        last: How the run was read last, if it was.
    """

    def __init__(
        self,
        run: ReadableRun,
        deadline: Deadline,
        on_update: Callable[[RunResult], Any] | None = None,
        last: RunResult | None = None,
    ) -> None:
        self._run = run
        self._deadline = deadline
        self._on_update = on_update
        self._last = last
        self._problem: Exception | None = None
        self._moved_at = 0.0
        self._grace = EndGrace(deadline)

    def until_settled(self, departure: Departure | None = None) -> RunResult:
        """Return the run's whole result once it is settled.

        Args:
            departure: What the run must have left behind first.

        Raises:
            RunTimeout: The deadline passed.
            RunNotStarted: The run did not leave where it stood.
            APIStatusError: The run cannot be read, and asking again will not help.
        """
        while True:
            reading = self._next_reading()
            if reading is not None and departure is not None and departure.is_at(reading):
                self._check_grace(departure, reading)
            elif reading is not None and reading.status in SETTLED:
                result = self._try_to_read(self._run.result)
                if result is not None and result.settled:
                    if not self._grace.covers(result):
                        return result
                    self._deadline.sleep(SHORTEST_PAUSE)
                    continue
            self._pause()

    def until_moved(self, departure: Departure) -> RunResult | None:
        """Return the first reading that shows the run elsewhere.

        None if there is none within the grace period.
        """
        while True:
            reading = self._next_reading()
            if reading is not None and not departure.is_at(reading):
                return reading
            # nothing was read yet: a server that refuses a large body may cut the request after it, too
            is_enough = self._last is not None and self._deadline.elapsed >= departure.grace
            if is_enough or self._deadline.expired:
                return None
            self._pause()

    @property
    def last_status(self) -> str | None:
        """The status that was read last."""
        return None if self._last is None else self._last.status

    def _next_reading(self) -> RunResult | None:
        reading = self._try_to_read(self._run.poll)
        if reading is None:
            return None
        changed = self._last is None or Mark.of(reading) != Mark.of(self._last)
        if changed and self._last is not None:
            self._moved_at = self._deadline.elapsed
        self._last = reading
        if changed and self._on_update is not None:
            self._on_update(reading)
        return reading

    def _try_to_read(self, read: Callable[[Deadline], RunResult]) -> RunResult | None:
        """Return the run, or remember why it cannot be read at the moment."""
        try:
            reading = read(self._deadline.for_last_look())
        except ReplyTooLarge:
            # the run will not become smaller
            raise
        except (APIConnectionError, RateLimitError, ResponseFormatError, ServerError) as error:
            if isinstance(error, ResponseFormatError) and error.answered_run is not None:
                # nothing that passes: something between answers with what it keeps
                raise
            logger.debug("run %s: reading it failed, will try again: %s", self._run.run_id, error)
            self._problem = error
            return None
        self._problem = None
        return reading

    def _pause(self) -> None:
        if self._deadline.expired:
            raise RunTimeout(
                workflow_id=self._run.workflow_id,
                run_id=self._run.run_id,
                last_status=self.last_status,
                waited=self._deadline.elapsed,
                advice=self._run.outages.advice,
                hint=unmoved_runs.hint_on(self.last_status, self._deadline.elapsed - self._moved_at),
            ) from self._problem
        asked = self._problem.retry_after if isinstance(self._problem, APIStatusError) else None
        self._deadline.sleep(max(next_pause(self._deadline.elapsed), asked or 0.0))

    def _check_grace(self, departure: Departure, reading: RunResult) -> None:
        waited = self._deadline.elapsed
        if waited < departure.grace:
            return
        raise RunNotStarted(
            departure.operation,
            workflow_id=self._run.workflow_id,
            run_id=self._run.run_id,
            status=reading.status,
            waited=waited,
            likely_cause=departure.likely_cause(),
        )


def next_pause(elapsed: float) -> float:
    """Return how long to wait before the next poll, in seconds, given the seconds already waited."""
    return max(SHORTEST_PAUSE, SHARE_OF_ELAPSED * elapsed)


def interruption(run: AwaitedRun) -> KeyboardInterrupt:
    """Return what an interrupted wait raises: it says how to pick the run up again."""
    return KeyboardInterrupt(
        f"run {run.run_id} of {run.workflow_id!r} was left as it is; pick it up again with "
        f"client.get_workflow({run.workflow_id!r}).get_run({run.run_id!r}).wait()"
    )
