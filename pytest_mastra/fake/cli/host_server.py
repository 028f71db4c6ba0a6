"""What `mastra-sync serve` does: serve a declared server, and report what goes wrong."""

from __future__ import annotations

import contextlib
import errno
import threading
from collections.abc import Iterator

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.schemas import in_words, placeholders
from mastra_sync.cli.server import PROGRAM, Server
from mastra_sync.terminal.writing import complain, print_text, printable
from pytest_mastra.fake.api.journal import Request
from pytest_mastra.fake.cli.find_server import find_server
from pytest_mastra.fake.engine.state import UnexpectedError
from pytest_mastra.fake.fronts.socket import DEFAULT_PORT, serve
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.http.wire import WireReply, WireRequest

WHERE_CLIENTS_LOOK = f"http://127.0.0.1:{DEFAULT_PORT}"


def host_until_interrupted(where: str, host: str, port: int, keep: int) -> Exit:
    """Serve the server that `where` names, and have it keep so many finished runs.

    Raises:
        Stop: It cannot be found, or not be served there.
    """
    server = find_server(where)
    server.keep = keep
    surface = ReportingSurface(server)
    try:
        serve(surface, host, port, announce=lambda url: _announce(server, where, url), meanwhile=server.catch_up)
    except BrokenPipeError:
        # of our own output: whoever read it has gone
        raise
    except OSError as error:
        raise Stop(Exit.USAGE, _describe_os_error(error, host, port)) from error
    except ValueError as error:
        raise Stop(Exit.USAGE, f"--host: {error}") from error
    surface.report_news()
    complain(f"{PROGRAM}: stopped after {server.journal.requests.total} requests")
    return Exit.SUCCESS


class ReportingSurface:
    """A server's surface that reports on stderr what went wrong.

    That is requests that met nothing, and exceptions of steps that were not meant as failures.

    Args:
        server: The server.
    """

    def __init__(self, server: FakeMastra) -> None:
        self._server = server
        self._requests_reported = 0
        self._errors_reported = 0
        self._lock = threading.Lock()

    def handle(self, request: WireRequest) -> WireReply:
        """Return the server's reply."""
        reply = self._server.handle(request)
        # that nobody reads the report is no fault of the request
        with contextlib.suppress(BrokenPipeError):
            self.report_news()
        return reply

    def report_news(self) -> None:
        """Report what is new; a stream may go wrong long after its request."""
        with self._lock:
            requests, self._requests_reported = self._server.journal.requests.since(self._requests_reported)
            errors, self._errors_reported = self._server.state.unexpected_errors.since(self._errors_reported)
        for request in requests:
            if request.stray:
                complain(_describe_stray(request))
        for error in errors:
            complain(_describe_unexpected(error))


def _announce(server: FakeMastra, where: str, url: str) -> None:
    time = "virtual time" if server.clock.skips else "real time"
    complain(f"{printable(where)}, a fake Mastra server ({server.generation.name}, {time}); Ctrl-C stops it")
    try:
        print_text(url)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Stop(Exit.SERVER, f"cannot write: {error.strerror}") from error
    for line in _workflow_lines(server, url):
        complain(f"  {printable(line)}")


def _workflow_lines(server: FakeMastra, url: str) -> Iterator[str]:
    workflows = list(server.state.workflows.values())
    if not workflows:
        yield "it has no workflows"
        return
    width = max(len(workflow.id) for workflow in workflows)
    for workflow in workflows:
        yield f"{workflow.id:{width}}  {in_words(_input_of(workflow))}"
    here = Server(url=None if url == WHERE_CLIENTS_LOOK else url, api_prefix=server.api_prefix, headers=())
    schema = _input_of(workflows[0])
    token = "MASTRA_API_TOKEN=... " if server.token else ""
    yield f"try: {token}{here.command('run', workflows[0].id, last=placeholders(schema) if schema else [])}"


def _input_of(workflow: Workflow) -> dict[str, object] | None:
    return None if workflow.input_schema is None else workflow.input_schema.json_schema


def _describe_stray(request: Request) -> str:
    return f"{printable(f'{request.method} {request.path}')} {request.status}: {printable(request.stray or '')}"


def _describe_unexpected(failure: UnexpectedError) -> str:
    if not failure.step_id:
        return f"{printable(failure.where)}: broke down\n{failure.traceback}"
    step = printable(f"{failure.step_id!r} of {failure.workflow_id!r}, run {failure.run_id}")
    return f"{step}: not a StepError, so not meant as a failure\n{failure.traceback}"


def _describe_os_error(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken; --port takes another one, 0 any that is free"
    return f"cannot serve on {host}:{port}: {error.strerror or error}"
