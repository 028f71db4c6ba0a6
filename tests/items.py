"""Tests as pytest has collected them."""

# ruff: noqa: INP001 -- the folder of all tests is no package; those in it are

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def is_below(file: Path, folder: Path) -> bool:
    """Whether a file is in a folder; asked of many thousand tests, which are in a few hundred files."""
    return folder in file.parents
