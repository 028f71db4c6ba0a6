"""Runs that took more virtual time than the client would have waited for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_mastra.fake.virtual_time.clock import ServerClock
from pytest_mastra.text.values import counted

ROUNDING = 0.001
"""Seconds that do not count: what is left of a moment since 1970 where another is taken from it."""


@dataclass(frozen=True, slots=True)
class Overrun:
    """A run that a client saw settled only because virtual time costs nothing.

    Attributes:
        workflow_id: Its workflow.
        run_id: Its id.
        verb: What the client asked that waited for it.
        took: Virtual seconds that it skipped.
        patience: Seconds that the client's call had left.
    """

    workflow_id: str
    run_id: str
    verb: str
    took: float
    patience: float


@dataclass(slots=True)
class _Command:
    """What moves a run on.

    Attributes:
        verb: What it was asked by.
        began: When it was asked, on the server's clock.
        patience: How long the client waits for the answer, if that comes at the run's end; None without a limit.
        skipped: Virtual seconds that it has skipped so far.
    """

    verb: str
    began: float
    patience: float | None
    skipped: float = 0.0


class Overruns:
    """Finds the overruns of one server; it is told what skips time, and who asks.

    Args:
        clock: The server's.

    Attributes:
        found: One for each run at the most, in the order in which they were found.
    """

    def __init__(self, clock: ServerClock) -> None:
        self.found: list[Overrun] = []
        self._clock = clock
        self._commands: dict[str, _Command] = {}

    def note_command(self, run_id: str, verb: str, patience: float | None) -> None:
        """Note that a request moves a run on.

        Args:
            run_id: The run.
            verb: What is asked.
            patience: Seconds that the client waits; None if the answer does not wait for the run, or without a limit.
        """
        self._commands[run_id] = _Command(verb, self._clock.now(), patience)

    def note_skip(self, workflow_id: str, run_id: str, seconds: float) -> None:
        """Note that a run has skipped so many virtual seconds."""
        command = self._commands.get(run_id)
        if command is None:
            return
        command.skipped += seconds
        if command.patience is not None and command.skipped > command.patience + ROUNDING:
            self._add(Overrun(workflow_id, run_id, command.verb, command.skipped, command.patience))

    def note_end_seen(self, workflow_id: str, run_id: str, patience: float | None) -> None:
        """Note that a client with so many seconds left sees the run settled."""
        command = self._commands.pop(run_id, None)
        if command is None or patience is None:
            return
        # what passed for other reasons, the client has waited
        waited = max(0.0, self._clock.now() - command.began - command.skipped)
        if command.skipped > waited + patience + ROUNDING:
            self._add(Overrun(workflow_id, run_id, "", command.skipped, waited + patience))

    def _add(self, overrun: Overrun) -> None:
        if all(other.run_id != overrun.run_id for other in self.found):
            self.found.append(overrun)


def explain_overruns(overruns: Iterable[Overrun]) -> list[str]:
    """Return what is to be said of each workflow whose runs took too long."""
    by_workflow: dict[tuple[str, str], list[Overrun]] = {}
    for overrun in overruns:
        by_workflow.setdefault((overrun.workflow_id, overrun.verb), []).append(overrun)
    return [_explain(runs) for runs in by_workflow.values()]


def _explain(runs: list[Overrun]) -> str:
    longest = max(runs, key=lambda run: run.took - run.patience)
    which = "a run" if len(runs) == 1 else counted(len(runs), "run")
    return (
        f"{which} of workflow {longest.workflow_id!r} took {round(longest.took, 2):g} s of virtual time; the client "
        f"would have waited {round(longest.patience, 2):g} s, and raised RunTimeout. To see that, let it take time: "
        f"mastra_server.workflow({longest.workflow_id!r}, pace=AS_TIMED). If the time is to pass "
        "unnoticed: a longer timeout"
    )
