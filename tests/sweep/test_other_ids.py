"""Work that is done again under another id, and what a sweep says of the line that asked."""

from __future__ import annotations

from tests.suites_in_folders import RunSuite
from tests.sweep.scripts import CONFTEST

SUITE = """
import os
import random

import pytest
import requests

def post(path, **query):
    reply = requests.post(f"{os.environ['MASTRA_BASE_URL']}/api/workflows/{path}", params=query, json={}, timeout=60)
    reply.raise_for_status()

def start_under_new_ids(most=3):
    for number in range(most):
        try:
            return post("tea/start-async", runId=f"t-{number}")
        except requests.RequestException:
            pass
    raise RuntimeError("gave up")

@pytest.mark.mastra_sweep(faults=["lost", "refused"])
def test_1_other_id(mastra_server):
    start_under_new_ids()

@pytest.mark.mastra_sweep(faults="lost")
def test_2_canceled_before(mastra_server):
    try:
        post("expense/start-async", runId="e-0")
    except requests.RequestException:
        post("expense/runs/e-0/cancel")
        post("expense/start-async", runId="e-1")

@pytest.mark.mastra_sweep(faults="lost", accept=requests.RequestException)
def test_3_another_workflow(mastra_server):
    try:
        post("tea/create-run", runId="t")
    except requests.RequestException:
        post("expense/start-async", runId="e-told")

drawn = []

@pytest.mark.mastra_sweep(faults="lost", accept=requests.RequestException)
def test_4_chance(mastra_server):
    drawn.append(random.random())
    post("tea/create-run", runId="t")
    # what is run again goes on where chance was
    assert len(set(drawn)) <= 2

@pytest.mark.mastra_sweep(faults="lost", accept="start#1:lost")
def test_5_accepts_no_point_of_its_own(mastra_server):
    post("tea/create-run", runId="t")

@pytest.mark.mastra_sweep(faults="lost", accept=["start#1:lost", requests.RequestException])
class TestSeveral:
    def test_6_accepts_for_its_class(self, mastra_server):
        post("tea/create-run", runId="t")
"""


def test_work_that_is_done_again_under_another_id(run_suite: RunSuite) -> None:
    """Each id is named, so that none is left: runs are counted, without canceled ones. Chance is the same each time."""
    result = run_suite(SUITE, "-W", "ignore::pytest.PytestWarning", conftest=CONFTEST)
    result.assert_outcomes(passed=4, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*_ test_1_other_id _*",
            "mastra sweep of 1 request, 2 points: 1 passed, 1 failed",
            "  'tea' was started in 2 runs, not 1: t-0, t-1",
            "  sent by test_suite.py:8: reply = requests.post(f*...",
            "  what to do: give the run one id of your own, the same in each attempt; join it",
            "  pytest test_suite.py::test_1_other_id --mastra-point='start_async#1:lost'",
            "*_ test_5_accepts_no_point_of_its_own _*",
            "mastra sweep: accept='start#1:lost' names no point of this test, which asks for create_run#1: *",
        ]
    )
