"""One run on the wire: how it is made, read and moved on.

A command, which moves a run on, is sent once; what became of one whose answer was lost is read from the run.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mastra_sync import evented, standstill
from mastra_sync.api import Api, Look, Query
from mastra_sync.deadline import Deadline
from mastra_sync.earlier_requests import EarlierRequests
from mastra_sync.error_replies import BODY_NOT_SEEN
from mastra_sync.errors import (
    APIConnectionError,
    MastraError,
    OutcomeUnknown,
    RateLimitError,
    ResponseFormatError,
    RouteNotFound,
    RunNotFound,
    ServerError,
)
from mastra_sync.generations import Generation, recognise_generation
from mastra_sync.lost_bodies import NOTHING_GIVEN, Given, lacks_input, sees_bodies, sign_of_loss
from mastra_sync.operations import (
    CANCEL,
    CREATE_RUN,
    DELETE_RUN,
    DETAILS,
    EXECUTION_RESULT,
    OBSERVE,
    RUN_BY_ID,
    Operation,
)
from mastra_sync.outages import Mark, Outages
from mastra_sync.run_input import needs_graph
from mastra_sync.step_graph import graph_of
from mastra_sync.transport import ByteStream
from mastra_sync.waiting import START_GRACE, Departure, Wait

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult
    from mastra_sync.workflow_models import WorkflowDetails

CHEAPEST_FIELDS = ("error",)
"""What a poll asks for: the status always comes, and an error is small where a result may be megabytes."""

LOOK_AFTERWARDS, LOOK_SHARE = 1.0, 0.25
"""Of a call's time, the seconds at most and the share that are kept for a look at the run if no answer comes."""


@dataclass(frozen=True, slots=True)
class Command:
    """A verb that moves a run on, ready to be sent.

    Attributes:
        operation: The verb.
        body: Its JSON body.
        before: Where the run stood before; None if it is pending.
        likely_cause: Says why the run may not move although the command was accepted.
        given: What it gives the run.
    """

    operation: Operation
    body: bytes = field(repr=False)
    before: Mark | None
    likely_cause: Callable[[], str] = lambda: ""
    given: Given = NOTHING_GIVEN

    @property
    def departure(self) -> Departure:
        """What must have changed once the command has taken effect."""
        return Departure(self.operation.name, self.before, START_GRACE, self.likely_cause, self.given)


class RunApi:
    """The operations of a server that are about one run.

    Args:
        api: The server's operations.
        workflow_id: The run's workflow.
        run_id: The run.
        outages: What other handles on the same run have seen of its server.
    """

    def __init__(self, api: Api, workflow_id: str, run_id: str, outages: Outages | None = None) -> None:
        self._api = api.about(workflow_id, run_id)
        self.outages = outages or Outages()
        self.workflow_id = workflow_id
        self.run_id = run_id

    def url_of(self, operation: Operation) -> str:
        """Return an operation's address, without query."""
        return self._api.url_of(operation)

    def error_context(self, operation: Operation) -> dict[str, Any]:
        """Return what an exception says of a call: `method`, `url`, `run_id`."""
        return {"method": operation.method, "url": self.url_of(operation), "run_id": self.run_id}

    def deadline(self, seconds: float | None) -> Deadline:
        """Return a deadline on the run's clock; None is without limit."""
        return self._api.deadline(seconds)

    def look_deadline(self) -> Deadline:
        """Return a deadline that is over at once, but for a look."""
        return self._api.look_deadline()

    def within(self, deadline: Deadline) -> RunApi:
        """Return the same run's operations, as parts of one that has a deadline."""
        return RunApi(self._api.within(deadline), self.workflow_id, self.run_id, self.outages)

    # -- the run's record

    def create(self, body: bytes) -> None:
        """Make the run on the server, pending; one that exists is left as it is."""
        self._acknowledged(self._api.call(CREATE_RUN, body=body), CREATE_RUN)

    def delete(self) -> str:
        """Delete the run's record and return the server's message.

        Raises:
            RunNotFound: There was no such run, and no earlier attempt can have deleted it.
        """
        try:
            answer = self._api.call(DELETE_RUN)
        except RunNotFound as error:
            if error.attempts == 1:
                raise
            # an earlier attempt has done it, only its answer was lost
            return "Workflow run deleted"
        return self._api.message(answer, DELETE_RUN)

    # -- reading

    def details(self) -> WorkflowDetails:
        """Return the details of the run's workflow."""
        from mastra_sync.workflow_models import WorkflowDetails  # noqa: PLC0415

        api = replace(self._api, run_id=None)
        return api.parse(api.call(DETAILS), DETAILS, WorkflowDetails.model_validate)

    def poll(self, deadline: Deadline) -> RunResult:
        """Return the run with its status and little else: one request, tried once."""
        try:
            answer = self._run_by_id(CHEAPEST_FIELDS, nested=False, deadline=deadline, retries=0)
        except MastraError as error:
            self.outages.note_failure(error)
            raise
        run = self._parse_run(answer)
        self.outages.note_reading(run)
        return run

    def read(self, fields: Sequence[str] | None = None, *, nested: bool | None = None, query: Query = ()) -> RunResult:
        """Return what run-by-id answers.

        Args:
            fields: Only these, with status and times.
            nested: False leaves out the steps of nested workflows.
            query: What else is asked.
        """
        return self._parse_run(self._run_by_id(fields, nested=nested, query=query))

    def result(self, deadline: Deadline | None = None) -> RunResult:
        """Return the whole result of the run, from the route that this server has for it."""
        if not self._api.generation.has_execution_result:
            answer = self._run_by_id(deadline=deadline)
            if not self._api.generation.has_execution_result:
                return self._parse_run(answer, deadline=deadline)
        try:
            answer = self._api.call(EXECUTION_RESULT, deadline=deadline)
        except RouteNotFound:
            # the server was upgraded in the meantime
            self._api.generation.current = None
            return self.result(deadline)
        return self._parse_run(answer, deadline=deadline)

    def generation(self) -> Generation:
        """Return the server's generation; asks for this run if it is not known yet."""
        known = self._api.generation.current
        return known if known is not None else recognise_generation(self._run_by_id(nested=False))

    def wait(
        self,
        deadline: Deadline,
        on_update: Callable[[RunResult], Any] | None = None,
        last: RunResult | None = None,
    ) -> Wait:
        """Return a wait for the run, which was last read like this."""
        return Wait(self, deadline, on_update, last)

    # -- sending

    def send(self, command: Command) -> Any:
        """Send a command that the server answers at once.

        Returns the answer, None if it was lost and the run moved.

        Raises:
            OutcomeUnknown: The answer was lost and the run has not moved.
            APIStatusError: The server refused.
        """
        deadline = _but_for_a_look(self._api.default_deadline())
        try:
            answer = self._api.call(
                command.operation, body=command.body, deadline=deadline, look=self._look_at(command)
            )
            return self._acknowledged(answer, command.operation)
        except MastraError as error:
            self._confirm(command, error, self.deadline(START_GRACE))
            return None

    def hold(self, command: Command, deadline: Deadline) -> RunResult:
        """Send a command that the server answers when the run has settled, and return the result.

        A connection that is cut, or that a gateway gives up, does not matter: the run is waited for by polling.

        Raises:
            OutcomeUnknown: The answer was lost and the run has not moved.
            RunTimeout: The deadline passed; the run goes on.
            APIStatusError: The server refused.
            ResponseFormatError: The run was executed without what it was given.
        """
        try:
            answer = self._api.call(
                command.operation,
                body=command.body,
                deadline=_but_for_a_look(deadline),
                hold=True,
                look=self._look_at(command),
            )
            result = self._parse_run(answer, command.operation, deadline=deadline)
        except MastraError as error:
            moved = self._confirm(command, error, deadline)
            if standstill.is_final(error):
                moved = standstill.watch(self, moved, error, deadline)
            result = self.wait(deadline, last=moved).until_settled(command.departure)
        return self.having_got(result, command.departure.given)

    def having_got(self, run: RunResult, given: Given) -> RunResult:
        """Return a run that a verb has moved.

        Raises:
            ResponseFormatError: It was executed without what it was given.
        """
        if lacks_input(run, given):
            sign = "The run was executed without input"
        elif not (sign := sign_of_loss(run, given)) or sees_bodies(self._api, run):
            return run
        raise ResponseFormatError(f"{BODY_NOT_SEEN}. {sign}", **self.error_context(RUN_BY_ID))

    def open_stream(self, command: Command, deadline: Deadline) -> ByteStream | None:
        """Send a command that the server answers with a stream.

        Returns the stream's bytes, None if the answer was lost and the run moved.

        Raises:
            OutcomeUnknown: The answer was lost and the run has not moved.
            APIStatusError: The server refused.
        """
        try:
            return self._api.open(
                command.operation, body=command.body, deadline=_but_for_a_look(deadline), look=self._look_at(command)
            )
        except MastraError as error:
            self._confirm(command, error, deadline)
            return None

    def open_observe(self, deadline: Deadline) -> ByteStream:
        """Return the bytes that the server replays of the run's streams."""
        return self._api.open(OBSERVE, body=b"{}", deadline=deadline)

    def cancel(self) -> str:
        """Cancel the run unless it has ended, and return the server's message.

        The run is read before each attempt.
        """
        deadline = self._api.default_deadline()
        began = deadline.elapsed
        with EarlierRequests().marking() as cancels:
            for attempt in itertools.count():
                if (ended := self._ended(deadline, cancels=attempt)) is not None:
                    return ended
                try:
                    answer = self._api.call(CANCEL, body=b"{}", deadline=deadline, retries=0)
                    return self._api.message(answer, CANCEL)
                except (APIConnectionError, RateLimitError, ResponseFormatError, ServerError) as error:
                    cancels.note(error)
                    asked = getattr(error, "retry_after", None)
                    pause = self._api.backoff * 2**attempt if asked is None else asked
                    if attempt >= self._api.retries or pause >= deadline.remaining:
                        with contextlib.suppress(MastraError):
                            if (ended := self._ended(deadline.for_last_look(), cancels=attempt + 1)) is not None:
                                return ended
                        if not isinstance(error, ResponseFormatError):
                            error.attempts, error.seconds = attempt + 1, deadline.elapsed - began
                        raise
                    deadline.sleep(pause)
        raise AssertionError("there is always another attempt, or an exception")

    def _ended(self, deadline: Deadline, *, cancels: int) -> str | None:
        """Return what is said of a run that has ended, None if it has not.

        Args:
            deadline: Of the look at it.
            cancels: How many have been sent.
        """
        run = self.within(deadline).read(CHEAPEST_FIELDS, nested=False)
        if not run.finished:
            return None
        return (
            f"Workflow run has ended as {run.status}"
            if cancels
            else f"Workflow run had already ended as {run.status}; no cancel was sent"
        )

    def _confirm(self, command: Command, error: MastraError, deadline: Deadline) -> RunResult:
        """Return the run if it shows that a command took effect although it failed; raise otherwise."""
        if isinstance(error, _TookEffect):
            return error.run
        if isinstance(error, RateLimitError):
            return self._moved_after(command, error, deadline)
        if not is_outcome_open(error):
            raise error
        # where the server itself says that it failed, either the run has moved by now or it will not
        is_final = standstill.is_final(error)
        grace = 0.0 if is_final else min(START_GRACE, deadline.remaining)
        wait = self.wait(deadline.part(max(grace, 1.0)))
        # a run that does not exist has not moved
        with contextlib.suppress(RunNotFound):
            moved = wait.until_moved(command.departure.with_grace(grace))
            if moved is not None:
                return moved
        if is_final and wait.last_status is not None:
            raise error
        raise OutcomeUnknown(
            command.operation.name, workflow_id=self.workflow_id, run_id=self.run_id, last_status=wait.last_status
        ) from error

    def _look_at(self, command: Command) -> Look:
        """Return what looks whether a command that was refused has taken effect all the same."""

        def look(refused: RateLimitError, deadline: Deadline) -> None:
            try:
                run = self.poll(deadline)
            except RunNotFound:
                # a run that does not exist has not moved
                return
            except MastraError:
                raise refused from None
            if not command.departure.is_at(run):
                raise _TookEffect(run)

        return look

    def _moved_after(self, command: Command, refused: RateLimitError, deadline: Deadline) -> RunResult:
        try:
            self._look_at(command)(refused, deadline)
        except _TookEffect as seen:
            return seen.run
        raise refused

    def _acknowledged(self, answer: Any, operation: Operation) -> Any:
        """Return the answer of a server that has accepted something; nobody needs what stands in it.

        Raises:
            ResponseFormatError: The answer is no object with a message or a run's id.
        """
        if isinstance(answer, Mapping) and any(isinstance(answer.get(name), str) for name in ("message", "runId")):
            return answer
        raise self._format_error("an object with a message or a runId", operation)

    def _format_error(self, expected: str, operation: Operation) -> ResponseFormatError:
        problem = f"not what Mastra answers here: {expected} was expected"
        return ResponseFormatError(problem, **self.error_context(operation))

    def _run_by_id(
        self,
        fields: Sequence[str] | None = None,
        *,
        nested: bool | None = None,
        deadline: Deadline | None = None,
        retries: int | None = None,
        query: Query = (),
    ) -> Any:
        answer = self._api.call(
            RUN_BY_ID,
            query=[
                ("fields", None if fields is None else ",".join(fields)),
                ("withNestedWorkflows", None if nested is None else str(nested).lower()),
                *query,
            ],
            deadline=deadline,
            retries=retries,
        )
        if isinstance(answer, Mapping) and (fields is None or "snapshot" in answer):
            self._api.generation.current = recognise_generation(answer)
        return answer

    def _parse_run(
        self, answer: Any, operation: Operation = RUN_BY_ID, *, deadline: Deadline | None = None
    ) -> RunResult:
        """Return what an operation answered as a result that names its run."""
        from mastra_sync.models import RunResult  # noqa: PLC0415

        graph = self._graph(deadline) if needs_graph(answer) or evented.needs_graph(answer) else None
        return self._api.parse(
            answer,
            operation,
            lambda raw: RunResult.from_server(raw, workflow_id=self.workflow_id, run_id=self.run_id, graph=graph),
        )

    def _graph(self, deadline: Deadline | None) -> Any:
        """Return the graph of the run's workflow, None if it cannot be had."""
        # the run has run: what it was answered must not be lost for this
        with contextlib.suppress(MastraError):
            return graph_of(self._run_by_id(nested=False, deadline=deadline))
        return None


def _but_for_a_look(deadline: Deadline) -> Deadline:
    """Return an answer's deadline, which leaves time to look at the run afterwards."""
    left = deadline.remaining
    return deadline.part(left - min(LOOK_AFTERWARDS, LOOK_SHARE * left))


class _TookEffect(MastraError):
    """A command was refused, and its run shows that it took effect nevertheless."""

    def __init__(self, run: RunResult) -> None:
        super().__init__(run)
        self.run = run


def is_outcome_open(error: MastraError) -> bool:
    """True if a command that failed like this may have taken effect all the same."""
    if isinstance(error, APIConnectionError):
        return error.sent is not False
    return isinstance(error, (ServerError, ResponseFormatError))
