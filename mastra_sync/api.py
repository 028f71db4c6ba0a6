"""Calls to the server: which address, how often one may be tried, what its answer means."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_core import ValidationError

from mastra_sync.arguments import path_segment
from mastra_sync.deadline import Clock, Deadline
from mastra_sync.earlier_requests import was_sent
from mastra_sync.error_replies import Reply, is_success, refusal
from mastra_sync.errors import (
    APIConnectionError,
    APIStatusError,
    RateLimitError,
    ResponseFormatError,
    RouteNotFound,
    ServerError,
    UnsupportedByServer,
    WorkflowNotFound,
)
from mastra_sync.generations import KnownGeneration
from mastra_sync.near_workflows import ids_in, near_ids
from mastra_sync.operations import LIST_WORKFLOWS, Operation, Repeat
from mastra_sync.records import excerpt, parse_json
from mastra_sync.request import Request, Timeouts
from mastra_sync.tls_failures import is_refused_handshake
from mastra_sync.transport import ByteStream, Transport

if TYPE_CHECKING:
    import tenacity

logger = logging.getLogger("mastra_sync")

LONGEST_PAUSE = 10.0
"""Seconds between two attempts at the most, unless the server asks for more by `Retry-After`."""

LONGEST_LOOK = 5.0
"""Seconds at most for asking which workflows there are, where one is not."""

_Parsed = TypeVar("_Parsed")
_Answer = TypeVar("_Answer")

Query = Iterable[tuple[str, str | None]]

Look = Callable[[RateLimitError, Deadline], None]
"""Looks whether a refused operation has taken effect; raises then, and the refusal where it cannot be seen."""


@dataclass(frozen=True, slots=True)
class Api:
    """The operations of one client's server, about the server itself, a workflow or a run.

    Attributes:
        transport: What carries the requests.
        root: Base URL and API prefix.
        clock: Where time is read and spent.
        timeouts: For one attempt.
        retries: How many more attempts a request gets that may be repeated.
        backoff: Seconds; the first pause is up to this long, each further one up to twice the one before.
        generation: What the server has shown of its generation; copies share it.
        workflow_id: The workflow that all calls are about; None if they are about the server.
        run_id: The run that all calls are about; None if they are about no single one.
        limit: When all calls must have ended that are not given a deadline of their own.
        made_at: File and line where the client was made, as `file:line`.
    """

    transport: Transport
    root: str
    clock: Clock
    timeouts: Timeouts
    retries: int
    backoff: float
    generation: KnownGeneration = field(default_factory=KnownGeneration, repr=False)
    workflow_id: str | None = None
    run_id: str | None = None
    limit: Deadline | None = None
    made_at: str = field(default="", repr=False, compare=False)

    def about(self, workflow_id: str, run_id: str | None = None) -> Api:
        """Return the same server's operations, about a workflow or a run."""
        return replace(self, workflow_id=workflow_id, run_id=run_id)

    def on_clock(self, clock: Clock) -> Api:
        """Return these operations on another clock."""
        return replace(self, clock=clock)

    def within(self, deadline: Deadline) -> Api:
        """Return these operations as parts of one that has a deadline."""
        return replace(self, limit=deadline)

    def call(
        self,
        operation: Operation,
        *,
        query: Query = (),
        body: bytes | None = None,
        deadline: Deadline | None = None,
        hold: bool = False,
        retries: int | None = None,
        look: Look | None = None,
    ) -> Any:
        """Send an operation and return its answer, parsed.

        Args:
            operation: What to do.
            query: Parameters; those that are None are left out.
            body: JSON.
            deadline: When to give up; by default the time that all attempts may take.
            hold: True if the server answers only when the run has ended: there is no limit but the deadline then.
            retries: Instead of the client's own number.
            look: Called before the operation is sent again after a 429.

        Raises:
            APIConnectionError: No answer came.
            APIStatusError: The server refused.
            ResponseFormatError: The answer is not JSON.
        """
        request = self._request(operation, query, body)
        deadline = deadline or self.default_deadline()
        timeouts = Timeouts(self.timeouts.connect, None) if hold else self.timeouts
        attempts = _Attempts(self, operation, deadline, self.retries if retries is None else retries, look)
        reply = self._run(attempts, lambda: self._exchange(request, timeouts, deadline), deadline)
        return _parsed(reply, request)

    def call_current(self, operation: Operation, *, query: Query = (), body: bytes | None = None) -> Any:
        """Send an operation that only current servers have, as `call` does.

        Raises:
            UnsupportedByServer: Nothing is served there.
        """
        try:
            return self.call(operation, query=query, body=body)
        except RouteNotFound as error:
            advice = f"Nothing is served at {error.url}: an older server, or another base_url or api_prefix is meant"
            raise UnsupportedByServer(operation.name, advice=advice) from None

    def look(self, operation: Operation, *, body: bytes) -> Any:
        """Send what does nothing, and what nobody's code has asked for, once; as `call` does otherwise."""
        request = replace(self._request(operation, (), body), is_look=True)
        return _parsed(self._exchange(request, self.timeouts, self.default_deadline()), request)

    def open(
        self,
        operation: Operation,
        *,
        body: bytes | None = None,
        deadline: Deadline | None = None,
        look: Look | None = None,
    ) -> ByteStream:
        """Send an operation and return its answer's body, to be read as it comes.

        Raises:
            APIConnectionError: No answer came.
            APIStatusError: The server refused.
        """
        request = self._request(operation, (), body)
        deadline = deadline or self.default_deadline()
        attempts = _Attempts(self, operation, deadline, self.retries, look)
        return self._run(attempts, lambda: self._open(request, deadline), deadline)

    def parse(self, answer: Any, operation: Operation, parser: Callable[[Any], _Parsed]) -> _Parsed:
        """Return what a parser makes of an operation's answer.

        Raises:
            ResponseFormatError: The answer is not of the form that the parser takes.
        """
        try:
            return parser(answer)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            path = ".".join(str(part) for part in first["loc"]) or "the whole"
            problem = f"not what Mastra answers here: {path}: {first['msg'].removeprefix('Value error, ')}"
            refused = ResponseFormatError(
                problem, method=operation.method, url=self.url_of(operation), run_id=self.run_id
            )
            refused.answered_run = first.get("ctx", {}).get("told")
            raise refused from None

    def message(self, answer: Any, operation: Operation) -> str:
        """Return what a server says of what it has done.

        Raises:
            ResponseFormatError: It says nothing.
        """
        if isinstance(answer, Mapping) and isinstance(answer.get("message"), str):
            return str(answer["message"])
        problem = "not what Mastra answers here: an object with a message was expected"
        raise ResponseFormatError(problem, method=operation.method, url=self.url_of(operation), run_id=self.run_id)

    def url_of(self, operation: Operation) -> str:
        """Return an operation's address, without query."""
        path = operation.path
        if self.workflow_id is not None:
            path = path.replace("{workflow}", path_segment(self.workflow_id, "workflow_id"))
        if self.run_id is not None:
            path = path.replace("{run}", path_segment(self.run_id, "run_id"))
        return self.root + path

    def deadline(self, seconds: float | None) -> Deadline:
        """Return a deadline on these calls' clock; None is without a limit of its own."""
        return Deadline(seconds, self.clock, self.limit)

    def look_deadline(self) -> Deadline:
        """Return a deadline that is over at once, but for a look.

        That may take what an attempt may.
        """
        connect, read = self.timeouts.connect, self.timeouts.read
        overtime = math.inf if connect is None or read is None else connect + read
        return Deadline(0.0, self.clock, overtime=overtime)

    def default_deadline(self) -> Deadline:
        """Return the time that all attempts may take, for a call without a deadline."""
        if self.timeouts.connect is None or self.timeouts.read is None:
            return self.deadline(None)
        return self.deadline((self.timeouts.connect + self.timeouts.read) * (self.retries + 1))

    def _request(self, operation: Operation, query: Query, body: bytes | None) -> Request:
        parameters = [(name, value) for name, value in query if value is not None]
        if self.run_id is not None and "{run}" not in operation.path:
            parameters.insert(0, ("runId", self.run_id))
        return Request(operation.method, self.url_of(operation), tuple(parameters), body, self.run_id)

    def _run(self, attempts: _Attempts, send: Callable[[], _Answer], deadline: Deadline) -> _Answer:
        """Return the answer to one of some attempts; an unknown workflow's error says which there are."""
        try:
            return attempts.run(send)
        except WorkflowNotFound as error:
            # those declared in code are no help to whoever looks for a stored definition
            if not attempts.operation.is_on_stored:
                self._look_for_workflows(error, deadline)
            raise

    def _look_for_workflows(self, error: WorkflowNotFound, deadline: Deadline) -> None:
        """Note in an error which workflows there are, if the server says so at once."""
        request = Request(LIST_WORKFLOWS.method, self.root + LIST_WORKFLOWS.path, (("partial", "true"),), is_look=True)
        # the error is told, whatever becomes of the look
        with contextlib.suppress(Exception):
            reply = self._exchange(request, self.timeouts, deadline.part(LONGEST_LOOK))
            known = ids_in(reply.secrets.data(_parsed(reply, request)))
            error.available = list(dict.fromkeys(known.values()))
            error.near = near_ids(self.workflow_id or "", known)

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
            excerpt=excerpt(stream.secrets.beginning(stream.body)),
            advice=stream.proxy_in_words,
        )


class _Attempts:
    """How often one request is tried: what may be repeated, and when.

    Tenacity does the counting.
    """

    def __init__(
        self, api: Api, operation: Operation, deadline: Deadline, retries: int, look: Look | None = None
    ) -> None:
        self._api = api
        self.operation = operation
        self._deadline = deadline
        self._retries = retries
        self._look = look
        self._began = deadline.elapsed

    def run(self, attempt: Callable[[], _Answer]) -> _Answer:
        """Return the first answer that is no reason to try again.

        Exceptions say how often it was tried, and how long that took.
        """
        failures: list[APIConnectionError | APIStatusError] = []
        try:
            return attempt()
        except (APIConnectionError, APIStatusError) as error:
            self._complete(error, 1)
            if self._retries == 0 or not self._may_repeat(error):
                raise
            failures.append(error)
        # beyond the except clause, so that a later failure does not drag this one's traceback along
        return self._again(attempt, failures)

    def _again(self, attempt: Callable[[], _Answer], failures: list[APIConnectionError | APIStatusError]) -> _Answer:
        """Return the answer of a further attempt; the failures before are forgotten in the end."""
        # most calls need no second attempt, and tenacity takes as long to import as all the rest
        import tenacity  # noqa: PLC0415

        refusal = failures[0] if isinstance(failures[0], RateLimitError) else None
        is_first = True

        def next_attempt() -> _Answer:
            nonlocal refusal, is_first
            if is_first or self._deadline.expired:
                # if the pause took what time there was, this one is not made
                is_first = False
                raise failures[-1].with_traceback(None)
            if self._look is not None and refusal is not None:
                self._look(refusal, self._deadline)
            try:
                return attempt()
            except (APIConnectionError, APIStatusError) as error:
                failures.append(error)
                refusal = error if isinstance(error, RateLimitError) else refusal
                raise

        jitter = tenacity.wait_random_exponential(multiplier=self._api.backoff, max=LONGEST_PAUSE)
        retrying = tenacity.Retrying(
            sleep=self._deadline.sleep,
            stop=lambda state: state.attempt_number > self._retries or self._is_too_late(state),
            wait=lambda state: self._pause(state, jitter),
            retry=tenacity.retry_if_exception(self._may_repeat),
            reraise=True,
        )
        try:
            return retrying(next_attempt)
        except (APIConnectionError, APIStatusError) as error:
            self._complete(error, len(failures))
            if isinstance(error, APIConnectionError) and any(map(was_sent, failures)):
                error.sent = None
            # without the frames of the attempts, which say nothing that the message does not
            raise error.with_traceback(None)  # noqa: B904 - it is the same error
        finally:
            # an exception whose traceback leads to itself would keep its connection open
            failures.clear()
            refusal = None

    def _may_repeat(self, error: BaseException) -> bool:
        if isinstance(error, RateLimitError) and self.operation.repeat is Repeat.NEVER and self._look is None:
            # what says 429 may stand before a server that has done it: nobody can see whether it has
            return False
        return may_repeat(self.operation, error)

    def _complete(self, error: APIConnectionError | APIStatusError, attempts: int) -> None:
        """Note in a failure what only this client knows of it."""
        error.attempts = attempts
        error.seconds = self._deadline.elapsed - self._began
        if isinstance(error, APIConnectionError):
            error.made_at = self._api.made_at

    def _is_too_late(self, state: tenacity.RetryCallState) -> bool:
        return state.upcoming_sleep >= self._deadline.remaining

    def _pause(self, state: tenacity.RetryCallState, jitter: Callable[[tenacity.RetryCallState], float]) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "retry_after", None)
        pause = jitter(state) if asked is None else asked
        logger.debug("%s: trying again in %.2f s after: %s", self.operation.name, pause, error)
        return pause


def may_repeat(operation: Operation, error: BaseException) -> bool:
    """True if an operation that failed like this may be sent again without doing anything twice."""
    if isinstance(error, APIConnectionError):
        if error.__cause__ is not None and is_refused_handshake(error.__cause__):
            return False
        return error.sent is False or operation.repeat is Repeat.FREELY
    if isinstance(error, RateLimitError):
        return True
    return isinstance(error, ServerError) and operation.repeat is Repeat.FREELY


def _parsed(reply: Reply, request: Request) -> Any:
    try:
        return parse_json(reply.body)
    except ValueError:
        problem = "the reply is not JSON, so it may not be Mastra's; check base_url and api_prefix"
        if not reply.body:
            # servers of 1.0 beta answer a body over their limit like this, and run nothing
            problem = "the reply is empty; servers of 1.0 beta answer so when a request's body is over their limit"
        shown = excerpt(reply.secrets.beginning(reply.body)) if reply.body else ""
        raise ResponseFormatError(
            problem,
            method=request.method,
            url=request.url,
            run_id=request.run_id,
            excerpt=shown,
            advice=reply.proxy_in_words,
        ) from None
