"""`mastra-sync demo`: what it shows in a log and on a terminal, who answers, and the clock that it is watched by."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable
from typing import NoReturn

import pytest

from mastra_sync.cli.exits import Exit
from pytest_mastra.fake.cli import play_demo
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.clock import EPOCH
from pytest_mastra.fake.virtual_time.time_lapse import TimeLapse, moment_for
from pytest_mastra.http.wire import WireRequest
from tests.cli.processes import COMMAND, INTERRUPTIBLE, PROCESS_TIMEOUT, Ended, Terminal, started

Process = Callable[..., Ended]

RESULT = {"city": "Lisbon", "booked": ["flight TP 553", "Casa Alfama"]}
HOUR = 3600.0


def test_in_a_log(mastra_sync_process: Process) -> None:
    """A log gets one line for each thing that happens, at the workflow's own time, and stdout the result alone."""
    ended = mastra_sync_process("demo", stdin=subprocess.DEVNULL)
    assert (ended.status, ended.out) == (Exit.SUCCESS, f"{json.dumps(RESULT)}\n")
    lines = [re.sub(r"run [0-9a-f-]{36}", "run ...", line) for line in ended.err.splitlines()]
    end = len(lines) - len(play_demo.FIRST_TEST.splitlines()) - 3
    assert lines[end:] == ["", play_demo.NEXT, "", *play_demo.FIRST_TEST.splitlines()]
    assert lines[: end - 1] == [
        "A fake Mastra server in this process: no Node, no network, and a clock that skips what a workflow sleeps.",
        "",
        "trip, run ... on http://mastra.test/api",
        "    0.00 s  ▸ find-flight started",
        "    0.00 s  ▸ find-hotel started",
        "    2.40 s  ✓ find-flight succeeded after 2.4 s",
        "    3.10 s  ✓ find-hotel succeeded after 3.1 s",
        "    3.10 s  … sleep-on-it is waiting",
        "28803.10 s  ✓ sleep-on-it succeeded after 8 h 00 min",
        "28803.10 s  ▸ approve started",
        '28803.10 s  ? approve suspended after 0 ms: {"ask": "Lisbon for 412 EUR: book it?"}',
        "28803.10 s  ? trip is suspended",
        "",
        "  approve asks: Lisbon for 412 EUR: book it? yes   (says the demo; with --ask you are asked)",
        "",
        "trip, run ... on http://mastra.test/api",
        "    0.00 s  ▸ approve started",
        "    0.00 s  ✓ approve succeeded after 0 ms",
        "    0.00 s  ▸ book started",
        "    1.50 s  │ book item 0 succeeded, 1 of 2 done",
        "    3.00 s  │ book item 1 succeeded, 2 of 2 done",
        "    3.00 s  ✓ book succeeded after 3.0 s",
        "    3.00 s  … wait-for-tickets is waiting",
        " 1803.00 s  ✓ wait-for-tickets succeeded after 30 min 00 s",
        " 1803.00 s  ▸ finish started",
        " 1803.00 s  ✓ finish succeeded after 0 ms",
        " 1803.00 s  ✓ trip succeeded",
        "",
    ]
    assert re.fullmatch(r"8 h 30 min for the workflow, \d.* for you\.", lines[end - 1])


def test_on_a_terminal(terminal: Terminal) -> None:
    """A terminal gets the live view with the workflow's own time, the answer below it, and its cursor back."""
    settings = {**os.environ, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"}
    with started(*COMMAND, "demo", stdout=subprocess.PIPE, stderr=terminal.stderr, env=settings) as process:
        terminal.read_until("for you.")
        out, _ = process.communicate(timeout=PROCESS_TIMEOUT)
    assert (process.returncode, json.loads(out)) == (Exit.SUCCESS, RESULT)
    assert "trip is running" in terminal.plain
    before, _, after = terminal.plain.partition("approve asks: Lisbon for 412 EUR: book it? yes")
    shown = [" ".join(line.split()) for line in before.rpartition("? trip is suspended")[2].splitlines()]
    assert shown[0].startswith("8 h 00 min run ")
    assert shown[1:6] == [
        "✓ find-flight 2.4 s",
        "✓ find-hotel 3.1 s",
        "✓ sleep-on-it 8 h 00 min",
        '? approve 0 ms {"ask": "Lisbon for 412 EUR: book it?"}',
        "",
    ]
    assert "✓ trip succeeded" in after
    assert "\x1b[?25h" in terminal.text.rpartition("\x1b[?25l")[2], "the cursor is not shown again"


@pytest.mark.parametrize(
    ("answer", "result"),
    [("y\n", RESULT), ("\n", RESULT), ("n\n", {"booked": []}), ("maybe\nnope\n No \n", {"booked": []})],
    ids=["yes", "the default", "no", "no at last"],
)
def test_you_are_asked(mastra_sync_process: Process, answer: str, result: object) -> None:
    """With `--ask` the workflow goes on as the person says."""
    ended = mastra_sync_process("demo", "--ask", input=answer)
    assert (ended.status, json.loads(ended.out)) == (Exit.SUCCESS, result)
    assert "approve asks: Lisbon for 412 EUR: book it? [Y/n] " in ended.err
    assert re.findall("'(.+?)' is neither yes nor no", ended.err) == answer.split()[:-1]


@pytest.mark.parametrize("said", ["", "maybe\n"], ids=["nothing", "neither"])
def test_nobody_answers(mastra_sync_process: Process, said: str) -> None:
    """With `--ask`, and nobody there, or nobody any more, the run is not resumed."""
    ended = mastra_sync_process("demo", "--ask", input=said)
    assert (ended.status, ended.out) == (Exit.SUSPENDED, "")
    assert ended.err.splitlines()[-1] == (
        "mastra-sync: nobody answered, so the run was not resumed; without --ask the demo answers itself"
    )


def test_ctrl_c_at_the_question(terminal: Terminal) -> None:
    """Who leaves the question gets one line, and no traceback."""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": terminal.stderr}
    with started(*INTERRUPTIBLE, "demo", "--ask", **streams) as process:
        terminal.read_until("[Y/n]")
        # one that comes just before Python reads on waits for the next key
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PROCESS_TIMEOUT / 3)
                break
        terminal.read_until("interrupted")
        process.communicate(timeout=PROCESS_TIMEOUT)
    assert process.returncode == Exit.INTERRUPTED
    assert "Traceback" not in terminal.text


@pytest.mark.parametrize("columns", [40, 140])
def test_the_width_of_the_terminal(terminal: Terminal, columns: int) -> None:
    """What the demo itself says takes whole lines, however wide they are; the test to copy stays as it is."""
    settings = {**os.environ, "TERM": "dumb", "PYTHONIOENCODING": "utf-8", "COLUMNS": str(columns)}
    with started(*COMMAND, "demo", stdout=subprocess.PIPE, stderr=terminal.stderr, env=settings) as process:
        terminal.read_until(play_demo.FIRST_TEST.splitlines()[-1])
        process.communicate(timeout=PROCESS_TIMEOUT)
    paragraphs = terminal.plain.replace("\r\n", "\n").split("\n\n")
    introduction = paragraphs[0].splitlines()
    assert (" ".join(introduction), len(introduction) > 1) == (play_demo.INTRODUCTION, columns == 40)
    assert max(map(len, introduction)) <= columns
    assert play_demo.FIRST_TEST.strip() in "\n\n".join(paragraphs)


def test_the_next_step_can_be_taken(run_suite: Callable[..., pytest.RunResult]) -> None:
    """The test that the demo ends with passes as it stands."""
    run_suite(play_demo.FIRST_TEST).assert_outcomes(passed=1)


def test_on_a_terminal_hours_go_by(mastra_sync: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody looks on, each wait takes a moment."""
    waits = []

    def note(seconds: float) -> float:
        waits.append(seconds)
        return 0.001

    monkeypatch.setattr(play_demo, "can_redraw", lambda: True)
    monkeypatch.setattr(play_demo, "THINKING", 0)
    monkeypatch.setattr(play_demo, "TimeLapse", lambda: TimeLapse(takes=note))
    assert json.loads(mastra_sync("demo").out) == RESULT
    assert [round(seconds, 1) for seconds in waits if seconds > 100] == [8 * HOUR, HOUR / 2]


def test_no_network(mastra_sync: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is connected to, not even this machine."""

    def refuse(*_: object) -> NoReturn:
        pytest.fail("connected")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert json.loads(mastra_sync("demo").out) == RESULT


class Watch:
    """Real seconds, as a test tells them."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


def test_hours_go_by() -> None:
    """While a wait of hours takes its moment, the hours can be read; then it is over to the second."""
    watch = Watch()
    clock = TimeLapse(takes=lambda _: 2.0, real=watch)
    read = []

    def look_and_wait(seconds: float) -> None:
        watch.wait(seconds / 2)
        read.append(clock.now() - EPOCH)
        watch.wait(seconds / 2)

    assert clock.reach(EPOCH + 8 * HOUR, look_and_wait)
    assert (read, clock.now() - EPOCH) == ([4 * HOUR], 8 * HOUR)
    watch.wait(1000)
    assert clock.now() - EPOCH == 8 * HOUR


def test_a_wait_that_is_asked_for_again() -> None:
    """A wait that something else broke into goes on where it was, and a nearer moment begins anew from there."""
    watch = Watch()
    clock = TimeLapse(takes=lambda _: 2.0, real=watch)
    asked = []

    def be_interrupted(seconds: float) -> None:
        asked.append(seconds)
        watch.wait(0.5)

    clock.reach(EPOCH + 8 * HOUR, be_interrupted)
    clock.reach(EPOCH + 8 * HOUR, be_interrupted)
    assert (asked, clock.now() - EPOCH) == ([2.0, 1.5], 4 * HOUR)
    clock.reach(EPOCH + 5 * HOUR, watch.wait)
    assert clock.now() - EPOCH == 5 * HOUR


def test_a_moment_that_has_passed() -> None:
    """Nothing is waited for that is past, and time does not go back to it."""
    clock = TimeLapse(real=Watch())
    assert clock.reach(EPOCH - 1, lambda _: pytest.fail("waited"))
    assert clock.now() == EPOCH


@pytest.mark.parametrize(("virtual", "real"), [(0.0, 0.15), (9.0, 0.25), (35_999.0, 0.6)])
def test_how_long_a_wait_takes(virtual: float, real: float) -> None:
    """A wait that is ten times as long takes a tenth of a second more."""
    assert moment_for(virtual) == pytest.approx(real, abs=0.01)


def test_a_server_with_that_clock() -> None:
    """A run takes the same virtual time as on any other clock."""
    server = FakeMastra(clock=TimeLapse(takes=lambda _: 0.001))
    server.workflow("w").sleep(8 * HOUR, id="night").returns({"rested": True})
    headers = {"content-type": "application/json"}
    reply = server.handle(WireRequest("POST", "/api/workflows/w/start-async", headers, b"{}"))
    assert isinstance(reply.body, bytes)
    answer = json.loads(reply.body)
    night = answer["steps"]["night"]
    assert (answer["result"], night["endedAt"] - night["startedAt"]) == ({"rested": True}, 8 * HOUR * 1000)
