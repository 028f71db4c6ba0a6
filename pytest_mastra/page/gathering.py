"""What tests did, gathered in the process that sums up: outcomes, what pytest said, traces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_mastra.page.tested import SWEPT, Tested
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.report import carried_trace
from pytest_mastra.report.timeline import TITLE as RUNS_SECTION
from pytest_mastra.report.trace_records import outcome_of

if TYPE_CHECKING:
    from pytest_mastra.redact.scrubber import Scrubber

_NAME = "mastra-gathering"
_LONGEST_SECTION = 20_000
_TRACEBACK = "Failure"
_MARKED = "E  "
"""What pytest begins the lines with that say what is wrong."""

_OUR_OWN = "mastra_sync."
_SEE = "See https://"


def gathering_of(config: pytest.Config) -> Gathering:
    """Return what gathers, the same for all who sum up."""
    gathering = config.pluginmanager.get_plugin(_NAME)
    if gathering is None:
        gathering = Gathering(config)
        config.pluginmanager.register(gathering, _NAME)
    return gathering


class Gathering:
    """What is gathered of tests, and of workers that have gone.

    Args:
        config: pytest's.

    Attributes:
        crashed: Sentences on workers that crashed.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.crashed: list[str] = []
        self._config = config
        self._traces = carried_trace.TakenTraces()
        self._tests: dict[str, Tested] = {}
        self._phases: dict[str, dict[str, str]] = {}

    def tests(self) -> list[Tested]:
        """Return all tests without known secrets, in the order in which they were begun."""
        tests = list(self._tests.values())
        scrubber = learn_secrets((), self._config)
        for test in tests:
            _redact(test, scrubber)
        return tests

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in what is known of a phase of a test."""
        load = self._traces.take(report)
        test = self._tests.get(report.nodeid)
        if test is None or report.when == "setup":
            # a test that is run again is told as it was the last time
            self._tests.pop(report.nodeid, None)
            test = self._tests[report.nodeid] = Tested(report.nodeid, seconds=0.0)
            self._phases[report.nodeid] = {}
        phases = self._phases[report.nodeid]
        phase = str(report.when)
        if phases.get(phase) != "failed":
            phases[phase] = report.outcome
        test.seconds = (test.seconds or 0.0) + report.duration
        test.worker = getattr(report, "worker_id", "") or test.worker
        test.load = load or test.load
        test.outcome = _outcome(phases, report, test.outcome)
        if report.failed:
            _take_failure(test, report)
        elif report.skipped:
            test.message = _reason(report) or test.message
        if phase == "teardown":
            del self._phases[report.nodeid]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take in what could not be collected."""
        if report.failed:
            name = report.nodeid or "the collection"
            test = self._tests[name] = Tested(name, "error", 0.0, f"could not be collected: {_first_line(report)}")
            test.said.append((_TRACEBACK, str(report.longrepr)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Note a worker of pytest-xdist that has gone."""
        if error:
            self.crashed.append(f"Worker {node.gateway.id} crashed; what it had not yet told is not on this page.")


def _outcome(phases: dict[str, str], report: pytest.TestReport, before: str) -> str:
    if hasattr(report, "wasxfail") and not report.failed:
        return "xfailed" if report.skipped else "xpassed"
    outcome = outcome_of({"call": "failed", **phases} if phases.get("???") == "failed" else phases)
    return before if before in ("xfailed", "xpassed") and not report.failed else outcome


def _take_failure(test: Tested, report: pytest.TestReport) -> None:
    shown: Any = report.longrepr
    crash = getattr(shown, "reprcrash", None)
    text = report.longreprtext
    said = _words_of(crash.message) if crash is not None else _first_words(shown if isinstance(shown, str) else text)
    # what `pytest.fail` raises is called so, which says nothing
    test.message = test.message or said.removeprefix("Failed: ")
    sections = [(title, content) for title, content in report.sections if title != RUNS_SECTION]
    test.said += [(f"{_TRACEBACK} in {report.when}" if report.when != "call" else _TRACEBACK, text), *sections]


def _words_of(message: str) -> str:
    """Return what an exception says first; the client's own say why in further lines."""
    first, _, rest = message.partition("\n")
    if not first.startswith(_OUR_OWN):
        return first
    told = (line.strip() for line in rest.splitlines())
    return " ".join([first, *(line for line in told if line and not line.startswith(_SEE))])


def _first_words(text: str) -> str:
    """Return what a failure without a traceback says first: a sweep, a worker that crashed."""
    _, mark, told = text.partition(SWEPT)
    if mark:
        # it goes on in the next line, up to an empty one
        return " ".join(f"{mark}{told}".partition("\n\n")[0].split())
    lines = [line for line in text.splitlines() if line.strip()]
    marked = [line for line in lines if line.startswith(_MARKED)]
    return (marked or lines or [""])[0].removeprefix(_MARKED).strip()


def _reason(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail)
    shown = report.longrepr
    return str(shown[2]) if isinstance(shown, tuple) else ""


def _first_line(report: pytest.CollectReport) -> str:
    lines = [line for line in report.longreprtext.splitlines() if line.startswith(_MARKED)]
    return (lines or report.longreprtext.splitlines() or [""])[-1].removeprefix(_MARKED).strip()


def _redact(test: Tested, scrubber: Scrubber) -> None:
    """Take known secrets out of what pytest said; tests with a scene have been through it."""
    if test.message or test.said:
        test.message = scrubber.text(test.message)
        test.said = [(scrubber.text(title), scrubber.text(_bounded(content))) for title, content in test.said]


def _bounded(text: str) -> str:
    if len(text) <= _LONGEST_SECTION:
        return text
    half = _LONGEST_SECTION // 2
    return f"{text[:half]}\n... {len(text) - 2 * half:,} characters left out ...\n{text[-half:]}"
