"""What all tests share: fixtures of suites that are written into a folder and run there, and what spares time."""

# ruff: noqa: INP001 -- this folder is no package; those in it are

from __future__ import annotations

import compileall
import gc
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.properties import DEFAULT, examples

# a slow machine fails no property test, and nothing is left behind
settings.register_profile(
    "any_machine",
    deadline=None,
    database=None,
    max_examples=examples(DEFAULT),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("any_machine")

pytest_plugins = ["pytester", "tests.suites_in_folders"]

ROOT = Path(__file__).parents[1]
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ

# a run starts some hundred processes, and each would compile everything anew. Said before the plugins above are
# imported, whose assertions pytest rewrites
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# no proxy is asked for fakes in a process: with each request, requests goes through the whole environment to find one
os.environ.setdefault("NO_PROXY", "mastra.test")


def pytest_configure() -> None:
    """Compile our packages for the processes that tests start, most of which may not keep byte code themselves."""
    if not IS_WORKER:
        for package in ("mastra_sync", "pytest_mastra"):
            compileall.compile_dir(ROOT / package, quiet=2)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect with the byte code that another worker has kept, and without the garbage collector.

    It would go through ten thousand tests, which stay anyway, again and again.
    """
    gc.disable()
    try:
        with _after_the_first_worker():
            return (yield)
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _after_the_first_worker() -> Iterator[None]:
    """Wait until one worker has rewritten the assertions of all tests, which each would do for itself."""
    if not IS_WORKER or sys.platform == "win32":
        yield
        return
    import fcntl

    environment = os.open(sys.prefix, os.O_RDONLY)
    try:
        try:
            fcntl.flock(environment, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(environment, fcntl.LOCK_SH)
        yield
    finally:
        os.close(environment)
