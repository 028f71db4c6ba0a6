"""A server's generation is told from what run-by-id answers."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from mastra_sync import generations
from mastra_sync.generations import BETA_1_0, CURRENT, RELEASE_1_2, Generation, recognise_generation
from tests.client.captures import capture, cases

GENERATIONS = {"current": CURRENT, "1.2": RELEASE_1_2, "1.0-beta": BETA_1_0}


@pytest.mark.parametrize("case", cases())
def test_any_run_tells_the_generation(case: str) -> None:
    """Whatever state a run is in, its server is recognised by it."""
    for generation, shapes in capture(case).items():
        assert recognise_generation(shapes["by_id"]) is GENERATIONS[generation]


def test_a_run_that_is_only_in_memory_is_of_a_current_server() -> None:
    """Current servers answer a stub for a run that was not stored yet."""
    stub = {"runId": "r", "workflowName": "w", "isFromInMemory": True, "status": "pending", "steps": {}}
    assert recognise_generation(stub) is CURRENT


def table() -> dict[str, list[str]]:
    """Return the rows of the table in the module's docstring."""
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in (inspect.getdoc(generations) or "").splitlines()
        if "|" in line
    ]
    return {row[0]: row[1:] for row in rows}


@pytest.mark.parametrize(
    ("feature", "row"),
    [
        ("execution_result", "route execution-result"),
        ("run_counts", "run-counts, resume-no-wait"),
        ("resume_no_wait", "run-counts, resume-no-wait"),
        ("for_each_index", "`forEachIndex`"),
        ("per_step", "`perStep`"),
    ],
)
def test_the_table_says_what_the_code_knows(feature: str, row: str) -> None:
    """The table at the top of the module and the code are the same."""
    order: list[Generation] = [CURRENT, RELEASE_1_2, BETA_1_0]
    said: list[Any] = [cell == "yes" for cell in table()[row]]
    assert said == [getattr(generation, feature) for generation in order]
    assert table()[""] == [generation.name for generation in order]
