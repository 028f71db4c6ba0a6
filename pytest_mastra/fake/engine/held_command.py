"""A command that is held before its run's first step, as one that takes its time."""

from __future__ import annotations

from collections.abc import Callable

from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Gate


class HeldCommand:
    """The next command to any run, held at its first step until it is let go."""

    def __init__(self) -> None:
        self._gate = Gate()
        self._go_on: Callable[[], None] = lambda: None

    def attach(self, go_on: Callable[[], None]) -> None:
        """Note what has the command go on that was begun."""
        self._go_on = go_on

    @property
    def is_held(self) -> bool:
        """Whether it has come to its first step, and waits there."""
        return bool(self._gate.waiting)

    def wait(self) -> Coroutine:
        """Wait before a step."""
        yield self._gate

    def let_go(self) -> None:
        """Have it go on, as far as runs go by themselves."""
        self._gate.open()
        self._go_on()
