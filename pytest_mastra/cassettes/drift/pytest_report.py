"""`--mastra-record=verify`: holds each recorded test against the live server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from mastra_sync.documentation import see_error
from pytest_mastra.cassettes.drift.compare import compare
from pytest_mastra.cassettes.drift.findings import Drift, Finding, RunDrift
from pytest_mastra.redact.scrubber import scrubber_of
from pytest_mastra.redact.summary import Summary
from pytest_mastra.suite import left_out, settings, worker_text
from pytest_mastra.text.width import clipped

NAME = "mastra-drift"
"""Under which `DriftReport` is registered."""

_OUTPUT = "mastra_drift"
_WIDTH = 80


@dataclass(slots=True)
class VerifiedTest:
    """One recorded test that was run against the live server.

    Attributes:
        test: The test's node id.
        cassette: Its recording, as people call it.
        drift: What differs.
        reason: Why it was not compared; None if it was.
    """

    test: str
    cassette: str
    drift: Drift = field(default_factory=Drift)
    reason: str | None = None


class DriftReport:
    """Gathers what was compared, and reports it at the end. Writes nothing.

    It makes pytest's exit status 1 if anything has drifted, and if nothing was compared though it was to be. Under
    pytest-xdist it gathers in each worker, and reports in the process that started them.

    Args:
        config: pytest's.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._verified: list[VerifiedTest] = []
        self._workers_are_narrowed = False

    def add(self, test: str, cassette: object, drift: Drift) -> None:
        """Take in what came of a test.

        Args:
            test: The test's node id.
            cassette: The recording's file.
            drift: What `compare` found.
        """
        self._verified.append(VerifiedTest(test, str(cassette), drift))

    def add_not_compared(self, test: str, cassette: object, reason: str) -> None:
        """Take in that a test's recording could not be compared, and why: `it did not pass`."""
        self._verified.append(VerifiedTest(test, str(cassette), reason=reason))

    @property
    def drifted(self) -> list[VerifiedTest]:
        """What has drifted, in the order of the tests' names."""
        return sorted((verified for verified in self._verified if verified.drift), key=lambda verified: verified.test)

    @property
    def not_compared(self) -> list[VerifiedTest]:
        """What could not be compared."""
        return sorted(
            (verified for verified in self._verified if verified.reason is not None), key=lambda verified: verified.test
        )

    @property
    def is_vain(self) -> bool:
        """Whether this run was to compare something, and has compared nothing.

        Where only some tests were chosen, they may have nothing to do with any server.
        """
        mode = settings.setting(self._config, "record")
        if mode.value != "verify" or self._config.getoption("collectonly") or self._compared:
            return False
        return bool(self._verified) or (mode.origin == "command line" and not self._is_narrowed)

    @property
    def _is_narrowed(self) -> bool:
        return self._workers_are_narrowed or left_out.is_narrowed(self._config)

    @property
    def _compared(self) -> int:
        return sum(verified.reason is None for verified in self._verified)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Hand on what was gathered; where it is reported, fail if it drifted or is nothing."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            gathered = [_as_data(verified) for verified in self._verified]
            output[_OUTPUT] = worker_text.as_text([gathered, self._is_narrowed])
        elif exitstatus == pytest.ExitCode.OK and (self.drifted or self.is_vain):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of pytest-xdist has gathered; one that crashed says nothing."""
        found = (getattr(node, "workeroutput", None) or {}).get(_OUTPUT)
        gathered, is_narrowed = ((), False) if found is None else worker_text.from_text(found)
        self._verified += map(_from_data, gathered)
        self._workers_are_narrowed |= is_narrowed

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        """Say what has drifted, run by run, and how much has not."""
        if exitstatus == pytest.ExitCode.USAGE_ERROR:
            return
        summary = Summary(terminalreporter, scrubber_of(self._config))
        summary.begin("mastra: recordings and the live server")
        for verified in self.drifted:
            summary.line(f"{verified.test} ({verified.cassette})", red=True, bold=True)
            summary.lines(f"  {line}" for line in verified.drift.lines(width=_WIDTH - 2))
            summary.line("")
        for verified in self.not_compared:
            summary.line(clipped(f"not compared: {verified.test}: {verified.reason}", _WIDTH), yellow=True)
        good = not self.drifted and not self.is_vain
        summary.line(self.summary(), green=good, red=not good)
        if self.is_vain:
            summary.line(see_error("nothing-verified"))

    def summary(self) -> str:
        """Return how many recordings were verified, and which have drifted."""
        compared = self._compared
        if not compared:
            if not self.is_vain:
                return "no recording was verified: the tests that ran have none"
            return "no recording was verified: this run was to compare some with the server, and fails for want of any"
        drifted = self.drifted
        counted = f"{compared} recording{'s' if compared > 1 else ''} verified"
        if not drifted:
            return f"{counted}, none has drifted"
        have = "has" if len(drifted) == 1 else "have"
        return f"{counted}, {len(drifted)} {have} drifted: {', '.join(verified.test for verified in drifted)}"


def report_of(config: pytest.Config) -> DriftReport:
    """Return the report of this pytest run; it is registered when it is first asked for."""
    known = config.pluginmanager.get_plugin(NAME)
    if isinstance(known, DriftReport):
        return known
    report = DriftReport(config)
    config.pluginmanager.register(report, NAME)
    return report


def _as_data(verified: VerifiedTest) -> dict[str, Any]:
    return {
        "test": verified.test,
        "cassette": verified.cassette,
        "drift": verified.drift.as_data(),
        "reason": verified.reason,
    }


def _from_data(data: Mapping[str, Any]) -> VerifiedTest:
    return VerifiedTest(data["test"], data["cassette"], Drift.from_data(data["drift"]), data["reason"])


__all__ = ["NAME", "Drift", "DriftReport", "Finding", "RunDrift", "VerifiedTest", "compare", "report_of"]
