"""What became of the points of swept tests, by request and family. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_mastra.page.drawing import BoxStyle, Drawings, look_of
from pytest_mastra.page.shown_run import ShownRun
from pytest_mastra.page.tested import Tested

if TYPE_CHECKING:
    from pytest_mastra.report.trace_reader import Trace
    from pytest_mastra.suite.swept_point import SweptPoint

_WORST_FIRST = ("failed", "not_met", "accepted", "refused", "recovered", "passed")
_MARKS = {"failed": "\N{BALLOT X}", "not_met": "?", "accepted": "known", "refused": "again", "recovered": "again"}
_THROUGH = "\N{CHECK MARK}"


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of a request's points of one family.

    Attributes:
        outcome: The worst.
        mark: The same in a sign or a word.
        title: Each point, and why it did not survive.
    """

    outcome: str
    mark: str
    title: str


@dataclass(frozen=True, slots=True)
class ShownSweep:
    """The sweep of a test.

    Attributes:
        test: Its node id.
        words: How many points survived.
        families: What went wrong, in the order in which it was tried.
        rows: For each request what became of it.
        failing: Each point that did not survive, with the reasons.
        drawing: The run of the point that is shown, with what was executed again.
    """

    test: str
    words: str
    families: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    failing: tuple[tuple[str, tuple[str, ...]], ...]
    drawing: str


def show_sweep(test: Tested, trace: Trace, runs: Sequence[ShownRun], drawings: Drawings) -> ShownSweep | None:
    """Return a test's sweep; None if it was not swept."""
    points = trace.sweep
    if not points:
        return None
    families = tuple(dict.fromkeys(point.family for point in points))
    requests = tuple(dict.fromkeys(point.request for point in points))
    rows = tuple(
        (
            request,
            tuple(_cell([p for p in points if (p.request, p.family) == (request, family)]) for family in families),
        )
        for request in requests
    )
    failing = tuple((point.name, point.reasons) for point in points if not point.survived)
    survived = sum(point.survived for point in points)
    return ShownSweep(
        test.name,
        f"{survived} of {len(points)} points survived",
        families,
        rows,
        failing,
        _draw(points, runs, drawings),
    )


def _cell(points: Sequence[SweptPoint]) -> Cell | None:
    if not points:
        return None
    worst = min(points, key=lambda point: _WORST_FIRST.index(point.outcome) if point.outcome in _WORST_FIRST else 0)
    title = "\n".join(": ".join([point.name, *(point.reasons or (point.outcome,))]) for point in points)
    return Cell(worst.outcome, _MARKS.get(worst.outcome, _THROUGH), title)


def _draw(points: Sequence[SweptPoint], runs: Sequence[ShownRun], drawings: Drawings) -> str:
    """Return the first run of which steps were executed again, and how often."""
    again: dict[tuple[str, str], list[str]] = {}
    for point in points:
        for one in point.repeated:
            for step in one.steps:
                again.setdefault((one.workflow_id, step), []).append(point.name)
    for run in runs:
        own = {run.entry_of(step): names for (one, step), names in again.items() if one == run.traced.workflow_id}
        looks = [look_of(run, number) for number in range(len(run.layout.boxes))]
        found = False
        for number, box in enumerate(run.layout.boxes):
            names = own.get(box.path)
            if names:
                found = True
                title = "executed again at\n" + "\n".join(names)
                looks[number] = BoxStyle("failed", f"\N{ANTICLOCKWISE OPEN CIRCLE ARROW}{len(names)}", title=title)
        if found:
            return drawings.draw_looks(
                run.layout, looks, frozenset(run.taken), f"what {run.traced.workflow_id} did again"
            )
    return ""
