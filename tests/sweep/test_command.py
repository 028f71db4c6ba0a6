"""`mastra-sync sweep`: a process is killed for real at each of its requests, and the exit status tells."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_mastra.sweep.cli import sweep

ROOT = Path(__file__).parents[2]

COMMAND = (
    sys.executable,
    "-c",
    "import sys; from pytest_mastra.sweep.cli import sweep; sys.exit(sweep(standalone_mode=False))",
)

FAKES = """
from pytest_mastra import FakeMastra

server = FakeMastra()
server.workflow("order").then(server.step("send", lambda ctx: {})).commit()
"""

SCRIPT = """
import json, os, sys, urllib.error, urllib.request

ORDERS = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/order"

def post(path):
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{ORDERS}/{path}", b"{}", headers)
    with urllib.request.urlopen(request, timeout=20) as reply:
        return json.load(reply)

def status(number="o-18"):
    try:
        with urllib.request.urlopen(f"{ORDERS}/runs/{number}", timeout=20) as reply:
            return json.load(reply)["status"]
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
"""

CAREFUL = (
    SCRIPT
    + """
if status() in (None, "pending"):
    post("start-async?runId=o-18")
"""
)

CARELESS = (
    SCRIPT
    + """
post("start-async?runId=o-18")
"""
)


def write(folder: Path, code: str) -> None:
    (folder / "fakes.py").write_text(FAKES, encoding="utf-8")
    (folder / "order.py").write_text(code, encoding="utf-8")


def run(
    folder: Path, code: str, *arguments: str, script: tuple[str, ...] = (sys.executable, "order.py")
) -> subprocess.CompletedProcess[str]:
    """Run the command on a script, in a folder that has its fake too."""
    write(folder, code)
    command = [*COMMAND, *arguments, "--", *script]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)


def test_a_script_that_survives(tmp_path: Path) -> None:
    """Whatever happens, the order is sent once."""
    ended = run(tmp_path, CAREFUL, "--fake", "fakes.py:server", "--faults", "lost,killed,server_died")
    assert (ended.returncode, ended.stderr) == (0, "mastra-sync: 2 requests, 9 points\n"), ended.stdout
    table = ended.stdout.splitlines()
    assert [line.split() for line in table[:3]] == [
        ["lost", "killed_before", "killed_after", "killed_at_work", "server_died"],
        ["run_by_id#1", "again", "again", "again", "again"],
        ["start_async#1", "again", "again", "again", "again", "again"],
    ]
    assert table[-1] == "9 points: 9 passed when run again"


def test_a_script_that_does_not(tmp_path: Path) -> None:
    """The exit status is 1, and it is told what was done twice."""
    ended = run(tmp_path, CARELESS, "--fake", "fakes.py:server", "--faults", "killed")
    assert (ended.returncode, ended.stdout) == (
        1,
        "               killed_before  killed_after  killed_at_work\n"
        "start_async#1  again          FAILED        FAILED\n"
        "\n"
        "start_async#1:killed_after: 'order' was started 2 times; executed again: send (run o-18)\n"
        "start_async#1:killed_at_work: 'order' was started 2 times; executed again: send (run o-18)\n"
        "3 points: 1 passed when run again, 2 failed\n"
        "That point alone, with what the script wrote:\n"
        "  mastra-sync sweep --fake fakes.py:server --point 'start_async#1:killed_after' "
        f"-- {shlex.join([sys.executable, 'order.py'])}\n",
    )


def test_a_point_alone(tmp_path: Path) -> None:
    """It is shown what was asked, with the fault in its place, and what the script wrote each time."""
    script = f"print('sending', flush=True)\n{CARELESS}"
    ended = run(tmp_path, script, "--fake", "fakes.py:server", "--point", "start_async#1:killed_after")
    assert (ended.returncode, ended.stdout.splitlines(), ended.stderr) == (
        1,
        [
            "start_async#1: the script was killed after it took effect",
            "  > start_async  no answer: the connection was reset, as when a process dies",
            "    -- run again --",
            "    start_async  200",
            "The script wrote:",
            "sending",
            "The script, run again, wrote:",
            "sending",
            "'order' was started 2 times; executed again: send (run o-18)",
            "what to do: give the run an id of your own, and join it: if_started='join'",
        ],
        "",
    )


STUBBORN = (
    SCRIPT
    + """
while True:
    try:
        if status() in (None, "pending"):
            post("start-async?runId=o-18")
        break
    except OSError:
        print("tried", flush=True)
"""
)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such shell")
def test_a_shell_is_killed_with_what_it_runs(tmp_path: Path) -> None:
    """Else the script would go on without its shell, and try for ever to reach the server."""
    (tmp_path / "order.sh").write_text(f"{shlex.quote(sys.executable)} order.py; exit $?", encoding="utf-8")
    options = ("--fake", "fakes.py:server", "--point", "start_async#1:killed_after", "--timeout", "20")
    ended = run(tmp_path, STUBBORN, *options, script=("sh", "order.sh"))
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "passed when run again"), ended.stdout
    assert "tried" not in ended.stdout


TWO_ORDERS = (
    CAREFUL
    + """
if status("o-19") in (None, "pending"):
    post("start-async?runId=o-19")
"""
)


def test_pairs_and_samples(tmp_path: Path) -> None:
    """A second fault comes after each that was survived; of more than the limit some are drawn, by a seed."""
    options = ("--fake", "fakes.py:server", "--faults", "lost,killed", "--quick", "--pairs", "--limit", "1")
    ended = run(tmp_path, TWO_ORDERS, *options, "--seed", "4")
    assert (ended.returncode, ended.stderr) == (
        0,
        "mastra-sync: 4 requests, 1 point of 4, drawn by seed 4\nmastra-sync: 1 pair of 2, drawn by seed 4\n",
    ), ended.stdout
    assert ended.stdout.splitlines()[-1] == "2 points: 2 passed when run again"


@pytest.mark.parametrize(
    ("script", "arguments", "said"),
    [
        (CAREFUL, [], "there is no tests/fakes.py: give --fake MODULE:SERVER"),
        (CAREFUL, ["--fake", "fakes.py:sever"], "fakes.py has no 'sever'; did you mean server?"),
        (CAREFUL, ["--fake", "fakes.py:server", "--faults", "lots"], "--faults: no fault 'lots': did you mean 'lost'?"),
        (CAREFUL, ["--fake", "fakes.py:server", "--faults", "silence"], "no silence comes to it"),
        (CAREFUL, ["--fake", "fakes.py:server", "--point", "start:lost"], "--point: 'start:lost' is no point: one is"),
        (
            CAREFUL,
            ["--fake", "fakes.py:server", "--point", "start#1:lost"],
            "--point start#1:lost did not come about: the script asks for run_by_id#1, start_async#1",
        ),
        (
            "raise SystemExit(3)",
            ["--fake", "fakes.py:server"],
            "where nothing goes wrong, it fails: ScriptFailed: exit status 3",
        ),
        (
            "",
            ["--fake", "fakes.py:server"],
            "the script asked nothing of the fake, whose address is in MASTRA_BASE_URL",
        ),
    ],
)
def test_what_cannot_be_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, arguments: list[str], said: str
) -> None:
    """It is told at once."""
    write(tmp_path, script)
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(sweep, [*arguments, "--", sys.executable, "order.py"], standalone_mode=False)
    assert ended.exit_code != 0
    assert said in str(ended.exception)


def test_the_command_is_found() -> None:
    """It is one of the commands that packages add, by this name."""
    entries = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition('mastra_sync.commands"]\n')[2]
    assert f'\n{sweep.name} = "pytest_mastra.sweep.cli:sweep"\n' in entries
