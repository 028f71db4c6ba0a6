"""What a sweep costs, what it finds, and how much it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Figure = Callable[[str, str, str], None]

POINT_MS = 20
SUITE_SECONDS = 10
MOST_LINES = 25

TIMED = """
import contextlib, io, json, sys, time
import pytest
from pytest_mastra.sweep import sweep

times = {"plain": [], "points": []}
attempt = sweep.Sweep._attempt

def timed(self, points):
    began = time.process_time()
    found = attempt(self, points)
    times["points" if points else "plain"].append(time.process_time() - began)
    return found

sweep.Sweep._attempt = timed
began = time.process_time()
with contextlib.redirect_stdout(io.StringIO()):
    status = pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:]])
print(json.dumps({**times, "whole": time.process_time() - began, "status": status}))
"""

NAIVE = """
import pytest
from tests.examples import naive_expenses
from tests.examples.conftest import expense  # noqa: F401

@pytest.mark.mastra_sweep
def test_naive(mastra_server):
    naive_expenses.pay(900, "a sofa")
"""


def environment(folder: Path) -> dict[str, str]:
    """Return an environment with our plugin only, and byte code that is kept."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    own = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    return {**kept, **own, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def test_what_a_point_costs(figure: Figure, tmp_path: Path) -> None:
    """Over the test's own time, and all of the example's sweeps together, in CPU time of one process."""
    options = ["-c", os.devnull, "--rootdir", str(ROOT), "--import-mode=importlib", "-p", "pytest_mastra.plugin"]
    command = [sys.executable, "-c", TIMED, *options, "tests/faults/test_swept_scripts.py"]
    for _ in range(2):  # the first writes byte code
        done = subprocess.run(
            command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=300, check=True
        )
    seen = json.loads(done.stdout)
    assert seen["status"] == 0
    plain, points = min(seen["plain"]), sum(seen["points"]) / len(seen["points"])
    over = 1000 * (points - plain)
    figure(
        "a point of a sweep, over the test's own time",
        f"<= {POINT_MS} ms",
        f"{over:.1f} ms ({1000 * plain:.1f} ms of its own, {len(seen['points'])} points)",
    )
    figure("the example suite swept in full", f"<= {SUITE_SECONDS} s", f"{seen['whole']:.1f} s")


def test_what_is_found_and_said(figure: Figure, tmp_path: Path) -> None:
    """The naive script: points that fail, and lines of the text besides one for each further point."""
    (tmp_path / "test_naive.py").write_text(NAIVE, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "pytest_mastra.plugin", "-p", "no:cacheprovider", "test_naive.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    lines = done.stdout.splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith("mastra sweep of"))
    last = next(index for index, line in enumerate(lines) if line.endswith("#sweep-failed"))
    text = lines[first : last + 1]
    further = sum(line.startswith("  ") and "#" in line for line in text[text.index("Also:") :]) - 1
    found = " ".join(text[:2]).partition(", ")[2]
    figure("the naive script, all of its doubling points found", "23 of 23 that do not survive", found)
    figure(
        "what a failed sweep says, besides further points",
        f"<= {MOST_LINES} lines, 80 columns",
        f"{len(text) - further} lines, {max(map(len, text[: text.index('Also:')]))} columns",
    )
