"""Coverage in lines of text, for terminals; `documents.py` has the other forms. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mastra_sync.escapes import escaped
from pytest_mastra.coverage.advice import Adviser
from pytest_mastra.coverage.folded import Count, Coverage, Omit, WorkflowCoverage, count
from pytest_mastra.coverage.goals import FAMILIES, Family, Goal
from pytest_mastra.coverage.questions import Question, questions_of
from pytest_mastra.text.width import cells, clipped

WIDTH = 100
_HINT_WIDTH = 160
_NAME_WIDTH = 36
_MOST_NAMES = 40
_MOST_NEVER_RUN = 12

ORIGINS: Mapping[str, str] = {"fake": "on the fake", "server": "on the server"}
"""Whose graph it is, in words."""


def lines_of(coverage: Coverage, omit: Omit | None = None, *, with_advice: bool = False) -> list[str]:
    """Return what a suite has tried, in lines.

    Args:
        coverage: What it has tried.
        omit: Says which goals are not counted.
        with_advice: Whether each missed goal has a line of its own, with what a test needs that reaches it.
    """
    lines: list[str] = []
    shared = coverage.shared_steps()
    for row in coverage.workflows:
        lines += _lines_of_row(row, row.goals(omit), Adviser(row, shared) if with_advice else None)
    lines += map(escaped, coverage.ambiguous)
    for origin, words in ORIGINS.items():
        names = [one.workflow_id for one in coverage.never_run if one.origin == origin]
        lines += _listed(f"never run by a test, {words}:", names, _MOST_NEVER_RUN) if names else []
    lines.append(total_line(coverage, omit))
    return lines


def total_line(coverage: Coverage, omit: Omit | None = None) -> str:
    """Return the three numbers of all workflows in one line."""
    if not coverage.runs:
        return "no test has run a workflow"
    rows = coverage.workflows
    count = len({row.workflow_id for row in rows})
    several = "" if count == len(rows) else f" in {len(rows)} rows"
    seen = f"{_plural(coverage.runs, 'run')} of {_plural(count, 'workflow')}{several}"
    return f"{seen}: {numbers(coverage.counts(omit))}"


def numbers(counts: Mapping[Family, Count]) -> str:
    """Return the three numbers: `structure 11/13 (85 %), trouble 2/7 (29 %), conversation 3/3 (100 %)`."""
    return ", ".join(f"{family} {_fraction(counts[family])}" for family in FAMILIES)


def omitted_by_reason(goals: Iterable[Goal]) -> dict[str, list[str]]:
    """Return the goals that are not counted, by the reason."""
    found: dict[str, list[str]] = {}
    for goal in goals:
        if goal.omitted is not None:
            found.setdefault(goal.omitted, []).append(goal.label)
    return found


def title_of(row: WorkflowCoverage) -> str:
    """Return what a row is about: `expense on the fake`."""
    return f"{row.workflow_id} {ORIGINS[row.origin]}"


def _lines_of_row(row: WorkflowCoverage, goals: list[Goal], adviser: Adviser | None) -> list[str]:
    counts = count(goals)
    tests = f"{_plural(row.runs, 'run')} of {_plural(len(row.tests), 'test')}"
    lines = [f"{escaped(title_of(row))}: {numbers(counts)}; {tests}"]
    if row.graph is None:
        lines.append("  no answer told its graph, so nobody can tell which steps there are")
    missed = [goal for goal in goals if goal.verdict == "missed"]
    if adviser is not None:
        lines += [_with_hint(goal.label, adviser.advise(goal).hint) for goal in missed]
    else:
        for family in FAMILIES:
            own = [goal.label for goal in missed if goal.family == family]
            lines += _listed(f"  missed, {family}: ", own) if own else []
    lines += [line for question in questions_of(row) for line in _lines_of_question(question)]
    unknown = [goal.label for goal in goals if goal.verdict == "cannot tell"]
    lines += _listed("  cannot tell: ", unknown) if unknown else []
    for reason, labels in omitted_by_reason(goals).items():
        lines += _listed(f"  not counted ({reason}): ", labels)
    return lines


def _lines_of_question(question: Question) -> list[str]:
    """Say which answers nobody has given, where some were."""
    never = [answer.words for answer in question.untried]
    is_asked = len(never) < len(question.answers)
    return _listed(f"  {escaped(question.path)} was never answered: ", never) if never and is_asked else []


def _with_hint(label: str, hint: str) -> str:
    return clipped(escaped(f"  {label.ljust(_NAME_WIDTH)}  {hint}"), _HINT_WIDTH)


def _listed(begin: str, names: list[str], most: int = _MOST_NAMES) -> list[str]:
    """Return names behind a beginning, in lines that break between them."""
    lines = [begin.rstrip()]
    for number, name in enumerate(names):
        if number == most:
            lines.append(f"    and {len(names) - number} more")
            break
        piece = escaped(name) + ("," if number < len(names) - 1 else "")
        if cells(lines[-1]) + cells(piece) < WIDTH:
            lines[-1] += f" {piece}"
        else:
            lines.append(f"    {piece}")
    return lines


def _fraction(own: Count) -> str:
    return f"{own.reached}/{own.total} ({own.percent:.0f} %)" if own.total else "0/0"


def _plural(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
