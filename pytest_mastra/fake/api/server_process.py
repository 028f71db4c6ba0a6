"""A fake server's process: it can die, and come back with what is stored."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.workflows.arguments import check_number
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.http.wire import Cut, Frame, Piece, ProcessDied, Script, WireReply, WireRequest

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.progress import RunsInProgress
    from pytest_mastra.fake.engine.state import ServerState
    from pytest_mastra.http.wire import Surface


class ServerProcess:
    """Whether a server's process lives.

    Args:
        state: What the server knows.
        progress: What moves its runs.

    Attributes:
        died_at: File and line of the test that had it die last; empty if it never did.
    """

    def __init__(self, state: ServerState, progress: RunsInProgress) -> None:
        self._state = state
        self._progress = progress
        self._back_at = -math.inf
        self._back_at_real = -math.inf
        self._is_dead = False
        self._listeners: list[Callable[[bool], None]] = []
        self.died_at = ""

    @property
    def is_dead(self) -> bool:
        """Whether connections are refused; a process that is due comes back by this look at it."""
        self.look()
        return self._is_dead

    def look(self) -> None:
        """Have it come back if it is due."""
        if self._is_dead and (self._state.clock.now() >= self._back_at or time.monotonic() >= self._back_at_real):
            self.revive()

    def next_return(self) -> float | None:
        """Return the moment at which it comes back by itself, None if it does not."""
        return self._back_at if self._is_dead and math.isfinite(self._back_at) else None

    @property
    def back_in(self) -> float:
        """Real seconds until it comes back by itself; infinite if it does not."""
        return max(0.0, self._back_at_real - time.monotonic())

    def die(self, back_after: float, place: str) -> None:
        """Kill the process.

        Args:
            back_after: Seconds until it is back; infinite if it waits for `revive`.
            place: File and line of what had it die.

        Raises:
            RuntimeError: It is dead already.
            ProcessDied: It died from within a step, which ends here.
        """
        check_back_after(back_after)
        with self._state.driver.lock:
            if self.is_dead:
                raise RuntimeError(f"this fake server is dead already, since {self.died_at}; it takes a revive() first")
            is_in_step = self._state.driver.is_at_turn
            if not is_in_step:
                # what was due by now has happened in its lifetime
                self._progress.catch_up()
            self._is_dead = True
            self.died_at = place
            self._back_at = self._state.clock.now() + back_after
            self._back_at_real = time.monotonic() + back_after
            self._progress.give_up_all()
            self._state.forget_memory()
            self._tell(is_dead=True)
            self.look()
            self._state.driver.notify()
        if is_in_step:
            raise ProcessDied

    def check_step(self, step_id: str) -> None:
        """Refuse a step that is not declared, unless none is declared yet.

        Raises:
            ValueError: No workflow has it; says which may be meant.
        """
        known = {id_ for workflow in self._state.workflows.values() for id_ in _step_ids(workflow)}
        if known and step_id not in known:
            hint = did_you_mean(nearest_name(step_id, known), before="", after=" ")
            raise ValueError(f"no workflow has a step {step_id!r}: {hint}a fault names one that is declared before it")

    def before_storing(self, step_id: str, die: Callable[[], None]) -> None:
        """Call this when a step has next done its work, before that is stored."""

        def look(executed: str) -> None:
            if executed == step_id:
                self._state.on_executed.remove(look)
                die()

        self._state.on_executed.append(look)

    def revive(self) -> None:
        """Have a process that died come back; one that lives is left alone."""
        with self._state.driver.lock:
            if self._is_dead:
                self._is_dead = False
                self._tell(is_dead=False)

    def listen(self, listener: Callable[[bool], None]) -> Callable[[], None]:
        """Call this with whether it is dead, when that has changed; return what ends that."""
        self._listeners.append(listener)

        def forget() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return forget

    def _tell(self, *, is_dead: bool) -> None:
        for listener in list(self._listeners):
            listener(is_dead)


class MortalSurface:
    """A surface that answers as long as its process lives.

    Args:
        surface: What answers.
        process: The process.
        state: What the server knows.
    """

    def __init__(self, surface: Surface, process: ServerProcess, state: ServerState) -> None:
        self._surface = surface
        self._process = process
        self._state = state

    def handle(self, request: WireRequest) -> WireReply:
        """Return the reply to one request; one that cannot be answered ends the connection."""
        if self._process.is_dead:
            return _ended(Cut.REFUSED)
        life = self._state.lives
        try:
            reply = self._surface.handle(request)
        except ProcessDied:
            return _ended(Cut.RESET)
        if reply.script is None:
            return reply
        return replace(reply, script=partial(self._play, life, reply.script))

    def _play(self, life: int, script: Script, frame: Frame) -> Iterator[Piece]:
        try:
            for piece in script(frame):
                self._state.check_alive(life)
                yield piece
        except ProcessDied:
            yield Cut.RESET


def _step_ids(workflow: Workflow) -> Iterator[str]:
    for id_, step in workflow.steps.items():
        yield id_
        if isinstance(step, Workflow):
            yield from _step_ids(step)


def process_of(surface: object) -> ServerProcess | None:
    """Return the process of the server that a surface is, or stands in front of."""
    while surface is not None:
        process = getattr(surface, "process", None)
        if isinstance(process, ServerProcess):
            return process
        inner = getattr(surface, "surface", None)
        surface = None if inner is surface else inner
    return None


def check_back_after(seconds: float) -> None:
    """Refuse what is no time after which a process can be back.

    Raises:
        TypeError: It is no number.
        ValueError: It is negative.
    """
    check_number(seconds, "back_after, in seconds,", least=0)


def _ended(cut: Cut) -> WireReply:
    return WireReply(0, script=lambda _: iter([cut]))
