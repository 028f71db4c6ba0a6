"""Scripts that ask in several threads: their requests are counted for each run, by the ids of the script's own."""

from __future__ import annotations

import re

from tests.suites_in_folders import RunSuite
from tests.sweep.scripts import CONFTEST

BATCHES = """
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

CUPS = [{"cup": number} for number in range(3)]

@pytest.mark.mastra_sweep(limit=12)
def test_1_joined(mastra_client):
    workflow = mastra_client.get_workflow("tea")
    assert all(result.ok for result in workflow.map(CUPS, run_ids=lambda given: f"tea/{given['cup']} (b)"))

def ask(path):
    url = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/tea/{path}"
    for _ in range(2):
        try:
            return requests.post(url, json={}, timeout=60).json()
        except requests.RequestException:
            continue

@pytest.mark.mastra_sweep(faults="lost")
def test_2_naive(mastra_server):
    turn = threading.Barrier(3)

    def begin(number):
        for verb in ("create-run", "start-async"):
            turn.wait()
            ask(f"{verb}?runId=cup-{number}%2B")

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

DONE = []

@pytest.mark.mastra_sweep(faults="lost")
def test_3_made_up_ids(mastra_server):
    DONE.append(1)
    for _ in DONE:
        ask("create-run")

@pytest.mark.mastra_sweep(faults="lost")
def test_4_one_thread_by_chance(mastra_server):
    with ThreadPoolExecutor(1) as executor:
        for number in range(2):
            executor.submit(ask, f"create-run?runId=one-{number}").result()
            executor.submit(ask, f"start-async?runId=one-{number}").result()
"""


def test_requests_are_counted_for_each_run(run_suite: RunSuite) -> None:
    """A batch that joins survives; one that does not is told by its run, and that point is run alone."""
    result = run_suite(BATCHES, "-v", conftest=CONFTEST)
    result.assert_outcomes(passed=1, failed=3)
    said = result.stdout.str()
    assert re.search(r"test_1_joined  12 points: .*\(12 of \d+ points", said)
    assert "✂ start_async  no answer" in said
    assert "'tea' was started 2 times; executed again: brew (run cup-0+)" in said
    assert "  start_async(cup-2%2B)#1:lost  'tea' was started 2 times" in said
    assert "--mastra-point='start_async(cup-0%2B)#1:lost'" in said
    # an executor that had one thread do all may have others do it next time
    assert "--mastra-point='start_async(one-0)#1:lost'" in said
    assert "Threads may ask in any order if the script gives its runs ids of its own" in said
    alone = run_suite(BATCHES, "-k", "naive", "--mastra-point=start_async(cup-2%2B)#1:lost", conftest=CONFTEST)
    alone.assert_outcomes(failed=1, deselected=3)
    alone.stdout.fnmatch_lines(["*'tea' was started 2 times; executed again: brew (run cup-2+)"])
