"""Coverage beside that of a base: which goals are lost. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_mastra.coverage.folded import Coverage, Omit, WorkflowCoverage
from pytest_mastra.coverage.goals import Goal
from pytest_mastra.coverage.report import title_of
from pytest_mastra.text.values import counted, first_of

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
        return f"lost: {self.where}: {self.label} (was reached by {first_of(self.tests, _MOST_TESTS)})"


@dataclass(frozen=True, slots=True)
class LostWorkflow:
    """A workflow of which a base has reached goals, and that no test runs any more.

    Attributes:
        where: The workflow, in words.
        goals: How many goals had been reached.
        tests: The tests that had run it.
    """

    where: str
    goals: int
    tests: tuple[str, ...]

    def __str__(self) -> str:
        goals, tests = counted(self.goals, "goal"), first_of(self.tests, _MOST_TESTS)
        return f"lost: {self.where}: no test runs it any more ({goals} of it had been reached, by {tests})"


def find_lost(coverage: Coverage, base: Coverage, omit: Omit | None = None) -> list[Lost | LostWorkflow]:
    """Return the goals that a base has reached, and this coverage has not.

    A goal that the graph does not have any more is not lost. A workflow that nobody runs any more is lost as a whole.

    Args:
        coverage: What has been tried now.
        base: What had been tried.
        omit: Says which goals are not counted.
    """
    run = {(row.workflow_id, row.origin) for row in coverage.workflows}
    goals: dict[tuple[str, str], dict[str, None]] = {}
    tests: dict[str, dict[str, None]] = {}
    for row in base.workflows:
        where = title_of(row)
        for goal in _lost_of_row(row, coverage, omit):
            goals.setdefault((where, goal.label), {}).update(dict.fromkeys(goal.reached_by))
            if (row.workflow_id, row.origin) not in run:
                tests.setdefault(where, {}).update(row.tests)
    of_workflows = Counter(where for where, _ in goals)
    whole = [LostWorkflow(where, of_workflows[where], tuple(sorted(named))) for where, named in tests.items()]
    single = [Lost(*goal, tuple(sorted(named))) for goal, named in goals.items() if goal[0] not in tests]
    return [*whole, *single]


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
