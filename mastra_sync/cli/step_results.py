"""Results of steps that a person types, instead of those that a run has recorded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.suggest import did_you_mean, nearest_name
from mastra_sync.terminal.writing import printable

READ_OF_RESULTS = (
    *("status", "payload", "output", "resumePayload", "suspendPayload", "suspendOutput"),
    *("startedAt", "endedAt", "suspendedAt", "resumedAt"),
)
"""What servers read of a step's result (createTimeTravelExecutionParams of @mastra/core 1.71)."""


def check_step_results(given: Any, steps: Iterable[str]) -> None:
    """Refuse what a server would pass over without a word.

    Args:
        given: What `--context` says.
        steps: The ids of the workflow's steps; none if they are not known.

    Raises:
        Stop: A step that is not there, or a result that says nothing.
    """
    known = list(steps)
    if not isinstance(given, dict):
        raise Stop(Exit.USAGE, '--context: must be a JSON object, {"STEP": {"output": ...}}')
    for step, result in given.items():
        if known and step not in known:
            near = did_you_mean(nearest_name(step, known))
            listed = "" if near else f"; steps: {', '.join(map(printable, known))}"
            raise Stop(Exit.USAGE, f"--context: no step {printable(step)!r}{near}{listed}")
        if not isinstance(result, dict) or not set(result) & set(READ_OF_RESULTS):
            raise Stop(
                Exit.USAGE,
                f"--context: the result of {printable(step)!r} has none of {', '.join(READ_OF_RESULTS[:3])}; "
                'what a step gave is its output: {"STEP": {"output": ...}}',
            )
