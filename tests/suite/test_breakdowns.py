"""What breaks down in the fake itself fails the test that met it, at its end."""

from __future__ import annotations

from tests.suite.test_problems import lines_after
from tests.suites_in_folders import RunSuite

BREAKS = """
import pytest
from mastra_sync import MastraError
from pytest_mastra.fake.engine import run_commands

def broken(*_):
    raise ZeroDivisionError("a wheel came off")

@pytest.fixture
def breaks(mastra_server, monkeypatch):
    mastra_server.workflow("w").returns(1)
    monkeypatch.setattr(run_commands, "walk_graph", broken)
"""


def test_a_breakdown_fails_the_test(run_suite: RunSuite) -> None:
    """The code under test may swallow the 500; the test is shown where the fake broke down."""
    result = run_suite(f"""
{BREAKS}
def test_it(breaks, mastra_client):
    with pytest.raises(MastraError, match="a wheel came off"):
        mastra_client.get_workflow("w").create_run(run_id="run-1").start_async({{}})
    """)
    result.assert_outcomes(passed=1, errors=1)
    text = lines_after(result, "ERROR at teardown of test_it", 30)
    assert text[:3] == [
        "mastra: 1 breakdown of the fake server",
        "  the fake server itself, at workflow 'w', run run-1",
        "    Traceback (most recent call last):",
    ]
    assert "    ZeroDivisionError: a wheel came off" in text
    assert any("if no step of yours is to blame, please report it" in line for line in text)


def test_it_can_be_allowed(run_suite: RunSuite) -> None:
    """Whoever cannot wait for a new version says that such errors do not matter."""
    result = run_suite(f"""
{BREAKS}
@pytest.mark.mastra(allow="step_errors")
def test_it(breaks, mastra_client):
    with pytest.raises(MastraError):
        mastra_client.get_workflow("w").execute({{}})
    """)
    result.assert_outcomes(passed=1)
