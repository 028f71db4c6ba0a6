"""The conditions of a fake's branches and loops, as they stand in its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.workflows.graph import ConditionalEntry, LoopEntry

if TYPE_CHECKING:
    from pytest_mastra.fake.workflows.definition import Workflow


def conditions_of(workflow: Workflow, prefix: str = "") -> dict[str, str]:
    """Return a workflow's conditions by the paths of the steps that they decide on."""
    found = dict(_own_conditions(workflow, prefix))
    for name, step in workflow.steps.items():
        if step.is_workflow:
            found |= conditions_of(step, f"{prefix}{name}.")  # type: ignore[arg-type]
    return found


def _own_conditions(workflow: Workflow, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in workflow.entries:
        if isinstance(entry, ConditionalEntry):
            for arm, condition in zip(entry.steps, entry.conditions, strict=True):
                yield prefix + arm.id, source_of(condition)
        elif isinstance(entry, LoopEntry):
            yield prefix + entry.step.id, source_of(entry.condition)


def source_of(function: Any) -> str:
    """Return what a lambda gives, as it stands in its source; of another function its name."""
    name = str(getattr(function, "__qualname__", function))
    code = getattr(function, "__code__", None)
    if not name.endswith("<lambda>") or code is None:
        return name
    candidates = _lambdas_in(code.co_filename).get(code.co_firstlineno, [])
    if len(candidates) > 1:
        candidates = [one for one in candidates if _names_in(_code_of(one)) == _names_in(code)]
    if len(candidates) > 1:
        # `n < 3` and `n > 3` name the same
        candidates = [one for one in candidates if _code_of(one).co_code == code.co_code]
    return ast.unparse(candidates[0].body) if len(candidates) == 1 else name


@lru_cache(maxsize=16)
def _lambdas_in(path: str) -> dict[int, list[ast.Lambda]]:
    """Return the lambdas of a file, by their lines."""
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 -- what a code object names may be no path at all
            tree = ast.parse(file.read())
    except (OSError, ValueError, SyntaxError, RecursionError):
        return {}
    found: dict[int, list[ast.Lambda]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            found.setdefault(node.lineno, []).append(node)
    return found


def _code_of(node: ast.Lambda) -> CodeType:
    """Return a lambda as it is executed."""
    code = compile(ast.fix_missing_locations(ast.Expression(node)), "<condition>", "eval")
    return next(const for const in code.co_consts if isinstance(const, CodeType))


def _names_in(code: CodeType) -> tuple[Any, ...]:
    """Return what tells a lambda from another one on its line."""
    constants = [repr(const) for const in code.co_consts if not isinstance(const, CodeType)]
    return code.co_varnames, sorted({*code.co_names, *code.co_freevars}), constants, len(code.co_code)
