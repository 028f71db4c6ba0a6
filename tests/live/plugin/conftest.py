"""A folder where pytest is run with our plugin against a real server."""

from __future__ import annotations

import textwrap

import pytest

from tests.suites_in_folders import RunSuite, run_with_syrupy


@pytest.fixture
def run_suite(alone: pytest.Pytester) -> RunSuite:
    """A function that runs pytest, with our plugin and syrupy, on a module (or on the last one again)."""

    def run(code: str | None, *arguments: str) -> pytest.RunResult:
        if code is not None:
            alone.makepyfile(test_suite=textwrap.dedent(code))
        return run_with_syrupy(alone, *arguments)

    return run
