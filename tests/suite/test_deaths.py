"""A test that fails on a server that is dead is told so, and where it died."""

from __future__ import annotations

from tests.suites_in_folders import RunSuite


def test_a_failing_test_is_told(run_suite: RunSuite) -> None:
    """The test's own server, and one that an earlier test left dead, are named with the line at which they died."""
    result = run_suite(
        """
import pytest

from mastra_sync import MastraClient

@pytest.fixture(scope="module")
def shared(mastra_server_factory):
    server = mastra_server_factory(on_socket=True)
    server.workflow("report").returns({})
    return server

def test_own(mastra_server, mastra_client):
    mastra_server.workflow("report").returns({})
    mastra_server.faults.on("create_run").server_dies()
    mastra_client.get_workflow("report").execute({})

def test_is_left_dead(shared):
    shared.die()

def test_of_another(shared):
    with MastraClient(shared.url, retries=0) as client:
        client.get_workflow("report").execute({})

def test_comes_back(mastra_server, mastra_client):
    mastra_server.workflow("report").returns({})
    mastra_server.die(back_after=0.1)
    assert mastra_client.get_workflow("report").execute({}).result == {}

def test_fails_otherwise(mastra_server, mastra_client):
    assert False
"""
    )
    result.assert_outcomes(passed=2, failed=3)
    own = [line for line in result.outlines if " is dead" in line or "It died at" in line]
    assert [line.strip("- ").partition(" is dead")[0].partition(",")[0] for line in own[:2]] == [
        "mastra: the fake server",
        "It died at test_suite.py:13",
    ]
    assert own[2].strip("- ").startswith("mastra: http://127.0.0.1:")
    assert own[3].strip().startswith("It died at test_suite.py:17, and refuses")
    assert len(own) == 4
