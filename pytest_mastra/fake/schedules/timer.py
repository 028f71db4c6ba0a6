"""Firing what is due: a server looks every ten seconds, from its start on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.engine import run_commands
from pytest_mastra.fake.engine.options import Command
from pytest_mastra.fake.schedules.cron import Cron, milliseconds, seconds
from pytest_mastra.fake.schedules.cron_fields import CronError
from pytest_mastra.fake.schedules.schedule import Schedule, StoredSchedules, Trigger
from pytest_mastra.fake.virtual_time.clock import Alarm, VirtualClock
from pytest_mastra.http.wire import ProcessDied

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.progress import RunsInProgress
    from pytest_mastra.fake.engine.runs import Run
    from pytest_mastra.fake.engine.state import ServerState
    from pytest_mastra.fake.engine.walks import Walk

NewWalk = Callable[[str, str, dict[str, Any]], "Walk"]
"""Returns where it is noted what comes of a run, by its workflow's id, its own, and what it is started with."""

TICK = 10.0
"""Seconds from one look at what is due to the next."""

MOST_AT_ONCE = 100
"""Schedules that one look fires at most."""

MISSES = 3
"""Looks at a schedule whose workflow is not there, the last of which deletes it."""


class ScheduleTimer:
    """Starts the workflows of schedules when they are due.

    Args:
        state: What the server knows.
        progress: What moves runs.
        new_walk: Returns where it is noted what comes of a run.
        alarms: What else is to happen at its moment once there are schedules.

    Attributes:
        stored: The schedules.
    """

    def __init__(
        self, state: ServerState, progress: RunsInProgress, new_walk: NewWalk, alarms: Iterable[Alarm]
    ) -> None:
        self.stored = StoredSchedules()
        self._state = state
        self._progress = progress
        self._new_walk = new_walk
        self._started_at = state.clock.now()
        self._looked_at = -math.inf
        self._is_running = True
        self._misses: dict[str, int] = {}
        self._alarms = [*alarms, (self.next_look, self.ring)]

    def add(
        self,
        schedule_id: str,
        workflow_id: str,
        due: Cron,
        zone: str | None,
        target: Mapping[str, Any],
        metadata: Any = None,
    ) -> Schedule:
        """Store a new schedule, and return it.

        Raises:
            CronError: It is never due.
        """
        now = self._state.clock.now()
        made = Schedule(
            schedule_id,
            workflow_id,
            due.expression,
            zone,
            due,
            milliseconds(due.next_after(now)),
            milliseconds(now),
            milliseconds(now),
            dict(target),
            metadata,
        )
        self.stored.add(made)
        self._set_alarms()
        return made

    def _set_alarms(self) -> None:
        """Have virtual time stop where something is due; without schedules nothing is."""
        if isinstance(self._state.clock, VirtualClock):
            for alarm in self._alarms:
                self._state.clock.add_alarm(*alarm)
        self._alarms = []

    def recount(self, schedule: Schedule) -> None:
        """Have a schedule count from now on.

        Raises:
            CronError: It is never due again.
        """
        schedule.next_fire_at = milliseconds(schedule.due.next_after(self._state.clock.now()))

    def process_changed(self, *, is_dead: bool) -> None:
        """Note that the server's process has died, or is back, and looks at once."""
        self._is_running = not is_dead
        self._misses.clear()
        if not is_dead:
            self._started_at = self._state.clock.now()
            self._looked_at = -math.inf
            self.ring()

    def next_look(self) -> float | None:
        """Return when a look next finds a schedule due, or a run goes on."""
        if not self._is_running:
            return None
        due = self.stored.next_due()
        look = None if due is None else self._look_at_or_after(seconds(due))
        moments = [moment for moment in (look, self._progress.next_scheduled()) if moment is not None]
        return min(moments, default=None)

    def _look_at_or_after(self, moment: float) -> float:
        """Return the first look at or after a moment that has not been."""
        ticks = max(0, math.ceil((moment - self._started_at) / TICK))
        look = self._started_at + ticks * TICK
        return look if look > self._looked_at else self._looked_at + TICK

    def catch_up(self) -> None:
        """Do what is due by now, each look in its turn.

        Raises:
            ProcessDied: A step has had the process die.
        """
        if not self._is_running:
            return
        with self._state.driver.lock:
            self._progress.catch_up_scheduled()
            while (due := self.stored.next_due()) is not None:
                look = self._look_at_or_after(seconds(due))
                if look > self._state.clock.now():
                    return
                self._looked_at = look
                for schedule in self.stored.due(milliseconds(look))[:MOST_AT_ONCE]:
                    self._fire(schedule, look)

    def ring(self) -> None:
        """Do what is due by now, though a step may have the process die of it."""
        with suppress(ProcessDied):
            self.catch_up()

    def _fire(self, schedule: Schedule, look: float) -> None:
        workflow = self._state.workflow(schedule.workflow_id)
        if workflow is None:
            self._misses[schedule.id] = self._misses.get(schedule.id, 0) + 1
            if self._misses[schedule.id] >= MISSES:
                self.stored.remove(schedule)
            return
        self._misses.pop(schedule.id, None)
        try:
            upcoming = milliseconds(schedule.due.next_after(look))
        except CronError:
            # servers log it, and find the schedule due at each look: nothing is ever started again
            schedule.status = "paused"
            return
        scheduled, actual = schedule.next_fire_at, milliseconds(look)
        run_id = f"sched_{schedule.id}_{scheduled}"
        schedule.next_fire_at, schedule.last_fire_at, schedule.last_run_id = upcoming, actual, run_id
        schedule.updated_at = actual
        self.stored.note(Trigger(self._state.new_id(), schedule.id, run_id, scheduled, actual, "schedule-fire"))
        self._start(schedule, run_id, by_hand=False)

    def fire_by_hand(self, schedule: Schedule) -> Trigger:
        """Start a schedule's workflow now; when it is due next stays as it is."""
        now = milliseconds(self._state.clock.now())
        run_id = f"sched_{schedule.id}_{now}"
        trigger = Trigger(self._state.new_id(), schedule.id, run_id, now, now, "manual")
        self.stored.note(trigger)
        self._start(schedule, run_id, by_hand=True)
        return trigger

    def _start(self, schedule: Schedule, run_id: str, *, by_hand: bool) -> None:
        workflow = self._state.workflow(schedule.workflow_id)
        if workflow is None:
            return
        run = self._state.create_run(workflow, run_id, schedule.target.get("resourceId"))
        command = self._command(schedule, run, self._new_walk(workflow.id, run_id, schedule.target))
        if by_hand:
            self._progress.run_in_background(run, command)
        else:
            self._progress.run_scheduled(run, command)

    def _command(self, schedule: Schedule, run: Run, walk: Walk) -> Command:
        # as servers: what is null is as good as left out
        given = {name: schedule.target.get(name) for name in ("inputData", "initialState", "requestContext")}
        filled = {name: {} if value is None else value for name, value in given.items()}
        return lambda options: run_commands.start(
            self._state,
            run,
            filled["inputData"],
            filled["initialState"],
            replace(options, request_context=dict(filled["requestContext"]), walk=walk),
        )
