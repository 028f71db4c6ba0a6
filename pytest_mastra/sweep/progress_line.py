"""How far a sweep has come, in one line of a terminal."""

from __future__ import annotations

import sys

from mastra_sync.terminal.writing import is_terminal

_BEGIN = "\r\x1b[K"
"""To the line's begin, and nothing is left of it."""


class ProgressLine:
    """A line on stderr that is written over; nothing where stderr leads to no terminal.

    Args:
        count: How many points there are.
        what: What they are called, in the plural.
    """

    def __init__(self, count: int, what: str) -> None:
        self._count = count
        self._what = what
        self._done = 0
        self._failed = 0

    def note(self, *, failed: bool) -> None:
        """Note that one more is done."""
        self._done += 1
        self._failed += failed
        said = f", {self._failed} failed" if self._failed else ""
        self._write(f"{_BEGIN}{self._done} of {self._count} {self._what}{said}")

    def clear(self) -> None:
        """Take the line away."""
        self._write(_BEGIN)

    def _write(self, text: str) -> None:
        if is_terminal(sys.stderr):
            sys.stderr.write(text)
            sys.stderr.flush()
