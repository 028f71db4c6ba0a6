"""The command as a process: signals, pipes, encodings, terminals."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mastra_sync.cli.exits import Exit
from tests.cli.processes import COMMAND, INTERRUPTIBLE, PROCESS_TIMEOUT, Ended, Terminal, interrupted, started
from tests.cli.stub_server import Script, StubServer, step

Process = Callable[..., Ended]

HAS_FULL_DISK = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")


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
        out, err = interrupted(process)
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


@HAS_FULL_DISK
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


def run_with_streams(streams: str, *arguments: str | bytes, **environment: str) -> Ended:
    """Run the command with streams as a shell redirects them; what is redirected comes back empty."""
    ended = subprocess.run(
        ["sh", "-c", f'exec "$@" {streams}', "sh", *COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PROCESS_TIMEOUT,
        env={**os.environ, **environment},
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@HAS_FULL_DISK
@pytest.mark.parametrize(
    ("arguments", "status", "out"),
    [
        (["run", "scripted"], Exit.SUCCESS, '{"n": 1}\n'),
        (["run", "scripted", "--output", "no"], Exit.USAGE, ""),
        (["run", "scripted", "--url", "http://127.0.0.1:9"], Exit.SERVER, ""),
        (["rnu"], Exit.USAGE, ""),
        ([], Exit.USAGE, ""),
        (["serve", "no_such_module:server"], Exit.USAGE, ""),
        (["demo"], Exit.SUCCESS, '{"city": "Lisbon", "booked": ["flight TP 553", "Casa Alfama"]}\n'),
    ],
)
def test_stderr_on_a_full_disk(stub: StubServer, arguments: list[str], status: Exit, out: str) -> None:
    """What cannot be told on stderr changes neither the result nor the status."""
    stub.script = Script(state={"status": "success", "result": {"n": 1}})
    ended = run_with_streams("2>/dev/full", *arguments)
    assert (ended.status, ended.out) == (status, out)


@HAS_FULL_DISK
def test_both_on_a_full_disk(stub: StubServer) -> None:
    """A run whose result could not be written, nor that it could not, is not one that failed."""
    assert run_with_streams(">/dev/full 2>/dev/full", "run", "scripted").status == Exit.UNKNOWN
    assert len(stub.starts()) == 1


@HAS_FULL_DISK
@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--help"], {}),
        (["--version"], {}),
        (["run", "--help"], {}),
        (["workflows", "--json"], {}),
        (["demo"], {}),
        ([], {"_MASTRA_SYNC_COMPLETE": "bash_source"}),
    ],
)
def test_a_full_disk_before_anything_is_started(
    stub: StubServer, arguments: list[str], environment: dict[str, str]
) -> None:
    """Whatever is to be written, one line says that it could not be."""
    ended = run_with_streams(">/dev/full", *arguments, **environment)
    assert (ended.status, ended.err.splitlines()[-1]) == (
        Exit.SERVER,
        "mastra-sync: cannot write: No space left on device",
    )
    assert "Traceback" not in ended.err
    assert stub.starts() == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no sh")
@pytest.mark.parametrize("option", ["--input", "--request-context", "--initial-state"])
@pytest.mark.parametrize(
    ("streams", "problem"), [("<&-", "there is no stdin to read"), ("0>/dev/null", "cannot read stdin: Bad file")]
)
def test_no_stdin(stub: StubServer, option: str, streams: str, problem: str) -> None:
    """Without a stdin, as cron and containers start commands, `-` is refused, and nothing is started."""
    ended = run_with_streams(streams, "run", "scripted", option, "-")
    assert (ended.status, ended.err.count("\n"), stub.received) == (Exit.USAGE, 1, [])
    assert f"{option}: {problem}" in ended.err


@pytest.mark.skipif(sys.platform == "win32", reason="there is no sh")
@pytest.mark.parametrize("streams", ["<&-", "0>/dev/null"])
def test_nobody_can_be_asked(streams: str) -> None:
    """The demo that asks says so where it has no stdin."""
    ended = run_with_streams(streams, "demo", "--ask")
    assert (ended.status, ended.out) == (Exit.SUSPENDED, "")
    assert "nobody answered" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.skipif(sys.platform == "win32", reason="there is no sh")
def test_no_stderr() -> None:
    """The demo plays without a stderr."""
    ended = run_with_streams("2>&-", "demo")
    assert (ended.status, ended.out.count("\n")) == (Exit.SUCCESS, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="command lines are no bytes there")
def test_a_value_that_is_not_utf8(stub: StubServer) -> None:
    """Bytes on the command line that are no text are refused, not sent as other text."""
    ended = run_with_streams("", "run", "scripted", b"name=J\xf8rgen")
    assert (ended.status, ended.err, stub.received) == (
        Exit.USAGE,
        "mastra-sync: the value of 'name' is not UTF-8: byte 1 is 0xf8\n",
        [],
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
