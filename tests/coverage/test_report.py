"""What is said of coverage, whatever it is of."""

from __future__ import annotations

from pytest_mastra.coverage import ObservedRun, fold
from pytest_mastra.coverage.documents import html_text, json_text, markdown_text
from pytest_mastra.coverage.report import WIDTH, lines_of

HOSTILE = "</td><script>alert(1)</script>|`x`\n\x1b[31m\u202e"


def test_workflows_that_nobody_runs_are_few_lines() -> None:
    """A server may have hundreds; a dozen are named, the others counted."""
    coverage = fold([])
    for number in range(300):
        coverage.note_workflow(f"workflow-{number:03}", "server")
    lines = lines_of(coverage)
    assert lines[0].startswith("never run by a test, on the server: workflow-000, workflow-001,")
    assert lines[-2:] == ["    and 288 more", "no test has run a workflow"]
    assert all(len(line) <= WIDTH for line in lines)


def test_what_nobody_can_tell_is_said() -> None:
    """It is told beside what was missed, and counts as not reached."""
    graph = [{"type": "step", "step": {"id": "a"}}]
    run = ObservedRun("w", "t", "server", "running", {"status": "running", "steps": {}}, graph=graph)
    blind = ObservedRun("w", "t", "server", "success", None, graph=graph)
    lines = lines_of(fold([run, blind]))
    assert lines[0] == "w on the server: structure 1/3 (33 %), trouble 0/4 (0 %), conversation 0/0; 2 runs of 1 test"
    assert lines[1].startswith("  cannot tell: a entered, a succeeded, a failed, the run failed,")
    assert not any("missed" in line for line in lines)


def test_hostile_names_are_shown_as_they_are() -> None:
    """In each form: nothing steers a terminal, ends a cell, or is a tag."""
    graph = [{"type": "step", "step": {"id": HOSTILE}}]
    state = {"status": "success", "steps": {HOSTILE: {"status": "success"}}, "serializedStepGraph": graph}
    coverage = fold([ObservedRun(HOSTILE, HOSTILE, "fake", "success", state)])
    text = "\n".join(lines_of(coverage, with_advice=True))
    page, table, data = html_text(coverage), markdown_text(coverage), json_text(coverage)
    for shown in (text, page, table):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert "<script" not in page
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert not any("<" in row.replace("\\<", "") for row in rows)
    assert all(row.replace("\\|", "").count("|") in (4, 6) for row in rows)
    assert data.isprintable() or "\\u001b" in data
