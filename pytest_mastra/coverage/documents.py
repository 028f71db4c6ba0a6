"""Coverage in documents: Markdown, JSON, a page of HTML without a script. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from typing import Any

from mastra_sync import __version__
from mastra_sync.escapes import visible
from pytest_mastra.coverage.advice import Adviser
from pytest_mastra.coverage.folded import Coverage, Omit, WorkflowCoverage, count
from pytest_mastra.coverage.goals import FAMILIES, Goal
from pytest_mastra.coverage.questions import Question, questions_of
from pytest_mastra.coverage.report import ORIGINS, numbers, title_of, total_line
from pytest_mastra.text.values import first_of

_MARKS: Mapping[str, str] = {"reached": "✓", "missed": "✗", "cannot tell": "?", "omitted": "-"}
_MOST_TESTS = 3
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")
_FENCE = re.compile(r"`{3,}")


def as_document(coverage: Coverage, omit: Omit | None = None) -> dict[str, Any]:
    """Return the report as JSON: each goal with its verdict and its tests."""
    shared = coverage.shared_steps()
    return {
        "format": "mastra-coverage-report",
        "version": 1,
        "runs": coverage.runs,
        "totals": _totals(coverage.counts(omit)),
        "workflows": [_row_document(row, row.goals(omit), Adviser(row, shared)) for row in coverage.workflows],
        "never_run": [{"workflow": one.workflow_id, "origin": one.origin} for one in coverage.never_run],
        "notes": coverage.ambiguous,
    }


def json_text(coverage: Coverage, omit: Omit | None = None) -> str:
    """Return the report as a text of JSON."""
    return json.dumps(as_document(coverage, omit), ensure_ascii=False, indent=2) + "\n"


def markdown_text(coverage: Coverage, omit: Omit | None = None) -> str:
    """Return the report as Markdown, with the tests to write."""
    return "\n".join(_markdown_lines(coverage, omit)) + "\n"


def html_text(coverage: Coverage, omit: Omit | None = None) -> str:
    """Return the report as one page of HTML: no script, nothing from elsewhere."""
    body = "\n".join(_html_parts(coverage, omit))
    return _PAGE.format(style=_STYLE, body=body, version=escape(__version__))


DOCUMENTS: Mapping[str, Callable[[Coverage, Omit | None], str]] = {
    "html": html_text,
    "json": json_text,
    "markdown": markdown_text,
}
"""What makes each form that is a document."""


# -- JSON


def _totals(counts: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        family: {"reached": own.reached, "total": own.total, "cannot_tell": own.cannot_tell}
        for family, own in counts.items()
    }


def _row_document(row: WorkflowCoverage, goals: list[Goal], adviser: Adviser) -> dict[str, Any]:
    return {
        "workflow": row.workflow_id,
        "origin": row.origin,
        "runs": row.runs,
        "tests": list(row.tests),
        "totals": _totals(count(goals)),
        "goals": [_goal_document(row, goal, adviser) for goal in goals],
        "questions": [_question_document(question) for question in questions_of(row)],
    }


def _question_document(question: Question) -> dict[str, Any]:
    answers = [{"answer": answer.words, "tests": list(answer.tests)} for answer in question.answers]
    return {"path": question.path, "answers": answers}


def _goal_document(row: WorkflowCoverage, goal: Goal, adviser: Adviser) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": goal.kind,
        "family": goal.family,
        "path": goal.path,
        "label": goal.label,
        "verdict": goal.verdict,
        "tests": list(goal.reached_by),
    }
    if goal.omitted is not None:
        told["reason"] = goal.omitted
    if goal.verdict == "missed":
        advice = adviser.advise(goal)
        told |= {"hint": advice.hint, "skeleton": advice.skeleton(row.workflow_id, goal)}
    return told


# -- Markdown


def _markdown_lines(coverage: Coverage, omit: Omit | None) -> Iterator[str]:
    yield "## Workflow coverage"
    yield ""
    yield f"{as_markdown(total_line(coverage, omit))}."
    if coverage.workflows:
        yield ""
        yield f"| workflow | {' | '.join(FAMILIES)} | runs |"
        yield f"|---|{'---|' * len(FAMILIES)}---|"
    rows = [(row, row.goals(omit)) for row in coverage.workflows]
    for row, goals in rows:
        counts = count(goals)
        cells = " | ".join(f"{counts[family].reached}/{counts[family].total}" for family in FAMILIES)
        yield f"| {as_markdown(title_of(row))} | {cells} | {row.runs} |"
    notes = [
        *coverage.ambiguous,
        *(f"{one.workflow_id} {ORIGINS[one.origin]} is run by no test" for one in coverage.never_run),
    ]
    if notes:
        yield ""
        yield from (f"- {as_markdown(note)}" for note in notes)
    shared = coverage.shared_steps()
    for row, goals in rows:
        yield from _markdown_of_row(row, goals, Adviser(row, shared))


def _markdown_of_row(row: WorkflowCoverage, goals: list[Goal], adviser: Adviser) -> Iterator[str]:
    yield ""
    yield f"### {as_markdown(title_of(row))}"
    yield ""
    yield "| goal | | reached by |"
    yield "|---|---|---|"
    for goal in goals:
        yield f"| {as_markdown(goal.label)} | {_MARKS[goal.verdict]} | {as_markdown(_reached_by(goal))} |"
    for goal in goals:
        if goal.verdict == "missed":
            skeleton = adviser.advise(goal).skeleton(row.workflow_id, goal)
            yield ""
            yield f"<details><summary>{escape(visible(goal.label))}: the test to write</summary>"
            yield ""
            yield "```python"
            yield _FENCE.sub("'''", visible(skeleton)).rstrip("\n")
            yield "```"
            yield ""
            yield "</details>"


def _reached_by(goal: Goal) -> str:
    if goal.verdict == "reached":
        return first_of(goal.reached_by, _MOST_TESTS)
    return f"not counted: {goal.omitted}" if goal.omitted is not None else goal.verdict


def as_markdown(text: str) -> str:
    """Return a text that Markdown shows as it is, in one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(visible(text).split()))


# -- HTML

_STYLE = """
:root{color-scheme:light dark;--line:#8886;--good:#1a7f37;--bad:#cf222e;--dim:#777}
body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
th,td{text-align:left;padding:.2rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
td.reached{color:var(--good)}td.missed{color:var(--bad)}td.unknown,td.omitted{color:var(--dim)}
pre{overflow:auto;padding:.6rem;border:1px solid var(--line);margin:.3rem 0}
summary{cursor:pointer}.tests{color:var(--dim);overflow-wrap:anywhere}
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Workflow coverage</title>
<style>{style}</style>
</head>
<body>
<h1>Workflow coverage</h1>
{body}
<p class="tests">mastra-sync {version}</p>
</body>
</html>
"""


def _html_parts(coverage: Coverage, omit: Omit | None) -> Iterator[str]:
    yield f"<p>{_html(total_line(coverage, omit))}.</p>"
    notes = [
        *coverage.ambiguous,
        *(f"{one.workflow_id} {ORIGINS[one.origin]} is run by no test" for one in coverage.never_run),
    ]
    if notes:
        yield f"<ul>{''.join(f'<li>{_html(note)}</li>' for note in notes)}</ul>"
    shared = coverage.shared_steps()
    for row in coverage.workflows:
        goals = row.goals(omit)
        yield f"<h2>{_html(title_of(row))}</h2>"
        yield f"<p>{_html(numbers(count(goals)))}</p>"
        yield "<table><thead><tr><th>goal</th><th>family</th><th></th><th>reached by</th></tr></thead><tbody>"
        adviser = Adviser(row, shared)
        yield from (_html_goal(row, goal, adviser) for goal in goals)
        yield "</tbody></table>"


def _html_goal(row: WorkflowCoverage, goal: Goal, adviser: Adviser) -> str:
    style = {"cannot tell": "unknown"}.get(goal.verdict, goal.verdict)
    return (
        f"<tr><td>{_html(goal.label)}</td><td>{goal.family}</td>"
        f'<td class="{style}">{_MARKS[goal.verdict]} {goal.verdict}</td>'
        f'<td class="tests">{_html_tests(row, goal, adviser)}</td></tr>'
    )


def _html_tests(row: WorkflowCoverage, goal: Goal, adviser: Adviser) -> str:
    if goal.verdict == "missed":
        advice = adviser.advise(goal)
        skeleton = _html(advice.skeleton(row.workflow_id, goal))
        return f"<details><summary>{_html(advice.hint)}</summary><pre>{skeleton}</pre></details>"
    if goal.omitted is not None:
        return _html(f"not counted: {goal.omitted}")
    return _lines(goal.reached_by)


def _lines(tests: Iterable[str]) -> str:
    return "<br>".join(map(_html, tests))


def _html(text: str) -> str:
    """Return a text that a page shows as it is, and that does nothing."""
    return escape(visible(text))
