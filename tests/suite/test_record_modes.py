"""Record modes that would record nothing: told once, before any test."""

from __future__ import annotations

import pytest

from tests.suites_in_folders import RunSuite

PLAIN = "def test_it(mastra_server): pass"
ADVICE = "what asks a server is --mastra-target=live --mastra-url=URL"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--mastra-record=rewrite",),
            "--mastra-record=rewrite records nothing with target fake (default): tests run on fakes, and none has the "
            "marker or the fixture mastra_cassette",
        ),
        (
            ("--mastra-record=new_episodes", "-o", "mastra_target=fake"),
            "--mastra-record=new_episodes records nothing with target fake (ini file): tests run on fakes, and none "
            "has the marker or the fixture mastra_cassette",
        ),
        (
            ("--mastra-record=new_episodes", "--mastra-target=replay"),
            "--mastra-record=new_episodes records nothing with target replay (command line): cassettes answer the "
            "tests, and no server is asked",
        ),
        (
            ("--mastra-record=verify",),
            "--mastra-record=verify compares nothing with target fake (default): tests run on fakes, and none has the "
            "marker or the fixture mastra_cassette",
        ),
    ],
)
def test_nothing_would_come_of_it(run_suite: RunSuite, arguments: tuple[str, ...], said: str) -> None:
    """No test runs and none passes: the error says why, and what to write."""
    result = run_suite(PLAIN, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines[0] == f"ERROR: {said}; {ADVICE}"
    assert "passed" not in result.stdout.str()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--mastra-record=once",),
        ("--mastra-record=none",),
        ("-o", "mastra_record=rewrite"),
        ("--mastra-record=rewrite", "--collect-only"),
        ("--mastra-record=verify", "test_suite.py::test_it"),
    ],
)
def test_it_may_be_the_usual(run_suite: RunSuite, arguments: tuple[str, ...]) -> None:
    """An ini file may say it for the whole suite, and the modes that keep what there is need nothing to keep."""
    assert run_suite(PLAIN, *arguments).ret == pytest.ExitCode.OK
