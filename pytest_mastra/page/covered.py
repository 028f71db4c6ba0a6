"""What the tests of a page have tried of each workflow's graph. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_mastra.coverage.advice import Adviser
from pytest_mastra.coverage.fold import Coverage, Omit, WorkflowCoverage, count
from pytest_mastra.coverage.goals import FAMILIES, Goal
from pytest_mastra.coverage.graph import Graph
from pytest_mastra.coverage.report import numbers, title_of
from pytest_mastra.page.drawing import Drawings, Look
from pytest_mastra.page.layout import Layout
from pytest_mastra.page.shown_run import Layouts

_MOST_TESTS = 5
_STYLES = {"reached": "success", "missed": "untaken", "cannot tell": "unknown", "omitted": "unknown"}
_MARKS = {"reached": "\N{CHECK MARK}", "missed": "", "cannot tell": "?", "omitted": ""}


@dataclass(frozen=True, slots=True)
class ShownGoal:
    """A goal, as the page shows it.

    Attributes:
        label: The goal in words.
        family: `structure`, `trouble` or `conversation`.
        verdict: `reached`, `missed`, `cannot tell`, or why it is not counted.
        tests: Some of the tests that reached it.
        more: How many others did.
        hint: What a test needs that reaches it.
        skeleton: That test.
    """

    label: str
    family: str
    verdict: str
    tests: tuple[str, ...]
    more: int
    hint: str
    skeleton: str


@dataclass(frozen=True, slots=True)
class ShownCoverage:
    """What was tried of one workflow.

    Attributes:
        title: Which, and whose graph it is.
        numbers: The three numbers.
        drawing: Its graph; bold and filled is what was tried.
        goals: Those that were missed first.
    """

    title: str
    numbers: str
    drawing: str
    goals: tuple[ShownGoal, ...]


def show_coverage(
    coverage: Coverage, layouts: Layouts, drawings: Drawings, omit: Omit | None = None
) -> list[ShownCoverage]:
    """Return what was tried of each workflow.

    Args:
        coverage: Of all tests.
        layouts: The graphs of the page.
        drawings: The drawings of the page.
        omit: Says which goals are not counted, and why.
    """
    return [_shown(row, layouts, drawings, omit) for row in coverage.workflows]


def _shown(row: WorkflowCoverage, layouts: Layouts, drawings: Drawings, omit: Omit | None) -> ShownCoverage:
    goals = row.goals(omit)
    adviser = Adviser(row)
    in_order = sorted(goals, key=lambda goal: (goal.verdict == "reached", FAMILIES.index(goal.family)))
    drawing = "" if row.graph is None else _draw(row, goals, layouts.of(row.graph, ()), drawings)
    shown = tuple(_shown_goal(row, goal, adviser) for goal in in_order)
    return ShownCoverage(title_of(row), numbers(count(goals)), drawing, shown)


def _shown_goal(row: WorkflowCoverage, goal: Goal, adviser: Adviser) -> ShownGoal:
    tests = goal.reached_by[:_MOST_TESTS]
    more = len(goal.reached_by) - len(tests)
    if goal.verdict != "missed":
        verdict = f"not counted: {goal.omitted}" if goal.omitted is not None else goal.verdict
        return ShownGoal(goal.label, goal.family, verdict, tests, more, "", "")
    advice = adviser.advise(goal)
    return ShownGoal(
        goal.label, goal.family, goal.verdict, tests, more, advice.hint, advice.skeleton(row.workflow_id, goal)
    )


def _draw(row: WorkflowCoverage, goals: Sequence[Goal], layout: Layout, drawings: Drawings) -> str:
    tree = Graph.of(row.graph)
    by_path: dict[str, list[Goal]] = {}
    for goal in goals:
        by_path.setdefault(goal.path, []).append(goal)
    nodes = [tree.find(box.path) if box.path else None for box in layout.boxes]
    own = [by_path.get(node.path, []) if node is not None else [] for node in nodes]
    looks = [_look(goals) for goals in own]
    reached = {number for number, look in enumerate(looks) if look.style in ("success", "partly")}
    taken = [
        number
        for number, line in enumerate(layout.lines)
        if any(one in reached for one in range(line.first, line.last + 1))
    ]
    return drawings.draw_looks(layout, looks, taken, f"what was tried of {row.workflow_id}")


def _look(goals: Sequence[Goal]) -> Look:
    """Return how an entry is drawn, by which of its goals were reached."""
    counted = [goal for goal in goals if goal.verdict != "omitted"]
    verdicts = [goal.verdict for goal in counted]
    title = "\n".join(_lines(counted))
    if "reached" in verdicts:
        style = "success" if all(verdict == "reached" for verdict in verdicts) else "partly"
        return Look(style, _MARKS["reached"], title=title)
    verdict = "cannot tell" if "cannot tell" in verdicts else "missed"
    return Look(_STYLES[verdict], _MARKS[verdict], title=title)


def _lines(goals: Sequence[Goal]) -> Iterator[str]:
    for goal in goals:
        yield f"{goal.verdict}: {goal.label}"
