"""The hooks that sweep tests, there from the first test that is to be swept."""

# ruff: noqa: PLC0415 -- what tells of a sweep is loaded where there is something to tell

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import pytest

from pytest_mastra.report import hooks as reporting
from pytest_mastra.suite import settings
from pytest_mastra.suite.scene import BETWEEN, SCENE
from pytest_mastra.sweep import marker
from pytest_mastra.sweep.protocol import several_times
from pytest_mastra.sweep.sweep import RESULT, Sweep

_NAME = "mastra-sweeping"

_TIMER = pytest.StashKey[Any]()
"""Where a test's item keeps what pytest-timeout has set a timer with for it as a whole."""


def begin(config: pytest.Config) -> None:
    """Have tests swept from now on."""
    if not config.pluginmanager.has_plugin(_NAME):
        # what completes reports is to be inside of what tells of a sweep
        reporting.begin(config)
        config.pluginmanager.register(Sweeping(config), _NAME)


class Sweeping:
    """Runs tests that have the marker once for each point, as one test with one result.

    Args:
        config: pytest's.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._points = marker.point_of(config)
        self._mode = settings.setting(config, "sweep").value
        self._on_live = marker.is_swept_on_live(config)
        on_fake = settings.setting(config, "target").value == "fake"
        self._is_on = self._on_live or (on_fake and (self._mode != "off" or self._points is not None))
        setup_only = any(config.getoption(name, default=False) for name in ("setuponly", "setupplan"))
        self._is_on = self._is_on and not setup_only

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Sweep a test."""
        if not self._is_on or item.get_closest_marker(marker.NAME) is None:
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        plan = marker.plan_of(item, is_quick=self._mode == "quick", on_live=self._on_live)
        try:
            with several_times(item) as run:
                sweep = Sweep(item, plan, run, self._timer_of(item))
                if self._points is None:
                    sweep.sweep(nextitem)
                else:
                    sweep.run_point(self._points, nextitem)
        finally:
            del item.stash[RESULT]
            if BETWEEN in item.stash:
                del item.stash[BETWEEN]
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Have the report of a swept test tell of all its points."""
        scene = item.stash.get(SCENE, None)
        report = yield
        result = item.stash.get(RESULT, None)
        if result is None or scene is None or scene.is_quiet or call.when != "call":
            return report
        from pytest_mastra.sweep import report as sweep_report

        sweep_report.complete(report, call, result, scene, item)
        return report

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> None:
        """Note what a timer is set with: it is set anew for each point."""
        item.stash[_TIMER] = settings

    def _timer_of(self, item: pytest.Item) -> Callable[[], None]:
        """Return what sets a test's timer anew: its timeout holds for each run."""
        if _TIMER not in item.stash:
            return lambda: None
        settings, hook = item.stash[_TIMER], self._config.hook
        if settings.func_only:
            return lambda: None

        def set_timer() -> None:
            hook.pytest_timeout_cancel_timer(item=item)
            hook.pytest_timeout_set_timer(item=item, settings=settings)

        return set_timer
