"""One run's life: start, wait, stream, suspend and resume, cancel, restart, time travel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from mastra_sync.arguments import OMIT, checked_callable, checked_count
from mastra_sync.commands import Commands, StepArgument
from mastra_sync.deadline import DEFAULT_RUN_TIMEOUT, Deadline, Seconds, seconds_of
from mastra_sync.errors import InvalidArgument
from mastra_sync.idle import DEFAULT_IDLE_TIMEOUT
from mastra_sync.operations import (
    RESTART,
    RESTART_ASYNC,
    RESUME,
    RESUME_ASYNC,
    RESUME_NO_WAIT,
    RESUME_STREAM,
    START,
    START_ASYNC,
    STREAM,
    TIME_TRAVEL,
    TIME_TRAVEL_ASYNC,
    TIME_TRAVEL_STREAM,
)
from mastra_sync.options import (
    RestartOptions,
    ResumeOptions,
    StartOptions,
    StreamOptions,
    StreamResumeOptions,
    StreamStartOptions,
    StreamTimeTravelOptions,
    TimeTravelOptions,
    takes,
)
from mastra_sync.run_api import Command, RunApi
from mastra_sync.streaming import RunStream, StreamSettings
from mastra_sync.transport import ByteStream
from mastra_sync.waiting import START_GRACE, Departure, interruption

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult, Suspension

_STREAM_NAMES = frozenset(StreamOptions.__annotations__)


class Run:
    """A handle on one run of a workflow; making one sends nothing.

    Get one from `Workflow.create_run` or `get_run`.

    Mastra's names are kept: a verb that ends in `_async` waits until the run has settled and returns its result,
    the same verb without it returns at once.

    Attributes:
        workflow_id: The workflow.
        run_id: The run.
    """

    def __init__(self, api: RunApi, *, fresh: bool) -> None:
        self.api = api
        # True while nobody can have started the run: this client made up its id and has not sent a start
        self._fresh = fresh
        self._departure: Departure | None = None
        self.workflow_id: str = api.workflow_id
        self.run_id: str = api.run_id

    # -- start

    @takes(StartOptions)
    def start(self, input_data: Any = OMIT, **options: Unpack[StartOptions]) -> Run:
        """Start the run and return this handle at once.

        The server accepts a start before it checks the input; `wait` notices if the run does not move.

        Args:
            input_data: What the workflow gets: JSON values, pydantic models, dataclasses.
            **options: See `StartOptions`.

        Raises:
            RunAlreadyStarted: The run has run before, and `again` was not given.
            RunNotFound: No such run; `create_run` makes one.
            OutcomeUnknown: The answer was lost and the run has not moved; it was not sent again.
        """
        self._send(self._commands().start(START, input_data, options, fresh=self._fresh))
        return self

    @takes(StartOptions)
    def start_async(
        self, input_data: Any = OMIT, *, timeout: Seconds = DEFAULT_RUN_TIMEOUT, **options: Unpack[StartOptions]
    ) -> RunResult:
        """Start the run, wait until it has settled, and return its result, whatever it is.

        The server holds the connection open meanwhile. If that is cut or given up by a gateway, the run is polled.

        Args:
            input_data: What the workflow gets: JSON values, pydantic models, dataclasses.
            timeout: How long all this may take; None without limit.
            **options: See `StartOptions`.

        Raises:
            InvalidInput: The workflow's schema rejects the input; the run is still pending.
            RunAlreadyStarted: The run has run before, and `again` was not given.
            RunTimeout: The run goes on.
            OutcomeUnknown: The answer was lost and the run has not moved; it was not sent again.
        """
        deadline = self._deadline(timeout)
        commands = self._commands(deadline)
        return self._hold(commands.start(START_ASYNC, input_data, options, fresh=self._fresh), deadline)

    @takes(StreamStartOptions)
    def stream(self, input_data: Any = OMIT, **options: Unpack[StreamStartOptions]) -> RunStream:
        """Start the run and return its events as they come.

        Args:
            input_data: What the workflow gets: JSON values, pydantic models, dataclasses.
            **options: See `StreamStartOptions`.

        Raises:
            RunAlreadyStarted: The run has run before, and `again` was not given; `observe` reads its events.
            OutcomeUnknown: The answer was lost and the run has not moved; it was not sent again.
        """
        settings, rest = self._stream_settings(options)
        commands = self._commands(settings.deadline)
        command = commands.start(STREAM, input_data, rest, fresh=self._fresh)
        return self._open(command, settings, only_segment=self._fresh)

    # -- wait and read

    @takes()
    def wait(
        self,
        timeout: Seconds = DEFAULT_RUN_TIMEOUT,
        on_update: Callable[[RunResult], Any] | None = None,
        *,
        start_grace: Seconds = START_GRACE,
    ) -> RunResult:
        """Poll until the run is settled and return its result, whatever it is.

        Polls ask for the status only; the whole result is fetched once. The pause between two polls is 5 % of the time
        already waited, 50 ms at least. Failures to read the run are ridden out until the time is up.

        Args:
            timeout: How long to wait; None without limit. 0 is a look, which may take what the client's timeout allows.
            on_update: Called with each reading that shows the run changed: status and times, no steps.
            start_grace: Seconds that the run may take to move after this handle's verb was accepted.

        Raises:
            RunTimeout: The run goes on.
            RunNotStarted: The run has not moved since `start` (`resume`, ...) was accepted.
        """
        checked_callable(on_update, "on_update")
        grace = seconds_of(start_grace, "start_grace")
        seconds = seconds_of(timeout, "timeout")
        deadline = self.api.look_deadline() if seconds == 0 else self.api.deadline(seconds)
        return self.wait_until(deadline, on_update, float("inf") if grace is None else grace)

    def result(self) -> RunResult:
        """Return the run's result as it is now, without waiting."""
        return self.api.result()

    @takes(StreamOptions)
    def observe(self, offset: int = 0, **options: Unpack[StreamOptions]) -> RunStream:
        """Return the events of the run's streams so far, and those to come.

        Servers keep the events of `stream`, `resume_stream` and `time_travel_stream` for five minutes, in their memory;
        a run begun by `start` or `start_async` has none. They send part of them twice; here each comes once.

        Args:
            offset: How many events to leave out. Servers before the current ones do not know it and current ones apply
                it to the history only, so it is counted here.
            **options: See `StreamOptions`.

        Raises:
            RunNotFound: No such run.
        """
        skip = checked_count(offset, "offset", least=0) or 0
        settings, _ = self._stream_settings(options)
        return RunStream(self, self.open_observe(settings.deadline), settings, whole_history=True, skip=skip)

    # -- resume

    @takes(ResumeOptions)
    def resume(self, resume_data: Any = OMIT, *, step: StepArgument = None, **options: Unpack[ResumeOptions]) -> Run:
        """Answer a suspension and return this handle at once.

        The run is read first: a wrong step or item is refused here, where servers accept it and do nothing, or fail
        the whole run.

        Args:
            resume_data: The answer. Servers take null, false, 0 and "" for no answer, so they are refused here.
            step: A `Suspension`, or the step as `"a"`, `"nested.a"` or `["nested", "a"]`; may be left out if only one
                is suspended.
            **options: See `ResumeOptions`.

        Raises:
            RunNotSuspended: The run is not suspended, nor within two seconds.
            StepNotSuspended: Another step is.
            SeveralStepsSuspended: Say which.
            OutcomeUnknown: The answer was lost and the run has not moved; it was not sent again.
        """
        self._send(self._commands().resume(RESUME, resume_data, step, options))
        return self

    @takes(ResumeOptions)
    def resume_async(
        self,
        resume_data: Any = OMIT,
        *,
        step: StepArgument = None,
        timeout: Seconds = DEFAULT_RUN_TIMEOUT,
        **options: Unpack[ResumeOptions],
    ) -> RunResult:
        """Answer a suspension, wait until the run has settled again, and return its result.

        Arguments as `resume`.

        Raises:
            InvalidResumeData: The step's schema rejects the answer; the run is still suspended.
            RunTimeout: The run goes on.
        """
        deadline = self._deadline(timeout)
        commands = self._commands(deadline)
        return self._hold(commands.resume(RESUME_ASYNC, resume_data, step, options), deadline)

    @takes(ResumeOptions)
    def resume_no_wait(
        self, resume_data: Any = OMIT, *, step: StepArgument = None, **options: Unpack[ResumeOptions]
    ) -> str:
        """Answer a suspension and return the run's id at once (current servers only). Arguments as `resume`.

        Raises:
            UnsupportedByServer: A server before the current ones; `resume` does the same.
        """
        commands = self._commands()
        command = commands.resume(RESUME_NO_WAIT, resume_data, step, options)
        commands.require("resume_no_wait", "Use resume")
        self._send(command)
        return self.run_id

    @takes(StreamResumeOptions)
    def resume_stream(
        self, resume_data: Any = OMIT, *, step: StepArgument = None, **options: Unpack[StreamResumeOptions]
    ) -> RunStream:
        """Answer a suspension and return the events that follow. Arguments as `resume`, and `StreamOptions`."""
        settings, rest = self._stream_settings(options)
        commands = self._commands(settings.deadline)
        return self._open(commands.resume(RESUME_STREAM, resume_data, step, rest), settings)

    # -- cancel and restart

    def cancel(self) -> str:
        """Ask the server to stop this run, and return its message.

        Steps that watch their abort signal stop at once, others finish first. A run that has already ended is left
        alone: the servers would overwrite its status with `canceled` (seen on 1.2 and current). It may still end
        between the look and the cancel.

        Raises:
            RunNotFound: No such run.
        """
        return self.api.cancel()

    @takes(RestartOptions)
    def restart(self, **options: Unpack[RestartOptions]) -> Run:
        """Execute the run again from its active step, and return this handle at once.

        This is for a run whose server has died.

        Raises:
            RunNotActive: The run is not `running` or `waiting`. Servers accept that too, and do nothing.
        """
        self._send(self._commands().restart(RESTART, options, only_active=True))
        return self

    @takes(RestartOptions)
    def restart_async(self, *, timeout: Seconds = DEFAULT_RUN_TIMEOUT, **options: Unpack[RestartOptions]) -> RunResult:
        """Execute the run again from its active step, and return the result once settled.

        For a run that has ended, current servers return the stored outcome and execute nothing.

        Raises:
            RunNotActive: The run is neither active nor, on current servers, ended.
        """
        deadline = self._deadline(timeout)
        commands = self._commands(deadline)
        return self._hold(commands.restart(RESTART_ASYNC, options, only_active=False), deadline)

    # -- time travel

    @takes(TimeTravelOptions)
    def time_travel(
        self, step: str | Sequence[str], input_data: Any = OMIT, **options: Unpack[TimeTravelOptions]
    ) -> Run:
        """Execute the run again from a step, and return this handle at once.

        What the run recorded from there on is overwritten.

        Args:
            step: `"a"`, `"nested.a"` or `["nested", "a"]`.
            input_data: The step's input; the step before is recorded as having put it out.
            **options: See `TimeTravelOptions`.

        Raises:
            StepNotFound: The workflow has no such step.
            RunStillRunning: The run is active.
        """
        self._send(self._commands().time_travel(TIME_TRAVEL, step, input_data, options))
        return self

    @takes(TimeTravelOptions)
    def time_travel_async(
        self,
        step: str | Sequence[str],
        input_data: Any = OMIT,
        *,
        timeout: Seconds = DEFAULT_RUN_TIMEOUT,
        **options: Unpack[TimeTravelOptions],
    ) -> RunResult:
        """Execute the run again from a step, and return the result once settled.

        Arguments as `time_travel`.
        """
        deadline = self._deadline(timeout)
        commands = self._commands(deadline)
        return self._hold(commands.time_travel(TIME_TRAVEL_ASYNC, step, input_data, options), deadline)

    @takes(StreamTimeTravelOptions)
    def time_travel_stream(
        self, step: str | Sequence[str], input_data: Any = OMIT, **options: Unpack[StreamTimeTravelOptions]
    ) -> RunStream:
        """Execute the run again from a step and return the events. As `time_travel`, and `StreamOptions`."""
        settings, rest = self._stream_settings(options)
        commands = self._commands(settings.deadline)
        command = commands.time_travel(TIME_TRAVEL_STREAM, step, input_data, rest)
        return self._open(command, settings)

    def __repr__(self) -> str:
        return f"<Run {self.run_id} of {self.workflow_id!r}>"

    # -- what streams need of their run, and workflows

    def wait_until(
        self,
        deadline: Deadline,
        on_update: Callable[[RunResult], Any] | None = None,
        start_grace: float = START_GRACE,
    ) -> RunResult:
        """Return the run once it is settled, as a part of what has a deadline."""
        departure = None if self._departure is None else self._departure.with_grace(start_grace)
        # pauses and grace are counted from here
        own = deadline.part(None)
        try:
            result = self.api.within(own).wait(own, on_update).until_settled(departure)
        except KeyboardInterrupt:
            raise interruption(self) from None
        self._departure = None
        return result

    @property
    def url(self) -> str:
        """Where the run is read."""
        return self.api.url

    def poll(self, deadline: Deadline) -> RunResult:
        """Return the run with its status and little else; one request, tried once."""
        return self.api.poll(deadline)

    def read_result(self, deadline: Deadline) -> RunResult:
        """Return the run as it is now."""
        return self.api.result(deadline)

    def open_observe(self, deadline: Deadline) -> ByteStream:
        """Return the bytes that the server replays."""
        return self.api.open_observe(deadline)

    def open_resume(self, suspension: Suspension, answer: Any, deadline: Deadline) -> ByteStream | None:
        """Return a resumed stream's bytes, None if they were lost and the run moved."""
        command = self._commands(deadline).resume(RESUME_STREAM, answer, suspension, {})
        return self.api.open_stream(command, deadline)

    # -- sending

    def _commands(self, deadline: Deadline | None = None) -> Commands:
        return Commands(self.api if deadline is None else self.api.within(deadline))

    def _send(self, command: Command) -> None:
        self.api.send(command)
        self._fresh = False
        self._departure = command.departure

    def _hold(self, command: Command, deadline: Deadline) -> RunResult:
        self._departure = None
        try:
            result = self.api.hold(command, deadline)
        except KeyboardInterrupt:
            raise interruption(self) from None
        finally:
            self._fresh = False
        return result

    def _open(self, command: Command, settings: StreamSettings, *, only_segment: bool = False) -> RunStream:
        source = self.api.open_stream(command, settings.deadline)
        self._fresh = False
        # a stream may come back empty, or refuse inside what was asked; the run shows it by not moving
        self._departure = command.departure
        return RunStream(self, source, settings, only_segment=only_segment)

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
