"""What a person types."""

from __future__ import annotations

import sys


def read_line() -> str:
    """Return a line of stdin with its end; nothing if there is none to come."""
    # a process may be started without it, or with one that cannot be read
    try:
        return "" if sys.stdin is None else sys.stdin.buffer.readline().decode(errors="replace")
    except OSError:
        return ""
