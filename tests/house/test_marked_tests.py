"""Tests that the suite leaves out by default can be set up all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEFT_OUT = "benchmark or hosts or random_graphs or site or browser"
FOLDERS = (
    "tests/benchmarks",
    "tests/docs",
    "tests/live/hosts",
    "tests/live/random_graphs",
    "tests/live/random_requests",
    "tests/page/browser",
)


def test_tests_that_are_left_out_find_their_fixtures() -> None:
    """No marked test asks for a fixture that its folder does not have; nothing of theirs is run."""
    asked = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--setup-plan", "-m", LEFT_OUT, *FOLDERS],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    assert "fixture '" not in asked.stdout, asked.stdout[-2000:]
    assert asked.returncode == 0, asked.stdout[-2000:] + asked.stderr[-2000:]
