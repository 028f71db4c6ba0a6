"""Runs in progress: what a request waits for, and how far a run goes by itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.engine.event_stream import Reader, RunOutput
from pytest_mastra.fake.engine.guard import guarded
from pytest_mastra.fake.engine.held_command import HeldCommand
from pytest_mastra.fake.engine.options import Command, ExecutionOptions
from pytest_mastra.fake.engine.runs import Run
from pytest_mastra.fake.engine.state import ServerState
from pytest_mastra.fake.virtual_time.clock import ServerClock, VirtualClock
from pytest_mastra.fake.virtual_time.overruns import ROUNDING
from pytest_mastra.fake.virtual_time.pace import AS_TIMED, AT_ONCE, BY_HAND, Pace, Polls, Seconds
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, EndlessWork, Gate, Scheduler, Until
from pytest_mastra.fake.workflows.arguments import check_text
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.http.wire import ReaderGone


class StreamStalled(TimeoutError):
    """A stream has nothing to say within the server's patience."""


class AnswerTooLate(Exception):
    """A request is answered only after its client has given up."""


class RunProgress:
    """One command to a run, and how far it has come.

    Args:
        clock: The server's time.
        run: The run.
        command: What is executed.
        pace: How it progresses.
        is_waited_for: Whether a request is answered at its end only.
        held: What holds it before its first step; None if nothing does.

    Attributes:
        is_scheduled: Whether a schedule has begun it: it goes on as time passes, and time does not skip for it.
    """

    def __init__(
        self,
        clock: ServerClock,
        run: Run,
        command: Command,
        pace: Pace,
        *,
        is_waited_for: bool,
        held: HeldCommand | None = None,
    ) -> None:
        self.run = run
        self._held = held
        self.pace = pace
        self.scheduler = Scheduler(clock)
        self.is_waited_for = is_waited_for
        self.output: RunOutput | None = None
        self.is_read = False
        self.is_scheduled = False
        self._gate = Gate()
        self._polls = 0
        self._has_begun = False
        self._begins_at = clock.now()
        self.task = self.scheduler.spawn(command(ExecutionOptions(self.scheduler, hold_step=self._hold_step)))

        self._is_given_up = False

    @property
    def done(self) -> bool:
        """Whether the command is at its end."""
        return self.task.done or self._is_given_up

    @property
    def is_held(self) -> bool:
        """Whether it is held before its first step, whoever waits for it."""
        return self._held is not None and self._held.is_held

    def give_up(self) -> None:
        """Leave the command where it is, for good."""
        self._is_given_up = True

    def count_poll(self) -> None:
        """Note that the run was polled."""
        self._polls += 1
        if isinstance(self.pace, Polls) and self._polls >= self.pace.count:
            self._gate.open()

    def advance(self) -> None:
        """Let the step that is held go on, by hand."""
        self._gate.release()

    @property
    def hold(self) -> str | None:
        """How its pace holds the run, in words; None if it does not."""
        if not self._gate.waiting:
            return None
        if isinstance(self.pace, Polls):
            return f"until it is polled {self.pace.count} times, {self._polls} so far (pace=Polls)"
        return "before a step (pace=BY_HAND): server.runs(...)[0].advance() lets it go on"

    def _hold_step(self) -> Coroutine:
        """Hold a step back as the pace wants it."""
        if self._held is not None:
            yield from self._held.wait()
        if self.pace is BY_HAND:
            yield self._gate
        elif isinstance(self.pace, Seconds):
            yield from self._first_wait(self.pace.seconds)
        elif isinstance(self.pace, Polls) and not self.is_waited_for:
            yield self._gate

    def _first_wait(self, seconds: float) -> Coroutine:
        if not self._has_begun:
            self._has_begun = True
            yield Until(self._begins_at + seconds, self.run.signal)


class RunsInProgress:
    """All commands that have not come to their end.

    Args:
        state: What the server knows.
        pace: How runs progress whose workflow does not say.
        on_skip: Called with a workflow's id, a run's, and the virtual seconds that the run has skipped.
        seconds_left: Gives how long whoever asks now waits for an answer; None without a limit.
    """

    def __init__(
        self,
        state: ServerState,
        pace: Pace,
        on_skip: Callable[[str, str, float], None],
        seconds_left: Callable[[], float | None],
    ) -> None:
        self._on_skip = on_skip
        self._seconds_left = seconds_left
        self._state = state
        self._clock = state.clock
        self._driver = state.driver
        self.pace = pace
        self._in_progress: list[RunProgress] = []
        state.holders.append(self._held_by_pace)

    def finish(self, run: Run, command: Command) -> Any:
        """Execute a command to its end and return what it gives.

        Raises:
            Refusal: The command was refused, or its end is out of reach.
            AnswerTooLate: The run takes its time, more than the client has, or is held; it goes on by itself.
            ProcessDied: The server died meanwhile.
        """
        life = self._state.lives
        progress = self._begin(run, command, is_waited_for=True)
        latest = self._latest_answer(progress)
        try:
            self._drive(progress, lambda: progress.done or progress.is_held, wait=True, latest=latest)
        finally:
            progress.is_waited_for = False
            self._drop_done()
        self._state.check_alive(life)
        due = progress.scheduler.next_due()
        if progress.is_held or (not progress.task.done and due is not None and due > latest):
            raise AnswerTooLate
        if not progress.task.done:
            raise Refusal("Gateway Timeout", 504)
        return progress.task.value()

    def run_in_background(self, run: Run, command: Command) -> None:
        """Execute a command as far as the run goes by itself; nobody sees a refusal."""
        progress = self._begin(run, command, is_waited_for=False)
        self._run_on(progress)
        self._drop_done()

    def run_scheduled(self, run: Run, command: Command) -> None:
        """Execute a command as far as it goes at once; it goes on as time passes."""
        progress = self._begin(run, command, is_waited_for=False)
        progress.is_scheduled = True
        self._drive(progress, lambda: progress.done, skip=False)
        self._drop_done()

    def next_scheduled(self) -> float | None:
        """Return the earliest moment that a run of a schedule waits for, None without any."""
        dues = [one.scheduler.next_due() for one in self._in_progress if one.is_scheduled]
        return min((due for due in dues if due is not None), default=None)

    def catch_up_scheduled(self) -> None:
        """Let everything happen that is due by now, in runs that schedules have begun."""
        for progress in [one for one in self._in_progress if one.is_scheduled]:
            self._drive(progress, lambda: False, skip=False)
        self._drop_done()

    def stream(self, run: Run, command: Command) -> RunOutput:
        """Begin a command whose events are read; reading them is what drives the run."""
        progress = self._begin(run, command, is_waited_for=True)
        progress.is_read = True
        output = progress.output = cast("RunOutput", run.output)
        return output

    def read_along(self, run: Run, command: Command) -> None:
        """Begin a command whose events are read from elsewhere than the run's output."""
        self._begin(run, command, is_waited_for=True).is_read = True

    def of_run(self, run_id: str) -> list[RunProgress]:
        """Return the commands to a run that have not come to their end."""
        return [progress for progress in self._in_progress if progress.run.run_id == run_id]

    def _held_by_pace(self, run_id: str) -> list[str]:
        return [progress.hold for progress in self.of_run(run_id) if progress.hold is not None]

    def poll(self, run_id: str) -> None:
        """Let a run progress because it was polled."""
        for progress in self.of_run(run_id):
            progress.count_poll()
            if not progress.is_waited_for:
                self._run_on(progress)
            elif progress.is_read:
                self._advance_one_event(progress)
        self._drop_done()

    def advance(self, run_id: str) -> None:
        """Let the step go on at which a run is held by hand.

        Raises:
            TypeError: It is no text.
            ValueError: There is no such run; says which may be meant.
        """
        check_text(run_id, "a run's id")
        known = self._state.store.run_ids
        if run_id not in known:
            hint = did_you_mean(nearest_name(run_id, known)) or f"; there are {len(known)}"
            raise ValueError(f"there is no run {run_id!r} on this server{hint}")
        for progress in self.of_run(run_id):
            progress.advance()
            self._drive(progress, lambda: False, skip=False)
        self._drop_done()
        self._driver.notify()

    def catch_up(self) -> None:
        """Let everything happen that is due by now, in runs that nobody waits for."""
        for progress in self._in_progress:
            if not progress.is_waited_for:
                self._drive(progress, lambda: False, skip=False)
        self._drop_done()

    def give_up_all(self) -> None:
        """Leave all commands where they are, as a process does that is killed."""
        for progress in self._in_progress:
            progress.give_up()
        self._in_progress = []

    def next_record(self, reader: Reader, run_id: str) -> dict[str, Any] | None:
        """Return the next record of a stream, None at its end; this drives the run on.

        Raises:
            StreamStalled: Nobody moves the run on.
            ReaderGone: The run takes its time, and its reader waits no longer.
            ProcessDied: The server died meanwhile.
        """
        self._await_news(reader, run_id)
        return reader.records.popleft() if reader.records else None

    def abandon(self, run_id: str) -> None:
        """Note that nobody reads on: the run goes on by itself."""
        for progress in self.of_run(run_id):
            if progress.is_read:
                progress.is_waited_for = progress.is_read = False
                self._run_on(progress)
        self._drop_done()

    def _begin(self, run: Run, command: Command, *, is_waited_for: bool) -> RunProgress:
        pace = run.workflow.pace or self.pace
        held, self._state.held_next = self._state.held_next, None
        progress = RunProgress(
            self._clock,
            run,
            lambda options: guarded(self._state, run, command(options)),
            pace,
            is_waited_for=is_waited_for,
            held=held,
        )
        if held is not None:
            held.attach(lambda: self._let_go(progress))
        self._in_progress.append(progress)
        return progress

    def _latest_answer(self, progress: RunProgress) -> float:
        """Return the moment until which somebody waits for a run that takes its time."""
        left = self._seconds_left() if progress.pace is AS_TIMED and self._clock.skips else None
        return math.inf if left is None else self._clock.now() + left + ROUNDING

    def _drive(
        self,
        progress: RunProgress,
        done: Callable[[], bool],
        *,
        skip: bool = True,
        wait: bool = False,
        latest: float = math.inf,
    ) -> bool:
        before = progress.scheduler.skipped
        try:
            return self._driver.drive(progress.scheduler, done, skip=skip, wait=wait, latest=latest)
        except EndlessWork as error:
            progress.give_up()
            run = progress.run
            endless = TimeoutError(
                f"run {run.run_id} of workflow {run.workflow.id!r} has no end: {error}. Does the condition of a loop "
                "never hold? FakeMastra(patience=...) gives it more time"
            )
            self._state.note_breakdown(endless, workflow_id=run.workflow.id, run_id=run.run_id)
            return False
        finally:
            skipped = progress.scheduler.skipped - before
            if skipped:
                self._on_skip(progress.run.workflow.id, progress.run.run_id, skipped)

    def _let_go(self, progress: RunProgress) -> None:
        with self._driver.lock:
            self._run_on(progress)
            self._drop_done()
            self._driver.notify()

    def _run_on(self, progress: RunProgress) -> None:
        skip = self._clock.skips and (progress.pace is AT_ONCE or isinstance(progress.pace, Polls))
        self._drive(progress, lambda: progress.done, skip=skip)

    def _advance_one_event(self, progress: RunProgress) -> None:
        """A stream that is open but not read must not keep its run from ending."""
        output = progress.output
        before = output.count if output is not None else 0
        skip = self._clock.skips
        self._drive(progress, lambda: output is None or output.count > before or progress.done, skip=skip)

    def _await_news(self, reader: Reader, run_id: str) -> None:
        until = self._driver.end_of_patience()
        life = self._state.lives
        while not reader.has_news:
            unfinished = [progress for progress in self.of_run(run_id) if not progress.done]
            came_on = any(self._read_on(reader, progress) for progress in unfinished)
            if not came_on and not self._driver.wait_for_change(until):
                raise StreamStalled(f"the stream of run {run_id} has nothing to say, and nobody moves the run on")
            self._state.check_alive(life)
            self._drop_done()

    def _read_on(self, reader: Reader, progress: RunProgress) -> bool:
        """Drive a command on; only the command that is read may skip virtual time.

        Where the run takes its time, that is what its reader waits.

        Raises:
            ReaderGone: The reader does not wait so long.
        """
        if progress.pace is AS_TIMED and isinstance(self._clock, VirtualClock) and not self._clock.frozen:
            return self._wait_and_drive(progress, lambda: reader.has_news or progress.done, self._clock)
        skip = progress.is_read or not self._clock.skips
        return self._drive(progress, lambda: reader.has_news or progress.done, skip=skip)

    def _wait_and_drive(self, progress: RunProgress, done: Callable[[], bool], clock: VirtualClock) -> bool:
        """Drive a run on for somebody who waits for it meanwhile."""
        while not self._drive(progress, done, skip=False):
            due, left = progress.scheduler.next_due(), self._seconds_left()
            if due is None:
                return False
            seconds = max(0.0, due - clock.now())
            if left is not None and seconds > left + ROUNDING:
                raise ReaderGone(left, clock)
            clock.sleep(seconds)
            # what is left of the moment by rounding
            clock.reach(due, lambda _: None)
        return True

    def _drop_done(self) -> None:
        self._in_progress = [progress for progress in self._in_progress if not progress.done]
