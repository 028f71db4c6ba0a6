"""What somebody writes in the first hour, and has wrong: each is told with what to write instead."""

from __future__ import annotations

from pathlib import Path

from pytest_mastra.suite.fixture_names import FIXTURES
from tests.suites_in_folders import RunSuite

MISSPELT_FIXTURES = """
import pytest

@pytest.fixture
def client(matra_client):
    return matra_client

def test_of_a_test(mastra_sever):
    pass

def test_of_a_fixture(client):
    pass

def test_of_a_request(request):
    request.getfixturevalue("mastra_casette")

def test_of_something_else(browser):
    pass
"""


def test_a_fixture_that_there_is_not(run_suite: RunSuite) -> None:
    """Pytest says that it is not found; the plugin asks whether one of its own was meant."""
    result = run_suite(MISSPELT_FIXTURES)
    result.assert_outcomes(errors=3, failed=1)
    result.stdout.fnmatch_lines_random(
        [
            "*fixture 'mastra_sever' not found; did you mean 'mastra_server'?",
            "*fixture 'matra_client' not found; did you mean 'mastra_client'?",
            "*fixture 'mastra_casette' not found; did you mean 'mastra_cassette'?",
            "*fixture 'browser' not found",
        ]
    )


def test_all_fixtures_are_known() -> None:
    """Those that may be meant are those of the table in the docs."""
    table = (Path(__file__).parents[2] / "docs/plugin.md").read_text(encoding="utf-8")
    documented = [line.split("`")[1] for line in table.splitlines() if "` | fixture |" in line]
    assert sorted(FIXTURES) == sorted(documented)


SKIPPED = """
from pytest_mastra import AS_TIMED

def test_a_result(mastra_server, mastra_client):
    mastra_server.workflow("w").sleep(100).returns(1)
    run = mastra_client.get_workflow("w").create_run().start({})
    assert run.result().status == "waiting"

def test_a_run_that_is_seen(mastra_server, mastra_client):
    mastra_server.workflow("w").sleep(100).returns(1)
    mastra_client.get_workflow("w").create_run().start({})
    (run,) = mastra_server.runs("w")
    assert "running" == run.status

def test_as_advised(mastra_server, mastra_client):
    mastra_server.workflow("w", pace=AS_TIMED).sleep(100).returns(1)
    run = mastra_client.get_workflow("w").create_run().start({})
    assert run.result().status == "waiting"
    mastra_server.clock.advance(60)
    assert run.result().status == "waiting"
    mastra_server.clock.advance(60)
    assert run.result().status == "failed"

def test_of_time_as_it_is(mastra_server, mastra_client):
    mastra_server.workflow("w", pace=AS_TIMED).sleep(100).returns(1)
    run = mastra_client.get_workflow("w").create_run().start({})
    mastra_server.clock.advance(200)
    assert run.result().status == "waiting"
"""


def test_a_run_that_is_at_its_end_already(run_suite: RunSuite) -> None:
    """Where one is expected on its way, the failure says that time was skipped, and what lets it take its time."""
    result = run_suite(SKIPPED)
    result.assert_outcomes(failed=4)
    said = result.stdout.str()
    assert said.count("a fake skips time, and the run went to its end at once; to see it on its\n") == 2
    assert said.count("way: server.workflow(..., pace=AS_TIMED), then server.clock.advance(60)\n") == 2


NOT_ASKED = """
import pytest

@pytest.fixture
def recorded(mastra_server, mastra_client):
    mastra_server.workflow("pay").then(mastra_server.step("charge", lambda ctx: {"paid": True})).commit()
    return mastra_client.get_workflow("pay").execute({})

@pytest.fixture
def changed(recorded, mastra_server):
    mastra_server.step("charge").fails("declined")
    return recorded

def test_nobody_asks(changed, mastra_replay_run):
    mastra_replay_run(changed)

def test_somebody_asks(changed, mastra_replay_run):
    assert not mastra_replay_run(changed)
    assert mastra_replay_run(changed).result.status == "failed"
    assert mastra_replay_run(changed).differences
    assert not mastra_replay_run(changed).unanswered
    assert not mastra_replay_run(changed).answers

def test_failed_before(changed, mastra_replay_run):
    mastra_replay_run(changed)
    assert changed.status == "failed"

def test_a_fault_that_is_refused(mastra_server):
    mastra_server.faults.on("start").latency(0)
"""


def test_what_nobody_asks(run_suite: RunSuite) -> None:
    """A re-run whose outcome nobody looks at fails its test; what is refused at its line is told once."""
    result = run_suite(NOT_ASKED)
    result.assert_outcomes(passed=2, failed=2, errors=1)
    said = result.stdout.str()
    assert said.count("nobody asked what came of mastra_replay_run(...) at test_suite.py:14\n") == 1
    assert "errors/#nothing-asserted" in said
    assert "seconds must be more than 0, not 0" in said
    assert "unused fault" not in said
