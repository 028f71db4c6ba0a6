"""Who imports whom in the two packages: annotations and imports inside functions included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("mastra_sync", "pytest_mastra")


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """One import.

    Attributes:
        importer: The module that imports, dotted.
        line: Where.
        imported: The module that is imported; a package for names of its `__init__`.
    """

    importer: str
    line: int
    imported: str


@cache
def modules() -> dict[str, Path]:
    """Return the modules of both packages by their dotted names."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


@cache
def imports() -> list[Import]:
    """Return all imports between modules of the two packages."""
    return sorted(
        Import(module, line, imported)
        for module, path in modules().items()
        for imported, line in _imports_of(ast.parse(path.read_text(encoding="utf-8")))
        if imported != module
    )


def _imports_of(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute in this project"
            names = [_module_of(str(node.module), alias.name) for alias in node.names]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name in modules())


def _module_of(module: str, name: str) -> str:
    """Return what an import of a name from a module loads: the module itself, or one below it."""
    below = f"{module}.{name}"
    return below if below in modules() else module
