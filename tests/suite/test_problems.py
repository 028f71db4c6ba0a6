"""Stray requests and exceptions in steps that nobody meant: they fail a test that has passed, and no other."""

from __future__ import annotations

import pytest

from tests.suites_in_folders import RunSuite

STRAY = """
import contextlib

from mastra_sync import MastraClient, NotFoundError

def script():
    with MastraClient() as client, contextlib.suppress(NotFoundError):
        client.get_workflow("aproval").create_run()
"""


def lines_after(result: pytest.RunResult, begin: str, count: int) -> list[str]:
    """Return so many lines of pytest's output, from the one on that is `begin`."""
    lines = result.outlines
    (place,) = [number for number, line in enumerate(lines) if line.strip("-_= ") == begin]
    return lines[place + 1 : place + 1 + count]


def test_a_swallowed_stray_fails_the_test(run_suite: RunSuite) -> None:
    """Code under test that catches the error is found out at teardown, with the request and what was nearest."""
    result = run_suite(f"""
{STRAY}
def test_it(mastra_server):
    mastra_server.workflow("approval").returns({{}})
    script()
    """)
    result.assert_outcomes(passed=1, errors=1)
    assert lines_after(result, "ERROR at teardown of test_it", 4) == [
        "mastra: 1 stray request",
        "  POST /api/workflows/aproval/create-run -> 404",
        "    There is no workflow 'aproval'. Did you mean 'approval'? Declared: 'approval'.",
        "  If this is meant: @pytest.mark.mastra(allow='strays')",
    ]
    assert result.stdout.str().count("There is no workflow") == 1


def test_a_swallowed_step_error_fails_the_test(run_suite: RunSuite) -> None:
    """A bug in a declared step fails the run, which the test may even expect; the test is told of the bug."""
    result = run_suite("""
        def lookup(ctx):
            return ctx.input_data["city"]

        def test_it(mastra_server, mastra_client):
            mastra_server.workflow("report").then(mastra_server.step("lookup", lookup)).commit()
            assert mastra_client.get_workflow("report").execute({}, run_id="run-1").status == "failed"
    """)
    result.assert_outcomes(passed=1, errors=1)
    text = lines_after(result, "ERROR at teardown of test_it", 12)
    assert text[:3] == [
        "mastra: 1 unexpected step error",
        "  step 'lookup' of workflow 'report', run run-1, raised",
        "    Traceback (most recent call last):",
    ]
    assert text[3].startswith('      File "')
    assert text[3].endswith(", line 2, in lookup")
    assert text[4] == '        return ctx.input_data["city"]'
    assert "    KeyError: 'city'" in text
    assert "  If a step is to fail: raise StepError(...), or @pytest.mark.mastra(allow='step_errors')" in text


def test_a_failure_that_is_meant_is_none(run_suite: RunSuite) -> None:
    """`StepError` says that the run is to fail."""
    result = run_suite("""
        def test_it(mastra_server, mastra_client):
            mastra_server.workflow("report").fails("no such city")
            assert mastra_client.get_workflow("report").execute({}).status == "failed"
    """)
    result.assert_outcomes(passed=1)


def test_they_stand_beside_the_first_failure_and_not_in_its_place(run_suite: RunSuite) -> None:
    """A test that has failed keeps its failure, and shows them as sections; its teardown does not fail too."""
    result = run_suite(f"""
{STRAY}
def test_it(mastra_server):
    script()
    assert "this" == "first"
    """)
    result.assert_outcomes(failed=1)
    assert lines_after(result, "mastra: 1 stray request", 3) == [
        "  POST /api/workflows/aproval/create-run -> 404",
        "    There is no workflow 'aproval'. Declared: none.",
        "  If this is meant: @pytest.mark.mastra(allow='strays')",
    ]
    result.stdout.fnmatch_lines(["FAILED test_suite.py::test_it - AssertionError: assert 'this' == 'first'*"])


def test_they_stand_beside_a_failed_setup(run_suite: RunSuite) -> None:
    """A fixture that fails because of a stray shows the stray."""
    result = run_suite(f"""
import pytest
{STRAY}
@pytest.fixture
def called(mastra_server):
    script()
    raise RuntimeError("first")

def test_it(called):
    pass
    """)
    result.assert_outcomes(errors=1)
    assert len(lines_after(result, "mastra: 1 stray request", 3)) == 3


@pytest.mark.parametrize("outcome", ["pytest.skip('later')", "pytest.xfail('known')"])
def test_a_test_that_left_early_is_let_alone(run_suite: RunSuite, outcome: str) -> None:
    """Who skips or expects to fail after a stray is not failed by it."""
    result = run_suite(f"""
import pytest
{STRAY}
def test_it(mastra_server):
    script()
    {outcome}
    """)
    counts = result.parseoutcomes()
    assert "errors" not in counts
    assert sum(counts.values()) == 1


def test_what_is_allowed_fails_nothing(run_suite: RunSuite) -> None:
    """The marker names what may happen: on a test, on a module, one kind or both."""
    result = run_suite(f"""
import pytest
{STRAY}
pytestmark = pytest.mark.mastra(allow="strays")

def test_strays(mastra_server):
    script()
    assert len(mastra_server.strays) == 1

@pytest.mark.mastra(allow=["step_errors"])
def test_errors(mastra_server, mastra_client):
    mastra_server.workflow("w").then(mastra_server.step("a", lambda ctx: 1 / 0)).commit()
    assert mastra_client.get_workflow("w").execute({{}}).status == "failed"

@pytest.mark.mastra(allow=["step_errors"])
def test_the_closest_marker_counts(mastra_server):
    script()

@pytest.mark.mastra(allow=["step_errors", "strays"])
def test_both(mastra_server, mastra_client):
    script()
    mastra_server.workflow("w").then(mastra_server.step("a", lambda ctx: 1 / 0)).commit()
    mastra_client.get_workflow("w").execute({{}})
    """)
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(["ERROR test_suite.py::test_the_closest_marker_counts*"])


def test_many_are_counted(run_suite: RunSuite) -> None:
    """Five are shown."""
    result = run_suite(f"""
{STRAY}
def test_it(mastra_server):
    for _ in range(7):
        script()
    """)
    result.assert_outcomes(passed=1, errors=1)
    lines = lines_after(result, "ERROR at teardown of test_it", 13)
    assert lines[0] == "mastra: 7 stray requests"
    assert lines[11] == "  ... and 2 more"


@pytest.mark.parametrize(("end", "outcome"), [("pass", {"passed": 1, "errors": 1}), ("assert 0", {"failed": 1})])
def test_no_secret_is_shown(run_suite: RunSuite, end: str, outcome: dict[str, int]) -> None:
    """What stood in a sensitive header is taken out of a step's error, in the failure and in the section."""
    result = run_suite(
        f"""
        def test_it(mastra_server, mastra_client):
            def call(ctx):
                raise RuntimeError("refused: sk-" + "abcdef123456")
            mastra_server.workflow("w").then(mastra_server.step("a", call)).commit()
            mastra_client.get_workflow("w").execute({{}})
            {end}
        """,
        conftest="""
        import pytest
        from pytest_mastra import MastraConfig

        @pytest.fixture
        def mastra_config():
            return MastraConfig(token="sk-" + "abcdef123456")
        """,
    )
    result.assert_outcomes(**outcome)
    result.stdout.fnmatch_lines(["*1 unexpected step error*", "    RuntimeError: refused: [*][*][*]"])
    result.stdout.no_fnmatch_line("*sk-abcdef123456*")


def test_a_check_of_the_scene_fails_the_test_too(run_suite: RunSuite) -> None:
    """What else looks after a test, as cassettes do, adds to what is checked; all of it is told at once."""
    result = run_suite(f"""
{STRAY}
def test_it(mastra_target, mastra_server):
    script()
    mastra_target.checks.append(lambda: [("mastra: not played", "  GET /x")])
    """)
    result.assert_outcomes(passed=1, errors=1)
    lines = lines_after(result, "ERROR at teardown of test_it", 7)
    assert lines[0] == "mastra: 1 stray request"
    assert lines[4] == "  See https://mastra-sync.readthedocs.io/errors/#strays"
    assert lines[5:] == ["mastra: not played", "  GET /x"]
