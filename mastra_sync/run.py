"""One run's life: start, wait, stream, suspend and resume, cancel, restart, time travel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from mastra_sync.arguments import OMIT, checked_callable, checked_count
from mastra_sync.attributes import refuses_unknown, tells_missing
from mastra_sync.commands import Joined
from mastra_sync.deadline import DEFAULT_RUN_TIMEOUT, Seconds, seconds_of
from mastra_sync.earlier_requests import after_sending
from mastra_sync.errors import RunAlreadyFinished
from mastra_sync.keywords import takes
from mastra_sync.moved_run import MovedRun
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
)
from mastra_sync.resume_target import StepArgument
from mastra_sync.run_api import Command
from mastra_sync.streaming import RunStream
from mastra_sync.waiting import START_GRACE

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult


@refuses_unknown(timeout="wait(timeout=...)")
class Run(MovedRun):
    """A handle on one run of a workflow; making one sends nothing.

    Get one from `Workflow.create_run` or `get_run`.

    Mastra's names are kept: a verb that ends in `_async` waits until the run has settled and returns its result,
    the same verb without it returns at once.

    Attributes:
        workflow_id: The workflow.
        run_id: The run.
    """

    # -- start

    @takes(StartOptions)
    def start(self, input_data: Any = OMIT, **options: Unpack[StartOptions]) -> Run:
        """Start the run and return this handle at once.

        The server accepts a start before it checks the input; `wait` notices if the run does not move.

        Args:
            input_data: What the workflow gets: JSON values, pydantic models, dataclasses.
            **options: See `StartOptions`.

        Raises:
            RunAlreadyStarted: The run has run before, and `if_started` is not given.
            InputMismatch: The run that is to be joined was started with another input.
            RunNotFound: No such run; `create_run` makes one.
            OutcomeUnknown: The answer was lost and the run has not moved; it was not sent again.
        """
        self._send(self._start_command(self._commands(), START, input_data, options))
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
            RunAlreadyStarted: The run has run before, and `if_started` is not given.
            InputMismatch: The run that is to be joined was started with another input.
            RunTimeout: The run goes on.
            OutcomeUnknown: The answer was lost and the run has not moved; it was not sent again.
        """
        deadline = self._deadline(timeout)
        commands = self._commands(deadline)
        return self._hold(self._start_command(commands, START_ASYNC, input_data, options), deadline)

    @takes(StreamStartOptions)
    def stream(self, input_data: Any = OMIT, **options: Unpack[StreamStartOptions]) -> RunStream:
        """Start the run and return its events as they come.

        A run that is joined (`if_started="join"`) is observed: what the server still holds of its streams is replayed.
        Where that is not all there was, `on_gap` says what to do, as after a cut.

        Args:
            input_data: What the workflow gets: JSON values, pydantic models, dataclasses.
            **options: See `StreamStartOptions`.

        Raises:
            RunAlreadyStarted: The run has run before, and `if_started` is not given; `observe` reads its events.
            InputMismatch: The run that is to be joined was started with another input.
            OutcomeUnknown: The answer was lost and the run has not moved; it was not sent again.
        """
        settings, rest = self._stream_settings(options)
        commands = self._commands(settings.deadline)
        command = self._start_command(commands, STREAM, input_data, rest)
        try:
            return self._open(command, settings, only_segment=self._fresh)
        except RunAlreadyFinished:
            # somebody else started it since the look
            if rest.get("if_started") != "join":
                raise
            with after_sending():
                found = self._start_command(commands, STREAM, input_data, rest)
            if not isinstance(found, Joined):
                raise
            return self._open(found, settings)

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
        return self._observe(settings, skip=skip)

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
            InputMismatch: It was answered otherwise before, and `if_answered` is `"join"`.
            OutcomeUnknown: The answer was lost and the run has not moved; it was not sent again.
        """
        self._answer(RESUME, resume_data, step, options, self._commands(), self._send)
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

        def hold(command: Command | Joined) -> RunResult:
            return self._hold(command, deadline)

        return self._answer(RESUME_ASYNC, resume_data, step, options, commands, hold)

    @takes(ResumeOptions)
    def resume_no_wait(
        self, resume_data: Any = OMIT, *, step: StepArgument = None, **options: Unpack[ResumeOptions]
    ) -> str:
        """Answer a suspension and return the run's id at once (current servers only). Arguments as `resume`.

        Raises:
            UnsupportedByServer: A server before the current ones; `resume` does the same.
        """
        commands = self._commands()

        def send(command: Command | Joined) -> None:
            commands.require("resume_no_wait", "Use resume")
            self._send(command)

        self._answer(RESUME_NO_WAIT, resume_data, step, options, commands, send)
        return self.run_id

    @takes(StreamResumeOptions)
    def resume_stream(
        self, resume_data: Any = OMIT, *, step: StepArgument = None, **options: Unpack[StreamResumeOptions]
    ) -> RunStream:
        """Answer a suspension and return the events that follow. Arguments as `resume`, and `StreamOptions`.

        A run that is joined (`if_answered="join"`) is observed, from the first event that the server still holds.
        """
        settings, rest = self._stream_settings(options)
        commands = self._commands(settings.deadline)

        def open_stream(command: Command | Joined) -> RunStream:
            return self._open(command, settings)

        return self._answer(RESUME_STREAM, resume_data, step, rest, commands, open_stream)

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

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(
            id="run_id",
            status="result().status",
            steps="result().steps",
            error="result().error",
            delete="delete_run_by_id(run_id) of the workflow",
            execute="start_async",
            events="stream",
            watch="observe",
        )
