"""How often each figure is taken, of which the best or the median counts."""

from __future__ import annotations

import os

BRIEF = os.environ.get("FIGURES") == "brief"
"""Figures are rough then, and taken in a third of the time: enough to see that each can be taken."""


def rounds(usual: int) -> int:
    """Return how often a figure is taken that is usually taken so often; a quarter of it where they are brief."""
    return max(usual // 4, 1) if BRIEF else usual
