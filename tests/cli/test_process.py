"""The command as a process: signals, pipes, encodings, terminals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mastra_sync.cli.exits import Exit
from tests.cli.processes import COMMAND, INTERRUPTIBLE, PROCESS_TIMEOUT, Ended, Terminal, started
from tests.cli.stub_server import Script, StubServer, step

Process = Callable[..., Ended]


def test_ctrl_c_leaves_the_run(stub: StubServer) -> None:
    """Ctrl-C ends the command, not the run, and says how to go on."""
    stub.go_on.clear()
    stub.script = Script(events=[step("start", "a")])
    with started(
        *INTERRUPTIBLE, "run", "scripted", "--run-id", "r1", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        while "a started" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PROCESS_TIMEOUT)
    assert (process.returncode, out) == (Exit.INTERRUPTED, "")
    assert err.splitlines() == [
        "mastra-sync: run r1 of 'scripted' was left as it is; pick it up again, or cancel it, with",
        "    mastra-sync result scripted r1 --wait",
        "    mastra-sync cancel scripted r1",
    ]
    assert "cancel" not in [request.route for request in stub.received]


@pytest.mark.parametrize("arguments", [["--json-events"], ["--output", "full", "--quiet"]])
def test_a_broken_pipe(stub: StubServer, arguments: list[str]) -> None:
    """Whoever stops reading stdout, as `head` does, is no reason for a traceback."""
    stub.go_on.clear()
    stub.script = Script(events=[step("output", "a", output="x" * 1000)] * 1000)
    with started(*COMMAND, "run", "scripted", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        stub.go_on.set()
        err = process.stderr.read()
        process.wait(PROCESS_TIMEOUT)
    assert (process.returncode, err) == (Exit.BROKEN_PIPE, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk(stub: StubServer) -> None:
    """A result that could not be written is no success."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ended = subprocess.run(
            [*COMMAND, "run", "scripted", "--run-id", "r1", "--quiet"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PROCESS_TIMEOUT,
            check=False,
        )
    assert (ended.returncode, ended.stderr.splitlines()[0]) == (
        Exit.UNKNOWN,
        "mastra-sync: cannot write: No space left on device",
    )


def test_an_ascii_stdout_gets_escapes(stub: StubServer, mastra_sync_process: Process) -> None:
    """A result that the encoding cannot show is printed as JSON escapes, and the marks as ASCII."""
    stub.script = Script(
        events=[step("start", "été"), step("result", "été", status="success", startedAt=0, endedAt=5)],
        state={"status": "success", "result": "été"},
    )
    ended = mastra_sync_process("run", "scripted", environment={"PYTHONIOENCODING": "ascii"})
    assert ended.out == '"\\xe9t\\xe9"\n'.replace("\\x", "\\u00")
    assert [line[12:] for line in ended.err.splitlines()[1:]] == [
        "> \\xe9t\\xe9 started",
        "+ \\xe9t\\xe9 succeeded after 5 ms",
        "+ scripted succeeded",
    ]


def test_stdin_is_input(stub: StubServer, mastra_sync_process: Process) -> None:
    """`--input -` reads what is piped in."""
    mastra_sync_process("run", "scripted", "--input", "-", input='{"n": 1}')
    assert stub.starts()[0].body == {"inputData": {"n": 1}}


def show_on(terminal: Terminal, stub: StubServer, **environment: str) -> str:
    """Run the command with its stderr on the terminal, let it end once a step was seen to run; return stdout."""
    stub.go_on.clear()
    stub.script = Script(
        events=[
            step("start", "lookup"),
            step("result", "lookup", status="success", startedAt=0, endedAt=1500),
            step("start", "ask"),
        ],
        state={
            "status": "suspended",
            "steps": {"ask": {"status": "suspended", "suspendPayload": {"ask": "ok?"}}},
            "suspendedPaths": {"ask": [1]},
        },
    )
    settings = {**os.environ, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", "COLUMNS": "100", **environment}
    with started(
        *COMMAND, "run", "scripted", "--run-id", "r1", stdout=subprocess.PIPE, stderr=terminal.stderr, env=settings
    ) as process:
        terminal.read_until("ask")
        terminal.read_until("1.5 s")
        stub.go_on.set()
        terminal.read_until("resume scripted r1")
        out, _ = process.communicate(timeout=PROCESS_TIMEOUT)
    return out


def test_the_live_view(terminal: Terminal, stub: StubServer) -> None:
    """On a terminal the steps are redrawn while they run, and the last state stays, with what is asked."""
    assert show_on(terminal, stub) == ""
    assert "scripted is running" in terminal.plain
    last_frame = terminal.plain.rpartition("scripted is suspended")[2]
    lines = [line.rstrip() for line in last_frame.splitlines()]
    assert lines[1].split() == ["✓", "lookup", "1.5", "s"]
    assert lines[2].split() == ["?", "ask", '{"ask":', '"ok?"}']
    assert "\x1b[?25h" in terminal.text.rpartition("\x1b[?25l")[2], "the cursor is not shown again"


def test_no_color(terminal: Terminal, stub: StubServer) -> None:
    """`NO_COLOR` takes the colours, not the view."""
    show_on(terminal, stub, NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", terminal.text)


def test_colours(terminal: Terminal, stub: StubServer) -> None:
    """A step that has succeeded is green."""
    show_on(terminal, stub)
    assert re.search(r"\x1b\[32m✓", terminal.text)


def test_a_terminal_without_the_marks(terminal: Terminal, stub: StubServer) -> None:
    """A terminal that has ASCII only gets ASCII only."""
    show_on(terminal, stub, PYTHONIOENCODING="ascii")
    assert terminal.text.isascii()
    assert "+ lookup" in terminal.plain


def test_a_dumb_terminal_gets_plain_lines(terminal: Terminal, stub: StubServer) -> None:
    """A terminal that cannot move its cursor is written to line by line."""
    show_on(terminal, stub, TERM="dumb")
    assert "\x1b" not in terminal.text
    assert "lookup succeeded after 1.5 s" in terminal.text
