"""A module is one room, and a function one look."""

from __future__ import annotations

import ast

from tests.house.import_graph import ROOT, modules

MOST_LINES = 450
LARGER = {"mastra_sync/errors.py"}
"""The tree of exceptions stands drawn above all of them."""

MOST_LINES_OF_A_FUNCTION = 50


def test_modules_are_no_longer_than_a_room() -> None:
    """Only the exceptions stand in a longer module: what grows past that is two nouns."""
    sizes = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules().values()
    }
    assert {name: size for name, size in sizes.items() if size > MOST_LINES}.keys() == LARGER


def test_functions_are_no_longer_than_a_look() -> None:
    """Without its docstring a function has few lines: what grows past that does two things."""
    long = [
        f"{path.relative_to(ROOT).as_posix()}:{node.lineno} {node.name}: {lines} lines"
        for path in modules().values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        if (lines := _lines_of(node)) > MOST_LINES_OF_A_FUNCTION
    ]
    assert not long, "\n".join(["functions that are too long:", *long])


def _lines_of(function: ast.FunctionDef) -> int:
    first = function.body[0]
    own = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(function) else 0
    return (function.end_lineno or 0) - function.lineno + 1 - own
