"""`mastra-sync sweep`: a process is killed for real at each of its requests, and the exit status tells."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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


def run(folder: Path, script: str, *arguments: str, fakes: str = FAKES) -> subprocess.CompletedProcess[str]:
    """Run the command on a script, in a folder that has its fake too."""
    (folder / "fakes.py").write_text(fakes, encoding="utf-8")
    (folder / "order.py").write_text(script, encoding="utf-8")
    command = [*COMMAND, *arguments, "--", sys.executable, "order.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)


def test_a_script_that_survives(tmp_path: Path) -> None:
    """Whatever happens, the order is sent once."""
    ended = run(tmp_path, CAREFUL, "--fake", "fakes.py:server", "--faults", "lost,killed,server_died")
    assert (ended.returncode, ended.stderr) == (0, "mastra-sync: 2 requests, 8 points\n"), ended.stdout
    table = ended.stdout.splitlines()
    assert [line.split() for line in table[:3]] == [
        ["lost", "killed_before", "killed_after", "server_died"],
        ["run_by_id#1", "again", "again", "again", "again"],
        ["start_async#1", "again", "again", "again", "again"],
    ]
    assert table[-1] == "8 points: 8 passed when run again"


def test_a_script_that_does_not(tmp_path: Path) -> None:
    """The exit status is 1, and it is told what was done twice."""
    ended = run(tmp_path, CARELESS, "--fake", "fakes.py:server", "--faults", "killed")
    assert (ended.returncode, ended.stdout) == (
        1,
        "               killed_before  killed_after\n"
        "start_async#1  again          FAILED\n"
        "\n"
        "start_async#1:killed_after: 'order' was started 2 times; executed again: send (run o-18)\n"
        "2 points: 1 passed when run again, 1 failed\n",
    )


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
def test_what_cannot_be_swept(tmp_path: Path, script: str, arguments: list[str], said: str) -> None:
    """It is told at once."""
    ended = run(tmp_path, script, *arguments)
    assert ended.returncode != 0
    assert said in ended.stderr


def test_the_command_is_found() -> None:
    """It is one of the commands that packages add, by this name."""
    entries = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition('mastra_sync.commands"]\n')[2]
    assert f'\n{sweep.name} = "pytest_mastra.sweep.cli:sweep"\n' in entries
