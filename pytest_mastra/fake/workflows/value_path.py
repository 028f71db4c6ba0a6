"""Dotted paths into values, as maps have them."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.workflows.errors import StepError
from pytest_mastra.fake.workflows.javascript import UNDEFINED


def walk_path(root: Any, path: str, label: str) -> Any:
    """Return what lies at a path; of an empty one, or `.`, the root itself.

    Args:
        root: Where the path begins.
        path: The keys and indices, with dots between.
        label: What an error calls the root.

    Raises:
        StepError: The path leads through what is neither object nor list.
    """
    if path in ("", "."):
        return root
    value = root
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part, UNDEFINED)
        elif isinstance(value, list):
            value = _element(value, part)
        else:
            raise StepError(f"Invalid path {path} in {label}")
    return value


def _element(items: list[Any], key: str) -> Any:
    if key == "length":
        return len(items)
    is_index = key.isdecimal() and key == str(int(key))
    return items[int(key)] if is_index and int(key) < len(items) else UNDEFINED
