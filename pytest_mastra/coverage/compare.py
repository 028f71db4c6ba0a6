"""Coverage beside that of a base: which goals are lost. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_mastra.coverage.folded import Coverage, Omit, WorkflowCoverage
from pytest_mastra.coverage.goals import Goal
from pytest_mastra.coverage.report import title_of

_MOST_TESTS = 3


@dataclass(frozen=True, slots=True)
class Lost:
    """A goal that a base has reached, and this coverage has not.

    Attributes:
        where: The workflow, in words.
        label: The goal.
        tests: The tests that had reached it.
    """

    where: str
    label: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        shown = ", ".join(self.tests[:_MOST_TESTS])
        more = len(self.tests) - _MOST_TESTS
        return f"lost: {self.where}: {self.label} (was reached by {shown}{f' and {more} more' if more > 0 else ''})"


def find_lost(coverage: Coverage, base: Coverage, omit: Omit | None = None) -> list[Lost]:
    """Return the goals that a base has reached, and this coverage has not.

    A goal that the graph does not have any more is not lost. A workflow that nobody runs any more has lost all of its.

    Args:
        coverage: What has been tried now.
        base: What had been tried.
        omit: Says which goals are not counted.
    """
    tests: dict[tuple[str, str], dict[str, None]] = {}
    for row in base.workflows:
        for goal in _lost_of_row(row, coverage, omit):
            tests.setdefault((title_of(row), goal.label), {}).update(dict.fromkeys(goal.reached_by))
    return [Lost(where, label, tuple(sorted(named))) for (where, label), named in tests.items()]


def _lost_of_row(row: WorkflowCoverage, coverage: Coverage, omit: Omit | None) -> Iterator[Goal]:
    own = [one for one in coverage.workflows if (one.workflow_id, one.origin) == (row.workflow_id, row.origin)]
    there = {goal.key for one in own for goal in one.goals()}
    reached = {key for one in own for key in one.reached}
    for goal in row.goals(omit):
        is_one_still = not own or goal.key in there or _only_seen(goal)
        if goal.reached_by and goal.omitted is None and is_one_still and goal.key not in reached:
            yield goal


def _only_seen(goal: Goal) -> bool:
    """Return whether a goal is one only as long as it is reached."""
    return goal.kind in ("bailed", "tripwire", "run_tripwire", "run_restarted", "run_travelled", "canceled_within")
