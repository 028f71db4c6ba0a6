"""Taking an answer apart is work in proportion to its bytes: few bytes take no minutes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from mastra_sync import RunResult
from mastra_sync.error_replies import Reply, refusal
from mastra_sync.normalise import parse_remote_error
from mastra_sync.step_paths import paths_of

BOUND = 10.0
"""Seconds, for what takes a tenth of one, and took minutes where it grew with the square of the bytes."""

MANY = 5_000
SUSPENDED = {"status": "suspended", "suspendPayload": {}, "startedAt": 1}
LABELS = {f"l{number}": {"stepId": "each", "foreachIndex": number} for number in range(MANY)}
ITEMS = {"__workflow_meta": {"foreachOutput": [SUSPENDED] * MANY}}

RUNS: dict[str, dict[str, Any]] = {
    "a name of dots": {"steps": {"." * 100_000: {}}},
    "a name of items": {"steps": {"a[0]." * 30_000: {}, "a": {}}},
    "a name of brackets": {"steps": {"a" + "[" * 100_000 + "]." * 1000: {}, "a": {}}},
    "names that begin alike": {"steps": {"a." * number + "b": {} for number in range(2_000)}},
    "steps inside of each other": {"steps": {"a" + ".a" * number: {} for number in range(1_000)}},
    "many suspended steps": {"steps": {f"s{number}": SUSPENDED for number in range(MANY)}},
    "many suspended steps of one": {"steps": {"a": {}, **{f"a.s{number}": SUSPENDED for number in range(MANY)}}},
    "many suspended items": {
        "steps": {"each": {"status": "suspended", "suspendPayload": ITEMS}},
        "resumeLabels": LABELS,
    },
    "many labels of many steps": {"steps": {f"s{number}": SUSPENDED for number in range(MANY)}, "resumeLabels": LABELS},
    "one suspension over and over": {
        "steps": {"each": {"status": "suspended", "suspendPayload": ITEMS}},
        "suspended": [["each"]] * MANY,
        "resumeLabels": LABELS,
    },
    "an error of errors": {"status": "failed", "error": "Error: " * 300_000},
}


@pytest.mark.parametrize("case", RUNS)
def test_a_run_that_is_made_to_take_long(case: str) -> None:
    """It is a result in no time."""
    began = time.perf_counter()
    RunResult.model_validate({"status": "suspended", "steps": {}, **RUNS[case]})
    assert time.perf_counter() - began < BOUND


def test_labels_of_items() -> None:
    """Each item has its own; a suspension that is told twice is one."""
    result = RunResult.model_validate({"status": "suspended", **RUNS["one suspension over and over"]})
    assert [suspension.labels for suspension in result.suspensions] == [[label] for label in LABELS]


@pytest.mark.parametrize(
    ("names", "path"),
    [
        (["a", "a.b"], ["a", "b"]),
        (["a.b"], ["a.b"]),
        (["a", "a.b.c"], ["a", "b.c"]),
        (["a", "a.b", "a.b.c"], ["a", "b", "c"]),
        (["a", "a[3].b"], ["a", "b"]),
        (["a", "a[3]"], ["a"]),
        (["a", "a[x].b"], ["a[x].b"]),
        (["a", "ab.c"], ["ab.c"]),
        (["a", "a.b", "a.b[0].c"], ["a", "b[0]", "c"]),
        (["", ".a"], [".a"]),
        (["a", "a."], ["a", ""]),
    ],
)
def test_where_steps_stand(names: list[str], path: list[str]) -> None:
    """Inside of a step, of an item of it, or of none."""
    assert paths_of(names)[names[-1]] == path


def test_names_of_errors() -> None:
    """One name, however often it is said again for each nesting; the rest is the message."""
    assert parse_remote_error("Error: Error: b: c") == {"name": "Error", "message": "b: c"}
    assert parse_remote_error("Error: TypeError: b") == {"name": "Error", "message": "TypeError: b"}
    assert parse_remote_error("b") == {"name": None, "message": "b"}


@pytest.mark.parametrize(
    "message",
    [
        "Multiple suspended steps found: " + "[" * 300_000,
        "This workflow step x was not suspended. " + "Available suspended steps: [" * 20_000,
        "This workflow step " * 20_000,
    ],
)
def test_a_refusal_that_is_made_to_take_long(message: str) -> None:
    """Looking for what it lists is no search within a search."""
    began = time.perf_counter()
    error = refusal(Reply(400, {}, json.dumps({"error": message}).encode()), method="GET", url="u", run_id="r")
    assert time.perf_counter() - began < BOUND
    assert getattr(error, "available", []) == []
