"""Servers of `mastra_server_factory` are swept too: what shares one is set up anew for each point."""

from __future__ import annotations

from tests.suites_in_folders import RunSuite

SUITE = """
import pytest
import requests

from mastra_sync import MastraClient

MADE = []
LEFT = []

def declare(server):
    server.workflow("tea").then(server.step("brew", lambda ctx: {"cups": 1})).commit()
    return server

def drink(client):
    client.get_workflow("tea").execute({}, run_id="t", if_started="join").raise_for_status()

@pytest.fixture(scope="session")
def database():
    MADE.append("database")

@pytest.fixture(scope="session")
def shared(mastra_server_factory, database):
    MADE.append("shared")
    server = declare(mastra_server_factory())
    # met by few of the points
    server.faults.on("details").status(503)
    yield server
    LEFT.append(len(server.runs("tea")))

@pytest.fixture(scope="module")
def app(shared):
    MADE.append("app")
    return shared.client()

@pytest.fixture
def own(mastra_server_factory):
    return declare(mastra_server_factory())

def test_1_others_leave_something_there(app):
    app.get_workflow("tea").execute({}, run_id="t")

@pytest.mark.mastra_sweep(faults=["lost", "server_died"])
def test_2_joins(app):
    drink(app)

def test_3_set_up_anew():
    points = 5 * 2
    # the first time it is as others left it
    times = 1 + 2 + points + 1
    assert (MADE.count("database"), MADE.count("shared"), MADE.count("app")) == (1, times, times)
    assert set(LEFT) == {1}

@pytest.mark.mastra_sweep(faults="lost")
def test_4_naive(shared):
    for _ in range(2):
        try:
            url = f"{shared.url}/api/workflows/tea/start-async"
            return requests.post(url, params={"runId": "t"}, json={}, timeout=60).close()
        except requests.ConnectionError:
            pass

@pytest.mark.mastra_sweep(faults=["lost", "killed"], limit=9)
def test_5_two_servers(own, mastra_server, shared):
    for server in (own, declare(mastra_server), shared):
        with MastraClient(server.url) as client:
            drink(client)

@pytest.mark.mastra_sweep(faults="killed_after")
def test_6_an_orphan_on_another_server(own, mastra_client, mastra_server):
    declare(mastra_server)
    drink(mastra_client)
    own.client().get_workflow("tea").execute({})

def test_7_as_others_find_it(app):
    app.get_workflow("tea").execute({}, run_id="t", if_started="join")
"""


def test_servers_that_several_tests_share(run_suite: RunSuite) -> None:
    """Each point has one that is fresh, with all that is made of it; other fixtures are made once."""
    result = run_suite(SUITE, "-v", "-W", "ignore::pytest.PytestReturnNotNoneWarning")
    result.assert_outcomes(passed=5, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*_ test_4_naive _*",
            "mastra sweep of 1 request, 1 point: 1 failed (set up anew each time: shared)",
            "  'tea' was started 2 times; executed again: brew (run t)",
            "  sent by test_suite.py:*",
            "*_ test_6_an_orphan_on_another_server _*",
            "  'tea' was left pending, and nobody names it (run",
            "test_suite.py::test_2_joins  10 points: *passed when run again (set up anew each time: shared)",
        ]
    )
    alone = run_suite(SUITE, "-k", "naive", "--mastra-point=start_async#1:lost")
    alone.assert_outcomes(failed=1, deselected=6)
    alone.stdout.fnmatch_lines(["*'tea' was started 2 times; executed again: brew (run t)"])
