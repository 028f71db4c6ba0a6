"""A Postgres of the tests' own: a cluster in a temporary folder, on a free port, gone with the test run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any, final

from typing_extensions import Self

from tests.live.install import ServerUnavailable
from tests.live.server import PostgresSchema

START_TIMEOUT = 60.0
_READY = "database system is ready to accept connections"
_TIED = '"$@" & exec 2>/dev/null; cat; kill -QUIT $!; wait'
"""Runs a program until our end of the pipe closes: a killed test run cannot tidy up."""

_TAKEN = "Address already in use"
_MOST_STARTS = 5
"""Postgres does not look for a free port by itself: another program may take the one that was free."""

_WITHOUT_DURABILITY = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200")


class _PortTaken(ServerUnavailable):
    """Another program has taken the port meanwhile."""


@final
class Postgres:
    """A running Postgres. A context manager: entered started, left stopped and gone.

    Raises:
        ServerUnavailable: There are no programs of Postgres on this machine.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="live-postgres-"))
        self._port = 0
        self._schemas = 0
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def new_schema(self) -> PostgresSchema:
        """Return a place for a server's tables that nobody else has."""
        self._schemas += 1
        return PostgresSchema(f"postgresql://postgres@127.0.0.1:{self._port}/postgres", f"live_{self._schemas}")

    def stop(self) -> None:
        """End it, and delete what it stored."""
        self._end_server()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end_server(self) -> None:
        if self._process is not None:
            assert self._process.stdin is not None
            assert self._process.stderr is not None
            self._process.stdin.close()
            self._process.wait()
            self._reader.join()
            self._process.stderr.close()
            self._process = None

    def _start(self) -> None:
        initdb, postgres = _program("initdb"), _program("postgres")
        nobody = _other_than_root()
        if nobody:
            shutil.chown(self._folder, nobody["user"], nobody["group"])
        data = str(self._folder / "data")
        options: dict[str, Any] = {"cwd": self._folder, "text": True, **nobody}
        made = subprocess.run(
            [initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            **options,
        )
        if made.returncode != 0:
            raise ServerUnavailable(f"initdb failed:\n{made.stderr}")
        self._start_server(postgres, data, options, _MOST_STARTS)

    def _start_server(self, postgres: str, data: str, options: dict[str, Any], starts: int) -> None:
        self._port = free_port()
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={self._port}",
            "unix_socket_directories=",
            *_WITHOUT_DURABILITY,
        ]
        self._process = subprocess.Popen(
            ["sh", "-c", _TIED, "sh", postgres, "-D", data, *(part for one in settings for part in ("-c", one))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **options,
        )
        try:
            self._await_ready(self._process)
        except _PortTaken:
            if starts == 1:
                raise
            self._end_server()
            self._start_server(postgres, data, options, starts - 1)

    def _await_ready(self, process: subprocess.Popen[str]) -> None:
        ready = threading.Event()
        lines: list[str] = []

        def read() -> None:
            assert process.stderr is not None
            for line in process.stderr:
                lines.append(line)
                if _READY in line:
                    ready.set()
            ready.set()

        self._reader = threading.Thread(target=read, daemon=True)
        self._reader.start()
        ready.wait(START_TIMEOUT)
        if not any(_READY in line for line in lines):
            taken = any(_TAKEN in line for line in lines)
            raise (_PortTaken if taken else ServerUnavailable)(f"Postgres did not start:\n{''.join(lines)}")


def free_port() -> int:
    """Return a port that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _program(name: str) -> str:
    """Return where a program of Postgres is: on PATH, or where Debian has it."""
    found = shutil.which(name) or max(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), default=None)
    if found is None:
        raise ServerUnavailable(f"no {name} on this machine: apt-get install postgresql")
    return found


def _other_than_root() -> dict[str, Any]:
    """Return whom Postgres runs as where we are root, which it refuses."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": "nogroup", "extra_groups": []}
