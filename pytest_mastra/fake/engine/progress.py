"""Moving runs: what a request waits for, and how far a run goes that nobody waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from pytest_mastra.fake.engine.event_stream import Reader, RunOutput
from pytest_mastra.fake.virtual_time.pace import AT_ONCE, BY_HAND, Pace, Polls, Seconds
from pytest_mastra.fake.virtual_time.scheduler import Gate, Lane, Steps, Until
from pytest_mastra.fake.workflows.errors import Refusal

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.runs import Run
    from pytest_mastra.fake.engine.state import World


class Movement:
    """One verb that moves a run.

    Args:
        world: The server.
        run: The run.
        steps: What moves it, given the lane to move on and what holds steps back.
        pace: How it progresses.
        is_waited_for: Whether a request is answered at its end only.
    """

    def __init__(
        self,
        world: World,
        run: Run,
        steps: Callable[[dict[str, Any]], Steps],
        pace: Pace,
        *,
        is_waited_for: bool,
    ) -> None:
        self.run = run
        self.pace = pace
        self.lane = Lane(world.clock)
        self.is_waited_for = is_waited_for
        self.output: RunOutput | None = None
        self.is_read = False
        self._gate = Gate()
        self._polls = 0
        self._has_begun = False
        self._begins_at = world.clock.now()
        self.task = self.lane.spawn(steps({"lane": self.lane, "held": self._held}))

    @property
    def done(self) -> bool:
        """Whether the verb has done what it does."""
        return self.task.done

    def polled(self) -> None:
        """Note that the run was asked after."""
        self._polls += 1
        if isinstance(self.pace, Polls) and self._polls >= self.pace.count:
            self._gate.open()

    def advance(self) -> None:
        """Let the step that is held go on, by hand."""
        self._gate.release()

    def _held(self) -> Steps:
        """Hold a step back as the pace wants it."""
        if self.pace is BY_HAND:
            yield self._gate
        elif isinstance(self.pace, Seconds):
            yield from self._first_wait(self.pace.seconds)
        elif isinstance(self.pace, Polls) and not self.is_waited_for:
            yield self._gate

    def _first_wait(self, seconds: float) -> Steps:
        if not self._has_begun:
            self._has_begun = True
            yield Until(self._begins_at + seconds, self.run.signal)


class Movements:
    """All verbs that are moving runs.

    Args:
        world: The server.
        pace: How runs progress whose workflow does not say.
    """

    def __init__(self, world: World, pace: Pace) -> None:
        self._world = world
        self.pace = pace
        self._moving: list[Movement] = []

    def finish(self, run: Run, steps: Callable[[dict[str, Any]], Steps]) -> Any:
        """Move a run to the end of a verb and return what the verb gives.

        Raises:
            Refusal: The verb was refused, or its end is out of reach.
        """
        movement = self._begin(run, steps, is_waited_for=True)
        try:
            self._world.traffic.move(movement.lane, lambda: movement.done, wait=True)
        finally:
            movement.is_waited_for = False
            self._tidy_up()
        if not movement.done:
            raise Refusal("Gateway Timeout", 504)
        return movement.task.value()

    def let_go(self, run: Run, steps: Callable[[dict[str, Any]], Steps]) -> None:
        """Move a run as far as it goes by itself; a refusal is nobody's to see."""
        movement = self._begin(run, steps, is_waited_for=False)
        self._go_on(movement)
        self._tidy_up()

    def stream(self, run: Run, steps: Callable[[dict[str, Any]], Steps]) -> RunOutput:
        """Begin a verb whose events are read; reading them is what moves the run."""
        movement = self._begin(run, steps, is_waited_for=True)
        movement.is_read = True
        output = movement.output = cast("RunOutput", run.output)
        return output

    def read_along(self, run: Run, steps: Callable[[dict[str, Any]], Steps]) -> None:
        """Begin a verb whose events are read by other means."""
        self._begin(run, steps, is_waited_for=True).is_read = True

    def of_run(self, run_id: str) -> list[Movement]:
        """Return the verbs that are moving a run."""
        return [movement for movement in self._moving if movement.run.run_id == run_id]

    def polled(self, run_id: str) -> None:
        """Let a run progress because it was asked after."""
        for movement in self.of_run(run_id):
            movement.polled()
            if not movement.is_waited_for:
                self._go_on(movement)
            elif movement.is_read:
                self._one_event(movement)
        self._tidy_up()

    def advance(self, run_id: str) -> None:
        """Let the step go on at which a run is held by hand."""
        for movement in self.of_run(run_id):
            movement.advance()
            self._world.traffic.move(movement.lane, lambda: False, skip=False)
        self._tidy_up()
        self._world.traffic.notify()

    def catch_up(self) -> None:
        """Let everything happen that is due by now, in runs that nobody waits for."""
        self._world.traffic.catch_up([movement.lane for movement in self._moving if not movement.is_waited_for])
        self._tidy_up()

    def next_record(self, reader: Reader, run_id: str) -> dict[str, Any] | None:
        """Return the next record of a stream, None at its end; this moves the run on."""
        self._await_news(reader, run_id)
        return reader.records.popleft() if reader.records else None

    def abandon(self, run_id: str) -> None:
        """Note that nobody reads on: the run goes on by itself."""
        for movement in self.of_run(run_id):
            if movement.is_read:
                movement.is_waited_for = movement.is_read = False
                self._go_on(movement)
        self._tidy_up()

    def _begin(self, run: Run, steps: Callable[[dict[str, Any]], Steps], *, is_waited_for: bool) -> Movement:
        pace = run.workflow.pace or self.pace
        movement = Movement(self._world, run, steps, pace, is_waited_for=is_waited_for)
        self._moving.append(movement)
        return movement

    def _go_on(self, movement: Movement) -> None:
        skip = self._world.clock.skips and (movement.pace is AT_ONCE or isinstance(movement.pace, Polls))
        self._world.traffic.move(movement.lane, lambda: movement.done, skip=skip)

    def _one_event(self, movement: Movement) -> None:
        """A stream that is open but not read must not keep its run from ending."""
        output = movement.output
        before = output.count if output is not None else 0
        traffic = self._world.traffic
        skip = self._world.clock.skips
        traffic.move(movement.lane, lambda: output is None or output.count > before or movement.done, skip=skip)

    def _await_news(self, reader: Reader, run_id: str) -> None:
        traffic = self._world.traffic
        while not reader.has_news:
            moving = [movement for movement in self.of_run(run_id) if not movement.done]
            came_on = any(self._read_on(reader, movement) for movement in moving) or traffic.wait_for_change()
            if not came_on:
                raise TimeoutError(f"the stream of run {run_id} has nothing to say, and nobody moves the run on")
            self._tidy_up()

    def _read_on(self, reader: Reader, movement: Movement) -> bool:
        """Move one verb on; only the one that is read may skip virtual time for it."""
        skip = movement.is_read or not self._world.clock.skips
        return self._world.traffic.move(movement.lane, lambda: reader.has_news or movement.done, skip=skip)

    def _tidy_up(self) -> None:
        self._moving = [movement for movement in self._moving if not movement.done]
