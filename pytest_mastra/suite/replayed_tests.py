"""How many tests were replayed, where all are to be: with none, nothing was tested."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync.documentation import see_error
from pytest_mastra.redact.scrubber import scrubber_of
from pytest_mastra.redact.summary import Summary
from pytest_mastra.suite import settings

_NAME = "mastra-replayed"
_OUTPUT = "mastra_replayed"


class ReplayedTests:
    """Counts the tests that a cassette answers, and those that are skipped for want of one.

    It makes pytest's exit status 1 if there are only skipped ones. Under pytest-xdist it counts in each worker, and
    tells in the process that started them.

    Args:
        config: pytest's.

    Attributes:
        replayed: How many tests a cassette answers.
        skipped: How many have none.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.replayed = 0
        self.skipped = 0

    @property
    def is_none(self) -> bool:
        """Whether there was something to replay, and nothing was."""
        return bool(self.skipped) and not self.replayed

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Hand the numbers to the process that tells them; there, fail if nothing was replayed."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = [self.replayed, self.skipped]
        elif self.is_none and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of pytest-xdist has counted; one that crashed says nothing."""
        replayed, skipped = (getattr(node, "workeroutput", None) or {}).get(_OUTPUT, (0, 0))
        self.replayed += replayed
        self.skipped += skipped

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say that nothing was replayed, and how to record."""
        if not self.is_none:
            return
        summary = Summary(terminalreporter, scrubber_of(self._config))
        summary.begin("mastra: nothing was replayed")
        origin = settings.setting(self._config, "target").origin
        folder = self._config.getini("mastra_cassette_dir")
        only = "the only test that was to be replayed has no cassette"
        counted = only if self.skipped == 1 else f"none of {self.skipped} tests has a cassette"
        summary.line(f"{counted} in {folder}/: all were skipped, so this run has tested nothing", red=True, bold=True)
        summary.line(f"target: replay ({origin}); record: pytest --mastra-target=live --mastra-url=URL")
        summary.line(see_error("no-cassette"))


def begin(config: pytest.Config) -> None:
    """Count from now on."""
    config.pluginmanager.register(ReplayedTests(config), _NAME)


def note(config: pytest.Config, *, replayed: bool) -> None:
    """Count a test that is to be replayed, if all are."""
    counting = config.pluginmanager.get_plugin(_NAME)
    if isinstance(counting, ReplayedTests):
        counting.replayed += replayed
        counting.skipped += not replayed
