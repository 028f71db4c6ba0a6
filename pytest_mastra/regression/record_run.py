"""A run that a server has stored, written as cassette, fake and test."""

from __future__ import annotations

import re
import runpy
import tempfile
import time
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mastra_sync import RunResult
from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.folders import make_folder
from mastra_sync.cli.following import connect
from mastra_sync.cli.server import Server
from mastra_sync.root_causes import with_root_cause
from mastra_sync.terminal.writing import complain, one_line, print_text, printable
from pytest_mastra.cassettes.file.errors import CassetteError
from pytest_mastra.cassettes.file.read_write import read_cassette, write_cassette
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.http.bodies import reply_json
from pytest_mastra.http.exchanges import Exchange, ExchangeLog
from pytest_mastra.http.socket_recorder import Wiretap
from pytest_mastra.redact.scrubber import Scrubber
from pytest_mastra.regression.recorded_run import RecordedRun, recording_of
from pytest_mastra.regression.recorded_test import fake_text, test_text
from pytest_mastra.run_history.runs import graph_in, result_of

_RECORDED = {
    "success": "succeeded",
    "bailed": "succeeded",
    "failed": "failed",
    "tripwire": "was stopped by a tripwire",
    "suspended": "asks",
}
"""What a run must be to be recorded: so by what its steps did. In words."""

_UNKNOWN = "not in what the server has stored: "
_LONGEST = 60


def record_run(server: Server, workflow_id: str, run_id: str, folder: Path, secrets: Sequence[str]) -> Exit:
    """Write a run that a server has stored as a cassette, a fake and a test.

    Args:
        server: Where it is.
        workflow_id: Its workflow.
        run_id: The run.
        folder: Where the files go; it is made if need be.
        secrets: Names under which secrets stand, besides the built-in ones.

    Raises:
        Stop: The run is none to record, a test of it would not pass, a file is there already, or cannot be written.
    """
    name = module_name(workflow_id, run_id)
    paths = [folder / f"{name}.yaml", folder / f"{name}_fake.py", folder / f"test_{name}.py"]
    for path in paths:
        if path.exists():
            raise Stop(Exit.USAGE, f"{path} is there already; put it away, or --output FOLDER writes elsewhere")
    exchanges, status = _read(server, workflow_id, run_id)
    if status not in _RECORDED:
        raise Stop(
            Exit.USAGE,
            f"run {printable(run_id)} of {printable(workflow_id)!r} is {status}: only a run that has succeeded, failed "
            "or asks can be a test, for it is so by what its steps did",
        )
    # what was given on the command line may be secret
    scrubber = Scrubber(names=[*secrets, *(header for header, _ in server.headers)])
    with tempfile.TemporaryDirectory() as scratch:
        trial = [Path(scratch) / path.name for path in paths]
        gaps = _write_trial(trial, workflow_id, run_id, exchanges, scrubber)
        texts = [path.read_text(encoding="utf-8") for path in trial]
    make_folder(folder, "--output")
    try:
        for path, text in zip(paths, texts, strict=True):
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise Stop(Exit.USAGE, f"cannot write to {folder}: {error.strerror}") from error
    for path in paths:
        print_text(str(path))
    for gap in gaps:
        complain(f"{_UNKNOWN}{printable(gap)}")
    complain(f"recorded a run that {_RECORDED[status]}; try its test: pytest {paths[2]}")
    return Exit.SUCCESS


def module_name(workflow_id: str, run_id: str) -> str:
    """Return what the files of a run are called, without their endings."""
    words = re.sub(r"[^a-z0-9]+", "_", f"{workflow_id}_{run_id.partition('-')[0]}".lower()).strip("_")
    return words[:_LONGEST].rstrip("_") or "run"


def _read(server: Server, workflow_id: str, run_id: str) -> tuple[list[Exchange], str]:
    """Return what the server says of a workflow and of its run, and the run's status."""
    log = ExchangeLog()
    with connect(server, workflow_id, run_id) as attempt:
        tap = Wiretap(log, attempt.client.base_url, time.monotonic)
        with tap.on_every_session():
            workflow = attempt.client.get_workflow(workflow_id)
            workflow.details()
            status = workflow.run_by_id(run_id).status
    return [exchange for exchange in log if exchange.call.verb in ("details", "run_by_id")], status


def _write_trial(
    paths: Sequence[Path], workflow_id: str, run_id: str, exchanges: Iterable[Exchange], scrubber: Scrubber
) -> tuple[str, ...]:
    """Write the files, have the test run, and return what the recording does not tell.

    Raises:
        Stop: The test does not pass, or there can be none.
    """
    cassette, fake, test = paths
    try:
        write_cassette(cassette, exchanges, scrubber=scrubber)
        gaps = FakeMastra.from_cassette(cassette).gaps
        recording = _recording_in(cassette, workflow_id, run_id)
    except (CassetteError, ValueError) as error:
        raise Stop(Exit.USAGE, f"run {printable(run_id)} cannot be recorded: {one_line(str(error), None)}") from error
    fake.write_text(fake_text(cassette.name), encoding="utf-8")
    test.write_text(test_text(cassette.name, workflow_id, test.stem, recording), encoding="utf-8")
    try:
        runpy.run_path(str(test))[test.stem]()
    except Exception as error:
        known = "".join(f"\n{_UNKNOWN}{printable(gap)}" for gap in gaps)
        raise Stop(
            Exit.USAGE,
            f"run {printable(run_id)} of {printable(workflow_id)!r} makes no test, for a fake made of what the server "
            f"has stored of it does something else:\n{_failure(error, test)}{known}\n"
            "Nothing was written. A test that makes a run itself records all of it: pytest --mastra-target=live "
            "--mastra-record=once",
        ) from error
    return tuple(gaps)


def _failure(error: Exception, test: Path) -> str:
    """Return the line at which the test fails, with what, and what became of its run."""
    lines = [frame.line for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(test)]
    said = [lines[-1], f"{type(error).__name__}: {error}".rstrip(": ")]
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == str(test)]
    result = frames[-1].f_locals.get("result")
    if isinstance(result, RunResult):
        why = f": {with_root_cause(result.error)}" if result.error is not None else ""
        said.append(f"there the run is {result.status}{why}")
    return "\n".join(f"    {one_line(text, None)}" for text in said)


def _recording_in(cassette: Path, workflow_id: str, run_id: str) -> RecordedRun:
    """Return the run as the cassette has it, without secrets.

    Raises:
        ValueError: It cannot be understood.
    """
    exchanges = [exchange for exchange in read_cassette(cassette).exchanges if exchange.call.verb == "run_by_id"]
    state: Any = reply_json(exchanges[-1])
    result = result_of(state, workflow_id, exchanges[-1].call.run or run_id, graph_in(exchanges))
    return recording_of(state if result is None else result, workflow_id)
