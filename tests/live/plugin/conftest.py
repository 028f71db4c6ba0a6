"""A folder where pytest is run with our plugin against a real server."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

RunSuite = Callable[..., pytest.RunResult]


@pytest.fixture
def run_suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RunSuite:
    """A function that runs pytest, with our plugin and syrupy, on a module (or on the last one again)."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("CI", "MASTRA_BASE_URL", "MASTRA_API_TOKEN", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)

    def run(code: str | None, *arguments: str) -> pytest.RunResult:
        if code is not None:
            pytester.makepyfile(test_suite=textwrap.dedent(code))
        plugins = ("-p", "pytest_mastra.plugin", "-p", "syrupy", "-p", "no:cacheprovider")
        return pytester.runpytest_subprocess(*plugins, *arguments, timeout=120)

    return run
