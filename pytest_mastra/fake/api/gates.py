"""The gates of a server: places where steps wait until a test opens them."""

from __future__ import annotations

from pytest_mastra.fake.api.server_process import ServerProcess
from pytest_mastra.fake.engine.progress import RunsInProgress
from pytest_mastra.fake.engine.state import ServerState
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
        state.holders.append(self._holding)

    def named(self, name: str) -> Gate:
        """Return the gate of this name."""
        check_text(name, "a gate's name")
        if name not in self._gates:
            self._gates[name] = gate = Gate(name, on_change=self._state.driver.notify)
            self._process.listen(lambda _: gate.forget_waiting())
        return self._gates[name]

    def _holding(self, run_id: str) -> list[str]:
        schedulers = [progress.scheduler for progress in self._progress.of_run(run_id)]
        return [
            f"at gate {name!r}: server.open_gate({name!r}) lets it go on"
            for name, gate in self._gates.items()
            if any(gate.holds(scheduler) for scheduler in schedulers)
        ]
