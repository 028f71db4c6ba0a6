"""Runs that are still at work, and servers out of reach: what a script does that takes neither into account."""

from __future__ import annotations

import pytest

from tests.suites_in_folders import RunSuite
from tests.sweep.test_several_questions import failed_points

CONFTEST = """
import pytest

@pytest.fixture(autouse=True)
def slow(mastra_server):
    def work(ctx):
        yield 5
        return {}

    steps = mastra_server.step("work", work), mastra_server.step("last", lambda ctx: {"done": True})
    mastra_server.workflow("slow").then(steps[0]).then(steps[1]).commit()
"""

SUITE = """
import os
import time

import pytest
import requests

from mastra_sync import MastraError, RunAlreadyStarted

swept = pytest.mark.mastra_sweep

@swept
@pytest.mark.parametrize("verb", ["start", "start_async", "stream", "execute"])
def test_joins(mastra_client, verb):
    workflow = mastra_client.get_workflow("slow")
    if verb == "execute":
        assert workflow.execute({}, run_id="s", if_started="join").ok
    elif verb == "start":
        assert workflow.create_run("s").start({}, if_started="join").wait().ok
    elif verb == "start_async":
        assert workflow.create_run("s").start_async({}, if_started="join").ok
    else:
        with workflow.create_run("s").stream({}, if_started="join", on_gap="follow") as events:
            assert events.result().ok

@swept(accept=requests.RequestException)
def test_polls(mastra_server):
    url = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/slow"
    reply = requests.get(f"{url}/runs/s", timeout=60)
    if reply.status_code == 404:
        requests.post(f"{url}/create-run?runId=s", json={}, timeout=60).raise_for_status()
        reply = requests.get(f"{url}/runs/s", timeout=60)
    reply.raise_for_status()
    if reply.json()["status"] == "pending":
        requests.post(f"{url}/start?runId=s", json={"inputData": {}}, timeout=60).raise_for_status()
    while requests.get(f"{url}/runs/s", timeout=60).json()["status"] != "success":
        mastra_server.clock.sleep(1)

@swept
@pytest.mark.parametrize("verb", ["start_async", "stream"])
def test_restarts_to_wait(mastra_client, verb):
    run = mastra_client.get_workflow("slow").create_run("s")
    try:
        if verb == "stream":
            with run.stream({}) as events:
                result = events.result()
        else:
            result = run.start_async({})
    except RunAlreadyStarted:
        result = run.restart_async()
    assert result.ok

@swept(accept=requests.RequestException)
def test_starts_what_has_not_succeeded(mastra_server):
    url = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/slow"
    reply = requests.get(f"{url}/runs/s", timeout=60)
    if reply.ok and reply.json()["status"] == "success":
        return
    requests.post(f"{url}/start-async?runId=s", json={"inputData": {}}, timeout=60).raise_for_status()

@swept
@pytest.mark.parametrize("verb", ["start_async", "execute"])
def test_numbers_its_tries(mastra_client, verb):
    workflow = mastra_client.get_workflow("slow")
    for number in range(3):
        try:
            if verb == "execute":
                assert workflow.execute({}, run_id=f"s-{number}", if_started="join").ok
            else:
                assert workflow.create_run(f"s-{number}").start_async({}, if_started="join").ok
            return
        except MastraError:
            pass
    raise RuntimeError("gave up")

@swept
def test_restarts_after_any_error(mastra_client):
    run = mastra_client.get_workflow("slow").create_run("s")
    try:
        result = run.start_async({})
    except RunAlreadyStarted:
        result = run.wait()
    except MastraError:
        result = run.restart_async()
    assert result.ok

@swept(accept=requests.RequestException)
def test_cancels_and_begins_anew(mastra_server):
    url = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/slow"
    for number in range(3):
        try:
            return requests.post(f"{url}/start-async?runId=s-{number}", json={}, timeout=60).raise_for_status()
        except requests.RequestException:
            requests.post(f"{url}/runs/s-{number}/cancel", json={}, timeout=60)
    raise RuntimeError("gave up")

@swept(faults="unreachable", accept=requests.RequestException)
def test_waits_in_real_time(mastra_server):
    def ask(method, path):
        return requests.request(method, f"{os.environ['MASTRA_BASE_URL']}/api/workflows/slow/{path}", json={}).json()

    try:
        result = ask("POST", "start-async?runId=s")
    except requests.RequestException:
        result = {"status": ""}
    while result["status"] != "success":
        time.sleep(0.05)
        try:
            result = ask("GET", "runs/s")
        except requests.RequestException:
            pass
"""


def points(verb: str, *faults: str) -> set[str]:
    return {f"{verb}#1:{fault}" for fault in faults}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers are back soon for who waits in real time."""
    monkeypatch.setattr("pytest_mastra.sweep.outages._LONGEST_IDLE", 0.1)


@pytest.mark.usefixtures("impatient")
def test_what_is_done_to_a_run_at_work(run_suite: RunSuite) -> None:
    """Who joins or polls survives; who restarts, starts what has not succeeded, or takes another id is found."""
    result = run_suite(SUITE, conftest=CONFTEST)
    assert failed_points(result) == {
        "test_restarts_to_wait[start_async]": points("start_async", "killed_at_work", "unreachable"),
        "test_restarts_to_wait[stream]": points("stream", "killed_at_work", "unreachable"),
        "test_starts_what_has_not_succeeded": points("start_async", "timed_out", "killed_at_work", "unreachable"),
        "test_restarts_after_any_error": points("start_async", "unreachable"),
        # a step that is executed when its run is canceled goes on to its end
        "test_cancels_and_begins_anew": points(
            "start_async",
            *("lost", "silence", "timed_out", "killed_after", "killed_at_work", "server_died", "unreachable"),
        ),
        "test_numbers_its_tries[start_async]": points("start_async", "unreachable"),
        "test_numbers_its_tries[execute]": points("start", "unreachable"),
    }
    result.assert_outcomes(passed=6, failed=7)
    result.stdout.fnmatch_lines(
        [
            "start_async#1: the script was killed while its run was at work",
            "  'slow' was restarted 1 time, never without the fault; executed again: work,",
            "  what to do: wait for a run at work; restart only what a dead server left",
            "  'slow' was started in 2 runs, not 1: s-0, s-1",
        ]
    )


@pytest.mark.parametrize("generation", ["1.2", "1.0-beta"])
def test_older_servers_hold_runs_too(run_suite: RunSuite, generation: str) -> None:
    """Who joins survives there, and a restart of a run at work is found."""
    chosen = ("--mastra-generation", generation, "-k", "test_joins or test_restarts_to_wait")
    result = run_suite(SUITE, *chosen, conftest=CONFTEST)
    result.assert_outcomes(passed=4, failed=2, deselected=7)
