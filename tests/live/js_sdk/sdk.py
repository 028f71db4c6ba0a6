"""Running the SDK's driver against a server, and what it wrote down in a form that can be compared."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.live.install import ServerUnavailable, _build_once, _install_packages, cache_folder, node_program

HERE = Path(__file__).parent
MANIFEST = HERE / "package.json"
DRIVER_TIMEOUT = 120.0

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_MILLISECONDS = range(1_500_000_000_000, 2_500_000_000_000)


def installed_sdk() -> Path:
    """Return the SDK's module, installing it if need be.

    Raises:
        ServerUnavailable: Node, npm or the package cannot be had.
    """
    node_program()
    try:
        from filelock import FileLock
    except ImportError as error:
        raise ServerUnavailable("installing the SDK needs filelock: pip install filelock") from error
    folder = cache_folder() / f"js-sdk-{hashlib.sha256(MANIFEST.read_bytes()).hexdigest()[:12]}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        _build_once(folder, lambda unfinished: _install_packages(MANIFEST, unfinished))
    return folder / "node_modules" / "@mastra" / "client-js" / "dist" / "index.js"


def drive(base_url: str) -> dict[str, Any]:
    """Have the SDK call everything that it has for workflows; return its transcript, and which methods it missed."""
    finished = subprocess.run(
        [str(node_program()), str(HERE / "driver.mjs"), installed_sdk().as_uri(), base_url],
        capture_output=True,
        encoding="utf-8",
        timeout=DRIVER_TIMEOUT,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    written: dict[str, Any] = json.loads(finished.stdout)
    return written


def aliased(transcript: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a transcript with ids numbered in the order in which they appear, and without times."""
    numbers: dict[str, int] = {}

    def alias(value: Any) -> Any:
        if isinstance(value, dict):
            return {alias(key): alias(item) for key, item in value.items()}
        if isinstance(value, list):
            return [alias(item) for item in value]
        if isinstance(value, str):
            text = _ID.sub(lambda found: f"<id {numbers.setdefault(found[0], len(numbers) + 1)}>", value)
            return _MOMENT.sub("<time>", text)
        return "<time>" if isinstance(value, int) and value in _MILLISECONDS else value

    return [alias(entry) for entry in transcript]
