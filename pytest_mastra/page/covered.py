"""What the tests of a page have tried of each workflow's graph. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_mastra.coverage.advice import Adviser
from pytest_mastra.coverage.folded import Coverage, Omit, WorkflowCoverage, count
from pytest_mastra.coverage.goals import FAMILIES, Goal
from pytest_mastra.coverage.graph import Graph
from pytest_mastra.coverage.questions import Question, questions_of
from pytest_mastra.coverage.report import numbers, title_of
from pytest_mastra.page.drawing import BoxStyle, Drawings
from pytest_mastra.page.layouts import Layouts, PlacedGraph

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
class ShownQuestion:
    """A step that asks, as the page shows it.

    Attributes:
        path: The step.
        drawing: The step, and its answers as arms; bold and filled is what was given.
        untried: What nobody has answered: in words, and the test to write.
    """

    path: str
    drawing: str
    untried: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShownCoverage:
    """What was tried of one workflow.

    Attributes:
        title: Which, and whose graph it is.
        numbers: The three numbers.
        drawing: Its graph; bold and filled is what was tried.
        goals: Those that were missed first.
        questions: The steps that ask, with what was answered and what never.
    """

    title: str
    numbers: str
    drawing: str
    goals: tuple[ShownGoal, ...]
    questions: tuple[ShownQuestion, ...]


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
    shared = coverage.shared_steps()
    return [_shown(row, row.goals(omit), Adviser(row, shared), layouts, drawings) for row in coverage.workflows]


def _shown(
    row: WorkflowCoverage, goals: list[Goal], adviser: Adviser, layouts: Layouts, drawings: Drawings
) -> ShownCoverage:
    in_order = sorted(goals, key=lambda goal: (goal.verdict == "reached", FAMILIES.index(goal.family)))
    drawing = "" if row.graph is None else _draw(row, goals, layouts.of(row.graph, ()), drawings)
    shown = tuple(_shown_goal(row, goal, adviser) for goal in in_order)
    questions = tuple(_shown_question(question, adviser, layouts, drawings) for question in questions_of(row))
    return ShownCoverage(title_of(row), numbers(count(goals)), drawing, shown, questions)


def _shown_question(question: Question, adviser: Adviser, layouts: Layouts, drawings: Drawings) -> ShownQuestion:
    """Return a question, drawn as a step with a branch for each answer."""
    arms = [{"type": "step", "step": {"id": answer.words}} for answer in question.answers]
    asking = {"type": "step", "step": {"id": question.path}}
    placed = layouts.of([asking, {"type": "conditional", "steps": arms}], ()).layout
    # nothing comes after the answers
    layout = replace(placed, lines=[line for line in placed.lines if not line.leads_out])
    tests = {answer.words: answer.tests for answer in question.answers}
    looks = [_answer_look(tests.get(box.label)) for box in layout.boxes]
    given = {number for number, look in enumerate(looks) if look.style == "success"}
    taken = [
        number for number, line in enumerate(layout.lines) if not given.isdisjoint(range(line.first, line.last + 1))
    ]
    drawing = drawings.draw_looks(layout, looks, taken, f"what {question.path} was answered")
    untried = [(answer.words, adviser.test_of_answer(question.path, answer.part)) for answer in question.untried]
    return ShownQuestion(question.path, drawing, tuple(untried))


def _answer_look(tests: tuple[str, ...] | None) -> BoxStyle:
    if tests is None:
        return BoxStyle("suspended", "?")
    return (
        BoxStyle("success", _MARKS["reached"], title="\n".join(tests[:_MOST_TESTS]))
        if tests
        else BoxStyle(title="never")
    )


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


def _draw(row: WorkflowCoverage, goals: Sequence[Goal], placed: PlacedGraph, drawings: Drawings) -> str:
    tree = Graph.of(row.graph)
    by_path: dict[str, list[Goal]] = {}
    for goal in goals:
        by_path.setdefault(goal.path, []).append(goal)
    layout = placed.layout
    by_name = {placed.name_of(node.name): node for node in tree.nodes() if node.name}
    nodes = [by_name.get(box.path) for box in layout.boxes]
    own = [by_path.get(node.path, []) if node is not None else [] for node in nodes]
    looks = [_look(goals) for goals in own]
    reached = {number for number, look in enumerate(looks) if look.style in ("success", "partly")}
    taken = [
        number
        for number, line in enumerate(layout.lines)
        if any(one in reached for one in range(line.first, line.last + 1))
    ]
    return drawings.draw_looks(layout, looks, taken, f"what was tried of {row.workflow_id}")


def _look(goals: Sequence[Goal]) -> BoxStyle:
    """Return how an entry is drawn, by which of its goals were reached."""
    counted = [goal for goal in goals if goal.verdict != "omitted"]
    verdicts = [goal.verdict for goal in counted]
    title = "\n".join(_lines(counted))
    if "reached" in verdicts:
        style = "success" if all(verdict == "reached" for verdict in verdicts) else "partly"
        return BoxStyle(style, _MARKS["reached"], title=title)
    verdict = "cannot tell" if "cannot tell" in verdicts else "missed"
    return BoxStyle(_STYLES[verdict], _MARKS[verdict], title=title)


def _lines(goals: Sequence[Goal]) -> Iterator[str]:
    for goal in goals:
        yield f"{goal.verdict}: {goal.label}"
