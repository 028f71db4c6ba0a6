"""The recorded suites, run by pytest in a process of its own: replayed, recorded or verified."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CASSETTES = ROOT / "cassettes"
TIME_LIMIT = 240.0

_COUNTS = re.compile(r"(\d+) (passed|failed|skipped|errors?)\b")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of pytest came to.

    Attributes:
        status: Its exit status.
        counts: How many tests passed, failed, were skipped.
        text: What it printed.
    """

    status: int
    counts: dict[str, int]
    text: str


def run_pytest(*arguments: str) -> Outcome:
    """Run pytest in the root of the tree, with nothing in the environment that says where a server is."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MASTRA_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIME_LIMIT,
    )
    last = done.stdout.rstrip().rpartition("\n")[2]
    counts = {word: int(number) for number, word in _COUNTS.findall(last)}
    return Outcome(done.returncode, counts, done.stdout + done.stderr)


def read_cassettes(folder: Path) -> dict[str, str]:
    """Return what the cassettes in a folder say, by their paths in it."""
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.yaml"))}


def changed_cassettes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return the cassettes that are not as they were."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
