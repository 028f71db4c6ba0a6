"""How many examples a property test tries: a third where another Python has told the same already."""

# ruff: noqa: INP001 -- the folder of all tests is no package; those in it are

from __future__ import annotations

import os

DEFAULT = 100
"""What hypothesis tries by default."""


def examples(count: int) -> int:
    """Return how many examples to try of as many as there would be.

    CI sets `FEWER_EXAMPLES` on the Pythons on which the suite runs again.
    """
    return max(count // 3, 1) if os.environ.get("FEWER_EXAMPLES") else count
