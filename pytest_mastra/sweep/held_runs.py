"""Runs that are still at work when their script looks at them after a fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_mastra.fake.engine.held_command import HeldCommand
from pytest_mastra.http.verbs import Kind

if TYPE_CHECKING:
    from pytest_mastra.fake.api.fault import Handle
    from pytest_mastra.fake.server import FakeMastra
    from pytest_mastra.http.verbs import RouteMatch

_LOOKS = (Kind.POLL, Kind.READ)

_LOOKS_AT_WORK = 3
"""How often a run is seen at work: clients look more than once before they refuse a second start."""


@dataclass(slots=True)
class _HeldRun:
    run_id: str | None
    command: HeldCommand
    looks: int = 0
    passes: int = 0


class HeldRuns:
    """Holds the runs of one test, and lets each go on in time.

    The first looks at one find it at work, so that what is sent next meets it there; who looks on sees it at its end.
    """

    def __init__(self) -> None:
        self._held: list[_HeldRun] = []

    def begin(self, server: FakeMastra, run_id: str | None, handle: Handle) -> None:
        """Have a request take effect as far as its run's first step."""
        command = HeldCommand()
        server.state.held_next = command
        try:
            handle().close()
        finally:
            server.state.held_next = None
        self._held.append(_HeldRun(run_id, command))

    def look(self, call: RouteMatch) -> None:
        """Note that something is asked, before it is answered."""
        if call.row.kind not in _LOOKS:
            return
        for held in [one for one in self._held if call.run in (None, one.run_id) or one.run_id is None]:
            held.looks += 1
            # a stream would wait for its events
            if held.looks > _LOOKS_AT_WORK or call.row.streams:
                self._let_go(held)

    def begin_pass(self) -> None:
        """Note that the script is run again; it meets a run at work once."""
        for held in list(self._held):
            held.passes += 1
            if held.passes > 1:
                self._let_go(held)

    def let_all_go(self) -> None:
        """Have all go on."""
        for held in list(self._held):
            self._let_go(held)

    def _let_go(self, held: _HeldRun) -> None:
        self._held.remove(held)
        held.command.let_go()
