"""Every exception that this library raises, in one tree.

```
MastraError
├─ InvalidArgument (ValueError)          the call could not be sent as it was written
├─ ClientClosed (RuntimeError)           the client was closed before this call
├─ APIConnectionError                    no reply: refused, cut, unreachable
│  └─ APITimeoutError (TimeoutError)     no reply in time
├─ APIStatusError                        the server answered, and it was a refusal
│  ├─ BadRequestError                    the call is at fault
│  │  ├─ InvalidInput                    input, state or request context that the workflow's schema rejects
│  │  ├─ InvalidResumeData               resume data that the step's schema rejects
│  │  └─ StepNotFound                    no such step to travel to
│  ├─ AuthenticationError                401
│  ├─ PermissionDeniedError              403
│  ├─ NotFoundError                      404
│  │  ├─ WorkflowNotFound
│  │  ├─ RunNotFound
│  │  └─ RouteNotFound                   nothing is served at this address
│  ├─ ConflictError                      the run is not in a state that allows it
│  │  ├─ RunAlreadyStarted
│  │  ├─ InputMismatch                   the run was given other data than it is given now
│  │  ├─ RunAlreadyFinished
│  │  ├─ RunNotSuspended
│  │  ├─ StepNotSuspended
│  │  │  └─ SeveralStepsSuspended
│  │  ├─ ResumeAlreadyClaimed
│  │  ├─ RunNotActive
│  │  └─ RunStillRunning
│  ├─ PayloadTooLarge                    413
│  ├─ RateLimitError                     429
│  ├─ UnexpectedRedirect                 3xx
│  └─ ServerError                        5xx
├─ ResponseFormatError                   a reply that is not what Mastra sends
│  └─ ReplyTooLarge                      a reply beyond the limit
├─ UnsupportedByServer                   this server's generation has no such feature
├─ RunsNotListed                         runs of some workflows could not be listed; all others were
├─ OutcomeUnknown                        it was sent, and whether it took effect cannot be found out
├─ RunNotStarted                         accepted, yet the run has not moved
├─ NoSuchStep (KeyError)                 a result was asked for a step that it does not have
├─ RunTimeout (TimeoutError)             the run was still going when the time was up
├─ StreamError
│  ├─ MalformedRecord                    a record that is not JSON
│  ├─ RecordTooLarge                     a record beyond the limit
│  └─ StreamInterrupted                  events are missing, and the server cannot replay them
└─ RunError                              the run ended, and not well
   ├─ RunFailed
   ├─ RunSuspended
   ├─ RunPaused
   ├─ RunCanceled
   └─ RunTripwire
```

All of them take plain values, can be pickled, and say in their first line what happened to which run.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar

from mastra_sync.attributes import tells_missing
from mastra_sync.escapes import visible
from mastra_sync.suggest import did_you_mean, nearest_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mastra_sync.models import RunResult

_ErrorType = TypeVar("_ErrorType", bound="MastraError")
_StatusErrorType = TypeVar("_StatusErrorType", bound="APIStatusError")

_ROUND_FROM = 100
"""Seconds from which on fractions do not matter, and three digits would not do."""

_WORTH_TELLING = 1.0
"""Seconds from which on one attempt took its time."""

_TENTHS_BELOW = 10.0
"""Seconds of attempts below which tenths matter."""

_SAID_BY_RESULT = ("error", "failed_step", "run_id", "status", "steps", "suspensions", "tripwire", "workflow_id")
"""What one asks an exception for that its result says."""

_WORKFLOWS_LISTED = 12
"""Of how many workflows a message tells."""

_STEPS_LISTED = 20
"""Of how many steps a message tells."""


def _rebuild(error_type: type[_ErrorType], args: tuple[Any, ...], state: dict[str, Any]) -> _ErrorType:
    error = error_type.__new__(error_type, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _in_seconds(waited: float) -> str:
    return f"{waited:.3g} s" if waited < _ROUND_FROM else f"{waited:.0f} s"


def _with_advice(text: str, *advice: str) -> str:
    """Return what an exception says, and in lines of their own what to do about it."""
    return "\n  ".join([text, *filter(None, advice)])


def _with_attempts(text: str, attempts: int, seconds: float | None) -> str:
    """Return what an exception says, its first line with how often the request was tried.

    A single attempt that was over at once goes without saying.
    """
    if seconds is None or (attempts == 1 and seconds < _WORTH_TELLING):
        return text
    first, line_break, rest = text.partition("\n")
    count = "1 attempt" if attempts == 1 else f"{attempts} attempts"
    return f"{first}, after {count} in {seconds:.{1 if seconds < _TENTHS_BELOW else 0}f} s{line_break}{rest}"


class MastraError(Exception):
    """Base of every exception of this library."""

    def __init_subclass__(cls) -> None:
        # tracebacks name an exception as users import it; one of their own stays where it is
        if cls.__module__ == __name__:
            cls.__module__ = "mastra_sync"

    def __str__(self) -> str:
        # servers' words may hold what steers a terminal; `args` has them as they came
        return visible(Exception.__str__(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(status="status_code", response="body")


MastraError.__module__ = "mastra_sync"


class InvalidArgument(MastraError, ValueError):
    """An argument that cannot be sent; nothing was sent.

    Attributes:
        argument: Name of the argument, with the place inside it (`input_data.items[2]`).
    """

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"{argument}: {problem}")
        self.argument = argument


class ClientClosed(MastraError, RuntimeError):
    """The client was closed before this call; nothing was sent."""

    def __init__(self) -> None:
        super().__init__(
            "this client is closed, so nothing was sent.\n"
            "  close() or the end of its `with` block closed it: make the call before, or another MastraClient."
        )


class APIConnectionError(MastraError):
    """No reply came.

    Attributes:
        method: HTTP method of the request.
        url: Its address, without query.
        run_id: The run that it was about, if any.
        sent: False if nothing has provably left that could take effect: neither this request, in any of its attempts,
            nor another that its call sent to move the run. Then the call may be made again. None if not known.
        attempts: How many times the request was tried.
        seconds: How long that took, with the pauses between; None if it was not counted.
        made_at: File and line where the client was made, as `file:line`; empty if it is not known.
        problem: What happened, without the request.
        advice: What to set, if that is known; empty if not.
    """

    attempts = 1
    seconds: float | None = None
    made_at = ""

    def __init__(
        self,
        problem: str,
        *,
        method: str,
        url: str,
        run_id: str | None = None,
        sent: bool | None = None,
        advice: str = "",
    ) -> None:
        about = f" (run {run_id})" if run_id else ""
        super().__init__(_with_advice(f"{method} {url}{about}: {problem}", advice))
        self.problem = problem
        self.advice = advice
        self.method = method
        self.url = url
        self.run_id = run_id
        self.sent = sent

    def __str__(self) -> str:
        return _with_attempts(super().__str__(), self.attempts, self.seconds)


class APITimeoutError(APIConnectionError, TimeoutError):
    """No reply came in time; what was asked for may still happen."""


class APIStatusError(MastraError):
    """The server answered with a status that is not a success.

    Attributes:
        message: The server's own words.
        status_code: HTTP status; None where this client found the problem out before sending anything.
        issues: The server's list of `{"field", "message"}`, empty if it sent none.
        method: HTTP method of the request.
        url: Its address, without query.
        run_id: The run that it was about, if any.
        body: The reply's body, parsed if it was JSON.
        retry_after: Seconds after which the server wants to be asked again, if it said so.
        advice: What this client knows besides of how it came to that; empty if nothing.
        attempts: How many times the request was sent.
        seconds: How long that took, with the pauses between; None if it was not counted.
    """

    attempts = 1
    seconds: float | None = None

    def __init__(
        self,
        message: str,
        *,
        method: str,
        url: str,
        status_code: int | None = None,
        issues: Sequence[dict[str, Any]] = (),
        run_id: str | None = None,
        body: Any = None,
        retry_after: float | None = None,
        advice: str = "",
    ) -> None:
        self.message = message
        self.advice = advice
        self.status_code = status_code
        self.issues = list(issues)
        self.method = method
        self.url = url
        self.run_id = run_id
        self.body = body
        self.retry_after = retry_after
        super().__init__(_refusal_in_words(self))

    def __str__(self) -> str:
        return _with_attempts(super().__str__(), self.attempts, self.seconds)


def with_message(error: _StatusErrorType, message: str) -> _StatusErrorType:
    """Return an error with another message, and all else as it is."""
    again = copy(error)
    again.message = message
    again.args = (_refusal_in_words(again),)
    return again


def _refusal_in_words(error: APIStatusError) -> str:
    status = f"{error.status_code} " if error.status_code is not None else "not sent: "
    about = f" (run {error.run_id})" if error.run_id else ""
    first, *more = error.message.splitlines() or [""]
    lines = [f"{status}{first.rstrip()}  [{error.method} {error.url}]{about}", *(f"  {line}" for line in more)]
    lines += [f"  {issue.get('field', '?')}: {issue.get('message', '?')}" for issue in error.issues]
    return _with_advice("\n".join(lines), error.advice)


class BadRequestError(APIStatusError):
    """The call is at fault: status 400, or an older server's 500 that says so."""


class InvalidInput(BadRequestError):
    """Input data, initial state or request context that the workflow's schema rejects; nothing was run.

    Current servers answer 400, those of 1.2 and 1.0 beta 500.
    """


class InvalidResumeData(BadRequestError):
    """Resume data that the suspended step's schema rejects; the run is still suspended."""


class StepNotFound(BadRequestError):
    """Time travel to a step that the workflow does not have; nothing was done."""


class AuthenticationError(APIStatusError):
    """401: no token, or one that the server does not accept.

    `advice` says which, and where it came from.
    """


class PermissionDeniedError(APIStatusError):
    """403: the token is known but may not do this."""


class NotFoundError(APIStatusError):
    """404."""


class WorkflowNotFound(NotFoundError):
    """The server has no such workflow.

    Attributes:
        near: The server's ids that come near to the one that was asked for, the nearest first.
        available: All ids that the server has; empty if it did not say.
    """

    near: Sequence[str] = ()
    available: Sequence[str] = ()

    def hint(self, there: str = "it has") -> str:
        """Return which workflow may be meant, or which there are; empty if not known."""
        if self.near:
            return did_you_mean(*self.near, before="", shown=lambda name: repr(visible(name)))
        listed = ", ".join(map(visible, self.available[:_WORKFLOWS_LISTED]))
        more = ", ..." if len(self.available) > _WORKFLOWS_LISTED else ""
        return f"{there} {listed}{more}" if listed else ""

    def __str__(self) -> str:
        hint = self.hint("the server has")
        return super().__str__() + (f"\n  {hint[0].upper()}{hint[1:]}" if hint else "")


class RunNotFound(NotFoundError):
    """The workflow has no such run."""


class RouteNotFound(NotFoundError):
    """The server serves nothing at this address.

    Another base URL or API prefix is meant, or the server is without this route.
    """


class ConflictError(APIStatusError):
    """The run's state does not allow this: status 409, or a 500 that says so."""


class RunAlreadyStarted(ConflictError):
    """The run was started before.

    Starting it again would execute it a second time and overwrite its record.
    """


class InputMismatch(ConflictError):
    """A run that is to be joined was given other data before; nothing was sent.

    Attributes:
        argument: What differs: `input_data` or `resume_data`.
        paths: Where, as `amount` or `items[2].price`; `""` is the whole of it. Values are not shown.
    """

    def __init__(self, message: str, *, argument: str, paths: Sequence[str], **context: Any) -> None:
        super().__init__(message, **context)
        self.argument = argument
        self.paths = list(paths)


class RunAlreadyFinished(ConflictError):
    """A stream was asked of a run that has ended (current servers: 409)."""


class RunNotSuspended(ConflictError):
    """A resume of a run that is not suspended."""


class StepNotSuspended(ConflictError):
    """A resume of a step that is not the suspended one.

    Attributes:
        available: The steps that are suspended, as the server names them.
    """

    def __init__(self, message: str, *, available: Sequence[str] = (), **context: Any) -> None:
        super().__init__(message, **context)
        self.available = list(available)


class SeveralStepsSuspended(StepNotSuspended):
    """A resume that does not say which of several suspended steps it means; `available` lists them."""


class ResumeAlreadyClaimed(ConflictError):
    """Another caller resumed this suspension first (current servers: 409)."""


class RunNotActive(ConflictError):
    """A restart of a run that is not `running` or `waiting`."""


class RunStillRunning(ConflictError):
    """Time travel in a run that is still running."""


class PayloadTooLarge(APIStatusError):
    """413: the request's body is over the server's limit."""


class RateLimitError(APIStatusError):
    """429: too many requests; `retry_after` says when to come back, if the server did."""


class UnexpectedRedirect(APIStatusError):
    """3xx: redirects are not followed, because a POST would arrive as a GET.

    Attributes:
        location: Where the server pointed to.
    """

    def __init__(self, message: str, *, location: str, **context: Any) -> None:
        super().__init__(message, **context)
        self.location = location


class ServerError(APIStatusError):
    """5xx that is not known to be the caller's mistake."""


class ResponseFormatError(MastraError):
    """A reply with a success status that is not what Mastra sends.

    Attributes:
        method: HTTP method of the request.
        url: Its address, without query.
        run_id: The run that it was about, if any.
        excerpt: The beginning of the reply's body.
        answered_run: The run that the reply tells of, if that is another one than `run_id`.
    """

    answered_run: str | None = None

    def __init__(
        self, problem: str, *, method: str, url: str, run_id: str | None = None, excerpt: str = "", advice: str = ""
    ) -> None:
        about = f" (run {run_id})" if run_id else ""
        shown = f": {excerpt}" if excerpt else ""
        super().__init__(_with_advice(f"{method} {url}{about}: {problem}{shown}", advice))
        self.method = method
        self.url = url
        self.run_id = run_id
        self.excerpt = excerpt


class ReplyTooLarge(ResponseFormatError):
    """A reply longer than the client's limit, given up before it was parsed.

    Attributes:
        limit: The limit in bytes, counted when decompressed.
    """

    def __init__(self, limit: int, *, method: str, url: str, run_id: str | None = None) -> None:
        problem = (
            f"the reply is longer than {limit:,} bytes\n"
            "  MastraClient(reply_limit=...) allows more; runs(per_page=...) and run_by_id(fields=...) ask for less."
        )
        super().__init__(problem, method=method, url=url, run_id=run_id)
        self.limit = limit


class UnsupportedByServer(MastraError):
    """The server's generation has no such route or option; nothing was run.

    Attributes:
        feature: The verb or argument that the server lacks.
        generation: The server's generation, as far as it is known.
    """

    def __init__(self, feature: str, *, generation: str | None = None, advice: str = "") -> None:
        server = f"this server ({generation})" if generation else "this server"
        super().__init__(f"{feature} is not supported by {server}{'. ' + advice if advice else ''}")
        self.feature = feature
        self.generation = generation


class RunsNotListed(MastraError):
    """Runs of some workflows could not be listed; those of the others were given before.

    `__cause__` is the first failure.

    Attributes:
        failures: Why not, by workflow id.
        workflows: How many workflows the server has.
        withheld: Workflows that are nested in those: their runs were not given either, for they may be parts of runs
            that could not be listed.
    """

    def __init__(self, failures: Mapping[str, MastraError], *, workflows: int, withheld: Sequence[str] = ()) -> None:
        listed = [f"{name!r}: {str(error).partition(chr(10))[0]}" for name, error in failures.items()]
        more = [f"and {len(listed) - _WORKFLOWS_LISTED} more"] if len(listed) > _WORKFLOWS_LISTED else []
        inside, outside = (", ".join(map(repr, names)) for names in (withheld, failures))
        super().__init__(
            _with_advice(
                f"the suspended runs of {len(failures)} of {workflows} workflows could not be listed; those of the "
                "others were given.",
                *listed[:_WORKFLOWS_LISTED],
                *more,
                f"Nor were runs of {inside} given: they may be parts of runs of {outside}." if withheld else "",
                f'Ask for them again: client.get_workflow({next(iter(failures))!r}).iter_runs(status="suspended")',
            )
        )
        self.failures = dict(failures)
        self.workflows = workflows
        self.withheld = list(withheld)


class OutcomeUnknown(MastraError):
    """A request's answer was lost, and the run does not show whether it took effect.

    The request was not sent again. `__cause__` is how the answer was lost.

    Attributes:
        operation: The verb that was sent (`start`, `resume_async`, ...).
        workflow_id: The run's workflow.
        run_id: The run.
        last_status: The run's status when it was last read, None if it could not be read.
    """

    def __init__(self, operation: str, *, workflow_id: str, run_id: str, last_status: str | None) -> None:
        last_seen = f"the run is still {last_status}" if last_status else "the run could not be read"
        super().__init__(
            f"run {run_id} of {workflow_id!r}: {operation} was sent but its answer was lost, and {last_seen}.\n"
            f"  It was not sent again, for it may yet take effect. Look at the run, then decide: "
            f"client.get_workflow({workflow_id!r}).run_by_id({run_id!r})"
        )
        self.operation = operation
        self.workflow_id = workflow_id
        self.run_id = run_id
        self.last_status = last_status


class RunNotStarted(MastraError):
    """The server accepted a verb, and the run has not moved since.

    Servers answer `start`, `resume`, `restart` and `time_travel` before they check what was sent.

    Attributes:
        operation: The verb that was accepted.
        workflow_id: The run's workflow.
        run_id: The run.
        status: The status that the run has kept.
        waited: Seconds that it was given.
    """

    def __init__(
        self, operation: str, *, workflow_id: str, run_id: str, status: str, waited: float, likely_cause: str = ""
    ) -> None:
        cause = likely_cause or "what was sent may not fit the workflow"
        super().__init__(
            f"run {run_id} of {workflow_id!r} is still {status} {_in_seconds(waited)} after its {operation} was "
            "accepted.\n"
            f"  The server accepts a {operation} before it checks what was sent: {cause}.\n"
            f"  Nothing is running; {_held_form(operation)} would have answered with the server's reason."
        )
        self.operation = operation
        self.workflow_id = workflow_id
        self.run_id = run_id
        self.status = status
        self.waited = waited


def _held_form(operation: str) -> str:
    """Return a verb's form that waits: `start_async` of `start` and of `stream`."""
    verb = operation
    for suffix in ("_async", "_no_wait", "_stream"):
        verb = verb.removesuffix(suffix)
    return "start_async" if verb == "stream" else f"{verb}_async"


class NoSuchStep(MastraError, KeyError):
    """A result was asked for a step that it does not have.

    The step has another name, or the run did not come to it.

    Attributes:
        step: What was asked for.
        statuses: The status of each step that there is, by id.
    """

    def __init__(self, step: object, *, statuses: Mapping[str, str]) -> None:
        hint = did_you_mean(_nearest(step, statuses))
        listed = [f"{name} ({status})" for name, status in statuses.items()]
        more = [f"and {len(listed) - _STEPS_LISTED} more"] if len(listed) > _STEPS_LISTED else []
        there = ", ".join([*listed[:_STEPS_LISTED], *more]) or "no steps"
        super().__init__(f"no step {step!r} in this run{hint}\n  It has {there}.")
        self.step = step
        self.statuses = dict(statuses)


def _nearest(step: object, names: Mapping[str, str]) -> str | None:
    """Return the step that was probably meant.

    It is one of this name in a nested workflow, or one that is spelled alike.
    """
    if not isinstance(step, str):
        return None
    nested = [name for name in names if name.endswith(f".{step}")]
    return nested[0] if nested else nearest_name(step, names)


class RunTimeout(MastraError, TimeoutError):
    """The time was up before the run was settled. The run goes on.

    `__cause__` is the last failure to read the run, if the server could not be read lately.

    Attributes:
        workflow_id: The run's workflow.
        run_id: The run.
        last_status: The status that was read last, None if none could be read.
        waited: Seconds.
        advice: What to do about a run that may have died with its server; empty if nothing speaks for that.
        hint: What may be wrong with a run that has not moved while it was waited for; empty if nothing speaks for that.
    """

    def __init__(
        self,
        *,
        workflow_id: str,
        run_id: str,
        last_status: str | None,
        waited: float,
        advice: str = "",
        hint: str = "",
    ) -> None:
        last_seen = f"is still {last_status}" if last_status else "was not seen to settle"
        text = (
            f"run {run_id} of {workflow_id!r} {last_seen} after {_in_seconds(waited)}.\n"
            f"  It was left as it is; pick it up again with "
            f"client.get_workflow({workflow_id!r}).get_run({run_id!r}).wait()"
        )
        super().__init__(_with_advice(text, advice or hint))
        self.advice = advice
        self.hint = hint
        self.workflow_id = workflow_id
        self.run_id = run_id
        self.last_status = last_status
        self.waited = waited


class StreamError(MastraError):
    """A stream that cannot be read on."""


class MalformedRecord(StreamError):
    """A record that is not a JSON object.

    Attributes:
        offset: Where the record begins, in bytes from the beginning of the response's body.
        excerpt: The record's first bytes.
        problem: What is wrong with it.
    """

    def __init__(self, offset: int, excerpt: str, problem: str) -> None:
        super().__init__(f"malformed record at byte {offset} of the stream: {problem}: {excerpt}")
        self.offset = offset
        self.excerpt = excerpt
        self.problem = problem


class RecordTooLarge(StreamError):
    """A record that is longer than the decoder's limit.

    Attributes:
        offset: Where the record begins, in bytes from the beginning of the response's body.
        limit: The limit in bytes.
    """

    def __init__(self, offset: int, limit: int) -> None:
        super().__init__(f"the record at byte {offset} of the stream is longer than {limit} bytes")
        self.offset = offset
        self.limit = limit


class StreamInterrupted(StreamError):
    """The stream was cut and the server cannot replay the rest; the run goes on.

    Attributes:
        workflow_id: The run's workflow.
        run_id: The run.
        last_event: Type of the last event that was handed out, None if there was none.
        position: Number of events that were handed out.
        advice: What to do about a run that may have died with its server; empty if nothing speaks for that.
    """

    def __init__(
        self,
        problem: str,
        *,
        workflow_id: str,
        run_id: str,
        last_event: str | None,
        position: int,
        advice: str = "",
    ) -> None:
        last_seen = f"the last event seen was {last_event!r}, number {position}" if last_event else "no event was seen"
        what_next = advice or "The run is not affected: stream.result() or run.wait() give its result."
        super().__init__(f"stream of run {run_id} of {workflow_id!r}: {problem}; {last_seen}.\n  {what_next}")
        self.advice = advice
        self.workflow_id = workflow_id
        self.run_id = run_id
        self.last_event = last_event
        self.position = position


class RunError(MastraError):
    """A run ended without success; raised by `RunResult.raise_for_status`.

    Attributes:
        result: The whole result.
    """

    def __init__(self, result: RunResult) -> None:
        super().__init__(result.explain())
        self.result = result

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(**{name: f"result.{name}" for name in _SAID_BY_RESULT})


class RunFailed(RunError):
    """A step failed; `result.error` and `result.failed_step` say which and why."""


class RunSuspended(RunError):
    """The run waits for `resume`; `result.suspensions` says what for."""


class RunPaused(RunError):
    """The run executed one step (`per_step`) and stopped; time travel to the next step goes on."""


class RunCanceled(RunError):
    """The run was canceled."""


class RunTripwire(RunError):
    """A guard stopped the run; `result.tripwire` has its reason."""
