"""README's test of the plugin: it passes as it stands there, and with another word fails as is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.suites_in_folders import PLUGIN

ROOT = Path(__file__).parents[2]
SECTION = (
    (ROOT / "README.md")
    .read_text(encoding="utf-8")
    .partition("\n## Install it, and write a test\n")[2]
    .partition("\n## ")[0]
)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=sleep_)[0-9a-f]{4}")


def block(start: str) -> str:
    found = re.search(rf"```\w+\n({re.escape(start)}.*?)```", SECTION, re.DOTALL)
    assert found is not None, start
    return found[1]


def test_the_test_is_a_whole_file(alone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten lines in an empty folder pass; with `sun` for `rain` they fail, and pytest prints what README shows."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    code = block("from mastra_sync import")
    assert len([line for line in code.splitlines() if line]) <= 10
    *before, last = code.splitlines()
    (alone.path / "test_forecast.py").write_text(code, encoding="utf-8")
    alone.runpytest_subprocess("-p", PLUGIN).assert_outcomes(passed=1)
    changed = "\n".join([*before, last.replace("rain", "sun"), ""])
    (alone.path / "test_forecast.py").write_text(changed, encoding="utf-8")
    printed = UUID.sub("<id>", alone.runpytest_subprocess("-p", PLUGIN).stdout.str())
    command, *parts = re.split(r"^\.\.\.\n", UUID.sub("<id>", block("$ pytest test_forecast.py")), flags=re.MULTILINE)
    assert command == "$ pytest test_forecast.py\n"
    assert len(parts) == 2
    for part in parts:
        assert part.strip("\n") in printed
