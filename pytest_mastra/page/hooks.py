"""`--mastra-html`: has gathered what tests did, in whichever process, and writes the page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from pytest_mastra.coverage.hooks import COVERAGE
from pytest_mastra.coverage.wishes import Omissions, WishError, parse_omissions
from pytest_mastra.page.gathering import gathering_of
from pytest_mastra.page.page_file import find_problem, write_page
from pytest_mastra.page.session import Session
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.redact.summary import Summary
from pytest_mastra.report import carried_trace
from pytest_mastra.suite import settings

if TYPE_CHECKING:
    from pathlib import Path


_NAME = "mastra-page"


def begin(config: pytest.Config, given: str) -> None:
    """Have the page written.

    In a worker of pytest-xdist the traces are sent to the controller, which writes.

    Args:
        config: pytest's.
        given: Where the page belongs, from where pytest was started.

    Raises:
        UsageError: No page can be written there, or a library is missing; says what to do.
    """
    carried_trace.want_traces(config)
    if not hasattr(config, "workerinput"):
        _refuse_without_libraries()
        path = config.invocation_params.dir / given
        problem = find_problem(path)
        if problem:
            raise settings.usage_error(f"--mastra-html={given}: {problem}")
        try:
            omissions = parse_omissions(config.getini("mastra_coverage_omit"))
        except WishError as error:
            raise settings.usage_error(str(error)) from None
        config.pluginmanager.register(Paging(config, path, omissions), _NAME)


class Paging:
    """Writes the page when all tests have ended.

    Args:
        config: pytest's.
        path: Where the page belongs.
        omissions: What does not count as missed.
    """

    def __init__(self, config: pytest.Config, path: Path, omissions: Omissions) -> None:
        self._config = config
        self._path = path
        self._omissions = omissions
        self._began = time.perf_counter()
        self._gathering = gathering_of(config)
        self._told = ""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the page."""
        tests = self._gathering.tests()
        session = Session(seconds=time.perf_counter() - self._began, notes=tuple(self._gathering.crashed))
        tried = self._config.stash.get(COVERAGE, None)
        scrubber = learn_secrets((), self._config)
        self._told = write_page(self._path, tests, session, scrubber, tried, self._omissions.reason).words

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the page is."""
        Summary(terminalreporter, learn_secrets((), self._config)).line(f"mastra: {self._told}")


def _refuse_without_libraries() -> None:
    from mastra_sync.extras import describe_missing, missing_libraries  # noqa: PLC0415 -- asked for once

    missing = missing_libraries("report")
    if missing:
        raise settings.usage_error(describe_missing("--mastra-html needs", missing, "report"))
