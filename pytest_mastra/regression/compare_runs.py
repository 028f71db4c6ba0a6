"""Two runs that a server has stored, held against each other step by step."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.following import connect
from mastra_sync.cli.server import PROGRAM, Server
from mastra_sync.terminal.writing import complain, is_terminal, print_json, print_text, printable
from pytest_mastra.redact.differences import redact_difference
from pytest_mastra.redact.scrubber import Scrubber
from pytest_mastra.regression.outcome import outcome_of
from pytest_mastra.text.differences import MISSING, Difference, both_sides, differences
from pytest_mastra.text.values import counted

_PIPE_WIDTH = 400
_NARROWEST = 30


@dataclass(frozen=True, slots=True)
class Part:
    """A step of two runs, or what holds of the runs as a whole.

    Attributes:
        step: The step; None for the runs themselves.
        differences: What the second run did otherwise; `expected` is the first one's.
    """

    step: str | None
    differences: list[Difference]


def compare_runs(server: Server, workflow_id: str, first: str, second: str, *, as_json: bool) -> Exit:
    """Print what a run did otherwise than another one, without secrets.

    Returns:
        `FAILED` if there is anything.

    Raises:
        Stop: Both are the same run, or one is not to be had.
    """
    if first == second:
        raise Stop(Exit.USAGE, f"give two runs: RUN_ID and OTHER_RUN_ID are both {printable(first)!r}")
    runs = []
    with connect(server, workflow_id) as attempt:
        for run_id in (first, second):
            attempt.run_id = run_id
            runs.append(attempt.client.get_workflow(workflow_id).run_by_id(run_id))
    parts = parts_of(*map(outcome_of, runs))
    if as_json:
        print_json(_document(workflow_id, first, second, parts))
    else:
        for line in _lines(workflow_id, first, second, parts):
            print_text(line)
    for run_id, run in zip((first, second), runs, strict=True):
        if not run.settled:
            complain(f"{PROGRAM}: run {printable(run_id)} is {run.status}: compared is what it has done so far")
    return Exit.FAILED if any(part.differences for part in parts) else Exit.SUCCESS


def parts_of(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Part]:
    """Return the runs as a whole and each of their steps, with what differs.

    Args:
        first: What the first run did, as `outcome_of` says it.
        second: What the second one did.
    """
    scrubber = Scrubber()

    def compared(step: str | None, one: Any, other: Any) -> Part:
        return Part(step, [redact_difference(each, scrubber) for each in differences(other, one)])

    one, other = ({name: value for name, value in run.items() if name != "steps"} for run in (first, second))
    steps = dict.fromkeys([*first["steps"], *second["steps"]])
    return [
        compared(None, one, other),
        *(compared(step, first["steps"].get(step, MISSING), second["steps"].get(step, MISSING)) for step in steps),
    ]


def _document(workflow_id: str, first: str, second: str, parts: list[Part]) -> dict[str, Any]:
    found = [
        {"step": part.step, "path": each.path, **_present("first", each.expected), **_present("second", each.actual)}
        for part in parts
        for each in part.differences
    ]
    return {"workflow": workflow_id, "runs": [first, second], "alike": not found, "differences": found}


def _present(name: str, value: Any) -> dict[str, Any]:
    return {} if value is MISSING else {name: value}


def _lines(workflow_id: str, first: str, second: str, parts: list[Part]) -> Iterator[str]:
    if not any(part.differences for part in parts):
        runs = f"runs {printable(first)} and {printable(second)} of {printable(workflow_id)!r}"
        yield f"{runs} did the same: {counted(len(parts) - 1, 'step')}"
        return
    width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else _PIPE_WIDTH
    yield f"--- run {printable(first)} of {printable(workflow_id)!r}"
    yield f"+++ run {printable(second)} of {printable(workflow_id)!r}"
    for part in parts:
        title = "the run" if part.step is None else f"step {printable(part.step)}"
        yield title if part.differences else f"{title}: the same"
        for difference in part.differences:
            one, other = both_sides(difference, max(width - len("  - "), _NARROWEST))
            yield from (f"  {printable(difference.path)}", f"  - {one}", f"  + {other}")
