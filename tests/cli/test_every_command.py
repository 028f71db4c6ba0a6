"""Every command as a process: piped in an ASCII locale, and on a narrow terminal."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from mastra_sync import MastraClient
from mastra_sync.cli.commands import mastra_sync as group
from pytest_mastra.fake.fronts.socket import OnSocket
from tests.cli.fake_server import declared
from tests.cli.processes import COMMAND, ESCAPES, INTERRUPTIBLE, PROCESS_TIMEOUT, Terminal, started

ELSEWHERE = {"serve": "tests/cli/test_serve.py", "sweep": "tests/sweep/test_command.py"}
"""Commands that other tests start as processes: those that go on until Ctrl-C, or start others."""

SUITE = """
def test_it(mastra_server, mastra_client):
    mastra_server.workflow("city").returns("Oslo")
    assert mastra_client.get_workflow("city").execute({}).ok
"""
COLUMNS = 40
AT_A_TIME = 3


@dataclass(frozen=True)
class Line:
    """A command line, and what is to come of it.

    Attributes:
        words: The words; `{way}` is one of `WAYS`, `{folder}` a folder with a trace and a coverage file.
        out: What stands on stdout; nothing does if it is empty.
        err: What stands on stderr; nothing does if it is empty.
        status: The exit status.
    """

    words: str
    out: str
    err: str = ""
    status: int = 0

    @property
    def name(self) -> str:
        """The command's name."""
        return self.words.partition(" --")[0].partition(" {")[0]


WAYS = ("piped", "typed")
LINES = {
    "cancel": Line("cancel free canceled-{way}", "", "Workflow run cancelled"),
    "coverage combine": Line("coverage combine {folder}/c.json --out {folder}/{way}.json", "1 run of 1 workflow"),
    "coverage report": Line("coverage report {folder}/c.json", "city on the fake: structure"),
    "delete": Line("delete city deleted-{way}", "", "Workflow run deleted"),
    "demo": Line("demo", "Lisbon", "trip"),
    "diff": Line("diff hello c1 c2", "$.input.n", "", 1),
    "export": Line("export --to {folder}/{way}", "workflows.json", "serve them with"),
    "inbox": Line("inbox", "f1", "mastra-sync inbox --answer"),
    "record": Line("record hello c1 --output {folder}/{way}", "test_hello_c1.py", "try its test"),
    "report": Line("report {folder}/trace --out {folder}/{way}.html", "{way}.html", "1 test"),
    "restart": Line("restart city --all", "", "nothing was restarted"),
    "result": Line("result hello c1", '"Gr'),
    "resume": Line("resume free resumed-{way} ok=true", "true", "free"),
    "run": Line("run hello n=3", '"Gr', "hello"),
    "runs": Line("runs hello", "success"),
    "show": Line("show booking", "approve (may suspend)"),
    "time-travel": Line("time-travel city traveled-{way} greet", "Hello, Oslo", "city"),
    "trace export": Line("trace export {trace} --to mermaid", "flowchart"),
    "watch": Line("watch hello c1", '"Gr', "hello"),
    "workflows": Line("workflows", "booking"),
}
MISTAKES = {
    "diff": Line("diff hello c1 c11", "", "did you mean 'c1'? List its runs with: mastra-sync runs hello", 2),
    "record": Line("record free canceled-before", "", "is canceled: only a run", 2),
    "result": Line("result free f1", "", "resume free f1 --step say", 3),
    "trace export": Line("trace export none.jsonl --to json", "", "none.jsonl cannot be read", 2),
}
JSON = ("workflows --json", "show hello --json", "runs hello --json", "inbox --json", "result hello c1 --output full")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trace and a coverage file of a suite that has run there."""
    path = tmp_path_factory.mktemp("kept")
    (path / "test_it.py").write_text(SUITE, encoding="utf-8")
    options = [
        "--mastra-trace=on",
        "--mastra-coverage",
        "-o",
        "mastra_trace_dir=trace",
        "-o",
        "mastra_coverage_file=c.json",
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "pytest_mastra.plugin", *options],
        cwd=path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        timeout=PROCESS_TIMEOUT,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    return path


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a server with runs for each of the lines."""
    server = declared()
    server.workflow("hello").then(server.step("grüßen", lambda _: "Grüße")).commit()
    with OnSocket(server) as front, MastraClient(front.url, clock=server.clock) as client:
        for number in (1, 2):
            client.get_workflow("hello").execute({"n": number}, run_id=f"c{number}")
        for way in WAYS:
            for run_id in (f"canceled-{way}", f"resumed-{way}"):
                client.get_workflow("free").execute({}, run_id=run_id)
            for run_id in (f"deleted-{way}", f"traveled-{way}"):
                client.get_workflow("city").execute({}, run_id=run_id)
        for run_id in ("f1", "canceled-before"):
            client.get_workflow("free").execute({}, run_id=run_id)
        client.get_workflow("free").get_run("canceled-before").cancel()
        yield front.url


def test_every_command_stands_here() -> None:
    """The table has every command that there is, but for those that other tests start."""
    top = click.Context(group, info_name="mastra-sync")
    assert {*LINES, *ELSEWHERE} == set(_names(group, top))


def _names(commands: click.Group, context: click.Context) -> Iterator[str]:
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        if isinstance(command, click.Group):
            yield from (f"{name} {inner}" for inner in command.list_commands(context))
        else:
            yield name


def _words(line: Line, way: str, folder: Path) -> list[str]:
    (trace,) = (folder / "trace").glob("*.jsonl")
    return [word.format(way=way, folder=folder, trace=trace) for word in line.words.split()]


def _environment(url: str, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LC_ALL", "PYTHONUTF8")}
    return {**kept, "MASTRA_BASE_URL": url, **more}


def _all(call: Callable[[Line], str], lines: Sequence[Line]) -> None:
    """Have all lines called, some at a time, and fail with all that is wrong."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        problems = [problem for problem in pool.map(call, lines) if problem]
    assert not problems, "\n".join(problems)


def test_piped(url: str, folder: Path) -> None:
    """Each ends as it should, says what is meant for programs on stdout and all else on stderr, in ASCII if need be."""

    def call(line: Line) -> str:
        ended = subprocess.run(
            [*COMMAND, *_words(line, "piped", folder)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROCESS_TIMEOUT,
            cwd=folder,
            env=_environment(url, LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0"),
            check=False,
        )
        wanted = [text.format(way="piped").encode() for text in (line.out, line.err)]
        is_said = [
            text in stream if text else not stream
            for text, stream in zip(wanted, (ended.stdout, ended.stderr), strict=True)
        ]
        said = ended.stdout + ended.stderr
        is_plain = said.isascii() and b"\x1b" not in said and b"Traceback" not in said
        is_right = all(is_said) and is_plain and ended.returncode == line.status
        return "" if is_right else f"{line.words}: {ended}"

    _all(call, [*LINES.values(), *MISTAKES.values()])


def test_json_when_piped(url: str, folder: Path) -> None:
    """What is asked for as JSON is one line of it, with nothing on stderr but what people do next."""

    def call(line: Line) -> str:
        ended = subprocess.run(
            [*COMMAND, *line.words.split()],
            capture_output=True,
            encoding="utf-8",
            timeout=PROCESS_TIMEOUT,
            env=_environment(url, PYTHONIOENCODING="utf-8"),
            check=False,
        )
        json.loads(ended.stdout)
        is_right = ended.stdout.count("\n") == 1 and (ended.returncode, ended.stderr) == (0, "")
        return "" if is_right else f"{line.words}: {ended}"

    _all(call, [Line(words, "") for words in JSON])


def test_on_a_terminal(url: str, folder: Path) -> None:
    """Each ends as it should, leaves no escapes as text, shows its cursor again, and keeps its lists to the width."""
    pytest.importorskip("pty")

    def call(line: Line) -> str:
        status, text = _on_terminal(
            [*COMMAND, *_words(line, "typed", folder)],
            folder,
            _environment(url, TERM="xterm-256color", PYTHONIOENCODING="utf-8"),
        )
        plain = ESCAPES.sub("", text)
        is_said = all(said.format(way="typed") in plain for said in (line.out, line.err))
        is_tidy = "\x1b" not in plain and "\\x1b" not in plain and "Traceback" not in plain
        is_shown = text.rfind("\x1b[?25h") >= text.rfind("\x1b[?25l")
        is_right = is_said and is_tidy and is_shown and status == line.status
        return "" if is_right else f"{line.words}: {status} {text!r}"

    _all(call, list(LINES.values()))


def _on_terminal(command: Sequence[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run a command whose streams are all a terminal; return its exit status, and what the terminal got."""
    import fcntl
    import pty
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    with started(*command, stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=environment) as process:
        os.close(slave)
        text = b""
        # the end of a terminal that nobody holds any more is an error on Linux, and nothing elsewhere
        while chunk := _read(master):
            text += chunk
        status = process.wait(PROCESS_TIMEOUT)
    os.close(master)
    return status, text.decode("utf-8", "replace")


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("words", "seen", "left"),
    [
        ("watch free f1", "free is suspended", "mastra-sync result free f1 --wait"),
        ("inbox --watch", "resume free f1", "mastra-sync: interrupted"),
    ],
)
def test_ctrl_c_on_a_terminal(url: str, terminal: Terminal, words: str, seen: str, left: str) -> None:
    """Who watches may stop: the cursor is shown again, and it is said how to go on."""
    settings = _environment(url, TERM="xterm-256color", PYTHONIOENCODING="utf-8")
    both = {"stdout": terminal.stderr, "stderr": terminal.stderr}
    with started(*INTERRUPTIBLE, *words.split(), **both, env=settings) as process:
        terminal.read_until(seen)
        process.send_signal(signal.SIGINT)
        terminal.read_until(left)
        assert process.wait(PROCESS_TIMEOUT) == 130
    assert terminal.text.rfind("\x1b[?25h") >= terminal.text.rfind("\x1b[?25l")
