"""Deadlines that end while a run is under way, however slow its server is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

DEADLINES = (0.5, 2.0, 8.0, 32.0, 128.0)
"""Seconds; the next is tried where the server has not come so far within the one before."""


def with_growing_deadlines(attempt: Callable[[float], T | None]) -> T:
    """Return what the first attempt gives whose deadline was long enough.

    Args:
        attempt: Does all of it again, with a run of its own, within so many seconds; None if its deadline was over
            before the server had come to where the test begins.

    Raises:
        AssertionError: Not even the longest was long enough.
    """
    for seconds in DEADLINES:
        if (given := attempt(seconds)) is not None:
            return given
    raise AssertionError(f"the server has not come so far within {DEADLINES[-1]:g} s")
