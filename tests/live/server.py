"""One Mastra server as a child process, and the control surface that tests steer its workflows with."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, final
from urllib.parse import quote, urlencode

from tests.live.install import BUILT, SERVERS, install, node_program

START_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0
CONTROL_TIMEOUT = 30.0
HEAP_MEGABYTES = 4096
"""What a server may keep in memory; one that wants more ends with a message, before the machine does."""


class ServerFailed(Exception):
    """A server did not start, or its control surface refused a call; the message holds what the server wrote."""


@dataclass(frozen=True)
class PostgresSchema:
    """A schema of a Postgres database.

    Attributes:
        address: Of the database, `postgres://...`.
        name: Of the schema; it is made if need be.
    """

    address: str
    name: str


@final
class LiveServer:
    """A running Mastra server. A context manager: entered started, left stopped.

    Args:
        name: A key of `SERVERS`: a generation, or a host of the current one.
        port: Where to listen on 127.0.0.1; 0 takes a free port.
        auth_token: If given, the only token that the server lets in.
        api_prefix: Where Mastra's routes live instead of `/api` (not on 1.0-beta).
        body_limit: The largest request body in bytes; by default Mastra's own.
        database: What keeps the runs beyond this process: a file, or a schema of a Postgres database; by default they
            are in its memory.

    Attributes:
        kind: Its row of `SERVERS`.
        generation: The generation that it is of, as tests know it.
    """

    def __init__(
        self,
        name: str = "current",
        *,
        port: int = 0,
        auth_token: str | None = None,
        api_prefix: str | None = None,
        body_limit: int | None = None,
        database: Path | PostgresSchema | None = None,
    ) -> None:
        self.kind = SERVERS[name]
        self.generation = self.kind.generation
        self.port = port
        self.auth_token = auth_token
        self.api_prefix = api_prefix or "/api"
        options = {
            "host": self.kind.host,
            "port": str(port),
            "auth-token": auth_token,
            "api-prefix": api_prefix,
            "body-limit": body_limit and str(body_limit),
            **_stored_in(database),
        }
        self._arguments = [f"--{name}={value}" for name, value in options.items() if value]
        if self.kind.evented:
            self._arguments.append("--evented")
        self._process: subprocess.Popen[str] | None = None
        self._error_lines: list[str] = []

    def __enter__(self) -> LiveServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """The address without the API prefix."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def process_id(self) -> int:
        """The id of the server's process."""
        return self._running().pid

    @property
    def is_running(self) -> bool:
        """Whether the server's process has not ended."""
        return self._running().poll() is None

    def start(self) -> None:
        """Install the generation if need be, start the server and wait until it listens.

        Raises:
            ServerUnavailable: Node or Mastra cannot be had.
            ServerFailed: the server ended or said nothing within `START_TIMEOUT` seconds.
        """
        sources = install(self.kind.name)
        program = "serve.mjs" if self.kind.host else f"{BUILT}/index.mjs"
        self._process = subprocess.Popen(
            [str(node_program()), f"--max-old-space-size={HEAP_MEGABYTES}", program, *self._arguments],
            cwd=sources,
            env={**os.environ, "NODE_COMPILE_CACHE": str(sources.parent / "compiled")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            # A Ctrl-C is for the test run, which then stops its servers.
            start_new_session=True,
        )
        # Someone has to read stderr: a full pipe would stop the server.
        self._error_reader = threading.Thread(target=self._read_errors, daemon=True)
        self._error_reader.start()
        first_line = self._first_line()
        if not first_line:
            self.kill()
            raise ServerFailed(f"the {self.kind.name} server did not start. It wrote:\n{self.errors()}")
        self.port = json.loads(first_line)["port"]

    def stop(self) -> None:
        """End the server in an orderly way; one that is not running is left alone."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._clear_away()

    def kill(self) -> None:
        """End the server as a crash would."""
        self._running().kill()
        self._clear_away()

    def errors(self) -> str:
        """Return what the server wrote to its stderr so far."""
        return "".join(self._error_lines)

    def executions(self, run_id: str, workflow: str | None = None) -> dict[str, int]:
        """Return how often each step body of a run ran, by step id."""
        query = {"runId": run_id, **({"workflow": workflow} if workflow else {})}
        counts: dict[str, int] = self._control("GET", f"executions?{urlencode(query)}")
        return counts

    def total_executions(self) -> dict[str, dict[str, int]]:
        """Return how often each step body ran since the server started, by workflow id and step id."""
        totals: dict[str, dict[str, int]] = self._control("GET", "executions")
        return totals

    def declare_graphs(self, graphs: list[dict[str, Any]]) -> None:
        """Add the workflows of graphs (`tests/conformance/graph_workflows.py`), each under an id that is new."""
        self._control("POST", "graphs", json.dumps(graphs).encode())

    def open_gate(self, name: str) -> None:
        """Let all steps pass that wait or will ever wait at this gate."""
        self._control("POST", f"gates/{quote(name, safe='')}/open")

    def waiting_at_gate(self, name: str) -> int:
        """Return how many steps wait at this gate now."""
        return int(self._control("GET", f"gates/{quote(name, safe='')}")["waiting"])

    def wait_for_gate(self, name: str, count: int = 1, timeout: float = CONTROL_TIMEOUT) -> None:
        """Return as soon as `count` steps wait at this gate.

        Raises:
            TimeoutError: they did not within `timeout` seconds.
        """
        try:
            self._control("GET", f"gates/{quote(name, safe='')}?reached={count}", timeout=timeout)
        except TimeoutError:
            raise TimeoutError(
                f"{self.waiting_at_gate(name)} of {count} steps wait at gate {name!r} after {timeout} s"
            ) from None

    def _control(self, method: str, path: str, body: bytes | None = None, *, timeout: float = CONTROL_TIMEOUT) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, f"/__control/{path}", body)
            reply = connection.getresponse()
            body = reply.read()
        finally:
            connection.close()
        if reply.status != http.client.OK:
            raise ServerFailed(f"{method} /__control/{path} answered {reply.status}: {body!r}")
        return json.loads(body)

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise ServerFailed("the server was not started")
        return self._process

    def _first_line(self) -> str:
        """Return the first line of stdout; "" if the server ends or takes too long."""
        output = self._running().stdout
        assert output is not None
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.append(output.readline()), daemon=True)
        reader.start()
        reader.join(START_TIMEOUT)
        return lines[0] if lines else ""

    def _read_errors(self) -> None:
        errors = self._running().stderr
        assert errors is not None
        for line in errors:
            self._error_lines.append(line)

    def _clear_away(self) -> None:
        process = self._running()
        process.wait()
        self._error_reader.join()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _stored_in(database: Path | PostgresSchema | None) -> dict[str, str]:
    if database is None:
        return {}
    if isinstance(database, PostgresSchema):
        return {"database": database.address, "schema": database.name}
    return {"database": database.absolute().as_uri()}
