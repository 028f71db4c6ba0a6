"""`execute(progress=True)`: a run's steps on the terminal of a script."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from mastra_sync import MastraClient, extras
from pytest_mastra import AS_TIMED, FakeMastra
from pytest_mastra.fake.fronts.socket import OnSocket
from tests.cli.fake_server import declared
from tests.cli.processes import PROCESS_TIMEOUT, Terminal, started

SCRIPT = """
from mastra_sync import MastraClient

with MastraClient() as client:
    print(client.get_workflow("city").execute({}, progress=True).result)
    print(client.get_workflow("free").execute({}, progress=True).status)
"""


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeMastra, MastraClient]]:
    """A fake server at `MASTRA_BASE_URL`, and a client of it."""
    server = declared()
    with OnSocket(server) as front, MastraClient(front.url, clock=server.clock) as client:
        monkeypatch.setenv("MASTRA_BASE_URL", front.url)
        yield server, client


@pytest.mark.usefixtures("both")
def test_on_a_terminal(terminal: Terminal) -> None:
    """The steps and how each run ended are on the terminal, what the script prints on stdout."""
    settings = {**os.environ, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"}
    command = (sys.executable, "-c", SCRIPT)
    with started(*command, stdout=subprocess.PIPE, stderr=terminal.stderr, env=settings) as process:
        terminal.read_until("free is suspended")
        out, _ = process.communicate(timeout=PROCESS_TIMEOUT)
    assert (process.returncode, out) == (0, "Hello, Oslo\nsuspended\n")
    assert "city succeeded" in terminal.plain
    for step in ("find", "greet", "say"):
        assert step in terminal.plain


def test_where_there_is_no_terminal(both: tuple[FakeMastra, MastraClient], capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is shown, and nothing else is asked of the server than without it."""
    server, client = both
    asked = []
    for progress in (False, True):
        before = len(server.requests)
        assert client.get_workflow("city").execute({}, progress=progress).result == "Hello, Oslo"
        asked.append([request.verb for request in server.requests[before:]])
    assert asked[0] == asked[1]
    assert capfd.readouterr() == ("", "")


def test_a_terminal_without_a_cursor(
    both: tuple[FakeMastra, MastraClient], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets a line for each step as it begins and ends, and `on_update` is called all the same."""
    server, client = both
    server.pace = AS_TIMED
    workflow = server.workflow("slow").then(server.step("first", lambda _: 1)).sleep(5)
    workflow.then(server.step("last", lambda _: 2)).commit()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    readings: list[str] = []
    client.get_workflow("slow").execute({}, progress=True, on_update=lambda reading: readings.append(reading.status))
    said = [line.partition(" s  ")[2].partition(" after ")[0] for line in capsys.readouterr().err.splitlines()[1:]]
    assert said[:2] == ["> first started", "+ first succeeded"] or said[:2] == ["▸ first started", "✓ first succeeded"]
    assert said[-1].endswith("slow succeeded")
    assert any(line.endswith("last succeeded") for line in said)
    assert readings


def test_without_the_extra(both: tuple[FakeMastra, MastraClient], monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install, before anything is sent."""
    server, client = both
    monkeypatch.setattr(extras, "missing_libraries", lambda *_: ["click", "rich"])
    with pytest.raises(ModuleNotFoundError) as caught:
        client.get_workflow("city").execute({}, progress=True)
    assert str(caught.value) == "execute(progress=True) needs click and rich: pip install 'mastra-sync[cli]'"
    assert server.requests == []
