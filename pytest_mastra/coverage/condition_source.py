"""A condition's source, JavaScript's or Python's, as an expression to ask of an input. No I/O.

What is read are comparisons, `&&`, `||`, `!`, arithmetic, `length`, `includes`, `startsWith` and `endsWith` on
fields of the input and constants. Anything more is not read at all: nothing is said of a part of a condition.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Path = tuple[str, ...]
"""The names of a field, from the outside."""

_ARROW = re.compile(r"^\s*(?:async\s+)?(?P<takes>\([^()]*\)|\w+)\s*=>\s*")
_LAMBDA = re.compile(r"^\s*lambda\b[^:]*:\s*")
_BLOCK = re.compile(r"^\{\s*return\s+(?P<value>.*?);?\s*\}$", re.DOTALL)
_TAKEN_APART = re.compile(r"\binputData\s*:\s*(?:\{(?P<fields>[\w\s,]*)\}|(?P<whole>\w+))")
_TOKEN = re.compile(
    r"""(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    |(?P<sign>===|!==|&&|\|\||\?\.\[|\?\.(?=[A-Za-z_])|!(?!=)|\b(?:true|false|null|undefined)\b)""",
    re.VERBOSE,
)
_SIGNS = {"===": "==", "!==": "!=", "&&": " and ", "||": " or ", "?.[": "[", "?.": ".", "!": "~"}
_WORDS = {"true": "True", "false": "False", "null": "None", "undefined": "None"}
_MOST_READ = 1_000
"""Characters of a condition that is read; in a longer one there is more than that."""

_ROOTS = frozenset({"inputData", "input_data", "getInitData", "get_init_data"})

_COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
    ast.In: lambda one, several: one in several,
    ast.NotIn: lambda one, several: one not in several,
}
_COMPUTED: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
_ASKED: Mapping[str, Callable[[Any, Any], bool]] = {
    "includes": lambda several, one: one in several,
    "startsWith": str.startswith,
    "startswith": str.startswith,
    "endsWith": str.endswith,
    "endswith": str.endswith,
}


class _UnreadError(ValueError):
    """A condition says more than is read."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a part of a condition asks of a field.

    Attributes:
        path: The field.
        of_length: Whether its length is meant.
        constants: What it is held against; none where it is to be true.
    """

    path: Path
    of_length: bool = False
    constants: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was read.

    Attributes:
        uses: What it asks of which field.
    """

    _tree: ast.expr
    _names: Mapping[str, Path]
    uses: tuple[Use, ...] = ()

    @classmethod
    def read(cls, source: str) -> Condition | None:
        """Return a condition as a graph shows it.

        Returns:
            None if it says more than is read, or nothing of the input.
        """
        if len(source) > _MOST_READ:
            return None
        arrow = _ARROW.match(source)
        text = _LAMBDA.sub("", source[arrow.end() :] if arrow else source).strip()
        block = _BLOCK.match(text)
        python = _TOKEN.sub(_as_python, block["value"] if block else text)
        try:
            tree = ast.parse(f"({python}\n)", mode="eval").body
            found = cls(tree, _names_taken(arrow["takes"] if arrow else ""))
            found = replace(found, uses=tuple(found._uses_in(tree)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        return found if found.uses else None

    def holds(self, value: Any) -> bool:
        """Return whether it holds for an input; what cannot be compared does not."""
        try:
            return bool(self._value(self._tree, value))
        except RecursionError:
            return False

    def _uses_in(self, node: ast.expr) -> Iterator[Use]:
        """Give what is asked of fields, each with the constants of its comparison."""
        if isinstance(node, ast.BoolOp):
            for part in node.values:
                yield from self._uses_in(part)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.Invert)):
            yield from self._uses_in(node.operand)
        else:
            self._value(node, {})  # says what cannot be read
            constants = tuple(one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
            yield from (
                Use(path, of_length=of_length, constants=_without_names(constants, path))
                for path, of_length in self._fields_in(node)
            )

    def _fields_in(self, node: ast.AST) -> Iterator[tuple[Path, bool]]:
        path = self._path(node) if isinstance(node, ast.expr) else None
        inner = _measured(node) if path is None or path[-1:] == ("length",) else None
        if inner is not None and (measured := self._path(inner)):
            yield measured, True
        elif path:
            yield path, False
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            for part in (node.func.value, *node.args):
                yield from self._fields_in(part)
        else:
            for child in ast.iter_child_nodes(node):
                yield from self._fields_in(child)

    def _path(self, node: ast.AST) -> Path | None:
        """Return the field of the input that an expression names; None if it is something else."""
        if isinstance(node, ast.Name):
            return () if node.id in _ROOTS else self._names.get(node.id)
        if isinstance(node, ast.Subscript):
            return self._inside(node.value, node.slice)
        if isinstance(node, ast.Attribute):
            is_root = node.attr in _ROOTS and isinstance(node.value, ast.Name)
            return () if is_root else self._inside(node.value, ast.Constant(node.attr))
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and called.attr == "get" and len(node.args) == 1:
                return self._inside(called.value, node.args[0])
            # the input itself may be asked for: getInitData()
            return () if not node.args and self._path(called) == () else None
        return None

    def _inside(self, outer: ast.expr, key: ast.expr) -> Path | None:
        path = self._path(outer)
        is_name = isinstance(key, ast.Constant) and isinstance(key.value, str)
        return (*path, key.value) if path is not None and is_name else None  # type: ignore[attr-defined]

    def _value(self, node: ast.expr, given: Any) -> Any:  # noqa: PLR0911 -- one row per kind of expression
        inner = _measured(node)
        measured = None if inner is None else self._path(inner)
        if measured:
            found = at(given, measured)
            return len(found) if isinstance(found, (str, list)) else None
        path = self._path(node)
        if path is not None:
            return at(given, path)
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, (ast.List, ast.Tuple)):
            return [self._value(item, given) for item in node.elts]
        if isinstance(node, ast.BoolOp):
            values = (self._value(part, given) for part in node.values)
            return any(values) if isinstance(node.op, ast.Or) else all(values)
        if isinstance(node, ast.UnaryOp):
            value = self._value(node.operand, given)
            return _applied(operator.sub, 0, value) if isinstance(node.op, ast.USub) else not value
        if isinstance(node, ast.BinOp) and type(node.op) in _COMPUTED:
            return _applied(_COMPUTED[type(node.op)], self._value(node.left, given), self._value(node.right, given))
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            sides = self._value(node.left, given), self._value(node.comparators[0], given)
            return _applied(_COMPARED[type(node.ops[0])], *sides)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ASKED:
            (argument,) = node.args
            owner = self._value(node.func.value, given)
            return _applied(_ASKED[node.func.attr], owner, self._value(argument, given))
        raise _UnreadError(ast.dump(node))


def at(value: Any, path: Sequence[str]) -> Any:
    """Return a field of an input; None if it is not there."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _as_python(token: re.Match[str]) -> str:
    sign = token["sign"]
    return token[0] if sign is None else _SIGNS.get(sign) or _WORDS[sign]


def _names_taken(parameters: str) -> dict[str, Path]:
    """Return the fields that a function's parameters give names: of `({ inputData: { n } })`."""
    names: dict[str, Path] = {}
    for found in _TAKEN_APART.finditer(parameters):
        if found["whole"]:
            names[found["whole"]] = ()
        names.update({name: (name,) for name in re.findall(r"\w+", found["fields"] or "")})
    return names


def _measured(node: ast.AST) -> ast.expr | None:
    """Return what an expression is the length of: `items.length`, `len(items)`."""
    if isinstance(node, ast.Attribute) and node.attr == "length":
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len" and len(node.args) == 1:
        return node.args[0]
    return None


def _applied(function: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    try:
        return function(one, other)
    except (TypeError, ArithmeticError):
        return False


def _without_names(constants: tuple[Any, ...], path: Path) -> tuple[Any, ...]:
    """Return constants without those that only name the field."""
    return tuple(one for one in constants if not (isinstance(one, str) and one in path))
