"""A session that is to replay, and replays nothing: it has tested nothing, and says so."""

from __future__ import annotations

import pytest

from pytest_mastra import FakeMastra, OnSocket
from tests.suites_in_folders import RunSuite

SUITE = """
    import pytest

    def test_first(mastra_client):
        mastra_client.list_workflows()

    def test_second(mastra_client):
        mastra_client.list_workflows()

    @pytest.mark.mastra(fake_only=True)
    def test_fake_only(mastra_server): pass

    def test_of_nothing(): pass
"""
REPLAY = "--mastra-target=replay"
TOLD = "*mastra: nothing was replayed*"


def test_a_session_that_replays_nothing_fails(run_suite: RunSuite) -> None:
    """All for want of a cassette: the exit status says it, and the last lines say how to record."""
    result = run_suite(SUITE, REPLAY)
    result.assert_outcomes(skipped=3, passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            TOLD,
            "none of 2 tests has a cassette in cassettes/: all were skipped, so this run has tested nothing",
            "target: replay (command line); record: pytest --mastra-target=live --mastra-url=URL",
            "See https://*/errors/#no-cassette",
        ]
    )
    assert run_suite(SUITE, REPLAY, "-k", "second").ret == pytest.ExitCode.TESTS_FAILED


def test_it_is_told_of_workers_too(run_process: RunSuite) -> None:
    """Under pytest-xdist the process that started them counts what they say."""
    result = run_process(SUITE, REPLAY, "-p", "xdist", "-n", "2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([TOLD, "none of 2 tests has a cassette*"])


def test_what_is_no_want_of_cassettes_is_none(run_suite: RunSuite) -> None:
    """One test that is replayed is enough; so is nothing that was to be, and nothing that was to run."""
    with OnSocket(FakeMastra()) as front:
        live = ("--mastra-target=live", f"--mastra-url={front.url}", "--mastra-record=once", "-k", "first")
        assert run_suite(SUITE, *live).ret == pytest.ExitCode.OK
    for chosen in (("-k", "first or second"), ("-k", "fake_only or nothing"), ("--collect-only", "-k", "second")):
        result = run_suite(SUITE, REPLAY, *chosen)
        assert result.ret == pytest.ExitCode.OK
        result.stdout.no_fnmatch_line(TOLD)
