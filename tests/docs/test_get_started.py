"""docs/get-started.md, done step by step in an empty folder: each file as it stands there, each command as it is."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "get-started.md"
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
TIMEOUT = 120

PYTHON = os.environ.get("FIRST_STEPS_PYTHON", sys.executable)
"""The interpreter that has the package: CI gives one of an environment that has the built wheel alone."""

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


class FirstSteps:
    """The page's folder, and the server that is served meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server: subprocess.Popen[str] | None = None
        self.address = ""

    def take(self, language: str, text: str) -> None:
        """Do one step: write a file, or run commands and look for what the page shows of them."""
        if language == "python":
            name = text.partition("\n")[0].removeprefix("# ")
            (self.folder / name).write_text(text, encoding="utf-8")
            return
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
            self.run(shlex.split(ADDRESS.sub(self.address, command)), shown.splitlines())

    def run(self, command: list[str], shown: list[str]) -> None:
        """Run one command; each line that is shown of its output is there, in this order."""
        program, *arguments = command
        if program == "mastra-sync":
            self.serve(arguments, shown)
            return
        assert program == "pytest", command
        isolated = ["-m", "pytest", "-p", "pytest_mastra.plugin", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [PYTHON, *isolated, *arguments],
            cwd=self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )
        place = 0
        for line in shown:
            found = done.stdout.find(line, place)
            assert found >= 0, f"{' '.join(command)}: no {line!r} in\n{done.stdout}{done.stderr}"
            place = found

    def serve(self, arguments: list[str], shown: list[str]) -> None:
        """Serve the fake on a port that is free."""
        assert arguments[0] == "serve"
        assert ADDRESS.fullmatch(shown[0])
        port = arguments.index("--port") + 1
        arguments[port] = "0"
        self.server = subprocess.Popen(
            [PYTHON, "-m", "mastra_sync.cli", *arguments],
            cwd=self.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.server.stdout is not None
        self.address = self.server.stdout.readline().strip()

    def stop(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.communicate(timeout=TIMEOUT)


def environment() -> dict[str, str]:
    """Return an environment that knows nothing of this suite, its server and its other plugins."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MASTRA_", "PYTEST_"))}
    kept.pop("CI", None)
    return {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONIOENCODING": "utf-8", "COLUMNS": "80"}


def test_each_step_from_an_empty_folder(tmp_path: Path) -> None:
    """The files are written, the commands say what is shown of them, and the recording is there at the end."""
    install, *steps = BLOCK.finditer(PAGE.read_text(encoding="utf-8"))
    assert "pip install 'mastra-sync[cli,pytest]'" in install["text"]
    walk = FirstSteps(tmp_path)
    try:
        for step in steps:
            if "--mastra-target=replay" in step["text"]:
                walk.stop()
            walk.take(step["language"], step["text"])
    finally:
        walk.stop()
    assert list((tmp_path / "cassettes").rglob("*.yaml"))


@pytest.mark.parametrize("page", ["README.md", "docs/index.md", "docs/get-started.md"])
def test_what_is_installed_is_there(page: str) -> None:
    """The distribution has that name and those extras."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.findall(r"pip install '([\w-]+)\[([\w,]+)\]'", (ROOT / page).read_text(encoding="utf-8"))
    assert found
    for name, extras in found:
        assert f'\nname = "{name}"\n' in project
        for extra in extras.split(","):
            assert f"\n{extra} = [" in project


def test_the_first_test_is_everywhere_the_same() -> None:
    """The test that README and the site's first page show to be copied is one test."""
    pages = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/index.md")]
    first, second = (next(m["text"] for m in BLOCK.finditer(page) if m["language"] == "python") for page in pages)
    assert first == second
