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
