"""Tests of code that calls Mastra's workflows: what a test names; `pytest_mastra.fake` has the rest.

Names are imported when they are first used, so that pytest's start costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_mastra.fake import (
        AS_TIMED,
        AT_ONCE,
        BY_HAND,
        NULL,
        FakeMastra,
        InProcess,
        NonRetryable,
        OnSocket,
        Polls,
        RealClock,
        Seconds,
        StepContext,
        StepError,
        TripWire,
        VirtualClock,
    )

__all__ = [
    "AS_TIMED",
    "AT_ONCE",
    "BY_HAND",
    "NULL",
    "FakeMastra",
    "InProcess",
    "NonRetryable",
    "OnSocket",
    "Polls",
    "RealClock",
    "Seconds",
    "StepContext",
    "StepError",
    "TripWire",
    "VirtualClock",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.fake"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
