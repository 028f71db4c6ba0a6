"""What `--mastra-record=verify` says at the end of a test run, and what pytest's exit status is then."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cassettes.counting_server import Live
from tests.suites_in_folders import RunSuite

CONFTEST = """
    import pytest
    from pytest_mastra.cassettes.drift.pytest_report import Drift, Finding, RunDrift, report_of
    from pytest_mastra.text.differences import Difference

    @pytest.fixture
    def verified(request):
        def add(expected, actual):
            found = [] if expected == actual else [Finding("start_async", Difference("$.result", expected, actual))]
            drift = Drift([RunDrift("city, run 1", found)])
            report_of(request.config).add(request.node.nodeid, "cassettes/" + request.node.name + ".yaml", drift)
        return add
"""

VERIFY = ("--mastra-target=live", "--mastra-record=verify", "--mastra-url=http://127.0.0.1:9")

SAME = """
    def test_same(verified):
        verified(1, 1)

    def test_same_too(verified):
        verified(2, 2)
"""

DRIFTED = """
    def test_drifted(verified):
        verified(1, 2)
"""


def test_recordings_that_hold_make_no_noise(alone: pytest.Pytester) -> None:
    """One line says how many were verified; the exit status is the tests' own."""
    alone.makeconftest(CONFTEST)
    alone.makepyfile(SAME)
    result = alone.runpytest_subprocess("-p", "pytest_mastra.plugin", *VERIFY)
    result.stdout.fnmatch_lines(["*mastra: recordings and the live server*", "2 recordings verified, none has drifted"])
    assert result.ret == pytest.ExitCode.OK


@pytest.mark.parametrize("options", [[], ["-p", "xdist", "-n", "2"]], ids=["alone", "xdist"])
def test_a_drift_is_told_run_by_run_and_fails_the_session(alone: pytest.Pytester, options: list[str]) -> None:
    """All tests pass, and pytest's exit status is 1 all the same: under pytest-xdist too."""
    alone.makeconftest(CONFTEST)
    alone.makepyfile(test_a=SAME, test_b=DRIFTED)
    result = alone.runpytest_subprocess("-p", "pytest_mastra.plugin", *VERIFY, *options)
    result.stdout.fnmatch_lines(
        [
            "*mastra: recordings and the live server*",
            "test_b.py::test_drifted (cassettes/test_drifted.yaml)",
            "  city, run 1:",
            "    start_async",
            "      $.result: expected 1, actual 2",
            "3 recordings verified, 1 has drifted: test_b.py::test_drifted",
        ]
    )
    result.assert_outcomes(passed=3)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(("expected", "said"), [("-(2**40)", "-1099511627776"), ("chr(0xD800)", r"'\ud800'")])
def test_workers_hand_on_any_value(alone: pytest.Pytester, expected: str, said: str) -> None:
    """A number that execnet cannot carry, or half of a character, ends no worker."""
    alone.makeconftest(CONFTEST)
    alone.makepyfile(f"def test_drifted(verified):\n    verified({expected}, 2)")
    result = alone.runpytest_subprocess("-p", "pytest_mastra.plugin", *VERIFY, "-p", "xdist", "-n", "1")
    assert f"      $.result: expected {said}, actual 2" in result.outlines
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_what_was_not_compared_is_said(alone: pytest.Pytester) -> None:
    """A test that failed was not run to its end, so that nothing can be said of its recording."""
    alone.makeconftest(CONFTEST)
    alone.makepyfile(
        """
        from pytest_mastra.cassettes.drift.pytest_report import report_of

        def test_it(request):
            report_of(request.config).add_not_compared(request.node.nodeid, "c.yaml", "it did not pass")
        """
    )
    result = alone.runpytest_subprocess("-p", "pytest_mastra.plugin", *VERIFY)
    result.stdout.fnmatch_lines(["not compared: *::test_it: it did not pass", "no recording was verified: *"])


SUITE = """
    def test_report(mastra_cassette, mastra_client):
        workflow = mastra_client.get_workflow("report")
        for _ in range(2):
            assert workflow.execute({"city": "NY"}).ok
"""


def _files(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def test_a_recorded_test_is_verified_and_nothing_is_written(
    alone: pytest.Pytester, run_suite: RunSuite, live: Live
) -> None:
    """The same server has not drifted; one whose step gives something else has, and no file is touched by either."""
    url = f"--mastra-url={live.url}"
    run_suite(SUITE, "--mastra-target=live", "--mastra-record=once", url).assert_outcomes(passed=1)
    before = _files(alone.path / "cassettes")
    assert before
    held = run_suite(SUITE, "--mastra-target=live", "--mastra-record=verify", url)
    held.stdout.fnmatch_lines(["1 recording verified, none has drifted"])
    assert held.ret == pytest.ExitCode.OK
    live.server.workflow("report").returns({"text": "rain"})
    drifted = run_suite(SUITE, "--mastra-target=live", "--mastra-record=verify", url)
    drifted.stdout.fnmatch_lines(
        ["*expected 'sunny', actual 'rain'", "1 recording verified, 1 has drifted: test_suite.py::test_report"]
    )
    assert drifted.ret == pytest.ExitCode.TESTS_FAILED
    assert _files(alone.path / "cassettes") == before


def test_the_page_says_first_that_a_test_has_drifted(alone: pytest.Pytester, run_suite: RunSuite, live: Live) -> None:
    """It passed, and yet the first screen is not green."""
    arguments = ("--mastra-target=live", f"--mastra-url={live.url}", "--mastra-html=page.html")
    run_suite(SUITE, "--mastra-record=once", *arguments).assert_outcomes(passed=1)
    page = alone.path / "page.html"
    assert '<h1 class="good">The one test passed</h1>' in page.read_text(encoding="utf-8")
    live.server.workflow("report").returns({"text": "rain"})
    run_suite(SUITE, "--mastra-record=verify", *arguments).assert_outcomes(passed=1)
    told = page.read_text(encoding="utf-8")
    assert '<h1 class="bad">The one test passed, and has drifted</h1>' in told
    assert "The server says something else than the cassette of test_suite.py::test_report" in told


UNRECORDED = """
    import pytest

    def test_of_nothing(): pass

    def test_report(mastra_client):
        mastra_client.list_workflows()

    @pytest.mark.mastra(fake_only=True)
    def test_outage(mastra_server): pass
"""


@pytest.mark.parametrize(
    ("chosen", "is_vain"),
    [
        ([], True),
        (["-k", "report or nothing"], True),
        (["-k", "nothing or outage"], False),
        (["test_suite.py::test_of_nothing"], False),
        (["--collect-only"], False),
        (["--lf", "-p", "cacheprovider"], True),
        (["--deselect", "test_suite.py::test_outage"], True),
        (["--ignore", "other"], True),
    ],
)
def test_a_run_that_compares_nothing(run_suite: RunSuite, live: Live, chosen: list[str], *, is_vain: bool) -> None:
    """It fails; but one of chosen tests that have nothing to do with a server does not: `--deselect` chooses none."""
    result = run_suite(
        UNRECORDED, "--mastra-target=live", "--mastra-record=verify", f"--mastra-url={live.url}", *chosen
    )
    assert result.ret == (pytest.ExitCode.TESTS_FAILED if is_vain else pytest.ExitCode.OK)
    told = "this run was to compare some with the server, and fails for want of any"
    said = result.outlines
    if is_vain:
        assert f"no recording was verified: {told}" in said
        assert "not compared: test_suite.py::test_report: it has no cassette" in said
        assert said[said.index(f"no recording was verified: {told}") + 1].endswith("/errors/#nothing-verified")
    else:
        assert "no recording was verified: the tests that ran have none" in said


def test_workers_that_compare_nothing(run_process: RunSuite, live: Live) -> None:
    """Under pytest-xdist the process that started them fails."""
    options = ["--mastra-target=live", f"--mastra-url={live.url}"]
    workers = ["-p", "xdist", "-n", "1", "--mastra-record=verify"]
    assert run_process(UNRECORDED, *options, *workers).ret == pytest.ExitCode.TESTS_FAILED
