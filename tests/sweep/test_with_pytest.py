"""A sweep is one test to pytest's own options, to its plugins and to a debugger."""

from __future__ import annotations

import sys

import pytest

from tests.suites_in_folders import PLUGIN, RunSuite
from tests.sweep.scripts import CONFTEST, NAIVE, TEA

PLANTED = (
    NAIVE
    + """
kinds = []

@pytest.fixture(scope="module")
def of_module():
    kinds.append("module")
    yield
    kinds.append("end of module")

@pytest.fixture
def of_function(of_module):
    kinds.append("function")
    yield
    kinds.append("end of function")

@pytest.mark.mastra_sweep(faults="lost")
def test_1_planted(of_function):
    print("printed by the test")
    post("tea/start-async", runId="t-1")

@pytest.mark.mastra_sweep(faults="lost")
def test_2_planted(of_function, record_property, tmp_path):
    record_property("seen", 1)
    (tmp_path / "once").touch(exist_ok=False)
    post("tea/start-async", runId="t-1")

def test_3_fixtures():
    assert kinds.count("module") == 1
    assert kinds.count("function") == kinds.count("end of function") == 2 * 4
"""
)


def test_one_failure_each(run_suite: RunSuite) -> None:
    """Also for -x and --maxfail; fixtures of the module are made once, output is that of one run."""
    result = run_suite(PLANTED, conftest=CONFTEST)
    result.assert_outcomes(failed=2, passed=1)
    assert result.stdout.str().count("\nprinted by the test") == 1
    run_suite(PLANTED, "-x", conftest=CONFTEST).assert_outcomes(failed=1)
    run_suite(PLANTED, "--maxfail=2", conftest=CONFTEST).assert_outcomes(failed=2)


def test_junit_has_it_once(run_suite: RunSuite, alone: pytest.Pytester) -> None:
    """One case, with the property of the sweep, and what the test records once."""
    run_suite(PLANTED, "--junit-xml=out.xml", "-o", "junit_family=xunit1", "-k", "test_2", conftest=CONFTEST)
    text = (alone.path / "out.xml").read_text(encoding="utf-8")
    assert text.count("<testcase") == 1
    assert '<property name="mastra_sweep" value="1 point: 1 failed" />' in text
    assert text.count('name="seen"') == 1
    assert "executed again: brew (run t-1)" in text


TIMED_CONFTEST = (
    CONFTEST
    + """
timers = []

@pytest.fixture
def noted():
    return timers

@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item, settings):
    timers.append("set")

@pytest.hookimpl(tryfirst=True)
def pytest_timeout_cancel_timer(item):
    timers.append("canceled")
"""
)

TIMED = """
import signal

import pytest

turns = []

@pytest.mark.mastra_sweep(faults=["lost", "refused", "nonsense"])
def test_1_timed(mastra_client):
    turns.append(1)
    mastra_client.get_workflow("tea").details()
    if len(turns) == 4:
        # as when the time is up
        signal.raise_signal(signal.SIGALRM)

def test_2_timers(noted):
    assert noted[: 2 * 6 + 2] == ["set", *["canceled", "set"] * 6, "canceled"]
"""


def test_a_timeout_is_that_of_one_run(alone: pytest.Pytester) -> None:
    """It is set anew for each; a run that hangs is a point that failed, and the others are tried."""
    alone.makepyfile(test_suite=TIMED)
    alone.makeconftest(TIMED_CONFTEST)
    result = alone.run(*PYTEST, "-p", "pytest_timeout", "--timeout=3000", "--timeout-method=signal", timeout=120)
    result.assert_outcomes(failed=1, passed=1)
    said = "mastra sweep: details#1:refused failed, and does not when it is tried again: Failed: Timeout *"
    result.stdout.fnmatch_lines([said])


PYTEST = (sys.executable, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider")

DEBUGGED = """
import pytest

@pytest.mark.mastra_sweep
def test_tea(mastra_client):
    breakpoint()
    mastra_client.get_workflow("tea").details()
"""

STOPPED = """
import pytest

stops = []

@pytest.mark.mastra_sweep
def test_tea(mastra_client):
    stops.append(1)
    mastra_client.get_workflow("tea").details()
    if len(stops) == 5:
        raise KeyboardInterrupt
"""


def test_debuggers_stop_once(alone: pytest.Pytester) -> None:
    """At the run that pytest is told of: with --pdb, and at a breakpoint."""
    alone.makeconftest(CONFTEST)
    alone.makepyfile(test_suite=TEA)
    result = alone.run(*PYTEST, "--pdb", stdin=b"c\n", timeout=120)
    assert result.stdout.str().count("entering PDB") == 1
    alone.makepyfile(test_suite=DEBUGGED)
    result = alone.run(*PYTEST, "-s", stdin=b"c\nc\n", timeout=120)
    assert result.stdout.str().count("PDB set_trace") == 1


def test_a_ctrl_c_ends_all(alone: pytest.Pytester) -> None:
    """In the middle of a sweep as in the middle of a test; also with --pdb."""
    alone.makeconftest(CONFTEST)
    alone.makepyfile(test_suite=STOPPED)
    for arguments in ((), ("--pdb",)):
        result = alone.run(*PYTEST, *arguments, stdin=b"", timeout=120)
        assert result.ret == pytest.ExitCode.INTERRUPTED
        assert "no tests ran" in result.stdout.str()


MORE = """
@pytest.mark.mastra_sweep
def test_more(mastra_client):
    mastra_client.get_workflow("tea").details()
"""


def test_workers_of_xdist_tell_their_sweeps(alone: pytest.Pytester) -> None:
    """Tests are spread, points are not; at `-v` the summary has all."""
    alone.makeconftest(CONFTEST)
    alone.makepyfile(test_suite=TEA + MORE)
    result = alone.run(*PYTEST, "-p", "xdist", "-n", "2", "-v", timeout=120)
    result.assert_outcomes(failed=1, passed=1)
    lines = ["test_suite.py::test_tea  38 points: *", "test_suite.py::test_more  7 points: *"]
    result.stdout.fnmatch_lines_random(lines)


UNITTEST = """
import os
import unittest

import pytest
import requests

@pytest.mark.mastra_sweep(faults=["lost", "killed"])
class TestOld(unittest.TestCase):
    def test_tea(self):
        url = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/tea"
        self.assertEqual(requests.get(url, timeout=5).status_code, 200)
"""

ASYNC = """
import pytest

@pytest.mark.asyncio
@pytest.mark.mastra_sweep(faults="killed")
async def test_tea(mastra_client):
    mastra_client.get_workflow("tea").details()
"""


def test_other_kinds_of_tests(alone: pytest.Pytester) -> None:
    """Methods of unittest and coroutines are swept as functions are."""
    alone.makeconftest(CONFTEST)
    alone.makepyfile(test_old=UNITTEST, test_async=ASYNC)
    options = ("-p", "pytest_asyncio.plugin", "-W", "ignore", "-v")
    result = alone.runpytest_subprocess("-p", PLUGIN, *options, timeout=120)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["details#1: its answer was lost, after it took effect", "*ConnectionError*"])
    result.stdout.fnmatch_lines(["test_async.py::test_tea  2 points: 2 passed when run again"])
