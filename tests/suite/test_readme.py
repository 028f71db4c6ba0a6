"""README's example of the plugin: the test as it stands there, and what pytest says of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.suites_in_folders import PLUGIN

ROOT = Path(__file__).parents[2]
SECTION = (
    (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Test what calls it\n")[2].partition("\n## ")[0]
)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=sleep_)[0-9a-f]{4}")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)
    assert found is not None, language
    return found[1]


def test_the_failing_test_says_just_this(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part of the output in README stands in what pytest really prints, but for ids that are made anew."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    for name in ("conftest.py", "expenses.py"):
        shutil.copy(ROOT / "tests" / "examples" / name, pytester.path)
    (pytester.path / "test_expenses.py").write_text(block("python"), encoding="utf-8")
    printed = UUID.sub("<id>", pytester.runpytest_subprocess("-p", PLUGIN).stdout.str())
    command, *parts = UUID.sub("<id>", block("console")).split("...\n")
    assert command == "$ pytest test_expenses.py\n"
    for part in parts:
        assert part.strip("\n") in printed
