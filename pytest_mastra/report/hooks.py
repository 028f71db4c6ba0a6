"""The hooks that complete reports, there from the first test that has to do with Mastra."""

# ruff: noqa: PLC0415 -- what shows and explains is loaded by tests that have something to show

from __future__ import annotations

import traceback
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mastra.suite import problems, settings
from pytest_mastra.suite.scene import SCENE, Scene

if TYPE_CHECKING:
    import warnings

    from pytest_mastra.redact.scrubber import Scrubber

_NAME = "mastra-reporting"


def begin(config: pytest.Config) -> None:
    """Have reports completed from now on."""
    if not config.pluginmanager.has_plugin(_NAME):
        config.pluginmanager.register(Reporting(config), _NAME)


class Reporting:
    """Adds to reports what is known of a test's scene.

    As sections and properties, so that any reporter has them.

    Args:
        config: pytest's.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._scrubbers: dict[str, Scrubber] = {}
        self._traces = settings.setting(config, "trace").value != "off"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Complete a report. A scene is over with its test's teardown."""
        scene = item.stash.get(SCENE, None)
        report = yield
        if scene is not None and call.when == "call":
            scene.note_outcome(report)
        if scene is not None:
            try:
                self._complete(report, call, scene, item)
            except Exception as error:  # noqa: BLE001 -- the test's own outcome counts, and the tests after it
                report.sections.append(("mastra: not shown", _location_of(error)))
            if call.when == "teardown":
                del item.stash[SCENE]
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, nodeid: str) -> None:
        """Take the secrets out of a test's warnings, which are told when it is over."""
        scrubber = self._scrubbers.get(nodeid)
        if scrubber is not None:
            from pytest_mastra.report import redacted

            redacted.redact_warning(warning_message, scrubber)

    def _complete(self, report: pytest.TestReport, call: pytest.CallInfo[Any], scene: Scene, item: pytest.Item) -> None:
        if call.when == "setup":
            self._scrubbers.clear()
        if not (scene.log or report.failed or self._traces or report.sections or report.skipped):
            return
        from pytest_mastra.redact.scrubber import learn_secrets
        from pytest_mastra.run_history import runs

        has_news = report.failed or self._traces or report.sections or report.skipped
        if call.when != "call" and not has_news:
            return
        scrubber = learn_secrets(scene.log, self._config)
        self._scrubbers[item.nodeid] = scrubber
        if call.when == "call":
            properties = runs.user_properties(scene, scrubber)
            # junit reads those of the teardown's report, which pytest makes of the test's
            for kept in (report.user_properties, item.user_properties):
                # subtests have told of the runs as they were then
                own = [one for one in kept if one[0] != runs.PROPERTY]
                kept[:] = [*_redacted(own, scrubber), *properties]
        if self._traces:
            from pytest_mastra.report import trace_writer

            trace_writer.write_trace(scene, report, self._config, scrubber=scrubber)
        if has_news or report.user_properties:
            from pytest_mastra.report import redacted

            redacted.redact_report(report, scrubber)
        if report.failed:
            from pytest_mastra.report import timeline

            # the teardown's own failure tells what was wrong with the fakes
            found = problems.find_problems_of_fakes(scene) if call.when != "teardown" else []
            sections = [(title, scrubber.text(text)) for title, text in found]
            sections += timeline.sections(scene, report, self._config, scrubber=scrubber)
            timeline.add_sections(sections, report, self._config)


def _redacted(properties: list[tuple[str, object]], scrubber: Scrubber) -> list[tuple[str, object]]:
    if not properties:
        return []
    from pytest_mastra.report import redacted

    return redacted.redact_properties(properties, scrubber)


def _location_of(error: Exception) -> str:
    """Return what went wrong and where; not the message, which may hold what nobody has scrubbed."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    location = f"{type(error).__name__} at {last.filename}:{last.lineno}"
    return f"what is known of the test's runs could not be told: {location}"
