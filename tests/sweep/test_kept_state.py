"""Scripts that keep in a file or a database how far they have come, each judged before it is swept."""

from __future__ import annotations

from tests.suites_in_folders import RunSuite
from tests.sweep.test_several_questions import failed_points

SUITE = """
import sqlite3
import uuid

import httpx
import pytest

pytestmark = pytest.mark.mastra_sweep

@pytest.fixture(autouse=True)
def tea(mastra_server):
    mastra_server.workflow("tea").then(mastra_server.step("brew", lambda ctx: {"cups": 1})).commit()

@pytest.fixture
def jobs():
    with sqlite3.connect(":memory:") as jobs:
        jobs.execute("create table jobs (id text, done int)")
        jobs.executemany("insert into jobs values (?, 0)", [("j-1",), ("j-2",)])
    yield jobs
    jobs.close()

def todo(jobs):
    return [job for (job,) in jobs.execute("select id from jobs where done = 0").fetchall()]

def note(jobs, job):
    with jobs:
        jobs.execute("update jobs set done = 1 where id = ?", (job,))

@pytest.mark.mastra_sweep(faults=["nonsense", "refused", "killed"])
def test_safe(mastra_client, jobs):
    for job in todo(jobs):
        mastra_client.get_workflow("tea").execute({}, run_id=job, if_started="join").raise_for_status()
        note(jobs, job)

@pytest.mark.mastra_sweep(faults=["lost", "killed"])
def test_safe_in_a_file(mastra_client, tmp_path):
    state = tmp_path / "id"
    if not state.exists():
        state.write_text(str(uuid.uuid4()))
    run_id = state.read_text()
    mastra_client.get_workflow("tea").execute({}, run_id=run_id, if_started="join").raise_for_status()

@pytest.mark.mastra_sweep(faults=["lost", "killed"])
def test_without_ids(mastra_client, jobs):
    for job in todo(jobs):
        mastra_client.get_workflow("tea").execute({}).raise_for_status()
        note(jobs, job)

@pytest.mark.mastra_sweep(faults=["killed_before", "killed_after"])
def test_noted_too_early(mastra_client, jobs):
    for job in todo(jobs):
        note(jobs, job)
        mastra_client.get_workflow("tea").execute({}, run_id=job, if_started="join").raise_for_status()

@pytest.mark.mastra_sweep(faults="killed", accept=httpx.HTTPError)
def test_locked(mastra_socket_server, tmp_path):
    lock = tmp_path / "lock"
    assert not lock.exists()
    lock.write_text("")
    try:
        url = f"{mastra_socket_server.url}/api/workflows/tea/start-async?runId=t"
        httpx.post(url, json={"inputData": {}}, timeout=30)
    except httpx.HTTPError:
        # a script that is killed does not come here
        lock.unlink()
        raise
    lock.unlink()
"""


def test_scripts_that_go_on_from_what_they_noted(run_suite: RunSuite) -> None:
    """What was noted need not be named again; what was noted too early, late, or by no id is found."""
    result = run_suite(SUITE)
    found = failed_points(result)
    killed = {f"start_async#1:{fault}" for fault in ("killed_before", "killed_after", "killed_at_work")}
    assert found.pop("test_locked") == killed
    assert {"start#1:killed_after", "start#2:killed_after"} <= found.pop("test_without_ids")
    early = found.pop("test_noted_too_early")
    assert {f"{request}:{fault}" for request in ("create_run#1", "start#2") for fault in ("killed_before",)} <= early
    # it was done, and is noted as done
    assert "start#2:killed_after" not in early
    assert found == {}
    result.assert_outcomes(passed=2, failed=3)
