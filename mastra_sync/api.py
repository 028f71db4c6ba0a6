"""One call to the server: which address, how often it may be tried, and what its answer means."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from mastra_sync.arguments import path_segment
from mastra_sync.deadline import Clock, Deadline
from mastra_sync.error_replies import Reply, is_success, refusal
from mastra_sync.errors import (
    APIConnectionError,
    APIStatusError,
    RateLimitError,
    ResponseFormatError,
    ServerError,
)
from mastra_sync.operations import Operation, Repeat
from mastra_sync.records import excerpt, parse_json
from mastra_sync.transport import ByteStream, Request, Timeouts, Transport

if TYPE_CHECKING:
    import tenacity

logger = logging.getLogger("mastra_sync")

LONGEST_PAUSE = 10.0
"""Seconds between two attempts at the most, unless the server asks for more by `Retry-After`."""

_Understood = TypeVar("_Understood")
_Answer = TypeVar("_Answer")

Query = Iterable[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Sends the operations of one client.

    Attributes:
        transport: What carries the requests.
        root: Base URL and API prefix.
        clock: Where time is read and spent.
        timeouts: For one attempt.
        retries: How many more attempts a request gets that may be repeated.
        backoff: Seconds; the first pause is up to this long, each further one up to twice the one before.
    """

    transport: Transport
    root: str
    clock: Clock
    timeouts: Timeouts
    retries: int
    backoff: float

    def call(
        self,
        operation: Operation,
        *,
        workflow_id: str | None = None,
        run_id: str | None = None,
        query: Query = (),
        body: bytes | None = None,
        deadline: Deadline | None = None,
        hold: bool = False,
        retries: int | None = None,
    ) -> Any:
        """Send an operation and return its answer, parsed.

        Args:
            operation: What to do.
            workflow_id: The workflow that it is done to.
            run_id: The run that it is done to.
            query: Parameters; those that are None are left out.
            body: JSON.
            deadline: When to give up; by default the time that all attempts may take.
            hold: True if the server answers only when the run has ended: there is no limit but the deadline then.
            retries: Instead of the client's own number.

        Raises:
            APIConnectionError: No answer came.
            APIStatusError: The server refused.
            ResponseFormatError: The answer is not JSON.
        """
        request = self._request(operation, workflow_id, run_id, query, body)
        deadline = deadline or self.own_deadline()
        timeouts = Timeouts(self.timeouts.connect, None) if hold else self.timeouts
        attempts = _Attempts(self, operation, deadline, self.retries if retries is None else retries)
        reply = attempts.run(lambda: self._exchange(request, timeouts, deadline))
        return _parsed(reply, request)

    def open(
        self,
        operation: Operation,
        *,
        workflow_id: str,
        run_id: str,
        query: Query = (),
        body: bytes | None = None,
        deadline: Deadline | None = None,
    ) -> ByteStream:
        """Send an operation and return its answer's body, to be read as it comes.

        Raises:
            APIConnectionError: No answer came.
            APIStatusError: The server refused.
        """
        request = self._request(operation, workflow_id, run_id, query, body)
        deadline = deadline or self.own_deadline()
        attempts = _Attempts(self, operation, deadline, self.retries)
        return attempts.run(lambda: self._open(request, deadline))

    def understood(
        self,
        parse: Callable[[Any], _Understood],
        raw: Any,
        operation: Operation,
        workflow_id: str | None = None,
        run_id: str | None = None,
    ) -> _Understood:
        """Return what `parse` makes of an operation's answer.

        Raises:
            ResponseFormatError: The answer is not of the form that `parse` takes.
        """
        try:
            return parse(raw)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "the whole"
            url = self.url_of(operation, workflow_id, run_id)
            problem = f"not what Mastra answers here: {place}: {first['msg']}"
            raise ResponseFormatError(problem, method=operation.method, url=url, run_id=run_id) from None

    def url_of(self, operation: Operation, workflow_id: str | None = None, run_id: str | None = None) -> str:
        """Return an operation's address, without query."""
        path = operation.path
        if workflow_id is not None:
            path = path.replace("{workflow}", path_segment(workflow_id, "workflow_id"))
        if run_id is not None:
            path = path.replace("{run}", path_segment(run_id, "run_id"))
        return self.root + path

    def _request(
        self, operation: Operation, workflow_id: str | None, run_id: str | None, query: Query, body: bytes | None
    ) -> Request:
        parameters = [(name, value) for name, value in query if value is not None]
        if run_id is not None and "{run}" not in operation.path:
            parameters.insert(0, ("runId", run_id))
        url = self.url_of(operation, workflow_id, run_id)
        return Request(operation.method, url, tuple(parameters), body, run_id)

    def own_deadline(self) -> Deadline:
        """Return a deadline for a call that was given none: the time that all attempts may take."""
        if self.timeouts.connect is None or self.timeouts.read is None:
            return Deadline(None, self.clock)
        return Deadline((self.timeouts.connect + self.timeouts.read) * (self.retries + 1), self.clock)

    def _exchange(self, request: Request, timeouts: Timeouts, deadline: Deadline) -> Reply:
        started = self.clock.monotonic()
        reply = self.transport.exchange(request, timeouts, deadline)
        logger.debug(
            "%s %s: %d in %.1f ms", request.method, request.url, reply.status, (self.clock.monotonic() - started) * 1000
        )
        if not is_success(reply.status):
            raise refusal(reply, method=request.method, url=request.url, run_id=request.run_id)
        return reply

    def _open(self, request: Request, deadline: Deadline) -> ByteStream:
        stream = self.transport.open_stream(request, self.timeouts, deadline)
        logger.debug("%s %s: %s", request.method, request.url, "refused" if isinstance(stream, Reply) else "streaming")
        if not isinstance(stream, Reply):
            return stream
        if not is_success(stream.status):
            raise refusal(stream, method=request.method, url=request.url, run_id=request.run_id)
        raise ResponseFormatError(
            "a web page came instead of a stream",
            method=request.method,
            url=request.url,
            run_id=request.run_id,
            excerpt=excerpt(stream.body),
        )


class _Attempts:
    """How often one request is tried: tenacity does the counting, this says what may be repeated and when."""

    def __init__(self, caller: Caller, operation: Operation, deadline: Deadline, retries: int) -> None:
        self._caller = caller
        self._operation = operation
        self._deadline = deadline
        self._retries = retries

    def run(self, attempt: Callable[[], _Answer]) -> _Answer:
        """Return the first answer that is none to try again after; exceptions say how often it was tried."""
        try:
            return attempt()
        except (APIConnectionError, APIStatusError) as error:
            if self._retries == 0 or not may_repeat(self._operation, error):
                raise
            first = error
        # beyond the except clause, so that a later failure does not drag this one's traceback along
        return self._again(attempt, first)

    def _again(self, attempt: Callable[[], _Answer], first: APIConnectionError | APIStatusError) -> _Answer:
        # most calls need no second attempt, and tenacity takes as long to import as all the rest
        import tenacity  # noqa: PLC0415

        failures = [first]

        def next_attempt() -> _Answer:
            if failures:
                raise failures.pop().with_traceback(None)
            return attempt()

        jitter = tenacity.wait_random_exponential(multiplier=self._caller.backoff, max=LONGEST_PAUSE)
        retrying = tenacity.Retrying(
            sleep=self._caller.clock.sleep,
            stop=lambda state: state.attempt_number > self._retries or self._is_too_late(state),
            wait=lambda state: self._pause(state, jitter),
            retry=tenacity.retry_if_exception(lambda error: may_repeat(self._operation, error)),
            reraise=True,
        )
        try:
            return retrying(next_attempt)
        except (APIConnectionError, APIStatusError) as error:
            error.attempts = retrying.statistics["attempt_number"]
            # without the frames of the attempts, which say nothing that the message does not
            raise error.with_traceback(None)  # noqa: B904 - it is the same error

    def _is_too_late(self, state: tenacity.RetryCallState) -> bool:
        return state.upcoming_sleep >= self._deadline.remaining

    def _pause(self, state: tenacity.RetryCallState, jitter: Callable[[tenacity.RetryCallState], float]) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "retry_after", None)
        pause = jitter(state) if asked is None else asked
        logger.debug("%s: trying again in %.2f s after: %s", self._operation.name, pause, error)
        return pause


def may_repeat(operation: Operation, error: BaseException) -> bool:
    """True if an operation that failed like this may be sent again without doing anything twice."""
    if isinstance(error, APIConnectionError):
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            return False
        return error.sent is False or operation.repeat is Repeat.FREELY
    if isinstance(error, RateLimitError):
        return True
    return isinstance(error, ServerError) and operation.repeat is Repeat.FREELY


def message_of(answer: Any) -> str:
    """Return the message of an answer that is no more than one, `{"message": "..."}`."""
    return str(answer.get("message", "")) if isinstance(answer, Mapping) else ""


def _parsed(reply: Reply, request: Request) -> Any:
    try:
        return parse_json(reply.body)
    except ValueError:
        problem = "the reply is not JSON, so it may not be Mastra's; check base_url and api_prefix"
        if not reply.body:
            # servers of 1.0 beta answer a body over their limit like this, and run nothing
            problem = "the reply is empty; servers of 1.0 beta answer so when a request's body is over their limit"
        shown = excerpt(reply.body) if reply.body else ""
        raise ResponseFormatError(
            problem, method=request.method, url=request.url, run_id=request.run_id, excerpt=shown
        ) from None
