"""Fixtures: a scripted server that the command finds in its environment, and ways to run the command."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mastra_sync.cli import main
from tests.cli.processes import COMMAND, PROCESS_TIMEOUT, Ended, Terminal
from tests.cli.stub_server import StubServer


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests reaches the command."""
    for name in list(os.environ):
        if name.startswith("MASTRA_") or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            monkeypatch.delenv(name)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubServer]:
    """A scripted server at `MASTRA_BASE_URL`."""
    with StubServer() as server:
        monkeypatch.setenv("MASTRA_BASE_URL", server.url)
        yield server


@pytest.fixture
def mastra_sync(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """A function that runs the command in this process."""

    def run(*arguments: str, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = main(arguments)
        captured = capsys.readouterr()
        return Ended(status, captured.out, captured.err)

    return run


@pytest.fixture
def mastra_sync_process() -> Callable[..., Ended]:
    """A function that runs the command in a process of its own."""

    def run(*arguments: str, environment: dict[str, str] | None = None, **options: Any) -> Ended:
        ended = subprocess.run(
            [*COMMAND, *arguments],
            capture_output=True,
            encoding="utf-8",
            timeout=PROCESS_TIMEOUT,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **(environment or {})},
            check=False,
            **options,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return run


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """A terminal for one test."""
    opened = Terminal()
    yield opened
    opened.close()
