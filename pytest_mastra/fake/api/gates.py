"""The gates of a server: places where steps wait until a test opens them."""

from __future__ import annotations

from collections.abc import Iterator

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.api.server_process import ServerProcess
from pytest_mastra.fake.engine.progress import RunsInProgress
from pytest_mastra.fake.engine.state import ServerState, UnusedName
from pytest_mastra.fake.virtual_time.scheduler import Gate
from pytest_mastra.fake.workflows.arguments import check_text


class Gates:
    """Gates by name, made when they are first named.

    Args:
        state: Of the server; what holds a run is told through it.
        progress: The runs whose steps may wait.
        process: When it dies, nobody waits any more.
    """

    def __init__(self, state: ServerState, progress: RunsInProgress, process: ServerProcess) -> None:
        self._state = state
        self._progress = progress
        self._process = process
        self._gates: dict[str, Gate] = {}
        self._named: dict[str, None] = {}
        self._opened: dict[str, str] = {}
        state.holders.append(self._holding)
        state.name_checks.append(self._unused)

    def named(self, name: str) -> Gate:
        """Return the gate of this name, for whoever is to wait there."""
        gate = self._gate(name)
        self._named[name] = None
        return gate

    def open(self, name: str, place: str) -> None:
        """Open the gate of this name, though nobody may have come to it yet.

        Args:
            name: Its name.
            place: File and line of what opens it.
        """
        self._gate(name).open()
        self._opened.setdefault(name, place)

    def _gate(self, name: str) -> Gate:
        check_text(name, "a gate's name")
        if name not in self._gates:
            self._gates[name] = gate = Gate(name, on_change=self._state.driver.notify)
            self._process.listen(lambda _: gate.forget_waiting())
        return self._gates[name]

    def _unused(self) -> Iterator[UnusedName]:
        """Give the gates that were opened, and at which nobody could have waited."""
        for name, place in self._opened.items():
            if name not in self._named:
                hint = did_you_mean(nearest_name(name, self._named), before=" ", capital=True)
                there = ", ".join(map(repr, self._named)) or "none"
                reason = f"No step has come to this gate, and nothing has named it.{hint} Named so far: {there}."
                yield UnusedName(f"server.open_gate({name!r})", place, reason)

    def _holding(self, run_id: str) -> list[str]:
        schedulers = [progress.scheduler for progress in self._progress.of_run(run_id)]
        return [
            f"at gate {name!r}: server.open_gate({name!r}) lets it go on"
            for name, gate in self._gates.items()
            if any(gate.holds(scheduler) for scheduler in schedulers)
        ]
