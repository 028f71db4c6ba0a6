"""The README's examples, run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def python_block(heading: str) -> str:
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    block = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert block is not None, heading
    return block[1]


def test_the_fake_of_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    """It runs, and a day passes."""
    exec(compile(python_block("Fake a server"), "README.md", "exec"), {})
    assert re.fullmatch(r"<RunResult city-workflow \S+ success \{'text': 'sunny'\}>\n", capsys.readouterr().out)
