"""The statement that failed, and the objects that it names, found without running code of theirs."""

from __future__ import annotations

import ast
import inspect
import linecache
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pytest_mastra.explain.loaded_classes import loaded_classes

_FILES_KEPT = 8
_ITEMS_LOOKED_AT = 1000
_REWRITTEN = "@py_"
"""What the names begin with in which pytest's rewritten asserts keep intermediate values."""

_STEPS = ("mastra_sync.steps", "Steps")
_SEEN_RUNS = ("pytest_mastra.fake.api.seen_runs", "SeenRuns")
"""Classes whose `[]` may be asked: a dict that names the missing step, a list that knows whose runs it has."""

_FAKE = ("pytest_mastra.fake.server", "FakeMastra")
"""The class whose `runs` may be called: it looks, and changes nothing."""

_NOTHING = object()

_parsed: dict[str, tuple[list[str], ast.Module | None]] = {}


@dataclass(frozen=True, slots=True)
class FailedStatement:
    """A statement, and what it names.

    Attributes:
        values: The objects of the kinds that were asked for, each once, in the order in which they are named.
        reversed: Whether the statement compares something that does not name any of them with something that does.
        lines: First and last line of the statement; None if there is no source.
        sides: The two values that an `assert a == b` compares; None if it is another, or if they cannot be found.
    """

    values: list[Any]
    reversed: bool = False
    lines: tuple[int, int] | None = None
    sides: tuple[Any, Any] | None = None


def read_statement(frame: types.FrameType, line: int, kinds: tuple[type, ...]) -> FailedStatement:
    """Return the statement at a line of a running function, with the objects that it names.

    Names, attributes and constant indices are followed, but no property and no method is called except a fake's `runs`;
    lists and dicts are looked into one level deep. Without source nothing but the intermediate values of a rewritten
    assert is found.

    Args:
        frame: The function's.
        line: Number of the line, from 1.
        kinds: What to look for.
    """
    statements = _statements_at(frame, line)
    search = _Search(kinds, frame)
    for statement in statements:
        for node in _own_expressions(statement):
            search.visit(node)
    for name, value in list(frame.f_locals.items()):
        if name.startswith(_REWRITTEN):
            search.add(value)
    if not statements:
        return FailedStatement(search.values)
    lines = statements[0].lineno, statements[-1].end_lineno or statements[-1].lineno
    tests = [statement.test for statement in statements if isinstance(statement, ast.Assert)]
    if len(tests) != 1 or not isinstance(tests[0], ast.Compare):
        return FailedStatement(search.values, lines=lines)
    return FailedStatement(search.values, _is_reversed(tests[0], frame, kinds), lines, _sides(tests[0], frame))


# -- finding the statement


def _statements_at(frame: types.FrameType, line: int) -> list[ast.stmt]:
    """Return the innermost statements at a line: one as a rule, none without source."""
    tree = _tree_of(frame)
    found: list[ast.stmt] = []
    inner: list[ast.stmt] = list(tree.body) if tree is not None else []
    while inner:
        at = [node for node in inner if _first_line(node) <= line <= (node.end_lineno or node.lineno)]
        if not at:
            break
        found = at
        inner = [child for node in found for child in _statements_in(node)]
    return found


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _tree_of(frame: types.FrameType) -> ast.Module | None:
    """Return the parsed source of a function's file; kept as long as the file's lines are."""
    file = frame.f_code.co_filename
    linecache.lazycache(file, frame.f_globals)
    lines = linecache.getlines(file, frame.f_globals)
    if not lines:
        return None
    kept = _parsed.get(file)
    if kept is None or kept[0] is not lines:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python gave them when it read the file
                tree = ast.parse("".join(lines))
        except (SyntaxError, ValueError, RecursionError):
            tree = None
        while len(_parsed) >= _FILES_KEPT:
            _parsed.pop(next(iter(_parsed)), None)
        kept = _parsed[file] = (lines, tree)
    return kept[1]


def _statements_in(node: ast.AST) -> Iterator[ast.stmt]:
    """Return the statements right inside one; also those in its `except` and `case` blocks."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, (ast.excepthandler, ast.match_case)):
            yield from _statements_in(child)


def _own_expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """Return the expressions of a statement, without those of the statements in it."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case)):
            yield child


def _is_reversed(test: ast.Compare, frame: types.FrameType, kinds: tuple[type, ...]) -> bool:
    left, right = _Search(kinds, frame), _Search(kinds, frame)
    left.visit(test.left)
    for node in test.comparators:
        right.visit(node)
    return bool(right.values) and not left.values


def _sides(test: ast.Compare, frame: types.FrameType) -> tuple[Any, Any] | None:
    if len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return None
    search = _Search((), frame)
    left, right = search.value(test.left), search.value(test.comparators[0])
    return None if left is _NOTHING or right is _NOTHING else (left, right)


# -- looking names up


class _Search:
    """Collects the objects of some kinds that expressions name, each once."""

    def __init__(self, kinds: tuple[type, ...], frame: types.FrameType) -> None:
        self.values: list[Any] = []
        self._kinds = kinds
        self._frame = frame

    def add(self, value: Any) -> None:
        """Keep a value if it is of the right kind, or such items of it."""
        if self._keep(value) or type(value) not in (list, tuple, dict):
            return
        for item in islice(value.values() if type(value) is dict else value, _ITEMS_LOOKED_AT):
            self._keep(item)

    def visit(self, node: ast.AST) -> None:
        """Keep what an expression names."""
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
            self.value(node)
            return
        self.visit_parts(node)

    def value(self, node: ast.AST) -> Any:
        """Return what an expression stands for, `_NOTHING` if finding that out takes running code."""
        if isinstance(node, ast.Constant):
            return node.value
        value = self._literal(node)
        if isinstance(node, ast.Name):
            value = _NOTHING if isinstance(node.ctx, ast.Store) else _variable(node.id, self._frame)
        elif isinstance(node, ast.Attribute):
            value = _attribute(self.value(node.value), node.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "runs":
            value = self._runs_on_fake(self.value(node.func.value), node)
        elif isinstance(node, ast.Subscript):
            value = _item(self.value(node.value), self.value(node.slice))
        elif value is _NOTHING:
            self.visit_parts(node)
        if value is not _NOTHING:
            self.add(value)
        return value

    def visit_parts(self, node: ast.AST) -> None:
        """Keep what the parts of an expression name."""
        for child in ast.iter_child_nodes(node):
            self.visit(child)

    def _literal(self, node: ast.AST) -> Any:
        """Return a negative number, list, tuple or dict that an expression writes out."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            operand = self.value(node.operand)
            return -operand if type(operand) in (int, float) else _NOTHING
        if isinstance(node, (ast.List, ast.Tuple)):
            items = [self.value(item) for item in node.elts]
            if any(item is _NOTHING for item in items):
                return _NOTHING
            return items if isinstance(node, ast.List) else tuple(items)
        if isinstance(node, ast.Dict):
            pairs = [
                (self.value(key) if key else _NOTHING, self.value(item))
                for key, item in zip(node.keys, node.values, strict=True)
            ]
            is_known = all(type(key) in (str, int) and item is not _NOTHING for key, item in pairs)
            return dict(pairs) if is_known else _NOTHING
        return _NOTHING

    def _runs_on_fake(self, server: Any, node: ast.Call) -> Any:
        """Return what `server.runs("city")` gives, which is gone once it was taken apart."""
        names = [self.value(argument) for argument in (*node.args, *(keyword.value for keyword in node.keywords))]
        if type(server) not in loaded_classes(_FAKE) or len(names) != 1 or type(names[0]) is not str:
            return _NOTHING
        try:
            return server.runs(names[0])
        except ValueError:
            return _NOTHING

    def _keep(self, value: Any) -> bool:
        # isinstance may ask a proxy for its class, and so run code
        is_wanted = issubclass(type(value), self._kinds)
        if is_wanted and not any(value is known for known in self.values):
            self.values.append(value)
        return is_wanted


def _variable(name: str, frame: types.FrameType) -> Any:
    if name in frame.f_locals:
        return frame.f_locals[name]
    return frame.f_globals.get(name, _NOTHING)


def _attribute(value: Any, name: str) -> Any:
    if value is _NOTHING:
        return _NOTHING
    found = inspect.getattr_static(value, name, _NOTHING)
    if isinstance(found, types.MemberDescriptorType):
        try:
            return found.__get__(value)
        except AttributeError:
            return _NOTHING
    return _NOTHING if hasattr(type(found), "__get__") else found


def _item(value: Any, index: Any) -> Any:
    is_safe = type(index) in (int, str) and _is_plain(value)
    try:
        return value[index] if is_safe else _NOTHING
    except (LookupError, TypeError):
        return _NOTHING


def _is_plain(value: Any) -> bool:
    """Whether asking for an item runs no code but Python's own, or `mastra_sync`'s."""
    return type(value) in (list, tuple, dict, *loaded_classes(_STEPS, _SEEN_RUNS))
