"""What the plugin costs those who do not use it: nothing heavy is loaded, and it can be left out."""

from __future__ import annotations

import json

import pytest

from tests.suites_in_folders import PLUGIN, RunSuite

HEAVY = frozenset(
    {"requests", "responses", "urllib3", "vcr", "yaml", "http.server", "pydantic", "jsonschema", "syrupy", "tenacity"}
)

CONFTEST = """
    import json
    import sys

    def pytest_unconfigure():
        print("loaded", json.dumps(sorted(sys.modules)))
"""


def loaded_after(result: pytest.RunResult) -> set[str]:
    """Return the modules that a pytest process had loaded when it ended."""
    (line,) = [line for line in result.outlines if line.startswith("loaded ")]
    return set(json.loads(line.partition(" ")[2]))


@pytest.mark.parametrize("code", ["", "def test_it(): assert {'a': 1} == {'a': 1}"], ids=["empty", "unused"])
def test_nothing_heavy_is_loaded(run_process: RunSuite, code: str) -> None:
    """After a collection, also with tests and their run, as long as none uses it."""
    for arguments in ((), ("--collect-only",)):
        loaded = loaded_after(run_process(code, *arguments, conftest=CONFTEST))
        assert PLUGIN in loaded
        assert not loaded & HEAVY
        ours = {name for name in loaded if name.partition(".")[0] in ("pytest_mastra", "mastra_sync")}
        assert ours == {"pytest_mastra", PLUGIN, "mastra_sync", "mastra_sync.lazy"}


def test_it_is_loaded_by_being_installed(alone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its entry point is called `mastra`; `-p no:mastra` leaves it out, fixtures, options and all."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    alone.makepyfile("def test_it(mastra_server): pass")
    others = [f"-pno:{name}" for name in ("recording", "vcr", "asyncio", "django", "pytest_httpserver", "xdist")]
    alone.runpytest_subprocess(*others).assert_outcomes(passed=1)
    without = alone.runpytest_subprocess(*others, "-p", "no:mastra")
    without.assert_outcomes(errors=1)
    without.stdout.fnmatch_lines(["E       fixture 'mastra_server' not found"])
    assert alone.runpytest_subprocess(*others, "-p", "no:mastra", "--mastra-target=fake").ret == 4


def test_a_wrong_marker_on_a_worker(run_process: RunSuite) -> None:
    """With pytest-xdist the error comes from a worker, and is told all the same."""
    result = run_process(
        """
        import pytest

        @pytest.mark.mastra(live=True)
        def test_it(): pass
        """,
        "-p",
        "xdist.plugin",
        "-n2",
    )
    assert result.ret != 0
    text = result.stdout.str() + result.stderr.str()
    assert "@pytest.mark.mastra: no argument 'live': did you mean 'live_only'?" in text
