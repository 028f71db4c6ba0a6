"""Public names that are imported when first used: importing their package costs next to nothing."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def lazy_names(
    package: str, names: list[str], homes: Mapping[str, str], *, others: str = ""
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return what a package needs as its `__getattr__` and `__dir__` (PEP 562).

    Args:
        package: The package's own name.
        names: All its public names.
        homes: For each name the module in the package where it lives.
        others: Where the names live that `homes` does not have.
    """

    def get(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{package}.{homes.get(name, others)}"), name)
        setattr(sys.modules[package], name, value)
        return value

    def list_names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *names})

    return get, list_names
