"""What all tests share: fixtures of suites that are written into a folder and run there."""

# ruff: noqa: INP001 -- this folder is no package; those in it are

from __future__ import annotations

import os
import sys
from pathlib import Path

pytest_plugins = ["pytester", "tests.suites_in_folders"]


def pytest_configure() -> None:
    """Let the processes that tests start keep their byte code, outside of the tree where it is unwanted there."""
    # a run starts some four hundred of them, and each would compile everything anew
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(sys.prefix) / "bytecode"))
