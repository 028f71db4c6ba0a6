"""Graphs that differ in the ids that servers make up for their pauses are one graph."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mastra.coverage import fold, runs_of_scene
from pytest_mastra.coverage.graph import Graph
from tests.coverage.constructs import play_on


def play(_: Any, client: Any) -> None:
    client.get_workflow("steps").execute({"n": 1})


@pytest.mark.parametrize("target", ["fake", "live"])
def test_they_are_read_once(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run reaches the goals of its own pauses, though the graph was read for the first only."""
    runs = [run for _ in range(3) for run in runs_of_scene(play_on(target, play))]
    for number, run in enumerate(runs):
        run.test = f"test_{number}"
        if number:
            # each scene makes up the same ids
            run.state = _renamed(run.state, number)
            run.events = _renamed(run.events, number)
    read: list[Any] = []
    monkeypatch.setattr(Graph, "of", classmethod(_noting(Graph.of.__func__, read)))  # type: ignore[attr-defined]
    coverage = fold(runs)
    assert len(read) == 1
    (row,) = coverage.workflows
    assert list(row.reached["sleep#1", "passed"]) == ["test_0", "test_1", "test_2"]


def _noting(of: Any, read: list[Any]) -> Any:
    def noted(cls: type[Graph], graph: Any) -> Graph:
        read.append(graph)
        made: Graph = of(cls, graph)
        return made

    return noted


def _renamed(value: Any, number: int) -> Any:
    if isinstance(value, dict):
        return {_renamed(key, number): _renamed(item, number) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_renamed(item, number) for item in value]
    if isinstance(value, str) and value.startswith("sleep_"):
        return f"sleep_{number:08x}{value[14:]}"
    return value
