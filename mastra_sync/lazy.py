"""Public names that are imported when first used: importing their package costs next to nothing."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def lazy_names(
    package: str, names: list[str], homes: Mapping[str, str], *, others: str = "", extra: str = ""
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return what a package needs as its `__getattr__` and `__dir__` (PEP 562).

    Where a library of the extra is missing, the error says what to install.

    Args:
        package: The package's own name.
        names: All its public names.
        homes: For each name the module in the package where it lives.
        others: Where the names live that `homes` does not have.
        extra: The extra of this distribution whose libraries they need.
    """

    def get(name: str) -> Any:
        __tracebackhide__ = True
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            value = getattr(importlib.import_module(f"{package}.{homes.get(name, others)}"), name)
        except ModuleNotFoundError as error:
            from mastra_sync.extras import explain_missing  # noqa: PLC0415 -- for installations that lack something

            problem = explain_missing(f"{package}.{name} needs", error, extra) if extra else ""
            if not problem:
                raise
            raise ModuleNotFoundError(problem, name=error.name) from None
        setattr(sys.modules[package], name, value)
        return value

    def list_names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *names})

    return get, list_names
