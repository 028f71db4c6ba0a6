"""Running one pytest item several times: the one place that knows names of pytest's own."""

from __future__ import annotations

import contextlib
import pdb
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from _pytest import runner

Body = Callable[[], None]
"""A test's own code."""

Replacement = Callable[[Body], None]
"""What is run in its stead."""

Run = Callable[..., "list[pytest.TestReport]"]

_DEBUGGER = "pdbinvoke"


@contextlib.contextmanager
def several_times(item: pytest.Item) -> Iterator[Run]:
    """Give what runs an item once, from its setup to its teardown, with fresh fixtures.

    What it gives takes the function that is run in the test's stead, given that; whether pytest is told; and what comes
    next: fixtures wider than a function stay until then.
    """
    before = len(item.user_properties)
    body = item.runtest

    def run(replacement: Replacement, *, is_told: bool, nextitem: Any) -> list[pytest.TestReport]:
        _renew(item, before)
        item.runtest = lambda: replacement(body)  # type: ignore[method-assign]
        with contextlib.nullcontext() if is_told else _in_silence(item.config):
            return runner.runtestprotocol(item, log=is_told, nextitem=nextitem)

    try:
        yield run
    finally:
        item.__dict__.pop("runtest", None)


def raised_by(item: pytest.Item, body: Callable[[], None]) -> BaseException | None:
    """Run a test's own code, and return what it raised, if anything.

    Raises:
        KeyboardInterrupt: Or another end of all tests.
    """
    try:
        body()
    except (KeyboardInterrupt, pytest.exit.Exception):
        raise
    except BaseException as error:  # noqa: BLE001 -- whatever it is, it is judged
        return error
    # unittest keeps what its tests raise
    kept = getattr(item, "_excinfo", None)
    return kept.pop(0).value if kept else None


def end_fixture(item: pytest.Item, fixture: pytest.FixtureDef[Any]) -> None:
    """End a fixture, and those that were made of it: they are set up anew.

    pytest does the same where the parameter of a fixture changes.
    """
    # between the times there is no request of its
    item._initrequest()  # type: ignore[attr-defined] # noqa: SLF001
    fixture.finish(item._request)  # type: ignore[attr-defined] # noqa: SLF001


def is_plain_function(item: pytest.Item) -> bool:
    """Return whether an item is a test function or method, which can be run several times."""
    return isinstance(item, pytest.Function)


def _renew(item: pytest.Item, properties: int) -> None:
    """Forget what an earlier time has left on an item."""
    for name in ("_instance", "_obj"):
        item.__dict__.pop(name, None)
    item._initrequest()  # type: ignore[attr-defined] # noqa: SLF001 -- as pytest-rerunfailures does
    item._report_sections.clear()  # noqa: SLF001
    del item.user_properties[properties:]


@contextlib.contextmanager
def _in_silence(config: pytest.Config) -> Iterator[None]:
    """Have no debugger called and no warning told."""
    manager = config.pluginmanager
    debugger = manager.get_plugin(_DEBUGGER)
    if debugger is not None:
        manager.unregister(debugger)
    try:
        # what a filter makes an error stays one
        with warnings.catch_warnings(record=True), pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "breakpointhook", _pass_by)
            patch.setattr(pdb, "set_trace", _pass_by)
            yield
    finally:
        if debugger is not None:
            manager.register(debugger, _DEBUGGER)


def _pass_by(*_: Any, **__: Any) -> None:
    """Do not stop: the run that pytest is told of will."""
