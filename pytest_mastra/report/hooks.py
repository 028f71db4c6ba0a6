"""The hooks that complete reports, there from the first test that has to do with Mastra."""

# ruff: noqa: PLC0415 -- what shows and explains is loaded by tests that have something to show

from __future__ import annotations

import traceback
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mastra.report import carried_trace
from pytest_mastra.suite import problems, settings
from pytest_mastra.suite.scene import SCENE, Scene

if TYPE_CHECKING:
    import warnings

    from pytest_mastra.redact.scrubber import Scrubber

OVERRUNS = "mastra: runs that took longer than the client would have waited"

_NAME = "mastra-reporting"


def begin(config: pytest.Config) -> None:
    """Have reports completed from now on."""
    if not config.pluginmanager.has_plugin(_NAME):
        config.pluginmanager.register(Reporting(config), _NAME)


def scrubber_of_test(item: pytest.Item) -> Scrubber | None:
    """Return what takes a test's secrets out, if its report has needed it."""
    reporting = item.config.pluginmanager.get_plugin(_NAME)
    return reporting.known_scrubber(item.nodeid) if isinstance(reporting, Reporting) else None


class Reporting:
    """Adds to reports what is known of a test's scene.

    As sections and properties, so that any reporter has them.

    Args:
        config: pytest's.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._scrubbers: dict[str, Scrubber | None] = {}
        self._phases: dict[str, str] = {}
        self._traces = settings.setting(config, "trace").value != "off"
        self._carries = carried_trace.are_wanted(config)
        self._carries_failed = settings.summary_setting(config) is not None

    def known_scrubber(self, test: str) -> Scrubber | None:
        """Return what takes the secrets of a test out, by its node id."""
        return self._scrubbers.get(test)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Complete a report. A scene is over with its test's teardown."""
        report = yield
        scene = item.stash.get(SCENE, None)
        if scene is not None and call.when == "call":
            scene.note_outcome(report)
        if scene is not None:
            if call.when == "setup":
                self._scrubbers.clear()
                self._phases.clear()
            if self._phases.get(call.when) != "failed":
                # the report of a test comes after those of its subtests, and passes though they failed
                self._phases[call.when] = report.outcome
            if self._has_news(report, call, scene) and not scene.is_quiet:
                scrubber = self._redact(report, call, scene, item)
                if scrubber is not None:
                    self._complete(report, call, scene, item, scrubber)
            if call.when == "teardown":
                del item.stash[SCENE]
                self._phases.clear()
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, nodeid: str) -> None:
        """Take the secrets out of a test's warnings, which are told when it is over."""
        if nodeid in self._scrubbers:
            from pytest_mastra.report import redacted

            redacted.redact_warning(warning_message, self._scrubbers[nodeid])

    def _has_news(self, report: pytest.TestReport, call: pytest.CallInfo[Any], scene: Scene) -> bool:
        says = bool(report.failed or self._traces or report.sections or report.skipped)
        is_last = call.when == "teardown" and self._is_carried()
        return says or is_last or (call.when == "call" and bool(scene.log))

    def _is_carried(self) -> bool:
        return self._carries or (self._carries_failed and "failed" in self._phases.values())

    def _redact(
        self, report: pytest.TestReport, call: pytest.CallInfo[Any], scene: Scene, item: pytest.Item
    ) -> Scrubber | None:
        """Take the secrets out of a report; return what knows them, None if withheld."""
        from pytest_mastra.redact.scrubber import learn_all, scrubber_of
        from pytest_mastra.report import redacted

        try:
            # what the phases before have said is known to it
            scrubber = learn_all(scene.log, self._scrubbers.get(item.nodeid) or scrubber_of(self._config))
            redacted.redact_report(report, scrubber)
            if call.when == "call":
                # junit reads those of the teardown's report, which pytest makes of the test's
                item.user_properties[:] = redacted.redact_properties(item.user_properties, scrubber)
        except Exception as error:  # noqa: BLE001 -- whatever it was, what it left may hold secrets
            redacted.withhold_report(report, call.excinfo, _place_of(error))
            item.user_properties.clear()
            self._scrubbers[item.nodeid] = None
            return None
        self._scrubbers[item.nodeid] = scrubber
        return scrubber

    def _complete(
        self,
        report: pytest.TestReport,
        call: pytest.CallInfo[Any],
        scene: Scene,
        item: pytest.Item,
        scrubber: Scrubber,
    ) -> None:
        """Add what is known of the scene."""
        try:
            if call.when == "call":
                self._tell_runs(report, scene, item, scrubber)
            if self._traces:
                from pytest_mastra.report import trace_writer

                trace_writer.write_trace(scene, report, self._config, scrubber=scrubber)
            if call.when == "teardown" and self._is_carried():
                carried_trace.carry_trace(scene, report, self._phases, scrubber)
            if report.failed:
                from pytest_mastra.report import timeline

                # the teardown's own failure tells what was wrong with the fakes
                found = problems.find_problems_of_fakes(scene) if call.when != "teardown" else []
                deaths = problems.tell_deaths(scene.servers) if scene.target == "fake" else []
                found, scene.found = [*found, *scene.found, *deaths], []
                overruns = problems.describe_overruns(scene)
                found += [(OVERRUNS, "\n".join(f"  {line}" for line in overruns))] if overruns else []
                sections = [(title, scrubber.text(text)) for title, text in found]
                sections += timeline.sections(
                    scene, report, self._config, scrubber=scrubber, is_explained=_is_explained(call)
                )
                timeline.add_sections(sections, report, self._config)
        except Exception as error:  # noqa: BLE001 -- the test's own outcome counts, and the tests after it
            problem = f"what is known of the test's runs could not be told: {_place_of(error)}"
            report.sections.append(("mastra: not shown", problem))

    @staticmethod
    def _tell_runs(report: pytest.TestReport, scene: Scene, item: pytest.Item, scrubber: Scrubber) -> None:
        from pytest_mastra.run_history import runs

        properties = runs.user_properties(scene, scrubber)
        if report.failed:
            properties += runs.failing_steps(scene, scrubber)
        for kept in (report.user_properties, item.user_properties):
            # subtests have told of the runs as they were then
            kept[:] = [*(one for one in kept if one[0] not in (runs.PROPERTY, runs.FAILING_STEP)), *properties]


def _is_explained(call: pytest.CallInfo[Any]) -> bool:
    from pytest_mastra.explain import assertions

    return call.excinfo is not None and assertions.is_explained(call.excinfo.value)


def _place_of(error: Exception) -> str:
    """Return what went wrong and where; not the message, which may hold what nobody has scrubbed."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.filename}:{last.lineno}"
