"""Runs folded into rows: by workflow, by whose graph it is, by the graph."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mastra_sync import MastraClient, WorkflowNotFound
from pytest_mastra.coverage import Coverage, ObservedRun, fold, runs_of_scene, runs_of_trace
from pytest_mastra.coverage.report import total_line
from pytest_mastra.fake import FakeMastra
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.report import trace_records
from pytest_mastra.report.redacted import redact_scene
from pytest_mastra.report.trace_reader import read_trace
from tests.coverage.constructs import play_on, row_of

GRAPH = [{"type": "step", "step": {"id": "pay"}}]
OTHER = [*GRAPH, {"type": "step", "step": {"id": "thank"}}]


def run(graph: Any = GRAPH, *, test: str = "t1", origin: Any = "fake", status: str = "success") -> ObservedRun:
    state = {"status": status, "steps": {"pay": {"status": status}}, "serializedStepGraph": graph}
    return ObservedRun("expense", test, origin, status, state)


def test_each_goal_lists_its_tests() -> None:
    """In the order in which they ran, each once."""
    row = row_of(run(test="t2"), run(test="t1"), run(test="t1"), run(test="t3", status="failed"))
    reached = {goal.label: goal.reached_by for goal in row.goals()}
    assert reached["pay succeeded"] == ("t2", "t1")
    assert reached["pay entered"] == ("t2", "t1", "t3")
    assert reached["pay failed"] == ("t3",)
    assert (row.runs, list(row.tests)) == (4, ["t2", "t1", "t3"])


def test_three_numbers() -> None:
    """Families are counted apart; a goal that nobody could see is told of as such."""
    counts = row_of(run()).counts()
    assert (counts["structure"].reached, counts["structure"].total) == (3, 3)
    assert (counts["trouble"].reached, counts["trouble"].total) == (0, 4)
    assert counts["conversation"].total == 0
    assert counts["conversation"].percent == 100


def test_a_fake_and_a_server_are_two_rows() -> None:
    """Neither counts for the other, whether their graphs agree or not."""
    coverage = fold([run(), run(origin="server", status="failed")])
    assert [(row.origin, row.runs) for row in coverage.workflows] == [("fake", 1), ("server", 1)]
    assert [goal.verdict for goal in coverage.workflows[0].goals() if goal.label == "pay failed"] == ["missed"]
    assert coverage.ambiguous == []
    assert total_line(coverage).startswith("2 runs of 1 workflow in 2 rows: ")


@pytest.mark.parametrize("target", ["fake", "live"])
def test_a_workflow_that_is_not_there_has_no_goals(target: str) -> None:
    """Nobody can reach any: a name that a test got wrong is no hole of the suite."""

    def play(_: FakeMastra, client: MastraClient) -> None:
        with pytest.raises(WorkflowNotFound):
            client.get_workflow("no-such").execute({})

    coverage = fold(runs_of_scene(play_on(target, play)))
    assert (coverage.workflows, coverage.known()) == ([], [])


def test_graphs_that_differ_are_said_to() -> None:
    """A fake that declares another graph than the server has, and a server with two."""
    (sentence,) = fold([run(), run(OTHER, origin="server")]).ambiguous
    assert sentence == "expense: the fake declares another graph than the server has; neither counts for the other"
    coverage = fold([run(), run(OTHER)])
    assert coverage.ambiguous == ["expense: there are several graphs of it on the fake; each has its own row"]
    assert len(coverage.workflows) == 2


def test_a_run_without_a_graph() -> None:
    """It counts for the only graph that is known of its workflow; without any, nothing can be told."""
    bare = replace(run(test="t9"), state={"status": "success", "steps": {"pay": {"status": "success"}}})
    assert "t9" in row_of(run(), bare).reached["pay", "succeeded"]
    (row,) = fold([bare]).workflows
    assert row.graph is None
    assert {goal.path for goal in row.goals()} == {""}


def test_workflows_that_no_test_runs() -> None:
    """A server's, and a fake's, are listed, and count for nothing."""
    coverage = fold([run()])
    coverage.note_workflow("expense", "fake", GRAPH)
    coverage.note_workflow("report", "fake", OTHER)
    coverage.note_workflow("expense", "server")
    assert [(one.workflow_id, one.origin) for one in coverage.never_run] == [("expense", "server"), ("report", "fake")]
    assert [row.workflow_id for row in coverage.workflows] == ["expense"]


def test_omitted_goals_are_counted_on_neither_side() -> None:
    """The reason stands with the goal."""
    row = row_of(run())

    def omit(_: str, goal: Any) -> str | None:
        return "never mind" if goal.kind in ("failed", "entered") else None

    assert {goal.label: goal.omitted for goal in row.goals(omit) if goal.verdict == "omitted"} == {
        "pay entered": "never mind",
        "pay failed": "never mind",
    }
    assert row.counts(omit)["structure"].total == 2
    assert row.counts(omit)["trouble"].total == 3


def test_merging_is_folding() -> None:
    """Two parts of a suite give together what they give as one."""
    runs = [run(test="t1"), run(test="t2", status="failed"), run(OTHER, test="t3"), run(test="t4", origin="server")]
    whole = fold(runs)
    parts = Coverage()
    for part in (fold(runs[:2]), fold(runs[2:])):
        parts.merge(part)
    assert [(row.key, row.runs, row.goals()) for row in parts.workflows] == [
        (row.key, row.runs, row.goals()) for row in whole.workflows
    ]


@pytest.mark.parametrize("target", ["fake", "live"])
def test_a_trace_tells_what_the_scene_told(target: str, tmp_path: Path) -> None:
    """Coverage of traces that were kept is that of the tests that wrote them."""

    def play(_: FakeMastra, client: MastraClient) -> None:
        handle = client.get_workflow("nested").create_run()
        result = handle.start_async({})
        handle.resume_async({"ok": True}, step=result.suspensions[0])
        client.get_workflow("nested").execute({"boom": "a"})

    scene = play_on(target, play)
    redacted = redact_scene(scene, learn_secrets(scene.log))
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(f"{line}\n" for line in trace_records.lines_of(scene, redacted, {"call": "passed"})))
    kept, seen = fold(runs_of_trace(read_trace(path))), fold(runs_of_scene(scene))
    assert [row.goals() for row in kept.workflows] == [row.goals() for row in seen.workflows]
    assert kept.runs == 2


def test_a_graph_is_told_by_its_content() -> None:
    """Each answer brings a graph of its own, which is the same all the same."""
    assert len(fold([run(json.loads(json.dumps(GRAPH))) for _ in range(3)]).workflows) == 1
