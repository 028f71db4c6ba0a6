"""What processes of pytest-xdist hand each other, as text.

A worker ends that hands on what JavaScript has and execnet cannot carry: a whole number below -2**31, as in each schema
of `z.int()`, or half of a character.
"""

from __future__ import annotations

import json
from typing import Any


def as_text(data: Any) -> str:
    """Return plain data as text that any process can be handed."""
    return json.dumps(data)


def from_text(text: str) -> Any:
    """Return what `as_text` was given, tuples as lists."""
    return json.loads(text)
