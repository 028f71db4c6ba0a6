"""Functions of a declaration as graphs show them: the source of a lambda, else a name."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType
from typing import Any

_MOST_LINES = 40
"""Lines that a lambda may take."""

_TOKEN = re.compile(
    r"""(?P<string>\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(?P<comment>\#[^\n]*)|[()\[\]{},\n]""",
    re.DOTALL,
)


def source_of(function: Any) -> str:
    """Return what a lambda gives, as it stands in its source; of another function its name."""
    name = str(getattr(function, "__qualname__", None) or repr(function))
    code = getattr(function, "__code__", None)
    if not name.endswith("<lambda>") or not isinstance(code, CodeType):
        return name
    return _body_of(code) or name


@lru_cache(maxsize=1024)
def _body_of(code: CodeType) -> str:
    """Return the body of a lambda; empty if its source is not there."""
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :][:_MOST_LINES]
    bodies = {
        ast.unparse(found.body)
        for text in _texts("".join(lines), lines[0] if lines else "")
        if (found := _parsed(text)) is not None and _is_compiled_to(text, code)
    }
    return bodies.pop() if len(bodies) == 1 else ""


def _texts(text: str, first: str) -> Iterator[str]:
    """Give what may be lambdas that begin in the first line of a text."""
    for found in re.finditer(r"\blambda\b", first):
        for end in _ends(text, found.start()):
            yield text[found.start() : end]


def _ends(text: str, start: int) -> Iterator[int]:
    """Give where an expression may end: at a comma, a line's end, another's bracket."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += (token[0] in "([{") - (token[0] in ")]}")
        if depth < 0:
            yield token.start()
            return
        if not depth and token[0] in ",\n":
            yield token.start()


def _parsed(text: str) -> ast.Lambda | None:
    try:
        found = ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return None
    return found if isinstance(found, ast.Lambda) else None


def _is_compiled_to(text: str, code: CodeType) -> bool:
    """Whether a lambda's text is compiled to this code, with the same variables around it."""
    around = f"def around({', '.join(code.co_freevars)}):\n return ({text}\n)"
    try:
        module = compile(around, "<lambda>", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return False
    function = _inner(module)
    inner = _inner(function) if function is not None else None
    return inner is not None and _told(inner) == _told(code)


def _inner(code: CodeType) -> CodeType | None:
    return next((const for const in code.co_consts if isinstance(const, CodeType)), None)


def _told(code: CodeType) -> tuple[Any, ...]:
    """Return what tells a function's code from another's, wherever it stands."""
    constants = [_told(const) if isinstance(const, CodeType) else repr(const) for const in code.co_consts]
    # up to Python 3.10, the name of an inner function is one of them
    constants = [const for const in constants if not str(const).endswith("<lambda>'")]
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, constants
