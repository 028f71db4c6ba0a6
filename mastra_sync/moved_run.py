"""How a handle moves its run on: what it sends, what must come of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from mastra_sync.arguments import checked_callable
from mastra_sync.commands import Commands, Joined
from mastra_sync.deadline import DEFAULT_RUN_TIMEOUT, DISPLAY_TIMEOUT, Deadline, Seconds, seconds_of
from mastra_sync.earlier_requests import after_sending
from mastra_sync.errors import (
    APIConnectionError,
    InvalidArgument,
    MastraError,
    RateLimitError,
    ResumeAlreadyClaimed,
    RunNotSuspended,
    ServerError,
    StepNotSuspended,
)
from mastra_sync.followed_run import StreamSettings
from mastra_sync.idle import DEFAULT_IDLE_TIMEOUT
from mastra_sync.operations import OBSERVE, RESUME, RESUME_STREAM, RUN_BY_ID, Operation
from mastra_sync.options import StreamOptions
from mastra_sync.outages import Outages
from mastra_sync.resume_target import StepArgument
from mastra_sync.run_api import Command, RunApi
from mastra_sync.streaming import RunStream
from mastra_sync.transport import ByteStream
from mastra_sync.waiting import START_GRACE, Departure, interruption

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult, Suspension

_Outcome = TypeVar("_Outcome")

_STREAM_NAMES = frozenset(StreamOptions.__annotations__)


class MovedRun:
    """What the verbs of one run have in common, and what streams need of their run.

    Attributes:
        workflow_id: The workflow.
        run_id: The run.
    """

    def __init__(self, api: RunApi, *, fresh: bool, has_owner: bool | None = None) -> None:
        self.api = api
        # whether it was made for a resource; None if this client has not made it
        self._has_owner = has_owner
        # True while nobody can have started the run: this client made up its id and has not sent a start
        self._fresh = fresh
        self._departure: Departure | None = None
        # makes the command anew that a run in motion does not yet show to be done
        self._reconsider: Callable[[Commands], Command | Joined] | None = None
        self.workflow_id: str = api.workflow_id
        self.run_id: str = api.run_id

    # -- what streams need of their run, and workflows

    def wait_until(
        self,
        deadline: Deadline,
        on_update: Callable[[RunResult], Any] | None = None,
        start_grace: float = START_GRACE,
    ) -> RunResult:
        """Return the run once it is settled, as a part of what has a deadline."""
        while True:
            departure = None if self._departure is None else self._departure.with_grace(start_grace)
            # pauses and grace are counted from here
            own = deadline.part(None)
            try:
                result = self.api.within(own).wait(own, on_update).until_settled(departure)
            except KeyboardInterrupt:
                raise interruption(self) from None
            if departure is not None:
                self.api.having_got(result, departure.given)
            self._departure = None
            reconsider, self._reconsider = self._reconsider, None
            if reconsider is None:
                return result
            try:
                command = reconsider(self._commands(own))
                if isinstance(command, Joined):
                    return result
                # what was thought to be answered was not
                self.api.within(own).send(command)
            except (APIConnectionError, RateLimitError, ServerError):
                # nothing was answered: whoever waits again is to have it answered then
                self._reconsider = reconsider
                raise
            self._note_sent(command)

    @property
    def outages(self) -> Outages:
        """What the readings of the run have shown of its server."""
        return self.api.outages

    @property
    def url(self) -> str:
        """Where the run is read."""
        return self.url_of(RUN_BY_ID)

    def url_of(self, operation: Operation) -> str:
        """Return an operation's address, without query."""
        return self.api.url_of(operation)

    def poll(self, deadline: Deadline) -> RunResult:
        """Return the run with its status and little else; one request, tried once."""
        return self.api.poll(deadline)

    def read_result(self, deadline: Deadline) -> RunResult:
        """Return the run as it is now.

        Raises:
            ResponseFormatError: It was executed without what it was given.
        """
        with after_sending():
            result = self.api.result(deadline)
        departure = self._departure
        return result if departure is None else self.api.having_got(result, departure.given)

    def read_end(self, deadline: Deadline) -> RunResult | None:
        """Return the run; None if it has not settled, or cannot be read now."""
        with contextlib.suppress(APIConnectionError, RateLimitError, ServerError):
            result = self.read_result(deadline)
            return result if result.settled else None
        return None

    def look(self) -> RunResult | None:
        """Return the run as it is now; None if it cannot be read soon."""
        with contextlib.suppress(MastraError):
            return self.api.result(self.api.deadline(DISPLAY_TIMEOUT))
        return None

    def open_observe(self, deadline: Deadline) -> ByteStream:
        """Return the bytes that the server replays."""
        return self.api.open_observe(deadline)

    def open_resume(self, suspension: Suspension, answer: Any, deadline: Deadline) -> ByteStream | None:
        """Return a resumed stream's bytes, None if they were lost and the run moved."""
        with after_sending():
            command = self._commands(deadline).resume(RESUME_STREAM, answer, suspension, {})
            return None if isinstance(command, Joined) else self.api.open_stream(command, deadline)

    # -- sending

    def _commands(self, deadline: Deadline | None = None) -> Commands:
        return Commands(self.api if deadline is None else self.api.within(deadline))

    def _start_command(
        self, commands: Commands, operation: Operation, input_data: Any, options: Mapping[str, Any]
    ) -> Command | Joined:
        if self._has_owner is False and options.get("resource_id") is not None:
            raise InvalidArgument(
                "resource_id",
                "servers take it when a run is made, and this one was made without: create_run(resource_id=...)",
            )
        accepted = self._departure is not None and self._departure.mark is None
        command = commands.start(operation, input_data, options, fresh=self._fresh, accepted=accepted)
        if isinstance(command, Joined) or not self._has_owner:
            return command
        return replace(command, given=replace(command.given, names_owner=True))

    def _answer(
        self,
        operation: Operation,
        resume_data: Any,
        step: StepArgument,
        options: Mapping[str, Any],
        commands: Commands,
        send: Callable[[Command | Joined], _Outcome],
    ) -> _Outcome:
        """Answer a suspension; look again if somebody else answered it meanwhile and it may be joined."""
        command = commands.resume(operation, resume_data, step, options)
        if isinstance(command, Joined):
            if not command.is_told:
                self._reconsider = lambda commands: commands.resume(RESUME, resume_data, step, options)
            return send(command)
        try:
            return send(command)
        except (ResumeAlreadyClaimed, RunNotSuspended, StepNotSuspended):
            if options.get("if_answered") != "join":
                raise
            with after_sending():
                found = commands.resume(operation, resume_data, step, options)
            if not isinstance(found, Joined):
                raise
            return send(found)

    def _send(self, command: Command | Joined) -> None:
        if isinstance(command, Joined):
            return
        self.api.send(command)
        self._note_sent(command)

    def _note_sent(self, command: Command) -> None:
        self._fresh = False
        self._departure = command.departure

    def _hold(self, command: Command | Joined, deadline: Deadline) -> RunResult:
        if isinstance(command, Joined):
            return self.wait_until(deadline)
        self._departure = None
        try:
            result = self.api.hold(command, deadline)
        except KeyboardInterrupt:
            raise interruption(self) from None
        finally:
            self._fresh = False
        return result

    def _open(self, command: Command | Joined, settings: StreamSettings, *, only_segment: bool = False) -> RunStream:
        if isinstance(command, Joined):
            return self._observe(settings, joined=True)
        source = self.api.open_stream(command, settings.deadline)
        # a stream may come back empty, or refuse inside what was asked; the run shows it by not moving
        self._note_sent(command)
        return RunStream(
            self,
            source,
            settings,
            command.operation,
            only_segment=only_segment,
            given=command.given,
        )

    def _observe(self, settings: StreamSettings, *, skip: int = 0, joined: bool = False) -> RunStream:
        source = self.open_observe(settings.deadline)
        return RunStream(self, source, settings, OBSERVE, whole_history=True, skip=skip, joined=joined)

    def _stream_settings(self, options: Mapping[str, Any]) -> tuple[StreamSettings, dict[str, Any]]:
        """Return how a stream is to behave, and the options that go to the server."""
        idle_timeout = seconds_of(options.get("idle_timeout", DEFAULT_IDLE_TIMEOUT), "idle_timeout")
        if not idle_timeout:
            raise InvalidArgument("idle_timeout", "must be more than 0 and not infinite")
        on_gap = options.get("on_gap", "raise")
        if on_gap not in ("raise", "follow"):
            raise InvalidArgument("on_gap", f"must be 'raise' or 'follow', not {on_gap!r}")
        checked_callable(options.get("on_suspend"), "on_suspend")
        settings = StreamSettings(
            deadline=self._deadline(options.get("timeout", DEFAULT_RUN_TIMEOUT)),
            idle_timeout=idle_timeout,
            on_gap=on_gap,
            on_suspend=options.get("on_suspend"),
            stays_open=options.get("close_on_suspend") is False,
        )
        if settings.stays_open and settings.on_suspend is not None:
            raise InvalidArgument(
                "close_on_suspend", "on_suspend answers once the stream has closed; give one of the two"
            )
        return settings, {name: value for name, value in options.items() if name not in _STREAM_NAMES}

    def _deadline(self, timeout: Seconds) -> Deadline:
        return self.api.deadline(seconds_of(timeout, "timeout"))
