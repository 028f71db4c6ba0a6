"""What the pytest plugin costs those who do not use it, and those who do: CPU time of real pytest runs."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from tests.benchmarks.pytest_runs import PLUGIN, least_seconds
from tests.benchmarks.rounds import rounds

Figure = Callable[[str, str, str], None]

TESTS = 2_000
FIXTURE_TESTS = 1_000

TRIVIAL = """
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_it(number{fixture}): pass
"""


def cpu_seconds(folder: Path, environment: dict[str, str], *arguments: str) -> float:
    """Return what one pytest process that collects takes, in user and system time."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.skipif(sys.platform == "win32", reason="CPU time of processes is asked of the resource module")
def test_start_up(figure: Figure, tmp_path: Path, environment: dict[str, str]) -> None:
    """Collecting in an empty folder, with the plugin and with an empty one; they take turns, for the machine is noisy.

    An empty one, because any `-p` has pytest look through all packages that are installed.
    """
    folder = tmp_path / "empty"
    folder.mkdir()
    (tmp_path / "empty_plugin.py").touch()
    environment["PYTHONPATH"] = str(tmp_path)
    kinds = (("-p", "empty_plugin"), PLUGIN)
    taken = [[cpu_seconds(folder, environment, *kind) for kind in kinds] for _ in range(rounds(25))]
    bare = median(alone for alone, _ in taken[1:])
    added = median(with_it - alone for alone, with_it in taken[1:])
    figure("start-up added to bare pytest", "<= 5 ms", f"{added * 1000:.1f} ms ({1 + added / bare:.3f} x)")


def test_a_test_that_uses_nothing(figure: Figure, tmp_path: Path, environment: dict[str, str]) -> None:
    """2,000 trivial tests, with the plugin and without."""
    (tmp_path / "test_trivial.py").write_text(TRIVIAL.format(count=TESTS, fixture=""), encoding="utf-8")
    bare, with_it = least_seconds(tmp_path, environment, [(), PLUGIN], count=rounds(8))
    added = (with_it - bare) / TESTS * 1e6
    figure("a test that uses nothing of the plugin", "<= 10 us", f"{added:.1f} us ({with_it / bare:.3f} x)")


def test_a_test_that_uses_the_fake(figure: Figure, tmp_path: Path, environment: dict[str, str]) -> None:
    """Tests with the fixture `mastra_server`, and as many without a fixture."""
    for name, fixture in (("test_plain", ""), ("test_fake", ", mastra_server")):
        code = TRIVIAL.format(count=FIXTURE_TESTS, fixture=fixture)
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    kinds = [(*PLUGIN, "test_plain.py"), (*PLUGIN, "test_fake.py")]
    plain, with_fake = least_seconds(tmp_path, environment, kinds, count=rounds(4))
    added = (with_fake - plain) / FIXTURE_TESTS * 1000
    figure("mastra_server, set up and torn down", "<= 1 ms", f"{added:.2f} ms ({with_fake / plain:.1f} x a bare test)")
