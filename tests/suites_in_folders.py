"""Suites of tests that are written into a folder and run by pytest with our plugin, and no other that is installed."""

# ruff: noqa: INP001 -- the folder of all tests is no package; those in it are

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable

import pytest
import syrupy

# loaded here, or each of the runs in this process would load them anew
import pytest_mastra.cassettes.drift.pytest_report
import pytest_mastra.cassettes.fixture
import pytest_mastra.coverage.hooks
import pytest_mastra.exports.hooks
import pytest_mastra.fake.fronts.in_process
import pytest_mastra.fake.fronts.socket
import pytest_mastra.page.hooks
import pytest_mastra.regression.recorded_server
import pytest_mastra.run_assertion
import pytest_mastra.suite.live_server
import pytest_mastra.suite.targets
import pytest_mastra.sweep.hooks
import pytest_mastra.sweep.report
import pytest_mastra.sweep.summary  # noqa: F401
from pytest_mastra import plugin

PLUGIN = "pytest_mastra.plugin"
HANGS_AFTER = 240
"""Seconds that no process takes that does not hang, however loaded the machine is."""

RunSuite = Callable[..., pytest.RunResult]


@pytest.fixture
def alone(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder where pytest is run with our plugin only, as if on nobody's machine."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in (
        "CI",
        "GITHUB_STEP_SUMMARY",
        "MASTRA_BASE_URL",
        "MASTRA_API_TOKEN",
        "PYTEST_ADDOPTS",
        "PYTEST_XDIST_WORKER",
    ):
        monkeypatch.delenv(name, raising=False)
    # of a module that is written anew within a second, and is no longer than before, the old byte code would be taken
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return pytester


def run_with_syrupy(alone: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest with our plugin and syrupy in this process."""
    with pytest.MonkeyPatch.context() as patch:
        # syrupy keeps its session in a global, and ours goes on afterwards
        patch.setattr(syrupy, "_syrupy", None)
        # a copy of the examples is imported by the names of the originals, whose tests may run in this process too
        for name in [name for name in sys.modules if name.partition(".")[0] == "examples"]:
            patch.delitem(sys.modules, name)
        return alone.runpytest_inprocess("-p", "no:cacheprovider", *arguments, plugins=[plugin, syrupy])


@pytest.fixture
def run_suite(alone: pytest.Pytester) -> RunSuite:
    """A function that writes a test module, runs pytest on it in this process, and returns what came of it."""

    def run(code: str, *arguments: str, conftest: str = "") -> pytest.RunResult:
        alone.makepyfile(test_suite=textwrap.dedent(code))
        if conftest:
            alone.makeconftest(textwrap.dedent(conftest))
        # by its name it would be one that is imported already, of which pytest warns
        return alone.runpytest_inprocess("-p", "no:cacheprovider", *arguments, plugins=[plugin])

    return run


@pytest.fixture
def run_process(alone: pytest.Pytester) -> RunSuite:
    """A function that writes a test module, runs pytest on it in a process of its own, and returns what came of it."""

    def run(code: str, *arguments: str, conftest: str = "") -> pytest.RunResult:
        if code:
            alone.makepyfile(test_suite=textwrap.dedent(code))
        if conftest:
            alone.makeconftest(textwrap.dedent(conftest))
        return alone.runpytest_subprocess("-p", PLUGIN, *arguments, timeout=HANGS_AFTER)

    return run
