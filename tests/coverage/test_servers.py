"""Coverage of live servers and of recordings: whose graph counts, and which workflows nobody runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_mastra.coverage.kept_file import read_file
from pytest_mastra.fake import FakeMastra, OnSocket
from tests.suites_in_folders import RunSuite, run_with_syrupy

ROOT = Path(__file__).parents[2]

SUITE = """
def test_order(mastra_server, mastra_client):
    mastra_server.workflow("order").then(mastra_server.step("send", lambda ctx: {})).commit()
    assert mastra_client.get_workflow("order").execute({}).ok
"""


@pytest.fixture
def live() -> Iterator[FakeMastra]:
    """A server that is not the suite's own, with more than the suite knows of."""
    server = FakeMastra()
    check, send = server.step("check", lambda ctx: {}), server.step("send", lambda ctx: {}, resume_schema={})
    server.workflow("order").then(check).then(send).commit()
    server.workflow("report").then(check).commit()
    with OnSocket(server) as front:
        server.url = front.url
        yield server


def test_a_live_server(run_suite: RunSuite, live: FakeMastra) -> None:
    """Its own graph counts, not what the test declares; it is asked once more which workflows it has."""
    result = run_suite(SUITE, "--mastra-target=live", f"--mastra-url={live.url}", "--mastra-coverage")
    result.assert_outcomes(passed=1)
    text = result.stdout.str()
    assert "order on the server: structure 5/5 (100 %), trouble 0/4 (0 %), conversation 0/3 (0 %); 1 run" in text
    assert "never run by a test, on the server: report" in text
    # the first is by which the plugin knows that the server is there
    assert [request.verb for request in live.requests].count("list_workflows") == 2


def test_advice_for_a_server(run_suite: RunSuite, alone: pytest.Pytester, live: FakeMastra) -> None:
    """A server's run cannot be held from here: the test of a canceled one says what its input must do."""
    run_suite(SUITE, "--mastra-target=live", f"--mastra-url={live.url}", "--mastra-coverage=json")
    (row,) = json.loads((alone.path / "mastra-coverage.json").read_text("utf-8"))["workflows"]
    (skeleton,) = (goal["skeleton"] for goal in row["goals"] if goal["label"] == "the run was canceled")
    assert "    # a server's run must still be at work, or ask" in skeleton
    assert "BY_HAND" not in skeleton


def test_two_graphs_of_one_workflow(run_suite: RunSuite, alone: pytest.Pytester, live: FakeMastra) -> None:
    """Added up, the fake's and the server's are two rows, and it is said that they differ."""
    run_suite(SUITE, "--mastra-coverage", "-o", "mastra_coverage_file=fake.json")
    options = ("--mastra-target=live", f"--mastra-url={live.url}")
    run_suite(SUITE, *options, "--mastra-coverage", "-o", "mastra_coverage_file=live.json")
    added = read_file(alone.path / "fake.json")
    added.merge(read_file(alone.path / "live.json"))
    assert [(row.workflow_id, row.origin) for row in added.workflows] == [("order", "fake"), ("order", "server")]
    assert added.ambiguous == [
        "order: the fake declares another graph than the server has; neither counts for the other"
    ]


def test_a_recording(alone: pytest.Pytester) -> None:
    """Replayed runs count for the server that was recorded; its conditions are told as it wrote them."""
    shutil.copytree(ROOT / "tests" / "examples", alone.path / "tests" / "examples")
    kept = ROOT / "cassettes" / "examples" / "current"
    options = ("--mastra-target=replay", "-o", f"mastra_cassette_dir={kept}", "-o", "mastra_cassette_outside=true")
    result = run_with_syrupy(alone, "-q", *options, "--mastra-coverage=term-missing")
    outcomes = result.parseoutcomes()
    assert outcomes.get("passed", 0) >= 8
    (row,) = read_file(alone.path / ".mastra-coverage.json").workflows
    assert row.origin == "server"
    labels = {goal.label: goal.verdict for goal in row.goals()}
    assert labels["ask-manager answered"] == "reached"
    assert labels["pay failed"] == "missed"
    assert "inputData.amount" in result.stdout.str()
