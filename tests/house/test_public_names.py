"""Names that a package gives lazily stay what they are, whatever was imported before."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.house.import_graph import modules


@pytest.mark.parametrize("package", ["mastra_sync", "pytest_mastra", "pytest_mastra.fake", "pytest_mastra.cassettes"])
def test_no_module_hides_a_public_name(package: str) -> None:
    """Importing a module makes it an attribute of its package, in the place of a name that is given lazily."""
    names = import_module(package).__all__
    assert [name for name in names if f"{package}.{name}" in modules()] == []
