"""The verbs that move a run on are sent once; what became of one whose answer was lost is read from the run."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mastra_sync.api import Caller, message_of
from mastra_sync.deadline import Deadline
from mastra_sync.errors import (
    APIConnectionError,
    MastraError,
    OutcomeUnknown,
    RateLimitError,
    ResponseFormatError,
    RunNotFound,
    ServerError,
)
from mastra_sync.models import RunResult
from mastra_sync.operations import CANCEL, Operation
from mastra_sync.reading import CHEAPEST_FIELDS, Reader
from mastra_sync.transport import ByteStream
from mastra_sync.waiting import START_GRACE, Departure, Mark, Wait

GATEWAY_STATUSES = frozenset({502, 503, 504})
"""Answers of what stands before a server, or of its own time limit: the verb may have taken effect."""


@dataclass(frozen=True, slots=True)
class Move:
    """One verb, ready to be sent to one run.

    Attributes:
        operation: The verb.
        body: Its JSON body.
        before: Where the run stood before; None if it is pending.
        likely_cause: Says why the run may not move although the verb was accepted.
    """

    operation: Operation
    body: bytes = field(repr=False)
    before: Mark | None
    likely_cause: Callable[[], str] = lambda: ""

    @property
    def departure(self) -> Departure:
        """What must have changed once the verb has taken effect."""
        return Departure(self.operation.name, self.before, START_GRACE, self.likely_cause)


class Mover:
    """Sends moves to one run.

    Args:
        caller: Sends the requests.
        reader: Reads the run.
        workflow_id: The run's workflow.
        run_id: The run.
    """

    def __init__(self, caller: Caller, reader: Reader, workflow_id: str, run_id: str) -> None:
        self._caller = caller
        self._reader = reader
        self._workflow_id = workflow_id
        self._run_id = run_id

    def send(self, move: Move) -> Any:
        """Send a verb that the server answers at once; return the answer, None if it was lost and the run moved.

        Raises:
            OutcomeUnknown: The answer was lost and the run has not moved.
            APIStatusError: The server refused.
        """
        try:
            return self._call(move)
        except MastraError as error:
            self._find_out(move, error, Deadline(START_GRACE, self._caller.clock))
            return None

    def hold(self, move: Move, deadline: Deadline) -> RunResult:
        """Send a verb that the server answers when the run has settled, and return the run's result.

        A connection that is cut, or that a gateway gives up, does not matter: the run is waited for by polling.

        Raises:
            OutcomeUnknown: The answer was lost and the run has not moved.
            RunTimeout: The deadline passed; the run goes on.
            APIStatusError: The server refused.
        """
        try:
            raw = self._call(move, deadline=deadline, hold=True)
        except MastraError as error:
            moved = self._find_out(move, error, deadline)
            return self.wait(deadline, last=moved).until_settled(move.departure)
        return self._reader.understood(raw, self._workflow_id, self._run_id, move.operation)

    def stream(self, move: Move, deadline: Deadline) -> ByteStream | None:
        """Send a verb that the server answers with a stream; None if the answer was lost and the run moved.

        Raises:
            OutcomeUnknown: The answer was lost and the run has not moved.
            APIStatusError: The server refused.
        """
        try:
            return self._caller.open(
                move.operation,
                workflow_id=self._workflow_id,
                run_id=self._run_id,
                body=move.body,
                deadline=deadline,
            )
        except MastraError as error:
            self._find_out(move, error, deadline)
            return None

    def cancel(self) -> str:
        """Cancel the run unless it has ended, and return the server's message; the run is read before each attempt."""
        deadline = self._caller.own_deadline()
        for attempt in itertools.count():
            run = self._reader.by_id(self._workflow_id, self._run_id, fields=CHEAPEST_FIELDS, nested=False)
            if run.finished:
                return f"Workflow run had already ended as {run.status}; no cancel was sent"
            try:
                answer = self._caller.call(
                    CANCEL, workflow_id=self._workflow_id, run_id=self._run_id, body=b"{}", retries=0
                )
            except (APIConnectionError, RateLimitError, ServerError) as error:
                asked = getattr(error, "retry_after", None)
                pause = self._caller.backoff * 2**attempt if asked is None else asked
                if attempt >= self._caller.retries or pause >= deadline.remaining:
                    raise
                self._caller.clock.sleep(pause)
            else:
                break
        return message_of(answer)

    def wait(
        self,
        deadline: Deadline,
        on_update: Callable[[RunResult], Any] | None = None,
        last: RunResult | None = None,
    ) -> Wait:
        """Return a wait for the run, which was last read like this."""
        return Wait(
            workflow_id=self._workflow_id,
            run_id=self._run_id,
            poll=lambda limit: self._reader.poll(self._workflow_id, self._run_id, limit),
            fetch=lambda limit: self._reader.execution_result(self._workflow_id, self._run_id, limit),
            deadline=deadline,
            on_update=on_update,
            last=last,
        )

    def _call(self, move: Move, *, deadline: Deadline | None = None, hold: bool = False) -> Any:
        return self._caller.call(
            move.operation,
            workflow_id=self._workflow_id,
            run_id=self._run_id,
            body=move.body,
            deadline=deadline,
            hold=hold,
        )

    def _find_out(self, move: Move, error: MastraError, deadline: Deadline) -> RunResult:
        """Return the run if it shows that the verb took effect; raise otherwise."""
        if not is_outcome_open(error):
            raise error
        # where the server itself says that it failed, either the run has moved by now or it will not
        is_final = isinstance(error, ServerError) and error.status_code not in GATEWAY_STATUSES
        grace = 0.0 if is_final else min(START_GRACE, deadline.remaining)
        departure = Departure(move.operation.name, move.before, grace, move.likely_cause)
        wait = self.wait(Deadline(max(grace, 1.0), self._caller.clock))
        # a run that does not exist has not moved
        with contextlib.suppress(RunNotFound):
            moved = wait.until_moved(departure)
            if moved is not None:
                return moved
        if is_final and wait.last_status is not None:
            raise error
        raise OutcomeUnknown(
            move.operation.name,
            workflow_id=self._workflow_id,
            run_id=self._run_id,
            last_status=wait.last_status,
        ) from error


def is_outcome_open(error: MastraError) -> bool:
    """True if a verb that failed like this may have taken effect all the same."""
    if isinstance(error, APIConnectionError):
        return error.sent is not False
    return isinstance(error, (ServerError, ResponseFormatError))
