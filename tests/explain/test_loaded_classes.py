"""Classes that are named by text stand where that says."""

from __future__ import annotations

from importlib import import_module

import pytest

from pytest_mastra.explain import assertions, failed_statement, traceback_filter
from pytest_mastra.explain.loaded_classes import Home, loaded_classes


@pytest.mark.parametrize("home", [*assertions._KINDS, *traceback_filter._MEANT, failed_statement._STEPS])
def test_each_named_class_is_there(home: Home) -> None:
    """A module that is moved takes its name along."""
    module, name = home
    wanted = getattr(import_module(module), name)
    assert loaded_classes(home) == (wanted,)


def test_what_is_not_loaded_is_not_there() -> None:
    """Nothing is imported to find it."""
    assert loaded_classes(("pytest_mastra.no_such_module", "Class")) == ()
