"""How much is tried of what is tried many times: a third where another Python has told the same already."""

# ruff: noqa: INP001 -- the folder of all tests is no package; those in it are

from __future__ import annotations

import os

IS_TOLD_AGAIN = bool(os.environ.get("FEWER_EXAMPLES"))
"""Whether this is one of the Pythons on which CI runs the suite again."""

DEFAULT = 100
"""What hypothesis tries by default."""


def examples(count: int) -> int:
    """Return how many examples a property test tries, of as many as it would."""
    return max(count // 3, 1) if IS_TOLD_AGAIN else count
