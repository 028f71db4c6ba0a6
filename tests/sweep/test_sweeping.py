"""Sweeps as tests see them: which survive, which do not, and that each is one test with one result."""

from __future__ import annotations

import re

import pytest

from tests.suites_in_folders import RunSuite
from tests.sweep.scripts import CAREFUL, CONFTEST, NAIVE, TEA

WELL_DONE = (
    CAREFUL
    + """
@pytest.mark.mastra_sweep
def test_careful(mastra_client):
    careful(mastra_client)

@pytest.mark.mastra_sweep(rerun=False)
def test_once(mastra_client):
    mastra_client.get_workflow("tea").execute({})

@pytest.mark.mastra_sweep
class TestInClass:
    seen = 0

    def test_tea(self, mastra_client, mastra_server):
        self.seen += 1
        mastra_client.get_workflow("tea").details()
        assert self.seen <= 2

    @pytest.mark.parametrize("amount", [1, 2])
    def test_expense(self, mastra_client, amount):
        careful(mastra_client, run_id=f"e-{amount}")

@pytest.mark.mastra_sweep(faults="cut")
def test_cut(mastra_client):
    careful(mastra_client)
    with mastra_client.get_workflow("tea").create_run("t").stream({}) as events:
        assert events.result().ok

@pytest.mark.mastra_sweep(accept=["start_async#1:killed*", "start_async#1:unreachable", "run_by_id*"])
def test_known(mastra_client):
    mastra_client.get_workflow("tea").create_run("t").start_async({})
"""
)


def summaries(result: pytest.RunResult) -> dict[str, str]:
    """Return what is said of each sweep at `-v`, by the test's name."""
    lines = re.findall(r"^test_suite\.py::(\S+)  (\d+ points?: .*)$", result.stdout.str(), re.MULTILINE)
    return dict(lines)


def test_what_survives_passes(run_suite: RunSuite) -> None:
    """As one test each, also in classes and with parameters; at `-v` it is said what was tried."""
    result = run_suite(WELL_DONE, "-v", conftest=CONFTEST)
    result.assert_outcomes(passed=7)
    told = summaries(result)
    assert set(told) == {
        "test_careful",
        "test_once",
        "TestInClass::test_tea",
        "TestInClass::test_expense[1]",
        "TestInClass::test_expense[2]",
        "test_cut",
        "test_known",
    }
    assert "passed when run again" in told["test_careful"]
    assert told["test_cut"] == "9 points: 9 passed"
    assert "refused as documented" in told["test_once"]
    assert "accepted by the marker" in told["test_known"]
    result.stdout.fnmatch_lines(["  killed_after * passed when run again"])


FAILING = (
    TEA
    + NAIVE
    + """
@pytest.mark.mastra_sweep(faults="lost")
def test_naive_start(mastra_server):
    post("tea/start-async", runId="t-1")

@pytest.mark.mastra_sweep(faults="lost")
def test_naive_orphan(mastra_server):
    post("tea/start-async")

@pytest.mark.mastra_sweep(faults="delivered_twice")
def test_delivered_twice(mastra_client):
    mastra_client.get_workflow("tea").create_run("t-1").start({}).wait()

@pytest.mark.mastra_sweep(faults="refused", accept=requests.RequestException)
def test_other_exceptions(mastra_server):
    url = f"{mastra_server.url}/api/workflows/tea/start-async?runId=t-1"
    assert requests.post(url, json={}).json()["status"] == "success"

@pytest.mark.xfail(strict=True)
@pytest.mark.mastra_sweep(faults="lost")
def test_expected(mastra_server):
    post("tea/start-async", runId="t-1")
"""
)


def test_what_does_not_survive_fails(run_suite: RunSuite) -> None:
    """Each test fails once, with the first point in full, what was done twice, and how to run the point alone."""
    result = run_suite(FAILING, conftest=CONFTEST)
    result.assert_outcomes(failed=4, passed=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_tea _*",
            "mastra sweep of 5 requests, 38 points: 21 passed, 10 passed when run again, 7",
            "failed",
            "start#1: the script was killed after it took effect",
            "  ? start       the script was killed here",
            "    -- run again --",
            "  RunAlreadyStarted: *",
            "  test_suite.py:*: assert mastra_client.get_workflow(*",
            "? tea succeeded after 0 ms, run tea-1",
            "Also:",
            "  run_by_id#2:killed_before  RunAlreadyStarted: *",
            "That point alone, under a debugger too:",
            "  pytest test_suite.py::test_tea --mastra-point='start#1:killed_after'",
            "*_ test_naive_start _*",
            "start_async#1: its answer was lost, after it took effect",
            "  ? start_async  no answer: *",
            "    start_async  200",
            "  'tea' was started 2 times; executed again: brew (run t-1)",
            "*_ test_naive_orphan _*",
            "  'tea' executed brew and succeeded, and nobody names it (run",
            "*_ test_delivered_twice _*",
            "start#1: it was delivered twice",
            "  'tea' was started 2 times; executed again: brew (run t-1)",
        ]
    )
    assert "Mastra runs" not in result.stdout.str()


def test_a_point_is_run_alone(run_suite: RunSuite) -> None:
    """As an ordinary test, with pytest's own traceback; one that was survived passes."""

    def run(test: str, point: str) -> pytest.RunResult:
        return run_suite(FAILING, f"test_suite.py::{test}", f"--mastra-point={point}", conftest=CONFTEST)

    result = run("test_naive_start", "start_async#1:lost")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "mastra sweep: start_async#1: its answer was lost, after it took effect",
            "'tea' was started 2 times; executed again: brew (run t-1)",
            "*- Mastra runs -*",
        ]
    )
    run("test_tea", "start#1:killed_before").assert_outcomes(passed=1)
    result = run("test_tea", "start#1:killed_after")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["    def test_tea(mastra_client):", "test_suite.py:*: RunAlreadyStarted"])
    result = run("test_tea", "start_async#1:lost")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["mastra sweep: --mastra-point=start_async#1:lost names no point of this test, *start#1*"]
    )


SECOND_FAULTS = (
    NAIVE
    + """
def start(number, attempts, workflow="tea"):
    for attempt in range(attempts):
        try:
            url = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/{workflow}/start-async"
            return requests.post(url, json={}, params={"runId": number}, timeout=60)
        except requests.RequestException:
            pass

@pytest.mark.mastra_sweep(faults="lost", pairs=True)
def test_recovery(mastra_server):
    # the planted mistake is in what is done after a fault
    start("t-1", 1) or start("e-2", 3, workflow="expense")

@pytest.mark.mastra_sweep(faults="lost", pairs=True, limit=2)
def test_sampled(mastra_client):
    mastra_client.get_workflow("tea").create_run("t").start_async({}, if_started="join")
"""
)


def test_a_second_fault_during_recovery(run_suite: RunSuite) -> None:
    """With `pairs` it comes after each point that was survived; a sample says its seed, the same each time."""
    result = run_suite(SECOND_FAULTS, "-v", conftest=CONFTEST)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "mastra sweep of 1 request, 2 points: 1 passed, 1 failed",
            "start_async#1: its answer was lost, after it took effect, and start_async#2: its",
            "answer was lost, after it took effect",
            "  'expense' was started 2 times; executed again: ask (run e-2)",
            "  pytest test_suite.py::test_recovery --mastra-point='start_async#1:lost+start_async#2:lost'",
        ]
    )
    assert re.search(r"2 of 3 points, drawn by seed \d+: limit=2\)", summaries(result)["test_sampled"])
