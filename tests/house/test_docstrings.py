"""Each module, class and public function says what it is, at first sight."""

from __future__ import annotations

import ast

from tests.house.import_graph import ROOT, modules

MOST_WORDS = 16


def test_the_first_line_is_short() -> None:
    """The first line of a docstring has at most 16 words."""
    long = [
        f"  {path.relative_to(ROOT).as_posix()}:{getattr(node, 'lineno', 1)} {words} words: {line}"
        for path in modules().values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        if (line := (ast.get_docstring(node) or "").partition("\n")[0]) and (words := len(line.split())) > MOST_WORDS
    ]
    assert not long, "\n".join(["docstrings that begin with too long a line:", *long])
