"""`--mastra-summary`: what broke, for the page of a CI job; loaded lightly."""

# ruff: noqa: PLC0415 -- with GITHUB_STEP_SUMMARY set, every project that has this plugin loads this module

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

_NAME = "mastra-summarizing"


def begin(config: pytest.Config, given: str, *, is_asked_for: bool) -> None:
    """Have the summary written; workers of pytest-xdist leave it to their controller.

    Args:
        config: pytest's.
        given: Where it belongs.
        is_asked_for: Whether somebody asked for it here, and not only the variable says where it would belong.

    Raises:
        UsageError: It was asked for, and cannot be written there.
    """
    if hasattr(config, "workerinput"):
        return
    path = config.invocation_params.dir / given
    if is_asked_for:
        from pytest_mastra.page.page_file import find_problem
        from pytest_mastra.suite import settings

        problem = find_problem(path, "summary", "summary.md")
        if problem:
            raise settings.usage_error(f"--mastra-summary={given}: {problem}")
    config.pluginmanager.register(Summarizing(config, path, is_asked_for=is_asked_for), _NAME)


class Summarizing:
    """Keeps what is known of tests that fail, and writes the summary.

    Args:
        config: pytest's.
        path: Where it belongs.
        is_asked_for: Whether it is written even if no test has to do with Mastra; then it replaces what is there.
    """

    def __init__(self, config: pytest.Config, path: Path, *, is_asked_for: bool) -> None:
        self._config = config
        self._path = path
        self._is_asked_for = is_asked_for
        self._reports: dict[str, list[pytest.TestReport]] = {}
        self._failed: list[pytest.TestReport] = []
        self._outcomes: Counter[str] = Counter()
        self._crashed: list[str] = []
        self._has_traces = False
        self._told = ""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Any:
        """Keep the reports of a test until it is known whether it fails."""
        from copy import copy

        own = self._reports.setdefault(report.nodeid, [])
        # others take what is carried off it
        own.append(copy(report))
        if report.when == "teardown" or report.when not in ("setup", "call"):
            del self._reports[report.nodeid]
            self._has_traces = self._has_traces or any(hasattr(one, "mastra_trace") for one in own)
            if any(one.failed for one in own):
                self._failed += own
            else:
                self._outcomes[_outcome(own)] += 1
        return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Note a worker of pytest-xdist that has gone."""
        if error:
            self._crashed.append(f"Worker {node.gateway.id} crashed; what it had not yet told is not in this summary.")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the summary, if there is anything to tell."""
        if self._config.getoption("collectonly"):
            return
        coverage = self._coverage()
        if not (self._is_asked_for or self._has_traces or coverage):
            return
        from pytest_mastra.exports.summary import summary_text
        from pytest_mastra.page.gathering import Gathering
        from pytest_mastra.page.tested import Tested
        from pytest_mastra.redact.scrubber import learn_secrets

        gathering = Gathering(self._config)
        for report in self._failed:
            gathering.pytest_runtest_logreport(report)
        passed = [Tested("", outcome) for outcome in self._outcomes.elements()]
        scrubber = learn_secrets((), self._config)
        text = summary_text([*gathering.tests(), *passed], notes=self._crashed, coverage=coverage)
        self._write(scrubber.text(text))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the summary is, if it was asked for, or why there is none."""
        if not self._told:
            return
        from pytest_mastra.redact.scrubber import learn_secrets
        from pytest_mastra.redact.summary import Summary

        Summary(terminalreporter, learn_secrets((), self._config)).line(f"mastra: {self._told}")

    def _coverage(self) -> str:
        if not self._config.pluginmanager.has_plugin("mastra-coverage"):
            return ""
        from pytest_mastra.coverage.hooks import coverage_in_a_line

        return coverage_in_a_line(self._config)

    def _write(self, text: str) -> None:
        try:
            # the variable's file is that of a step, which may run more than this
            with self._path.open("wb" if self._is_asked_for else "ab") as file:
                file.write(text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            self._told = f"no summary is written to {self._path}: {error.strerror or error}"
        else:
            self._told = f"summary: {self._path}" if self._is_asked_for else ""


def _outcome(reports: list[pytest.TestReport]) -> str:
    skipped = next((one for one in reports if one.skipped), None)
    if any(hasattr(one, "wasxfail") for one in reports):
        return "xfailed" if skipped is not None else "xpassed"
    return "passed" if skipped is None else "skipped"
