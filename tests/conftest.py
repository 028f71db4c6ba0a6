"""What all tests share: fixtures of suites that are written into a folder and run there, and what spares time."""

# ruff: noqa: INP001 -- this folder is no package; those in it are

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# a slow machine fails no property test, and nothing is left behind
settings.register_profile("any_machine", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any_machine")

pytest_plugins = ["pytester", "tests.suites_in_folders"]


def pytest_configure() -> None:
    """Let the processes that tests start keep their byte code, outside of the tree where it is unwanted there."""
    # a run starts some three hundred of them, and each would compile everything anew
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(sys.prefix) / "bytecode"))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector from going through ten thousand tests, which stay anyway, again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
