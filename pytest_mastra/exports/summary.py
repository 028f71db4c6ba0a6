"""The summary of a CI job: what broke, in at most one MiB. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from mastra_sync.escapes import escaped
from pytest_mastra.coverage.documents import as_markdown
from pytest_mastra.exports.mermaid import charts_of
from pytest_mastra.page.layouts import Layouts
from pytest_mastra.page.sentences import sentence_of
from pytest_mastra.page.shown_run import ShownRun, run_that_matters, shown_runs
from pytest_mastra.page.tested import OUTCOMES

if TYPE_CHECKING:
    from pytest_mastra.page.tested import Tested

LIMIT = 1024 * 1024
"""Bytes that GitHub takes of one step."""

_MOST_DRAWN = 20
_RESERVE = 4096


def summary_text(tests: Sequence[Tested], *, notes: Sequence[str] = (), coverage: str = "", limit: int = LIMIT) -> str:
    """Return the summary of tests: counts, a row for each failure, runs drawn, coverage.

    Args:
        tests: All of them.
        notes: What a reader has to know: a worker that crashed.
        coverage: The three numbers, if they are known.
        limit: The most bytes of UTF-8; what does not go into them is counted.
    """
    failed = [test for test in tests if test.has_failed]
    head = [f"## Mastra: {_counts(tests)}", "", *(f"- {as_markdown(note)}" for note in notes)]
    tail = ["", f"Coverage: {as_markdown(coverage)}"] if coverage else []
    room = limit - _RESERVE - _size([*head, *tail])
    layouts = Layouts()
    told = [(test, _runs_of(test, layouts)) for test in failed]
    rows, left = _fitting((_row(test, runs) for test, runs in told), room)
    if rows:
        head += ["", "| test | what broke |", "|---|---|", *rows]
    if left:
        head.append(f"\n... and {left} more failed tests, for which there is no room here.")
    drawings, undrawn = _fitting(
        map(_drawing, [runs for _, runs in told[: len(rows)][:_MOST_DRAWN]], failed), room - _size(rows)
    )
    head += [drawing for drawing in drawings if drawing]
    undrawn += max(len(rows) - _MOST_DRAWN, 0)
    if undrawn:
        head.append(f"\nThe runs of {undrawn} more failed tests are not drawn.")
    return "\n".join([*head, *tail]) + "\n"


def _counts(tests: Sequence[Tested]) -> str:
    found = Counter(test.outcome for test in tests)
    words = {"error": "with an error in setup or teardown"}
    return (
        ", ".join(f"{found[outcome]} {words.get(outcome, outcome)}" for outcome in OUTCOMES if found[outcome])
        or "no tests"
    )


def _runs_of(test: Tested, layouts: Layouts) -> list[ShownRun]:
    trace = test.trace
    return [] if trace is None else shown_runs(trace, layouts)


def _row(test: Tested, runs: Sequence[ShownRun]) -> str:
    return f"| {as_markdown(test.name)} | {as_markdown(str(sentence_of(test, runs)))} |"


def _drawing(runs: Sequence[ShownRun], test: Tested) -> str:
    """Return the run that matters of a test, drawn, folded up."""
    number = run_that_matters(runs)
    if number < 0:
        return ""
    run = runs[number]
    title = escape(escaped(f"{test.name}: {sentence_of(test, runs)}"))
    drawn = "\n".join(charts_of(run))
    if not drawn:
        return ""
    return f"\n<details><summary>{title}</summary>\n\n{drawn}\n</details>"


def _fitting(texts: Iterator[str] | map[str], room: int) -> tuple[list[str], int]:
    """Return as many texts as there is room for, and how many there is none for."""
    kept: list[str] = []
    left = 0
    for text in texts:
        room -= _size([text])
        if room < 0 or left:
            left += 1
        else:
            kept.append(text)
    return kept, left


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode("utf-8", "backslashreplace")) + 1 for line in lines)
