"""Coroutines that take turns, and wait for moments, for each other, or at gates."""

from __future__ import annotations

import heapq
import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

from pytest_mastra.fake.virtual_time.clock import ServerClock, WaitForChange

Coroutine = Generator["Until | Join | Gate | GateWait | None", Any, Any]
"""Work that takes turns: it yields what it waits for, None for its next turn."""


TURNS_BETWEEN_LOOKS = 20_000
"""Turns after which it is asked how long they took: far more than steps need that are slow."""

SHORTEST_TURN = 1.0
"""Real seconds that a thread waits at the least for another one's turn to end."""


class EndlessWork(Exception):
    """Tasks take turn after turn beyond the server's patience, and no end is in sight."""


class Signal:
    """Says once that work is to be given up, to whoever listens."""

    __slots__ = ("_listeners", "aborted")

    def __init__(self) -> None:
        self.aborted = False
        self._listeners: list[Callable[[], None]] = []

    def abort(self) -> None:
        """Give the work up."""
        if self.aborted:
            return
        self.aborted = True
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call this at the abort; return what ends the listening."""
        self._listeners.append(listener)

        def forget() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return forget


@dataclass(frozen=True, slots=True)
class Until:
    """Wait for a moment; an abort of the signal ends the wait early."""

    moment: float
    signal: Signal | None = None


@dataclass(frozen=True, slots=True)
class GateWait:
    """Wait at a gate; an abort of the signal ends the wait early."""

    gate: Gate
    signal: Signal


@dataclass(frozen=True, slots=True)
class Join:
    """Wait until all of these have ended."""

    tasks: tuple[Task, ...]


class Gate:
    """Holds whoever comes until it is opened; once open it stays open.

    A step waits here by yielding it.
    """

    def __init__(self, name: str = "", *, on_change: Callable[[], None] = lambda: None) -> None:
        self.name = name
        self.is_open = False
        self._waiting: list[tuple[Task, int]] = []
        self._on_change = on_change

    def open(self) -> None:
        """Let all pass who wait here or will ever come."""
        self.is_open = True
        self.release()

    def forget_waiting(self) -> None:
        """Let those wait for ever who wait here now."""
        self._waiting = []

    def release(self) -> None:
        """Let those pass who wait here now."""
        waiting, self._waiting = self._waiting, []
        for task, turn in waiting:
            task.wake(turn)
        self._on_change()

    @property
    def waiting(self) -> int:
        """How many wait here."""
        return sum(task.turn == turn for task, turn in self._waiting)

    def holds(self, scheduler: Scheduler) -> bool:
        """Whether a task of a scheduler waits here."""
        return any(task.turn == turn and task.scheduler is scheduler for task, turn in self._waiting)

    def add(self, task: Task) -> None:
        """Let a task wait here."""
        if self.is_open:
            task.wake(task.turn)
            return
        self._waiting.append((task, task.turn))
        self._on_change()

    def __repr__(self) -> str:
        return f"<Gate {self.name!r} {'open' if self.is_open else f'{self.waiting} waiting'}>"


class Task:
    """One generator of a scheduler."""

    __slots__ = ("_coroutine", "_failure", "_waiters", "done", "result", "scheduler", "turn")

    def __init__(self, scheduler: Scheduler, coroutine: Coroutine) -> None:
        self.scheduler = scheduler
        self._coroutine = coroutine
        self._waiters: list[Callable[[], None]] = []
        self._failure: BaseException | None = None
        self.result: Any = None
        self.done = False
        self.turn = 0

    def value(self) -> Any:
        """Return what the work gave, or raise what it raised."""
        if self._failure is not None:
            raise self._failure
        return self.result

    @property
    def failure(self) -> BaseException | None:
        """What the work raised."""
        return self._failure

    def wake(self, turn: int) -> None:
        """Take part in the next round, unless woken since that turn."""
        if self.turn == turn and not self.done:
            self.turn += 1
            self.scheduler.ready.append(self)

    def when_done(self, call: Callable[[], None]) -> None:
        """Call this at the end."""
        if self.done:
            call()
        else:
            self._waiters.append(call)

    def advance(self) -> None:
        """Go on to the next wait."""
        try:
            wish = next(self._coroutine)
        except StopIteration as end:
            self._end(end.value, None)
            return
        except Exception as error:  # noqa: BLE001 -- kept for whoever waits for the result
            self._end(None, error)
            return
        if wish is None:
            self.wake(self.turn)
        elif isinstance(wish, Until):
            self.scheduler.sleep(self, wish)
        elif isinstance(wish, Gate):
            wish.add(self)
        elif isinstance(wish, GateWait):
            self._wait_at_gate(wish)
        else:
            self._join(wish.tasks)

    def _wait_at_gate(self, wish: GateWait) -> None:
        turn = self.turn
        if wish.signal.aborted:
            self.wake(turn)
            return
        wish.signal.listen(lambda: self.wake(turn))
        wish.gate.add(self)

    def _join(self, tasks: tuple[Task, ...]) -> None:
        open_tasks = [task for task in tasks if not task.done]
        left = len(open_tasks)
        turn = self.turn
        if not left:
            self.wake(turn)

        def end_child() -> None:
            nonlocal left
            left -= 1
            if not left:
                self.wake(turn)

        for task in open_tasks:
            task.when_done(end_child)

    def _end(self, result: Any, failure: BaseException | None) -> None:
        self.done = True
        self.result = result
        self._failure = failure
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter()


class Scheduler:
    """The tasks of one execution and the moments that they wait for.

    Args:
        clock: Where time is read.

    Attributes:
        skipped: Virtual seconds that were skipped to what it waits for.
    """

    def __init__(self, clock: ServerClock) -> None:
        self.skipped = 0.0
        self._clock = clock
        self._moment: float | None = None
        self._timers: list[tuple[float, int, Task, int]] = []
        self._order = itertools.count()
        self.ready: deque[Task] = deque()

    def now(self) -> float:
        """Return the time as this scheduler's tasks have it.

        What was due earlier happens at the time at which it was due.
        """
        return self._clock.now() if self._moment is None else self._moment

    def milliseconds(self) -> int:
        """Return the time as Mastra notes it in step results."""
        return round(self.now() * 1000)

    def spawn(self, coroutine: Coroutine) -> Task:
        """Begin work; it takes its first turn after those who wait already."""
        task = Task(self, coroutine)
        self.ready.append(task)
        return task

    def sleep(self, task: Task, until: Until) -> None:
        """Wake a task at a moment, or at an abort."""
        turn = task.turn
        heapq.heappush(self._timers, (until.moment, next(self._order), task, turn))
        if until.signal is not None:
            if until.signal.aborted:
                task.wake(turn)
            else:
                until.signal.listen(lambda: task.wake(turn))

    def take_turn(self) -> bool:
        """Let a task go on; False if none can."""
        if not self.ready:
            return False
        self.ready.popleft().advance()
        return True

    def next_due(self) -> float | None:
        """Return the earliest moment that anyone waits for."""
        while self._timers and self._timers[0][2].turn != self._timers[0][3]:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def wake_due(self) -> None:
        """Wake those whose moment has come."""
        now = self._clock.now()
        due = self.next_due()
        if due is None or due > now:
            return
        while self._timers and self._timers[0][0] <= due:
            _, _, task, turn = heapq.heappop(self._timers)
            task.wake(turn)
        self._moment = due if due < now else None

    def mark_caught_up(self) -> None:
        """Note that this scheduler has reached the present."""
        self._moment = None


class SchedulerDriver:
    """Drives schedulers, for a single thread at a time.

    Args:
        clock: Where time is read and skipped.
        patience: Real seconds that a request waits whose run does not come to its end.
    """

    def __init__(self, clock: ServerClock, patience: float) -> None:
        self._clock = clock
        self._patience = patience
        self.lock = threading.RLock()
        self._at_turn: int | None = None
        self._changed = threading.Condition(self.lock)

    def notify(self) -> None:
        """Tell waiting threads that something changed."""
        with self._changed:
            self._changed.notify_all()

    def drive(
        self,
        scheduler: Scheduler,
        done: Callable[[], bool],
        *,
        skip: bool = True,
        wait: bool = False,
        latest: float = math.inf,
    ) -> bool:
        """Drive a scheduler until something holds; return whether it does.

        Args:
            scheduler: What to drive.
            done: Looked at after each turn.
            skip: Whether time may skip to what the scheduler waits for.
            wait: Whether to wait, as long as the server's patience lasts, where the scheduler cannot go on at once.
            latest: The moment beyond which time does not skip; what waits for a later one ends this.

        Raises:
            EndlessWork: The server's patience is over, and the tasks still take turns.
        """
        until = time.monotonic() + self._patience
        turns = 0
        while True:
            outer, self._at_turn = self._at_turn, threading.get_ident()
            try:
                while not done() and scheduler.take_turn():
                    turns += 1
                    if turns % TURNS_BETWEEN_LOOKS == 0 and time.monotonic() > until:
                        raise EndlessWork(f"{turns} turns took more than {self._patience:g} s")
            finally:
                self._at_turn = outer
            if done():
                return True
            scheduler.mark_caught_up()
            due = scheduler.next_due()
            if due is not None and due > max(latest, self._clock.now()):
                return False
            pause = partial(self._pause, until if wait else math.inf)
            if due is not None and (due <= self._clock.now() or (skip and self._reach(due, pause, scheduler))):
                if wait and due > self._clock.now() and time.monotonic() >= until:
                    return False
                scheduler.wake_due()
            elif not wait or not self.wait_for_change(until):
                return False

    def _reach(self, due: float, pause: WaitForChange, scheduler: Scheduler) -> bool:
        before = self._clock.now()
        is_near = self._clock.reach(due, pause)
        if self._clock.skips:
            scheduler.skipped += self._clock.now() - before
        return is_near

    def _pause(self, until: float, seconds: float) -> None:
        self._changed.wait(min(seconds, max(0.0, until - time.monotonic())))

    @property
    def is_at_turn(self) -> bool:
        """Whether this thread is within a task's turn, as the functions of steps are."""
        return self._at_turn == threading.get_ident()

    def wait_for_change(self, until: float | None = None) -> bool:
        """Wait for another thread until a moment of `time.monotonic`, or in patience; False if none came."""
        return self._changed.wait(self._patience if until is None else max(0.0, until - time.monotonic()))

    def end_of_patience(self) -> float:
        """Return the moment of `time.monotonic` until which a request that comes now may wait."""
        return time.monotonic() + self._patience

    def take_lock(self) -> bool:
        """Take the lock, unless another thread keeps it longer than the server's patience lasts."""
        return self.lock.acquire(timeout=max(self._patience, SHORTEST_TURN))
